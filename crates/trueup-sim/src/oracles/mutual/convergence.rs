//! O1 (I-01) where every system is edited: each person of the source of truth has a record in every mirror and all
//! agree in each field; what people made in a mirror that feeds is known to the source of truth; and what is left of those
//! who are gone is known to somebody.

use trueup_core::{
    link::{Link, LinkState},
    memory::{FieldKey, LinkKey},
    merge::Flow,
    name::{EntityKey, FieldName},
    plan::Origin,
};

use super::said;
use crate::{
    oracles::{Evidence, Seen, duplicates, excuses},
    people::PERSON,
    scene::peers::{FIELDS, flow},
    table::Row,
};

/// Every disagreement that nobody knows of.
#[must_use]
pub fn check(evidence: &Evidence<'_>) -> Vec<String> {
    let mut broken = Vec::new();
    for (at, mirror) in evidence.mirrors.iter().enumerate() {
        for (entity, ours) in evidence.truth.living() {
            broken.extend(of_entity(evidence, (at, mirror), entity, ours));
        }
        broken.extend(evidence.memory.links.values().filter_map(|link| left_behind(evidence, mirror, link)));
        if mirror.options.feeds {
            broken.extend(mirror.living().filter_map(|(id, _)| stranger(evidence, mirror, id)));
        }
    }
    broken
}

fn of_entity(
    evidence: &Evidence<'_>,
    (at, mirror): (usize, &Seen<'_>),
    entity: &str,
    ours: &Row,
) -> Vec<String> {
    if excuses::record(evidence, mirror, entity) {
        return Vec::new();
    }
    let place = format!("{}/{entity}", mirror.name);
    let Some(link) = evidence.link(mirror.name, entity) else {
        return vec![format!("O1: {place} has no record and nobody knows")];
    };
    let Some(theirs) = mirror.row(link.remote.as_str()) else {
        return vec![format!("O1: the record of {place} is gone and nobody knows")];
    };
    if link.state != LinkState::Active {
        return vec![format!("O1: the link of {place} is {:?} although both are there", link.state)];
    }
    let differs = FIELDS.iter().filter(|field| said(field, ours) != said(field, theirs));
    let untold = differs.filter(|field| !excuses::field(evidence, mirror, entity, field)).filter(|field| {
        let flow = flow(evidence.options.scene, at, field);
        !is_their_own(flow, field, ours) && !is_let_go(evidence, (mirror, flow), (entity, field), ours)
    });
    untold.map(|field| format!("O1: {field} of {place} differs and nobody knows")).collect()
}

/// Whether a field flows in only and people wrote it in the source of truth last: that is accounted for, and stands
/// until the mirror says something else.
pub(super) fn is_their_own(flow: Flow, field: &str, ours: &Row) -> bool {
    let last = ours.history.iter().rev().find(|version| version.column == field);
    flow == Flow::In && last.is_none_or(|version| version.by == PERSON)
}

/// Whether a field flows in only, and a person let go of what an undo had put back in the source of truth last: by the
/// rule for who is met for the first time that stands, and the mirror cannot be told.
fn is_let_go(
    evidence: &Evidence<'_>,
    (mirror, flow): (&Seen<'_>, Flow),
    (entity, field): (&str, &str),
    ours: &Row,
) -> bool {
    let last = ours.history.iter().rfind(|version| version.column == field);
    flow == Flow::In
        && evidence.opened.let_go.iter().any(|(at, key)| {
            let is_it = key.link.system.as_str() == mirror.name && key.link.entity.as_str() == entity;
            is_it && key.field.as_str() == field && last.is_none_or(|version| version.at <= *at)
        })
}

/// The copy of somebody whom the source of truth has no more, and of which nobody knows: it is either put away, or a
/// person is told.
fn left_behind(evidence: &Evidence<'_>, mirror: &Seen<'_>, link: &Link) -> Option<String> {
    let stands = |entity: &EntityKey| {
        let row = evidence.truth.table.rows.get(entity.as_str());
        row.is_some_and(|row| row.archived.is_none())
    };
    mirror
        .row(link.remote.as_str())
        .filter(|_| link.system.as_str() == mirror.name && !stands(&link.entity))?;
    let id = mirror.table.now_called(link.remote.as_str());
    let mut others = evidence.memory.links.values().filter(|other| other.system == link.system);
    let is_anothers =
        others.any(|other| stands(&other.entity) && mirror.table.now_called(other.remote.as_str()) == id);
    let whole = FieldKey { link: link.key(), field: FieldName::new("") };
    let memory = evidence.memory;
    let mut open = memory.conflicts.iter().filter(|(_, row)| row.closed.is_none());
    let mut told = memory.findings.values().map(|opened| &opened.item);
    let known = is_anothers
        || memory.parked.contains_key(&whole)
        || memory.holds.contains_key(&whole)
        || memory.intents.values().any(|intent| intent.link_key() == link.key())
        || open.any(|(key, _)| key.link == link.key())
        || told.any(|finding| {
            finding.key.system.as_str() == mirror.name
                && (finding.entity.as_ref() == Some(&link.entity)
                    || finding.remotes.iter().any(|remote| mirror.table.now_called(remote.as_str()) == id))
        });
    (!known).then(|| {
        format!("O1: {}/{id} is left of {}, who is gone, and nobody knows", mirror.name, link.entity)
    })
}

/// A record of a mirror that is nobody's, and of which nobody knows.
fn stranger(evidence: &Evidence<'_>, mirror: &Seen<'_>, id: &str) -> Option<String> {
    let origin = Origin { system: mirror.name.into(), remote: id.into() };
    let key = LinkKey { system: evidence.truth.name.into(), entity: origin.entity() };
    let whole = FieldKey { link: key, field: FieldName::new("") };
    let told = evidence.memory.findings.values().map(|opened| &opened.item);
    let mut told = told.filter(|finding| finding.key.system.as_str() == mirror.name);
    let known = !super::entities_of(evidence, mirror.name, id).is_empty()
        || evidence.memory.parked.contains_key(&whole)
        || evidence.memory.holds.contains_key(&whole)
        || told.any(|finding| finding.remotes.iter().any(|remote| remote.as_str() == id))
        || mirror.table.rows.get(id).is_some_and(|row| duplicates::is_nobodys(evidence, mirror, id, row));
    (!known).then(|| format!("O1: {}/{id} was made by people and is known nowhere else", mirror.name))
}

#[cfg(test)]
mod tests {
    use trueup_core::{
        link::LinkState,
        memory::{FieldKey, LinkKey},
        plan::FindingKind,
    };

    use super::super::super::support::Case;
    use crate::{people::PERSON, scene::Scene, table::rows::ENGINE};

    fn hub() -> Case {
        let mut case = Case::agreeing(1);
        case.options.scene = Scene::Hub;
        case.unlink(0);
        case.link("000001", "000001");
        for column in ["name", "phone", "city"] {
            case.book_set(0, column, "Ada");
            case.crm_set(0, column, "Ada");
        }
        case
    }

    #[test]
    fn whom_people_made_in_a_mirror_is_known_only_by_a_word_about_that_mirror() {
        for (system, expected) in [("desk", &["O1: crm/000002 was made by people"][..]), ("crm", &[][..])] {
            let mut case = hub();
            case.mirror.feeds = true;
            let id = case.stranger();
            case.tell_of(system, &id);
            case.check(super::check, expected);
        }
    }

    #[test]
    fn what_a_person_let_go_of_stands_where_it_can_be_told_to_nobody_until_it_changes() {
        let mut case = hub();
        case.options.scene = Scene::Fields;
        case.book.set("000001", "phone", Some("Grace"), ENGINE, case.now);
        let differs = ["O1: phone of crm/000001 differs and nobody knows"];
        case.check(super::check, &differs);
        let link = LinkKey { system: "crm".into(), entity: "000001".into() };
        let key = FieldKey { link, field: "phone".into() };
        case.later(60);
        case.opened.let_go.push((case.now, FieldKey { field: "city".into(), ..key.clone() }));
        case.check(super::check, &differs);
        case.opened.let_go.push((case.now, key));
        case.check(super::check, &[]);
        case.later(60);
        case.book.set("000001", "phone", Some("Eve"), ENGINE, case.now);
        case.check(super::check, &differs);
    }

    #[test]
    fn what_is_left_of_somebody_who_is_gone_is_put_away_or_told() {
        let mut case = hub();
        case.book.archive("000001", true, PERSON, case.now);
        let found = ["O1: crm/000001 is left of 000001, who is gone"];
        case.check(super::check, &found);
        case.tells(("desk", "gone", "000001"), Some("000001"), FindingKind::Finding, "its record is gone");
        case.check(super::check, &found);
        case.tells(("crm", "gone", "000001"), Some("000001"), FindingKind::Finding, "its record is gone");
        case.check(super::check, &[]);
        let mut away = hub();
        for table in [&mut away.book, &mut away.crm] {
            table.archive("000001", true, PERSON, away.now);
        }
        away.check(super::check, &[]);
    }

    #[test]
    fn a_link_that_says_that_a_record_is_away_is_believed_only_where_it_is() {
        let mut case = hub();
        case.check(super::check, &[]);
        case.link_is("000001", LinkState::Tombstone);
        case.check(super::check, &["O1: the link of crm/000001 is Tombstone although both are there"]);
        case.crm.archive("000001", true, PERSON, case.now);
        case.check(super::check, &[]);
    }

    #[test]
    fn who_lost_a_record_to_another_by_a_merge_and_is_told_to_have_none_has_none() {
        let mut case = hub();
        let other = case.stranger();
        case.crm.merge(&other, "000001", PERSON, case.now);
        case.link_is("000001", LinkState::Tombstone);
        let found = ["O1: the link of crm/000001 is Tombstone although both are there"];
        case.check(super::check, &found);
        case.tells(("crm", "D7", "000001"), Some("000001"), FindingKind::Finding, "its record is gone");
        case.check(super::check, &found);
        case.link("000002", "000003");
        case.check(super::check, &[]);
        case.link("000002", "000004");
        case.check(super::check, &found);
    }
}
