//! What can go wrong with an outside system, by what follows from it.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// An outside system did not do what it was asked. The kind decides what happens next.
#[derive(Clone, Debug, PartialEq, Eq, Error, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// It did nothing and may be asked again.
    #[error("{what}")]
    Busy {
        /// How long it wants to be left alone.
        retry_after: Option<Duration>,
        /// In words, with the place.
        what: String,
    },
    /// It will refuse everything for now: bad key, missing permission, daily limit.
    #[error("{0}")]
    Denied(String),
    /// It did nothing to this record, and says why.
    #[error("{}", refusals(.0))]
    Rejected(Vec<Refusal>),
    /// It did nothing to the whole batch and does not say which record is to blame.
    #[error("{0}")]
    BatchRefused(String),
    /// The record is not there, by its own word.
    #[error("the record does not exist")]
    Missing,
    /// Its answer to a read cannot be understood. Never the same as an empty answer.
    #[error("{0}")]
    Unreadable(String),
    /// A cursor is too old to ask for changes since: everything must be read.
    #[error("{0}")]
    Expired(String),
    /// The write may have happened, or may still happen.
    #[error("{0}")]
    Unknown(String),
}

/// Why a record was refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// The column to blame, if the system names one.
    pub column: Option<String>,
    /// What the system said, without the record's values where that can be told apart.
    pub reason: String,
}

impl Fault {
    /// Whether it is certain that nothing was done.
    #[must_use]
    pub const fn proves_nothing_done(&self) -> bool {
        match self {
            Self::Busy { .. }
            | Self::Denied(_)
            | Self::Rejected(_)
            | Self::BatchRefused(_)
            | Self::Missing => true,
            Self::Unreadable(_) | Self::Expired(_) | Self::Unknown(_) => false,
        }
    }
}

fn refusals(list: &[Refusal]) -> String {
    let all: Vec<&str> = list.iter().map(|refusal| refusal.reason.as_str()).collect();
    all.join("; ")
}
