//! O4 (I-06) where every system is edited: a field that only flows in is its mirror's own, and never written there; and
//! the source of truth is told nothing that does not flow in, from nobody who does not tell it.

use std::collections::BTreeSet;

use trueup_core::{merge::Flow, undo::restores};

use crate::{
    oracles::{Evidence, Seen, bare},
    scene::peers::{FIELDS, flow},
    table::{Row, Version, rows::ENGINE},
};

/// Fields that were written against their direction.
#[must_use]
pub fn check(evidence: &Evidence<'_>) -> Vec<String> {
    let mut broken: Vec<String> = FIELDS.iter().flat_map(|field| misled(evidence, field)).collect();
    for (at, mirror) in evidence.mirrors.iter().enumerate() {
        for field in FIELDS.into_iter().filter(|field| flow(evidence.options.scene, at, field) == Flow::In) {
            let written = mirror.table.rows.iter().filter(|(_, row)| is_told(row, field));
            broken.extend(written.map(|(id, _)| {
                format!("O4: {field} of {}/{id} flows in only, and was written", mirror.name)
            }));
        }
    }
    broken
}

/// What we wrote into a field of the source of truth that no mirror says from which it flows in. A new record has
/// everything from the one that it is made after.
fn misled(evidence: &Evidence<'_>, field: &str) -> Vec<String> {
    let flow = |at: usize| flow(evidence.options.scene, at, field);
    let mirrors = || (0..).zip(&evidence.mirrors);
    if mirrors().all(|(at, _)| flow(at) == Flow::Both) {
        return Vec::new();
    }
    let feeding = mirrors().filter(|(at, _)| flow(*at) != Flow::Out).map(|(_, mirror)| mirror);
    let mut said: BTreeSet<String> = feeding.flat_map(|mirror| values(mirror, field)).collect();
    said.extend(restored(evidence, field));
    let untold = |version: &&Version| !said.contains(&read(version));
    let name = evidence.truth.name;
    let rows = evidence.truth.table.rows.iter();
    let written = rows.flat_map(|(id, row)| told(row, field).filter(untold).map(move |_| id));
    let written: BTreeSet<&String> = written.collect();
    let say = |id| format!("O4: {field} of {name}/{id} was written and nobody tells it who may");
    written.into_iter().map(say).collect()
}

/// What we wrote into a field of a record since it was made.
fn told<'a>(row: &'a Row, field: &'a str) -> impl Iterator<Item = &'a Version> {
    row.history
        .iter()
        .filter(move |version| version.column == field && version.by == ENGINE && version.at > row.made)
}

/// Everything that ever stood in a column of a system.
fn values<'a>(system: &Seen<'a>, column: &'a str) -> impl Iterator<Item = String> + use<'a> {
    let rows = system.table.rows.values().chain(system.table.gone.values());
    let versions = rows.flat_map(|row| &row.history);
    versions.filter(move |version| version.column == column).map(read)
}

/// What undos put back, as a person asked for.
fn restored<'a>(evidence: &'a Evidence<'_>, field: &'a str) -> impl Iterator<Item = String> + use<'a> {
    let drafts = evidence.journal.iter().map(|entry| &entry.draft);
    let own = drafts.filter(move |draft| draft.field.as_ref().is_some_and(|own| own.as_str() == field));
    let own = own.filter(|draft| draft.class.as_ref().is_some_and(restores));
    let told = own.map(|draft| bare(&draft.after.to_text().unwrap_or_default()));
    // What landed and was changed before anybody looked is journaled as not applied where no history tells.
    let sent = evidence.opened.restores.iter().filter(move |one| one.column == field);
    told.chain(sent.map(|one| bare(one.value.as_deref().unwrap_or_default())))
}

fn read(version: &Version) -> String {
    bare(version.value.as_deref().unwrap_or_default())
}

fn is_told(row: &Row, field: &str) -> bool {
    row.history.iter().any(|version| version.column == field && version.by == ENGINE)
}

#[cfg(test)]
mod tests {
    use crate::{oracles::support::Case, scene::Scene};

    /// The engine writes a field of the source of truth in a scene in which fields have authorities.
    #[track_caller]
    fn check(field: &str, value: &str, found: bool) {
        let mut case = Case::agreeing(1);
        case.options.scene = Scene::Fields;
        case.crm_set(0, "phone", "+1 (202) 555-0111");
        case.crm_set(0, "name", "Ada");
        case.book_lands("r1", "000001", field, "what was", value);
        let expected = format!("O4: {field} of book/000001 was written");
        let expected = [expected.as_str()];
        case.check(super::check, if found { &expected } else { &[] });
    }

    #[test]
    fn the_source_of_truth_is_told_only_what_flows_in_and_by_whom_it_does() {
        check("phone", "+12025550111", false);
        check("phone", "+12025550199", true);
        check("name", "Ada", true);
        check("city", "Granby", false);
    }

    #[test]
    fn a_write_against_the_direction_of_a_field_is_found() {
        let mut case = Case::agreeing(1);
        case.options.scene = Scene::Fields;
        case.crm_set(0, "phone", "+12025550111");
        case.engine_sets(0, "city", "Granby");
        case.check(super::check, &[]);
        case.engine_sets(0, "phone", "+12025550112");
        case.check(super::check, &["O4: phone of crm/000001 flows in only"]);
    }
}
