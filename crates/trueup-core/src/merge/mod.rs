//! Agrees one field over all systems: three-way, N sides, one base per side.
//!
//! ```text
//! canonical    mirror       out            in             both
//! unmoved      unmoved      rest           rest           rest
//! unmoved      moved to x   push b         pull x         pull x
//! moved to x   unmoved      push x         account        push x
//! moved to x   moved to x   account        account        account
//! moved to x   moved to y   push x         rule decides   rule decides
//! ```
//!
//! A conflict is a value ([`Merged::Conflicted`]): it is stored, shown, merged again and resolved
//! later, and touches nobody meanwhile. One base value per side, not one per pair: systems that
//! respell what they are told stay quiet (DESIGN.md 4).

mod scalar;
mod set;
#[cfg(test)]
mod tests;

pub use scalar::{merge, writes};
pub use set::{Keeping, SetMirror, merge_set, told};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::value::Cell;

/// Whether a side moved since it was last accounted for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moved {
    /// It was never accounted for.
    New,
    /// It still says what its base says.
    No,
    /// It says something else than its base.
    Yes,
}

/// What one side says now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// The normalised cell.
    pub now: Cell,
    /// When it was written, by the side's own clock, where the side can tell.
    pub at: Option<Timestamp>,
    /// The record's version, where the side keeps one.
    pub version: Option<u64>,
}

/// One mirror's part in the merge of one field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mirror {
    /// What it says now.
    pub seen: Seen,
    /// Whether it moved since its base.
    pub moved: Moved,
    /// Whether the canonical side moved since it was last accounted for *with this mirror*.
    pub canonical_moved: Moved,
    /// Which way values may go.
    pub flow: Flow,
}

/// Which way values may go between the canonical side and a mirror.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Flow {
    /// Canonical to mirror only.
    Out,
    /// Mirror to canonical only.
    In,
    /// Both ways.
    Both,
}

/// Who survives when sides moved to different values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Survivor {
    /// The canonical side's claim.
    Canonical,
    /// The claim of the mirror at this position.
    Mirror(usize),
    /// The claim written last, if it is later than every other by more than the tolerance.
    Latest {
        /// Times closer than this many milliseconds tell nothing.
        skew_ms: i64,
    },
    /// The claim with the highest version, then the latest.
    VersionThenLatest {
        /// Times closer than this many milliseconds tell nothing.
        skew_ms: i64,
    },
    /// Every element any side holds; for sets only, a scalar field asks.
    Union,
    /// A person.
    Ask,
}

/// One side of a merge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Party {
    /// The source of truth.
    Canonical,
    /// The mirror at this position.
    Mirror(usize),
    /// The journal: what an undo would have put back.
    Journal,
}

/// A side that wants the field to hold something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// Which side.
    pub party: Party,
    /// What it says.
    pub cell: Cell,
    /// When it was written, where known.
    pub at: Option<Timestamp>,
    /// The record's version, where kept.
    pub version: Option<u64>,
}

/// What the sides came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Merged {
    /// One value for all.
    Agreed(Cell),
    /// Claims that no rule decides between.
    Conflicted(Vec<Claim>),
    /// The canonical side is unknown: nobody may be told anything.
    Suspended,
}

/// What follows for one side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Nothing moved, nothing to do.
    Rest,
    /// Both sides hold the agreed value: remember it as the base.
    Account,
    /// The side must be told this value.
    Write(Cell),
    /// The side is unknown or in conflict: leave it and its base alone.
    Skip,
}

/// What follows for every side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Writes {
    /// For the canonical side.
    pub canonical: Step,
    /// For each mirror, in order.
    pub mirrors: Vec<Step>,
}

impl Survivor {
    pub(crate) const fn skew(self) -> Option<SignedDuration> {
        match self {
            Self::Latest { skew_ms } | Self::VersionThenLatest { skew_ms } => {
                Some(SignedDuration::from_millis(skew_ms))
            }
            Self::Canonical | Self::Mirror(_) | Self::Union | Self::Ask => None,
        }
    }
}
