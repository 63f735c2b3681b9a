//! What people do meanwhile: every value they write is one nobody wrote before, so that its fate can be told.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::{chance::Chance, scene::OWNER, table::Table};

/// How people sign their edits.
pub const PERSON: &str = "person";

/// A source of values that are all different.
#[derive(Clone, Debug, Default)]
pub struct Tokens {
    next: u64,
}

impl Tokens {
    fn number(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    fn email(&mut self) -> String {
        format!("p{}@example.org", self.number())
    }

    fn phone(&mut self) -> String {
        // 202-555-0100 and up are not in use; seven digits behind the area code keep values apart.
        format!("+1202{:07}", 5_550_000 + self.number() % 4_000_000)
    }

    fn city(&mut self) -> String {
        format!("City {}", self.number())
    }
}

/// Fills the book, and the CRM with records for some of its leads, of others, and of nobody.
pub fn seed(book: &mut Table, crm: &mut Table, chance: &Chance, tokens: &mut Tokens, now: Timestamp) {
    let leads = 2 + chance.below(9);
    for _ in 0..leads {
        let key = new_lead(book, chance, tokens, now);
        match chance.below(10) {
            0..6 => drop(contact_of(book, crm, &key, true, chance, tokens, now)),
            6..8 => drop(contact_of(book, crm, &key, false, chance, tokens, now)),
            _ => {}
        }
    }
    for owner in ["theirs", "theirs", ""] {
        let values = [("email", tokens.email()), ("city", tokens.city()), ("owner", owner.to_owned())];
        crm.make(map(&values), PERSON, now);
    }
}

fn map(values: &[(&str, String)]) -> BTreeMap<String, String> {
    values.iter().filter(|(_, v)| !v.is_empty()).map(|(k, v)| ((*k).to_owned(), v.clone())).collect()
}

fn new_lead(book: &mut Table, chance: &Chance, tokens: &mut Tokens, now: Timestamp) -> String {
    let mut ledger = tokens.email();
    if chance.permille(400) {
        ledger = format!("{ledger}; {}", tokens.email());
    }
    let key = format!("R{:05}", tokens.number());
    let values =
        [("KEY", key.clone()), ("EMAIL_ALL", ledger), ("PHONE", tokens.phone()), ("CITY", tokens.city())];
    book.make(map(&values), PERSON, now);
    key
}

fn contact_of(
    book: &Table,
    crm: &mut Table,
    key: &str,
    with_token: bool,
    chance: &Chance,
    tokens: &mut Tokens,
    now: Timestamp,
) -> Option<String> {
    let lead = book.rows.values().find(|row| row.values.get("KEY").is_some_and(|k| k == key))?;
    let first = lead.values.get("EMAIL_ALL")?.split(';').next()?.trim().to_owned();
    let note = if with_token { format!("import ID:{key}") } else { "import".to_owned() };
    let phone = if chance.permille(500) { lead.values.get("PHONE")?.clone() } else { tokens.phone() };
    let city = if chance.permille(500) { lead.values.get("CITY")?.clone() } else { tokens.city() };
    let values =
        [("note", note), ("email", first), ("phone", phone), ("city", city), ("owner", OWNER.to_owned())];
    Some(crm.make(map(&values), PERSON, now))
}

/// One person does one thing, or nothing.
pub fn act(book: &mut Table, crm: &mut Table, chance: &Chance, tokens: &mut Tokens, now: Timestamp) {
    match chance.below(100) {
        0..30 => edit(crm, &["phone", "city"], chance, tokens, now),
        30..55 => edit(book, &["PHONE", "CITY"], chance, tokens, now),
        55..60 => drop(new_lead(book, chance, tokens, now)),
        60..66 => reassign(crm, chance, now),
        66..69 => edit(crm, &["email"], chance, tokens, now),
        69..72 => respell(crm, chance, now),
        72 => merge(crm, chance, now),
        _ => {}
    }
}

fn pick(table: &Table, chance: &Chance) -> Option<String> {
    let ids: Vec<&String> = table.rows.iter().filter(|(_, row)| !row.archived).map(|(id, _)| id).collect();
    ids.get(chance.index(ids.len())).map(|id| (*id).clone())
}

fn edit(table: &mut Table, columns: &[&str], chance: &Chance, tokens: &mut Tokens, now: Timestamp) {
    let (Some(id), Some(column)) = (pick(table, chance), columns.get(chance.index(columns.len()))) else {
        return;
    };
    let value = match column.to_lowercase().as_str() {
        "phone" => tokens.phone(),
        "city" => tokens.city(),
        _ => tokens.email(),
    };
    table.set(&id, column, Some(&value), PERSON, now);
}

fn reassign(crm: &mut Table, chance: &Chance, now: Timestamp) {
    let Some(id) = pick(crm, chance) else { return };
    let owner = crm.rows.get(&id).and_then(|row| row.values.get("owner")).map(String::as_str);
    match owner {
        Some(OWNER) => crm.set(&id, "owner", Some("theirs"), PERSON, now),
        // Only a record that was ours before comes back; nobody hands us strangers' records.
        _ if crm
            .rows
            .get(&id)
            .is_some_and(|row| row.history.iter().any(|v| v.value.as_deref() == Some(OWNER))) =>
        {
            crm.set(&id, "owner", Some(OWNER), PERSON, now);
        }
        _ => {}
    }
}

/// Two records are taken for one person.
fn merge(crm: &mut Table, chance: &Chance, now: Timestamp) {
    if let (Some(first), Some(other)) = (pick(crm, chance), pick(crm, chance)) {
        crm.merge(&first, &other, PERSON, now);
    }
}

/// The same phone in another spelling: no difference, and never a reason to write.
fn respell(crm: &mut Table, chance: &Chance, now: Timestamp) {
    let Some(id) = pick(crm, chance) else { return };
    let Some(phone) = crm.rows.get(&id).and_then(|row| row.values.get("phone")).cloned() else { return };
    let Some(national) = phone.strip_prefix("+1").filter(|rest| rest.len() == 10 && rest.is_ascii()) else {
        return;
    };
    let (area, rest) = national.split_at(3);
    let (exchange, line) = rest.split_at(3);
    crm.set(&id, "phone", Some(&format!("({area}) {exchange}-{line}")), PERSON, now);
}
