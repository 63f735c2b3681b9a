//! O11 (I-17, I-25): what a mishap must not lead to. While nothing can be believed nothing is written, and what no
//! system can take is sent to none.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use trueup_audit::line::{Line, Request, Verb};
use trueup_core::{journal::Event, memory::FieldKey, name::RunId};

use super::{Evidence, Seen, bare, mutual::entities_of};
use crate::{
    mishap::Mishap,
    table::{Row, Version, rows::ENGINE},
};

/// How long a run may take that began before the mishap.
const RUN: SignedDuration = SignedDuration::from_mins(90);

/// How old the look before a write may be.
const LOOK: SignedDuration = SignedDuration::from_secs(60);

/// The longest value that any column holds.
const LONGEST: usize = 65_536;

/// What was written although a mishap forbade it.
#[must_use]
pub fn check(evidence: &Evidence<'_>) -> Vec<String> {
    let Some(mishap) = evidence.options.mishap else { return Vec::new() };
    let first = || evidence.mirrors.iter().take(1);
    match mishap {
        Mishap::FilterIgnored | Mishap::ColumnGone | Mishap::KeySwapped => {
            first().flat_map(|one| written(evidence, one, |_, _, _| true)).collect()
        }
        Mishap::CutShort => {
            first().flat_map(|one| written(evidence, one, |_, row, version| version.at == row.made)).collect()
        }
        Mishap::Emptied => {
            evidence.mirrors.iter().flat_map(|one| written(evidence, one, |_, _, _| true)).collect()
        }
        Mishap::ConfigMoved => evidence.mirrors.iter().flat_map(|one| unread(evidence, one)).collect(),
        Mishap::Nameless => evidence.mirrors.iter().flat_map(nameless).collect(),
        Mishap::TooLong => every(evidence, "was sent a value that no column holds", |_, row| {
            let long = |version: &Version| version.value.as_ref().is_some_and(|text| text.len() > LONGEST);
            row.history.iter().any(|version| version.by == ENGINE && long(version))
        }),
        Mishap::NoArchive => first()
            .flat_map(|one| {
                let away = |version: &Version| version.by == ENGINE && version.column.is_empty();
                rows(one, "was put away where nothing can be", |_, row| row.history.iter().any(away))
            })
            .collect(),
        Mishap::Respelled => evidence
            .written()
            .flat_map(|one| {
                rows(one, "was told anew what it says in other words", |id, row| {
                    is_told_anew(evidence, one, (id, row))
                })
            })
            .collect(),
        Mishap::Renumbered => every(evidence, "was told another phone, which may never change", renumbered),
        Mishap::Cleared
        | Mishap::DraggedDown
        | Mishap::BothEdited
        | Mishap::Unreadable
        | Mishap::Racing
        | Mishap::Straggling => Vec::new(),
    }
}

fn every(evidence: &Evidence<'_>, what: &str, bad: impl Fn(&str, &Row) -> bool) -> Vec<String> {
    evidence.mirrors.iter().flat_map(|mirror| rows(mirror, what, &bad)).collect()
}

fn rows(mirror: &Seen<'_>, what: &str, bad: impl Fn(&str, &Row) -> bool) -> Vec<String> {
    let found = mirror.table.rows.iter().filter(|(id, row)| bad(id, row));
    found.map(|(id, _)| format!("O11: {}/{id} {what}", mirror.name)).collect()
}

/// Requests that left while nothing of the mirror could be believed, as far as they count.
fn written(
    evidence: &Evidence<'_>,
    mirror: &Seen<'_>,
    counts: impl Fn(&str, &Row, &Version) -> bool,
) -> Vec<String> {
    let Some((from, to)) = evidence.opened.trouble else { return Vec::new() };
    let within = |at: Timestamp| at > from + RUN && at < to;
    let sent = |id: &str, row: &Row| {
        let own = row.history.iter().filter(|version| version.by == ENGINE && counts(id, row, version));
        own.filter_map(|version| version.sent).any(within)
    };
    let found = mirror.table.rows.iter().filter(|(id, row)| sent(id, row));
    found
        .map(|(id, _)| format!("O11: {}/{id} was written while nothing could be believed", mirror.name))
        .collect()
}

/// What was written under a configuration of which nobody looked at the first plan. A plan that a person read, as that
/// of an undo, is carried out all the same, and nothing beside it.
fn unread(evidence: &Evidence<'_>, mirror: &Seen<'_>) -> Vec<String> {
    let opened = evidence.opened;
    let is_read = |run: &RunId| opened.plans.get(run).is_some_and(|plan| opened.read.contains(&plan.id));
    let drafts = evidence.journal.iter().map(|entry| &entry.draft);
    let landed = drafts.filter(|draft| draft.event == Event::Landed && draft.system.as_str() == mirror.name);
    let read: BTreeSet<(&str, &str, Option<String>)> = landed
        .filter(|draft| is_read(&draft.run))
        .filter_map(|draft| {
            let column = evidence.column(mirror.name, draft.column.as_deref()?);
            Some((draft.remote.as_ref()?.as_str(), column, draft.after.to_text()))
        })
        .collect();
    written(evidence, mirror, |id, _, version| !read.contains(&(id, &version.column, version.value.clone())))
}

/// Whether we wrote a value into a column of one value that differs from the one before in its spelling alone.
/// Where a person let go of a field, it is compared as on a first contact.
fn is_told_anew(evidence: &Evidence<'_>, system: &Seen<'_>, (id, row): (&str, &Row)) -> bool {
    let entities = entities_of(evidence, system.name, id);
    let own = |key: &FieldKey| key.field.as_str() == "city" && entities.contains(key.link.entity.as_str());
    if evidence.opened.let_go.iter().any(|(_, key)| own(key)) {
        return false;
    }
    let own: Vec<&Version> =
        row.history.iter().filter(|version| version.column == "city" && version.at < evidence.calm).collect();
    let read = |version: &Version| bare(version.value.as_deref().unwrap_or_default());
    own.iter().zip(own.iter().skip(1)).any(|(one, next)| {
        next.by == ENGINE && next.value != one.value && !read(next).is_empty() && read(one) == read(next)
    })
}

/// Creates that were sent without an address. What the system keeps of them is its own doing: it may drop the address.
fn nameless(mirror: &Seen<'_>) -> Vec<String> {
    let sent = mirror.table.log.lines().filter_map(|line| match line {
        Line::Request(request) if request.verb == Verb::Create => Some(request),
        _ => None,
    });
    let names = |request: &Request| {
        ["email", "more"].iter().any(|column| request.fields.get(*column).is_some_and(Option::is_some))
    };
    let nameless = sent.filter(|request| !names(request));
    nameless
        .map(|one| format!("O11: a record of {} was made without an address by {}", mirror.name, one.request))
        .collect()
}

/// Whether we wrote a phone over another one that stood there already when we looked.
fn renumbered(_: &str, row: &Row) -> bool {
    let phones: Vec<&Version> = row.history.iter().filter(|version| version.column == "phone").collect();
    let read = |version: &Version| bare(version.value.as_deref().unwrap_or_default());
    phones.iter().zip(phones.iter().skip(1)).any(|(stood, own)| {
        let known = own.sent.is_some_and(|sent| stood.at + LOOK < sent);
        own.by == ENGINE && known && !read(stood).is_empty() && read(stood) != read(own)
    })
}

#[cfg(test)]
mod tests {
    use trueup_core::memory::LinkKey;

    use super::{super::support::Case, *};

    #[test]
    fn a_write_while_nothing_can_be_believed_is_found_and_one_of_before_is_not() {
        let mut case = Case::agreeing(1);
        case.options.mishap = Some(Mishap::ColumnGone);
        case.opened.trouble = Some((case.now, case.now + SignedDuration::from_hours(5)));
        case.later(60);
        case.engine_sets(0, "city", "one");
        case.check(check, &[]);
        case.later(2 * 3_600);
        case.engine_sets(0, "city", "two");
        case.check(check, &["O11: crm/000001 was written while nothing"]);
        case.options.mishap = Some(Mishap::CutShort);
        case.check(check, &[]);
        case.engine_makes("R00002");
        case.check(check, &["O11: crm/000002 was written while nothing"]);
    }

    #[test]
    fn under_a_new_configuration_only_what_a_person_read_may_be_written() {
        let mut case = Case::agreeing(2);
        case.options.mishap = Some(Mishap::ConfigMoved);
        case.opened.trouble = Some((case.now, case.now + SignedDuration::from_hours(5)));
        case.later(2 * 3_600);
        case.planned("r1", "p1", "update", 1);
        case.engine_sets(0, "city", "Granby");
        case.journal_landed("r1", 0, "city", "City 1", "Granby");
        case.check(check, &["O11: crm/000001 was written while nothing"]);
        case.opened.read.insert("p1".to_owned());
        case.check(check, &[]);
        // What passes beside it, or after it, nobody read.
        case.planned("r2", "p2", "update", 2);
        case.engine_sets(0, "city", "Fraser");
        case.journal_landed("r2", 0, "city", "Granby", "Fraser");
        case.engine_sets(1, "city", "Granby");
        let told = ["O11: crm/000001 was written while nothing", "O11: crm/000002 was written while nothing"];
        case.check(check, &told);
        // Where nothing that is read can be believed, a person's word does not help.
        case.options.mishap = Some(Mishap::ColumnGone);
        case.check(check, &told);
    }

    #[test]
    fn what_no_system_can_take_is_found() {
        let mut case = Case::agreeing(1);
        case.options.mishap = Some(Mishap::Nameless);
        case.engine_asks_for("R00002", Some("p2@example.org"));
        case.engine_makes("R00002");
        case.check(check, &[]);
        case.engine_asks_for("R00003", None);
        case.check(check, &["O11: a record of crm was made without an address"]);
        case.options.mishap = Some(Mishap::TooLong);
        case.check(check, &[]);
        case.engine_sets(0, "city", &"x".repeat(LONGEST + 1));
        case.check(check, &["O11: crm/000001 was sent a value"]);
        case.options.mishap = Some(Mishap::NoArchive);
        case.check(check, &[]);
        case.crm.archive("000001", true, ENGINE, case.now);
        case.check(check, &["O11: crm/000001 was put away"]);
        let mut case = Case::agreeing(1);
        case.options.mishap = Some(Mishap::Renumbered);
        case.check(check, &[]);
        case.later(120);
        case.engine_sets(0, "phone", "(202) 555-0100");
        case.check(check, &[]);
        case.crm_set(0, "phone", "+12025550199");
        case.engine_sets(0, "phone", "+12025550100");
        case.check(check, &[]);
        case.later(120);
        case.engine_sets(0, "phone", "+12025550101");
        case.check(check, &["O11: crm/000001 was told another phone"]);
        let mut case = Case::agreeing(1);
        case.options.mishap = Some(Mishap::Respelled);
        case.check(check, &[]);
        case.engine_sets(0, "city", "Granby");
        case.engine_sets(0, "city", "Granby.");
        case.check(check, &["O11: crm/000001 was told anew"]);
        for (entity, found) in [("R00002", &["O11: crm/000001 was told anew"][..]), ("R00001", &[])] {
            let link = LinkKey { system: "crm".into(), entity: entity.into() };
            case.opened.let_go.push((case.now, FieldKey { link, field: "city".into() }));
            case.check(check, found);
        }
    }
}
