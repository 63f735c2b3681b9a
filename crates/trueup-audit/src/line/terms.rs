//! What was promised: without it nobody can tell what was broken.

use serde::{Deserialize, Serialize};

/// The name of the format, with its version.
pub const FORMAT: &str = "trueup.audit/v1";

/// What was promised for the whole pipeline.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Terms {
    /// Must be [`FORMAT`].
    pub format: String,
    /// The name of the system that is the source of truth.
    pub truth: String,
    /// How much one run may change without a person's word.
    pub caps: Caps,
}

/// Limits of one run. Shares are of the larger of linked records and records of the source of truth, in percent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Caps {
    /// The largest share that is updated.
    pub updates_percent: f64,
    /// The largest share that is made.
    pub creates_percent: f64,
    /// Up to this many updates or creates are always allowed.
    pub free: u64,
}

/// One system.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct System {
    /// Its name.
    pub system: String,
    /// Which records may be written; all of them when there is none.
    pub scope: Option<Scope>,
    /// The column that names the entity of a record; without one the record's id does.
    pub key: Option<String>,
    /// Whether it tells past values, so that what was overwritten can be found out.
    pub history: bool,
}

/// Which records may be written: those with this value in this column.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scope {
    /// The column.
    pub column: String,
    /// The value.
    pub value: String,
}
