//! Why a cycle ended before its work was done.

use thiserror::Error;
use trueup_core::{
    guard::{Halt, Rule},
    memory::Outcome,
    name::SystemName,
};
use trueup_ports::{Fault, StoreError};

/// Why a cycle ended before its work was done.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Stop {
    /// An outside system could not be read. What it holds is unknown, so nothing was decided.
    #[error("{system}: {fault}")]
    Fault {
        /// The system.
        system: SystemName,
        /// What it did.
        fault: Fault,
    },
    /// A system is not set up as the configuration needs it.
    #[error("{system}: {what}")]
    Unfit {
        /// The system.
        system: SystemName,
        /// What is missing, with the fix.
        what: String,
    },
    /// The credential belongs to another account than the one pinned: nothing it opens is believed (I-29).
    #[error("the credential belongs to {found}, but {system} is pinned to {pinned}")]
    Tenant {
        /// The system.
        system: SystemName,
        /// The account it was first seen with.
        pinned: String,
        /// The account the credential opens now.
        found: String,
    },
    /// The plan no longer holds.
    #[error("the plan is void: {0}")]
    Void(String),
    /// Our own memory failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Stop {
    /// The halt a run ended with, when it is one of the guard's before there is a plan to halt.
    #[must_use]
    pub fn halt(&self) -> Option<Halt> {
        let Self::Tenant { system, .. } = self else { return None };
        Some(Halt {
            rule: Rule::TenantChanged,
            system: system.clone(),
            verb: None,
            about: None,
            count: 0,
            what: self.to_string(),
            approved: None,
        })
    }

    /// How the run ended, as the product counts it.
    #[must_use]
    pub const fn outcome(&self) -> Outcome {
        match self {
            Self::Void(_) | Self::Tenant { .. } => Outcome::Halted,
            Self::Fault { .. } | Self::Unfit { .. } | Self::Store(_) => Outcome::Failed,
        }
    }
}
