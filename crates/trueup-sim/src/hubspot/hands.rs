//! What people do at the portal itself.

use std::collections::BTreeMap;

use jiff::Timestamp;
use trueup_sandbox::hubspot::{Act, PeopleEdit};

use super::{
    Server,
    logged::Held,
    shown::{self, Writer},
};
use crate::{
    people::ByHand,
    table::{Row, Table},
};

/// A portal and the table in which it is shown, in the hands of a person.
#[derive(Debug)]
pub struct Hands<'a> {
    /// The portal.
    pub server: &'a mut Server,
    /// Where it is shown.
    pub table: &'a mut Table,
}

impl Hands<'_> {
    /// Does something; gives the record it was done to, unless the portal refuses.
    fn act(&mut self, act: Act, now: Timestamp) -> Option<String> {
        let now_ms = self.server.shown_ms(now);
        let done = self.server.portal.people(now_ms, PeopleEdit::of(act)).ok().flatten();
        done.map(|id| id.to_string())
    }

    fn shown(&mut self, done: Option<String>, now: Timestamp) -> Option<String> {
        let id = done?;
        let seed = self.server.record(&id)?;
        shown::show(self.server, self.table, &seed, Writer::Person, now);
        Some(id)
    }
}

fn number(id: &str) -> u64 {
    // Ids in the table are those of the portal.
    id.parse().unwrap_or_default()
}

impl ByHand for Hands<'_> {
    fn rows(&self) -> &BTreeMap<String, Row> {
        &self.table.rows
    }

    fn add(&mut self, values: BTreeMap<String, String>, now: Timestamp) -> Option<String> {
        let words = &self.server.words;
        let told = |(column, value): (String, String)| {
            (words.property(&column).to_owned(), words.told(&column, &value))
        };
        let properties = values.into_iter().map(told).collect();
        let done = self.act(Act::Create { properties }, now);
        self.shown(done, now)
    }

    fn write(&mut self, id: &str, column: &str, value: Option<&str>, now: Timestamp) -> bool {
        let words = &self.server.words;
        let value = value.map_or_else(String::new, |value| words.told(column, value));
        let properties = BTreeMap::from([(words.property(column).to_owned(), value)]);
        let done = self.act(Act::Set { id: number(id), properties }, now);
        self.shown(done, now).is_some()
    }

    fn put_away(&mut self, id: &str, away: bool, now: Timestamp) -> bool {
        let id = number(id);
        let done = self.act(if away { Act::Archive { id } } else { Act::Restore { id } }, now);
        self.shown(done, now).is_some()
    }

    /// As with every merge, what either was stays on record, under its old id.
    fn merge(&mut self, first: &str, other: &str, now: Timestamp) -> bool {
        let (primary, second) = (number(first), number(other));
        let Some(id) = self.act(Act::Merge { primary, other: second }, now) else { return false };
        let (Some(mut row), Some(lost)) = (self.table.rows.remove(first), self.table.rows.remove(other))
        else {
            return false;
        };
        self.table.gone.extend([(first.to_owned(), row.clone()), (other.to_owned(), lost)]);
        if let Some(seed) = self.server.record(&id) {
            row.made = now;
            shown::bring_up(self.server, &mut row, &seed, Writer::Person);
            let held = Held::of(&self.server.words, &seed);
            self.server.known.merge(&mut self.table.log, (&id, held), [first, other], now);
        }
        self.table.rows.insert(id.clone(), row);
        self.table.merged.extend([(first.to_owned(), id.clone()), (other.to_owned(), id.clone())]);
        self.table.changed.extend([first.to_owned(), other.to_owned(), id]);
        true
    }
}
