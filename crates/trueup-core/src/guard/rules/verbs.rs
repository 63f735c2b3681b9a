//! The accident: a connector is asked for something its system has no safe way of doing, and finds an
//! unsafe one, such as an archive that is really a delete for ever.

use super::hold;
use crate::{
    guard::{Facts, Objection},
    plan::{Act, Plan},
};

pub(super) fn ask(plan: &Plan, facts: &Facts<'_>) -> Vec<Objection> {
    hold(plan, |change| {
        let can = facts.mirrors.get(&change.system).is_some_and(|mirror| match change.act {
            Act::Archive { .. } => mirror.card.verbs.archive,
            Act::Create { .. } => mirror.card.verbs.create,
            Act::Update { .. } => mirror.card.verbs.update,
        });
        (!can).then(|| format!("{} does not {}", change.system, change.act.verb()))
    })
}
