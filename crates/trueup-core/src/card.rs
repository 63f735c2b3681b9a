//! What a system can do and how it wants to be asked: data that drives planning, cost and tests.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::name::SystemName;

/// The abilities and limits of one system.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is an ability that a system has or has not, whatever the others"
)]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Card {
    /// The system, as the configuration calls it.
    pub system: SystemName,
    /// The kind of connector, such as `hubspot`.
    pub kind: String,
    /// How many records one request may carry.
    pub batch: BatchSizes,
    /// What the system can be asked to do.
    pub verbs: Verbs,
    /// Whether it can be asked for what changed since a cursor.
    pub delta: bool,
    /// Whether reads by id can show who wrote which value when.
    pub history: bool,
    /// Whether a write can be made conditional on the value it replaces.
    pub compare_and_set: bool,
    /// Whether people can make one record of two there, which answers under the ids of both from then on.
    pub merges: bool,
    /// Whether two accepted creates with the same external id are impossible.
    pub unique_ext_id: bool,
    /// The longest time after which a sent request can still take effect.
    pub max_in_flight: Duration,
    /// The longest time by which listings may lag behind.
    pub max_index_lag: Duration,
    /// The shared budgets of requests.
    pub rates: Vec<Rate>,
}

/// Records per request, by what the request does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BatchSizes {
    /// Read by id.
    pub read: usize,
    /// Read by id with history.
    pub read_history: usize,
    /// Create.
    pub create: usize,
    /// Update.
    pub update: usize,
    /// Archive.
    pub archive: usize,
}

/// What a system can be asked to do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verbs {
    /// New records can be made.
    pub create: bool,
    /// Fields of records can be changed.
    pub update: bool,
    /// Records can be put away so that they can be brought back.
    pub archive: bool,
}

/// One budget of requests, shared by every process that uses the account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rate {
    /// The name of the budget, such as `burst` or `search`.
    pub bucket: String,
    /// How many requests the window allows.
    pub requests: u32,
    /// The length of the window.
    pub window: Duration,
}

impl Card {
    /// How many requests per second the slowest budget that covers ordinary calls allows.
    #[must_use]
    pub fn requests_per_second(&self) -> Option<f64> {
        self.rates.first().map(|rate| f64::from(rate.requests) / rate.window.as_secs_f64())
    }
}

/// Splits `count` records into batches: a canary first, then as large as allowed.
///
/// The plan's cost and the gate both use this, so what is planned is what is sent
/// (RELIABILITY.md 6.8: apply 5 records, read back, then the rest).
#[must_use]
pub fn batches(count: usize, largest: usize, canary: usize) -> Vec<usize> {
    let first = count.min(canary.max(1)).min(largest.max(1));
    let mut sizes = Vec::new();
    let mut left = count;
    let mut next = first;
    while left > 0 {
        let size = next.min(left);
        sizes.push(size);
        left -= size;
        next = largest.max(1);
    }
    sizes
}

#[cfg(test)]
mod tests {
    use super::batches;

    #[test]
    fn a_canary_goes_first_and_the_rest_fills_whole_batches() {
        assert_eq!(batches(63, 100, 5), [5, 58]);
        assert_eq!(batches(205, 100, 5), [5, 100, 100]);
        assert_eq!(batches(3, 100, 5), [3]);
        assert_eq!(batches(7, 3, 5), [3, 3, 1]);
        assert!(batches(0, 100, 5).is_empty());
    }
}
