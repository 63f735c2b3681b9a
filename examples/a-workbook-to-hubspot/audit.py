"""Judges a played example from outside the engine: raw portal states, the portal's own request log, the workbook.

Python 3 standard library only. Nothing here is taken from the program under test but its own account of each cycle,
and that is compared with what the portal logged.
"""
import json
import re
import xml.etree.ElementTree as ElementTree
import zipfile

OWNER = "88361194"
SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def contacts(dump):
    """The contacts of a raw state by id."""
    return {str(record["id"]): record for record in dump["objects"]["contacts"]["records"]}


def value(record, name):
    return record["properties"].get(name) or ""


def foreign(before):
    """The ids of all contacts that the owner does not have."""
    return {id for id, record in contacts(before).items() if value(record, "hubspot_owner_id") != OWNER}


def same(record, other):
    """Whether two raw records are the same to the byte."""
    return json.dumps(record) == json.dumps(other)


def foreign_problems(before, evening, after, requests, reassigned, since):
    """Deviations in records of others. `evening` is the state after people's own edits, which end with the request
    `since`: from then on the reassigned contact and whatever else people gave to others is theirs as well."""
    then, now = contacts(before), contacts(after)
    problems = [f"contact {id} of others changed" for id in sorted(foreign(before)) if not same(then[id], now.get(id))]
    for id in sorted(foreign(evening) - foreign(before) | {reassigned}):
        if not same(contacts(evening)[id], now.get(id)):
            problems.append(f"contact {id} changed after it was given away")
    for id in sorted(foreign(after) - foreign(before) - foreign(evening)):
        problems.append(f"contact {id} became another's, or was made as another's, while nobody edited")
    for entry in (entry for entry in requests if entry["class"] == "write"):
        touched = set(entry["named"]) | set(entry["changed"])
        theirs = foreign(before) | (foreign(evening) | {reassigned} if entry["sequence"] > since else set())
        problems += [f"write {entry['sequence']} names contact {id} of others" for id in sorted(touched & theirs)]
    return problems


def identity_problems(before, after):
    """Deviations in the unique property: each new contact has a value of its own there, no other one is touched."""
    then, now = contacts(before), contacts(after)
    ids = [value(record, "trueup_id") for id, record in now.items() if id not in then]
    problems = ["a new contact has no trueup_id of its own"] if len(set(ids)) < len(ids) or "" in ids else []
    moved = (id for id in sorted(then.keys() & now.keys()) if value(then[id], "trueup_id") != value(now[id], "trueup_id"))
    return problems + [f"contact {id} got another trueup_id" for id in moved]


def cycle_problems(number, told, expected, logged):
    """Deviations of one cycle from what is expected, and from what the portal logged."""
    problems = [
        f"cycle {number}: {name} is {json.dumps(told.get(name))}, not {json.dumps(want)}"
        for name, want in expected.items()
        if told.get(name) != want
    ]
    sent = {kind: sum(entry["class"] == kind for entry in logged) for kind in ("read", "write")}
    if sent != told.get("requests"):
        problems.append(f"cycle {number}: it says {told.get('requests')} requests, the portal logged {sent}")
    if told.get("requests") != told.get("planned_requests"):
        problems.append(f"cycle {number}: {told.get('planned_requests')} requests were planned")
    return problems


def rows(path):
    """The rows of the first sheet, each as a dictionary by header."""
    with zipfile.ZipFile(path) as book:
        shared = []
        if "xl/sharedStrings.xml" in book.namelist():
            items = ElementTree.fromstring(book.read("xl/sharedStrings.xml"))
            shared = ["".join(item.itertext()) for item in items]
        sheet = ElementTree.fromstring(book.read("xl/worksheets/sheet1.xml"))
    table = [dict(cell(one, shared) for one in row) for row in sheet.iter(SHEET + "row")]
    head, body = table[0], table[1:]
    return [{head[column]: text for column, text in row.items()} for row in body]


def cell(node, shared):
    column = re.match("[A-Z]+", node.get("r")).group()
    if node.get("t") == "inlineStr":
        return column, "".join(node.itertext())
    stored = node.find(SHEET + "v")
    text = stored.text or "" if stored is not None else ""
    return column, shared[int(text)] if node.get("t") == "s" else text


def ledger(text):
    return [entry.strip().lower() for entry in re.split("[;,|\n]", text) if entry.strip()]


def digits(phone):
    return re.sub(r"\D", "", phone)[-10:]


# Fields that are the text of one column.
TEXTS = {"firstname": "FIRST_NAME", "lastname": "LAST_NAME", "address": "STREET", "city": "CITY", "zip": "ZIP"}


def plain(text):
    """A text without what does not count: case and runs of spaces."""
    return " ".join(text.split()).casefold()


def agrees(row, record):
    """Whether a contact says what its lead says."""
    emails = ledger(row["EMAIL_ALL"])
    further = ledger(value(record, "hs_additional_emails"))
    return (
        value(record, "hubspot_owner_id") == OWNER
        and value(record, "email") == emails[0]
        and set(emails[1:]) <= set(further)
        and digits(value(record, "phone")) == digits(ledger(row["PHONE_ALL"])[0])
        and all(plain(value(record, name)) == plain(row[column]) for name, column in TEXTS.items())
        and value(record, "commission_tier") == tier(row)
    )


def tier(row):
    """The commission rule, once more and independently."""
    nights, revenue = float(row["NIGHTS"]), float(row["REVENUE"])
    if row.get("COMMISSION_BY_HAND"):
        return row["COMMISSION_BY_HAND"]
    if float(row["AGENT_SHARE"]) >= 0.5:
        return "agent"
    if nights >= 150 and revenue >= 45000:
        return "premium"
    return "standard" if nights >= 60 else "starter"


def agreement(workbook, after):
    """How many leads have exactly one contact of the owner with their token, and it agrees."""
    by_key = {}
    for record in contacts(after).values():
        if value(record, "hubspot_owner_id") == OWNER:
            for key in re.findall(r"\bID:(\w+)", value(record, "trackingsource")):
                by_key.setdefault(key, []).append(record)
    own = ((row, by_key.get(row["LEAD_ID"], [])) for row in rows(workbook))
    return sum(len(records) == 1 and agrees(row, records[0]) for row, records in own)
