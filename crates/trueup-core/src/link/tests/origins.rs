//! What was made in the source of truth after a record of a mirror, by the external id it carries.

use super::*;
use crate::{
    fixture::{change, draft, linked, memory, plain, twin, with},
    journal::Intent,
    name::ExtId,
    plan::{Act, Origin},
    value::Cell,
};

/// `R1`, with another address than contact 101 has, was made after that one.
fn lead() -> Record {
    let origin = origin().entity();
    let mut lead = plain("R1");
    lead.cells.push(Cell::text(ExtId::derive("account", "lead", &origin).to_string()));
    lead
}

fn origin() -> Origin {
    Origin { system: "portal".into(), remote: "101".into() }
}

fn stranger(id: &str) -> Record {
    with(twin(id, "R0"), "note", "")
}

#[track_caller]
fn check(memory: &Memory, contacts: Vec<Record>, expected: &[&str]) {
    check_of(&workbook(vec![lead()]), memory, contacts, expected);
}

#[track_caller]
fn check_of(leads: &Snapshot, memory: &Memory, contacts: Vec<Record>, expected: &[&str]) {
    let mut draft = draft();
    draft.canonical.columns.push("lead_id".into());
    (draft.canonical_writes, draft.canonical_ext_id) = (true, Some("lead_id".into()));
    draft.mirrors[0].feeds = true;
    let setup = draft.build().unwrap();
    let contacts = portal(contacts);
    let side = &setup.mirrors()[0];
    let canon = Canon::new(&setup, leads).after("account", &[(side, &contacts)], memory);
    let linked = link(&setup, side, &canon, (&contacts, "portal 1"), memory);
    let pairs = linked.pairs.iter().map(|pair| format!("{:?}", pair.how));
    let missing = linked.missing.iter().map(|_| "missing".to_owned());
    let news = linked.originals.iter().map(|_| "news".to_owned());
    let told = linked.findings.iter().map(|finding| finding.what.clone());
    let all: Vec<String> = pairs.chain(missing).chain(news).chain(told).collect();
    assert_eq!(all.len(), expected.len(), "{all:#?}");
    assert!(all.iter().zip(expected).all(|(one, told)| one.contains(told)), "{all:#?}");
}

#[test]
fn a_record_and_what_was_made_after_it_are_one_entity_whoever_heard_of_it() {
    check(&memory(), vec![stranger("101")], &["Origin", "none of its e-mail addresses"]);
    check(&memory(), vec![stranger("102")], &["missing", "news"]);
}

#[test]
fn what_was_made_after_a_record_that_is_another_entitys_by_now_is_no_second_record() {
    let told = ["was made after portal:101, which is the record of R9"];
    check(&linked(&[("R9", "101")]), vec![stranger("101")], &told);
    // Also where that record has left the scope.
    check(&linked(&[("R9", "101")]), vec![], &told);
}

#[test]
fn whoever_became_what_was_made_after_a_record_is_no_other_one() {
    let mut leads = workbook(vec![lead()]);
    leads.aliases.insert("R9".into(), "R1".into());
    check_of(&leads, &linked(&[("R9", "101")]), vec![], &["R9 became R1"]);
}

#[test]
fn an_own_record_that_is_not_seen_bars_nobody_who_has_another_one() {
    check(&linked(&[("R1", "105")]), vec![], &[]);
}

#[test]
fn whom_the_record_it_was_made_after_is_linked_to_is_not_told_of_as_anothers() {
    check(&linked(&[("R1", "101")]), vec![], &[]);
}

#[test]
fn what_an_open_create_made_is_not_made_where_the_record_stands_that_it_was_made_after() {
    let mut memory = memory();
    let act =
        Act::Create { ext_id: "x".into(), ext_id_column: None, class: "new".into(), origin: Some(origin()) };
    let change = change("portal:101", act, vec![]);
    let intent = Intent { id: "i".into(), run: "r".into(), epoch: 1, change, watermark: None, sent: None };
    memory.intents.insert(intent.id.clone(), intent);
    check(&memory, vec![], &["was made after portal:101, which is not seen"]);
    check(&memory, vec![stranger("101")], &["Origin", "none of its e-mail addresses"]);
}
