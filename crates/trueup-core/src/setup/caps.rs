//! Limits on how much one run may change, and the durations of the protocols.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// How much one run may change before a class of action halts (RELIABILITY.md 6.8).
///
/// Shares are of the larger of linked records and canonical records in scope, in percent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Caps {
    /// Updates above this share halt.
    pub updates_percent: f64,
    /// Creates above this share halt.
    pub creates_percent: f64,
    /// Archives above this share halt.
    pub archives_percent: f64,
    /// Archives above this number halt.
    pub archives: usize,
    /// A field going empty in more than this share halts.
    pub blanking_percent: f64,
    /// One identical value written into more records than this, of a field that was diverse, halts.
    pub same_value: usize,
    /// Conflicts opened above this share halt.
    pub conflicts_percent: f64,
    /// Up to this many updates, creates or conflicts never halt.
    pub free: usize,
    /// A canonical side that lost more than this share of its records since the last run halts.
    pub source_loss_percent: f64,
    /// How many records are written and read back before the rest.
    pub canary: usize,
}

impl Default for Caps {
    fn default() -> Self {
        Self {
            updates_percent: 30.0,
            creates_percent: 20.0,
            archives_percent: 5.0,
            archives: 25,
            blanking_percent: 5.0,
            same_value: 20,
            conflicts_percent: 5.0,
            free: 10,
            source_loss_percent: 20.0,
            canary: 5,
        }
    }
}

/// The durations of the protocols. Every one is configuration (DESIGN.md 10).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Timing {
    /// How long a lease lasts without renewal.
    pub lease_ms: u64,
    /// How long one request may take.
    pub call_timeout_ms: u64,
    /// The longest time after which a sent request can still take effect.
    pub max_in_flight_ms: u64,
    /// The longest time by which listings may lag behind.
    pub max_index_lag_ms: u64,
    /// Added to every quiet period.
    pub margin_ms: u64,
    /// How old a guard read may be when the write leaves.
    pub guard_age_ms: u64,
    /// How long a caller waits for a transactional create before it is given up, if nothing was decided.
    pub create_ms: u64,
    /// How long the answer of a transactional create is kept for whoever asks again.
    pub create_kept_ms: u64,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            lease_ms: 60_000,
            call_timeout_ms: 30_000,
            max_in_flight_ms: 120_000,
            max_index_lag_ms: 60_000,
            margin_ms: 20_000,
            guard_age_ms: 10_000,
            create_ms: 8_000,
            create_kept_ms: 86_400_000,
        }
    }
}

impl Timing {
    /// How long after it was marked as sent an unanswered request may still take effect or show up.
    #[must_use]
    pub const fn quiet(&self) -> Duration {
        self.deadline().saturating_add(Duration::from_millis(self.max_index_lag_ms))
    }

    /// How long after it was marked as sent an unanswered update may still land, read by id. It may have left as late
    /// as its guard read allowed, and have been under way from then on.
    #[must_use]
    pub const fn deadline(&self) -> Duration {
        Duration::from_millis(self.guard_age_ms + self.max_in_flight_ms + self.margin_ms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_write_that_left_as_late_as_its_look_allowed_lands_before_its_deadline() {
        let timing = Timing { margin_ms: 1_000, guard_age_ms: 60_000, ..Timing::default() };
        assert_eq!(timing.deadline(), Duration::from_secs(181));
        assert_eq!(timing.quiet(), Duration::from_secs(241));
    }
}
