//! O4 (I-05): a write that touched a record outside the scope raced with a person, who had just taken it, and
//! that is on record; unless they gave it back before anybody looked, or the write put it out of everybody's sight.
//! Whoever saw it outside right before does not write it.

use std::collections::BTreeMap;

use trueup_core::journal::Event;

use super::{Evidence, Seen, census};
use crate::{
    scene::OWNER,
    table::{Row, Version, rows::ENGINE},
};

/// Records outside the scope that were written.
#[must_use]
pub fn check(evidence: &Evidence<'_>) -> Vec<String> {
    let of_one = |mirror| of_mirror(evidence, mirror).into_iter().chain(defied(mirror)).chain(born(mirror));
    evidence.mirrors.iter().flat_map(of_one).collect()
}

fn of_mirror(evidence: &Evidence<'_>, mirror: &Seen<'_>) -> Vec<String> {
    let mut broken = Vec::new();
    let outside = |before: &BTreeMap<String, String>| before.get("owner").is_none_or(|owner| owner != OWNER);
    for (id, before) in mirror.table.touched.iter().filter(|(_, before)| outside(before)) {
        let Some(row) = mirror.table.rows.get(mirror.table.now_called(id)) else { continue };
        let before_merged = mirror.table.gone.get(id).into_iter().flat_map(|row| &row.history);
        let history: Vec<&Version> = before_merged.chain(&row.history).collect();
        let owners = || history.iter().filter(|version| version.column == "owner");
        if !owners().any(|version| version.value.as_deref() == Some(OWNER)) {
            broken.push(format!("O4: {}/{id} was never ours and was written", mirror.name));
        }
        let taken = before.get("owner").map(String::as_str);
        let excused = raced(evidence, mirror, id)
            || is_given_back(&history, taken)
            || is_put_away(&history, taken)
            || was_out_of_sight(mirror, (mirror.table.now_called(id), row), taken);
        if !excused {
            broken
                .push(format!("O4: {}/{id} was written outside the scope and nobody was told", mirror.name));
        }
    }
    broken
}

/// Whether the record was given back after each write of ours that landed while this was its owner; of a write that
/// changed nothing there is no trace, and after the first time will do.
fn is_given_back(history: &[&Version], taken: Option<&str>) -> bool {
    let (mut owner, mut taken_once, mut back) = (None, false, false);
    for version in history {
        if version.column == "owner" {
            owner = version.value.as_deref();
            taken_once |= owner == taken;
            back |= taken_once && owner == Some(OWNER);
        } else if version.by == ENGINE && owner == taken {
            back = false;
        }
    }
    back
}

/// Whether people put the record away for good before any answer told of what we wrote while this was its owner.
fn was_out_of_sight(mirror: &Seen<'_>, (id, row): (&str, &Row), taken: Option<&str>) -> bool {
    let mut owner = None;
    let mut ours = Vec::new();
    for version in &row.history {
        if version.column == "owner" {
            owner = version.value.as_deref();
        } else if version.by == ENGINE && owner == taken {
            ours.push(version);
        }
    }
    ours.last().is_some_and(|last| census::was_out_of_sight(mirror, (id, row), last))
}

/// Whether our write put the record away while this was its owner: what is away shows nothing, whoever looks.
fn is_put_away(history: &[&Version], taken: Option<&str>) -> bool {
    let mut owner = None;
    history.iter().any(|version| {
        if version.column == "owner" {
            owner = version.value.as_deref();
        }
        version.column.is_empty() && version.value.is_some() && version.by == ENGINE && owner == taken
    })
}

/// Requests to records that their sender had just seen outside the scope.
fn defied(mirror: &Seen<'_>) -> Vec<String> {
    let outside = mirror.table.looked.iter().filter(|(_, owner)| owner.as_deref() != Some(OWNER));
    outside
        .map(|(id, _)| format!("O4: {}/{id} was written by who had seen it outside the scope", mirror.name))
        .collect()
}

/// Records that we made for somebody else.
fn born(mirror: &Seen<'_>) -> Vec<String> {
    let by_us =
        |row: &&Row| row.history.first().is_some_and(|first| first.by == ENGINE && first.at == row.made);
    let outside = |row: &&Row| {
        let mut first = row.history.iter().filter(|version| version.at == row.made);
        !first.any(|version| version.column == "owner" && version.value.as_deref() == Some(OWNER))
    };
    let rows = mirror.table.rows.iter().filter(|(_, row)| by_us(row) && outside(row));
    rows.map(|(id, _)| format!("O4: {}/{id} was made outside the scope", mirror.name)).collect()
}

fn raced(evidence: &Evidence<'_>, mirror: &Seen<'_>, id: &str) -> bool {
    evidence.journal.iter().map(|entry| &entry.draft).any(|draft| {
        draft.event == Event::ScopeRaced
            && draft.system.as_str() == mirror.name
            && draft.remote.as_ref().is_some_and(|remote| remote.as_str() == id)
    })
}

#[cfg(test)]
mod tests {
    use super::super::support::Case;
    use crate::people::PERSON;

    #[test]
    fn what_we_put_away_of_somebody_elses_shows_nothing_and_what_we_wrote_there_does() {
        for (put_away, expected) in [(true, &[][..]), (false, &["O4: crm/000001 was written outside"])] {
            let mut case = Case::agreeing(1);
            case.crm_set(0, "owner", "theirs");
            if put_away {
                case.engine_archives("000001");
            } else {
                case.engine_sets(0, "city", "Granby");
            }
            case.check(super::check, expected);
        }
    }

    #[test]
    fn only_who_is_given_back_after_the_write_was_written_in_time() {
        for (back_before, expected) in [(false, &[][..]), (true, &["O4: crm/000001 was written outside"])] {
            let mut case = Case::agreeing(1);
            case.crm_set(0, "owner", "theirs");
            if back_before {
                case.crm_set(0, "owner", crate::scene::OWNER);
                case.crm_set(0, "owner", "theirs");
            }
            case.engine_sets(0, "city", "Granby");
            if !back_before {
                case.crm_set(0, "owner", crate::scene::OWNER);
            }
            case.check(super::check, expected);
        }
    }

    #[test]
    fn a_stranger_that_was_written_is_found_and_a_race_that_is_told_is_not() {
        let mut case = Case::agreeing(1);
        let id = case.stranger();
        case.engine_writes(&id, "city", "Granby");
        case.check(super::check, &["O4: crm/000002 was never ours", "O4: crm/000002 was written outside"]);
        let mut case = Case::agreeing(1);
        case.crm_set(0, "owner", "theirs");
        case.engine_sets(0, "city", "Granby");
        case.check(super::check, &["O4: crm/000001 was written outside"]);
        case.journal_raced(0);
        case.check(super::check, &[]);
    }

    #[test]
    fn what_people_put_away_before_any_answer_told_of_our_write_nobody_could_see_outside_the_scope() {
        for (told, expected) in [(false, &[] as &[&str]), (true, &["O4: crm/000001 was written outside"])] {
            let mut case = Case::agreeing(1);
            case.crm_set(0, "owner", "theirs");
            case.engine_sets(0, "city", "Fraser");
            case.later(1);
            if told {
                case.answered();
            }
            case.later(1);
            case.crm.archive("000001", true, PERSON, case.now);
            case.check(super::check, expected);
        }
    }

    #[test]
    fn a_record_that_we_made_for_nobody_is_found() {
        let mut case = Case::agreeing(1);
        case.engine_makes("R00002");
        case.check(super::check, &[]);
        case.crm.rows.values_mut().for_each(|row| row.history.retain(|version| version.column != "owner"));
        case.check(super::check, &["O4: crm/000002 was made outside the scope"]);
    }

    #[test]
    fn a_write_by_who_had_seen_the_record_outside_is_no_race() {
        let mut case = Case::agreeing(1);
        case.crm.looked.push(("000001".into(), Some(crate::scene::OWNER.into())));
        case.check(super::check, &[]);
        case.crm.looked.push(("000001".into(), Some("theirs".into())));
        case.check(super::check, &["O4: crm/000001 was written by who had seen it"]);
    }
}
