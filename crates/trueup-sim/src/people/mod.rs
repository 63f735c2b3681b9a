//! What people do meanwhile: every value they write is one nobody wrote before, so that its fate can be told.

mod by_hand;
mod peers;

pub use by_hand::ByHand;
pub use peers::Peers;

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::{
    chance::Chance,
    scene::{
        How, OWNER,
        terms::{Invented, Terms},
    },
    table::{Row, Table},
    trace::Trace,
};

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

    fn key(&mut self) -> String {
        format!("R{:05}", self.number())
    }

    /// A value of a kind; numbers and days come again.
    fn invent(&mut self, kind: Invented) -> String {
        match kind {
            Invented::Key => self.key(),
            Invented::Address | Invented::Addresses => self.email(),
            Invented::Phone => self.phone(),
            Invented::Text => self.city(),
            Invented::Number => self.number().to_string(),
            Invented::Flag => self.number().is_multiple_of(2).to_string(),
            Invented::Day => format!("2026-{:02}-{:02}", 1 + self.number() % 12, 1 + self.number() % 28),
        }
    }

    fn name(&mut self) -> String {
        format!("Person {}", self.number())
    }

    fn tag(&mut self) -> String {
        format!("tag{}", self.number())
    }

    fn note(&mut self, now: Timestamp) -> String {
        format!("{} called about {}", now.strftime("%Y-%m-%d"), self.number())
    }
}

/// The world people act in: a book and its mirrors, at one moment.
pub struct Office<'a> {
    /// The source of truth.
    pub book: &'a mut Table,
    /// The mirrors, by name.
    pub mirrors: Vec<(&'a str, Box<dyn ByHand + 'a>)>,
    /// What stands where.
    pub terms: &'a Terms,
    /// Seeded chance.
    pub chance: &'a Chance,
    /// Values nobody used.
    pub tokens: &'a mut Tokens,
    /// True time.
    pub now: Timestamp,
    /// The story.
    pub trace: &'a Trace,
}

impl Office<'_> {
    /// Fills the book, and the mirrors with records for some of its leads, of others, and of nobody.
    pub fn fill(&mut self, leads: u64) {
        for _ in 0..leads {
            let key = self.new_lead();
            for at in 0..self.mirrors.len() {
                match self.chance.below(10) {
                    0..6 => self.contact_of(at, &key, true),
                    6..8 => self.contact_of(at, &key, false),
                    _ => {}
                }
            }
        }
        for at in 0..self.mirrors.len() {
            for owner in ["theirs", "theirs", ""] {
                self.stranger(at, owner);
            }
        }
    }

    /// One person does one thing, or nothing.
    pub fn act(&mut self) {
        let at = self.chance.index(self.mirrors.len());
        let terms = self.terms;
        let edits = terms.mirrors.get(at).map_or(&[][..], |mirror| &mirror.edits);
        match self.chance.below(1000) {
            0..270 => self.edit(Some(at), edits),
            270..500 => self.edit(None, &terms.book_edits()),
            500..530 => drop(self.new_lead()),
            530..560 => self.reassign(at),
            560..580 => self.move_address(at),
            580..610 => self.respell(at),
            610..618 => self.merge(at),
            618..626 => self.put_away(Some(at)),
            626..632 => self.put_away(None),
            632..646 => self.bring_back(at),
            646..656 => self.add_address(),
            656..662 => self.stranger(at, OWNER),
            662..666 => self.untoken(at),
            666..676 => self.clear(at),
            _ => {}
        }
    }

    fn table(&mut self, at: Option<usize>) -> Option<(String, &mut dyn ByHand)> {
        match at {
            None => Some(("book".to_owned(), &mut self.book)),
            Some(at) => {
                let (name, table) = self.mirrors.get_mut(at)?;
                Some(((*name).to_owned(), &mut **table))
            }
        }
    }

    fn pick(&mut self, at: Option<usize>, fits: impl Fn(&Row) -> bool) -> Option<String> {
        let chance = self.chance.clone();
        let (_, table) = self.table(at)?;
        let ids: Vec<&String> = table.rows().iter().filter(|(_, row)| fits(row)).map(|(id, _)| id).collect();
        ids.get(chance.index(ids.len())).map(|id| (*id).clone())
    }

    fn pick_living(&mut self, at: Option<usize>) -> Option<String> {
        self.pick(at, |row| row.archived.is_none())
    }

    fn set(&mut self, at: Option<usize>, id: &str, column: &str, value: Option<&str>, why: &'static str) {
        let (now, trace) = (self.now, self.trace);
        let Some((system, table)) = self.table(at) else { return };
        if table.write(id, column, value, now) {
            trace.tell(now, PERSON, Some((&system, id)), why, || format!("{column} = {value:?}"));
        }
    }

    fn new_lead(&mut self) -> String {
        let (terms, mut key, mut values) = (self.terms, String::new(), BTreeMap::new());
        for (column, kind) in &terms.book {
            let value = match kind {
                Invented::Addresses => self.ledger(),
                Invented::Key => self.tokens.key(),
                kind => self.tokens.invent(*kind),
            };
            if *column == terms.key {
                key.clone_from(&value);
            }
            values.insert(column.clone(), value);
        }
        let id = self.book.make(values.clone(), PERSON, self.now);
        self.trace.tell(self.now, PERSON, Some(("book", &id)), "adds a lead", || format!("{values:?}"));
        key
    }

    fn ledger(&mut self) -> String {
        let first = self.tokens.email();
        if self.chance.permille(400) { format!("{first}; {}", self.tokens.email()) } else { first }
    }

    fn contact_of(&mut self, at: usize, key: &str, with_token: bool) {
        let terms = self.terms;
        let lead = self.book.rows.values().find(|row| row.values.get(&terms.key).is_some_and(|k| k == key));
        let Some(lead) = lead.map(|lead| lead.values.clone()) else { return };
        let Some(terms) = terms.mirrors.get(at) else { return };
        let mut values = vec![("owner", OWNER.to_owned())];
        for agreement in &terms.agreements {
            let known = lead.get(&agreement.canonical).cloned().unwrap_or_default();
            let value = match agreement.how {
                How::Token if with_token => format!("import ID:{key}"),
                How::Token => "import".to_owned(),
                How::Rest => continue,
                How::First => known.split(';').next().unwrap_or_default().trim().to_owned(),
                How::Same if self.chance.permille(500) => known,
                How::Same => match terms.edits.iter().find(|(column, _)| *column == agreement.mirror) {
                    Some((_, kind)) => self.tokens.invent(*kind),
                    None => known,
                },
            };
            values.push((&agreement.mirror, value));
        }
        self.contact(at, &values);
    }

    fn stranger(&mut self, at: usize, owner: &str) {
        let terms = self.terms;
        let Some(terms) = terms.mirrors.get(at) else { return };
        let mut values = vec![("owner", owner.to_owned())];
        if terms.has("email") {
            values.push(("email", self.tokens.email()));
        }
        if let Some(column) = terms.first(Invented::Text) {
            values.push((column, self.tokens.city()));
        }
        self.contact(at, &values);
    }

    fn contact(&mut self, at: usize, values: &[(&str, String)]) {
        let (now, trace) = (self.now, self.trace);
        let Some((system, table)) = self.table(Some(at)) else { return };
        let Some(id) = table.add(map(values), now) else { return };
        trace.tell(now, PERSON, Some((&system, &id)), "adds a contact", || format!("{values:?}"));
    }

    fn edit(&mut self, at: Option<usize>, columns: &[(String, Invented)]) {
        let (Some(id), Some((column, kind))) =
            (self.pick_living(at), columns.get(self.chance.index(columns.len())))
        else {
            return;
        };
        let value = self.tokens.invent(*kind);
        self.set(at, &id, column, Some(&value), "edits");
    }

    /// Somebody has another address.
    fn move_address(&mut self, at: usize) {
        if self.terms.mirrors.get(at).is_some_and(|mirror| mirror.has("email")) {
            self.edit(Some(at), &[("email".to_owned(), Invented::Address)]);
        }
    }

    /// An address is added at the end of a ledger.
    fn add_address(&mut self) {
        let terms = self.terms;
        let (Some(column), Some(id)) = (terms.ledger(), self.pick_living(None)) else { return };
        let ledger = self.book.rows.get(&id).and_then(|row| row.values.get(column)).cloned();
        let ledger = format!("{}; {}", ledger.unwrap_or_default(), self.tokens.email());
        self.set(None, &id, column, Some(&ledger), "adds an address");
    }

    fn clear(&mut self, at: usize) {
        let terms = self.terms;
        let column = terms.mirrors.get(at).and_then(|mirror| mirror.first(Invented::Text));
        if let (Some(id), Some(column)) = (self.pick_living(Some(at)), column) {
            self.set(Some(at), &id, column, None, "clears");
        }
    }

    fn untoken(&mut self, at: usize) {
        let carries = self.terms.mirrors.get(at).is_some_and(|mirror| mirror.has("note"));
        if let Some(id) = self.pick_living(Some(at)).filter(|_| carries) {
            self.set(Some(at), &id, "note", Some("cleaned up"), "takes the token away");
        }
    }

    fn reassign(&mut self, at: usize) {
        let Some(id) = self.pick_living(Some(at)) else { return };
        let Some(row) = self.table(Some(at)).and_then(|(_, table)| table.rows().get(&id).cloned()) else {
            return;
        };
        let ours = row.values.get("owner").is_some_and(|owner| owner == OWNER);
        // Only a record that was ours before comes back; nobody hands us strangers' records.
        if ours {
            self.set(Some(at), &id, "owner", Some("theirs"), "reassigns");
        } else if row.history.iter().any(|v| v.value.as_deref() == Some(OWNER)) {
            self.set(Some(at), &id, "owner", Some(OWNER), "gives back");
        }
    }

    /// Two records are taken for one person.
    fn merge(&mut self, at: usize) {
        let (Some(first), Some(other)) = (self.pick_living(Some(at)), self.pick_living(Some(at))) else {
            return;
        };
        let (now, trace) = (self.now, self.trace);
        if let Some((system, table)) = self.table(Some(at))
            && table.merge(&first, &other, now)
        {
            trace.tell(now, PERSON, Some((&system, &first)), "merges", || format!("with {other}"));
        }
    }

    fn put_away(&mut self, at: Option<usize>) {
        let Some(id) = self.pick_living(at) else { return };
        self.archive(at, &id, true, "puts away");
    }

    fn bring_back(&mut self, at: usize) {
        let at = if self.chance.permille(500) { Some(at) } else { None };
        let Some(id) = self.pick(at, |row| row.archived.is_some()) else { return };
        self.archive(at, &id, false, "brings back");
    }

    fn archive(&mut self, at: Option<usize>, id: &str, away: bool, why: &'static str) {
        let (now, trace) = (self.now, self.trace);
        if let Some((system, table)) = self.table(at)
            && table.put_away(id, away, now)
        {
            trace.tell(now, PERSON, Some((&system, id)), why, String::new);
        }
    }

    /// The same phone in another spelling: no difference, and never a reason to write.
    fn respell(&mut self, at: usize) {
        let terms = self.terms;
        let column = terms.mirrors.get(at).and_then(|mirror| mirror.first(Invented::Phone));
        let (Some(id), Some(column)) = (self.pick_living(Some(at)), column) else { return };
        let Some((_, table)) = self.table(Some(at)) else { return };
        let phone = table.rows().get(&id).and_then(|row| row.values.get(column)).cloned();
        let national = phone.as_ref().and_then(|phone| phone.strip_prefix("+1"));
        if let (Some(phone), Some(10)) = (&phone, national.map(str::len)) {
            self.set(Some(at), &id, column, Some(&crate::table::respell(phone)), "respells");
        }
    }
}

fn map(values: &[(&str, String)]) -> BTreeMap<String, String> {
    values.iter().filter(|(_, v)| !v.is_empty()).map(|(k, v)| ((*k).to_owned(), v.clone())).collect()
}
