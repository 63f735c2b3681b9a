//! Webhooks: each change of a system is an event that may be lost, come twice, or come late and out of order.

use std::time::Duration;

use jiff::Timestamp;
use trueup_core::{
    hint::{Event, TouchKey},
    name::SystemName,
};
use trueup_engine::Engine;

use crate::chance::Chance;

/// What a system tells of one change, however often it brings it.
#[derive(Clone, Debug)]
pub(super) struct Letter {
    id: String,
    system: SystemName,
    record: String,
}

/// Where events arrive.
#[derive(Default)]
pub(super) struct Inbox {
    /// What takes them in; made when the first one comes.
    pub(super) listener: Option<Engine>,
    written: u64,
}

impl Inbox {
    /// Writes an event of a change.
    pub(super) fn letter(&mut self, system: SystemName, record: String) -> Letter {
        self.written += 1;
        Letter { id: format!("{system}-{}", self.written), system, record }
    }
}

impl Letter {
    /// What it says, when it arrives.
    pub(super) fn event(&self, at: Timestamp) -> Event {
        let touch = TouchKey { system: self.system.clone(), remote: Some(self.record.as_str().into()) };
        Event { id: self.id.clone(), touch, at }
    }
}

/// When one event arrives, and how often: never, once, or twice.
pub(super) fn deliveries(chance: &Chance, bad: u64) -> Vec<Duration> {
    let soon = || Duration::from_millis(200 + chance.below(3_000));
    let late = || Duration::from_secs(chance.below(6 * 3_600));
    if !chance.permille(bad) {
        return vec![soon()];
    }
    match chance.below(3) {
        0 => Vec::new(),
        1 => vec![soon(), late()],
        _ => vec![late()],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn good_post_brings_every_event_once_and_bad_post_loses_repeats_and_delays() {
        let chance = Chance::new(1);
        assert!((0..100).all(|_| deliveries(&chance, 0).len() == 1));
        let counts: std::collections::BTreeSet<usize> =
            (0..100).map(|_| deliveries(&chance, 1000).len()).collect();
        assert_eq!(counts, [0, 1, 2].into());
    }

    #[test]
    fn an_event_that_is_brought_twice_has_one_id_and_two_changes_of_a_record_have_two() {
        let mut inbox = Inbox::default();
        let (one, other) = (inbox.letter("crm".into(), "1".into()), inbox.letter("crm".into(), "1".into()));
        let event = |letter: &Letter| letter.event(Timestamp::UNIX_EPOCH);
        assert_eq!(event(&one), event(&one.clone()));
        assert_ne!(event(&one).id, event(&other).id);
        assert_eq!(event(&one).touch, event(&other).touch);
    }
}
