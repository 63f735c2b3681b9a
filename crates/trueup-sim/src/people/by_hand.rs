//! What a person can do to a system by hand, whatever kind of system it is.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::PERSON;
use crate::table::{Row, Table};

/// What a person can do to a system by hand. Each deed says whether the system let them.
pub trait ByHand {
    /// What they see, what is put away included.
    fn rows(&self) -> &BTreeMap<String, Row>;

    /// Makes a record; gives its id.
    fn add(&mut self, values: BTreeMap<String, String>, now: Timestamp) -> Option<String>;

    /// Writes one column, or clears it.
    fn write(&mut self, id: &str, column: &str, value: Option<&str>, now: Timestamp) -> bool;

    /// Puts a record away, or brings it back.
    fn put_away(&mut self, id: &str, away: bool, now: Timestamp) -> bool;

    /// Makes one record of two.
    fn merge(&mut self, first: &str, other: &str, now: Timestamp) -> bool;
}

impl ByHand for &mut Table {
    fn rows(&self) -> &BTreeMap<String, Row> {
        &self.rows
    }

    fn add(&mut self, values: BTreeMap<String, String>, now: Timestamp) -> Option<String> {
        Some(self.make(values, PERSON, now))
    }

    fn write(&mut self, id: &str, column: &str, value: Option<&str>, now: Timestamp) -> bool {
        self.set(id, column, value, PERSON, now);
        true
    }

    fn put_away(&mut self, id: &str, away: bool, now: Timestamp) -> bool {
        self.archive(id, away, PERSON, now);
        true
    }

    fn merge(&mut self, first: &str, other: &str, now: Timestamp) -> bool {
        Table::merge(self, first, other, PERSON, now);
        true
    }
}
