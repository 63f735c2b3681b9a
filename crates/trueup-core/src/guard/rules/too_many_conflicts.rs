//! The accident: a clock jumps, a backup is restored, an import rewrites half of one side; suddenly both
//! sides "moved" in hundreds of records. Then also what looks like a clean change cannot be trusted.

use std::collections::BTreeSet;

use super::{
    measure::{base, exceeds, share},
    stop_all,
};
use crate::{
    guard::{Facts, Objection},
    name::{EntityKey, SystemName},
    plan::Plan,
};

pub(super) fn ask(plan: &Plan, facts: &Facts<'_>) -> Vec<Objection> {
    facts.mirrors.keys().filter_map(|system| of_system(plan, facts, system)).collect()
}

// Records are counted, not fields: the base is records too.
fn of_system(plan: &Plan, facts: &Facts<'_>, system: &SystemName) -> Option<Objection> {
    let conflicts = plan.conflicts.iter().filter(|conflict| conflict.system == *system);
    let count = conflicts.map(|conflict| &conflict.entity).collect::<BTreeSet<&EntityKey>>().len();
    let (base, limit) = (base(system, facts), facts.setup.caps().conflicts_percent);
    // A few conflicts in a small pipeline are people at work, not an accident.
    (count > facts.setup.caps().free && exceeds(count, base, limit))
        .then(|| stop_all(system, count, format!("{} are in conflict", share(count, base, limit))))
}
