//! Everything there is: the store, the records, what is on its way, and what each engine has in mind.

use super::{
    history::{History, PERSON, SOURCE, START, Value, Values},
    rules::{Bounds, Times},
};
use crate::{
    lease::{Holder, Lease},
    pair::{Pair, Which},
};

/// A state of the model.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct State {
    pub(crate) lease: Lease,
    pub(crate) records: Pair<Record>,
    pub(crate) engines: Pair<Engine>,
    pub(crate) left: Left,
    /// Whether something was committed under a lease that was not held any more.
    pub(crate) stale: bool,
    /// Whether an intent was opened over another open one.
    pub(crate) doubled: bool,
    /// Whether a base was made of a value nobody saw.
    pub(crate) unseen: bool,
}

/// What may still happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Left {
    pub(crate) edits: u8,
    pub(crate) sources: u8,
    pub(crate) crashes: u8,
}

/// One entity: its source, its record in the mirror, and its rows in the store.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Record {
    /// Whether the model is about it at all.
    pub(crate) used: bool,
    pub(crate) source: Value,
    pub(crate) history: History,
    pub(crate) base: Base,
    pub(crate) intent: Option<Intent>,
    /// Requests that may still take effect.
    pub(crate) flights: Pair<Option<Flight>>,
    /// Values in journal entries and conflict rows.
    pub(crate) kept: Values,
    /// Values of which a conflict tells.
    pub(crate) conflicts: Values,
    /// Values of people that a write of ours replaced.
    pub(crate) replaced: Values,
}

/// What the two sides said when they were last accounted for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Base {
    pub(crate) source: Value,
    pub(crate) mirror: Value,
}

/// An open intent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Intent {
    pub(crate) id: u8,
    pub(crate) before: Value,
    pub(crate) after: Value,
    pub(crate) sent: Option<Sent>,
}

/// The mark that an intent was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Sent {
    /// Ticks since; it stops counting one past the deadline.
    pub(crate) age: u8,
    pub(crate) watermark: u8,
}

/// A request that may still take effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Flight {
    pub(crate) value: Value,
    pub(crate) left: u8,
}

/// Where an engine is: what it did last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Phase {
    #[default]
    Idle,
    Waiting,
    Leased,
    Recovering,
    Recovered,
    Looked,
    Planned,
    Intended,
    Checked,
    Marked,
    Sent,
    ReadBack,
    Owing,
    Done,
}

/// One process.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Engine {
    pub(crate) phase: Phase,
    /// The epoch of its fence.
    pub(crate) epoch: u8,
    /// Ticks it still waits, or how old its look is.
    pub(crate) timer: u8,
    pub(crate) mind: Pair<Option<Mind>>,
}

/// What an engine knows of one record in the course of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Mind {
    /// Of the intent; 0 while there is none.
    pub(crate) id: u8,
    pub(crate) before: Value,
    pub(crate) after: Value,
    pub(crate) watermark: u8,
    /// How much of the history the last read saw.
    pub(crate) seen: u8,
    /// Whether the deadline had passed when the last read was asked for.
    pub(crate) late: bool,
}

impl State {
    pub(crate) fn new(bounds: Bounds) -> Self {
        let Bounds { records, edits, sources, crashes } = bounds;
        Self {
            lease: Lease::new(),
            records: Pair::new(Record::new(true), Record::new(records > 1)),
            engines: Pair::default(),
            left: Left { edits, sources, crashes },
            stale: false,
            doubled: false,
            unseen: false,
        }
    }

    /// A number no intent bears that anybody still knows of.
    pub(crate) fn fresh_id(&self) -> u8 {
        let open = self.records.iter().filter_map(|record| record.intent.map(|intent| intent.id));
        let known = self.engines.iter().flat_map(|engine| engine.mind.iter().flatten().map(|mind| mind.id));
        let taken: Vec<u8> = open.chain(known).collect();
        (1..=u8::MAX).find(|id| !taken.contains(id)).unwrap_or(u8::MAX)
    }

    /// A value nobody typed yet, as far as anybody can tell.
    pub(crate) fn fresh_value(&self, which: Which) -> Value {
        let record = self.records.of(which);
        let minds = self.engines.iter().filter_map(|engine| engine.mind.of(which).map(|mind| mind.before));
        let mut known = record.kept.or(record.conflicts).or(record.replaced);
        record.history.since(0).chain(minds).for_each(|value| known.add(value));
        known.add(record.base.mirror);
        record.intent.into_iter().for_each(|intent| known.add(intent.before));
        (PERSON..16).find(|value| !known.has(*value)).unwrap_or(PERSON)
    }

    /// A tick of every clock. A request that is out of time does not take effect any more.
    pub(crate) fn tick(&mut self, times: Times) {
        self.lease.tick();
        for record in self.records.iter_mut() {
            if let Some(Intent { sent: Some(sent), .. }) = &mut record.intent {
                sent.age = (sent.age + 1).min(times.deadline() + 1);
            }
            for flight in record.flights.iter_mut() {
                *flight = flight.and_then(|one| Some(Flight { left: one.left.checked_sub(1)?, ..one }));
            }
        }
        for engine in self.engines.iter_mut() {
            match engine.phase {
                Phase::Waiting => engine.timer = engine.timer.saturating_sub(1),
                Phase::Checked | Phase::Marked => engine.timer = (engine.timer + 1).min(times.guard + 1),
                _ => {}
            }
        }
    }

    pub(crate) fn crash(&mut self, who: Which) {
        *self.engines.of_mut(who) = Engine::default();
        self.lease.crash(who);
    }
}

impl Record {
    fn new(used: bool) -> Self {
        Self {
            used,
            source: if used { SOURCE } else { START },
            history: History::of(START),
            base: Base { source: START, mirror: START },
            intent: None,
            flights: Pair::default(),
            kept: Values::default(),
            conflicts: Values::default(),
            replaced: Values::default(),
        }
    }

    /// Values of people that nobody could find any more, but for audits that are still to come.
    pub(crate) const fn lost(&self) -> Values {
        self.replaced.without(self.kept.or(self.conflicts))
    }

    /// `None` when as many requests as the model holds are on their way, which takes a rule left out.
    pub(crate) fn send(&mut self, flight: Flight) -> Option<()> {
        let free = Which::BOTH.into_iter().find(|slot| self.flights.of(*slot).is_none())?;
        *self.flights.of_mut(free) = Some(flight);
        Some(())
    }
}

/// Whether a lease is held by a process that lives.
pub(crate) const fn is_dead(holder: Holder) -> bool {
    matches!(holder, Holder::Dead)
}
