//! What people decided about findings.

use super::Case;
use crate::{
    fixture::{contact, decide, linked, memory, plain, twin},
    memory::{Choice, Memory},
};

fn decided(mut memory: Memory, class: &str, subject: &str, choice: Choice) -> Memory {
    decide(&mut memory, class, subject, choice);
    memory
}

#[test]
fn an_accepted_stranger_is_the_entitys_and_suspends_nothing() {
    let memory = decided(memory(), "F1", "R1", Choice::Accept);
    Case::new(memory, vec![plain("R1")], vec![contact("101", "ID:R1", "x@example.org", "")])
        .check(&["R1=101 token"]);
}

#[test]
fn an_excluded_stranger_is_left_alone_and_nothing_is_created_in_its_place() {
    let memory = decided(linked(&[("R1", "101")]), "F1", "R1", Choice::Exclude);
    Case::new(memory, vec![plain("R1")], vec![contact("101", "ID:R1", "x@example.org", "")])
        .check(&["left 101 not_chosen"]);
}

#[test]
fn of_several_records_the_chosen_one_is_the_entitys() {
    let twins = vec![twin("101", "R1"), twin("102", "R1")];
    let memory = decided(memory(), "F2", "R1", Choice::Choose("102".into()));
    Case::new(memory, vec![plain("R1")], twins).check(&["R1=102 decided", "left 101 not_chosen"]);
}

#[test]
fn a_choice_that_is_not_there_any_more_asks_again() {
    let twins = vec![twin("101", "R1"), twin("102", "R1")];
    let memory = decided(memory(), "F2", "R1", Choice::Choose("103".into()));
    Case::new(memory, vec![plain("R1")], twins).check(&["F2 R1 [101 102]", "left 101 F2", "left 102 F2"]);
}

#[test]
fn a_chosen_record_takes_the_place_of_the_one_that_was_linked() {
    let contacts = vec![contact("101", "", "r1@example.org", ""), twin("102", "R1"), twin("103", "R1")];
    let memory = decided(linked(&[("R1", "101")]), "F2", "R1", Choice::Choose("102".into()));
    Case::new(memory, vec![plain("R1")], contacts).check(&[
        "R1=102 decided",
        "left 101 not_chosen",
        "left 103 not_chosen",
    ]);
}

#[test]
fn a_record_that_is_linked_to_another_entity_cannot_be_chosen() {
    let contacts = vec![twin("101", "R1"), contact("102", "ID:R1", "r2@example.org", "")];
    let memory = decided(linked(&[("R2", "102")]), "F2", "R1", Choice::Choose("102".into()));
    Case::new(memory, vec![plain("R1"), plain("R2")], contacts).check(&[
        "F2 R1 [101 102]",
        "left 101 F2",
        "left 102 F2",
    ]);
}

#[test]
fn an_excluded_candidate_is_told_no_more() {
    let contacts = vec![twin("101", "R1"), contact("102", "", "r1@example.org", "")];
    let asked = Case::new(memory(), vec![plain("R1")], contacts.clone());
    asked.check(&["R1=101 token", "ambiguous 102 [102]", "left 102 ambiguous"]);
    let memory = decided(memory(), "ambiguous", "102", Choice::Exclude);
    Case::new(memory, vec![plain("R1")], contacts).check(&["R1=101 token", "left 102 ambiguous"]);
}
