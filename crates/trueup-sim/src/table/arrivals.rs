//! When a system was asked and by whom, and whom it turned away: what its rates are counted by.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::Table;

/// A request that arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// When.
    pub at: Timestamp,
    /// Which process asked.
    pub by: u32,
}

/// A process was turned away, and heard when to come back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wait {
    /// When it heard that.
    pub from: Timestamp,
    /// Until when the system wants to be left alone.
    pub until: Timestamp,
    /// Which process heard it.
    pub by: u32,
    /// Of which requests.
    pub of: Budget,
    /// How many of these had arrived by then.
    pub after: usize,
}

/// Requests that are counted together, and that wait together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Budget {
    /// All but searches.
    Common,
    /// Searches.
    Searches,
}

impl Table {
    /// A request arrives.
    pub fn arrives(&mut self, of: Budget, arrival: Arrival) {
        match of {
            Budget::Common => self.arrivals.push(arrival),
            Budget::Searches => self.searches.push(arrival),
        }
    }

    /// A process hears that it was turned away, and for how long.
    pub fn turns_away(&mut self, of: Budget, heard: Arrival, time: Duration) {
        let Arrival { at: from, by } = heard;
        let time = SignedDuration::try_from(time).unwrap_or(SignedDuration::MAX);
        let until = from.checked_add(time).unwrap_or(Timestamp::MAX);
        let after = self.counted(of).len();
        self.waits.push(Wait { from, until, by, of, after });
    }

    /// What arrived of such requests.
    #[must_use]
    pub fn counted(&self, of: Budget) -> &[Arrival] {
        match of {
            Budget::Common => &self.arrivals,
            Budget::Searches => &self.searches,
        }
    }
}
