//! O3 (I-08, I-09): we make at most one record of an entity in a system; each record we made is linked or told,
//! and each link is to a record that was there.

use std::{borrow::Cow, collections::BTreeMap, iter};

use jiff::Timestamp;
use trueup_core::{
    journal::{Draft, Event},
    memory::LinkKey,
    name::{EntityKey, ExtId},
};

use super::{Evidence, Seen, excuses::carries};
use crate::{
    people::PERSON,
    table::{
        Row,
        rows::{ENGINE, Version},
    },
};

/// Duplicates, orphans and phantoms.
#[must_use]
pub fn check(evidence: &Evidence<'_>) -> Vec<String> {
    evidence.written().flat_map(|mirror| of_mirror(evidence, mirror)).collect()
}

fn of_mirror(evidence: &Evidence<'_>, mirror: &Seen<'_>) -> Vec<String> {
    let mut broken = Vec::new();
    let mut made: BTreeMap<String, Vec<(&String, &Row)>> = BTreeMap::new();
    for (id, row) in mirror.table.rows.iter().chain(&mirror.table.gone) {
        let Some(token) = made_for(row).filter(|_| is_original(mirror, id, row)) else { continue };
        made.entry(token).or_default().push((id, row));
        if !is_known(evidence, mirror, id, row)
            && !is_out_of_sight(evidence, mirror, id, row, None)
            && !is_nobodys(evidence, mirror, id, row)
        {
            broken.push(format!(
                "O3: {}/{id} was made by us, and no link and no finding knows it",
                mirror.name
            ));
        }
    }
    let twice = mirror.table.rows.iter().filter(|(_, row)| was_made_over(row));
    broken.extend(twice.map(|(id, _)| format!("O3: {}/{id} was overwritten by a create", mirror.name)));
    for (token, rows) in made {
        let last = rows.iter().filter_map(|(_, row)| row.history.first()?.sent).max();
        let excused = |id: &str, row: &Row| {
            is_taken_back(mirror, row, last)
                || is_out_of_sight(evidence, mirror, id, row, last)
                || is_asked_for(evidence, mirror, (id, row), &token, last)
        };
        let count = rows.iter().filter(|(id, row)| !excused(id, row)).count();
        if count > 1 {
            broken.push(format!("O3: {count} records of {} were made for {token}", mirror.name));
        }
    }
    let links = evidence.memory.links.values().filter(|link| link.system.as_str() == mirror.name);
    let phantoms = links.filter(|link| !was_there(mirror, link.remote.as_str()));
    broken.extend(
        phantoms.map(|link| format!("O3: {} is linked to {}, which never was", link.entity, link.remote)),
    );
    broken
}

/// Whether our external id was written into a record that was there: only a create carries it.
fn was_made_over(row: &Row) -> bool {
    row.history.iter().any(|version| version.by == ENGINE && version.column == "ext" && version.at > row.made)
}

/// The token a record was made with, if we made it.
fn made_for(row: &Row) -> Option<String> {
    let first = row.history.first().filter(|version| version.by == ENGINE)?;
    let made = row.history.iter().take_while(|version| version.at == first.at && version.by == ENGINE);
    let mut made = made.filter(|version| ["note", "ext"].contains(&version.column.as_str()));
    made.find_map(|version| version.value.clone())
}

/// Whether a person had its create undone before the last one left: once its lead says something else it is made anew,
/// by design, and whoever brings back the first has two. Whoever brings it back and puts it away again before anything
/// is asked of the system has done nothing that could be known.
fn is_taken_back(mirror: &Seen<'_>, row: &Row, by: Option<Timestamp>) -> bool {
    let Some(then) = as_of(row, by).filter(|then| then.archived.is_some()) else { return false };
    let mut whole: Vec<&Version> = then.history.iter().filter(|version| version.column.is_empty()).collect();
    while let Some(away) = whole.pop() {
        if away.by == ENGINE {
            return true;
        }
        let asked = |back: &Version| {
            mirror.table.answered.iter().any(|looked| back.at <= *looked && *looked < away.at)
        };
        if whole.pop().is_none_or(asked) {
            return false;
        }
    }
    false
}

fn as_of(row: &Row, by: Option<Timestamp>) -> Option<Cow<'_, Row>> {
    by.map_or(Some(Cow::Borrowed(row)), |by| row.as_of(by))
}

/// Whether people had put a record away by an instant; without one, whether it is away now.
fn is_away(row: &Row, by: Option<Timestamp>) -> bool {
    as_of(row, by).is_some_and(|then| {
        let whole = then.history.iter().rev().find(|version| version.column.is_empty());
        then.archived.is_some() && whole.is_some_and(|version| version.by == PERSON)
    })
}

/// Whether no answer ever told us of a record that we made, and people had put it away before we looked for it. A
/// read does not show what is put away, so that it cannot be told from one that was never made (RELIABILITY.md 2.1):
/// it is made once more. Where people had made it one with another, that goes for what it became. `by` is when that left
/// at the latest; without, it is about the record as it is now.
fn is_out_of_sight(
    evidence: &Evidence<'_>,
    mirror: &Seen<'_>,
    id: &str,
    row: &Row,
    by: Option<Timestamp>,
) -> bool {
    let heard = |id: &str| match by {
        Some(by) => was_heard_of(evidence, mirror, id, by),
        None => is_heard_of(evidence, mirror, id),
    };
    let (then, row) = became(mirror, (id, row), by);
    is_away(row, by) && !heard(id) && !heard(then)
}

/// What a record was by an instant, and is now without one: itself, or what people had made of it and another one.
fn became<'a>(
    mirror: &'a Seen<'_>,
    (id, row): (&'a str, &'a Row),
    by: Option<Timestamp>,
) -> (&'a str, &'a Row) {
    let now = mirror.table.now_called(id);
    let became = mirror.table.rows.get(now).filter(|row| by.is_none_or(|by| row.made <= by));
    became.map_or((id, row), |row| (now, row))
}

/// Whether people had put a record away, and a person then had its create tried again, before the last one left.
fn is_asked_for(
    evidence: &Evidence<'_>,
    mirror: &Seen<'_>,
    (id, row): (&str, &Row),
    token: &String,
    by: Option<Timestamp>,
) -> bool {
    let own = |key: &LinkKey| {
        key.system.as_str() == mirror.name
            && (carries(Some(token), key.entity.as_str()) || ext_id(evidence, mirror, &key.entity) == *token)
    };
    let mut retried = evidence.opened.retried.iter().filter(|(_, key)| own(&key.link));
    retried.any(|(at, _)| {
        by.is_none_or(|by| *at <= by) && is_away(became(mirror, (id, row), Some(*at)).1, Some(*at))
    })
}

/// The external id of an entity.
fn ext_id(evidence: &Evidence<'_>, mirror: &Seen<'_>, entity: &EntityKey) -> String {
    ExtId::derive(&format!("{} account", mirror.name), evidence.setup.entity(), entity).to_string()
}

/// Whether people had a record away before any answer told us of it, and its entity is no more now that it is back: of
/// an external id that is no entity's nobody can say whose it was.
pub(super) fn is_nobodys(evidence: &Evidence<'_>, mirror: &Seen<'_>, id: &str, row: &Row) -> bool {
    let Some(carried) = row.values.get("ext").filter(|_| evidence.options.scene.is_mutual()) else {
        return false;
    };
    let is_it = |entity: &str| ext_id(evidence, mirror, &entity.into()) == *carried;
    let was_away = row.history.iter().any(|version| version.column.is_empty() && version.by == PERSON);
    was_away
        && !is_heard_of(evidence, mirror, id)
        && !evidence.truth.living().any(|(entity, _)| is_it(entity))
}

/// Whether an answer of the system ever told us of a record: a link or the journal names it.
#[must_use]
pub fn is_heard_of(evidence: &Evidence<'_>, system: &Seen<'_>, id: &str) -> bool {
    let links = || evidence.memory.links.values();
    let own = links().filter(|link| link.system.as_str() == system.name);
    let mut remotes = own.flat_map(|link| link.aliases.iter().chain([&link.remote]));
    remotes.any(|remote| remote.as_str() == id)
        || system.name == evidence.truth.name && links().any(|link| link.entity.as_str() == id)
        || is_journaled(evidence, system, id)
}

/// The same, by an instant: whoever people bring back may be linked later, and be another's by then.
fn was_heard_of(evidence: &Evidence<'_>, system: &Seen<'_>, id: &str, by: Timestamp) -> bool {
    let mut said = evidence.journal.iter().map(|entry| &entry.draft).filter(|draft| draft.at <= by);
    evidence.opened.was_linked(system.name, id, by)
        || system.name == evidence.truth.name && is_heard_of(evidence, system, id)
        || said.any(|draft| names(draft, system, id))
}

// What a merge left has the history of one of the two, which is counted under its old id. And a record that
// somebody made one with another entity's before its create was answered is not there to be found again, whatever the
// two became one with later.
fn is_original(mirror: &Seen<'_>, id: &str, row: &Row) -> bool {
    let (rows, gone, merged) = (&mirror.table.rows, &mirror.table.gone, &mirror.table.merged);
    let mut became = iter::successors(merged.get(id), |now| merged.get(*now));
    let ext = |row: &Row| row.values.get("ext").or(row.values.get("note")).cloned();
    let keeps = |now: &String| rows.get(now).or(gone.get(now)).is_none_or(|now| ext(now) == ext(row));
    !merged.values().any(|survivor| survivor == id) && became.all(keeps)
}

fn is_known(evidence: &Evidence<'_>, mirror: &Seen<'_>, id: &str, row: &Row) -> bool {
    let now = mirror.table.now_called(id);
    let means = |remote: &str| remote == id || mirror.table.now_called(remote) == now;
    let links = evidence.memory.links.values().filter(|link| link.system.as_str() == mirror.name);
    let mut remotes = links.flat_map(|link| link.aliases.iter().chain([&link.remote]));
    let all = || evidence.memory.findings.values().map(|opened| &opened.item);
    // Each system counts its records for itself: a word about another one's says nothing of this one. An entity is its
    // record of the source of truth, wherever it is spoken of.
    let mut told = all().filter(|finding| finding.key.system.as_str() == mirror.name);
    let truth = mirror.name == evidence.truth.name;
    let spoken_of =
        truth && all().filter_map(|finding| finding.entity.as_ref()).any(|own| means(own.as_str()));
    let parked = evidence.memory.parked.keys().any(|key| {
        key.link.system.as_str() == mirror.name
            && super::excuses::carries(row.values.get("note"), key.link.entity.as_str())
    });
    // What was told as in doubt, and given to somebody else before anybody said which of several it was.
    let own = |draft: &Draft| {
        draft.event == Event::InDoubt
            && draft.system.as_str() == mirror.name
            && super::excuses::carries(row.values.get("note"), draft.entity.as_str())
    };
    let given = !evidence.is_inside(row) && evidence.journal.iter().any(|entry| own(&entry.draft));
    // The journal knows what was linked once, also after a person made one record of two.
    given
        || remotes.any(|remote| means(remote.as_str()))
        || truth && evidence.memory.links.values().any(|link| means(link.entity.as_str()))
        || spoken_of
        || told.any(|finding| finding.remotes.iter().any(|remote| means(remote.as_str())))
        || parked
        || is_journaled(evidence, mirror, id)
}

/// Whether the journal names a record of a system.
fn is_journaled(evidence: &Evidence<'_>, system: &Seen<'_>, id: &str) -> bool {
    evidence.journal.iter().any(|entry| names(&entry.draft, system, id))
}

fn names(draft: &Draft, system: &Seen<'_>, id: &str) -> bool {
    draft.system.as_str() == system.name && draft.remote.as_ref().is_some_and(|own| own.as_str() == id)
}

fn was_there(mirror: &Seen<'_>, remote: &str) -> bool {
    let table = mirror.table;
    table.rows.contains_key(remote) || table.gone.contains_key(remote) || table.merged.contains_key(remote)
}

#[cfg(test)]
mod tests {
    use trueup_core::{
        memory::{FieldKey, LinkKey},
        name::ExtId,
        plan::FindingKind,
    };

    use super::super::support::Case;
    use crate::{people::PERSON, scene::Scene};

    #[test]
    fn two_records_for_one_entity_and_one_that_nobody_knows_are_found() {
        let mut case = Case::agreeing(1);
        case.engine_makes("R00001");
        case.check(super::check, &["O3: crm/000002 was made by us"]);
        case.engine_makes("R00001");
        case.check(
            super::check,
            &["O3: crm/000002 was made", "O3: crm/000003 was made", "O3: 2 records of crm were made"],
        );
    }

    #[test]
    fn a_record_that_is_made_anew_after_its_undo_is_a_duplicate_only_if_it_was_brought_back_before() {
        for (back_first, expected) in [(false, &[][..]), (true, &["O3: 2 records of crm were made"][..])] {
            let mut case = Case::agreeing(1);
            let first = case.engine_makes("R00001");
            case.engine_archives(&first);
            let bring_back = |case: &mut Case| {
                case.later(1);
                case.crm.archive(&first, false, PERSON, case.now);
            };
            if back_first {
                bring_back(&mut case);
            }
            let second = case.engine_makes("R00001");
            if !back_first {
                bring_back(&mut case);
            }
            case.link("R00001", &second);
            case.link("R00002", &first);
            case.check(super::check, expected);
        }
    }

    #[test]
    fn what_people_made_one_with_another_and_put_away_before_it_was_heard_of_is_made_once_more() {
        for (away, heard) in [(true, false), (false, false), (true, true)] {
            let mut case = Case::agreeing(1);
            let first = case.engine_makes("R00002");
            case.crm.merge(&first, "000001", PERSON, case.now);
            let both = case.crm.now_called(&first).to_owned();
            case.later(1);
            if away {
                case.crm.archive(&both, true, PERSON, case.now);
            }
            let second = case.engine_makes("R00002");
            case.link("R00002", &second);
            case.link("R00001", if heard { &both } else { "000001" });
            let twice = ["O3: 2 records of crm were made"];
            case.check(super::check, if away && !heard { &[] } else { &twice });
        }
    }

    #[test]
    fn what_became_a_part_of_anothers_before_it_was_heard_of_is_not_found_again_whatever_becomes_of_the_two()
    {
        for (first_one, found) in [(true, true), (false, false)] {
            let mut case = Case::agreeing(0);
            let [one, lost] = ["R00001", "R00002"].map(|entity| case.engine_makes(entity));
            let order = if first_one { [&lost, &one] } else { [&one, &lost] };
            case.crm.merge(order[0], order[1], PERSON, case.now);
            let both = case.crm.now_called(&lost).to_owned();
            let again = case.engine_makes("R00002");
            case.link("R00002", &again);
            case.crm.merge(&again, &both, PERSON, case.now);
            let all = case.crm.now_called(&again).to_owned();
            case.link("R00001", &all);
            let twice = ["O3: 2 records of crm were made"];
            case.check(super::check, if found { &twice } else { &[] });
        }
    }

    /// A record of ours that was away as we made it again, and is back; and the second one, which is linked.
    fn made_anew(linked_first: bool) -> (Case, String, String) {
        let mut case = Case::agreeing(1);
        let first = case.engine_makes("R00002");
        if linked_first {
            case.link("R00002", &first);
        }
        case.later(1);
        case.crm.archive(&first, true, PERSON, case.now);
        let second = case.engine_makes("R00002");
        case.link("R00002", &second);
        case.later(1);
        case.crm.archive(&first, false, PERSON, case.now);
        (case, first, second)
    }

    #[test]
    fn what_was_away_unheard_of_as_it_was_made_again_is_so_whatever_people_made_of_it_later() {
        let (mut case, first, _) = made_anew(false);
        case.crm.merge("000001", &first, PERSON, case.now);
        let both = case.crm.now_called(&first).to_owned();
        case.link("R00001", &both);
        case.check(super::check, &[]);
    }

    #[test]
    fn what_was_away_unheard_of_as_it_was_made_again_is_so_also_if_it_is_linked_once_it_is_back() {
        for (linked_first, found) in [(false, false), (true, true)] {
            let (mut case, first, second) = made_anew(linked_first);
            case.crm.archive(&second, true, PERSON, case.now);
            case.link("R00002", &first);
            case.check(super::check, if found { &["O3: 2 records of crm were made"] } else { &[] });
        }
    }

    #[test]
    fn what_a_person_had_tried_again_once_the_first_was_put_away_is_made_once_more() {
        for (asked_late, entity, found) in
            [(true, "R00002", false), (false, "R00002", true), (true, "R00001", true)]
        {
            let mut case = Case::agreeing(1);
            let first = case.engine_makes("R00002");
            case.journal_made("r1", "R00002", &first);
            let link = LinkKey { system: "crm".into(), entity: entity.into() };
            let tried_again = |case: &mut Case| {
                case.later(1);
                case.opened.retried.push((case.now, FieldKey { link: link.clone(), field: "".into() }));
            };
            if !asked_late {
                tried_again(&mut case);
            }
            case.later(1);
            case.crm.archive(&first, true, PERSON, case.now);
            if asked_late {
                tried_again(&mut case);
            }
            let second = case.engine_makes("R00002");
            case.link("R00002", &second);
            case.check(super::check, if found { &["O3: 2 records of crm were made"] } else { &[] });
        }
    }

    #[test]
    fn what_was_taken_back_is_so_still_if_nobody_could_see_that_people_had_it_back_for_a_while() {
        for (asked, expected) in [(false, &[][..]), (true, &["O3: 2 records of crm were made"][..])] {
            let mut case = Case::agreeing(1);
            let first = case.engine_makes("R00001");
            case.engine_archives(&first);
            case.answered();
            for away in [false, true] {
                case.later(1);
                case.crm.archive(&first, away, PERSON, case.now);
                if asked {
                    case.answered();
                }
            }
            let second = case.engine_makes("R00001");
            case.link("R00001", &second);
            case.link("R00002", &first);
            case.check(super::check, expected);
        }
    }

    #[test]
    fn a_record_is_not_known_by_the_name_that_another_system_gave_one_of_its_own() {
        let (found, none) = (&["O3: crm/000002 was made by us"][..], &[][..]);
        for (system, expected) in [("desk", found), ("crm", none)] {
            let mut told = Case::agreeing(1);
            let id = told.engine_makes("R00002");
            let mut journaled = Case::agreeing(1);
            journaled.engine_makes("R00002");
            told.tell_of(system, &id);
            told.check(super::check, expected);
            journaled.journal_names(system, &id);
            journaled.check(super::check, expected);
        }
    }

    #[test]
    fn a_record_of_the_source_of_truth_is_known_by_a_word_about_its_entity_wherever_that_is() {
        let mut case = Case::agreeing(1);
        case.options.scene = Scene::Hub;
        let id = case.truth_makes("crm:000001");
        case.check(super::check, &["O3: book/000002 was made by us"]);
        case.tells(("crm", "D3", "entity:7"), Some("7"), FindingKind::Finding, "was made after another's");
        case.check(super::check, &["O3: book/000002 was made by us"]);
        case.tells(("crm", "D3", "entity:1"), Some(&id), FindingKind::Finding, "was made after another's");
        case.check(super::check, &[]);
    }

    #[test]
    fn what_people_had_away_before_we_heard_of_it_is_nobodys_only_once_its_entity_is_no_more() {
        let found = ["O3: crm/000002 was made by us"];
        for (away, gone, expected) in [(true, true, &[][..]), (true, false, &found), (false, true, &found)] {
            let mut case = Case::agreeing(1);
            case.options.scene = Scene::Hub;
            let ext = ExtId::derive("crm account", case.entity(), &"000001".into()).to_string();
            let id = case.engine_makes_with("R00002", &[("ext", &ext)]);
            for away in [true, false].into_iter().filter(|_| away) {
                case.crm.archive(&id, away, PERSON, case.now);
            }
            if gone {
                case.book.archive("000001", true, PERSON, case.now);
            }
            case.check(super::check, expected);
        }
    }

    #[test]
    fn what_was_told_as_in_doubt_is_known_once_people_gave_it_to_somebody_else() {
        let mut case = Case::agreeing(1);
        let id = case.engine_makes("R00002");
        let found = ["O3: crm/000002 was made by us"];
        case.journal_doubts("R00003");
        case.check(super::check, &found);
        case.journal_doubts("R00002");
        case.check(super::check, &found);
        case.crm.set(&id, "owner", Some("theirs"), PERSON, case.now);
        case.check(super::check, &[]);
    }

    #[test]
    fn a_create_that_overwrote_a_record_is_found() {
        let mut case = Case::agreeing(1);
        case.engine_sets(0, "city", "Granby");
        case.check(super::check, &[]);
        case.engine_sets(0, "ext", "0001");
        case.check(super::check, &["O3: crm/000001 was overwritten by a create"]);
    }

    #[test]
    fn a_link_to_a_record_that_never_was_is_found() {
        let mut case = Case::agreeing(1);
        case.link("R00001", "999999");
        case.check(super::check, &["O3: R00001 is linked to 999999"]);
    }
}
