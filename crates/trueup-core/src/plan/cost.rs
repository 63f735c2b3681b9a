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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::{
        card::{BatchSizes, Rate},
        fixture,
    };

    fn changes(archives: usize, creates: usize, updates: usize) -> Vec<Change> {
        let archive = Act::Archive { remote: "1".into(), version: None };
        let (ext_id, class) = ("e".into(), "D7".into());
        let create = Act::Create { ext_id, ext_id_column: None, class, origin: None };
        let update = fixture::update("R1", "1", Vec::new()).act;
        // In the order in which nobody applies them.
        let acts = [(update, updates), (archive, archives), (create, creates)];
        let many = |(act, count): (Act, usize)| vec![fixture::change("R1", act, Vec::new()); count];
        acts.into_iter().flat_map(many).collect()
    }

    /// Every size is another one, so that none can stand for another.
    fn card() -> Card {
        let batch = BatchSizes { read: 7, read_history: 4, create: 10, update: 20, archive: 5 };
        let rates = vec![Rate { bucket: "burst".into(), requests: 4, window: Duration::from_secs(2) }];
        Card { batch, rates, ..fixture::card() }
    }

    /// Guard reads, writes and read-backs of so many archives, creates and updates.
    #[track_caller]
    fn check((archives, creates, updates): (usize, usize, usize), want: [usize; 3]) {
        let changes = changes(archives, creates, updates);
        let cost = cost(&card(), 3, &changes.iter().collect::<Vec<_>>());
        assert_eq!([cost.guard_reads, cost.writes, cost.read_backs], want);
        let requests = u32::try_from(want.iter().sum::<usize>()).unwrap();
        assert_eq!(Duration::from_secs_f64(cost.seconds), Duration::from_millis(500) * requests);
    }

    #[test]
    fn each_verb_goes_in_batches_of_its_own_and_only_what_is_there_already_is_read_before() {
        check((0, 0, 0), [0, 0, 0]);
        // 3 and 5, of which the latter are read back in two requests.
        check((8, 0, 0), [2, 2, 3]);
        // 3, 10 and 2.
        check((0, 15, 0), [0, 3, 5]);
        // 3 and 20, of which the latter are read before in three.
        check((0, 0, 23), [4, 2, 6]);
        check((8, 15, 23), [6, 7, 14]);
    }

    #[test]
    fn the_limit_of_the_system_is_told_where_it_has_one_that_means_anything() {
        let cost = |rates: Vec<Rate>| {
            cost(&Card { rates, ..card() }, 3, &changes(1, 0, 0).iter().collect::<Vec<_>>())
        };
        let rate = |requests, window| Rate { bucket: "burst".into(), requests, window };
        assert_eq!(cost(vec![rate(4, Duration::from_secs(1))]).limit, Some((4, 1)));
        assert_eq!(cost(vec![rate(4, Duration::from_millis(100))]).limit, None);
        let unlimited = cost(Vec::new());
        assert_eq!((unlimited.limit, Duration::from_secs_f64(unlimited.seconds)), (None, Duration::ZERO));
    }

    #[test]
    fn whatever_reads_is_a_reading_request_and_whatever_writes_a_writing_one() {
        let cost = Cost { gather: 1, guard_reads: 20, writes: 300, read_backs: 4_000, ..Cost::default() };
        assert_eq!(cost.requests(), Requests { read: 4_021, write: 300 });
    }
}
