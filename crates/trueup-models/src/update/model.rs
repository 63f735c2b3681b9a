//! The model itself: which actions there are, and what each stands for.

use stateright::{Model, Property};

use super::{
    fold,
    history::{TYPED, is_persons},
    laws,
    rules::{Bounds, Rules, Times},
    state::{Phase, State},
    steps::Step,
};
use crate::pair::Which;

/// The model of updates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Updates {
    /// The rules that are kept.
    pub rules: Rules,
    /// The durations.
    pub times: Times,
    /// How much may happen.
    pub bounds: Bounds,
    /// Whether states that differ only in which engine or record is which count as one. A path through
    /// such states exchanges the names as it goes.
    pub fold: bool,
    /// Whether the calm time is played in every state, which is most of the work.
    pub calm: bool,
}

/// One thing that happens. Nothing happens in between: an action is one commit, one request, or one thing
/// the world does. Whatever an engine does it may also do later, which is a pause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// `Engine::lease` (`trueup-engine/src/lease.rs`) up to its sleep: a dead holder is buried, the lease is
    /// taken (`Lease::take`, `trueup-store/src/lease.rs`).
    TakeLease(Which),
    /// The rest of `Engine::lease`: the sleep after a lease that ran out is over, and it is renewed.
    EndWait(Which),
    /// `Engine::recovered` (`cycle.rs`) and `recover_all` (`gate/recover.rs`) up to the answer of
    /// `lookup::by_id`: memory is read, unsent intents are closed, sent ones are read back with history.
    ReadOpenIntents(Which),
    /// `recover::updated` after the answer, and `remember`: the audit, and its commit.
    SettleOpenIntents(Which),
    /// `Engine::look_under` (`cycle.rs`): both sides are read, and records with an open intent left alone
    /// (`plan/build/pair.rs`).
    Look(Which),
    /// The commit of plan and notes in `Engine::cycle_counted`: bases of what agrees, conflicts.
    Remember(Which),
    /// `batch::intend` (`gate/batch.rs`): the lease is renewed, intents are opened under its fence.
    Intend(Which),
    /// `batch::look`: the records are read by id.
    GuardRead(Which),
    /// `batch::sift`: `settle::precheck`, then one commit that closes what moved and marks the rest as sent.
    MarkSent(Which),
    /// The check of `void_from` and `Target::write`, which asks it once more right before it sends
    /// (`wire/mod.rs`). What is late is withdrawn.
    Send(Which),
    /// `lookup::read_back` in `batch::conclude`, with an answer or without one: the audit asks the history.
    ReadBack(Which),
    /// The audit of `batch::conclude` and the commit of `remember`.
    Conclude(Which),
    /// Only where [`Audit::Afterwards`](super::Audit::Afterwards): the second commit.
    JournalAudit(Which),
    /// `Engine::recorded`: the run ends and gives its lease back.
    Release(Which),
    /// `kill -9`. The engine comes back as another process.
    Crash(Which),
    /// Time passes for everybody. A request that is out of its time does not land any more: it was lost.
    Tick,
    /// A request takes effect.
    Land(Which, Which),
    /// A person edits a record.
    PersonEdits(Which),
    /// A person types what its source says into a record.
    PersonCorrects(Which),
    /// The source of a record says something new.
    SourceChanges(Which),
}

impl Action {
    /// The one step an engine can take next, if any.
    pub(crate) const fn next_of(who: Which, phase: Phase) -> Self {
        match phase {
            Phase::Idle => Self::TakeLease(who),
            Phase::Waiting => Self::EndWait(who),
            Phase::Leased => Self::ReadOpenIntents(who),
            Phase::Recovering => Self::SettleOpenIntents(who),
            Phase::Recovered => Self::Look(who),
            Phase::Looked => Self::Remember(who),
            Phase::Planned => Self::Intend(who),
            Phase::Intended => Self::GuardRead(who),
            Phase::Checked => Self::MarkSent(who),
            Phase::Marked => Self::Send(who),
            Phase::Sent => Self::ReadBack(who),
            Phase::ReadBack => Self::Conclude(who),
            Phase::Owing => Self::JournalAudit(who),
            Phase::Done => Self::Release(who),
        }
    }

    /// What the records' side of the world can do.
    pub(crate) fn landings(state: &State) -> impl Iterator<Item = Self> {
        let slots = |which| Which::BOTH.map(|slot| (which, slot));
        let all = Which::BOTH.into_iter().flat_map(slots);
        let flies = |(which, slot): &(Which, Which)| state.records.of(*which).flights.of(*slot).is_some();
        all.filter(flies).map(|(which, slot)| Self::Land(which, slot))
    }
}

impl Updates {
    /// The state after an action; `None` when it cannot happen.
    pub(crate) fn after(&self, before: &State, action: Action) -> Option<State> {
        let mut state = before.clone();
        self.play(&mut state, action)?;
        if self.fold && self.rules.fence {
            fold::end_fenced(&mut state);
        }
        fold::normalise(&mut state);
        Some(if self.fold { fold::representative(state) } else { state })
    }

    fn play(&self, state: &mut State, action: Action) -> Option<()> {
        let step = |state, who| Step { model: self, state, who };
        match action {
            Action::TakeLease(who) => step(state, who).take_lease(),
            Action::EndWait(who) => step(state, who).end_wait(),
            Action::ReadOpenIntents(who) => step(state, who).read_open_intents(),
            Action::SettleOpenIntents(who) => step(state, who).settle_open_intents(),
            Action::Look(who) => step(state, who).look(),
            Action::Remember(who) => step(state, who).remember(),
            Action::Intend(who) => step(state, who).intend(),
            Action::GuardRead(who) => step(state, who).guard_read(),
            Action::MarkSent(who) => step(state, who).mark_sent(),
            Action::Send(who) => step(state, who).send(),
            Action::ReadBack(who) => step(state, who).read_back(),
            Action::Conclude(who) => step(state, who).conclude(),
            Action::JournalAudit(who) => step(state, who).journal_audit(),
            Action::Release(who) => step(state, who).release(),
            Action::Crash(who) => crash(state, who),
            Action::Tick => {
                state.tick(self.times);
                Some(())
            }
            Action::Land(record, slot) => land(state, record, slot),
            Action::PersonEdits(record) => person_edits(state, record),
            Action::PersonCorrects(record) => person_corrects(state, record),
            Action::SourceChanges(record) => source_changes(state, record),
        }
    }
}

fn crash(state: &mut State, who: Which) -> Option<()> {
    state.left.crashes = state.left.crashes.checked_sub(1)?;
    state.crash(who);
    Some(())
}

fn land(state: &mut State, record: Which, slot: Which) -> Option<()> {
    let record = state.records.of_mut(record);
    let flight = record.flights.of_mut(slot).take()?;
    let now = record.history.last();
    if is_persons(now) {
        record.replaced.add(now);
    }
    record.history.push(flight.value);
    Some(())
}

fn person_edits(state: &mut State, which: Which) -> Option<()> {
    state.left.edits = state.left.edits.checked_sub(1)?;
    let value = state.fresh_value(which);
    state.records.of_mut(which).history.push(value);
    Some(())
}

fn person_corrects(state: &mut State, which: Which) -> Option<()> {
    state.left.edits = state.left.edits.checked_sub(1)?;
    let record = state.records.of_mut(which);
    record.history.push(record.source | TYPED);
    Some(())
}

fn source_changes(state: &mut State, which: Which) -> Option<()> {
    state.left.sources = state.left.sources.checked_sub(1)?;
    state.records.of_mut(which).source += 1;
    Some(())
}

impl Model for Updates {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        vec![State::new(self.bounds)]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        for who in Which::BOTH {
            let phase = state.engines.of(who).phase;
            actions.push(Action::next_of(who, phase));
            if phase != Phase::Idle && state.left.crashes > 0 {
                actions.push(Action::Crash(who));
            }
        }
        actions.push(Action::Tick);
        actions.extend(Action::landings(state));
        for which in Which::BOTH.into_iter().filter(|which| state.records.of(*which).used) {
            let edits = [Action::PersonEdits(which), Action::PersonCorrects(which)];
            actions.extend(edits.into_iter().filter(|_| state.left.edits > 0));
            actions.extend((state.left.sources > 0).then_some(Action::SourceChanges(which)));
        }
    }

    fn next_state(&self, state: &State, action: Action) -> Option<State> {
        self.after(state, action)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        laws::all(self.calm)
    }
}
