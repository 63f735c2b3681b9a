//! What a halt that waits for a person calls in question, and what a run is sure of all the same.
//!
//! A plan may wait for weeks. What is seen meanwhile of everybody else is remembered without voiding it: a link that is
//! forgotten is a twin once its record is out of sight, and a base that is forgotten is an edit that nobody weighs.

use std::collections::{BTreeMap, BTreeSet};

use trueup_core::{
    guard::Verdict,
    link::{Link, LinkState},
    memory::{FieldKey, LinkKey, Memory, Note},
    name::{EntityKey, RemoteId, SystemName},
    plan::{Plan, Reconciled},
    setup::Setup,
};

/// What nothing may be accounted for of while a halt stands.
pub(crate) struct Question {
    /// Everything.
    all: bool,
    /// Entities that the plan would change.
    entities: BTreeSet<EntityKey>,
    /// Systems of which every kind of action is halted.
    systems: BTreeSet<SystemName>,
}

impl Question {
    /// What a plan calls in question of which nothing may be done. A configuration that no run was let through with is
    /// in question as a whole, and with the source of truth so is everything that was compared with it.
    pub(crate) fn of(setup: &Setup, memory: &Memory, plan: &Plan, verdict: &Verdict) -> Self {
        let halts = verdict.halts.iter().filter(|halt| halt.approved.is_none() && halt.verb.is_none());
        let systems: BTreeSet<SystemName> = halts.map(|halt| halt.system.clone()).collect();
        let is_new = memory.config_hash.as_deref() != Some(setup.config_hash());
        Self {
            all: is_new || systems.iter().any(|system| setup.is_canonical(system)),
            entities: plan.changes.iter().map(|change| change.entity.clone()).collect(),
            systems,
        }
    }

    /// Links of everybody else. One that takes a record over from another entity waits: what that one's link becomes
    /// may be in question. So does a tombstone while the hold of an undone create stands, by which it would be taken for
    /// what the undo left.
    pub(crate) fn observed(&self, reconciled: &Reconciled, memory: &Memory) -> Vec<Note> {
        let lives = |link: &&Link| link.state != LinkState::Tombstone;
        let known = memory.links.values().filter(lives);
        let owners: BTreeMap<(&SystemName, &RemoteId), &EntityKey> =
            known.map(|link| ((&link.system, &link.remote), &link.entity)).collect();
        let free = |link: &&Link| {
            owners.get(&(&link.system, &link.remote)).is_none_or(|owner| **owner == link.entity)
                && !(link.state == LinkState::Tombstone && memory.is_create_held(&link.key()))
        };
        let links = reconciled.notes.iter().filter_map(Note::link).filter(|link| !self.holds(&link.key()));
        links.filter(free).map(|link| Note::Observed(Box::new(link.clone()))).collect()
    }

    /// Fields of everybody else whose sides agree.
    pub(crate) fn rested(&self, reconciled: &Reconciled) -> BTreeSet<FieldKey> {
        reconciled.rested.iter().filter(|key| !self.holds(&key.link)).cloned().collect()
    }

    fn holds(&self, key: &LinkKey) -> bool {
        self.all || self.entities.contains(&key.entity) || self.systems.contains(&key.system)
    }
}
