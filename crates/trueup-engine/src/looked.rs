//! What a look has seen, and what is to be looked at again.
//!
//! A cursor moves only together with the touches of everything that did not end well: nothing is passed by that is
//! not remembered by name (I-13).

use std::collections::{BTreeMap, BTreeSet};

use trueup_core::{
    guard::Verdict,
    hint::{EVENTS_KEPT, Event, TouchKey},
    journal::{Event as Ending, Intent},
    memory::{Memory, Note},
    name::{EntityKey, SystemName},
    plan::{Act, Change},
    planted::{self, Defect},
    snapshot::Coverage,
};
use trueup_ports::{
    Fence, StoreError,
    gate::{Fate, FieldFate, Outcome},
};

use crate::{Engine, cycle::Sight};

/// What a look has seen.
pub(crate) struct Looked {
    /// What it looked after, with how often it was told when it began.
    touches: BTreeMap<TouchKey, u64>,
    /// What the plan left alone for now.
    again: BTreeSet<TouchKey>,
    /// Where the next look at changes begins.
    cursors: BTreeMap<SystemName, String>,
    /// Whether everything was looked at.
    whole: bool,
}

impl Looked {
    /// `None` when a guard halted something: what was seen then is to be seen again.
    pub(crate) fn new(verdict: &Verdict, sight: &Sight) -> Option<Self> {
        if verdict.halts.iter().any(|halt| halt.approved.is_none()) {
            return None;
        }
        let systems = sight.mirrors.iter().chain([(&sight.canonical.snapshot.system, &sight.canonical)]);
        // What a listing left out lies before where it ended, and no later look at changes would come upon it.
        let passed = systems.filter(|(_, seen)| seen.snapshot.coverage != Coverage::Some);
        let cursors = passed.filter_map(|(system, seen)| Some((system.clone(), seen.cursor.clone()?)));
        Some(Self {
            touches: sight.touches.clone(),
            again: sight.reconciled.again.clone(),
            cursors: cursors.collect(),
            whole: sight.focus.is_none(),
        })
    }
}

impl Engine {
    /// Takes in events that somebody outside told of: durable when this returns, so that they can be acknowledged.
    /// One that is known is taken once.
    ///
    /// # Errors
    /// [`StoreError`]: then the teller must tell again.
    pub async fn receive(&self, events: Vec<Event>) -> Result<(), StoreError> {
        let kept = self.take_in(events).await;
        if planted::is(Defect::AckBeforeStore) { Ok(()) } else { kept }
    }

    /// Whoever listens need not be on the host that looks, so the time they came is the store's (I-26).
    async fn take_in(&self, events: Vec<Event>) -> Result<(), StoreError> {
        let came = self.store.now().await?;
        self.note(events.into_iter().map(|event| Note::Event(Event { at: came, ..event })).collect()).await
    }

    /// Touches what open writes are about, where nothing tells of it: whoever sent them died before it could, and so
    /// may who settles them.
    pub(crate) async fn touch_open(
        &self,
        fence: &Fence,
        memory: &Memory,
        open: &[&Intent],
    ) -> Result<(), StoreError> {
        let told: BTreeSet<TouchKey> =
            memory.touches.keys().map(|key| self.subject_of(key, memory)).collect();
        let subjects = open.iter().map(|one| self.subject(&one.change));
        self.touch(fence, subjects.filter(|key| !told.contains(key)).collect()).await
    }

    /// What is not left alone any more, now that the write is settled that it was left alone for.
    pub(crate) fn freed(&self, outcomes: &[Outcome]) -> BTreeSet<TouchKey> {
        let settled = outcomes.iter().filter(|one| one.fate != Fate::Open);
        settled.map(|one| self.subject(&one.change)).collect()
    }

    /// Remembers that these records are to be looked at.
    pub(crate) async fn touch(&self, fence: &Fence, keys: BTreeSet<TouchKey>) -> Result<(), StoreError> {
        if keys.is_empty() {
            return Ok(());
        }
        let now = self.store.now().await?;
        self.commit(fence, keys.into_iter().map(|key| Note::Touch(key, now)).collect()).await
    }

    /// Remembers in one commit what was looked at, and by name what did not end well or was left alone.
    pub(crate) async fn conclude_looks(
        &self,
        fence: &Fence,
        looked: Option<Looked>,
        memory: &Memory,
        outcomes: &[Outcome],
    ) -> Result<(), StoreError> {
        let Some(looked) = looked else { return Ok(()) };
        let now = self.store.now().await?;
        let unfinished = outcomes.iter().filter(|one| is_unfinished(one));
        let mut unfinished: BTreeSet<TouchKey> = unfinished.map(|one| self.subject(&one.change)).collect();
        unfinished.extend(looked.again.iter().map(|key| self.subject_of(key, memory)));
        let mut notes = Vec::new();
        let mut known = BTreeSet::new();
        for (key, told) in looked.touches {
            let subject = self.subject_of(&key, memory);
            let vain = unfinished.contains(&subject);
            notes.push(if vain { Note::Vain(key, told, now) } else { Note::Looked(key, told) });
            known.insert(subject);
        }
        notes.extend(
            unfinished.into_iter().filter(|key| !known.contains(key)).map(|key| Note::Touch(key, now)),
        );
        notes.extend(looked.cursors.into_iter().map(|(system, position)| Note::Cursor(system, position)));
        if looked.whole && !memory.events.is_empty() {
            notes.extend(now.checked_sub(EVENTS_KEPT).ok().map(Note::ForgetEvents));
        }
        if notes.is_empty() { Ok(()) } else { self.commit(fence, notes).await }
    }

    /// Whether what was looked for in vain stands after a look: it was no whole one, it cannot be believed, or it left that
    /// record alone.
    pub(crate) fn stands(&self, looked: Option<&Looked>, memory: &Memory, key: &TouchKey) -> bool {
        let Some(looked) = looked.filter(|looked| looked.whole) else { return true };
        let subject = self.subject_of(key, memory);
        looked.again.iter().any(|again| self.subject_of(again, memory) == subject)
    }

    /// What a change is looked up by: its entity, or the record it is made after.
    fn subject(&self, change: &Change) -> TouchKey {
        match &change.act {
            Act::Create { origin: Some(origin), .. } => {
                TouchKey { system: origin.system.clone(), remote: Some(origin.remote.clone()) }
            }
            Act::Create { .. } | Act::Update { .. } | Act::Archive { .. } => self.entity_key(&change.entity),
        }
    }

    fn subject_of(&self, key: &TouchKey, memory: &Memory) -> TouchKey {
        let own = |remote| memory.links.values().find(|link| link.system == key.system && link.is_to(remote));
        key.remote.as_ref().and_then(own).map_or_else(|| key.clone(), |link| self.entity_key(&link.entity))
    }

    fn entity_key(&self, entity: &EntityKey) -> TouchKey {
        TouchKey { system: self.setup.canonical().system.clone(), remote: Some(entity.as_str().into()) }
    }
}

/// Whether something of a change is still to be done, be it one field beside others that landed or were refused.
fn is_unfinished(outcome: &Outcome) -> bool {
    let undone = |field: &FieldFate| matches!(field.event, Ending::NotApplied | Ending::Superseded);
    match outcome.fate {
        Fate::Superseded | Fate::Open | Fate::NotDone(_) => true,
        Fate::Landed | Fate::Refused(_) => outcome.fields.iter().any(undone),
        Fate::ScopeLost | Fate::ScopeRaced => false,
    }
}
