//! The accident: somebody renames a property, every record answers without it, and the sync takes the
//! silence for "empty" or writes into a field nobody looks at (I-25: never read as null).

use std::collections::BTreeSet;

use super::{changes, stop_all};
use crate::{
    guard::{Facts, MirrorFacts, Objection},
    name::SystemName,
    plan::Plan,
    setup::MirrorSide,
};

pub(super) fn ask(plan: &Plan, facts: &Facts<'_>) -> Vec<Objection> {
    let ask_one = |(system, mirror): (&SystemName, &MirrorFacts<'_>)| {
        let gone = gone(facts.setup.mirror(system)?, mirror);
        let plural = if gone.len() == 1 { "" } else { "s" };
        let names: Vec<&str> = gone.into_iter().collect();
        let what =
            format!("mapped column{plural} gone: {}; rename back or change the mapping", names.join(", "));
        (!names.is_empty()).then(|| stop_all(system, changes(plan, system, None).count(), what))
    };
    facts.mirrors.iter().filter_map(ask_one).collect()
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
