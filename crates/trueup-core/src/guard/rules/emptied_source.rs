//! The accident: the disk is not mounted, the export was cut short, somebody saved the filtered sheet;
//! the source is readable and nearly empty, and "make the mirror agree" would mean to lose everything.

use super::{
    measure::{exceeds, linked, share},
    stop_all,
};
use crate::{
    guard::{Facts, Objection},
    name::SystemName,
    snapshot::Coverage,
};

pub(super) fn ask(facts: &Facts<'_>) -> Vec<Objection> {
    // Where only some records were asked for, few records tell nothing; `incomplete_listing` watches then.
    if facts.canonical_coverage != Coverage::Whole {
        return Vec::new();
    }
    facts.mirrors.keys().filter_map(|system| of_system(facts, system)).collect()
}

fn of_system(facts: &Facts<'_>, system: &SystemName) -> Option<Objection> {
    let limit = facts.setup.caps().source_loss_percent;
    let (before, now) = (before(facts, system), facts.canonical_count);
    let lost = before.saturating_sub(now);
    let emptied = now == 0 && before > 0;
    (emptied || exceeds(lost, before, limit)).then(|| {
        let what = format!("the source lost {} since the last run", share(lost, before, limit));
        stop_all(system, lost, what)
    })
}

// Links say that there were records, also where the last count was lost with the state.
fn before(facts: &Facts<'_>, system: &SystemName) -> usize {
    let counted = facts.memory.canonical_count.unwrap_or_default();
    if facts.canonical_count == 0 { counted.max(linked(system, facts)) } else { counted }
}
