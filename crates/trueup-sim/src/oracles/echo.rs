//! O6 (I-10): the writes that we send for a column have a budget, and it is what others do. Each time we write another
//! value than we wrote before, somebody else did something of its own in between: they changed that column in that record
//! or what it is told from in its lead, they changed whose the record is, or they had something put back. One act of
//! theirs pays for one such write; between two of our own values, back and forth, lies nobody who pays.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use trueup_core::memory::FieldKey;

use super::{Evidence, Seen, bare, excuses::carries};
use crate::{
    store::RestoreSeen,
    table::{
        Row, Version,
        rows::{ENGINE, WHOLE},
    },
};

/// How long before a write its run may have read what it writes by, frozen and slowed down in between.
pub(super) const RUN: SignedDuration = SignedDuration::from_mins(60);

/// Columns that say whose a record is, and whether it is ours to write.
const WHOSE: [&str; 6] = [WHOLE, "owner", "note", "ext", "email", "more"];

/// Writes that only our own writes can have caused.
#[must_use]
pub fn check(evidence: &Evidence<'_>) -> Vec<String> {
    evidence.mirrors.iter().flat_map(|mirror| of_mirror(evidence, mirror)).collect()
}

fn of_mirror(evidence: &Evidence<'_>, mirror: &Seen<'_>) -> Vec<String> {
    let read_by = |sent| evidence.opened.read_by(sent, RUN);
    let mut broken = Vec::new();
    for (id, row) in &mirror.table.rows {
        // What people made of two records has one's history, of which another lead was the cause.
        for (column, rewrites) in rewrites(row, row.made, read_by) {
            let causes = causes(evidence, mirror, (id, row), column);
            broken.extend(unpaid(rewrites, causes).first().map(|write| said(write, column, mirror.name, id)));
        }
    }
    broken
}

/// A write of another value than we had written to that column before.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rewrite<'a> {
    /// The write.
    pub(super) next: &'a Version,
    /// From when on its cause may lie.
    from: Timestamp,
    /// Until when: it had not left yet.
    to: Timestamp,
}

/// The rewrites of each column of a row since an instant.
pub(super) fn rewrites(
    row: &Row,
    since: Timestamp,
    read_by: impl Fn(Timestamp) -> Timestamp,
) -> BTreeMap<&str, Vec<Rewrite<'_>>> {
    let mut last: BTreeMap<&str, &Version> = BTreeMap::new();
    let mut found: BTreeMap<&str, Vec<Rewrite<'_>>> = BTreeMap::new();
    for next in row.history.iter().filter(|version| version.by == ENGINE && version.at >= since) {
        let before = last.insert(&next.column, next);
        // The same value twice, however it was kept, is no answer to itself: a request was lost and sent again.
        let Some(one) = before.filter(|one| read(one) != read(next)) else { continue };
        let (from, to) = (read_by(left(one)), left(next));
        found.entry(&next.column).or_default().push(Rewrite { next, from, to });
    }
    found
}

fn left(version: &Version) -> Timestamp {
    version.sent.unwrap_or(version.at)
}

fn read(version: &Version) -> String {
    bare(version.value.as_deref().unwrap_or_default())
}

/// The rewrites for which nobody pays: each act pays for one, and for the one that has to be paid first.
pub(super) fn unpaid(mut rewrites: Vec<Rewrite<'_>>, mut causes: Vec<Timestamp>) -> Vec<Rewrite<'_>> {
    causes.sort_unstable();
    for at in causes {
        let open = rewrites.iter().enumerate().filter(|(_, write)| write.from <= at && at <= write.to);
        if let Some((paid, _)) = open.min_by_key(|(_, write)| write.to) {
            rewrites.remove(paid);
        }
    }
    rewrites
}

/// What is said of a rewrite for which nobody pays.
pub(super) fn said(write: &Rewrite<'_>, column: &str, system: &str, id: &str) -> String {
    let at = write.next.at;
    format!("O6: {column} of {system}/{id} was written in answer to our own write, at {at}")
}

/// When somebody else did something for which a column of a record may have to be written once.
fn causes(
    evidence: &Evidence<'_>,
    mirror: &Seen<'_>,
    (id, row): (&str, &Row),
    column: &str,
) -> Vec<Timestamp> {
    let agreements = evidence.agreements(mirror.name).iter().filter(|agreement| agreement.mirror == column);
    let told: Vec<&str> = agreements.map(|agreement| agreement.canonical.as_str()).collect();
    let its_own = |name: &str| name == column || WHOSE.contains(&name);
    let ledger = evidence.terms.ledger();
    // Of what an expression computes nobody but the engine can tell from what.
    let computed = told.is_empty();
    let of_lead = |name: &str| {
        computed
            || told.contains(&name)
            || [WHOLE, &evidence.terms.key].contains(&name)
            || ledger == Some(name)
    };
    let mut causes: Vec<Timestamp> = foreign(row, its_own).chain([row.made]).collect();
    causes.extend(leads(evidence, mirror, (id, row)).into_iter().flat_map(|lead| foreign(lead, of_lead)));
    let put_back = put_back(evidence, mirror, id, column);
    together(causes, put_back.chain(let_go(evidence, mirror, id, column)))
}

/// What others did and what they had put back, each act once: two of a kind at one instant are one seen twice.
pub(super) fn together(
    acts: impl IntoIterator<Item = Timestamp>,
    put_back: impl IntoIterator<Item = Timestamp>,
) -> Vec<Timestamp> {
    let (acts, put_back): (BTreeSet<Timestamp>, BTreeSet<Timestamp>) =
        (acts.into_iter().collect(), put_back.into_iter().collect());
    acts.into_iter().chain(put_back).collect()
}

/// When somebody else changed such columns of a row.
pub(super) fn foreign<'a>(
    row: &'a Row,
    of: impl Fn(&str) -> bool + 'a,
) -> impl Iterator<Item = Timestamp> + 'a {
    let own = move |version: &&Version| version.by != ENGINE && of(&version.column);
    row.history.iter().filter(own).map(|version| version.at)
}

/// The leads a record may be of: those that it names, or that what it was made of names. What is linked by its address,
/// or whose token was taken away, may be any lead's.
fn leads<'a>(evidence: &'a Evidence<'_>, mirror: &Seen<'_>, (id, row): (&str, &Row)) -> Vec<&'a Row> {
    let table = mirror.table;
    let became = |was: &String| was.as_str() != id && table.now_called(was) == id;
    let parts = table.gone.iter().filter(|(was, _)| became(was)).map(|(_, part)| part);
    let all = || evidence.truth.table.rows.values();
    let mut leads = Vec::new();
    for part in parts.chain([row]) {
        let notes: Vec<&Version> = part.history.iter().filter(|version| version.column == "note").collect();
        let carried = |key: &String| notes.iter().any(|version| carries(version.value.as_ref(), key));
        let named = |lead: &&Row| lead.values.get(&evidence.terms.key).is_some_and(carried);
        let before = leads.len();
        leads.extend(all().filter(named));
        if leads.len() == before {
            return all().collect();
        }
    }
    leads
}

/// When a column of a record was about to be put back, as a person had asked for, who writes nothing.
fn put_back(
    evidence: &Evidence<'_>,
    mirror: &Seen<'_>,
    id: &str,
    column: &str,
) -> impl Iterator<Item = Timestamp> {
    let is_it = move |one: &&RestoreSeen| {
        let remote = one.remote.as_ref().map(|remote| mirror.table.now_called(remote.as_str()));
        let put_back = evidence.column(mirror.name, &one.column);
        let concerns = put_back == column || WHOSE.contains(&put_back);
        one.system.as_str() == mirror.name && concerns && remote.is_none_or(|remote| remote == id)
    };
    evidence.opened.restores.iter().filter(is_it).map(|one| one.at)
}

/// When a person let go of what an undo held in a record, so that a column of it may be written again.
fn let_go(
    evidence: &Evidence<'_>,
    mirror: &Seen<'_>,
    id: &str,
    column: &str,
) -> impl Iterator<Item = Timestamp> {
    let concerns = |own: &str| own == column || WHOSE.contains(&own);
    let own = evidence.agreements(mirror.name).iter().filter(|agreement| concerns(&agreement.mirror));
    let fields: BTreeSet<&str> = own.map(|agreement| agreement.field.as_str()).collect();
    let is_it = move |key: &FieldKey| {
        let link = evidence.link(mirror.name, key.link.entity.as_str());
        key.link.system.as_str() == mirror.name
            && fields.contains(key.field.as_str())
            && link.is_none_or(|link| mirror.table.now_called(link.remote.as_str()) == id)
    };
    evidence.opened.let_go.iter().filter(move |(_, key)| is_it(key)).map(|(at, _)| *at)
}

#[cfg(test)]
mod tests {
    use super::{super::support::Case, *};

    const CITY: &str = "O6: city of crm/000001";

    #[test]
    fn a_write_that_answers_our_own_write_is_found() {
        let mut case = Case::agreeing(1);
        case.later(2 * 3_600);
        case.engine_sets(0, "city", "one");
        case.later(2 * 3_600);
        case.engine_sets(0, "city", "two");
        case.check(super::check, &[CITY]);
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
        case.check(super::check, &[CITY]);
    }

    #[test]
    fn a_write_that_answers_a_person_is_none_whether_they_wrote_there_or_in_the_lead() {
        for by_lead in [false, true] {
            let mut case = Case::agreeing(1);
            case.later(2 * 3_600);
            case.engine_sets(0, "city", "one");
            case.later(2 * 3_600);
            if by_lead {
                case.book_set(0, "CITY", "two");
            } else {
                case.crm_set(0, "city", "theirs");
            }
            case.engine_sets(0, "city", "two");
            case.check(super::check, &[]);
        }
    }

    #[test]
    fn what_people_made_of_two_may_be_of_the_lead_of_either() {
        let check = |unnamed: Option<&str>, edited: usize, found: bool| {
            let mut case = Case::agreeing(3);
            if let Some(row) = unnamed.and_then(|id| case.crm.rows.get_mut(id)) {
                row.history.retain(|version| version.column != "note");
            }
            let id = case.crm_merges(0, 1);
            case.later(2 * 3_600);
            case.engine_writes(&id, "city", "one");
            case.later(2 * 3_600);
            case.book_set(edited, "CITY", "two");
            case.engine_writes(&id, "city", "two");
            let said = [format!("O6: city of crm/{id}")];
            let said: Vec<&str> = said.iter().filter(|_| found).map(String::as_str).collect();
            case.check(super::check, &said);
        };
        check(None, 0, false);
        check(None, 1, false);
        check(None, 2, true);
        check(Some("000001"), 2, false);
        check(Some("000002"), 2, false);
    }

    #[test]
    fn what_people_did_to_another_field_pays_for_nothing_and_what_they_did_to_the_record_does() {
        for (column, found) in [("phone", true), ("owner", false), ("note", false)] {
            let mut case = Case::agreeing(1);
            case.later(2 * 3_600);
            case.engine_sets(0, "city", "one");
            case.later(2 * 3_600);
            case.crm_set(0, column, "ours ID:R00001");
            case.book_set(0, "PHONE", "+12025550112");
            case.engine_sets(0, "city", "two");
            case.check(super::check, if found { &[CITY] } else { &[] });
        }
    }

    #[test]
    fn one_edit_pays_for_one_write_and_not_for_going_back_and_forth() {
        let mut case = Case::agreeing(1);
        case.later(2 * 3_600);
        case.engine_sets(0, "city", "one");
        case.book_set(0, "CITY", "two");
        case.engine_sets(0, "city", "two");
        case.check(super::check, &[]);
        case.engine_sets(0, "city", "one");
        case.check(super::check, &[CITY]);
        case.book_set(0, "CITY", "three");
        case.check(super::check, &[CITY]);
        case.later(2 * 3_600);
        case.engine_sets(0, "city", "three");
        case.check(super::check, &[CITY]);
    }

    #[test]
    fn what_a_person_did_after_a_write_had_left_did_not_cause_it() {
        let mut case = Case::agreeing(1);
        case.later(2 * 3_600);
        case.engine_sets(0, "city", "one");
        case.engine_sets(0, "city", "two");
        case.crm_set(0, "city", "theirs");
        case.check(super::check, &[CITY]);
    }

    #[test]
    fn what_somebody_had_put_back_pays_for_that_column_of_that_record() {
        for (column, remote, found) in
            [("city", "000001", false), ("phone", "000001", true), ("city", "000002", true)]
        {
            let mut case = Case::agreeing(2);
            case.later(2 * 3_600);
            case.engine_sets(0, "city", "one");
            case.later(2 * 3_600);
            let (at, column) = (case.now, column.to_owned());
            let (system, entity, remote) = ("crm".into(), "R00001".into(), Some(remote.into()));
            let seen = RestoreSeen { at, system, entity, remote, column, value: None };
            case.opened.restores.push(seen);
            // It was made anew since: whose record it is now says nothing of then.
            case.link("R00001", "000002");
            case.engine_sets(0, "city", "City 1");
            case.check(super::check, if found { &[CITY] } else { &[] });
        }
    }

    #[test]
    fn what_was_put_back_and_what_was_said_at_the_same_instant_are_two_acts() {
        let at = |second: i64| Timestamp::from_second(second).unwrap();
        assert_eq!(together([at(1), at(1), at(2)], [at(1), at(1)]).len(), 3);
    }

    #[test]
    fn an_act_pays_for_the_write_that_has_to_be_paid_first() {
        let minute = |minute: i64| Timestamp::from_second(minute * 60).unwrap();
        let version = |to: i64| Version {
            column: "city".into(),
            value: None,
            at: minute(to),
            by: ENGINE.into(),
            sent: None,
        };
        let versions = [version(5), version(9)];
        let rewrite = |(at, from): (usize, i64)| {
            let next = &versions[at];
            Rewrite { next, from: minute(from), to: next.at }
        };
        let unpaid = |causes: &[i64]| {
            let left = super::unpaid(
                [(1, 0), (0, 0)].map(rewrite).into(),
                together(causes.iter().copied().map(minute), []),
            );
            left.iter().map(|one| one.next.at.as_second() / 60).collect::<Vec<_>>()
        };
        assert!(unpaid(&[3, 8]).is_empty());
        assert!(unpaid(&[3, 4]).is_empty());
        assert_eq!(unpaid(&[3, 3]), [9], "what was done at once was done once");
        assert_eq!(unpaid(&[8]), [5]);
        assert_eq!(unpaid(&[10]), [9, 5]);
    }
}
