//! The model itself: which actions there are, and what each stands for.

use stateright::{Model, Property};

use super::{
    laws,
    rules::{Bounds, Identity, Request, Rules, Times},
    state::{Entity, Mind, Phase, State},
    steps::Step,
};
use crate::pair::Which;

/// The model of creates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Creates {
    /// The rules that are kept.
    pub rules: Rules,
    /// The durations.
    pub times: Times,
    /// How much may happen.
    pub bounds: Bounds,
    /// Whether states that differ only in which engine or entity is which count as one. A path through such
    /// states exchanges the names as it goes.
    pub fold: bool,
}

/// One thing that happens: one commit, one request, or one thing the world does. The wait after a lease that
/// ran out is left out, since a pause is the same; commits are those of [`crate::update`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// `Engine::lease` (`trueup-engine/src/lease.rs`).
    TakeLease(Which),
    /// `recover_all` (`gate/recover.rs`): unsent intents are closed; `recover::by_unique_id` up to the answer
    /// of `lookup::by_ext_id`, or `recover::by_token` up to that of `lookup::by_token`.
    LookUpOpenIntents(Which),
    /// The rest of `by_unique_id` or `by_token`, and the commit of `remember`.
    SettleOpenIntents(Which),
    /// `Engine::look_under` (`cycle.rs`): the listings are read, which lag. An entity without link, open
    /// intent or parked create (`plan/build/pair.rs`) whose record is not listed is to be created.
    Look(Which),
    /// The commit of plan and notes in `Engine::cycle_counted`: links of what was listed, findings.
    Remember(Which),
    /// `batch::intend` (`gate/batch.rs`).
    Intend(Which),
    /// `batch::sift`: there is nothing to look at before a create, but the mark is durable first.
    MarkSent(Which),
    /// The check of `void_from` and `Target::write`.
    Send(Which),
    /// `batch::match_up` with the answers that came, a 409 among them, and `lookup::read_back`.
    Answered(Which),
    /// The same without an answer: `Fault::Unknown`.
    Unanswered(Which),
    /// `creates::settled` in `batch::conclude`, and the commit of `remember`.
    Conclude(Which),
    /// `Engine::recorded`: the run ends and gives its lease back.
    Release(Which),
    /// `kill -9`. The engine comes back as another process.
    Crash(Which),
    /// Time passes for everybody. A request that is out of its time does not land any more: it was lost.
    Tick,
    /// A request takes effect.
    Land(Which, Which),
    /// A person edits a record that was made.
    PersonEdits(Which),
}

impl Action {
    /// The steps an engine can take next.
    pub(crate) fn next_of(who: Which, phase: Phase) -> Vec<Self> {
        vec![match phase {
            Phase::Idle => Self::TakeLease(who),
            Phase::Leased => Self::LookUpOpenIntents(who),
            Phase::Recovering => Self::SettleOpenIntents(who),
            Phase::Recovered => Self::Look(who),
            Phase::Looked => Self::Remember(who),
            Phase::Planned => Self::Intend(who),
            Phase::Intended => Self::MarkSent(who),
            Phase::Marked => Self::Send(who),
            Phase::Sent => return vec![Self::Answered(who), Self::Unanswered(who)],
            Phase::ReadBack => Self::Conclude(who),
            Phase::Done => Self::Release(who),
        }]
    }

    /// Requests that can take effect now.
    pub(crate) fn landings(state: &State) -> impl Iterator<Item = Self> {
        let all = Which::BOTH.into_iter().flat_map(|which| Which::BOTH.map(|slot| (which, slot)));
        let flies = |(which, slot): &(Which, Which)| state.entities.of(*which).flights.of(*slot).is_some();
        all.filter(flies).map(|(which, slot)| Self::Land(which, slot))
    }
}

impl Creates {
    /// The state after an action; `None` when it cannot happen.
    pub(crate) fn after(&self, before: &State, action: Action) -> Option<State> {
        let mut state = before.clone();
        self.play(&mut state, action)?;
        state.normalise();
        Some(if self.fold { state.representative() } else { state })
    }

    fn play(&self, state: &mut State, action: Action) -> Option<()> {
        let step = |state, who| Step { model: self, state, who };
        match action {
            Action::TakeLease(who) => step(state, who).take_lease(),
            Action::LookUpOpenIntents(who) => step(state, who).look_up_open_intents(),
            Action::SettleOpenIntents(who) => step(state, who).settle_open_intents(),
            Action::Look(who) => step(state, who).look(),
            Action::Remember(who) => step(state, who).remember(),
            Action::Intend(who) => step(state, who).intend(),
            Action::MarkSent(who) => step(state, who).mark_sent(),
            Action::Send(who) => step(state, who).send(),
            Action::Answered(who) => step(state, who).read_back(true),
            Action::Unanswered(who) => step(state, who).read_back(false),
            Action::Conclude(who) => step(state, who).conclude(),
            Action::Release(who) => step(state, who).release(),
            Action::Crash(who) => crash(state, who),
            Action::Tick => {
                state.tick(self.times);
                Some(())
            }
            Action::Land(which, slot) => self.land(state, which, slot),
            Action::PersonEdits(which) => person_edits(state, which),
        }
    }

    fn land(&self, state: &mut State, which: Which, slot: Which) -> Option<()> {
        let State { entities, engines, .. } = state;
        let entity = entities.of_mut(which);
        let flight = entity.flights.of_mut(slot).take()?;
        let there = self.rules.identity == Identity::Unique && entity.count() > 0;
        if there && self.rules.request == Request::Upsert {
            entity.lost |= entity.edited;
        }
        if !there {
            Entity::put(&mut entity.copies, self.times.lag)?;
        }
        let waiting = flight.from.and_then(|who| engines.of_mut(who).mind.of_mut(which).as_mut());
        if let Some(mind) = waiting {
            *mind = Mind::Made;
        }
        Some(())
    }
}

fn crash(state: &mut State, who: Which) -> Option<()> {
    state.crashes = state.crashes.checked_sub(1)?;
    *state.engines.of_mut(who) = super::state::Engine::default();
    state.hang_up(who);
    state.lease.crash(who);
    Some(())
}

fn person_edits(state: &mut State, which: Which) -> Option<()> {
    state.edits = state.edits.checked_sub(1)?;
    let entity = state.entities.of_mut(which);
    (entity.count() > 0).then(|| entity.edited = true)
}

impl Model for Creates {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        vec![State::new(self.bounds)]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        for who in Which::BOTH {
            let phase = state.engines.of(who).phase;
            actions.extend(Action::next_of(who, phase));
            if phase != Phase::Idle && state.crashes > 0 {
                actions.push(Action::Crash(who));
            }
        }
        actions.push(Action::Tick);
        actions.extend(Action::landings(state));
        if state.edits > 0 {
            actions.extend(Which::BOTH.map(Action::PersonEdits));
        }
    }

    fn next_state(&self, state: &State, action: Action) -> Option<State> {
        self.after(state, action)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        laws::all()
    }
}
