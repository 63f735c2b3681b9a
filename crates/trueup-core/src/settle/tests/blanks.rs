//! What a record was made without.

use crate::{
    fixture::{change, column_of, draft, edit, memory, time, twin, with},
    journal::Intent,
    merge::Flow,
    plan::Act,
    record::Record,
    settle::{Evidence, blanks},
    value::Cell,
};

/// The fields that are accounted for as blank on both sides when a contact is made from an e-mail address; the
/// phone flows in, the city both ways.
#[track_caller]
fn check(record: &Record, unasked: Flow, expected: &[&str]) {
    let mut draft = draft();
    let mirror = &mut draft.mirrors[0].side.bindings;
    mirror[column_of("phone")].flow = Flow::In;
    mirror[column_of("city")].flow = Flow::Both;
    draft.canonical_writes = true;
    let (setup, memory) = (draft.build().unwrap(), memory());
    let mirror = &setup.mirrors()[0];
    let mapping = setup.mapping(mirror);
    let eyes = Evidence { setup: &setup, mirror, mapping, memory: &memory };
    let act = Act::Create { ext_id: "x".into(), ext_id_column: None, class: "D7".into(), origin: None };
    let intent = Intent {
        id: "i1".into(),
        run: "r1".into(),
        epoch: 1,
        change: change("R1", act, vec![edit("email", "", "r1@example.org")]),
        watermark: None,
        sent: Some(time(150)),
    };
    let bases = blanks(&eyes, &intent, (&mirror.side, record), unasked);
    let nothing = memory.print(&Cell::Null);
    for base in &bases {
        assert_eq!((Some(base.canonical.print), Some(base.mirror.print)), (nothing, nothing));
        let at = mirror.side.bindings.iter().position(|own| *setup.field_name(own.field) == base.field);
        assert_eq!(Some(base.mapping), at.map(|at| mapping.tag(at)));
    }
    assert_eq!(bases.iter().map(|base| base.field.as_str()).collect::<Vec<_>>(), expected);
}

#[test]
fn a_field_that_a_record_was_made_without_is_accounted_for_as_blank() {
    let bare = ["note", "email", "phone", "city"]
        .into_iter()
        .fold(twin("101", "R1"), |record, column| with(record, column, ""));
    check(&bare, Flow::In, &["token", "more", "city"]);
    check(&bare, Flow::Out, &["phone", "city"]);
    // What the record holds was told, whoever told it.
    check(&with(bare, "city", "Granby"), Flow::In, &["token", "more"]);
}

#[test]
fn a_field_that_was_not_delivered_is_not_accounted_for() {
    let mut untold = twin("101", "R1");
    untold.cells.fill(Cell::Absent);
    check(&untold, Flow::In, &[]);
}
