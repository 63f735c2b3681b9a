#!/usr/bin/env python3
"""Peak memory of `trueup plan`: 100,000 leads of 48 columns against 100,000 contacts.

    benches/plan_100k.py target/release/trueup

Makes a workbook (standard library only, shared strings as Excel writes them) and a sandbox portal with its rate limits
off, plans once, and prints the peak of the program and its parser child together, sampled from /proc. One contact in a
thousand has another phone. The sandbox is not counted. Prints one JSON object.
"""
import json, os, subprocess, sys, tempfile, threading, time, urllib.error, urllib.request, zipfile
from xml.sax.saxutils import escape

LEADS = 100_000
OWNER = "88361194"
NAMED = ["LEAD_ID", "FIRST_NAME", "LAST_NAME", "EMAIL_ALL", "PHONE_ALL", "CITY"]
COLUMNS = NAMED + [f"EXTRA_{n:02}" for n in range(48 - len(NAMED))]

def lead(n):
    first, last = f"First{n % 977}", f"Last{n % 1009}"
    row = [f"R{n:06}", first, last, f"p{n}@example.org; q{n}@example.net", f"+1202{5550000 + n % 4000000:07}", f"City {n % 500}"]
    # Half of what is left is different in every row, as addresses and notes are.
    return row + [f"{column} {n if at % 2 else n % 100}" for at, column in enumerate(COLUMNS[len(NAMED):])]

def letters(at):
    return (chr(64 + at // 26) if at >= 26 else "") + chr(65 + at % 26)

def workbook(path):
    index, texts = {}, []
    def string(text):
        if text not in index:
            index[text] = len(texts)
            texts.append(text)
        return index[text]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as book:
        with book.open("xl/worksheets/sheet1.xml", "w") as sheet:
            sheet.write(b'<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>')
            for at in range(LEADS + 1):
                row = COLUMNS if at == 0 else lead(at)
                cells = "".join(f'<c r="{letters(c)}{at + 1}" t="s"><v>{string(t)}</v></c>' for c, t in enumerate(row))
                sheet.write(f'<row r="{at + 1}">{cells}</row>'.encode())
            sheet.write(b"</sheetData></worksheet>")
        with book.open("xl/sharedStrings.xml", "w") as shared:
            shared.write(f'<?xml version="1.0"?><sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" uniqueCount="{len(texts)}">'.encode())
            for text in texts:
                shared.write(f"<si><t>{escape(text)}</t></si>".encode())
            shared.write(b"</sst>")
        book.writestr("[Content_Types].xml", '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/><Override PartName="/xl/sharedStrings.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"/></Types>')
        book.writestr("_rels/.rels", '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>')
        book.writestr("xl/workbook.xml", '<?xml version="1.0"?><workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="Lead Details" sheetId="1" r:id="r1"/></sheets></workbook>')
        book.writestr("xl/_rels/workbook.xml.rels", '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="r2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings" Target="sharedStrings.xml"/></Relationships>')
    return len(texts)

def contact(n):
    row = lead(n)
    main, more = row[3].split("; ")
    phone = row[4] if n % 1000 else "+12025550000"
    return {"id": str(1000 + n), "properties": {
        "email": main, "hs_additional_emails": more, "firstname": row[1], "lastname": row[2], "phone": phone,
        "city": row[5], "trackingsource": f"import ID:{row[0]}", "hubspot_owner_id": OWNER}}

def post(url, body):
    request = urllib.request.Request(url, json.dumps(body).encode(), {"content-type": "application/json"})
    try:
        urllib.request.urlopen(request, timeout=300).read()
    except urllib.error.HTTPError as error:
        sys.exit(f"{url}: {error.read().decode()[:300]}")

def load(base):
    portal = {"settings": {"rate_limits": None}, "owners": [{"id": OWNER, "userId": 7, "email": "owner@example.org"}],
              "objects": {"contacts": {"properties": [{"name": "trackingsource", "type": "string", "fieldType": "text"}], "records": []}}}
    post(f"{base}/_sandbox/load", portal)
    for start in range(1, LEADS + 1, 5000):
        records = [contact(n) for n in range(start, min(start + 5000, LEADS + 1))]
        post(f"{base}/_sandbox/load?mode=add", {"objects": {"contacts": {"records": records}}})

CONFIG = """version: 1
systems:
  workbook: {{ kind: xlsx, path: leads.xlsx, sheet: Lead Details, key: LEAD_ID }}
  portal: {{ kind: hubspot, url: {url}, token: file:token, rate: {{ requests: 100000, per: 10s }} }}
pipelines:
  leads:
    entity: lead
    canonical: workbook
    fields:
      token: {{ from: LEAD_ID, kind: tags, survivor: union }}
      first_name: {{ from: FIRST_NAME, kind: name, label: true }}
      last_name: {{ from: LAST_NAME, kind: name, label: true }}
      email: {{ from: EMAIL_ALL, take: first, kind: email, identity: true }}
      more_emails: {{ from: EMAIL_ALL, take: rest, kind: emails, identity: true, survivor: union }}
      phone: {{ from: PHONE_ALL, take: first, kind: phone, region: US }}
      city: {{ from: CITY, kind: name }}
    mirrors:
      portal:
        scope: {{ property: hubspot_owner_id, equals: "{owner}" }}
        token: {{ field: token, property: trackingsource, prefix: "ID:" }}
        fields:
          first_name: firstname
          last_name: lastname
          email: email
          more_emails: {{ property: hs_additional_emails, list: ";" }}
          phone: phone
          city: city
    classes:
      D6: {{ field: phone, do: fix, title: phone differs }}
"""

def resident(pid):
    try:
        with open(f"/proc/{pid}/status") as status:
            return sum(int(line.split()[1]) for line in status if line.startswith("VmRSS"))
    except OSError:
        return 0

def watch(process, peak):
    while process.poll() is None:
        family = [process.pid]
        for task in os.listdir(f"/proc/{process.pid}/task") if os.path.isdir(f"/proc/{process.pid}/task") else []:
            try:
                with open(f"/proc/{process.pid}/task/{task}/children") as listed:
                    family += [int(child) for child in listed.read().split()]
            except OSError:
                pass
        parts = [resident(pid) for pid in family]
        if sum(parts) > peak["all_kb"]:
            peak.update(all_kb=sum(parts), program_kb=parts[0], child_kb=sum(parts[1:]))
        time.sleep(0.02)

def main(program):
    with tempfile.TemporaryDirectory() as folder:
        unique = workbook(f"{folder}/leads.xlsx")
        sandbox = subprocess.Popen([program, "sandbox", "hubspot", "--port", "0", "--json"], stdout=subprocess.PIPE, text=True)
        try:
            said = json.loads(sandbox.stdout.readline())
            load(said["url"])
            open(f"{folder}/token", "w").write(said["token"])
            open(f"{folder}/trueup.yaml", "w").write(CONFIG.format(url=said["url"], owner=OWNER))
            begun, peak = time.monotonic(), {"all_kb": 0, "program_kb": 0, "child_kb": 0}
            plan = subprocess.Popen([program, "-c", f"{folder}/trueup.yaml", "--json", "--quiet", "plan"], stdout=subprocess.PIPE)
            watcher = threading.Thread(target=watch, args=(plan, peak))
            watcher.start()
            shown, _ = plan.communicate()
            watcher.join()
            seconds = time.monotonic() - begun
            made = json.loads(shown)["plans"][0]
            print(json.dumps({"leads": LEADS, "columns": len(COLUMNS), "unique_strings": unique, "exit": plan.returncode,
                              "changes": len(made["changes"]), "peak_mb": round(peak["all_kb"] / 1024),
                              "program_mb": round(peak["program_kb"] / 1024), "child_mb": round(peak["child_kb"] / 1024),
                              "seconds": round(seconds, 1)}))
        finally:
            sandbox.terminate()
            sandbox.wait()

if __name__ == "__main__":
    main(os.path.abspath(sys.argv[1]))
