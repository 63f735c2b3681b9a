//! What must always be so, and what must sometimes be so lest the model say nothing.

use stateright::Property;

use super::{
    history::says,
    model::{Action, Updates},
    state::{Phase, State},
};
use crate::{lease::Holder, pair::Which};

/// I-02: a value a person typed and we replaced is in the journal or in a conflict, or an open intent will
/// find it there.
pub const LOST: &str = "no value of a person is lost";
/// A base is a value the record had.
pub const OBSERVED: &str = "a base was observed";
/// I-22: whoever commits holds the lease at that moment.
pub const STALE: &str = "nothing is committed under a stale epoch";
/// At most one intent is open for a field.
pub const ONE_INTENT: &str = "one intent is open for a field";
/// I-33, I-01, I-02: when faults and people stop, whatever the state, one engine's runs close every intent,
/// and each record agrees with its source or is in a conflict.
pub const CALM: &str = "a calm time settles everything";
/// What must sometimes be so.
pub const WITNESSED: [&str; 5] = [
    "a value is replaced and only an audit knows it",
    "a lease runs out and another engine takes it",
    "a request is on its way after its sender was killed",
    "both sides moved",
    "a write is given up after its deadline",
];

const CALM_STEPS: usize = 150;
const CALM_RUNS: usize = 3;

pub(crate) fn all(calm: bool) -> Vec<Property<Updates>> {
    let [replaced, taken, orphan, moved, given_up] = WITNESSED;
    let mut laws = vec![
        Property::always(LOST, |_, state: &State| {
            Which::BOTH.into_iter().all(|which| state.out_of_reach(which).is_empty())
        }),
        Property::always(OBSERVED, |_, state: &State| !state.unseen),
        Property::always(STALE, |_, state: &State| !state.stale),
        Property::always(ONE_INTENT, |_, state: &State| !state.doubled),
        Property::sometimes(replaced, |_, state: &State| {
            state.records.iter().any(|record| !record.lost().is_empty())
        }),
        Property::sometimes(taken, |_, state: &State| {
            state.engines.iter().any(|engine| engine.phase == Phase::Waiting)
        }),
        Property::sometimes(orphan, |_, state: &State| {
            let flying =
                |state: &State| state.records.iter().any(|one| one.flights.iter().any(Option::is_some));
            state.lease.holder == Holder::Dead && flying(state)
        }),
        Property::sometimes(moved, |_, state: &State| {
            state.records.iter().any(|one| !one.conflicts.is_empty())
        }),
        Property::sometimes(given_up, |_, state: &State| {
            let minds = state.engines.iter().filter(|engine| engine.phase == Phase::Recovering);
            minds.flat_map(|engine| engine.mind.iter().flatten()).any(|mind| mind.late)
        }),
    ];
    laws.extend(calm.then(|| Property::always(CALM, settles)));
    laws
}

/// Plays the calm time: whatever is on its way lands, one engine is paused for ever, the other one runs.
fn settles(model: &Updates, state: &State) -> bool {
    let plain = Updates { fold: false, ..*model };
    let mut calm = state.clone();
    let mut runs = 0;
    for _ in 0..CALM_STEPS {
        let Some((next, ended)) = plain.go_on(&calm) else { return false };
        calm = next;
        runs += usize::from(ended);
        if runs == CALM_RUNS {
            return is_settled(&calm);
        }
    }
    false
}

impl Updates {
    /// What is on its way lands, or else the one engine takes its next step, or else time passes; and whether
    /// a run ended.
    fn go_on(&self, state: &State) -> Option<(State, bool)> {
        let own = Action::next_of(Which::A, state.engines.of(Which::A).phase);
        let mut actions = Action::landings(state).chain([own, Action::Tick]);
        let mut next = actions.find_map(|action| self.after(state, action))?;
        let idle = |state: &State| state.engines.of(Which::A).phase == Phase::Idle;
        let ended = idle(&next) && !idle(state);
        if ended {
            // Runs are further apart than any deadline.
            (0..=self.times.deadline()).for_each(|_| next.tick(self.times));
        }
        Some((next, ended))
    }
}

fn is_settled(state: &State) -> bool {
    state.records.iter().all(|record| {
        let now = says(record.history.last());
        let agrees = now == record.source || record.conflicts.has(now);
        record.intent.is_none() && record.lost().is_empty() && agrees
    })
}
