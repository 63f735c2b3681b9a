//! The steps of an engine in a run that creates.

use super::{
    model::Creates,
    rules::Identity,
    state::{Engine, Entity, Flight, Intent, Mind, Phase, State},
};
use crate::pair::{Pair, Which};

/// What an engine does next is one step; `None` says that it cannot do it now.
pub(crate) struct Step<'a> {
    pub(crate) model: &'a Creates,
    pub(crate) state: &'a mut State,
    pub(crate) who: Which,
}

impl Step<'_> {
    const fn engine(&mut self) -> &mut Engine {
        self.state.engines.of_mut(self.who)
    }

    fn leave(&mut self, phase: Phase) -> Option<()> {
        (self.engine().phase == phase).then_some(())
    }

    const fn enter(&mut self, phase: Phase) {
        self.engine().phase = phase;
    }

    fn end(&mut self) {
        let epoch = self.engine().epoch;
        *self.engine() = Engine::default();
        self.state.hang_up(self.who);
        if self.model.rules.lease {
            self.state.lease.release(self.who, epoch);
        }
    }

    /// As in [`crate::update`]: renewed, then committed under the fence, or the run ends.
    fn commit(&mut self) -> bool {
        let (ttl, who, epoch) = (self.model.times.lease, self.who, self.engine().epoch);
        let lease = &mut self.state.lease;
        let holds = !self.model.rules.lease || lease.renew(who, epoch, ttl) && lease.stands(who, epoch);
        if !holds {
            self.end();
        }
        holds
    }

    /// Everything an engine has in mind, and the entity it is about.
    fn each(&mut self, mut act: impl FnMut(Which, &mut Entity, &mut Option<Mind>)) {
        for which in Which::BOTH {
            let mind = self.state.engines.of_mut(self.who).mind.of_mut(which);
            act(self.who, self.state.entities.of_mut(which), mind);
        }
    }

    fn wants(&self) -> bool {
        self.state.engines.of(self.who).mind.iter().any(Option::is_some)
    }

    pub(crate) fn take_lease(&mut self) -> Option<()> {
        self.leave(Phase::Idle)?;
        if self.model.rules.lease {
            let taken = self.state.lease.take(self.who, self.model.times.lease)?;
            self.engine().epoch = taken.epoch;
        }
        self.enter(Phase::Leased);
        Some(())
    }

    pub(crate) fn look_up_open_intents(&mut self) -> Option<()> {
        self.leave(Phase::Leased)?;
        let unsent = |entity: &Entity| entity.intent.is_some_and(|intent| intent.sent.is_none());
        if self.state.entities.iter().any(unsent) && !self.commit() {
            return Some(());
        }
        let (rules, times) = (self.model.rules, self.model.times);
        self.each(|_, entity, mind| {
            entity.intent = entity.intent.filter(|intent| intent.sent.is_some());
            *mind = entity.intent.map(|_| match rules.identity {
                Identity::Unique => shown(entity.count()),
                // The time is asked for before the listing is.
                Identity::Token if entity.is_quiet(rules, times) => shown(entity.listed()),
                Identity::Token => Mind::Open,
            });
        });
        let next = if self.wants() { Phase::Recovering } else { Phase::Recovered };
        self.enter(next);
        Some(())
    }

    pub(crate) fn settle_open_intents(&mut self) -> Option<()> {
        self.leave(Phase::Recovering)?;
        if self.commit() {
            self.each(|_, entity, mind| settle(entity, mind.take(), |_| true));
            self.enter(Phase::Recovered);
        }
        Some(())
    }

    pub(crate) fn look(&mut self) -> Option<()> {
        self.leave(Phase::Recovered)?;
        self.each(|_, entity, mind| {
            let free = entity.used && !entity.linked && !entity.told && entity.intent.is_none();
            *mind = free.then(|| shown(entity.listed()));
        });
        self.enter(Phase::Looked);
        Some(())
    }

    pub(crate) fn remember(&mut self) -> Option<()> {
        self.leave(Phase::Looked)?;
        if self.commit() {
            self.each(|_, entity, mind| {
                entity.linked |= *mind == Some(Mind::One);
                entity.told |= *mind == Some(Mind::Several);
                *mind = mind.filter(|seen| *seen == Mind::Absent).map(|_| Mind::Wanted);
            });
            self.enter(Phase::Planned);
        }
        Some(())
    }

    pub(crate) fn intend(&mut self) -> Option<()> {
        self.leave(Phase::Planned)?;
        if !self.wants() {
            self.enter(Phase::Done);
        } else if !self.model.rules.intent {
            self.enter(Phase::Marked);
        } else if self.commit() {
            let minds = self.engine().mind;
            let taken = |which| minds.of(which).is_some() && self.state.entities.of(which).intent.is_some();
            if Which::BOTH.into_iter().any(taken) {
                self.end();
                return Some(());
            }
            self.each(|by, entity, mind| {
                entity.intent = mind.map_or(entity.intent, |_| Some(Intent { by, sent: None }));
            });
            self.enter(Phase::Intended);
        }
        Some(())
    }

    pub(crate) fn mark_sent(&mut self) -> Option<()> {
        self.leave(Phase::Intended)?;
        if self.commit() {
            self.each(|by, entity, mind| {
                let own = entity.intent.as_mut().filter(|intent| mind.is_some() && intent.by == by);
                if let Some(intent) = own {
                    intent.sent = Some(0);
                }
            });
            self.enter(Phase::Marked);
        }
        Some(())
    }

    pub(crate) fn send(&mut self) -> Option<()> {
        self.leave(Phase::Marked)?;
        if self.model.rules.permits_end && self.engine().look > self.model.times.guard {
            if self.commit() {
                self.each(|by, entity, mind| {
                    let own = |intent: &Intent| mind.is_some() && intent.by == by;
                    entity.intent = entity.intent.filter(|intent| !own(intent));
                });
                self.enter(Phase::Done);
            }
            return Some(());
        }
        let left = self.model.times.really;
        for which in Which::BOTH {
            if self.engine().mind.of(which).is_some() {
                let flight = Flight { from: Some(self.who), left };
                Entity::put(&mut self.state.entities.of_mut(which).flights, flight)?;
            }
        }
        self.enter(Phase::Sent);
        Some(())
    }

    /// With the answers that came; for the rest the time was up, or the answer was lost.
    pub(crate) fn read_back(&mut self, answered: bool) -> Option<()> {
        self.leave(Phase::Sent)?;
        let made = self.engine().mind.iter().any(|mind| *mind == Some(Mind::Made));
        if answered && !made {
            return None;
        }
        self.state.hang_up(self.who);
        let identity = self.model.rules.identity;
        self.each(|_, entity, mind| {
            *mind = mind.map(|known| match identity {
                _ if answered && known == Mind::Made => Mind::One,
                Identity::Unique if entity.count() > 0 => Mind::One,
                Identity::Unique | Identity::Token => Mind::Open,
            });
        });
        self.enter(Phase::ReadBack);
        Some(())
    }

    pub(crate) fn conclude(&mut self) -> Option<()> {
        self.leave(Phase::ReadBack)?;
        if self.commit() {
            self.each(|by, entity, mind| settle(entity, mind.take(), |intent| intent.by == by));
            self.engine().mind = Pair::default();
            self.enter(Phase::Done);
        }
        Some(())
    }

    pub(crate) fn release(&mut self) -> Option<()> {
        self.leave(Phase::Done)?;
        self.end();
        Some(())
    }
}

const fn shown(records: usize) -> Mind {
    match records {
        0 => Mind::Absent,
        1 => Mind::One,
        _ => Mind::Several,
    }
}

/// `creates::adopted`, `creates::created`, `creates::in_doubt`, `notes::closed` and `notes::left_open`.
fn settle(entity: &mut Entity, seen: Option<Mind>, own: impl Fn(&Intent) -> bool) {
    let closes = match seen {
        Some(Mind::One | Mind::Made) => {
            entity.linked = true;
            true
        }
        Some(Mind::Several) => {
            entity.told = true;
            true
        }
        Some(Mind::Absent) => true,
        Some(Mind::Open | Mind::Wanted) | None => false,
    };
    entity.intent = entity.intent.filter(|intent| !(closes && own(intent)));
}
