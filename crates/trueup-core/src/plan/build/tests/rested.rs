//! What nobody has to be told: a hold and a conflict end by it once both sides agree, and only then.

use crate::{
    fixture::{cycle, key, linked, plain, portal, setup, twin, with, workbook},
    link::{BaseCell, FieldBase},
    memory::{Conflict, FieldKey, Hold, Memory, Note},
    merge::{Claim, Party},
    value::Cell,
};

fn field() -> FieldKey {
    FieldKey { link: key("R1"), field: "city".into() }
}

/// A city that is held at a value, and in conflict with what this side says.
fn waiting(at: &str, party: Party) -> Memory {
    let mut memory = linked(&[("R1", "101")]);
    let hold = Hold { canonical: memory.print(&Cell::text(at)), by: "r2".into() };
    let said = Claim { party, cell: Cell::text("Aspen"), at: None, version: None };
    let conflict = Conflict { claims: vec![said], why: String::new(), opened: "r2".into(), closed: None };
    memory.commit(&[Note::Hold(field(), hold), Note::Conflict(field(), conflict)]);
    memory
}

/// Both sides were accounted for as they are now.
fn account(memory: &mut Memory, (ours, theirs): (&str, &str)) {
    let setup = setup();
    let mapping = setup.mapping(&setup.mirrors()[0]).tag(4);
    let cell = |text: &str| if text.is_empty() { Cell::Null } else { Cell::text(text) };
    let said = |text: &str| BaseCell { print: memory.print(&cell(text)).unwrap(), cell: None };
    let base = FieldBase { field: "city".into(), mapping, canonical: said(ours), mirror: said(theirs) };
    memory.links.values_mut().for_each(|link| link.set_base(base.clone()));
}

/// Whether the hold ends and the conflict is over, where the city was accounted for before and where it was not.
#[track_caller]
fn check(sides: (&str, &str), held: &str, ends: [bool; 2]) {
    let mut known = waiting(held, Party::Journal);
    account(&mut known, sides);
    let met = (sides.0 == sides.1).then(|| waiting(held, Party::Journal));
    for memory in met.into_iter().chain([known]) {
        assert_eq!(ended(&memory, sides), ends, "{sides:?} held at {held}");
    }
}

fn ended(memory: &Memory, sides: (&str, &str)) -> [bool; 2] {
    let mut lead = plain("R1");
    lead.cells[3] = Cell::text(sides.0);
    let contact = with(twin("101", "R1"), "city", sides.1);
    let made = cycle(&setup(), memory, &workbook(vec![lead]), &portal(vec![contact]));
    assert!(made.plan.changes.is_empty());
    [made.notes.contains(&Note::Release(field())), made.rested.contains(&field())]
}

#[test]
fn a_hold_ends_once_both_sides_agree_on_another_value_and_what_an_undo_met_once_they_agree() {
    check(("Fraser", "Fraser"), "Granby", [true, true]);
    check(("Granby", "Granby"), "Granby", [false, true]);
    check(("Granby", "Loveland"), "Granby", [false, false]);
    check(("Granby", "Loveland"), "Fraser", [false, false]);
    // Nothing at all is no part of a value.
    check(("", "Loveland"), "Granby", [false, false]);
}

#[test]
fn a_hold_without_a_conflict_ends_and_so_does_a_conflict_without_a_hold() {
    let sides = ("Fraser", "Fraser");
    let [mut held, mut disputed] = [(), ()].map(|()| waiting("Granby", Party::Journal));
    held.conflicts.clear();
    disputed.holds.clear();
    for (memory, ends) in [(&mut held, [true, false]), (&mut disputed, [false, true])] {
        account(memory, sides);
        assert_eq!(ended(memory, sides), ends);
    }
}

#[test]
fn a_conflict_of_two_sides_ends_once_both_are_accounted_for_however_they_spell_it() {
    for theirs in ["Granby", "GRANBY."] {
        let mut memory = waiting("Fraser", Party::Mirror(0));
        account(&mut memory, ("Granby", theirs));
        assert!(ended(&memory, ("Granby", theirs))[1], "{theirs}");
    }
}
