//! The accident: a formula is dragged down a column, a lookup finds the first row for everybody, and
//! hundreds of people get the phone number of one. Each write is well formed; only together they show it.
//! Creates are left out: thirty new leads of one town are news, thirty moves to it are a mistake.

use std::collections::BTreeMap;

use super::changes;
use crate::{
    guard::{Facts, MirrorFacts, Objection},
    name::{FieldName, SystemName},
    plan::Plan,
};

/// A field with so few values is a status or a flag, where many records do share one.
const FEW: usize = 2;

pub(super) fn ask(plan: &Plan, facts: &Facts<'_>) -> Vec<Objection> {
    let limit = facts.setup.caps().same_value;
    facts.mirrors.iter().flat_map(|(system, mirror)| of_system(plan, system, mirror, limit)).collect()
}

fn of_system(plan: &Plan, system: &SystemName, mirror: &MirrorFacts<'_>, limit: usize) -> Vec<Objection> {
    let mut counts: BTreeMap<(&FieldName, String), usize> = BTreeMap::new();
    for edit in changes(plan, system, Some("update")).flat_map(|change| &change.edits) {
        let diverse = mirror.diversity.get(edit.field.as_str()).is_some_and(|values| *values > FEW);
        if let Some(text) = edit.after.to_text().filter(|_| diverse) {
            *counts.entry((&edit.field, text)).or_default() += 1;
        }
    }
    counts.retain(|_, count| *count > limit);
    let fields: Vec<&FieldName> = counts.keys().map(|(field, _)| *field).collect();
    let halt = |(at, ((field, _), count)): (usize, (&(&FieldName, String), &usize))| Objection::Stop {
        system: system.clone(),
        verb: Some("update"),
        about: Some(about(field, at, &fields)),
        count: *count,
        what: format!("one and the same {field} would be written into {count} records (limit {limit})"),
    };
    counts.iter().enumerate().map(halt).collect()
}

/// The field; where several values of one field are halted also which of them, without telling the value.
fn about(field: &FieldName, at: usize, fields: &[&FieldName]) -> String {
    let of_field = |fields: &[&FieldName]| fields.iter().filter(|other| **other == field).count();
    match of_field(fields) {
        1 => field.to_string(),
        _ => format!("{field}#{}", of_field(fields.get(..=at).unwrap_or_default())),
    }
}
