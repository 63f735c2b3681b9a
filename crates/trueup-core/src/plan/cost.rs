//! What applying a plan costs, in requests and in time.

use serde::{Deserialize, Serialize};

use super::{Act, Change};
use crate::card::{Card, batches};

/// What applying costs on one system.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Cost {
    /// Reads already made to gather and confirm.
    pub gather: usize,
    /// Reads right before writes.
    pub guard_reads: usize,
    /// Writes.
    pub writes: usize,
    /// Reads right after writes, with history.
    pub read_backs: usize,
    /// The time all that takes under the system's rate limit.
    pub seconds: f64,
    /// That limit: requests, and the window in seconds.
    pub limit: Option<(u32, u64)>,
}

/// Requests, by what they do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Requests {
    /// Requests that change nothing.
    pub read: usize,
    /// Requests that may change something.
    pub write: usize,
}

impl Cost {
    /// All requests, by what they do.
    #[must_use]
    pub const fn requests(&self) -> Requests {
        Requests { read: self.gather + self.guard_reads + self.read_backs, write: self.writes }
    }
}

/// Counts the requests that applying these changes to one system takes.
///
/// The gate sends the same batches ([`batches`]), so in a cycle without faults the count is exact.
#[must_use]
pub fn cost(card: &Card, canary: usize, changes: &[&Change]) -> Cost {
    let mut cost = Cost::default();
    for rank in 0..3 {
        let count = changes.iter().filter(|change| change.act.rank() == rank).count();
        let Some(act) = changes.iter().map(|change| &change.act).find(|act| act.rank() == rank) else {
            continue;
        };
        let largest = largest(card, act);
        for size in batches(count, largest, canary) {
            cost.writes += 1;
            cost.read_backs += size.div_ceil(card.batch.read_history.max(1));
            if !matches!(act, Act::Create { .. }) {
                cost.guard_reads += size.div_ceil(card.batch.read.max(1));
            }
        }
    }
    cost.seconds = seconds(card, cost);
    let rate = card.rates.first().map(|rate| (rate.requests, rate.window.as_secs()));
    cost.limit = rate.filter(|(_, seconds)| *seconds > 0);
    cost
}

/// The largest batch of one verb.
#[must_use]
pub const fn largest(card: &Card, act: &Act) -> usize {
    match act {
        Act::Archive { .. } => card.batch.archive,
        Act::Create { .. } => card.batch.create,
        Act::Update { .. } => card.batch.update,
    }
}

#[expect(clippy::cast_precision_loss, reason = "a count of requests is far below 2^52")]
fn seconds(card: &Card, cost: Cost) -> f64 {
    let requests = (cost.guard_reads + cost.writes + cost.read_backs) as f64;
    card.requests_per_second().map_or(0.0, |rate| requests / rate)
}
