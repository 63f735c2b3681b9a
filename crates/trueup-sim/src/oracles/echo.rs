//! O6 (I-10): between two writes of ours to one column lies a change that was not ours: in that record, or in
//! its lead.

use jiff::{SignedDuration, Timestamp};
use trueup_core::undo::restores;

use super::{Evidence, Seen, bare, excuses::carries};
use crate::table::{Row, Version, rows::ENGINE};

/// How long before a write its run may have read what it writes by, frozen and slowed down in between.
const RUN: SignedDuration = SignedDuration::from_mins(60);

/// Writes that only our own writes can have caused.
#[must_use]
pub fn check(evidence: &Evidence<'_>) -> Vec<String> {
    // What an undo takes back is asked for by a person, who writes nothing.
    if evidence.journal.iter().any(|entry| entry.draft.class.as_ref().is_some_and(restores)) {
        return Vec::new();
    }
    evidence.mirrors.iter().flat_map(|mirror| of_mirror(evidence, mirror)).collect()
}

fn of_mirror(evidence: &Evidence<'_>, mirror: &Seen<'_>) -> Vec<String> {
    let mut broken = Vec::new();
    for (id, row) in &mirror.table.rows {
        let mut columns: Vec<&str> = row.history.iter().map(|version| version.column.as_str()).collect();
        columns.sort_unstable();
        columns.dedup();
        let echoed = columns.into_iter().filter(|column| echoes(evidence, row, column));
        broken.extend(echoed.map(|column| {
            format!("O6: {column} of {}/{id} was written in answer to our own write", mirror.name)
        }));
    }
    broken
}

fn echoes(evidence: &Evidence<'_>, row: &Row, column: &str) -> bool {
    let ours = |version: &&Version| version.by == ENGINE && version.column == column;
    let writes: Vec<&Version> = row.history.iter().filter(ours).collect();
    let pairs = writes.iter().zip(writes.iter().skip(1));
    // The same value twice, however it was kept, is no answer to itself: a request was lost and sent again.
    let same = |one: &Version, next: &Version| read(one) == read(next);
    pairs.into_iter().any(|(one, next)| {
        !same(one, next)
            && !caused(evidence, row, evidence.opened.read_by(one.sent.unwrap_or(one.at), RUN), next.at)
    })
}

fn read(version: &Version) -> String {
    bare(version.value.as_deref().unwrap_or_default())
}

/// Whether somebody else changed the record or its lead between two instants.
fn caused(evidence: &Evidence<'_>, row: &Row, from: Timestamp, to: Timestamp) -> bool {
    let foreign = |version: &Version| version.by != ENGINE && version.at >= from && version.at <= to;
    let merged = row.made > from && row.made <= to;
    // A record that is linked by its address, or whose token was taken away, may be any lead's.
    let carried = |key: &String| {
        let notes = row.history.iter().filter(|version| version.column == "note");
        notes.into_iter().any(|version| carries(version.value.as_ref(), key))
    };
    let keys = || evidence.truth.table.rows.values().filter_map(|lead| lead.values.get(&evidence.terms.key));
    let nobodys = !keys().any(carried);
    let own = |lead: &&Row| nobodys || lead.values.get(&evidence.terms.key).is_some_and(carried);
    let mut leads = evidence.truth.table.rows.values().filter(own);
    merged || row.history.iter().any(foreign) || leads.any(|lead| lead.history.iter().any(foreign))
}

#[cfg(test)]
mod tests {
    use super::super::support::Case;

    #[test]
    fn a_write_that_answers_our_own_write_is_found() {
        let mut case = Case::agreeing(1);
        case.later(2 * 3_600);
        case.engine_sets(0, "city", "one");
        case.later(2 * 3_600);
        case.engine_sets(0, "city", "two");
        case.check(super::check, &["O6: city of crm/000001"]);
    }

    #[test]
    fn what_a_plan_could_not_know_that_was_read_for_hours_is_a_cause() {
        let mut case = Case::agreeing(1);
        case.shown("p1");
        case.later(600);
        case.book_set(0, "CITY", "two");
        case.later(2 * 3_600);
        case.planned("r1", "p1", "update", 1);
        case.engine_sets(0, "city", "one");
        case.later(600);
        case.engine_sets(0, "city", "two");
        case.check(super::check, &[]);
        case.opened.shown.clear();
        case.check(super::check, &["O6: city of crm/000001"]);
    }

    #[test]
    fn a_write_that_answers_a_person_is_none() {
        let mut case = Case::agreeing(1);
        case.engine_sets(0, "city", "one");
        case.later(3_600);
        case.crm_set(0, "phone", "+12025550111");
        case.engine_sets(0, "city", "two");
        case.check(super::check, &[]);
    }
}
