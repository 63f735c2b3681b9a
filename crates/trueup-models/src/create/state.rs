//! Everything there is: links and intents, the records that were made, what is on its way, and what each
//! engine has in mind.

use super::rules::{Bounds, Rules, Times};
use crate::{
    lease::{Holder, Lease},
    pair::{Pair, Which},
};

/// A state of the model.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct State {
    pub(crate) lease: Lease,
    pub(crate) entities: Pair<Entity>,
    pub(crate) engines: Pair<Engine>,
    pub(crate) edits: u8,
    pub(crate) crashes: u8,
}

/// One entity: its rows in the store, and its records in the mirror, of which there should be one.
#[expect(clippy::struct_excessive_bools, reason = "each is one row of the store, or one fact of the world")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Entity {
    /// Whether the source has it at all.
    pub(crate) used: bool,
    pub(crate) linked: bool,
    /// Whether its create waits for a person: parked, or a finding.
    pub(crate) told: bool,
    pub(crate) intent: Option<Intent>,
    /// Ticks until listings show each record.
    pub(crate) copies: Pair<Option<u8>>,
    /// Requests that may still take effect.
    pub(crate) flights: Pair<Option<Flight>>,
    /// Whether a person edited the record since it was made, and whether that was overwritten.
    pub(crate) edited: bool,
    pub(crate) lost: bool,
}

/// An open intent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Intent {
    /// Who opened it; an engine has one in mind at a time.
    pub(crate) by: Which,
    /// Ticks since it was marked as sent; it stops counting one past the quiet period.
    pub(crate) sent: Option<u8>,
}

/// A request that may still take effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Flight {
    /// Who waits for its answer; nobody when that process is gone or gave up.
    pub(crate) from: Option<Which>,
    pub(crate) left: u8,
}

/// Where an engine is: what it did last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Phase {
    #[default]
    Idle,
    Leased,
    Recovering,
    Recovered,
    Looked,
    Planned,
    Intended,
    Marked,
    Sent,
    ReadBack,
    Done,
}

/// One process.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Engine {
    pub(crate) phase: Phase,
    /// The epoch of its fence.
    pub(crate) epoch: u8,
    /// How old its look is.
    pub(crate) look: u8,
    pub(crate) mind: Pair<Option<Mind>>,
}

/// What an engine knows of one entity in the course of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Mind {
    /// It is to be created, or was sent and is not answered.
    Wanted,
    /// The system answered that it is made, or refused it since it is there.
    Made,
    /// A read shows one record.
    One,
    /// A read shows several.
    Several,
    /// A read shows none.
    Absent,
    /// Nothing can be told yet.
    Open,
}

impl State {
    pub(crate) fn new(bounds: Bounds) -> Self {
        let entities = Pair::new(Entity::new(true), Entity::new(bounds.records > 1));
        let Bounds { edits, crashes, .. } = bounds;
        Self { lease: Lease::new(), entities, engines: Pair::default(), edits, crashes }
    }

    /// A tick of every clock. A request that is out of time does not take effect any more.
    pub(crate) fn tick(&mut self, times: Times) {
        self.lease.tick();
        for entity in self.entities.iter_mut() {
            if let Some(Intent { sent: Some(age), .. }) = &mut entity.intent {
                *age = (*age + 1).min(times.quiet() + 1);
            }
            for flight in entity.flights.iter_mut() {
                *flight = flight.and_then(|one| Some(Flight { left: one.left.checked_sub(1)?, ..one }));
            }
            for lag in entity.copies.iter_mut().flatten() {
                *lag = lag.saturating_sub(1);
            }
        }
        for engine in self.engines.iter_mut().filter(|engine| engine.phase == Phase::Marked) {
            engine.look = (engine.look + 1).min(times.guard + 1);
        }
    }

    /// The process is gone: nobody waits for its answers.
    pub(crate) fn hang_up(&mut self, who: Which) {
        let flights = self.entities.iter_mut().flat_map(|entity| entity.flights.iter_mut()).flatten();
        flights.filter(|flight| flight.from == Some(who)).for_each(|flight| flight.from = None);
    }

    /// Forgets what nobody will ask for any more.
    pub(crate) fn normalise(&mut self) {
        for entity in self.entities.iter_mut() {
            entity.flights.sort();
            entity.copies.sort();
        }
        for engine in self.engines.iter_mut() {
            match engine.phase {
                Phase::Idle => *engine = Engine::default(),
                Phase::Leased | Phase::Recovered | Phase::Done => engine.mind = Pair::default(),
                _ => {}
            }
            engine.look = if engine.phase == Phase::Marked { engine.look } else { 0 };
        }
        if self.lease.holder == Holder::Dead {
            self.lease.left = 0;
        }
        let [a, b] = self.engines.both_mut();
        let [a, b] = [a, b].map(|engine| (engine.phase != Phase::Idle).then_some(&mut engine.epoch));
        self.lease.rank_epochs([a, b]);
    }

    /// The least of the states that differ only in which engine and which entity is which.
    pub(crate) fn representative(self) -> Self {
        let [mut entities, mut engines] = [self.clone(), self.clone()];
        entities.swap_entities();
        engines.swap_engines();
        let mut both = entities.clone();
        both.swap_engines();
        [entities, engines, both].into_iter().fold(self, Self::min)
    }

    fn swap_entities(&mut self) {
        self.entities.swap();
        self.engines.iter_mut().for_each(|engine| engine.mind.swap());
    }

    fn swap_engines(&mut self) {
        self.engines.swap();
        self.lease.swap();
        for entity in self.entities.iter_mut() {
            if let Some(intent) = &mut entity.intent {
                intent.by = intent.by.other();
            }
            for flight in entity.flights.iter_mut().flatten() {
                flight.from = flight.from.map(Which::other);
            }
            entity.flights.sort();
        }
    }
}

impl Entity {
    fn new(used: bool) -> Self {
        Self {
            used,
            linked: false,
            told: false,
            intent: None,
            copies: Pair::default(),
            flights: Pair::default(),
            edited: false,
            lost: false,
        }
    }

    pub(crate) fn count(&self) -> usize {
        self.copies.iter().flatten().count()
    }

    /// How many records a listing shows.
    pub(crate) fn listed(&self) -> usize {
        self.copies.iter().flatten().filter(|lag| **lag == 0).count()
    }

    /// The model stops counting records at two, which is one too many, and requests as well.
    pub(crate) fn put<T>(pair: &mut Pair<Option<T>>, one: T) -> Option<()> {
        let free = Which::BOTH.into_iter().find(|slot| pair.of(*slot).is_none())?;
        *pair.of_mut(free) = Some(one);
        Some(())
    }

    /// Whether an intent that is open may be settled by what a listing shows.
    pub(crate) fn is_quiet(&self, rules: Rules, times: Times) -> bool {
        let age = self.intent.and_then(|intent| intent.sent);
        !rules.quiet || age.is_some_and(|age| age > times.quiet())
    }
}
