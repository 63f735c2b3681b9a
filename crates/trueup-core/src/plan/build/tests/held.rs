//! What an undo left apart stays apart and is told as such, until one of the two sides moves.

use crate::{
    drift::base,
    fixture::{
        self, PORTAL,
        hub::{CRM, Hub, setup, told},
        key,
    },
    memory::{FieldKey, Hold, LinkKey, Note},
    merge::Flow,
    plan::{Bucket, Reconciled},
    value::Cell,
};

fn city(system: &str) -> FieldKey {
    FieldKey { link: LinkKey { system: system.into(), ..key("R1") }, field: "city".into() }
}

/// The source of truth says Granby and the portal Vail, and both are accounted for; an undo holds the city of a
/// system at a value.
fn apart(held: Option<(&str, &str)>) -> Hub {
    let (setup, mut hub) = (setup(), Hub::known().says(PORTAL, "city", "Vail"));
    let id = setup.field_named("city").unwrap();
    let tag = setup.mapping(&setup.mirrors()[0]).tag(1);
    let sides = (&Cell::text("Granby"), &Cell::text("Vail"));
    let base = base(setup.field(id), tag, Flow::Both, sides, &hub.memory).unwrap();
    hub.memory.links.get_mut(&key("R1")).unwrap().set_base(base);
    if let Some((system, value)) = held {
        let undone = Hold { canonical: hub.memory.print(&Cell::text(value)), by: "r2".into() };
        hub.memory.commit(&[Note::Hold(city(system), undone)]);
    }
    hub
}

/// How often it is told that the field is held, and how many copies agree.
fn ends(made: &Reconciled) -> (usize, usize) {
    let told = made.plan.report.notes.iter().filter(|note| note.sort == "held_after_undo");
    (told.count(), made.plan.report.buckets[&Bucket::InSync])
}

#[track_caller]
fn check(held: Option<(&str, &str)>, expected: (usize, usize)) {
    let made = apart(held).cycle(&setup());
    assert_eq!((ends(&made), made.plan.is_empty()), (expected, true), "{held:?}");
    assert!(made.notes.is_empty(), "nothing ends by it: {:?}", made.notes);
}

#[test]
fn a_field_that_an_undo_left_apart_is_told_and_no_agreement() {
    check(Some((PORTAL, "Granby")), (1, 1));
    check(Some((CRM, "Vail")), (1, 1));
}

#[test]
fn sides_that_differ_for_another_reason_are_accounted_for() {
    check(None, (0, 2));
    check(Some((PORTAL, "Vail")), (0, 2));
    check(Some((CRM, "Granby")), (0, 2));
}

#[test]
fn what_a_side_says_next_is_told_again() {
    let hub = apart(Some((PORTAL, "Granby"))).says(CRM, "city", "Aspen");
    let plan = hub.cycle(&setup()).plan;
    assert_eq!(
        told(&plan.changes),
        ["desk update 201 city Granby → Aspen alone", "portal update 101 city Vail → Aspen alone",]
    );
}

#[test]
fn sides_that_agree_are_held_apart_by_nothing() {
    let mut hub = Hub::known();
    let hold = Hold { canonical: hub.memory.print(&Cell::text("Granby")), by: "r2".into() };
    hub.memory.commit(&[Note::Hold(city(PORTAL), hold)]);
    let made = hub.cycle(&setup());
    assert_eq!(ends(&made), (0, 2));
    assert!(made.notes.is_empty(), "the same value undone once more would be no news");
}

#[test]
fn a_union_that_was_left_apart_on_both_sides_rests_though_each_holds_something_of_its_own() {
    let (setup, mut memory) = (fixture::setup(), fixture::linked(&[("R1", "101")]));
    let id = setup.field_named("more").unwrap();
    let tag = setup.mapping(&setup.mirrors()[0]).tag(2);
    let sides = [["b@example.org"], ["c@example.org"]].map(Cell::list);
    let base = base(setup.field(id), tag, Flow::Out, (&sides[0], &sides[1]), &memory).unwrap();
    memory.links.values_mut().for_each(|link| link.set_base(base.clone()));
    let ours = fixture::workbook(vec![fixture::lead("R1", "r1@example.org;b@example.org")]);
    let theirs = |more: &str| fixture::portal(vec![fixture::contact("101", "ID:R1", "r1@example.org", more)]);
    let plan = fixture::cycle(&setup, &memory, &ours, &theirs("c@example.org")).plan;
    assert!(plan.is_empty(), "{:?}", told(&plan.changes));
    let kept = plan.report.notes.iter().map(|note| (note.sort.as_str(), note.what.as_str()));
    assert_eq!(kept.collect::<Vec<_>>(), [("extra_kept", "1 of more stand only in the mirror and are kept")]);
    let plan = fixture::cycle(&setup, &memory, &ours, &theirs("d@example.org")).plan;
    assert_eq!(
        told(&plan.changes),
        ["portal update 101 more d@example.org → b@example.org;d@example.org alone"]
    );
}
