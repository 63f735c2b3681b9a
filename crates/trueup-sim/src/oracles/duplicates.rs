//! O3 (I-08, I-09): we make at most one record of an entity in a system; each record we made is linked or told,
//! and each link is to a record that was there.

use std::collections::BTreeMap;

use super::{Evidence, Seen};
use crate::table::{Row, rows::ENGINE};

/// Duplicates, orphans and phantoms.
#[must_use]
pub fn check(evidence: &Evidence<'_>) -> Vec<String> {
    evidence.mirrors.iter().flat_map(|mirror| of_mirror(evidence, mirror)).collect()
}

fn of_mirror(evidence: &Evidence<'_>, mirror: &Seen<'_>) -> Vec<String> {
    let mut broken = Vec::new();
    let mut made: BTreeMap<String, usize> = BTreeMap::new();
    for (id, row) in mirror.table.rows.iter().chain(&mirror.table.gone) {
        let Some(token) = made_for(row).filter(|_| is_original(mirror, id, row)) else { continue };
        *made.entry(token).or_default() += usize::from(!was_taken_back(row));
        if !is_known(evidence, mirror, id, row) {
            broken.push(format!(
                "O3: {}/{id} was made by us, and no link and no finding knows it",
                mirror.name
            ));
        }
    }
    let twice = made.into_iter().filter(|(_, count)| *count > 1);
    broken.extend(
        twice.map(|(token, count)| format!("O3: {count} records of {} were made for {token}", mirror.name)),
    );
    let links = evidence.memory.links.values().filter(|link| link.system.as_str() == mirror.name);
    let phantoms = links.filter(|link| !was_there(mirror, link.remote.as_str()));
    broken.extend(
        phantoms.map(|link| format!("O3: {} is linked to {}, which never was", link.entity, link.remote)),
    );
    broken
}

/// The token a record was made with, if we made it.
fn made_for(row: &Row) -> Option<String> {
    let first = row.history.first().filter(|version| version.by == ENGINE)?;
    let made = row.history.iter().take_while(|version| version.at == first.at && version.by == ENGINE);
    let mut made = made.filter(|version| ["note", "ext"].contains(&version.column.as_str()));
    made.find_map(|version| version.value.clone())
}

// A person had its create undone; once its lead says something else it is made anew, by design.
fn was_taken_back(row: &Row) -> bool {
    row.archived.is_some()
        && row.history.iter().any(|version| version.column.is_empty() && version.by == ENGINE)
}

// What a merge left has the history of one of the two, which is counted under its old id. And a record that
// somebody made one with another entity's before its create was answered is not there to be found again.
fn is_original(mirror: &Seen<'_>, id: &str, row: &Row) -> bool {
    let survivor = mirror.table.rows.get(mirror.table.now_called(id));
    let ext = |row: &Row| row.values.get("ext").or(row.values.get("note")).cloned();
    !mirror.table.merged.values().any(|survivor| survivor == id)
        && survivor.is_none_or(|survivor| ext(survivor) == ext(row))
}

fn is_known(evidence: &Evidence<'_>, mirror: &Seen<'_>, id: &str, row: &Row) -> bool {
    let now = mirror.table.now_called(id);
    let means = |remote: &str| remote == id || mirror.table.now_called(remote) == now;
    let links = evidence.memory.links.values().filter(|link| link.system.as_str() == mirror.name);
    let mut remotes = links.flat_map(|link| link.aliases.iter().chain([&link.remote]));
    let mut told = evidence.memory.findings.values().flat_map(|opened| &opened.item.remotes);
    let parked = evidence.memory.parked.keys().any(|key| {
        key.link.system.as_str() == mirror.name
            && super::excuses::carries(row.values.get("note"), key.link.entity.as_str())
    });
    // The journal knows what was linked once, also after a person made one record of two.
    remotes.any(|remote| means(remote.as_str()))
        || told.any(|remote| means(remote.as_str()))
        || parked
        || evidence.journal.iter().any(|entry| entry.draft.remote.as_ref().is_some_and(|r| r.as_str() == id))
}

fn was_there(mirror: &Seen<'_>, remote: &str) -> bool {
    let table = mirror.table;
    table.rows.contains_key(remote) || table.gone.contains_key(remote) || table.merged.contains_key(remote)
}

#[cfg(test)]
mod tests {
    use super::super::support::Case;

    #[test]
    fn two_records_for_one_entity_and_one_that_nobody_knows_are_found() {
        let mut case = Case::agreeing(1);
        case.engine_makes("R00001");
        case.check(super::check, &["O3: crm/000002 was made by us"]);
        case.engine_makes("R00001");
        case.check(
            super::check,
            &["O3: crm/000002 was made", "O3: crm/000003 was made", "O3: 2 records of crm were made"],
        );
    }

    #[test]
    fn a_link_to_a_record_that_never_was_is_found() {
        let mut case = Case::agreeing(1);
        case.link("R00001", "999999");
        case.check(super::check, &["O3: R00001 is linked to 999999"]);
    }
}
