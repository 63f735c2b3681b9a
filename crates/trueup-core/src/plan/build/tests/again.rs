//! What a plan leaves alone for now is named, so that whoever looks at changes only does not pass it by.

use crate::{
    fixture::{change, cycle, edit, linked, plain, portal, setup, twin, update, with, workbook},
    journal::Intent,
    memory::Memory,
    plan::{Act, Change},
    record::Record,
    snapshot::Snapshot,
};

/// One lead and its contact, which says another city; with a write that is open, if any.
fn remembered(open: Option<Change>) -> Memory {
    let mut memory = linked(&[("R1", "101")]);
    memory.intents.extend(open.map(|change| {
        let id: crate::name::IntentId = "i".into();
        (id.clone(), Intent { id, run: "r".into(), epoch: 1, change, watermark: None, sent: None })
    }));
    memory
}

#[track_caller]
fn check(memory: &Memory, leads: &Snapshot, contacts: &Snapshot, expected: &[&str]) {
    let again = cycle(&setup(), memory, leads, contacts).again;
    let told = |key: &crate::hint::TouchKey| format!("{} {}", key.system, key.remote.as_ref().unwrap());
    assert_eq!(again.iter().map(told).collect::<Vec<_>>(), expected);
}

fn contact() -> Record {
    with(twin("101", "R1"), "city", "Estes Park")
}

#[test]
fn what_is_told_or_to_be_written_is_not_left_alone() {
    let leads = workbook(vec![plain("R1")]);
    check(&remembered(None), &leads, &portal(vec![contact()]), &[]);
    check(&remembered(None), &workbook(vec![]), &portal(vec![contact()]), &[]);
}

#[test]
fn a_record_that_an_open_write_may_still_reach_is_looked_at_again() {
    let leads = workbook(vec![plain("R1")]);
    let open = update("R1", "101", vec![edit("city", "Estes Park", "Granby")]);
    check(&remembered(Some(open)), &leads, &portal(vec![contact()]), &["workbook R1"]);
    let act = Act::Create { ext_id: "x".into(), ext_id_column: None, class: "D7".into(), origin: None };
    let make = change("R2", act, vec![]);
    let both = workbook(vec![plain("R1"), plain("R2")]);
    check(&remembered(Some(make)), &both, &portal(vec![contact()]), &["workbook R2"]);
}

#[test]
fn a_record_of_which_nothing_is_known_is_looked_at_again() {
    let leads = workbook(vec![plain("R1")]);
    check(&remembered(None), &leads, &portal(vec![]), &["workbook R1"]);
    let missing = Snapshot { missing: vec!["101".into()], ..portal(vec![]) };
    check(&remembered(None), &leads, &missing, &["workbook R1"]);
    let silent = Snapshot { silent: vec!["101".into()], ..portal(vec![]) };
    check(&remembered(None), &leads, &silent, &["portal 101", "workbook R1"]);
    let unsaid = Snapshot { silent: vec!["R1".into()], ..workbook(vec![]) };
    check(&remembered(None), &unsaid, &portal(vec![contact()]), &["workbook R1"]);
}
