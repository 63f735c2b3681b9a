//! O2 (I-02, I-09) where every system is edited: what a person makes of a value that all were accounted for at is not taken
//! for an old one and put back to that value, however nobody else says anything.

use jiff::{SignedDuration, Timestamp};
use trueup_core::{
    memory::{FieldKey, LinkKey},
    merge::Flow,
    name::FieldName,
    value::Cell,
};

use super::{SCALARS, cluster, entities_of, says, sharing};
use crate::{
    oracles::{Evidence, Seen},
    people::PERSON,
    scene::peers::flow,
    store::Accounted,
    table::{
        Row, Version,
        rows::{ENGINE, WHOLE},
    },
};

/// Every word of a person that was put back.
#[must_use]
pub fn check(evidence: &Evidence<'_>) -> Vec<String> {
    let heard = |field: &&str| {
        (0..evidence.mirrors.len()).all(|at| flow(evidence.options.scene, at, field) == Flow::Both)
    };
    // What is changed between our last look and our write is not seen by us.
    let look = SignedDuration::from_millis(evidence.setup.timing().guard_age_ms.cast_signed());
    let fields: Vec<&str> = SCALARS.into_iter().filter(heard).collect();
    let mut broken = Vec::new();
    for system in evidence.written() {
        for (id, row) in &system.table.rows {
            let found = fields.iter().flat_map(|field| {
                let put_back = put_back(row, field, look).into_iter();
                put_back.filter(|one| is_unasked(evidence, (system, id), field, one)).map(|one| one.said)
            });
            broken.extend(found.map(|said| {
                let value = said.value.as_deref().unwrap_or_default();
                format!(
                    "O2: {} '{value}' of {}/{id} was put back to what stood before",
                    said.column, system.name
                )
            }));
        }
    }
    broken
}

/// A person's word, and our write of what stood before it.
struct PutBack<'a> {
    /// What stood before.
    known: &'a Version,
    /// The person's word.
    said: &'a Version,
}

/// The words of people that we overwrote with what the column held before, in a write that left later than a
/// look after them.
fn put_back<'a>(row: &'a Row, column: &str, look: SignedDuration) -> Vec<PutBack<'a>> {
    let own: Vec<&Version> = row.history.iter().filter(|version| version.column == column).collect();
    let one = |(at, next): (usize, &&Version)| {
        let (before, said) = (own.get(..at.checked_sub(1)?)?, *own.get(at.checked_sub(1)?)?);
        let known = *before.iter().rfind(|version| reads_as(version, next))?;
        let in_time = next.sent.is_some_and(|sent| sent.duration_since(said.at) > look);
        let found = next.by == ENGINE && said.by == PERSON && !reads_as(said, next) && in_time;
        found.then_some(PutBack { known, said })
    };
    own.iter().enumerate().filter_map(one).collect()
}

fn reads_as(one: &Version, other: &Version) -> bool {
    let read = |version: &Version| says(&version.column, version.value.as_deref().unwrap_or_default());
    read(one) == read(other)
}

/// Whether nobody can have asked for it: all had been accounted for at what stood before, and no other person said that
/// again, decided anything or took anything back; and no copy was away or became one with another's.
fn is_unasked(
    evidence: &Evidence<'_>,
    (system, id): (&Seen<'_>, &str),
    field: &str,
    one: &PutBack<'_>,
) -> bool {
    let entities = sharing(evidence, &entities_of(evidence, system.name, id));
    let Some(entity) = entities.first().filter(|_| entities.len() == 1) else { return false };
    let copies = cluster(evidence, entity);
    let quiet = |copy: &&Row| {
        copy.history.iter().all(|version| {
            let again = version.by == PERSON && version.at > one.known.at && reads_as(version, one.known);
            version.at >= copy.made && version.column != WHOLE && !again
        })
    };
    let asked = asked(evidence, entity, field);
    !asked && copies.iter().all(quiet) && was_accounted(evidence, (system, entity), field, one)
}

/// Whether a person ever decided anything about a field of an entity, or took it back.
fn asked(evidence: &Evidence<'_>, entity: &str, field: &str) -> bool {
    let opened = evidence.opened;
    let is_it = |key: &FieldKey| key.link.entity.as_str() == entity && key.field.as_str() == field;
    opened.restores.iter().any(|one| one.entity.as_str() == entity && one.column == field)
        || opened.let_go.iter().chain(&opened.retried).any(|(_, key)| is_it(key))
        || opened.conflicts.iter().any(is_it)
}

/// Whether the side was accounted for at what stood there when the person changed it; the source of truth by each mirror.
fn was_accounted(
    evidence: &Evidence<'_>,
    (system, entity): (&Seen<'_>, &str),
    field: &str,
    one: &PutBack<'_>,
) -> bool {
    let stood = one.known.value.as_deref().map_or(Cell::Null, Cell::text);
    let id = evidence.setup.field_named(field);
    let stood = id.and_then(|id| evidence.memory.print(&evidence.setup.field(id).kind.lenient(&stood)));
    let is_truth = system.name == evidence.truth.name;
    let side = |then: &Accounted| if is_truth { then.canonical } else { then.mirror };
    let mut own = evidence.mirrors.iter().filter(|mirror| is_truth || mirror.name == system.name);
    own.all(|mirror| {
        let key = LinkKey { system: mirror.name.into(), entity: entity.into() };
        last_before(evidence, &FieldKey { link: key, field: FieldName::new(field) }, one.said.at)
            .is_some_and(|then| then.at >= one.known.at && Some(side(&then)) == stood)
    })
}

/// What a field was accounted for at last before an instant.
fn last_before(evidence: &Evidence<'_>, key: &FieldKey, at: Timestamp) -> Option<Accounted> {
    evidence.opened.accounted.get(key)?.iter().rfind(|then| then.at < at).copied()
}

#[cfg(test)]
mod tests {
    use trueup_core::{
        link::{BaseCell, FieldBase},
        memory::{FieldKey, LinkKey},
        value::Cell,
    };

    use crate::{oracles::support::Case, scene::Scene, table::rows::ENGINE};

    const PUT_BACK: &[&str] = &["O2: city 'Vail' of crm/000001 was put back"];

    /// Somebody whose copy was told Granby, which was accounted for, and of whom a person says Vail there.
    fn edited() -> Case {
        let mut case = Case::agreeing(1);
        case.options.scene = Scene::Hub;
        case.unlink(0);
        case.link("000001", "000001");
        case.book_set(0, "city", "Granby");
        case.engine_sets(0, "city", "Granby");
        account(&mut case, "Granby");
        case.later(60);
        case.crm_set(0, "city", "Vail");
        case.later(3_600);
        case
    }

    fn account(case: &mut Case, city: &str) {
        case.later(1);
        let said = || BaseCell { print: case.memory.print(&Cell::text(city)).unwrap(), cell: None };
        let base = FieldBase { field: "city".into(), mapping: 1, canonical: said(), mirror: said() };
        let mut link = case.memory.links.values().next().unwrap().clone();
        link.set_base(base);
        case.opened.link(case.now, &link);
    }

    fn field() -> FieldKey {
        let link = LinkKey { system: "crm".into(), entity: "000001".into() };
        FieldKey { link, field: "city".into() }
    }

    #[track_caller]
    fn check(meanwhile: fn(&mut Case), expected: &[&str]) {
        let mut case = edited();
        meanwhile(&mut case);
        case.engine_sets(0, "city", "Granby");
        case.check(super::check, expected);
    }

    #[test]
    fn what_a_person_made_of_a_known_value_and_is_put_back_is_found() {
        check(|_| {}, PUT_BACK);
        check(|case| case.book_set(0, "phone", "+12025550177"), PUT_BACK);
        edited().check(super::check, &[]);
        let mut other = edited();
        other.engine_sets(0, "city", "Aspen");
        other.check(super::check, &[]);
    }

    #[test]
    fn what_stood_before_is_put_back_where_somebody_asked_for_it() {
        check(|case| case.book_set(0, "city", "Granby"), &[]);
        check(|case| case.opened.let_go.push((case.now, field())), &[]);
        check(|case| _ = case.opened.conflicts.insert(field()), &[]);
        check(|case| case.book.archive("000001", true, ENGINE, case.now), &[]);
    }

    #[test]
    fn nobody_can_tell_an_edit_from_an_old_value_that_was_not_accounted_for_or_was_not_seen() {
        check(|case| case.opened.accounted.clear(), &[]);
        check(|case| case.crm_set(0, "city", "Loveland"), &[]);
    }

    #[test]
    fn what_is_put_back_in_the_source_of_truth_is_found_as_well() {
        let mut case = edited();
        case.engine_sets(0, "city", "Granby");
        case.crm.rows.clear();
        case.book_set(0, "city", "Vail");
        case.later(3_600);
        case.book_lands("r1", "000001", "city", "Vail", "Granby");
        case.check(super::check, &["O2: city 'Vail' of book/000001 was put back"]);
    }
}
