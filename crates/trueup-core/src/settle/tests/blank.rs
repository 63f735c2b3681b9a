//! What a record was made without is accounted for as nothing, so that what people add in its first minute is news.

use crate::{
    fixture::{
        self,
        hub::{but, draft, person},
    },
    journal::Intent,
    merge::Flow,
    plan::{Act, Edit},
    record::Record,
    settle::{Evidence, blanks},
    setup::Draft,
    value::Cell,
};

/// A person who was made in the source of truth with an address only.
fn made() -> Record {
    ["city", "tags", "source"]
        .iter()
        .fold(person("R2", "grace@example.org"), |made, column| but(made, column, Cell::Empty))
}

/// The fields that are accounted for as nothing in the portal, whose record the person was made after.
#[track_caller]
fn check(change: impl FnOnce(&mut Draft), record: &Record, sent: &[&str], expected: &[&str]) {
    let mut draft = draft();
    change(&mut draft);
    let (setup, memory) = (draft.build().unwrap(), fixture::memory());
    let mirror = &setup.mirrors()[0];
    let eyes = Evidence { setup: &setup, mirror, mapping: setup.mapping(mirror), memory: &memory };
    let edits = sent.iter().map(|field| Edit { field: (*field).into(), ..fixture::edit("city", "", "") });
    let act = Act::Create { ext_id: "x".into(), ext_id_column: None, class: "new".into(), origin: None };
    let change = fixture::change("portal:102", act, edits.collect());
    let intent = Intent { id: "i".into(), run: "r".into(), epoch: 1, change, watermark: None, sent: None };
    let bases = blanks(&eyes, &intent, (setup.canonical(), record), Flow::Out);
    assert_eq!(bases.iter().map(|base| base.field.as_str()).collect::<Vec<_>>(), expected);
    let nothing = memory.print(&Cell::Null).unwrap();
    for base in bases {
        let slot = mirror.side.bindings.iter().position(|one| *setup.field_name(one.field) == base.field);
        assert_eq!(base.mapping, eyes.mapping.tag(slot.unwrap()));
        assert_eq!([base.canonical.print, base.mirror.print], [nothing; 2]);
    }
}

#[test]
fn what_was_neither_asked_for_nor_is_there_is_nothing_on_both_sides() {
    check(|_| {}, &made(), &["email"], &["city", "tags", "source"]);
    check(|_| {}, &made(), &["email", "city"], &["tags", "source"]);
    check(|_| {}, &but(made(), "city", Cell::text("Vail")), &["email"], &["tags", "source"]);
    check(|_| {}, &but(made(), "city", Cell::Absent), &["email"], &["tags", "source"]);
}

#[test]
fn a_field_that_had_no_part_in_the_record_is_accounted_for_at_nothing() {
    check(
        |draft| draft.mirrors[0].side.bindings[1].flow = Flow::Out,
        &made(),
        &["email"],
        &["tags", "source"],
    );
    check(
        |draft| draft.mirrors[0].side.bindings[2].create_only = true,
        &made(),
        &["email"],
        &["city", "source"],
    );
    check(
        |draft| {
            draft.canonical.bindings.remove(3);
            for mirror in &mut draft.mirrors {
                mirror.side.bindings[3].create_only = true;
                mirror.side.bindings[3].lens = crate::setup::Lens::Constant("letter".into());
            }
        },
        &made(),
        &["email"],
        &["city", "tags"],
    );
}
