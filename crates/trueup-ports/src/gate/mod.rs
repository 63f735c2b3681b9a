//! The one door to the outside: journal, look, write, look again, remember.
//!
//! Per batch (RELIABILITY.md 6.3): intents are made durable under the lease's fence → the records are
//! read by id → what moved or left the scope drops out → what is left is marked as sent → written →
//! read back with history → audited → bases, links, journal and parked fields are committed. A crash
//! between any two steps leaves open intents, and [`recover`] settles those before anything else.

mod batch;
mod lookup;
mod notes;
mod recover;

pub use recover::{Recovered, recover};

use std::time::Duration;

use trueup_core::{
    card::batches,
    guard::Cleared,
    journal::Event,
    memory::Memory,
    name::{ClassId, FieldName, PipelineName, RunId, SystemName},
    plan::{Act, Change, largest},
    setup::Setup,
};

use crate::{Fence, Store, StoreError, Target, World};

/// Everything a write needs besides the changes.
#[derive(Clone, Copy)]
pub struct Doors<'a> {
    /// Time and chance.
    pub world: &'a dyn World,
    /// The memory that outlives the run.
    pub store: &'a dyn Store,
    /// The pipeline.
    pub pipeline: &'a PipelineName,
    /// The proof of holding its lease.
    pub fence: &'a Fence,
    /// The configuration.
    pub setup: &'a Setup,
    /// What was remembered when the plan was made; for fingerprints and links.
    pub memory: &'a Memory,
    /// The run.
    pub run: &'a RunId,
    /// Finds the target of a system.
    pub targets: &'a (dyn Fn(&SystemName) -> Option<&'a dyn Target> + Sync),
}

/// What became of one change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The change, as it was planned.
    pub change: Change,
    /// How it ended.
    pub fate: Fate,
    /// How each field ended.
    pub fields: Vec<FieldFate>,
}

/// How a change ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It was written and seen.
    Landed,
    /// The system refused all of it.
    Refused(String),
    /// Somebody else changed the fields first; nothing was sent.
    Superseded,
    /// The record left the scope first; nothing was sent.
    ScopeLost,
    /// It landed although the scope was lost meanwhile.
    ScopeRaced,
    /// It may still land; it is looked at again before anything else happens to the record.
    Open,
    /// It was not sent, or was seen not to have landed: the next cycle plans anew.
    NotDone(String),
}

impl Outcome {
    /// The classes under which something landed, each once.
    #[must_use]
    pub fn landed_classes(&self) -> Vec<ClassId> {
        if let Act::Create { class, .. } = &self.change.act {
            return vec![class.clone()];
        }
        let landed = self.fields.iter().filter(|field| field.event == Event::Landed);
        let mut classes: Vec<ClassId> = landed.map(|field| field.class.clone()).collect();
        classes.sort();
        classes.dedup();
        classes
    }

    /// Whether the system refused some field of it.
    #[must_use]
    pub fn was_refused_a_field(&self) -> bool {
        self.fields.iter().any(|field| field.event == Event::Refused)
    }

    /// Whether nothing was sent for some field, since somebody else had changed it.
    #[must_use]
    pub fn lost_a_field(&self) -> bool {
        self.fields.iter().any(|field| field.event == Event::Superseded)
    }
}

/// How one field of a change ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldFate {
    /// The field.
    pub field: FieldName,
    /// Its class.
    pub class: ClassId,
    /// What happened.
    pub event: Event,
    /// Why, for a refusal.
    pub reason: String,
}

/// Carries out what the guard cleared.
///
/// # Errors
/// [`StoreError`] when our own memory fails: then nothing more is sent. Faults of outside systems are
/// outcomes, not errors.
pub async fn write(doors: &Doors<'_>, cleared: Cleared) -> Result<Vec<Outcome>, StoreError> {
    let mut outcomes = Vec::new();
    for group in groups(cleared.into_changes()) {
        let Some(target) = group.first().and_then(|change| (doors.targets)(&change.system)) else {
            outcomes.extend(not_done(group, "the system cannot be written"));
            continue;
        };
        outcomes.extend(write_group(doors, target, group).await?);
    }
    Ok(outcomes)
}

/// One verb on one system: a canary, then the rest.
async fn write_group(
    doors: &Doors<'_>,
    target: &dyn Target,
    mut group: Vec<Change>,
) -> Result<Vec<Outcome>, StoreError> {
    let Some(act) = group.first().map(|change| change.act.clone()) else { return Ok(Vec::new()) };
    let mut outcomes = Vec::new();
    for size in batches(group.len(), largest(target.card(), &act), doors.setup.caps().canary) {
        if doors.world.stopping() {
            outcomes.extend(not_done(std::mem::take(&mut group), "the run was asked to stop"));
            break;
        }
        let rest = group.split_off(size);
        let batch = std::mem::replace(&mut group, rest);
        let canary = outcomes.is_empty();
        outcomes.extend(batch::write(doors, target, batch).await?);
        if canary && !group.is_empty() && !outcomes.iter().any(|outcome| went_well(&outcome.fate)) {
            outcomes.extend(not_done(
                std::mem::take(&mut group),
                "none of the first few landed, so the rest was not sent",
            ));
            break;
        }
    }
    Ok(outcomes)
}

const fn went_well(fate: &Fate) -> bool {
    matches!(fate, Fate::Landed | Fate::Superseded | Fate::ScopeLost)
}

fn not_done(changes: Vec<Change>, why: &str) -> Vec<Outcome> {
    let outcome = |change| Outcome { change, fate: Fate::NotDone(why.to_owned()), fields: Vec::new() };
    changes.into_iter().map(outcome).collect()
}

/// Changes of one verb on one system, in the plan's order.
fn groups(changes: Vec<Change>) -> Vec<Vec<Change>> {
    let mut groups: Vec<Vec<Change>> = Vec::new();
    let same = |a: &Change, b: &Change| a.system == b.system && a.act.rank() == b.act.rank();
    for change in changes {
        match groups.last_mut() {
            Some(group) if group.first().is_some_and(|first| same(first, &change)) => group.push(change),
            _ => groups.push(vec![change]),
        }
    }
    groups
}

impl Doors<'_> {
    /// Renews the lease, and makes sure that it is still ours at the same epoch.
    async fn renew(&self) -> Result<(), StoreError> {
        let ttl = Duration::from_millis(self.setup.timing().lease_ms);
        let fence = self.store.lease(self.pipeline, &self.fence.holder, ttl).await?;
        if fence.epoch == self.fence.epoch { Ok(()) } else { Err(StoreError::Fenced) }
    }

    async fn commit(&self, notes: Vec<trueup_core::memory::Note>) -> Result<(), StoreError> {
        if notes.is_empty() {
            return Ok(());
        }
        self.store.commit(self.pipeline, Some(self.fence), notes).await.map(|_| ())
    }
}

/// Whether an act makes a record.
const fn is_create(act: &Act) -> bool {
    matches!(act, Act::Create { .. })
}
