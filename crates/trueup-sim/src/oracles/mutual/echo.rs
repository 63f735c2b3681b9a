//! O6 (I-10) where every system is edited: between two writes of ours to one column lies a change of somebody else in
//! one of the copies of that entity.

use jiff::{SignedDuration, Timestamp};
use trueup_core::undo::restores;

use super::{cluster, entities_of};
use crate::{
    oracles::{Evidence, Seen, bare},
    table::{Row, Version, rows::ENGINE},
};

/// How long before a write its run may have read what it writes by, frozen and slowed down in between.
const RUN: SignedDuration = SignedDuration::from_mins(60);

/// Writes that only our own writes can have caused.
#[must_use]
pub fn check(evidence: &Evidence<'_>) -> Vec<String> {
    // What an undo takes back is asked for by a person, who writes nothing.
    if evidence.journal.iter().any(|entry| entry.draft.class.as_ref().is_some_and(restores)) {
        return Vec::new();
    }
    evidence.written().flat_map(|system| of_system(evidence, system)).collect()
}

fn of_system(evidence: &Evidence<'_>, system: &Seen<'_>) -> Vec<String> {
    let mut broken = Vec::new();
    for (id, row) in &system.table.rows {
        let mut columns: Vec<&str> = row.history.iter().map(|version| version.column.as_str()).collect();
        columns.sort_unstable();
        columns.dedup();
        // What one system could not be asked for is heard a cycle later, and told on in the next.
        let cycle = SignedDuration::from_mins(evidence.options.every_min.cast_signed());
        let read_by = |sent| evidence.opened.read_by(sent, RUN) - cycle - cycle;
        let of_row = answers(row, &columns, read_by);
        if of_row.is_empty() {
            continue;
        }
        let entities = entities_of(evidence, system.name, id);
        let copies: Vec<&Row> = entities.iter().flat_map(|entity| cluster(evidence, entity)).collect();
        let echoed = of_row.into_iter().filter(|(_, from, to)| !caused(&copies, *from, *to));
        broken.extend(echoed.filter(|_| !copies.is_empty()).map(|(column, ..)| {
            format!("O6: {column} of {}/{id} was written in answer to our own write", system.name)
        }));
    }
    broken
}

/// Columns we wrote twice in a row with two values, and between which instants the cause must lie.
fn answers<'a>(
    row: &Row,
    columns: &[&'a str],
    read_by: impl Fn(Timestamp) -> Timestamp,
) -> Vec<(&'a str, Timestamp, Timestamp)> {
    let mut found = Vec::new();
    for column in columns {
        // What people made of two records has one's history, of which the other entity was the cause.
        let ours =
            |version: &&Version| version.by == ENGINE && version.column == *column && version.at >= row.made;
        let writes: Vec<&Version> = row.history.iter().filter(ours).collect();
        for (one, next) in writes.iter().zip(writes.iter().skip(1)) {
            if read(one) != read(next) {
                found.push((*column, read_by(one.sent.unwrap_or(one.at)), next.at));
            }
        }
    }
    found
}

fn read(version: &Version) -> String {
    bare(version.value.as_deref().unwrap_or_default())
}

/// Whether somebody else changed one of the copies between two instants, or it came to be one.
fn caused(copies: &[&Row], from: Timestamp, to: Timestamp) -> bool {
    let within = |at: Timestamp| at >= from && at <= to;
    let foreign = |version: &Version| version.by != ENGINE && within(version.at);
    copies.iter().any(|row| within(row.made) || row.history.iter().any(foreign))
}
