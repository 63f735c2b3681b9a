//! Requests, counted by system.

use std::collections::BTreeMap;

use trueup_core::{name::SystemName, plan::Requests};

/// Requests by system.
pub(crate) struct Counts(pub(crate) BTreeMap<SystemName, Requests>);

impl Counts {
    /// Those of one system.
    pub(crate) fn of(&self, system: &SystemName) -> Requests {
        self.0.get(system).copied().unwrap_or_default()
    }

    /// Those that came after an earlier count.
    pub(crate) fn since(&self, before: &Self) -> Self {
        let minus = |(system, now): (&SystemName, &Requests)| {
            let then = before.of(system);
            (system.clone(), Requests { read: now.read - then.read, write: now.write - then.write })
        };
        Self(self.0.iter().map(minus).collect())
    }

    /// Those of all systems together.
    pub(crate) fn total(&self) -> Requests {
        let add = |sum: Requests, one: &Requests| Requests {
            read: sum.read + one.read,
            write: sum.write + one.write,
        };
        self.0.values().fold(Requests::default(), add)
    }
}
