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
    for (id, row) in system.living().filter(|(_, row)| !was_away(row)) {
        let name = row.values.get("name").map(|name| bare(name)).filter(|name| !name.is_empty());
        // People who make one record of two bring the one's name to the other's copies: those were there before.
        let first = made_as(row).map(|(name, _)| name);
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

/// Whether the source of truth had the name twice as well, by a merge in another mirror: each of these records is of one
/// who was called so there, and of whom at most one was made so. A twin of ours is made with its name, and is no excuse
/// whatever it is called by now; what an undo puts back in a mirror, the source of truth may not say any more. The copies of
/// one whom people put away there, or made one with somebody else, stay where they are (`gone`), whoever comes to the name.
fn are_two(evidence: &Evidence<'_>, system: &Seen<'_>, name: &str, ids: &[&str]) -> bool {
    let entities: BTreeSet<&str> = ids.iter().flat_map(|id| entities_of(evidence, system.name, id)).collect();
    let last =
        |row: &Row| row.history.iter().rfind(|version| version.column.is_empty()).map(|own| own.by.clone());
    let stays = |row: &Row| row.archived.is_none() || last(row).is_some_and(|by| by == PERSON);
    let table = evidence.truth.table;
    let merged = entities.iter().filter_map(|entity| table.gone.get(*entity));
    let rows =
        entities.iter().filter_map(|entity| table.rows.get(*entity)).filter(|row| stays(row)).chain(merged);
    let named = |row: &&Row| names_of(row).any(|own| own == name);
    let named: Vec<&Row> = rows.filter(named).collect();
    let made_so = named.iter().filter(|row| !was_away(row) && names_of(row).next().as_deref() == Some(name));
    named.len() == ids.len() && made_so.count() <= 1
}

/// Whom people bring back they had put away, and somebody else may have been made meanwhile.
fn was_away(row: &Row) -> bool {
    row.history.iter().any(|version| version.column.is_empty())
}

fn back(evidence: &Evidence<'_>, system: &Seen<'_>) -> Vec<String> {
    let mut broken = Vec::new();
    for (id, row) in system.table.rows.iter().filter(|(_, row)| row.archived.is_some()) {
        let Some(away) = row.history.iter().rev().find(|version| version.column.is_empty()) else { continue };
        if away.by != PERSON || !duplicates::is_heard_of(evidence, system, id) {
            continue;
        }
        let names: BTreeSet<String> = names_of(row).collect();
        let own = entities_of(evidence, system.name, id);
        // Somebody else may have come to the name by a merge elsewhere; in the source of truth the record is the entity.
        let is_own = |other: &str| {
            let entities = entities_of(evidence, system.name, other);
            system.name == evidence.truth.name || entities.is_empty() || !entities.is_disjoint(&own)
        };
        let again = system.table.rows.iter().filter(|(id, _)| is_own(id)).filter(|(_, other)| {
            // What people made of two records has the history of one of them.
            let first = other.history.first().filter(|first| first.by == ENGINE && first.at == other.made);
            first.and_then(|first| first.sent).is_some_and(|sent| sent > away.at)
                && made_as(other).is_some_and(|(name, by)| by == ENGINE && names.contains(&name))
        });
        broken.extend(again.map(|(again, _)| {
            format!("O3: {}/{id} was put away by a person and made again as {again}", system.name)
        }));
    }
    broken
}

/// The first name of a record, and whose word it is. One that we made without a name, because that was refused, was
/// called later by whatever came to its entity.
fn made_as(row: &Row) -> Option<(String, &str)> {
    let first = row.history.iter().find(|version| version.column == "name")?;
    let at_once = row.history.first().is_some_and(|made| made.at == first.at);
    let name = || (bare(first.value.as_deref().unwrap_or_default()), &*first.by);
    (first.by != ENGINE || at_once).then(name)
}

fn names_of(row: &Row) -> impl Iterator<Item = String> {
    let own = row.history.iter().filter(|version| version.column == "name");
    own.filter_map(|version| version.value.as_deref()).map(bare)
}

#[cfg(test)]
mod tests {
    use crate::{oracles::support::Case, people::PERSON, table::rows::ENGINE};

    /// Two people of the source of truth with these names after one another, and a copy of each that says `Ada`.
    fn twins(first: &[&str], other: &[&str]) -> Case {
        let mut case = Case::agreeing(3);
        for (at, names) in [first, other].into_iter().enumerate() {
            let id = format!("{:06}", at + 1);
            case.unlink(at);
            case.link(&id, &id);
            for name in names {
                case.book_set(at, "name", name);
            }
            case.crm_set(at, "name", "Ada");
        }
        case
    }

    #[track_caller]
    fn check(first: &[&str], other: &[&str], found: bool) {
        let expected: &[&str] = if found { &["O3: ada is 000001 and 000002 in crm"] } else { &[] };
        twins(first, other).check(super::check, expected);
    }

    #[test]
    fn who_came_to_anothers_name_by_a_merge_elsewhere_is_two_whatever_either_is_called_since() {
        check(&["Ada"], &["Grace", "Ada"], false);
        check(&["Ada", "Ada King"], &["Grace", "Ada"], false);
        check(&["Ada"], &["Grace", "Ada", "Grace"], false);
    }

    #[test]
    fn who_got_the_name_of_one_who_is_gone_by_a_merge_is_nobody_made_again() {
        let away = || {
            let mut case = Case::agreeing(1);
            case.crm_set(0, "name", "Ada");
            case.crm.archive("000001", true, PERSON, case.now);
            case
        };
        let mut named = away();
        named.engine_makes_with("000002", &[("name", "Ada")]);
        named.check(super::check, &["O3: crm/000001 was put away by a person and made again as 000002"]);
        named.link("000001", "000001");
        named.link("000009", "000002");
        named.check(super::check, &[]);
        let mut nameless = away();
        let id = nameless.engine_makes("000002");
        nameless.engine_writes(&id, "name", "Ada");
        nameless.check(super::check, &[]);
    }

    #[test]
    fn two_copies_with_a_name_that_one_of_the_two_never_had_are_found() {
        check(&["Ada"], &["Grace"], true);
    }

    #[test]
    fn the_copy_of_one_who_is_gone_is_no_twin_of_who_came_to_the_name_by_a_merge() {
        let leaving = |leave: fn(&mut Case)| {
            let mut case = twins(&["Ada"], &["Grace", "Ada"]);
            leave(&mut case);
            case
        };
        leaving(|case| case.book.archive("000001", true, PERSON, case.now)).check(super::check, &[]);
        leaving(|case| case.book.merge("000003", "000001", PERSON, case.now)).check(super::check, &[]);
        let undone = leaving(|case| case.book.archive("000001", true, ENGINE, case.now));
        undone.check(super::check, &["O3: ada is 000001 and 000002 in crm"]);
    }

    #[test]
    fn who_was_made_twice_in_the_source_of_truth_is_found_whatever_either_is_called_since() {
        check(&["Ada"], &["Ada"], true);
        check(&["Ada"], &["Ada", "Grace"], true);
        check(&["Ada", "Ada King"], &["Ada", "Grace", "Ada"], true);
    }

    #[test]
    fn two_records_of_one_are_found() {
        let mut case = Case::agreeing(2);
        case.link("000001", "000001");
        for at in 0..2 {
            case.unlink(at);
            case.book_set(at, "name", "Ada");
            case.crm_set(at, "name", "Ada");
        }
        case.check(super::check, &["O3: ada is 000001 and 000002 in crm"]);
    }
}
