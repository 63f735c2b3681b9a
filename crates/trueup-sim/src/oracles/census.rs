//! O2 (I-02): a value a person wrote into a system we write stands there, in the journal, in a conflict, or was
//! overwritten by a person.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use trueup_core::value::Cell;

use super::{Evidence, Seen, bare, entries};
use crate::{
    people::PERSON,
    table::{Row, Version},
};

/// Every value that was lost.
#[must_use]
pub fn check(evidence: &Evidence<'_>) -> Vec<String> {
    let kept = kept(evidence);
    let mut broken = Vec::new();
    for mirror in evidence.written() {
        for (id, row) in mirror.table.rows.iter().chain(&mirror.table.gone) {
            let lost = row
                .history
                .iter()
                .enumerate()
                .filter(|(at, v)| is_lost(evidence, mirror, (id, row), *at, v, &kept));
            broken.extend(lost.map(|(_, version)| {
                let value = version.value.as_deref().unwrap_or_default();
                format!(
                    "O2: {} '{value}' of {}/{id} was overwritten and stands nowhere",
                    version.column, mirror.name
                )
            }));
        }
    }
    broken.sort();
    broken.dedup();
    broken
}

fn is_lost(
    evidence: &Evidence<'_>,
    mirror: &Seen<'_>,
    (id, row): (&str, &Row),
    at: usize,
    version: &Version,
    kept: &BTreeSet<String>,
) -> bool {
    let Some(value) = version.value.as_ref().filter(|_| version.by == PERSON) else { return false };
    let next = row.history.iter().skip(at + 1).find(|later| later.column == version.column);
    let Some(next) = next.filter(|next| next.by != PERSON) else { return false };
    if stands_in(next.value.as_deref(), value) || kept.contains(&bare(value)) || all_kept(value, kept) {
        return false;
    }
    if was_out_of_sight(mirror, (id, row), next) {
        return false;
    }
    // Where no history tells, what was written between our last look and our write can be neither seen nor
    // kept (RELIABILITY.md 2.1).
    let look = SignedDuration::from_millis(evidence.setup.timing().guard_age_ms.cast_signed());
    let unseen = next.sent.is_some_and(|sent| version.at.duration_since(sent) > -look);
    is_told(mirror, id, next) || !unseen
}

/// Whether a record was put away for good before any answer told of it again, with its history: what is away shows
/// nothing, and so what our write did there is seen by nobody before it comes back (RELIABILITY.md 2.1). A portal does not
/// tell of which records it answered.
pub(super) fn was_out_of_sight(mirror: &Seen<'_>, (id, row): (&str, &Row), since: &Version) -> bool {
    let from = row.hidden.unwrap_or(since.at).max(since.at);
    let told = mirror.table.told.get(id).filter(|_| mirror.portal.is_none());
    let told = if mirror.portal.is_some() { Some(&mirror.table.answered) } else { told };
    let saw = |away: Timestamp| told.into_iter().flatten().any(|looked| (from..away).contains(looked));
    row.archived.is_some_and(|away| !saw(away))
}

/// Whether a history tells of a version of a row to whoever asks for that row: of two rows that were merged, the first
/// one's goes on. Whether it could be read before the merge is for the auditor to say, who knows the order of things (A6).
fn is_told(mirror: &Seen<'_>, id: &str, version: &Version) -> bool {
    let now = mirror.table.rows.get(mirror.table.now_called(id));
    mirror.options.history && now.is_none_or(|row| row.history.contains(version))
}

/// Whether a value is what stands there, or each of its entries is one of those that do.
fn stands_in(now: Option<&str>, value: &str) -> bool {
    let now = now.unwrap_or_default();
    let held: BTreeSet<String> = entries(now).chain([bare(now)]).collect();
    held.contains(&bare(value)) || all_kept(value, &held)
}

/// Whether a list is kept: each of its entries is.
fn all_kept(value: &str, kept: &BTreeSet<String>) -> bool {
    entries(value).all(|entry| kept.contains(&entry))
}

fn kept(evidence: &Evidence<'_>) -> BTreeSet<String> {
    let journaled = evidence.journal.iter().flat_map(|entry| [&entry.draft.before, &entry.draft.after]);
    let claims =
        evidence.memory.conflicts.values().flat_map(|conflict| &conflict.claims).map(|claim| &claim.cell);
    let texts: Vec<String> = journaled.chain(claims).filter_map(Cell::to_text).collect();
    let standing = evidence.mirrors.iter().flat_map(|mirror| mirror.table.rows.values());
    let standing = standing.chain(evidence.truth.table.rows.values()).flat_map(|row| row.values.values());
    let all = texts.iter().chain(standing);
    all.flat_map(|text| entries(text).chain([bare(text)])).collect()
}

#[cfg(test)]
mod tests {
    use super::super::support::Case;
    use crate::people::PERSON;

    #[test]
    fn a_value_that_we_overwrote_and_that_stands_nowhere_is_lost() {
        let mut case = Case::agreeing(2);
        case.crm_set(0, "city", "Loveland");
        case.check(super::check, &[]);
        case.engine_sets(0, "city", "City 1");
        case.check(super::check, &["O2: city 'Loveland'"]);
        case.journal_overwrote(0, "city", "Loveland");
        case.check(super::check, &[]);
    }

    #[test]
    fn what_was_overwritten_in_a_record_is_excused_only_where_that_was_put_away_for_good_before_we_could_look()
     {
        for (asked, back, lost) in [(false, false, false), (true, false, true), (false, true, true)] {
            let mut case = Case::agreeing(1);
            case.crm_set(0, "city", "Loveland");
            case.engine_sets(0, "city", "City 1");
            case.later(1);
            if asked {
                case.answered();
            }
            case.later(1);
            for away in [Some(true), Some(false).filter(|_| back)].into_iter().flatten() {
                case.crm.archive("000001", away, PERSON, case.now);
            }
            let expected: &[&str] = if lost { &["O2: city 'Loveland'"] } else { &[] };
            case.check(super::check, expected);
        }
    }

    #[test]
    fn what_was_overwritten_in_a_record_that_nothing_told_of_until_it_was_put_away_nobody_saw() {
        let mut case = Case::agreeing(1);
        case.crm_set(0, "city", "Loveland");
        case.engine_sets(0, "city", "City 1");
        case.later(1);
        case.answered();
        case.later(1);
        case.crm.archive("000001", true, PERSON, case.now);
        case.check(super::check, &["O2: city 'Loveland'"]);
        case.crm.rows.get_mut("000001").unwrap().hidden = Some(case.now);
        case.check(super::check, &[]);
        // Nor where only others were asked about.
        case.crm.rows.get_mut("000001").unwrap().hidden = None;
        case.crm.told.remove("000001");
        case.check(super::check, &[]);
    }

    #[test]
    fn a_value_stands_as_a_whole_or_as_entries_and_never_as_a_part_of_another() {
        for (theirs, ours, lost) in [
            ("Vail 1", "Vail 12", true),
            ("Vail 1", "vail-1.", false),
            ("tag1;tag2", "tag2;tag3;tag1", false),
            ("tag1;tag2", "tag2;tag11", true),
        ] {
            let mut case = Case::agreeing(1);
            case.crm_set(0, "more", theirs);
            case.engine_sets(0, "more", ours);
            case.engine_sets(0, "more", "nothing of the sort");
            let expected: &[&str] = if lost { &["O2: more"] } else { &[] };
            case.check(super::check, expected);
        }
    }

    #[test]
    fn what_no_history_tells_is_excused_only_where_nobody_could_see_it() {
        let mut case = Case::agreeing(1);
        case.mirror.history = false;
        case.crm_set(0, "city", "Loveland");
        case.engine_sets(0, "city", "City 1");
        case.check(super::check, &[]);
        case.crm_set(0, "phone", "+12025559999");
        case.later(60);
        case.engine_sets(0, "phone", "+12025550101");
        case.check(super::check, &["O2: phone"]);
    }

    #[test]
    fn what_a_merge_took_away_is_excused_only_where_nobody_could_see_it() {
        let merged = |seconds: i64, first: usize| {
            let mut case = Case::agreeing(2);
            case.crm_set(0, "city", "Loveland");
            case.later(seconds);
            case.engine_sets(0, "city", "City 1");
            case.crm_merges(first, 1 - first);
            case
        };
        merged(0, 1).check(super::check, &[]);
        // The history of the first goes on in what the two became, and names it there as well.
        merged(0, 0).check(super::check, &["O2: city 'Loveland'", "O2: city 'Loveland'"]);
        merged(60, 1).check(super::check, &["O2: city 'Loveland'"]);
    }
}
