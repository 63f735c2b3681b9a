//! What people decided about findings, and for how long it stands.

use super::Case;
use crate::{
    fixture::{contact, lead, linked, memory, plain, twin},
    memory::Choice,
    record::Record,
    value::Cell,
};

fn stranger(email: &str) -> Record {
    contact("101", "ID:R1", email, "")
}

/// A contact none of whose addresses is in the ledger of its lead.
fn strange() -> Case {
    Case::new(linked(&[("R1", "101")]), vec![plain("R1")], vec![stranger("x@example.org")])
}

fn twins(ids: &[&str]) -> Case {
    Case::new(memory(), vec![plain("R1")], ids.iter().map(|id| twin(id, "R1")).collect())
}

#[test]
fn an_accepted_stranger_is_the_entitys_and_suspends_nothing() {
    strange().decide("F1", "R1", Choice::Accept).check(&["R1=101 token accepted"]);
}

#[test]
fn what_was_accepted_of_one_address_says_nothing_of_the_next() {
    let asks_again = ["F1 R1 [101]", "R1=101 token F1"];
    let mut other = strange().decide("F1", "R1", Choice::Accept);
    other.portal.records = vec![stranger("y@example.org")];
    other.check(&asks_again);
    let mut ledger = strange().decide("F1", "R1", Choice::Accept);
    ledger.workbook.records = vec![lead("R1", "new@example.org")];
    ledger.check(&asks_again);
    let mut unread = strange().decide("F1", "R1", Choice::Accept);
    unread.workbook.records[0].cells[1] = Cell::unreadable("#REF!", "Leads!B2");
    unread.check(&asks_again);
}

#[test]
fn a_row_that_moved_takes_no_decision_back() {
    let unread = |place: &str| {
        let mut case = strange();
        case.workbook.records[0].cells[1] = Cell::unreadable("#REF!", place);
        case
    };
    let mut case = unread("Leads!B2").decide("F1", "R1", Choice::Accept);
    case.workbook = unread("Leads!B17").workbook;
    case.check(&["R1=101 token accepted"]);
}

#[test]
fn an_excluded_stranger_is_left_alone_and_its_lead_is_told_and_not_created() {
    let told = ["ambiguous entity:R1 [101]", "left 101 not_chosen"];
    strange().decide("F1", "R1", Choice::Exclude).check(&told);
    // Even where the token is taken from it: the link row forbids a create.
    let mut case = strange().decide("F1", "R1", Choice::Exclude);
    case.portal.records = vec![contact("101", "", "x@example.org", "")];
    case.check(&told);
    // A person may accept that the lead has none.
    let case = strange().decide("F1", "R1", Choice::Exclude).decide("ambiguous", "entity:R1", Choice::Accept);
    case.check(&told);
}

#[test]
fn an_excluded_stranger_stays_excluded_when_the_ledger_gets_its_address() {
    let told = ["ambiguous entity:R1 [101]", "left 101 not_chosen"];
    let mut case = strange().decide("F1", "R1", Choice::Exclude);
    case.workbook.records = vec![lead("R1", "r1@example.org;x@example.org")];
    case.check(&told);
    // Without the row as well, by token and by address.
    case.memory.links.clear();
    case.check(&told);
    case.portal.records = vec![contact("101", "", "x@example.org", "")];
    case.check(&["left 101 no_entity", "missing R1"]);
}

#[test]
fn another_record_can_take_the_place_of_an_excluded_one() {
    let mut case = strange().decide("F1", "R1", Choice::Exclude);
    case.portal.records.push(twin("500", "R1"));
    case.check(&["R1=500 token", "left 101 not_chosen"]);
}

#[test]
fn of_several_records_the_chosen_one_is_the_entitys() {
    let case = twins(&["101", "102"]).decide("F2", "R1", Choice::Choose("102".into()));
    case.check(&["R1=102 decided", "left 101 not_chosen"]);
}

#[test]
fn of_several_records_none_may_be_the_entitys_and_that_is_told() {
    let case = twins(&["101", "102"]).decide("F2", "R1", Choice::Exclude);
    case.check(&["ambiguous entity:R1 [101 102]", "left 101 not_chosen", "left 102 not_chosen"]);
}

#[test]
fn a_choice_among_other_records_asks_again() {
    let mut case = twins(&["101", "102"]).decide("F2", "R1", Choice::Choose("102".into()));
    case.portal.records.push(twin("103", "R1"));
    case.check(&["F2 R1 [101 102 103]", "left 101 F2", "left 102 F2", "left 103 F2"]);
    case.portal.records.remove(1);
    case.check(&["F2 R1 [101 103]", "left 101 F2", "left 103 F2"]);
}

#[test]
fn what_does_nothing_about_a_finding_does_not_silence_it() {
    let told = ["F2 R1 [101 102]", "left 101 F2", "left 102 F2"];
    twins(&["101", "102"]).decide("F2", "R1", Choice::Accept).check(&told);
    let chosen = strange().decide("F1", "R1", Choice::Choose("101".into()));
    chosen.check(&["F1 R1 [101]", "R1=101 token F1"]);
}

#[test]
fn a_chosen_record_takes_the_place_of_the_one_that_was_linked() {
    let contacts = vec![contact("101", "", "r1@example.org", ""), twin("102", "R1"), twin("103", "R1")];
    let case = Case::new(linked(&[("R1", "101")]), vec![plain("R1")], contacts);
    case.decide("F2", "R1", Choice::Choose("102".into())).check(&[
        "R1=102 decided",
        "left 101 not_chosen",
        "left 103 not_chosen",
    ]);
}

#[test]
fn a_record_that_is_linked_to_another_entity_cannot_be_chosen() {
    let contacts = vec![twin("101", "R1"), contact("102", "ID:R1", "r2@example.org", "")];
    let case = Case::new(linked(&[("R2", "102")]), vec![plain("R1"), plain("R2")], contacts);
    case.decide("F2", "R1", Choice::Choose("102".into())).check(&[
        "F2 R1 [101 102]",
        "ambiguous entity:R2 [102]",
        "left 101 F2",
        "left 102 F2",
    ]);
}

#[test]
fn a_record_that_the_link_of_somebody_who_is_gone_names_cannot_be_chosen() {
    let contacts = vec![twin("101", "R1"), twin("102", "R1")];
    let case = Case::new(linked(&[("R2", "102")]), vec![plain("R1")], contacts);
    case.check(&["F2 R1 [101 102]", "gone R2", "left 101 F2", "left 102 F2"]);
    case.decide("F2", "R1", Choice::Choose("102".into())).check(&[
        "F2 R1 [101 102]",
        "gone R2",
        "left 101 F2",
        "left 102 F2",
    ]);
}

#[test]
fn an_excluded_candidate_is_told_no_more() {
    let contacts = vec![twin("101", "R1"), contact("102", "", "r1@example.org", "")];
    let case = Case::new(memory(), vec![plain("R1")], contacts);
    case.check(&["R1=101 token", "ambiguous 102 [102]", "left 102 ambiguous"]);
    case.decide("ambiguous", "102", Choice::Exclude).check(&["R1=101 token", "left 102 ambiguous"]);
}

#[test]
fn who_waits_for_an_excluded_candidate_is_told() {
    let leads = vec![lead("R1", "shared@example.org"), lead("R2", "shared@example.org")];
    let case = Case::new(memory(), leads, vec![contact("101", "", "shared@example.org", "")]);
    let case = case.decide("ambiguous", "101", Choice::Exclude);
    case.check(&["ambiguous entity:R1 [101]", "ambiguous entity:R2 [101]", "left 101 ambiguous"]);
}
