//! The steps of an engine around the gate: lease, look, plan, end.

use super::{
    history::{Value, says},
    model::Updates,
    state::{Base, Engine, Mind, Phase, Record, State},
};
use crate::{lease::Taken, pair::Which};

/// What an engine does next is one step; `None` says that it cannot do it now.
pub(crate) struct Step<'a> {
    pub(crate) model: &'a Updates,
    pub(crate) state: &'a mut State,
    pub(crate) who: Which,
}

impl Step<'_> {
    pub(crate) const fn engine(&mut self) -> &mut Engine {
        self.state.engines.of_mut(self.who)
    }

    /// Goes on if the engine is there.
    pub(crate) fn leave(&mut self, phase: Phase) -> Option<()> {
        (self.engine().phase == phase).then_some(())
    }

    pub(crate) const fn enter(&mut self, phase: Phase) {
        self.engine().phase = phase;
    }

    /// The run ends; what the engine had in mind is forgotten.
    pub(crate) fn end(&mut self) {
        let epoch = self.engine().epoch;
        *self.engine() = Engine::default();
        if self.model.rules.lease {
            self.state.lease.release(self.who, epoch);
        }
    }

    /// `Doors::commit`, `Engine::commit`: renews the lease, then commits under its fence. False when the
    /// lease is gone (`StoreError::Fenced`), which ends the run.
    pub(crate) fn commit(&mut self) -> bool {
        let (rules, ttl, who, epoch) =
            (self.model.rules, self.model.times.lease, self.who, self.engine().epoch);
        if !rules.lease {
            return true;
        }
        let lease = &mut self.state.lease;
        if rules.fence && !(lease.renew(who, epoch, ttl) && lease.stands(who, epoch)) {
            self.end();
            return false;
        }
        self.state.stale |= !lease.is_of(who, epoch);
        true
    }

    pub(crate) fn take_lease(&mut self) -> Option<()> {
        self.leave(Phase::Idle)?;
        if !self.model.rules.lease {
            self.enter(Phase::Leased);
            return Some(());
        }
        let Taken { epoch, ran_out } = self.state.lease.take(self.who, self.model.times.lease)?;
        let waits = ran_out && self.model.rules.wait;
        let (call, engine) = (self.model.times.call, self.engine());
        engine.epoch = epoch;
        engine.timer = if waits { call } else { 0 };
        engine.phase = if waits { Phase::Waiting } else { Phase::Leased };
        Some(())
    }

    pub(crate) fn end_wait(&mut self) -> Option<()> {
        self.leave(Phase::Waiting)?;
        if self.engine().timer > 0 {
            return None;
        }
        let epoch = self.engine().epoch;
        if self.state.lease.renew(self.who, epoch, self.model.times.lease) {
            self.enter(Phase::Leased);
        } else {
            self.end();
        }
        Some(())
    }

    pub(crate) fn look(&mut self) -> Option<()> {
        self.leave(Phase::Recovered)?;
        for which in Which::BOTH {
            let record = self.state.records.of(which);
            let free = record.used && record.intent.is_none();
            let mind = free.then(|| Mind {
                id: 0,
                before: says(record.history.last()),
                after: record.source,
                watermark: 0,
                seen: 0,
                late: false,
            });
            *self.engine().mind.of_mut(which) = mind;
        }
        self.enter(Phase::Looked);
        Some(())
    }

    pub(crate) fn remember(&mut self) -> Option<()> {
        self.leave(Phase::Looked)?;
        if !self.commit() {
            return Some(());
        }
        for which in Which::BOTH {
            let record = self.state.records.of_mut(which);
            let mind = self.state.engines.of_mut(self.who).mind.of_mut(which);
            *mind = mind.filter(|seen| merge(record, seen.after, seen.before));
        }
        self.enter(Phase::Planned);
        Some(())
    }

    pub(crate) fn release(&mut self) -> Option<()> {
        self.leave(Phase::Done)?;
        self.end();
        Some(())
    }
}

/// Three-way, by the bases: remembers what agrees, keeps what both sides changed as a conflict, and says
/// whether the source's value is to be written. A value only the mirror changed goes into the journal as what
/// the write replaces.
fn merge(record: &mut Record, source: Value, mirror: Value) -> bool {
    let moved = (source != record.base.source, mirror != record.base.mirror);
    if source == mirror {
        record.base = Base { source, mirror };
        return false;
    }
    if moved == (true, true) {
        record.conflicts.add(mirror);
        return false;
    }
    true
}
