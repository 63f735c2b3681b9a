//! A record that left the scope under the hands of a run: a person is told. The record itself is out of sight from then
//! on, so that no later look would find it again.

use crate::{
    name::ClassId,
    plan::{Change, Finding, FindingKey, FindingKind},
};

/// The class under which such records are told.
pub const SCOPE_LOST: &str = "scope_lost";

/// What makes it the same finding next time: one copy of an entity is told once, however often it leaves.
#[must_use]
pub fn lost_key(change: &Change) -> FindingKey {
    FindingKey {
        class: ClassId::new(SCOPE_LOST),
        system: change.system.clone(),
        subject: change.entity.to_string(),
    }
}

/// What a person is told of a change whose record left the scope, before anything was sent or while it landed.
#[must_use]
pub fn lost(change: &Change, landed: bool) -> Finding {
    let what = if landed {
        "left the scope while a write was under way; the write landed"
    } else {
        "left the scope between plan and write; nothing was sent"
    };
    Finding {
        key: lost_key(change),
        kind: FindingKind::Finding,
        entity: Some(change.entity.clone()),
        remotes: change.remote().cloned().into_iter().collect(),
        what: what.to_owned(),
        values: Vec::new(),
        place: String::new(),
    }
}
