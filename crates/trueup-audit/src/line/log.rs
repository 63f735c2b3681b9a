//! What a system's own log says, and what it holds at the end.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What was done to a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verb {
    /// It was made.
    Create,
    /// Some of its columns were changed.
    Update,
    /// It was put away.
    Archive,
    /// It was brought back.
    Restore,
    /// It was made out of two others, which are no more.
    Merge,
}

/// A write that arrived with our credentials.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// Its place in the order in which things happened.
    pub seq: u64,
    /// When, in milliseconds since 1970.
    pub at_ms: i64,
    /// The system.
    pub system: String,
    /// Who sent it.
    pub by: String,
    /// The id it carries.
    pub request: String,
    /// What it asks for: create, update or archive.
    pub verb: Verb,
    /// The record; none for a create.
    pub record: Option<String>,
    /// The columns it sends; `null` clears one.
    pub fields: BTreeMap<String, Option<String>>,
    /// Why it was turned away at once; one that was taken takes effect, or fails, at once or later.
    pub refused: Option<String>,
}

/// Columns by name, with what they hold; one that is not there holds nothing.
pub type Fields = BTreeMap<String, String>;

/// A record changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Change {
    /// Its place in the order in which things happened.
    pub seq: u64,
    /// When, in milliseconds since 1970.
    pub at_ms: i64,
    /// The system.
    pub system: String,
    /// The record; what a merge leaves has a new id.
    pub record: String,
    /// Who changed it.
    pub by: String,
    /// Whether it was done with our credentials.
    pub ours: bool,
    /// The id of the request that asked for it.
    pub request: Option<String>,
    /// What was done.
    pub verb: Verb,
    /// The two records that a merge made one; the history of the first goes on in it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub of: Vec<String>,
    /// The columns that were written.
    pub fields: BTreeMap<String, Moved>,
}

/// A column that was written; `null` is nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Moved {
    /// What it held before.
    pub before: Option<String>,
    /// What it holds since.
    pub after: Option<String>,
}

/// A request that had been taken had no effect.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Failure {
    /// Its place in the order in which things happened.
    pub seq: u64,
    /// When, in milliseconds since 1970.
    pub at_ms: i64,
    /// The system.
    pub system: String,
    /// The id of the request.
    pub request: String,
    /// Why.
    pub why: String,
}

/// The system answered that there is no such record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Missing {
    /// Its place in the order in which things happened.
    pub seq: u64,
    /// When, in milliseconds since 1970.
    pub at_ms: i64,
    /// The system.
    pub system: String,
    /// The record that was asked for.
    pub record: String,
}

/// A record as its system holds it at the end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct State {
    /// The system.
    pub system: String,
    /// The record.
    pub record: String,
    /// Whether it is put away.
    pub away: bool,
    /// What it holds.
    pub fields: Fields,
}
