//! O13 (I-14): in a seed in which nothing goes wrong, a change of the book stands in every mirror within an
//! interval and the time of a run.

use jiff::{SignedDuration, Timestamp};

use super::{Evidence, Seen, convergence::agree, excuses, is_ours};
use crate::{
    people::PERSON,
    scene::Agreement,
    table::{Row, Version},
};

/// How long a run may take, with every wait a healthy system asks for.
const RUN: SignedDuration = SignedDuration::from_mins(10);

/// Changes that took too long.
#[must_use]
pub fn check(evidence: &Evidence<'_>) -> Vec<String> {
    if !evidence.options.is_calm() || evidence.options.caps {
        return Vec::new();
    }
    let bound = SignedDuration::from_mins(evidence.options.every_min.cast_signed()) + RUN;
    let mut broken = Vec::new();
    for mirror in &evidence.mirrors {
        let lag = SignedDuration::from_millis(mirror.options.lag_ms.cast_signed());
        // Of two records with one token a person must say whose they are, whatever becomes of them later.
        let alone = |key: &str| {
            let own = mirror.table.rows.values().filter(|row| excuses::carries(row.values.get("note"), key));
            own.count() < 2
        };
        for (key, lead) in evidence.leads().filter(|(key, _)| alone(key)) {
            broken.extend(late(evidence, mirror, (key, lead), bound + lag));
        }
    }
    broken
}

fn late(
    evidence: &Evidence<'_>,
    mirror: &Seen<'_>,
    (key, lead): (&str, &Row),
    bound: SignedDuration,
) -> Vec<String> {
    let linked = evidence.link(mirror.name, key).and_then(|link| mirror.row(link.remote.as_str()));
    let Some(record) = linked.filter(|row| is_ours(row) && !excuses::record(evidence, mirror, key)) else {
        return Vec::new();
    };
    let mut broken = Vec::new();
    for agreement in evidence
        .agreements(mirror.name)
        .iter()
        .filter(|one| !excuses::field(evidence, mirror, key, &one.field))
    {
        let edits = lead.history.iter().filter(|v| v.column == agreement.canonical && v.at > record.made);
        // After that nobody runs on time any more.
        let edits = edits.filter(|edit| edit.at + bound < evidence.calm);
        let edits = edits.filter(|edit| !is_shared(evidence, mirror, key, edit.at));
        let old = edits.map(|edit| edit.at).filter(|at| is_late(agreement, lead, record, *at, bound));
        broken.extend(old.map(|at| {
            format!(
                "O13: {} of {}/{key}, changed {at}, was not told for {bound}",
                agreement.field, mirror.name
            )
        }));
    }
    broken
}

/// Whether people had made a lead's record one with that of another lead that was there at an instant: whose it was,
/// a person had to say (I-28), whatever became of the two later.
fn is_shared(evidence: &Evidence<'_>, mirror: &Seen<'_>, key: &str, at: Timestamp) -> bool {
    let Some(link) = evidence.link(mirror.name, key) else { return false };
    let now_called = |id| mirror.table.now_called(id);
    let parts = mirror.table.gone.iter().filter(|(id, _)| now_called(id) == now_called(link.remote.as_str()));
    let notes: Vec<Option<&String>> = parts.map(|(_, row)| row.values.get("note")).collect();
    let leads = evidence.truth.table.rows.values().filter_map(|lead| lead.as_of(at));
    leads.filter(|lead| lead.archived.is_none()).any(|lead| {
        let other = lead.values.get(&evidence.terms.key).filter(|other| *other != key);
        other.is_some_and(|other| notes.iter().any(|note| excuses::carries(*note, other)))
    })
}

fn is_late(agreement: &Agreement, lead: &Row, record: &Row, at: Timestamp, bound: SignedDuration) -> bool {
    let by = at + bound;
    let disturbed = |versions: &[Version]| {
        versions.iter().any(|version| {
            version.by == PERSON && version.at > at - bound && version.at <= by && version.at != at
        })
    };
    // Only a change around which nobody else did anything can be timed.
    let (Some(then), Some(there)) = (lead.as_of(by), record.as_of(by)) else { return false };
    // What was somebody else's or put away for some of that time was none of ours to tell.
    let was_told = |row: &Row| is_ours(row) && row.archived.is_none();
    if !record.as_of(at).is_some_and(|before| was_told(&before)) || !was_told(&there) {
        return false;
    }
    !disturbed(&lead.history) && !disturbed(&record.history) && !agree(agreement, &then, &there)
}

#[cfg(test)]
mod tests {
    use super::{super::support::Case, check};
    use crate::people::PERSON;

    #[test]
    fn a_change_that_took_longer_than_an_interval_is_found() {
        let mut case = Case::agreeing(1);
        case.calm();
        case.later(3 * 3_600);
        case.book_set(0, "CITY", "City 9");
        case.later(30 * 60);
        case.engine_sets(0, "city", "City 9");
        case.check(check, &[]);
        case.later(3 * 3_600);
        case.book_set(0, "CITY", "City 10");
        case.later(2 * 3_600);
        case.engine_sets(0, "city", "City 10");
        case.check(check, &["O13: city of crm/R00001"]);
    }
    /// A lead moves after people made its record one with another lead's, and is told only long after.
    fn merged_and_late(before: impl FnOnce(&mut Case)) -> Case {
        let mut case = Case::agreeing(2);
        case.calm();
        let both = case.crm_merges(0, 1);
        before(&mut case);
        case.later(3 * 3_600);
        case.book_set(0, "CITY", "City 9");
        case.later(3 * 3_600);
        case.book.archive("000002", true, PERSON, case.now);
        case.later(30 * 60);
        case.engine_writes(&both, "city", "City 9");
        case
    }

    #[test]
    fn what_was_also_another_leads_is_timed_only_once_that_is_gone() {
        let mut case = merged_and_late(|_| {});
        case.check(check, &[]);
        case.later(3 * 3_600);
        case.book_set(0, "CITY", "City 10");
        case.later(3 * 3_600);
        case.check(check, &["O13: city of crm/R00001"]);
        let gone = |case: &mut Case| case.book.archive("000002", true, PERSON, case.now);
        merged_and_late(gone).check(check, &["O13: city of crm/R00001"]);
    }
}
