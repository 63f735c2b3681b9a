//! Whose a record is, by the external id that we made it with.

use super::*;
use crate::{
    create::{Create, Stage},
    fixture::{draft, linked, memory, plain, time, twin, with},
    name::ExtId,
    snapshot::Coverage,
    value::Cell,
};

/// Contact 102, made by us for `R1`, and 101 which nobody made.
fn contacts() -> Vec<Record> {
    let contact = |id: &str, ext_id: Option<String>| {
        let mut contact = with(with(twin(id, "R1"), "note", ""), "email", "");
        contact.cells.push(ext_id.map_or(Cell::Null, Cell::text));
        contact
    };
    let ext_id = ExtId::derive("portal 1", "lead", &"R1".into()).to_string();
    vec![contact("101", None), contact("102", Some(ext_id))]
}

#[track_caller]
fn check(feeds: bool, memory: &Memory, leads: &Snapshot, expected: &[&str]) {
    let mut draft = draft();
    draft.mirrors[0].side.columns.push("lead_id".into());
    draft.mirrors[0].feeds = feeds;
    let setup = draft.build().unwrap();
    let canon = Canon::new(&setup, leads);
    let mut seen = portal(contacts());
    seen.aliases.insert("90".into(), "102".into());
    let linked = link(&setup, &setup.mirrors()[0], &canon, (&seen, "portal 1"), memory);
    let pairs = linked.pairs.iter().map(|pair| format!("{:?}", pair.how));
    let left = linked.excluded.iter().filter(|(at, _)| *at == 1).map(|(_, why)| why.sort.clone());
    let told = linked.findings.iter().map(|finding| finding.what.clone());
    let all: Vec<String> = pairs.chain(left).chain(told).collect();
    assert_eq!(all.len(), expected.len(), "{all:#?}");
    assert!(all.iter().zip(expected).all(|(one, told)| one.contains(told)), "{all:#?}");
}

#[test]
fn a_record_that_we_made_is_its_entitys_or_a_person_is_told_whose_it_was() {
    let (lead, none) = (workbook(vec![plain("R1")]), workbook(vec![]));
    // Of whom nothing is known, nothing can be told.
    for (feeds, unknown) in [(true, "unknown_ext_id"), (false, "no_entity")] {
        check(feeds, &memory(), &lead, &["Adopted"]);
        check(
            feeds,
            &linked(&[("R1", "101")]),
            &lead,
            &["Token", "ambiguous", "linked to another record: R1"],
        );
        check(feeds, &linked(&[("R1", "101")]), &none, &["ambiguous", "was not seen to have: R1"]);
        check(feeds, &memory(), &none, &[unknown]);
    }
}

#[test]
fn a_look_at_other_entities_tells_nothing_of_whom_a_record_was_made_for() {
    let leads = Snapshot { coverage: Coverage::Since, ..workbook(vec![]) };
    check(true, &linked(&[("R1", "101")]), &leads, &["unknown_ext_id"]);
}

#[test]
fn what_people_made_of_a_lost_leads_contact_and_of_one_that_we_had_made_is_whose_we_had_made_it() {
    let lead = workbook(vec![plain("R1")]);
    // Contact 102 has R1's external id, and is what 90 became, which was the one of R2, which is gone.
    let both = || linked(&[("R2", "90"), ("R3", "90")]);
    check(true, &linked(&[("R2", "90")]), &lead, &["Adopted"]);
    check(true, &both(), &lead, &["Adopted"]);
    check(true, &linked(&[("R1", "101"), ("R2", "90")]), &lead, &["Token", "gone"]);
    check(true, &linked(&[("R2", "90")]), &workbook(vec![plain("R3")]), &["gone"]);
    // No record is linked twice: where a row names 102 itself, a person has to say whose it is.
    check(true, &linked(&[("R2", "102")]), &lead, &["ambiguous", "entities became: R1, R2"]);
    let mut open = linked(&[("R2", "90")]);
    let create = Create {
        key: "k".into(),
        system: "portal".into(),
        entity: "R1".into(),
        ext_id: ExtId::derive("portal 1", "lead", &"R1".into()),
        payload: open.print(&Cell::text("a payload")).unwrap(),
        values: [].into(),
        begun: time(0),
        deadline: time(8),
        stage: Stage::Sent,
        answer: None,
    };
    open.creates.insert(create.key.clone(), create);
    check(true, &open, &lead, &["open_create"]);
}
