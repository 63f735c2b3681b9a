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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{change, key, time, update};

    #[track_caller]
    fn check(change: Change, create: bool) {
        let intent = Intent {
            id: "i1".into(),
            run: "r1".into(),
            epoch: 1,
            change,
            watermark: None,
            sent: Some(time(5)),
        };
        assert_eq!((intent.is_create(), intent.link_key()), (create, key("R1")));
    }

    #[test]
    fn an_intent_is_about_one_record_and_tells_whether_it_makes_it() {
        let act = Act::Create { ext_id: "x".into(), ext_id_column: None, class: "D7".into(), origin: None };
        check(change("R1", act, Vec::new()), true);
        check(update("R1", "101", Vec::new()), false);
        check(change("R1", Act::Archive { remote: "101".into(), version: None }, Vec::new()), false);
    }
}
