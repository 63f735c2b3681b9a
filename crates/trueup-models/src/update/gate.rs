//! The steps of an engine inside the gate: intend, look, mark, send, look again, remember; and recovery.

use super::{
    history::{History, Values, says},
    rules::{Audit, Deadline, Rules},
    state::{Base, Flight, Intent, Mind, Phase, Record, Sent},
    steps::Step,
};
use crate::pair::Which;

impl Step<'_> {
    pub(crate) fn read_open_intents(&mut self) -> Option<()> {
        self.leave(Phase::Leased)?;
        let unsent = |record: &Record| record.intent.is_some_and(|intent| intent.sent.is_none());
        if self.state.records.iter().any(unsent) && !self.commit() {
            return Some(());
        }
        let deadline = self.model.times.deadline();
        let mut open = false;
        for which in Which::BOTH {
            let record = self.state.records.of_mut(which);
            record.intent = record.intent.filter(|intent| intent.sent.is_some());
            let mind = record.intent.and_then(|intent| reread(intent, record.history, deadline));
            open |= mind.is_some();
            *self.engine().mind.of_mut(which) = mind;
        }
        self.enter(if open { Phase::Recovering } else { Phase::Recovered });
        Some(())
    }

    pub(crate) fn settle_open_intents(&mut self) -> Option<()> {
        self.leave(Phase::Recovering)?;
        if self.commit() {
            let rule = self.model.rules.deadline;
            self.settle(rule);
            self.engine().mind = crate::pair::Pair::default();
            self.enter(Phase::Recovered);
        }
        Some(())
    }

    pub(crate) fn intend(&mut self) -> Option<()> {
        self.leave(Phase::Planned)?;
        let planned: Vec<Which> = self.minds().collect();
        if planned.is_empty() {
            self.enter(Phase::Done);
            return Some(());
        }
        if !self.commit() {
            return Some(());
        }
        let taken = planned.iter().any(|which| self.state.records.of(*which).intent.is_some());
        if taken && self.model.rules.one_intent {
            self.end();
            return Some(());
        }
        self.state.doubled |= taken;
        for which in planned {
            self.open(which);
        }
        self.enter(Phase::Intended);
        Some(())
    }

    fn open(&mut self, which: Which) {
        let id = self.state.fresh_id();
        if let Some(mind) = self.engine().mind.of_mut(which) {
            mind.id = id;
            let Mind { before, after, .. } = *mind;
            self.state.records.of_mut(which).intent = Some(Intent { id, before, after, sent: None });
        }
    }

    pub(crate) fn guard_read(&mut self) -> Option<()> {
        self.leave(Phase::Intended)?;
        self.read();
        self.engine().timer = 0;
        self.enter(Phase::Checked);
        Some(())
    }

    pub(crate) fn mark_sent(&mut self) -> Option<()> {
        self.leave(Phase::Checked)?;
        if !self.commit() {
            return Some(());
        }
        let planned: Vec<Which> = self.minds().collect();
        for which in planned {
            self.sift(which);
        }
        let next = if self.minds().next().is_some() { Phase::Marked } else { Phase::Done };
        self.enter(next);
        Some(())
    }

    /// What moved is closed and journaled; the rest is marked, with the watermark of the guard read.
    fn sift(&mut self, which: Which) {
        let rules = self.model.rules;
        let record = self.state.records.of_mut(which);
        let place = self.state.engines.of_mut(self.who).mind.of_mut(which);
        let Some(mind) = place else { return };
        let now = says(record.history.until(mind.seen).last());
        if rules.guard && now != mind.before {
            record.kept.add(mind.before);
            record.kept.add(now);
            record.close(mind.id);
            *place = None;
            return;
        }
        mind.watermark = mind.seen;
        if let Some(intent) = record.intent.as_mut().filter(|intent| intent.id == mind.id && rules.mark) {
            intent.sent = Some(Sent { age: 0, watermark: mind.seen });
        }
    }

    pub(crate) fn send(&mut self) -> Option<()> {
        self.leave(Phase::Marked)?;
        let (rules, times) = (self.model.rules, self.model.times);
        let planned: Vec<Which> = self.minds().collect();
        if rules.permits_end && self.engine().timer > times.guard {
            if self.commit() {
                for which in planned {
                    self.withdraw(which);
                }
                self.enter(Phase::Done);
            }
            return Some(());
        }
        for which in planned {
            if let Some(mind) = *self.engine().mind.of(which) {
                let flight = Flight { value: mind.after, left: times.flight };
                self.state.records.of_mut(which).send(flight)?;
            }
        }
        self.enter(Phase::Sent);
        Some(())
    }

    fn withdraw(&mut self, which: Which) {
        if let Some(mind) = self.engine().mind.of_mut(which).take() {
            self.state.records.of_mut(which).close(mind.id);
        }
    }

    pub(crate) fn read_back(&mut self) -> Option<()> {
        self.leave(Phase::Sent)?;
        self.read();
        self.enter(Phase::ReadBack);
        Some(())
    }

    pub(crate) fn conclude(&mut self) -> Option<()> {
        self.leave(Phase::ReadBack)?;
        if !self.commit() {
            return Some(());
        }
        let rule = self.model.rules.deadline;
        self.settle(if rule == Deadline::None { rule } else { Deadline::BeforeRead });
        let owes = self.model.rules.audit == Audit::Afterwards;
        self.enter(if owes { Phase::Owing } else { Phase::Done });
        Some(())
    }

    /// Only where the audit has a commit of its own: what [`Step::conclude`] left to be journaled.
    pub(crate) fn journal_audit(&mut self) -> Option<()> {
        self.leave(Phase::Owing)?;
        if !self.commit() {
            return Some(());
        }
        for which in Which::BOTH {
            let record = self.state.records.of_mut(which);
            if let Some(mind) = *self.state.engines.of(self.who).mind.of(which) {
                record.kept = record.kept.or(overwrote(record.history, mind));
            }
        }
        self.enter(Phase::Done);
        Some(())
    }

    fn minds(&self) -> impl Iterator<Item = Which> + use<> {
        let mind = self.state.engines.of(self.who).mind;
        Which::BOTH.into_iter().filter(move |which| mind.of(*which).is_some())
    }

    fn read(&mut self) {
        for which in Which::BOTH {
            let seen = self.state.records.of(which).history.len();
            if let Some(mind) = self.engine().mind.of_mut(which) {
                mind.seen = seen;
            }
        }
    }

    fn settle(&mut self, rule: Deadline) {
        for which in Which::BOTH {
            let (deadline, rules) = (self.model.times.deadline(), self.model.rules);
            let record = self.state.records.of_mut(which);
            let Some(mind) = *self.state.engines.of(self.who).mind.of(which) else { continue };
            let late = match rule {
                Deadline::None => true,
                Deadline::BeforeRead => mind.late,
                Deadline::AfterRead => mind.late || record.is_late(mind.id, deadline),
            };
            self.state.unseen |= record.audit(mind, late, rules);
        }
    }
}

fn reread(intent: Intent, history: History, deadline: u8) -> Option<Mind> {
    let Intent { id, before, after, sent } = intent;
    let Sent { age, watermark } = sent?;
    Some(Mind { id, before, after, watermark, seen: history.len(), late: age > deadline })
}

/// Values of others between the guard read and our write, or what reads like it.
fn overwrote(history: History, mind: Mind) -> Values {
    let since = || history.until(mind.seen).since(mind.watermark);
    let own = since().position(|value| value == mind.after);
    let at = own.or_else(|| since().position(|value| says(value) == mind.after));
    let mut values = Values::default();
    since()
        .skip(at.map_or(usize::MAX, |at| at + 1))
        .filter(|value| *value != mind.before)
        .for_each(|value| values.add(value));
    values
}

impl Record {
    fn close(&mut self, id: u8) {
        self.intent = self.intent.filter(|intent| intent.id != id);
    }

    fn is_late(&self, id: u8, deadline: u8) -> bool {
        let own = self.intent.filter(|intent| intent.id == id);
        own.and_then(|intent| intent.sent).is_some_and(|sent| sent.age > deadline)
    }

    /// `settle::audit` and what `gate::notes` makes of it; says whether a base was made of what nobody saw.
    fn audit(&mut self, mind: Mind, late: bool, Rules { observed, audit, own, .. }: Rules) -> bool {
        let seen = self.history.until(mind.seen);
        // What a person typed tells before the deadline of no write of ours.
        let ours = |value| if late || !own { says(value) == mind.after } else { value == mind.after };
        let landed = ours(seen.last()) || seen.since(mind.watermark).any(ours);
        if !landed && !late && observed {
            return false;
        }
        self.kept.add(mind.before);
        if landed || !observed {
            self.base = Base { source: mind.after, mirror: mind.after };
        } else {
            self.kept.add(seen.last());
        }
        if audit == Audit::Together {
            self.kept = self.kept.or(overwrote(self.history, mind));
        }
        self.close(mind.id);
        !landed && !observed
    }
}
