//! Which class takes a difference.

use super::*;
use crate::{
    fixture::{
        self, PORTAL,
        hub::{self, CRM, DESK, Hub},
    },
    link::How,
    setup::Action,
    snapshot::Snapshot,
};

const CITY: FieldId = FieldId(4);

/// Long cities are C1's, whatever has a canonical value is C2's, the rest is other's.
fn setup(first: &str, other: bool) -> Setup {
    let mut draft = fixture::draft();
    let class =
        |id: &str, trigger| Class { id: id.into(), trigger, action: Action::Fix, title: String::new() };
    let when = |source: &str| Some(Expr::compile(source).unwrap());
    draft.classes = vec![
        class("P1", Trigger::Differs { field: FieldId(3), when: None }),
        class("C1", Trigger::Differs { field: CITY, when: when(first) }),
        class("C2", Trigger::Differs { field: CITY, when: when("!blank(canonical)") }),
    ];
    draft.classes.extend(other.then(|| class("other", Trigger::Other)));
    draft.build().unwrap()
}

#[track_caller]
fn check(setup: &Setup, (canonical, mirror): (&str, &str), expected: Option<&str>) {
    let [canonical, mirror] = [canonical, mirror].map(Cell::text);
    let diff = Diff { field: CITY, wanted: canonical.clone(), canonical, mirror };
    let class = classify(setup, &diff).unwrap().map(|class| class.id.as_str());
    assert_eq!(class, expected);
}

#[test]
fn the_first_class_whose_field_and_condition_fit_takes_a_difference() {
    let setup = setup("size(mirror) > 6", true);
    check(&setup, ("Vail", "Estes Park"), Some("C1"));
    check(&setup, ("Vail", "Granby"), Some("C2"));
    check(&setup, ("Estes Park", "Vail"), Some("C2"));
    check(&setup, ("", "Vail"), Some("other"));
}

#[test]
fn what_no_class_takes_has_none() {
    check(&setup("size(mirror) > 6", false), ("", "Vail"), None);
}

#[track_caller]
fn unclear(condition: &str, why: &str) {
    let setup = setup(condition, true);
    let [canonical, mirror] = ["Vail", "Granby"].map(Cell::text);
    let diff = Diff { field: CITY, wanted: canonical.clone(), canonical, mirror };
    let unclear = classify(&setup, &diff).unwrap_err();
    assert_eq!(unclear.class.id.as_str(), "C1");
    assert!(unclear.why.contains(why), "{}", unclear.why);
}

#[test]
fn a_condition_that_cannot_be_told_is_passed_over_by_nobody() {
    unclear("mirror > 5", "cannot compare a text with a number");
    unclear("lower(mirror)", "`lower(mirror)` gives neither true nor false");
    unclear("city == 'Vail'", "city");
}

/// What comes of a field where the second of two copies is suspended, or not.
fn compared(hub: &Hub, field: &str, suspended: bool) -> Agreement {
    let setup = hub::setup();
    let copy = |(at, seen): (usize, &'_ Snapshot)| {
        let mirror = &setup.mirrors()[at];
        let link = hub.memory.links.values().find(|link| link.system == seen.system);
        (at, mirror, link, seen.records[0].clone())
    };
    let seen = [(0, &hub.portal), (1, &hub.desk)].map(copy);
    let copies: Vec<Copy<'_>> = seen
        .iter()
        .map(|(at, mirror, link, record)| Copy {
            at: *at,
            mirror,
            mapping: setup.mapping(mirror),
            record,
            link: *link,
            how: How::Email,
            suspended: suspended && *at == 1,
        })
        .collect();
    let id = setup.field_named(field).unwrap();
    compare(&setup, id, &hub.crm.records[0], &copies, &hub.memory).unwrap()
}

#[test]
fn a_copy_that_a_finding_suspends_is_not_beside_a_conflict_but_waits() {
    let hub = Hub::known().says(CRM, "city", "Fraser").says(PORTAL, "city", "Vail");
    let hub = hub.says(DESK, "city", "Aspen");
    let ends = |suspended: bool| {
        let agreement = compared(&hub, "city", suspended);
        let Agreement::Known { copies, .. } = agreement else { panic!("{agreement:?}") };
        copies.into_iter().map(|(_, compared)| compared.outcome).collect::<Vec<_>>()
    };
    assert!(matches!(ends(false)[..], [FieldOutcome::Conflict(_), FieldOutcome::Conflict(_)]));
    assert!(matches!(ends(true)[..], [FieldOutcome::Conflict(_), FieldOutcome::Waits]));
}

#[test]
fn a_copy_that_a_finding_suspends_is_heard_about_no_element_of_a_set() {
    let hub = Hub::known().says(PORTAL, "tags", "new").says(DESK, "tags", "vip");
    let follow = |suspended: bool| {
        let agreement = compared(&hub, "tags", suspended);
        let Agreement::Known { canonical: Some(tell), .. } = agreement else { panic!("{agreement:?}") };
        tell.followers.iter().map(|one| one.position).collect::<Vec<_>>()
    };
    assert_eq!((follow(false), follow(true)), (vec![0, 1], vec![0]));
}
