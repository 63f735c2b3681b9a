//! The sandbox's own clock: it follows the wall clock, or it is set, advanced, frozen.
//!
//! The clock never looks at the time by itself. Whoever owns it says what the wall clock shows, so it can be used
//! in a simulation too.

use serde::{Deserialize, Serialize};

/// Sandbox time as a function of wall time. All times are milliseconds since 1970 in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clock {
    /// Runs with the wall clock, this many milliseconds ahead of it.
    Running {
        /// Sandbox time minus wall time.
        ahead_ms: i64,
    },
    /// Stands still until it is set, advanced or let run.
    Frozen {
        /// The time it shows.
        at_ms: i64,
    },
}

impl Default for Clock {
    fn default() -> Self {
        Self::Running { ahead_ms: 0 }
    }
}

/// One change of the clock: the body of `POST /_sandbox/clock`. The parts apply in the order of the fields.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ClockChange {
    /// The time to show now, as ISO text or milliseconds.
    #[serde(with = "crate::time::instant::option")]
    pub set: Option<i64>,
    /// Milliseconds to go forward.
    pub advance_ms: Option<i64>,
    /// `true` stops the clock, `false` lets it run on from where it is.
    pub freeze: Option<bool>,
}

impl Clock {
    /// Sandbox time when the wall clock shows `wall_ms`.
    #[must_use]
    pub const fn now(self, wall_ms: i64) -> i64 {
        match self {
            Self::Running { ahead_ms } => wall_ms + ahead_ms,
            Self::Frozen { at_ms } => at_ms,
        }
    }

    /// The clock after `change`, when the wall clock shows `wall_ms`.
    #[must_use]
    pub fn changed(self, change: ClockChange, wall_ms: i64) -> Self {
        let at_ms = change.set.unwrap_or(self.now(wall_ms)) + change.advance_ms.unwrap_or(0);
        let frozen = change.freeze.unwrap_or(matches!(self, Self::Frozen { .. }));
        if frozen { Self::Frozen { at_ms } } else { Self::Running { ahead_ms: at_ms - wall_ms } }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_running_clock_follows_the_wall_and_an_advance_stays() {
        let clock =
            Clock::default().changed(ClockChange { advance_ms: Some(500), ..Default::default() }, 1_000);
        assert_eq!(clock.now(1_000), 1_500);
        assert_eq!(clock.now(3_000), 3_500);
    }

    #[test]
    fn a_frozen_clock_moves_only_when_told() {
        let change = ClockChange { set: Some(77_000), freeze: Some(true), ..Default::default() };
        let clock = Clock::default().changed(change, 1_000);
        assert_eq!(clock.now(9_000), 77_000);
        let clock = clock.changed(ClockChange { advance_ms: Some(5), ..Default::default() }, 9_000);
        assert_eq!(clock.now(50_000), 77_005);
        let clock = clock.changed(ClockChange { freeze: Some(false), ..Default::default() }, 50_000);
        assert_eq!(clock.now(50_010), 77_015);
    }
}
