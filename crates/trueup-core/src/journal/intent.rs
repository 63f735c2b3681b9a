//! An intent: what is about to be sent, made durable before it is.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    memory::LinkKey,
    name::{EntityKey, IntentId, RunId, SystemName},
    plan::{Act, Change},
};

/// What is about to be sent for one record.
///
/// At most one is open per entity and system: two engines cannot overwrite each other's open intent
/// (RELIABILITY.md 6.4).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Intent {
    /// Its id, and the trace id on the wire.
    pub id: IntentId,
    /// The run that opened it.
    pub run: RunId,
    /// The epoch of the lease under which it was opened.
    pub epoch: u64,
    /// The change.
    pub change: Change,
    /// The record's own last-modified time at the guard read: later history is not what we saw.
    pub watermark: Option<Timestamp>,
    /// When it was sent, by the store's clock; `None` when it certainly was not.
    pub sent: Option<Timestamp>,
}

impl Intent {
    /// The system.
    #[must_use]
    pub const fn system(&self) -> &SystemName {
        &self.change.system
    }

    /// The entity.
    #[must_use]
    pub const fn entity(&self) -> &EntityKey {
        &self.change.entity
    }

    /// The key of the link it is about.
    #[must_use]
    pub fn link_key(&self) -> LinkKey {
        LinkKey { system: self.change.system.clone(), entity: self.change.entity.clone() }
    }

    /// Whether it makes a record.
    #[must_use]
    pub const fn is_create(&self) -> bool {
        matches!(self.change.act, Act::Create { .. })
    }
}
