//! Fields and classes that cannot be.

use super::Problem;
use crate::{
    merge::Survivor,
    setup::{Draft, Field, Trigger},
};

pub(super) fn fields(draft: &Draft) -> Vec<Problem> {
    draft.fields.iter().flat_map(|one| field(draft, one)).collect()
}

fn field(draft: &Draft, field: &Field) -> Vec<Problem> {
    let name = || field.name.to_string();
    let mut found = Vec::new();
    if field.survivor == Survivor::Union && !field.kind.is_set() {
        found.push(Problem::Union { field: name() });
    }
    if field.identity && !field.kind.is_email() {
        found.push(Problem::Identity { field: name() });
    }
    if let Survivor::Mirror(at) = field.survivor
        && at >= draft.mirrors.len()
    {
        found.push(Problem::NoSurvivor { field: name(), at });
    }
    found
}

pub(super) fn classes(draft: &Draft) -> Vec<Problem> {
    let fields = draft.classes.iter().filter_map(|class| match &class.trigger {
        Trigger::Differs { field, .. } => Some((class, field.index())),
        _ => None,
    });
    let missing = fields.filter(|(_, at)| *at >= draft.fields.len());
    missing.map(|(class, at)| Problem::NoField { place: format!("class '{}'", class.id), at }).collect()
}
