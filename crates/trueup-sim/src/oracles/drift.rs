//! O13 (I-14): in a seed in which nothing goes wrong, what a person changed stands in every system that is to have it
//! within an interval and the time of a run. Where every system is edited: [`mutual::drift`].

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use super::{Evidence, Seen, convergence::agree, excuses, is_ours, mutual};
use crate::{
    people::PERSON,
    table::{Row, Version},
};

/// How long a run may take, with every wait a healthy system asks for.
const RUN: SignedDuration = SignedDuration::from_mins(10);

/// An edit of a person around which nobody else did anything, so that it can be timed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timed {
    /// The field, and where it was to arrive.
    pub what: String,
    /// When it was done.
    pub at: Timestamp,
    /// After what time both sides agreed and went on to; nothing, if that was later than it may be.
    pub took: Option<SignedDuration>,
}

/// Changes that took too long.
#[must_use]
pub fn check(evidence: &Evidence<'_>) -> Vec<String> {
    let late = timed(evidence).into_iter().filter(|timed| timed.took.is_none());
    late.map(|timed| format!("O13: {}, changed {}, was not told in time", timed.what, timed.at)).collect()
}

/// Every edit that can be timed; none where something goes wrong, or where limits may halt a run.
#[must_use]
pub fn timed(evidence: &Evidence<'_>) -> Vec<Timed> {
    if !evidence.options.is_calm() || evidence.options.caps {
        return Vec::new();
    }
    let bound = SignedDuration::from_mins(evidence.options.every_min.cast_signed()) + RUN;
    if evidence.options.scene.is_mutual() {
        return mutual::drift::timed(evidence, bound + lag(evidence.written()));
    }
    evidence.mirrors.iter().flat_map(|mirror| of_mirror(evidence, mirror, bound + lag([mirror]))).collect()
}

/// By how much the slowest of some systems lags behind.
fn lag<'a>(systems: impl IntoIterator<Item = &'a Seen<'a>>) -> SignedDuration {
    let slowest = systems.into_iter().map(|system| system.options.lag_ms).max();
    SignedDuration::from_millis(slowest.unwrap_or_default().cast_signed())
}

fn of_mirror(evidence: &Evidence<'_>, mirror: &Seen<'_>, bound: SignedDuration) -> Vec<Timed> {
    // Of two records with one token a person must say whose they are, whatever becomes of them later.
    let table = mirror.table;
    let alone = |key: &str| {
        let own = |(_, row): &(&String, &Row)| excuses::carries(row.values.get("note"), key);
        let all = table.rows.iter().chain(&table.gone).filter(own);
        all.map(|(id, _)| table.now_called(id)).collect::<BTreeSet<_>>().len() < 2
    };
    let leads = evidence.leads().filter(|(key, _)| alone(key));
    leads.flat_map(|lead| of_lead(evidence, mirror, lead, bound)).collect()
}

fn of_lead(
    evidence: &Evidence<'_>,
    mirror: &Seen<'_>,
    (key, lead): (&str, &Row),
    bound: SignedDuration,
) -> Vec<Timed> {
    let linked = evidence.link(mirror.name, key).and_then(|link| mirror.row(link.remote.as_str()));
    let Some(record) = linked.filter(|row| is_ours(row) && !excuses::record(evidence, mirror, key)) else {
        return Vec::new();
    };
    let mut all = Vec::new();
    for agreement in evidence
        .agreements(mirror.name)
        .iter()
        .filter(|one| !excuses::field(evidence, mirror, key, &one.field))
    {
        let edits = lead.history.iter().filter(|v| v.column == agreement.canonical && v.at > record.made);
        // After that nobody runs on time any more.
        let edits = edits.map(|edit| edit.at).filter(|at| *at + bound < evidence.calm);
        let edits = edits.filter(|at| !is_shared(evidence, mirror, key, *at));
        let edits = edits.filter(|at| can_be_timed([lead, record], *at, bound));
        all.extend(edits.map(|at| Timed {
            what: format!("{} of {}/{key}", agreement.field, mirror.name),
            at,
            took: took([lead, record], (at, at + bound), |lead, record| agree(agreement, lead, record)),
        }));
    }
    all
}

/// After what time from an instant on two copies agreed and went on to until another.
pub(super) fn took(
    [ours, theirs]: [&Row; 2],
    (at, by): (Timestamp, Timestamp),
    agree: impl Fn(&Row, &Row) -> bool,
) -> Option<SignedDuration> {
    let versions = ours.history.iter().chain(&theirs.history).map(|version| version.at);
    let instants: BTreeSet<Timestamp> = versions.filter(|one| *one > at && *one <= by).chain([at]).collect();
    let mut since = None;
    for instant in instants {
        let agrees = ours
            .as_of(instant)
            .zip(theirs.as_of(instant))
            .is_some_and(|(ours, theirs)| agree(&ours, &theirs));
        since = agrees.then(|| since.unwrap_or(instant));
    }
    since.map(|since| since.duration_since(at))
}

/// Whether somebody else did something with a copy around an instant.
pub(super) fn is_disturbed(row: &Row, at: Timestamp, bound: SignedDuration) -> bool {
    let around = |version: &Version| version.at > at - bound && version.at <= at + bound && version.at != at;
    row.history.iter().any(|version| version.by == PERSON && around(version))
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

/// Only a change around which nobody else did anything can be timed, and of a record that was ours all the time: what
/// was somebody else's or put away for some of it was none of ours to tell.
fn can_be_timed([lead, record]: [&Row; 2], at: Timestamp, bound: SignedDuration) -> bool {
    let was_told = |at| record.as_of(at).is_some_and(|row| is_ours(&row) && row.archived.is_none());
    lead.as_of(at).is_some()
        && was_told(at)
        && was_told(at + bound)
        && ![lead, record].into_iter().any(|row| is_disturbed(row, at, bound))
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

    #[test]
    fn of_two_records_with_one_token_neither_is_timed_also_where_one_became_another() {
        for (carried, found) in [("ID:R00001", false), ("ID:R00002", true)] {
            let mut case = Case::agreeing(3);
            case.calm();
            case.crm_set(0, "note", "ID:R00001");
            case.crm_set(1, "note", carried);
            case.later(3 * 3_600);
            case.book_set(0, "CITY", "City 9");
            case.later(3 * 3_600);
            case.crm_merges(2, 1);
            case.engine_sets(0, "city", "City 9");
            case.check(check, if found { &["O13: city of crm/R00001"] } else { &[] });
        }
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
