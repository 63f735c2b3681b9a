//! What nobody has to be told: a hold and a conflict end by it once both sides agree, and only then.

use crate::{
    fixture::{cycle, draft, key, linked, plain, portal, setup, twin, with, workbook},
    link::{BaseCell, FieldBase},
    memory::{Conflict, FieldKey, Hold, Memory, Note},
    merge::Flow,
    setup::Setup,
    value::Cell,
};

fn field() -> FieldKey {
    FieldKey { link: key("R1"), field: "city".into() }
}

/// A city that is held at a value, and in conflict.
fn waiting(at: &str) -> Memory {
    let mut memory = linked(&[("R1", "101")]);
    let hold = Hold { canonical: memory.print(&Cell::text(at)), by: "r2".into() };
    let why = "an undo met a newer edit".to_owned();
    let conflict = Conflict { claims: Vec::new(), why, opened: "r2".into(), closed: None };
    memory.commit(&[Note::Hold(field(), hold), Note::Conflict(field(), conflict)]);
    memory
}

/// Both sides were accounted for as they are now.
fn account(setup: &Setup, memory: &mut Memory, (ours, theirs): (&str, &str)) {
    let mapping = setup.mapping(&setup.mirrors()[0]).tag(4);
    let said = |text: &str| BaseCell { print: memory.print(&Cell::text(text)).unwrap(), cell: None };
    let base = FieldBase { field: "city".into(), mapping, canonical: said(ours), mirror: said(theirs) };
    memory.links.values_mut().for_each(|link| link.set_base(base.clone()));
}

/// Whether the hold ends and the conflict is over, where the city was accounted for before and where it was not.
#[track_caller]
fn check(sides: (&str, &str), held: &str, ends: [bool; 2]) {
    check_in(&setup(), sides, held, ends);
}

#[track_caller]
fn check_in(setup: &Setup, sides: (&str, &str), held: &str, ends: [bool; 2]) {
    let mut known = waiting(held);
    account(setup, &mut known, sides);
    let met = (sides.0 == sides.1).then(|| waiting(held));
    for memory in met.into_iter().chain([known]) {
        let mut lead = plain("R1");
        lead.cells[3] = Cell::text(sides.0);
        let contact = with(twin("101", "R1"), "city", sides.1);
        let made = cycle(setup, &memory, &workbook(vec![lead]), &portal(vec![contact]));
        assert!(made.plan.changes.is_empty());
        let over = [made.notes.contains(&Note::Release(field())), made.rested.contains(&field())];
        assert_eq!(over, ends, "{sides:?} held at {held}");
    }
}

#[test]
fn a_hold_ends_once_both_sides_agree_on_another_value_and_a_conflict_once_they_agree() {
    check(("Fraser", "Fraser"), "Granby", [true, true]);
    check(("Granby", "Granby"), "Granby", [false, true]);
    check(("Granby", "Loveland"), "Granby", [false, false]);
    check(("Granby", "Loveland"), "Fraser", [false, false]);
}

#[test]
fn a_conflict_of_a_field_that_only_flows_in_ends_once_what_it_says_is_accounted_for() {
    let mut draft = draft();
    (draft.canonical_writes, draft.canonical_ext_id) = (true, Some("KEY".into()));
    let city = draft.mirrors[0].side.bindings.iter_mut().find(|binding| binding.column == 4).unwrap();
    city.flow = Flow::In;
    check_in(&draft.build().unwrap(), ("Granby", "Loveland"), "Fraser", [false, true]);
}
