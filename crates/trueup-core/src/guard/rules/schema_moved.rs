//! The accident: somebody renames a property, every record answers without it, and the sync takes the
//! silence for "empty" or writes into a field nobody looks at (I-25: never read as null). Or a column of
//! the workbook is renamed to keep the old values, and a new one gets its name: it is found, and holds
//! something else. That plan is only shown; a person applies it by its id.

use std::collections::BTreeSet;

use super::{changes, stop_all};
use crate::{
    drift::Reshaped,
    guard::{Facts, MirrorFacts, Objection},
    name::SystemName,
    plan::Plan,
    setup::MirrorSide,
};

pub(super) fn ask(plan: &Plan, facts: &Facts<'_>) -> Vec<Objection> {
    let gone_one = |(system, mirror): (&SystemName, &MirrorFacts<'_>)| {
        let gone = gone(facts.setup.written(system)?, mirror);
        let plural = if gone.len() == 1 { "" } else { "s" };
        let names: Vec<&str> = gone.into_iter().collect();
        let what =
            format!("mapped column{plural} gone: {}; rename back or change the mapping", names.join(", "));
        (!names.is_empty()).then(|| stop_all(system, changes(plan, system, None).count(), what))
    };
    facts.mirrors.iter().filter_map(gone_one).chain(reshaped(plan, facts)).collect()
}

fn reshaped(plan: &Plan, facts: &Facts<'_>) -> Vec<Objection> {
    if facts.first || facts.reviewed {
        return Vec::new();
    }
    let stop = |field: &Reshaped| {
        let count = changes(plan, &field.system, None).count();
        let what = format!(
            "columns of the source were renamed or added, and {} is another value in {} of {} records: \
             is it still the same column? read the plan, then apply it by its id",
            field.field, field.moved, field.known
        );
        (count > 0).then(|| stop_all(&field.system, count, what))
    };
    facts.reshaped.iter().filter_map(stop).collect()
}

// Every column read is checked: bindings, the scope, and what expressions are computed from.
fn gone<'a>(side: &'a MirrorSide, mirror: &MirrorFacts<'_>) -> BTreeSet<&'a str> {
    side.side
        .columns
        .iter()
        .map(String::as_str)
        .filter(|column| !mirror.columns.contains_key(*column))
        .collect()
}
