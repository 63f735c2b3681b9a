//! A value as the journal tells it.

use serde::{Deserialize, Serialize};

/// What the journal says that a column held.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Cell {
    /// Nothing, or this text.
    Known(Option<String>),
    /// It does not say: nobody looked, or what was there could not be read, or it was erased.
    Unknown {
        /// Why.
        unknown: String,
    },
}

impl Cell {
    /// What it held, if the journal says so.
    #[must_use]
    pub fn known(&self) -> Option<Option<&str>> {
        match self {
            Self::Known(text) => Some(text.as_deref()),
            Self::Unknown { .. } => None,
        }
    }

    /// The text it held, if there was one.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        self.known().flatten()
    }
}
