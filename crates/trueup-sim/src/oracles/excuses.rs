//! Why a field or a record may differ: only what names this very field, or this very record, counts.

use trueup_core::{
    link::LinkState,
    memory::{FieldKey, LinkKey},
    name::FieldName,
    plan::{Finding, FindingKind},
    setup::Trigger,
    value::{Cell, Print},
};

use super::{Evidence, Seen, entries, mutual};
use crate::table::Row;

/// Whether it is on record that a field of a record is not, or not yet, as the book says.
#[must_use]
pub fn field(evidence: &Evidence<'_>, mirror: &Seen<'_>, entity: &str, name: &str) -> bool {
    // What the source of truth cannot be told, the mirrors are not told either.
    [mirror, &evidence.truth].into_iter().any(|system| field_of(evidence, system, entity, name))
        || evidence.options.scene.is_mutual() && is_disputed(evidence, entity, name)
}

/// Whether some copies of an entity are in conflict about a field: nobody is told anything of it then.
fn is_disputed(evidence: &Evidence<'_>, entity: &str, name: &str) -> bool {
    let mut open = evidence.memory.conflicts.iter().filter(|(_, row)| row.closed.is_none());
    open.any(|(key, _)| key.link.entity.as_str() == entity && key.field.as_str() == name)
}

fn field_of(evidence: &Evidence<'_>, mirror: &Seen<'_>, entity: &str, name: &str) -> bool {
    let link = LinkKey { system: mirror.name.into(), entity: entity.into() };
    let key = FieldKey { link: link.clone(), field: FieldName::new(name) };
    let memory = evidence.memory;
    let stands = |canonical, held| says(evidence, mirror, &key, (canonical, held));
    let waits = memory.parked.get(&key).is_some_and(|parked| stands(parked.canonical, parked.mirror))
        || memory.holds.get(&key).is_some_and(|hold| stands(hold.canonical, None))
        || memory.conflicts.get(&key).is_some_and(|conflict| conflict.closed.is_none())
        || memory.intents.values().any(|intent| {
            intent.link_key() == link && intent.change.edits.iter().any(|edit| edit.field.as_str() == name)
        });
    waits || findings(evidence, mirror).any(|finding| holds_field(evidence, finding, entity, name))
}

/// Whether a refused or undone write of one value still fits what its system and the source of truth say: once either
/// says something else, it is tried again, and excuses nothing.
fn says(
    evidence: &Evidence<'_>,
    system: &Seen<'_>,
    key: &FieldKey,
    (canonical, held): (Option<Print>, Option<Print>),
) -> bool {
    let (entity, name) = (key.link.entity.as_str(), key.field.as_str());
    let is_truth = system.name == evidence.truth.name;
    let ours = evidence.truth.row(entity);
    let theirs = if is_truth {
        ours
    } else {
        evidence.link(system.name, entity).and_then(|link| system.row(link.remote.as_str()))
    };
    let id = evidence
        .setup
        .field_named(name)
        .filter(|_| mutual::SCALARS.contains(&name) && evidence.options.scene.is_mutual());
    let Some((id, (ours, theirs))) = id.zip(ours.zip(theirs)) else { return true };
    let print = |row: &Row| {
        let text = row.values.get(name).filter(|text| !text.is_empty());
        let cell = text.map_or(Cell::Null, |text| Cell::text(text.as_str()));
        evidence.memory.print(&evidence.setup.field(id).kind.lenient(&cell))
    };
    let fits = |then: Option<Print>, row| then.is_none() || then == print(row);
    // What the source of truth was to be told is a mirror's word.
    (is_truth || fits(canonical, ours)) && fits(held, theirs)
}

fn findings<'a>(evidence: &'a Evidence<'_>, mirror: &'a Seen<'_>) -> impl Iterator<Item = &'a Finding> {
    let all = evidence.memory.findings.values().map(|opened| &opened.item);
    all.filter(|finding| finding.key.system.as_str() == mirror.name)
}

/// What a class is about, whatever the configuration calls it.
fn about(evidence: &Evidence<'_>, finding: &Finding) -> &'static str {
    let class = &finding.key.class;
    match evidence.setup.class(class).map(|class| &class.trigger) {
        Some(Trigger::Stranger) => "stranger",
        Some(Trigger::SharedToken) => "shared_token",
        Some(Trigger::Unclaimed) => "unclaimed",
        Some(Trigger::Ambiguous) => "ambiguous",
        Some(Trigger::KeyChanged) => "key_changed",
        Some(Trigger::Gone | Trigger::Deleted | Trigger::Missing) => "absent",
        Some(Trigger::Differs { .. } | Trigger::Other | Trigger::Unreadable) => "field",
        None => "unclassed",
    }
}

/// Whether a field says who somebody is: a finding that doubts that holds these.
fn is_identity(evidence: &Evidence<'_>, name: &str) -> bool {
    evidence.setup.fields().iter().any(|field| field.identity && field.name.as_str() == name)
}

fn holds_field(evidence: &Evidence<'_>, finding: &Finding, entity: &str, name: &str) -> bool {
    if finding.entity.as_ref().is_none_or(|own| own.as_str() != entity) {
        return false;
    }
    match (finding.kind, about(evidence, finding)) {
        (FindingKind::Held, _) => held_fields(&finding.what).any(|held| held == name),
        (_, "stranger") => is_identity(evidence, name),
        _ => finding.key.subject == format!("{entity}.{name}"),
    }
}

/// The fields that a held change would write: `update of phone, city held by F1: ...`.
fn held_fields(what: &str) -> impl Iterator<Item = &str> {
    let fields = what.split_once(" of ").and_then(|(_, rest)| rest.split_once(" held by "));
    fields.map_or("", |(fields, _)| fields).split(", ")
}

/// Whether it is on record that an entity has no record of its own in scope, or one that is left alone whole.
#[must_use]
pub fn record(evidence: &Evidence<'_>, mirror: &Seen<'_>, entity: &str) -> bool {
    let key = LinkKey { system: mirror.name.into(), entity: entity.into() };
    let whole = FieldKey { link: key.clone(), field: FieldName::new("") };
    let memory = evidence.memory;
    let says_away = memory.links.get(&key).is_some_and(|link| link.state != LinkState::Active);
    says_away && !stands(evidence, mirror, entity)
        || memory.parked.contains_key(&whole)
        || memory.holds.contains_key(&whole)
        || memory.intents.values().any(|intent| intent.link_key() == key)
        || findings(evidence, mirror).any(|finding| holds_record(evidence, mirror, finding, entity))
}

/// Whether the record that an entity is linked to, or what it became, is there and in the scope: what memory says of
/// its absence is not believed against the table. Where people made it one with another's, whose the one is stands on
/// record instead, for a person to say (I-28). Once the one had been away, no read under a former name tells of it any
/// more: it is whose row names it, and that this entity has none is told.
fn stands(evidence: &Evidence<'_>, mirror: &Seen<'_>, entity: &str) -> bool {
    let Some(link) = evidence.link(mirror.name, entity) else { return false };
    let now = mirror.table.now_called(link.remote.as_str());
    let disputed = |finding: &Finding| finding.key.subject == now && about(evidence, finding) == "ambiguous";
    let mut others = evidence.memory.links.values().filter(|other| other.system == link.system);
    let lost = others
        .any(|other| other.entity != link.entity && mirror.table.now_called(other.remote.as_str()) == now);
    let absent = |finding: &Finding| {
        let own = finding.entity.as_ref().is_some_and(|own| own.as_str() == entity);
        own && about(evidence, finding) == "absent"
    };
    let told = |finding: &Finding| disputed(finding) || lost && absent(finding);
    let told = now != link.remote.as_str() && findings(evidence, mirror).any(told);
    !told && mirror.row(now).is_some_and(|row| evidence.is_inside(row))
}

fn holds_record(evidence: &Evidence<'_>, mirror: &Seen<'_>, finding: &Finding, entity: &str) -> bool {
    let subject = finding.key.subject.as_str();
    let names = finding.entity.as_ref().is_some_and(|own| own.as_str() == entity);
    if finding.kind == FindingKind::Held {
        return names && is_whole(&finding.what);
    }
    match about(evidence, finding) {
        // Several records with its token; the record itself says so.
        "shared_token" => subject == entity,
        // Nobody's record with its token.
        "unclaimed" => mirror.row(subject).is_some_and(|row| carries(row.values.get("note"), entity)),
        // About the entity, or about a record that could be several entities', which are listed at the end.
        "ambiguous" => {
            names && subject == format!("entity:{entity}") || listed(&finding.what).any(|key| key == entity)
        }
        "key_changed" => subject.split(':').any(|key| key == entity),
        "absent" => names && !stands(evidence, mirror, entity),
        // No class of the configuration takes it; what it is about stands in its subject.
        "unclassed" => {
            names && !subject.starts_with(&format!("{entity}."))
                || subject.split(':').any(|key| key == entity)
                || listed(&finding.what).any(|key| key == entity)
        }
        _ => false,
    }
}

/// Whether a held change is about a whole record: one that is not made, or not put away.
fn is_whole(what: &str) -> bool {
    what.starts_with("create of ") || what.starts_with("archive of ")
}

fn listed(what: &str) -> impl Iterator<Item = &str> {
    what.rsplit_once(": ").map_or("", |(_, keys)| keys).split(", ")
}

/// Whether a text has the token of an entity.
#[must_use]
pub fn carries(note: Option<&String>, entity: &str) -> bool {
    let tokens = note.map_or("", String::as_str).split("ID:").skip(1);
    let key = |rest: &str| entries(rest.split([' ', '.', ';', ',']).next().unwrap_or_default()).next();
    tokens.filter_map(key).any(|key| key == super::bare(entity))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_held_change_excuses_the_fields_it_names_and_no_other() {
        let fields: Vec<&str> = held_fields("update of phone, city held by F1: a finding waits").collect();
        assert_eq!(fields, ["phone", "city"]);
        assert_eq!(held_fields("nothing of the sort").collect::<Vec<_>>(), [""]);
    }

    #[test]
    fn a_held_change_excuses_a_whole_record_only_where_it_makes_one_or_puts_it_away() {
        for whole in ["create of name, city held by caps: too many", "archive of  held by archives: ask"] {
            assert!(is_whole(whole));
        }
        assert!(!is_whole("update of phone held by immutable: it may never change"));
    }

    #[test]
    fn a_list_of_keys_names_whole_keys() {
        let keys: Vec<&str> = listed("has an address of several entities: R00001, R00012").collect();
        assert_eq!(keys, ["R00001", "R00012"]);
    }

    #[test]
    fn a_token_is_a_whole_word() {
        let note = |text: &str| Some(text.to_owned());
        assert!(carries(note("import ID:R00001").as_ref(), "R00001"));
        assert!(carries(note("import ID:R00001. ID:R2").as_ref(), "R2"));
        assert!(!carries(note("import ID:R000012").as_ref(), "R00001"));
        assert!(!carries(note("R00001").as_ref(), "R00001"));
    }
}
