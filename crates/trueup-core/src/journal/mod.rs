//! What was done and what came of it: intents before, entries after, chained by hash.

mod chain;
mod intent;

pub use chain::{Entry, Salt, Sealed, Unsealable, verify};
pub use intent::Intent;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    name::{ClassId, EntityKey, FieldName, IntentId, RemoteId, RunId, SystemName},
    value::Cell,
};

/// A journal entry before the store seals it into the chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Draft {
    /// The run.
    pub run: RunId,
    /// When it was observed, by this host's clock; for people.
    pub at: Timestamp,
    /// The intent it settles, if it belongs to one.
    pub intent: Option<IntentId>,
    /// The system.
    pub system: SystemName,
    /// The entity.
    pub entity: EntityKey,
    /// The record, once it has an id.
    pub remote: Option<RemoteId>,
    /// The field; `None` when the whole record is meant.
    pub field: Option<FieldName>,
    /// The column, in the system's words.
    pub column: Option<String>,
    /// The class that asked for it.
    pub class: Option<ClassId>,
    /// What happened.
    pub event: Event,
    /// What the system held before, as it spells it.
    pub before: Cell,
    /// What the system was seen to hold afterwards, as it spells it.
    pub after: Cell,
    /// What the source of truth said.
    pub canonical: Cell,
    /// The evidence: request, trace id, who wrote a foreign value.
    pub evidence: String,
}

/// What happened to a field or a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// The record was created.
    Created,
    /// A create met the record that an earlier one had made.
    Adopted,
    /// The field was written and seen.
    Landed,
    /// The record was archived and seen to be.
    Archived,
    /// Somebody else changed the field between plan and write, or its record was not found, or a fresh look does not ask
    /// for the change any more; nothing was sent for it.
    Superseded,
    /// The record left the scope between plan and write; nothing was sent for it.
    ScopeLost,
    /// The scope was lost while a write was under way: it may have touched a foreign record.
    ScopeRaced,
    /// The system refused the write.
    Refused,
    /// The deadline passed and the write was seen not to have landed.
    NotApplied,
    /// Nobody can tell what a create made: several records carry its token, or none does, or the one that carries it
    /// does not hold what was sent.
    InDoubt,
    /// Somebody else's value was found between our read and our write, and was overwritten.
    Overwrote,
    /// A person decided something.
    Decided,
}
