//! Bindings that cannot be: each is held against its field, its column, and both sides.

use super::Problem;
use crate::{
    merge::{Flow, Survivor},
    setup::{Binding, Draft, Field, Lens, Side},
    text::list,
};

pub(super) fn canonical(draft: &Draft) -> Vec<Problem> {
    let side = &draft.canonical;
    let placed = side.bindings.iter().flat_map(|one| place(draft, side, one));
    placed.chain(side.bindings.iter().filter_map(|one| one_way(draft, side, one))).collect()
}

pub(super) fn mirror(draft: &Draft, side: &Side, binding: &Binding) -> Vec<Problem> {
    let mut found = place(draft, side, binding);
    let Some(field) = draft.fields.get(binding.field.index()) else { return found };
    let (name, system) = (|| field.name.to_string(), || side.system.clone());
    let constant = matches!(binding.lens, Lens::Constant(_));
    if !constant && !draft.canonical.bindings.iter().any(|b| b.field == binding.field) {
        found.push(Problem::NoSource { field: name(), system: system() });
    }
    if binding.flow != Flow::In && !binding.lens.writes() {
        found.push(Problem::OneWay { field: name(), system: system() });
    }
    if binding.flow != Flow::Out && !draft.canonical_writes {
        found.push(Problem::ReadOnlySource { field: name(), system: system() });
    }
    if let Some(why) = undecided(draft, field, binding) {
        found.push(Problem::Survivor { field: name(), system: system(), why });
    }
    match &binding.lens {
        Lens::Tokens { .. } if field.survivor != Survivor::Union => {
            found.push(Problem::Tokens { field: name(), system: system() });
        }
        Lens::List { delimiter } if !list::parts_at(*delimiter) => {
            found.push(Problem::Delimiter { field: name(), system: system(), delimiter: *delimiter });
        }
        _ => {}
    }
    found
}

/// A field that flows in is written in the source of truth, so it must be possible to put it back there.
fn one_way(draft: &Draft, side: &Side, binding: &Binding) -> Option<Problem> {
    let derived = |_: &&Field| flows_in(draft, binding) && !binding.lens.writes();
    let field = draft.fields.get(binding.field.index()).filter(derived)?;
    Some(Problem::OneWay { field: field.name.to_string(), system: side.system.clone() })
}

fn flows_in(draft: &Draft, binding: &Binding) -> bool {
    let mut mirrored = draft.mirrors.iter().flat_map(|mirror| &mirror.side.bindings);
    mirrored.any(|one| one.field == binding.field && one.flow != Flow::Out)
}

fn place(draft: &Draft, side: &Side, binding: &Binding) -> Vec<Problem> {
    let mut found = Vec::new();
    let at = binding.field.index();
    let name = draft.fields.get(at).map_or("", |field| field.name.as_str());
    if at >= draft.fields.len() {
        found.push(Problem::NoField { place: format!("a binding of '{}'", side.system), at });
    }
    let reads_column = !matches!(binding.lens, Lens::Expr(_));
    if reads_column && binding.column >= side.columns.len() {
        let (what, system) = (format!("field '{name}'"), side.system.clone());
        found.push(Problem::NoColumn { what, system, at: binding.column });
    }
    found
}

/// Why a survivor would never be asked, or could never answer.
fn undecided(draft: &Draft, field: &Field, binding: &Binding) -> Option<&'static str> {
    match field.survivor {
        _ if binding.create_only => None,
        Survivor::Latest { .. } if field.kind.is_set() => {
            Some("a set is merged element by element, and elements have no times")
        }
        Survivor::VersionThenLatest { .. } => Some("no system keeps a version of its records yet"),
        Survivor::Ask | Survivor::Mirror(_) | Survivor::Latest { .. } if !flows_in(draft, binding) => {
            Some("a mirror that only receives claims nothing, so the source of truth always wins")
        }
        Survivor::Canonical
        | Survivor::Union
        | Survivor::Ask
        | Survivor::Mirror(_)
        | Survivor::Latest { .. } => None,
    }
}
