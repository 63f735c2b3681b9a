//! What a look has seen, and what is to be looked at again.
//!
//! A cursor moves only together with the touches of everything that did not end well: nothing is passed by that is
//! not remembered by name (I-13).

use std::collections::{BTreeMap, BTreeSet};

use trueup_core::{
    guard::Verdict,
    hint::{EVENTS_KEPT, Event, TouchKey},
    memory::{Memory, Note},
    name::{EntityKey, SystemName},
    plan::{Act, Change},
    planted::{self, Defect},
};
use trueup_ports::{
    Fence, StoreError,
    gate::{Fate, Outcome},
};

use crate::{Engine, cycle::Sight};

/// What a look has seen.
pub(crate) struct Looked {
    /// What it looked after, with how often it was told when it began.
    touches: BTreeMap<TouchKey, u64>,
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
        let cursors = systems.filter_map(|(system, seen)| Some((system.clone(), seen.cursor.clone()?)));
        Some(Self {
            touches: sight.touches.clone(),
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
        let kept = self.note(events.into_iter().map(Note::Event).collect()).await;
        if planted::is(Defect::AckBeforeStore) { Ok(()) } else { kept }
    }

    /// Remembers in one commit what was looked at, and by name what did not end well.
    pub(crate) async fn conclude_looks(
        &self,
        fence: &Fence,
        looked: Option<Looked>,
        memory: &Memory,
        outcomes: &[Outcome],
    ) -> Result<(), StoreError> {
        let Some(looked) = looked else { return Ok(()) };
        let now = self.world.now();
        let unfinished = outcomes.iter().filter(|one| is_unfinished(&one.fate));
        let unfinished: BTreeSet<TouchKey> = unfinished.map(|one| self.subject(&one.change)).collect();
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

const fn is_unfinished(fate: &Fate) -> bool {
    match fate {
        Fate::Superseded | Fate::Open | Fate::NotDone(_) => true,
        Fate::Landed | Fate::Refused(_) | Fate::ScopeLost | Fate::ScopeRaced => false,
    }
}
