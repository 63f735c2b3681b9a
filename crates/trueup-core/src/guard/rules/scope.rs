//! The accident: a contact is reassigned to a colleague, or was never ours, and the next run writes it
//! because its id still stands in the link table (seed A, rule R-01; I-05). And its mirror image: a
//! record is created without the owner, so no later run can see or repair it.

use std::collections::{BTreeMap, BTreeSet};

use super::hold;
use crate::{
    guard::{Facts, Objection},
    name::{RemoteId, SystemName},
    plan::{Act, Change, Edit, Plan},
    setup::MirrorSide,
};

pub(super) fn ask(plan: &Plan, facts: &Facts<'_>) -> Vec<Objection> {
    let seen: BTreeMap<&SystemName, BTreeSet<&RemoteId>> =
        facts.mirrors.iter().map(|(system, mirror)| (system, mirror.in_scope.iter().collect())).collect();
    hold(plan, |change| {
        let inside = |remote| seen.get(&change.system).is_some_and(|ids| ids.contains(remote));
        match (&change.act, facts.setup.written(&change.system)) {
            (Act::Archive { remote, .. } | Act::Update { remote, .. }, _) if !inside(remote) => {
                Some(format!("{remote} was not seen inside the scope"))
            }
            (Act::Create { .. }, Some(side)) => born_outside(change, side),
            (Act::Update { .. }, Some(side)) => given_away(change, side),
            (Act::Archive { .. }, _) | (_, None) => None,
        }
    })
}

fn born_outside(change: &Change, side: &MirrorSide) -> Option<String> {
    let (column, equals) = scope(side)?;
    let sets = |edit: &&Edit| edit.column == column;
    let right = change.edits.iter().filter(sets).any(|edit| says(edit, equals));
    let wrong = change.edits.iter().filter(sets).any(|edit| !says(edit, equals));
    (!right || wrong).then(|| format!("the new record would not be inside the scope {column}={equals}"))
}

fn given_away(change: &Change, side: &MirrorSide) -> Option<String> {
    let (column, equals) = scope(side)?;
    let leaves = change.edits.iter().any(|edit| edit.column == column && !says(edit, equals));
    leaves.then(|| format!("the write would take the record out of the scope {column}={equals}"))
}

fn scope(side: &MirrorSide) -> Option<(&str, &str)> {
    let scope = side.scope.as_ref()?;
    Some((side.side.columns.get(scope.column).map_or("", String::as_str), &scope.equals))
}

fn says(edit: &Edit, text: &str) -> bool {
    edit.after.to_text().is_some_and(|after| after == text)
}
