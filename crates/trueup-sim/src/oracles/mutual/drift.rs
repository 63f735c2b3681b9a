//! O13 (I-14) where every system is edited: what a person changes in one copy of somebody is what all of them say within
//! an interval and the time of a run; and where the copy only receives, what the source of truth says stands there again.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use trueup_core::merge::Flow;

use super::{cluster, convergence::is_their_own, placed, said, says, sharing};
use crate::{
    oracles::{
        Evidence, Seen,
        drift::{Timed, is_disturbed, took},
        excuses,
    },
    people::PERSON,
    scene::peers::{FIELDS, flow},
    table::{Row, Version},
};

/// Somebody with a copy in a mirror.
struct Copied<'a> {
    at: usize,
    mirror: &'a Seen<'a>,
    entity: &'a str,
    ours: &'a Row,
    theirs: &'a Row,
    /// Every copy there ever was, with the position of its mirror.
    all: Vec<(Option<usize>, &'a Row)>,
    /// The same, and those of whoever shares one of them: once the other is gone, that one is heard.
    near: Vec<&'a Row>,
}

/// Every edit of a person that can be timed, by where it was to arrive.
pub(in crate::oracles) fn timed(evidence: &Evidence<'_>, bound: SignedDuration) -> Vec<Timed> {
    let mut timed = Vec::new();
    for (at, mirror) in evidence.mirrors.iter().enumerate() {
        for (entity, ours) in evidence.truth.living() {
            let Some(theirs) = copy(evidence, mirror, entity) else { continue };
            let all = placed(evidence, entity);
            let entities = sharing(evidence, &[entity.as_str()].into());
            let near = entities.into_iter().flat_map(|entity| cluster(evidence, entity)).collect();
            let copied = Copied { at, mirror, entity, ours, theirs, all, near };
            timed.extend(FIELDS.iter().flat_map(|field| of_field(evidence, &copied, field, bound)));
        }
    }
    timed
}

/// The record of somebody in a mirror, where nothing is told of the whole and it never became one with another's.
fn copy<'a>(evidence: &'a Evidence<'_>, mirror: &'a Seen<'_>, entity: &str) -> Option<&'a Row> {
    let link = evidence.link(mirror.name, entity)?;
    let now = mirror.table.now_called(link.remote.as_str());
    let others = evidence.memory.links.values().filter(|other| other.system == link.system);
    let mut others = others.filter(|other| other.entity != link.entity);
    let shared = others.any(|other| mirror.table.now_called(other.remote.as_str()) == now);
    mirror.row(now).filter(|_| !shared && !excuses::record(evidence, mirror, entity))
}

fn of_field(evidence: &Evidence<'_>, copied: &Copied<'_>, field: &str, bound: SignedDuration) -> Vec<Timed> {
    let Copied { at, mirror, entity, ours, theirs, all, near: _ } = copied;
    // Whoever was asked for a decision may have waited for it, whatever became of the question.
    let mut asked = evidence.opened.conflicts.iter();
    let asked = asked.any(|key| key.link.entity.as_str() == *entity && key.field.as_str() == field);
    if asked || excuses::field(evidence, mirror, entity, field) {
        return Vec::new();
    }
    let flow = flow(evidence.options.scene, *at, field);
    let agree = |ours: &Row, theirs: &Row| {
        said(field, ours) == said(field, theirs) || is_their_own(flow, field, ours)
    };
    let edits = all.iter().flat_map(|copy| copy.1.history.iter().map(move |version| (copy, version)));
    // What a record was made with is no edit of it.
    let edits =
        edits.filter(|(copy, edit)| edit.by == PERSON && edit.column == field && edit.at > copy.1.made);
    let edits = edits.filter(|(copy, edit)| says_something_else(copy.1, edit));
    // After that nobody runs on time any more.
    let edits = edits.filter(|(_, edit)| edit.at + bound < evidence.calm);
    let edits = edits.filter(|(_, edit)| can_be_timed(copied, edit.at, bound));
    let edits = edits.filter(|(copy, _)| is_own(evidence, copied, **copy));
    let timed = edits.map(|(copy, edit)| {
        let wanted = wanted(evidence, ours, *copy, (field, edit.at));
        Timed {
            what: format!("{field} of {}/{entity}", mirror.name),
            at: edit.at,
            took: took([ours, theirs], (edit.at, edit.at + bound), |ours, theirs| {
                agree(ours, theirs) && said(field, ours) == wanted
            }),
        }
    });
    timed.collect()
}

/// Whether an edit says something else than what stood there: who spells a value in another way moves nobody.
fn says_something_else(row: &Row, edit: &Version) -> bool {
    let mut before =
        row.history.iter().filter(|version| version.column == edit.column && version.at < edit.at);
    let read = |version: &Version| says(&version.column, version.value.as_deref().unwrap_or_default());
    before.next_back().is_none_or(|before| read(before) != read(edit))
}

/// Whether a copy is the one that its system has of somebody, and nothing is told of it: nobody hears another one.
fn is_own(evidence: &Evidence<'_>, copied: &Copied<'_>, (place, row): (Option<usize>, &Row)) -> bool {
    let own = match place {
        None => Some(copied.ours),
        Some(at) => evidence.mirrors.get(at).and_then(|mirror| copy(evidence, mirror, copied.entity)),
    };
    own.is_some_and(|own| std::ptr::eq(own, row))
}

/// What all are to say after an edit that nobody else contends with: what the edited copy says, as far as it is heard.
fn wanted(
    evidence: &Evidence<'_>,
    ours: &Row,
    (place, edited): (Option<usize>, &Row),
    (field, at): (&str, Timestamp),
) -> BTreeSet<String> {
    let is_heard = place.is_none_or(|mirror| flow(evidence.options.scene, mirror, field) != Flow::Out);
    let speaks = if is_heard { edited } else { ours };
    speaks.as_of(at).map(|row| said(field, &row)).unwrap_or_default()
}

/// Only an edit around which nobody else did anything with any copy, and all of them were there, can be timed.
fn can_be_timed(copied: &Copied<'_>, at: Timestamp, bound: SignedDuration) -> bool {
    let there = |row: &Row, at| row.as_of(at).is_some_and(|row| row.archived.is_none());
    let stood = |row: &Row| there(row, at - bound) && there(row, at) && there(row, at + bound);
    stood(copied.ours)
        && stood(copied.theirs)
        && !copied
            .near
            .iter()
            .any(|row| is_disturbed(row, at, bound) || row.made > at && row.made <= at + bound)
}

#[cfg(test)]
mod tests {
    use trueup_core::memory::{FieldKey, LinkKey};

    use crate::{
        oracles::{drift, support::Case},
        people::PERSON,
        scene::Scene,
    };

    const LATE: &[&str] = &["O13: city of crm/000001, changed "];

    /// Somebody whose copies have agreed for long.
    fn hub() -> Case {
        let mut case = Case::agreeing(1);
        case.calm();
        case.options.scene = Scene::Hub;
        case.unlink(0);
        case.link("000001", "000001");
        case.book_set(0, "city", "Ada");
        case.crm_set(0, "city", "Ada");
        case.later(3 * 3_600);
        case
    }

    /// A person edits the copy in the mirror, and the source of truth is told after so many minutes.
    fn told_after(minutes: i64, case: &mut Case) {
        case.crm_set(0, "city", "Vail");
        case.later(60 * minutes);
        case.book_lands("r1", "000001", "city", "Ada", "Vail");
        case.later(3 * 3_600);
    }

    #[test]
    fn what_was_changed_in_a_mirror_is_told_within_an_interval_and_a_run() {
        let mut case = hub();
        told_after(69, &mut case);
        case.check(drift::check, &[]);
        let took = case.evidence(|evidence| drift::timed(evidence).last().unwrap().took.unwrap());
        assert_eq!(took.as_secs(), 69 * 60 + 1);
        let mut case = hub();
        told_after(71, &mut case);
        case.check(drift::check, LATE);
    }

    #[test]
    fn what_was_changed_in_the_source_of_truth_is_told_as_well() {
        let mut case = hub();
        case.book_set(0, "city", "Vail");
        case.later(3 * 3_600);
        case.check(drift::check, LATE);
        case.options.kills = 1;
        case.check(drift::check, &[]);
    }

    #[test]
    fn what_was_changed_in_a_mirror_and_is_put_back_to_what_it_was_before_is_lost() {
        let mut case = hub();
        case.crm_set(0, "city", "Vail");
        case.later(60);
        case.engine_sets(0, "city", "Ada");
        case.later(3 * 3_600);
        case.check(drift::check, LATE);
    }

    #[test]
    fn who_spells_a_value_in_another_way_asks_nobody_to_say_it() {
        // The source of truth says something of its own, which the mirror's word does not move.
        for (spelled, found) in
            [("+1 (202) 555-0100", &[][..]), ("+12025550177", &["O13: phone of crm/000001"])]
        {
            let mut case = hub();
            case.crm_set(0, "phone", "+12025550100");
            case.book_set(0, "phone", "+12025550199");
            case.options.scene = Scene::Fields;
            case.later(3 * 3_600);
            case.opened.conflicts.clear();
            case.crm_set(0, "phone", spelled);
            case.later(3 * 3_600);
            case.check(drift::check, found);
        }
    }

    #[test]
    fn an_edit_around_which_others_act_or_about_which_somebody_was_asked_is_not_timed() {
        let mut others = hub();
        others.crm_set(0, "city", "Vail");
        others.book_set(0, "phone", "+12025550199");
        others.later(3 * 3_600);
        others.check(drift::check, &[]);
        let mut asked = hub();
        asked.crm_set(0, "city", "Vail");
        asked.later(3 * 3_600);
        asked.check(drift::check, LATE);
        let link = LinkKey { system: "desk".into(), entity: "000001".into() };
        asked.opened.conflicts.insert(FieldKey { link, field: "city".into() });
        asked.check(drift::check, &[]);
    }

    #[test]
    fn a_copy_that_is_away_for_some_of_the_time_is_not_timed() {
        let mut case = hub();
        case.crm_set(0, "city", "Vail");
        case.later(60);
        case.crm.archive("000001", true, PERSON, case.now);
        case.later(3 * 3_600);
        case.crm.archive("000001", false, PERSON, case.now);
        case.check(drift::check, &[]);
    }
}
