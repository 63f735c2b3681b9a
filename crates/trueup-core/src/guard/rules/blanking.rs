//! The accident: a column of the source is cleared, moved or no longer exported, every cell of it reads
//! as empty, and the sync faithfully empties the field in every record of the mirror. The few updates that
//! always pass are no comfort here: in a portal of twenty people a column is ten cells.

use std::collections::BTreeMap;

use super::{
    changes,
    measure::{base, exceeds, share},
};
use crate::{
    guard::{Facts, Objection},
    name::{FieldName, SystemName},
    plan::{Edit, Plan},
};

pub(super) fn ask(plan: &Plan, facts: &Facts<'_>) -> Vec<Objection> {
    facts.mirrors.keys().flat_map(|system| of_system(plan, facts, system)).collect()
}

fn of_system(plan: &Plan, facts: &Facts<'_>, system: &SystemName) -> Vec<Objection> {
    let (caps, base) = (facts.setup.caps(), base(system, facts));
    let emptied =
        changes(plan, system, Some("update")).flat_map(|change| &change.edits).filter(|e| empties(e));
    let mut counts: BTreeMap<&FieldName, usize> = BTreeMap::new();
    for edit in emptied {
        *counts.entry(&edit.field).or_default() += 1;
    }
    let halts = counts.into_iter().filter(|&(_, n)| exceeds(n, base, caps.blanking_percent));
    halts
        .map(|(field, count)| Objection::Stop {
            system: system.clone(),
            verb: Some("update"),
            about: Some(field.to_string()),
            count,
            what: format!("{field} would go empty in {}", share(count, base, caps.blanking_percent)),
        })
        .collect()
}

fn empties(edit: &Edit) -> bool {
    edit.before.value().is_some() && edit.after.to_text().is_none_or(|text| text.trim().is_empty())
}
