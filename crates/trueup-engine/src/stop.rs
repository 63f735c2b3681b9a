//! Why a cycle ended before its work was done.

use thiserror::Error;
use trueup_core::{memory::Outcome, name::SystemName};
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
    /// The plan no longer holds.
    #[error("the plan is void: {0}")]
    Void(String),
    /// Our own memory failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Stop {
    /// How the run ended, as the product counts it.
    #[must_use]
    pub const fn outcome(&self) -> Outcome {
        match self {
            Self::Void(_) => Outcome::Halted,
            Self::Fault { .. } | Self::Unfit { .. } | Self::Store(_) => Outcome::Failed,
        }
    }
}
