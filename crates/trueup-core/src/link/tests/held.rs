//! What an open create made, or may have made, is held.

use super::*;
use crate::{
    create::{Create, Stage},
    fixture::{draft, memory, plain, time, twin},
    value::Cell,
};

/// A contact that carries the external id of `R9` and everything else of `R1`.
#[track_caller]
fn check(stage: Option<Stage>, held: bool) {
    let mut draft = draft();
    draft.mirrors[0].side.columns.push("lead_id".into());
    let setup = draft.build().unwrap();
    let mut contact = twin("101", "R1");
    contact.cells.push(Cell::text("ext 9"));
    let mut memory = memory();
    let create = stage.map(|stage| Create {
        key: "k".into(),
        system: "portal".into(),
        entity: "R9".into(),
        ext_id: "ext 9".into(),
        payload: memory.print(&Cell::text("a payload")).unwrap(),
        values: [].into(),
        begun: time(0),
        deadline: time(8),
        stage,
        answer: None,
    });
    memory.creates.extend(create.map(|create| (create.key.clone(), create)));
    let (leads, contacts) = (workbook(vec![plain("R1")]), portal(vec![contact]));
    let canon = Canon::new(&setup, &leads);
    let linked = link(&setup, &setup.mirrors()[0], &canon, (&contacts, "tenant"), &memory);
    let sorts: Vec<&str> = linked.excluded.iter().map(|(_, reason)| reason.sort.as_str()).collect();
    assert_eq!((linked.pairs.is_empty(), sorts == ["open_create"]), (held, held), "{linked:?}");
}

#[test]
fn a_record_with_the_id_of_an_open_create_is_nobody_elses_until_the_create_is_over() {
    check(Some(Stage::Prepared), true);
    check(Some(Stage::Sent), true);
    check(Some(Stage::Done { at: time(9) }), false);
    check(Some(Stage::Ended { at: time(9) }), false);
    check(None, false);
}
