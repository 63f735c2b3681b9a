//! What a note is about, and whether plans outlive it.

use super::Note;
use crate::{create::Create, link::Link};

impl Note {
    /// The link that it makes or replaces.
    #[must_use]
    pub const fn link(&self) -> Option<&Link> {
        match self {
            Self::Link(link) | Self::Observed(link) => Some(link),
            _ => None,
        }
    }

    /// The create that it opens or moves on.
    #[must_use]
    pub fn create(&self) -> Option<&Create> {
        match self {
            Self::Create(create) => Some(create),
            _ => None,
        }
    }

    /// Whether plans made before are void afterwards.
    ///
    /// Looking (plans, beats, findings, conflicts, alarms, approvals) never voids a plan.
    #[must_use]
    pub const fn moves_serial(&self) -> bool {
        !matches!(
            self,
            Self::Plan(_)
                | Self::Beat(_)
                | Self::Observed(_)
                | Self::Conflict(..)
                | Self::Findings(..)
                | Self::Found(..)
                | Self::Alarm(..)
                | Self::Approve(_)
                | Self::Tenant(..)
                | Self::Applied { .. }
                | Self::Layout(_)
                | Self::Cursor(..)
                | Self::Event(_)
                | Self::Touch(..)
                | Self::Looked(..)
                | Self::Vain(..)
                | Self::ForgetEvents(_)
        )
    }
}
