//! O3 (I-08, I-16) where every system is edited: a name that one person was given once stands in one record of each
//! system; and whom a person put away is never made again by us.

use std::collections::{BTreeMap, BTreeSet};

use super::entities_of;
use crate::{
    oracles::{Evidence, Seen, bare, duplicates},
    people::PERSON,
    table::{Row, rows::ENGINE},
};

/// Everybody who is twice in a system, and everybody who came back from the dead.
#[must_use]
pub fn check(evidence: &Evidence<'_>) -> Vec<String> {
    evidence
        .written()
        .flat_map(|system| twice(evidence, system).into_iter().chain(back(evidence, system)))
        .collect()
}

fn twice(evidence: &Evidence<'_>, system: &Seen<'_>) -> Vec<String> {
    let mut names: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    // Whom people bring back they had put away, and somebody else may have been made meanwhile.
    let was_away = |row: &Row| row.history.iter().any(|version| version.column.is_empty());
    for (id, row) in system.living().filter(|(_, row)| !was_away(row)) {
        let name = row.values.get("name").map(|name| bare(name)).filter(|name| !name.is_empty());
        // People who make one record of two bring the one's name to the other's copies: those were there before.
        let first = names_of(row).next();
        if let Some(name) = name.filter(|name| first.as_ref() == Some(name)) {
            names.entry(name).or_default().push(id);
        }
    }
    let own = |name: &str, ids: &[&str]| {
        system.name == evidence.truth.name || !are_two(evidence, system, name, ids)
    };
    let twice = names.into_iter().filter(|(name, ids)| ids.len() > 1 && own(name, ids));
    twice.map(|(name, ids)| format!("O3: {name} is {} in {}", ids.join(" and "), system.name)).collect()
}

/// Whether the source of truth has the name twice as well, by a merge in another mirror: its copies say so.
fn are_two(evidence: &Evidence<'_>, system: &Seen<'_>, name: &str, ids: &[&str]) -> bool {
    let entities: BTreeSet<&str> = ids.iter().flat_map(|id| entities_of(evidence, system.name, id)).collect();
    let named = |entity: &&&str| {
        let row = evidence.truth.table.rows.get(**entity).filter(|row| row.archived.is_none());
        row.and_then(|row| row.values.get("name")).is_some_and(|own| bare(own) == name)
    };
    entities.iter().filter(named).count() == ids.len()
}

fn back(evidence: &Evidence<'_>, system: &Seen<'_>) -> Vec<String> {
    let mut broken = Vec::new();
    for (id, row) in system.table.rows.iter().filter(|(_, row)| row.archived.is_some()) {
        let Some(away) = row.history.iter().rev().find(|version| version.column.is_empty()) else { continue };
        if away.by != PERSON || !duplicates::is_heard_of(evidence, system, id) {
            continue;
        }
        let names: BTreeSet<String> = names_of(row).collect();
        let again = system.table.rows.iter().filter(|(_, other)| {
            // What people made of two records has the history of one of them.
            let first = other.history.first().filter(|first| first.by == ENGINE && first.at == other.made);
            first.and_then(|first| first.sent).is_some_and(|sent| sent > away.at)
                && other.history.iter().find(|v| v.column == "name").is_some_and(|v| {
                    v.by == ENGINE && names.contains(&bare(v.value.as_deref().unwrap_or_default()))
                })
        });
        broken.extend(again.map(|(again, _)| {
            format!("O3: {}/{id} was put away by a person and made again as {again}", system.name)
        }));
    }
    broken
}

fn names_of(row: &Row) -> impl Iterator<Item = String> {
    let own = row.history.iter().filter(|version| version.column == "name");
    own.filter_map(|version| version.value.as_deref()).map(bare)
}
