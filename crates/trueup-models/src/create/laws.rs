//! What must always be so, and what must sometimes be so lest the model say nothing.

use stateright::Property;

use super::{
    model::{Action, Creates},
    state::{Entity, Phase, State},
};
use crate::{lease::Holder, pair::Which};

/// I-08: an entity has at most one record.
pub const ONE_RECORD: &str = "an entity has one record at most";
/// I-09: a link is to a record that is there.
pub const NO_PHANTOM: &str = "a link is to a record";
/// I-02: what a person typed into a record that was made is not overwritten by its create.
pub const LOST: &str = "no value of a person is lost";
/// I-09, I-33: when faults stop, whatever the state, one engine's runs close every intent, and each entity has
/// a record with a link, or a person is told.
pub const CALM: &str = "a calm time links everything";
/// What must sometimes be so.
pub const WITNESSED: [&str; 4] = [
    "a record is made that nobody answers for",
    "an open intent waits for its time",
    "a record is there that no listing shows",
    "a request is on its way although its record is linked",
];
/// Those that only a unique external id allows: a second request may be sent, since it is refused.
pub const ONLY_UNIQUE: [&str; 1] = ["a request is on its way although its record is linked"];

const CALM_STEPS: usize = 150;
const CALM_RUNS: usize = 4;

pub(crate) fn all() -> Vec<Property<Creates>> {
    let [unanswered, waits, unlisted, late] = WITNESSED;
    vec![
        Property::always(ONE_RECORD, |_, state: &State| state.entities.iter().all(|one| one.count() < 2)),
        Property::always(NO_PHANTOM, |_, state: &State| {
            state.entities.iter().all(|one| !one.linked || one.count() > 0)
        }),
        Property::always(LOST, |_, state: &State| state.entities.iter().all(|one| !one.lost)),
        Property::always(CALM, settles),
        Property::sometimes(unanswered, |_, state: &State| {
            let orphan = |one: &Entity| one.count() > 0 && !one.linked;
            state.lease.holder == Holder::Dead && state.entities.iter().any(orphan)
        }),
        Property::sometimes(waits, |_, state: &State| {
            let open = |one: &Entity| one.intent.is_some_and(|intent| intent.sent.is_some());
            state.lease.holder == Holder::Nobody && state.entities.iter().any(open)
        }),
        Property::sometimes(unlisted, |_, state: &State| {
            state.entities.iter().any(|one| one.count() > one.listed())
        }),
        Property::sometimes(late, |_, state: &State| {
            state.entities.iter().any(|one| one.linked && one.flights.iter().any(Option::is_some))
        }),
    ]
}

/// Plays the calm time: whatever is on its way lands, one engine is paused for ever, the other one runs.
fn settles(model: &Creates, state: &State) -> bool {
    let plain = Creates { fold: false, ..*model };
    let mut calm = state.clone();
    let mut runs = 0;
    for _ in 0..CALM_STEPS {
        let Some((next, ended)) = plain.go_on(&calm) else { return false };
        calm = next;
        runs += usize::from(ended);
        if runs == CALM_RUNS {
            return calm.entities.iter().all(is_settled);
        }
    }
    false
}

impl Creates {
    /// What is on its way lands, or else the one engine takes its next step, or else time passes; and whether
    /// a run ended.
    fn go_on(&self, state: &State) -> Option<(State, bool)> {
        let own = Action::next_of(Which::A, state.engines.of(Which::A).phase);
        let mut actions = Action::landings(state).chain(own).chain([Action::Tick]);
        let mut next = actions.find_map(|action| self.after(state, action))?;
        let idle = |state: &State| state.engines.of(Which::A).phase == Phase::Idle;
        let ended = idle(&next) && !idle(state);
        if ended {
            // Runs are further apart than any quiet period.
            (0..=self.times.quiet()).for_each(|_| next.tick(self.times));
        }
        Some((next, ended))
    }
}

fn is_settled(entity: &Entity) -> bool {
    let linked = entity.linked && entity.count() > 0;
    !entity.used || entity.intent.is_none() && (linked || entity.told)
}
