//! What the journal says.

use serde::{Deserialize, Serialize};

use super::{Cell, Verb};

/// What is about to be done to one record, or what of it is being sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Intent {
    /// When it was durable, in the order in which things happened.
    pub seq: u64,
    /// Its id, which its requests carry.
    pub intent: String,
    /// The run.
    pub run: String,
    /// The system.
    pub system: String,
    /// The entity.
    pub entity: String,
    /// Create, update or archive.
    pub verb: Verb,
    /// The record; none for a create.
    pub record: Option<String>,
    /// What a create carries; none for anything else.
    pub carried: Option<Carried>,
    /// Field by field. Those of an archive are not sent: they say what must stand there still.
    pub edits: Vec<Edit>,
}

/// What a create carries, so that it can be found again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Carried {
    /// The id derived from the entity.
    pub ext_id: String,
    /// The column it is sent in, if the system has one for it.
    pub column: Option<String>,
    /// The record of another system that it is made after.
    pub origin: Option<Origin>,
}

/// A record of another system that one is made after.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Origin {
    /// The system.
    pub system: String,
    /// The record there.
    pub record: String,
}

/// One field of an intent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Edit {
    /// The field.
    pub field: String,
    /// The system's column.
    pub column: String,
    /// What must stand there.
    pub before: Cell,
    /// What is sent.
    pub after: Cell,
}

/// An intent has ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settled {
    /// When it was durable, in the order in which things happened.
    pub seq: u64,
    /// The intent.
    pub intent: String,
}

/// One entry of the hash chain, as it is published.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// When it was durable, in the order in which things happened.
    pub seq: u64,
    /// Its place in the chain, from 1.
    pub place: u64,
    /// The hash of the entry before; 64 zeros for the first.
    pub prev: String,
    /// Its own hash.
    pub hash: String,
    /// What it commits to: before, after, canonical.
    pub commitments: [String; 3],
    /// The run.
    pub run: String,
    /// When it was seen, by a host's clock, exactly as it was hashed.
    pub at: String,
    /// The intent, if it belongs to one.
    pub intent: Option<String>,
    /// The system.
    pub system: String,
    /// The entity.
    pub entity: String,
    /// The record, once it has an id.
    pub record: Option<String>,
    /// The field; none when the whole record is meant.
    pub field: Option<String>,
    /// The system's column.
    pub column: Option<String>,
    /// The class that asked for it.
    pub class: Option<String>,
    /// What happened.
    pub event: Event,
    /// What the system held before.
    pub before: Cell,
    /// What it was seen to hold afterwards.
    pub after: Cell,
    /// The evidence, in words.
    pub evidence: String,
}

/// What happened to a field or a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// The record was made.
    Created,
    /// A create met a record that was there.
    Adopted,
    /// The field was written.
    Landed,
    /// The record was put away.
    Archived,
    /// Somebody else was first; nothing was sent.
    Superseded,
    /// The record had left the scope; nothing was sent.
    ScopeLost,
    /// The record left the scope while the write was under way.
    ScopeRaced,
    /// The system refused.
    Refused,
    /// It did not take effect, and will not any more.
    NotApplied,
    /// Several records could be what a create made: nobody can tell which.
    InDoubt,
    /// Somebody else's value was overwritten.
    Overwrote,
    /// A person decided something.
    Decided,
}

/// Which record is whose.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Link {
    /// When it was durable, in the order in which things happened.
    pub seq: u64,
    /// The system.
    pub system: String,
    /// The entity.
    pub entity: String,
    /// The record.
    pub record: String,
    /// Whether the link is over: the record is gone for good.
    pub over: bool,
}

/// A run is about to carry out a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// When it was durable, in the order in which things happened.
    pub seq: u64,
    /// When, in milliseconds since 1970.
    pub at_ms: i64,
    /// The run.
    pub run: String,
    /// The plan's id.
    pub plan: String,
}

/// A person let a halt of a plan pass.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Approval {
    /// When it was durable, in the order in which things happened.
    pub seq: u64,
    /// The plan's id.
    pub plan: String,
    /// The rule that halted it.
    pub halt: String,
    /// The system.
    pub system: String,
    /// The most that is let pass.
    pub max: u64,
}

/// Claims that nobody decided between.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Conflict {
    /// When it was durable, in the order in which things happened.
    pub seq: u64,
    /// The system.
    pub system: String,
    /// The entity.
    pub entity: String,
    /// The field.
    pub field: String,
    /// What the sides say.
    pub claims: Vec<Cell>,
}

/// An intent that is told as open at the end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Open {
    /// The intent.
    pub intent: String,
}
