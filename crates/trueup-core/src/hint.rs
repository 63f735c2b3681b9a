//! Hints: who may have changed since the last look. They choose what is looked at first, and carry no value.
//!
//! A hint that is lost, forged, repeated or late costs time and never data: what it names is read, and everything is
//! read from time to time without any (DESIGN.md 1, safety rule 6).

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::name::{RemoteId, SystemName};

/// How many records of one system are kept by name; more of them mean: look at everything (T-06).
pub const MOST: usize = 1_000;

/// How often a record is tried before it waits for a person, or for somebody to say that it changed (seed D).
pub const TRIES: u32 = 3;

/// How long the ids of events are remembered, so that one that comes again is known (T-02).
pub const EVENTS_KEPT: SignedDuration = SignedDuration::from_hours(24 * 7);

/// The wait after the first failure; each further one is four times as long.
const FIRST_WAIT: SignedDuration = SignedDuration::from_mins(1);

/// What a hint is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TouchKey {
    /// The system.
    pub system: SystemName,
    /// The record there; `None` when anything may have changed.
    pub remote: Option<RemoteId>,
}

/// A record that may have changed and that nobody has looked at since. One a record, however often it was told. Whoever
/// looks need not be on the host that was told, so every instant is one of the store's clock (I-26).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Touch {
    /// How often it was told: who looked after one telling has not seen the next.
    pub told: u64,
    /// When it was told first.
    pub since: Timestamp,
    /// How often it was looked at in vain.
    pub attempts: u32,
    /// Not before this instant.
    pub due: Timestamp,
}

/// Something that happened outside, as somebody told it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// The teller's own id of it; one that comes twice is taken once.
    pub id: String,
    /// What it is about.
    pub touch: TouchKey,
    /// When it came. Whoever takes it in says so, by the store's clock.
    pub at: Timestamp,
}

impl Touch {
    /// A first telling.
    #[must_use]
    pub const fn new(at: Timestamp) -> Self {
        Self { told: 1, since: at, attempts: 0, due: at }
    }

    /// Told once more: whatever became of earlier looks, this is news.
    #[must_use]
    pub const fn again(&self, at: Timestamp) -> Self {
        Self { told: self.told + 1, since: self.since, attempts: 0, due: at }
    }

    /// Looked at in vain; before it was due, that tells nothing.
    #[must_use]
    pub fn failed(&self, at: Timestamp) -> Self {
        if at < self.due {
            return self.clone();
        }
        let factor = 4_i32.saturating_pow(self.attempts.min(8));
        let wait = FIRST_WAIT.checked_mul(factor).unwrap_or(FIRST_WAIT);
        let due = at.checked_add(wait).unwrap_or(Timestamp::MAX);
        Self { attempts: self.attempts + 1, due, ..self.clone() }
    }

    /// Whether it waits for a person, or for the next telling. It is seen there and never dropped.
    #[must_use]
    pub const fn is_parked(&self) -> bool {
        self.attempts >= TRIES
    }

    /// Whether it is to be looked at now.
    #[must_use]
    pub fn is_due(&self, now: Timestamp) -> bool {
        !self.is_parked() && self.due <= now
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn a_record_is_tried_three_times_with_growing_waits_and_then_waits_for_news() {
        let mut touch = Touch::new(at(0));
        assert!(touch.is_due(at(0)));
        let mut waits = Vec::new();
        for _ in 0..TRIES {
            let now = touch.due;
            touch = touch.failed(now);
            assert_eq!(touch.failed(now), touch, "a look before it is due is none");
            waits.push(touch.due.duration_since(now).as_secs());
        }
        assert_eq!(waits, [60, 240, 960]);
        assert!(touch.is_parked() && !touch.is_due(Timestamp::MAX));
        let again = touch.again(at(2_000));
        assert!(again.is_due(at(2_000)));
        assert_eq!((again.told, again.since), (2, at(0)));
    }
}
