//! A record as its system's log tells it.

use std::collections::BTreeMap;

use super::Window;
use crate::line::{Change, Verb};

/// A record as its system's log tells it, from the change that made it on.
#[derive(Debug)]
pub(crate) struct Life<'a> {
    /// What made it.
    pub(crate) made: &'a Change,
    columns: BTreeMap<&'a str, Vec<Stand<'a>>>,
    /// When it came and went, and whether it was there from then on.
    presence: Vec<(&'a Change, bool)>,
    /// What it was made a part of, and when.
    pub(crate) became: Option<(u64, &'a str)>,
}

/// A value of a column, until the next one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stand<'a> {
    /// Since when.
    pub(crate) seq: u64,
    /// The value; none is nothing.
    pub(crate) value: Option<&'a str>,
    /// What put it there.
    pub(crate) change: &'a Change,
}

impl<'a> Life<'a> {
    pub(super) fn new(made: &'a Change) -> Self {
        let mut life = Self { made, columns: BTreeMap::new(), presence: Vec::new(), became: None };
        life.goes_on(made);
        life
    }

    pub(super) fn goes_on(&mut self, change: &'a Change) {
        for (column, moved) in &change.fields {
            let stand = Stand { seq: change.seq, value: something(moved.after.as_deref()), change };
            self.columns.entry(column).or_default().push(stand);
        }
        match change.verb {
            Verb::Create | Verb::Merge | Verb::Restore => self.presence.push((change, true)),
            Verb::Archive => self.presence.push((change, false)),
            Verb::Update => {}
        }
    }

    pub(super) fn becomes(&mut self, change: &'a Change) {
        self.presence.push((change, false));
        self.became = Some((change.seq, &change.record));
    }

    /// What a column held, one value after the other.
    pub(crate) fn stands(&self, column: &str) -> &[Stand<'a>] {
        self.columns.get(column).map_or(&[], Vec::as_slice)
    }

    /// What a column held at a place in the order of things.
    pub(crate) fn held(&self, column: &str, at: u64) -> Option<&'a str> {
        self.stands(column).iter().rev().find(|stand| stand.seq <= at).and_then(|stand| stand.value)
    }

    /// Whether a column held a value at some moment of a window.
    pub(crate) fn stood(&self, column: &str, value: Option<&str>, window: Window) -> bool {
        let value = something(value);
        self.held(column, window.from) == value
            || self.stands(column).iter().any(|stand| window.has(stand.seq) && stand.value == value)
    }

    /// What it holds at the end.
    pub(crate) fn last(&self) -> BTreeMap<&'a str, &'a str> {
        let last = |(column, stands): (&&'a str, &Vec<Stand<'a>>)| Some((*column, stands.last()?.value?));
        self.columns.iter().filter_map(last).collect()
    }

    /// Whether it was there at a place in the order of things.
    pub(crate) fn is_there(&self, at: u64) -> bool {
        self.presence.iter().rev().find(|(change, _)| change.seq <= at).is_some_and(|(_, there)| *there)
    }

    /// Whether it was away at some moment of a window.
    pub(crate) fn was_away(&self, window: Window) -> bool {
        !self.is_there(window.from) || self.comings(window).any(|(_, there)| !there)
    }

    /// How it came and went in a window: by what, and whether it was there afterwards.
    pub(crate) fn comings(&self, window: Window) -> impl Iterator<Item = (&'a Change, bool)> {
        self.presence.iter().copied().filter(move |(change, _)| window.has(change.seq))
    }
}

/// An empty text is nothing.
pub(crate) fn something(value: Option<&str>) -> Option<&str> {
    value.filter(|value| !value.is_empty())
}
