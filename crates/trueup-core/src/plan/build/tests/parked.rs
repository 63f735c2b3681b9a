//! Writes that were refused: left alone until something changes.

use crate::{
    fixture::{cycle, key, lead, linked, memory, plain, portal, setup, twin, with, workbook},
    memory::{FieldKey, Memory, Note, Parked},
    plan::{Bucket, Reconciled, whole},
    record::Record,
    value::Cell,
};

fn field(name: &str) -> FieldKey {
    FieldKey { link: key("R1"), field: name.into() }
}

fn parked(memory: &Memory, name: &str, canonical: &Cell, mirror: &Cell) -> Note {
    let [canonical, mirror] = [canonical, mirror].map(|cell| memory.print(cell));
    let parked = Parked {
        class: "D4".into(),
        reason: "taken".into(),
        canonical,
        mirror,
        kept: None,
        since: "r1".into(),
    };
    Note::Park(field(name), parked)
}

fn reconcile(memory: &Memory, lead: Record, contact: Option<Record>) -> Reconciled {
    cycle(&setup(), memory, &workbook(vec![lead]), &portal(contact.into_iter().collect()))
}

fn lead_in(city: &str) -> Record {
    let mut lead = plain("R1");
    lead.cells[3] = Cell::text(city);
    lead
}

#[track_caller]
fn check(memory: &Memory, lead: Record, contact: Record, changes: usize, unparked: bool) {
    let made = reconcile(memory, lead, Some(contact));
    assert_eq!(made.plan.changes.len(), changes);
    assert_eq!(made.plan.report.parked, usize::from(!unparked));
    assert_eq!(made.notes.contains(&Note::Unpark(field("city"))), unparked);
}

#[test]
fn a_refused_field_is_tried_again_only_when_a_value_changes_or_agrees() {
    let mut memory = linked(&[("R1", "101")]);
    memory.commit(&[parked(&memory, "city", &Cell::text("Estes Park"), &Cell::text("Granby"))]);
    let contact = |city| with(twin("101", "R1"), "city", city);
    check(&memory, lead_in("Estes Park"), contact("Granby"), 0, false);
    check(&memory, lead_in("Loveland"), contact("Granby"), 1, true);
    check(&memory, lead_in("Estes Park"), contact("Berthoud"), 1, true);
    check(&memory, lead_in("Estes Park"), contact("Estes Park"), 0, true);
    let bucket = reconcile(&memory, lead_in("Estes Park"), Some(contact("Granby"))).plan.report.buckets;
    assert_eq!(bucket[&Bucket::Failed], 1);
}

#[test]
fn what_waits_for_a_person_waits_whatever_the_values_are() {
    let mut memory = linked(&[("R1", "101")]);
    let nothing = Parked {
        class: "D3".into(),
        reason: String::new(),
        canonical: None,
        mirror: None,
        kept: None,
        since: "r1".into(),
    };
    memory.commit(&[Note::Park(field("city"), nothing)]);
    check(&memory, lead_in("Loveland"), with(twin("101", "R1"), "city", "Berthoud"), 0, false);
}

#[test]
fn a_refused_list_of_addresses_rests_although_it_holds_the_main_one() {
    // The gate remembers the cell as the system spells it, the comparison leaves the main address out.
    let mut memory = linked(&[("R1", "101")]);
    let before = Cell::list(["r1@example.org"]);
    memory.commit(&[
        parked(&memory, "more", &Cell::list(["new@example.org"]), &before),
        parked(&memory, "email", &Cell::text("r1@example.org"), &Cell::text("old@example.org")),
    ]);
    let contact = with(with(twin("101", "R1"), "email", "old@example.org"), "more", "r1@example.org");
    let made = reconcile(&memory, lead("R1", "r1@example.org;new@example.org"), Some(contact));
    assert!(made.plan.is_empty(), "{:?}", made.plan.changes);
    assert_eq!(made.plan.report.parked, 2);
}

#[test]
fn a_refused_create_rests_until_the_lead_changes_and_is_over_once_there_is_a_record() {
    let mut memory = memory();
    let planned = reconcile(&memory, plain("R1"), None).plan.changes.remove(0);
    memory.commit(&[parked(&memory, "", &whole(&planned.edits), &Cell::Null)]);
    let again = reconcile(&memory, plain("R1"), None);
    assert!(again.plan.is_empty() && again.plan.report.parked == 1);
    assert_eq!(reconcile(&memory, lead_in("Loveland"), None).plan.changes.len(), 1);
    let by_hand = reconcile(&memory, plain("R1"), Some(twin("101", "R1")));
    assert!(by_hand.notes.contains(&Note::Unpark(field(""))));
}
