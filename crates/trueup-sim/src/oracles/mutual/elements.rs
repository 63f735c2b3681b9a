//! O2 (I-02) element by element: what a person added to a log or a set stands there until a person takes it away, or
//! makes one record of two and keeps the other one's.

use std::collections::BTreeSet;

use jiff::SignedDuration;
use trueup_core::{journal::Event, merge::Flow, undo::restores, value::Cell};

use super::{entities_of, said};
use crate::{
    oracles::{Evidence, Seen, entries, excuses},
    people::PERSON,
    scene::peers::{NOTES, TAGS, flow},
    table::{Row, Table, Version},
};

/// Every element that was lost.
#[must_use]
pub fn check(evidence: &Evidence<'_>) -> Vec<String> {
    let mut removed: BTreeSet<String> = evidence.written().flat_map(|system| removed(system.table)).collect();
    removed.extend(raced(evidence));
    let mut broken = Vec::new();
    for system in evidence.written() {
        for (id, row) in system.living() {
            for column in [TAGS, NOTES].into_iter().filter(|column| takes(evidence, system, column)) {
                let lost = lost(evidence, system, (id, row), column);
                let lost = lost.into_iter().filter(|element| !removed.contains(element));
                broken.extend(
                    lost.map(|element| format!("O2: {element} of {column} of {}/{id} was lost", system.name)),
                );
            }
        }
    }
    broken
}

/// Whether what people add there is taken up by others.
fn takes(evidence: &Evidence<'_>, system: &Seen<'_>, column: &str) -> bool {
    let at = evidence.mirrors.iter().position(|mirror| mirror.name == system.name);
    at.is_none_or(|at| flow(evidence.options.scene, at, column) != Flow::Out)
}

fn lost(
    evidence: &Evidence<'_>,
    system: &Seen<'_>,
    (id, row): (&String, &Row),
    column: &str,
) -> BTreeSet<String> {
    let stands = said(column, row);
    let own = |version: &&Version| version.by == PERSON && version.column == column;
    let written =
        row.history.iter().filter(own).filter(|version| could_be_seen(evidence, system, row, version));
    let written = written.flat_map(|version| entries(version.value.as_deref().unwrap_or_default()));
    let lost: BTreeSet<String> = written.filter(|element| !stands.contains(element)).collect();
    let entities = entities_of(evidence, system.name, id);
    let mirrors = || evidence.mirrors.iter();
    let told = entities.iter().any(|entity| {
        mirrors().any(|mirror| {
            excuses::field(evidence, mirror, entity, column) || excuses::record(evidence, mirror, entity)
        })
    });
    // A copy that is nobody's is written by nobody but people.
    if told || entities.is_empty() {
        return BTreeSet::new();
    }
    let undone: BTreeSet<String> =
        entities.iter().flat_map(|entity| taken_back(evidence, entity, column)).collect();
    lost.difference(&undone).cloned().collect()
}

/// What undos took out of a column in any copy of an entity, as a person asked for.
fn taken_back(evidence: &Evidence<'_>, entity: &str, column: &str) -> BTreeSet<String> {
    let all = |cell: &Cell| -> BTreeSet<String> { entries(&cell.to_text().unwrap_or_default()).collect() };
    let drafts = evidence.journal.iter().map(|entry| &entry.draft);
    let undone = drafts.filter(|draft| draft.class.as_ref().is_some_and(restores));
    let own = undone.filter(|draft| {
        draft.entity.as_str() == entity && draft.field.as_ref().is_some_and(|field| field.as_str() == column)
    });
    own.flat_map(|draft| all(&draft.before).difference(&all(&draft.after)).cloned().collect::<Vec<_>>())
        .collect()
}

/// What was written between our last look and our write can be neither seen nor kept where no history tells.
fn could_be_seen(evidence: &Evidence<'_>, system: &Seen<'_>, row: &Row, version: &Version) -> bool {
    let look = SignedDuration::from_millis(evidence.setup.timing().guard_age_ms.cast_signed());
    let later = row.history.iter().find(|later| later.column == version.column && later.at > version.at);
    let sent = later.filter(|later| later.by != PERSON).and_then(|later| later.sent);
    system.options.history || sent.is_none_or(|sent| version.at.duration_since(sent) <= -look)
}

/// What was written in the moment before our write landed, and stands in the journal for it (I-02).
fn raced(evidence: &Evidence<'_>) -> BTreeSet<String> {
    let drafts = evidence.journal.iter().map(|entry| &entry.draft);
    let raced =
        drafts.filter(|draft| draft.event == Event::Overwrote).filter_map(|draft| draft.before.to_text());
    raced.flat_map(|text| entries(&text).collect::<Vec<_>>()).collect()
}

/// What people took out of a set, or did not keep when they made one record of two.
fn removed(table: &Table) -> BTreeSet<String> {
    let all = |version: &Version| -> BTreeSet<String> {
        entries(version.value.as_deref().unwrap_or_default()).collect()
    };
    let mut removed = BTreeSet::new();
    for row in table.rows.values().chain(table.gone.values()) {
        let own: Vec<&Version> = row.history.iter().filter(|version| version.column == TAGS).collect();
        for (one, next) in own.iter().zip(own.iter().skip(1)).filter(|(_, next)| next.by == PERSON) {
            removed.extend(all(one).difference(&all(next)).cloned());
        }
    }
    for (id, row) in &table.gone {
        let survivor = table.rows.get(table.now_called(id));
        let stands = |column| survivor.map(|survivor| said(column, survivor)).unwrap_or_default();
        for column in [TAGS, NOTES] {
            removed.extend(said(column, row).difference(&stands(column)).cloned());
        }
    }
    removed
}
