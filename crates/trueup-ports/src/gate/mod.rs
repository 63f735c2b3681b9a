//! The one door to the outside: journal, look, write, look again, remember.
//!
//! Per batch (RELIABILITY.md 6.3): intents are made durable under the lease's fence → the records are
//! read by id → what moved or left the scope drops out → what is left is marked as sent → written →
//! read back with history → audited → bases, links, journal and parked fields are committed. A crash
//! between any two steps leaves open intents, and [`recover`] settles those before anything else.

mod back;
mod batch;
mod creates;
mod lookup;
mod notes;
mod recover;
mod remember;
mod truth;
mod unseen;

pub use recover::recover;

use std::{collections::BTreeMap, time::Duration};

use jiff::Timestamp;

use trueup_core::{
    guard::Cleared,
    journal::{Event, Intent},
    link::Link,
    memory::{Memory, Note},
    name::{ClassId, FieldName, PipelineName, RunId, SystemName},
    plan::{Act, Change, largest},
    planted::{self, Defect},
    setup::Setup,
};

use crate::{Fence, Lane, Store, StoreError, Target, World};

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
    /// The systems that can be written.
    pub targets: &'a BTreeMap<SystemName, &'a dyn Target>,
}

/// What became of everything that went through the gate.
#[derive(Debug)]
#[must_use]
pub struct Written {
    /// How changes ended, as far as it came: these are on record, whatever happened after them.
    pub outcomes: Vec<Outcome>,
    /// Why it came no further: our own memory failed, and nothing more was sent.
    pub stopped: Option<StoreError>,
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
    /// Somebody else changed the fields first, or the record was not found, or a fresh look does not ask for them any more;
    /// nothing was sent.
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
    /// Whether the system was seen to hold exactly what was wanted, and no other spelling of its own.
    pub exact: bool,
    /// Why, for a refusal.
    pub reason: String,
}

/// Carries out what the guard cleared. Faults of outside systems are outcomes.
pub async fn write(doors: &Doors<'_>, cleared: Cleared) -> Written {
    let mut outcomes = Vec::new();
    let stopped = write_all(doors, cleared.into_changes(), &mut outcomes).await.err();
    Written { outcomes, stopped }
}

async fn write_all(
    doors: &Doors<'_>,
    changes: Vec<Change>,
    outcomes: &mut Vec<Outcome>,
) -> Result<(), StoreError> {
    let is_truth = |change: &Change| doors.setup.is_canonical(&change.system);
    let (truth, mirrors): (Vec<Change>, Vec<Change>) = changes.into_iter().partition(is_truth);
    let moves = !truth.is_empty();
    write_groups(doors, truth, outcomes).await?;
    let (mirrors, waiting) = truth::sift(doors.setup, mirrors, outcomes);
    outcomes.extend(waiting);
    if !moves {
        return write_groups(doors, mirrors, outcomes).await;
    }
    // What landed in the source of truth moved bases of the very links that are written next.
    let memory = doors.store.memory(doors.pipeline).await?;
    write_groups(&Doors { memory: &memory, ..*doors }, mirrors, outcomes).await
}

async fn write_groups(
    doors: &Doors<'_>,
    changes: Vec<Change>,
    outcomes: &mut Vec<Outcome>,
) -> Result<(), StoreError> {
    for group in groups(changes) {
        match group.first().and_then(|change| doors.targets.get(&change.system)) {
            Some(target) => write_group(doors, *target, group, outcomes).await?,
            None => outcomes.extend(not_done(group, "the system cannot be written")),
        }
    }
    Ok(())
}

/// One verb on one system: a few at a time until one of them landed, then the rest
/// ([`batches`](trueup_core::card::batches) says the same of a run in which all goes well).
async fn write_group(
    doors: &Doors<'_>,
    target: &dyn Target,
    mut group: Vec<Change>,
    outcomes: &mut Vec<Outcome>,
) -> Result<(), StoreError> {
    let Some(act) = group.first().map(|change| change.act.clone()) else { return Ok(()) };
    let full = largest(target.card(), &act).max(1);
    let canary = doors.setup.caps().canary.clamp(1, full);
    let mut proven = false;
    while !group.is_empty() {
        if doors.world.stopping() {
            outcomes.extend(not_done(group, "the run was asked to stop"));
            break;
        }
        let size = if proven { full } else { canary };
        let rest = group.split_off(size.min(group.len()));
        let batch = std::mem::replace(&mut group, rest);
        let before = outcomes.len();
        let answered = batch::write(doors, target, batch, outcomes).await?;
        let batch = outcomes.get(before..).unwrap_or_default();
        proven |= batch.iter().any(|outcome| landed(&outcome.fate));
        let why = match () {
            () if !answered => "the system answers nothing that is of use, so the rest was not sent",
            () if !proven && batch.iter().all(|outcome| failed(&outcome.fate)) => {
                "none of the first few landed, so the rest was not sent"
            }
            () => continue,
        };
        outcomes.extend(not_done(std::mem::take(&mut group), why));
    }
    Ok(())
}

const fn landed(fate: &Fate) -> bool {
    matches!(fate, Fate::Landed | Fate::ScopeRaced)
}

// What was superseded or left the scope was not even tried: it tells nothing about the system.
const fn failed(fate: &Fate) -> bool {
    matches!(fate, Fate::Refused(_) | Fate::Open | Fate::NotDone(_))
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
    /// Open intents that are the fence's to settle.
    fn own_intents(&self) -> impl Iterator<Item = &Intent> {
        self.memory.intents.values().filter(|intent| self.fence.lane.owns(self.memory, intent))
    }

    /// Writes that were given up since their records were gone, and that can be judged now.
    fn woken(&self) -> impl Iterator<Item = &Intent> {
        let links = self.memory.links.values().filter(|_| matches!(self.fence.lane, Lane::Cycle));
        links.filter_map(Link::woken).filter(|intent| self.setup.written(intent.system()).is_some())
    }

    /// Commits under the lease, which is renewed right before: a request may have taken longer than it
    /// lasts, and what is sent next must find most of it left (RELIABILITY.md 6.3).
    async fn commit(&self, notes: Vec<Note>) -> Result<(), StoreError> {
        if notes.is_empty() {
            return Ok(());
        }
        self.renew().await?;
        self.keep(notes).await
    }

    /// Renews the lease; gives the time, by the store's clock.
    async fn renew(&self) -> Result<Timestamp, StoreError> {
        let ttl = Duration::from_millis(self.setup.timing().lease_ms);
        self.fence.renew(self.store, self.pipeline, ttl).await
    }

    /// Commits under the lease as it stands.
    async fn keep(&self, notes: Vec<Note>) -> Result<(), StoreError> {
        self.store.commit(self.pipeline, Some(self.fence), notes).await.map(|_| ())
    }
}

/// Whether a defect leaves an unanswered create to the next listing.
fn forgets_creates() -> bool {
    planted::is(Defect::SearchThenCreate) || planted::is(Defect::NoLeaseSearchThenCreate)
}

/// Whether an act makes a record.
const fn is_create(act: &Act) -> bool {
    matches!(act, Act::Create { .. })
}
