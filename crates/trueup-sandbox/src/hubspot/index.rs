//! The search index that is behind: which records it still shows as they were (facts section 5, trap 9).
//!
//! Only what the lag needs is kept: the state of a record before each change that is younger than the lag. With no
//! lag nothing is kept.

use std::collections::{BTreeMap, VecDeque};

use super::record::Record;

/// A change the index has not seen yet: when it was made, and the record before it (none: it did not exist).
type Unseen = (i64, Option<Record>);

/// What the index does not know yet.
#[derive(Debug, Clone, Default)]
pub(crate) struct SearchIndex {
    unseen: BTreeMap<u64, VecDeque<Unseen>>,
    order: VecDeque<(i64, u64)>,
    lag_ms: i64,
    /// The index stands still as it was at this time.
    paused_ms: Option<i64>,
}

impl SearchIndex {
    /// Sets how far it is behind and whether it stands still from now on.
    pub(crate) fn set(&mut self, lag_ms: i64, paused: bool, now_ms: i64) {
        self.lag_ms = lag_ms;
        self.paused_ms = paused.then(|| self.paused_ms.unwrap_or(now_ms));
        self.advance(now_ms);
    }

    /// Lets it see what is old enough.
    pub(crate) fn advance(&mut self, now_ms: i64) {
        let seen_ms = self.paused_ms.map_or(now_ms, |paused| paused.min(now_ms)) - self.lag_ms;
        while let Some((_, id)) = self.order.pop_front_if(|(at_ms, _)| *at_ms <= seen_ms) {
            if let Some(changes) = self.unseen.get_mut(&id) {
                changes.pop_front();
                if changes.is_empty() {
                    self.unseen.remove(&id);
                }
            }
        }
    }

    /// Keeps the state of a record before a change, unless the index is up to date by construction.
    pub(crate) fn remember(&mut self, id: u64, now_ms: i64, before: Option<Record>) {
        if self.lag_ms > 0 || self.paused_ms.is_some() {
            self.unseen.entry(id).or_default().push_back((now_ms, before));
            self.order.push_back((now_ms, id));
        }
    }

    /// What it shows of a record that is there now; none when it did not exist yet by the index's time.
    pub(crate) fn view<'a>(&'a self, present: &'a Record) -> Option<&'a Record> {
        match self.unseen.get(&present.id).and_then(VecDeque::front) {
            None => Some(present),
            Some((_, before)) => before.as_ref(),
        }
    }

    /// The records it shows as they were, in order of id.
    pub(crate) fn stale_records(&self) -> impl Iterator<Item = &Record> {
        self.unseen.values().filter_map(|changes| changes.front()?.1.as_ref())
    }
}
