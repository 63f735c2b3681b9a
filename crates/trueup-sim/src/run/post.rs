//! Webhooks: each change of a mirror is an event that may be lost, come twice, or come late and out of order.

use std::{collections::BTreeMap, sync::Mutex, time::Duration};

use trueup_core::name::{RemoteId, SystemName};

use crate::chance::Chance;

/// Where events arrive.
pub trait Inbox {
    /// Something happened to a record.
    fn deliver(&self, system: &SystemName, record: &RemoteId);
}

/// An inbox that only counts.
#[derive(Debug, Default)]
pub struct Counting(Mutex<BTreeMap<SystemName, usize>>);

impl Counting {
    /// How many events arrived.
    #[must_use]
    pub fn count(&self) -> usize {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner).values().sum()
    }
}

impl Inbox for Counting {
    fn deliver(&self, system: &SystemName, _: &RemoteId) {
        let mut counts = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        *counts.entry(system.clone()).or_default() += 1;
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
    fn an_inbox_counts_what_arrives() {
        let inbox = Counting::default();
        inbox.deliver(&"crm".into(), &"1".into());
        inbox.deliver(&"crm".into(), &"1".into());
        assert_eq!(inbox.count(), 2);
    }
}
