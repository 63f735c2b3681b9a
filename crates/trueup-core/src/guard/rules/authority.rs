//! The accident: a field that belongs to the mirror (a score its own people keep, a status its
//! automation sets) is overwritten by a source that happens to have a column of that name (I-06).
//! A write must be one that the mapping of this very system allows.

use super::hold;
use crate::{
    guard::{Facts, Objection},
    merge::Flow,
    name::{FieldId, FieldName},
    plan::{Act, Change, Edit, Plan},
    setup::{MirrorSide, Setup},
};

pub(super) fn ask(plan: &Plan, facts: &Facts<'_>) -> Vec<Objection> {
    hold(plan, |change| {
        let Some(side) = facts.setup.written(&change.system) else {
            return Some(format!("{} is no system that this pipeline writes", change.system));
        };
        change.sent().iter().find_map(|edit| objection(change, edit, side, facts.setup))
    })
}

fn objection(change: &Change, edit: &Edit, side: &MirrorSide, setup: &Setup) -> Option<String> {
    let (field, column, system) = (&edit.field, &edit.column, &change.system);
    let mapped = setup.field_named(field.as_str()).filter(|id| side.side.binding(*id).is_some());
    let Some(id) = mapped else { return Some(format!("{field} is not mapped to {system}")) };
    let fits = side.side.bindings.iter().find(|b| b.field == id && side.side.column(b) == column);
    match fits {
        None => Some(format!("{field} is not mapped to the column {column} of {system}")),
        Some(_) if setup.is_canonical(system) => not_told(field, id, setup),
        Some(binding) if binding.flow == Flow::In => Some(format!("{field} belongs to {system}: `flow: in`")),
        Some(binding) if binding.create_only && !matches!(change.act, Act::Create { .. }) => {
            Some(format!("{field} is only set when a record is created"))
        }
        Some(_) => None,
    }
}

/// Why the source of truth is not told this field: no mirror has a say in it.
fn not_told(field: &FieldName, id: FieldId, setup: &Setup) -> Option<String> {
    let mut bindings = setup.mirrors().iter().flat_map(|mirror| &mirror.side.bindings);
    let flows = bindings.any(|binding| binding.field == id && binding.flow != Flow::Out);
    (!flows).then(|| format!("{field} flows to no source of truth: no mirror has `flow: in` or `both`"))
}
