//! What hands do in the portal of a scenario, and what eyes see there.

use serde_json::{Map, Value, json};
use trueup_sandbox::{
    http::Shared,
    hubspot::{PeopleEdit, RecordSeed, Settings, Snapshot},
    log::Class,
};

use super::script::table;
use crate::support::{OWNER, TOKEN};

/// Another owner, whose contacts are nobody's business.
pub(super) const OTHER: &str = "77000111";
/// Properties that the service writes by itself.
const OWN: [&str; 6] =
    ["createdate", "lastmodifieddate", "hs_object_id", "hs_", "trueup_id", "lifecyclestage"];

/// An empty portal with the owners and the properties of template A.
pub(super) fn portal() -> Snapshot {
    let state = json!({
        "tokens": [{
            "token": TOKEN,
            "appId": "1",
            "scopes": trueup_sandbox::hubspot::Token::with_all_scopes(TOKEN).scopes,
        }],
        "owners": [{ "id": OWNER, "email": "owner@example.org" }, { "id": OTHER, "email": "other@example.org" }],
        "objects": { "contacts": { "properties": [
            { "name": "trackingsource" },
            { "name": "commission_tier" },
            { "name": "trueup_id", "hasUniqueValue": true },
        ] } },
    });
    serde_json::from_value(state).unwrap()
}

/// `> portal`, with a table: contacts are added as an import would. Empty cells are no values.
pub(super) fn load(shared: &Shared, input: &[String]) -> Result<(), String> {
    let mut rows = table(input).into_iter();
    let columns = rows.next().unwrap_or_default();
    let seeds = rows.map(|row| {
        let id = row[0].parse().map_err(|_| format!("'{}' is no id", row[0]))?;
        let values = columns.iter().zip(&row).skip(1).filter(|(_, value)| !value.is_empty());
        Ok(values.fold(RecordSeed::new(id), |seed, (property, value)| {
            seed.value(property_of(property), owner_of(value))
        }))
    });
    let seeds = seeds.collect::<Result<Vec<_>, String>>()?;
    shared.with(|portal, _| portal.add_records("contacts", seeds)).map_err(|error| error.to_string())
}

/// `> person set ID name=value…`, `reassign ID OWNER|nobody`, `archive ID`, `merge PRIMARY OTHER`, `create name=value…`.
pub(super) fn edit(shared: &Shared, words: &[&str]) -> Result<(), String> {
    let number = |text: &str| text.parse::<u64>().map_err(|_| format!("'{text}' is no id"));
    let act = match words {
        ["set", id, values @ ..] => {
            json!({ "act": "set", "id": number(id)?, "properties": properties(values)? })
        }
        ["create", values @ ..] => json!({ "act": "create", "properties": properties(values)? }),
        ["reassign", id, "nobody"] => json!({ "act": "reassign", "id": number(id)?, "owner": null }),
        ["reassign", id, owner] => json!({ "act": "reassign", "id": number(id)?, "owner": owner_of(owner) }),
        ["archive", id] => json!({ "act": "archive", "id": number(id)? }),
        ["merge", primary, other] => {
            json!({ "act": "merge", "primary": number(primary)?, "other": number(other)? })
        }
        other => return Err(format!("a person does no '{}'", other.join(" "))),
    };
    let edit: PeopleEdit = serde_json::from_value(act).map_err(|error| error.to_string())?;
    shared.with(|portal, now_ms| portal.people(now_ms, edit)).map(drop).map_err(|error| error.to_string())
}

fn properties(values: &[&str]) -> Result<Map<String, Value>, String> {
    let pair = |pair: &&str| {
        let (name, value) = pair.split_once('=').ok_or_else(|| format!("'{pair}' lacks its '='"))?;
        Ok((property_of(name).to_owned(), owner_of(value).into()))
    };
    values.iter().map(pair).collect()
}

/// `> contacts [ID…] [property…]`: what stands in the portal now. Without ids all, without properties what people see.
pub(super) fn look(shared: &Shared, words: &[&str]) -> Vec<String> {
    let (ids, names): (Vec<&str>, Vec<&str>) = words.iter().partition(|word| word.parse::<u64>().is_ok());
    let snapshot = shared.with(|portal, _| portal.dump());
    let records = &snapshot.objects["contacts"].records;
    let wanted = |record: &&RecordSeed| ids.is_empty() || ids.contains(&record.id.to_string().as_str());
    records.iter().filter(wanted).map(|record| one(record, &names)).collect()
}

fn one(record: &RecordSeed, names: &[&str]) -> String {
    let shown = |name: &str| {
        let value = record.properties.get(name).cloned().flatten();
        format!(
            "{}={}",
            name.replace("hubspot_owner_id", "owner"),
            value.map_or("-".to_owned(), |value| quoted(&value))
        )
    };
    let all = record.properties.keys().map(String::as_str);
    let seen =
        all.filter(|name| *name == "hs_additional_emails" || !OWN.iter().any(|own| name.starts_with(own)));
    let names: Vec<&str> =
        if names.is_empty() { seen.collect() } else { names.iter().map(|name| property_of(name)).collect() };
    let archived = if record.archived_at.is_some() { " (archived)" } else { "" };
    let values: Vec<String> = names.into_iter().map(shown).collect();
    format!("| {}{archived} {}", record.id, values.join(" "))
}

fn quoted(value: &str) -> String {
    let value = if value == OWNER {
        "ours"
    } else if value == OTHER {
        "other"
    } else {
        value
    };
    if value.contains([' ', ';']) { format!("\"{value}\"") } else { value.to_owned() }
}

/// `> lag +30s`: search shows what was so long ago.
pub(super) fn lag(shared: &Shared, by_ms: i64) {
    shared.with(|portal, now_ms| {
        let settings = Settings { search_lag_ms: by_ms, ..portal.settings().clone() };
        portal.set_settings(settings, now_ms);
    });
}

/// `> requests`: how many were read and written since this was last asked.
pub(super) fn requests(shared: &Shared, after: &mut u64) -> Vec<String> {
    let counts = shared.with(|portal, _| {
        let (mut reads, mut writes) = (0, 0);
        for entry in portal.requests().filter(|entry| entry.sequence > *after) {
            match entry.class {
                Class::Read => reads += 1,
                Class::Write => writes += 1,
            }
        }
        *after = portal.requests().next_back().map_or(*after, |entry| entry.sequence);
        (reads, writes)
    });
    vec![format!("| {} read, {} written", counts.0, counts.1)]
}

/// A short name for the owner's property and for both owners.
fn property_of(name: &str) -> &str {
    if name == "owner" { "hubspot_owner_id" } else { name }
}

fn owner_of(value: &str) -> &str {
    match value {
        "ours" => OWNER,
        "other" => OTHER,
        value => value,
    }
}
