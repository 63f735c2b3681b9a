//! Link row, token, e-mail: in this order, and two candidates are never a guess.

use super::Case;
use crate::{
    fixture::{contact, lead, linked, memory, plain, twin, with},
    record::Record,
    value::Cell,
};

#[test]
fn a_link_row_beats_a_token_beats_an_address() {
    // 101 carries the token of R2 and the address of R3, but the link row says R1.
    let leads = || vec![plain("R1"), lead("R2", "r2@example.org"), lead("R3", "r3@example.org")];
    let record = contact("101", "ID:R2", "r3@example.org", "r1@example.org");
    Case::new(linked(&[("R1", "101")]), leads(), vec![record.clone()]).check(&[
        "R1=101 token",
        "ambiguous entity:R2 [101]",
        "missing R3",
    ]);
    Case::new(memory(), leads(), vec![record.clone()]).check(&[
        "F1 R2 [101]",
        "R2=101 token F1",
        "missing R1",
        "missing R3",
    ]);
    let without = contact("101", "", "r3@example.org", "");
    Case::new(memory(), leads(), vec![without]).check(&["R3=101 email", "missing R1", "missing R2"]);
}

#[test]
fn any_address_of_the_ledger_finds_the_entity_in_any_spelling() {
    let leads = vec![lead("R1", "a@example.org; Old@Example.org")];
    for (email, more) in [("OLD@example.org", ""), ("x@example.org", "z@example.org;A@EXAMPLE.org")] {
        Case::new(memory(), leads.clone(), vec![contact("101", "", email, more)]).check(&["R1=101 email"]);
    }
}

#[test]
fn an_address_of_two_leads_names_both_and_creates_neither() {
    let leads = vec![lead("R1", "shared@example.org"), lead("R2", "shared@example.org")];
    let case = Case::new(memory(), leads, vec![contact("101", "", "shared@example.org", "")]);
    case.check(&["ambiguous 101 [101]", "ambiguous entity:R2 [101]", "left 101 ambiguous"]);
    assert!(case.link().findings[0].what.contains("R1, R2"), "{}", case.link().findings[0].what);
}

#[test]
fn two_records_with_one_address_are_both_left_alone() {
    let contacts = ["101", "102"].map(|id| contact(id, "", &format!("{id}@example.org"), "r1@example.org"));
    Case::new(memory(), vec![plain("R1")], contacts.into()).check(&[
        "ambiguous 101 [101]",
        "ambiguous 102 [102]",
        "left 101 ambiguous",
        "left 102 ambiguous",
    ]);
}

#[test]
fn a_record_with_two_tokens_is_nobodys_and_neither_entity_is_created_or_given_to_another() {
    let contacts =
        vec![contact("101", "ID:R1 ID:R2", "x@example.org", ""), contact("102", "", "r1@example.org", "")];
    Case::new(memory(), vec![plain("R1"), plain("R2")], contacts).check(&[
        "ambiguous 101 [101]",
        "ambiguous 102 [102]",
        "ambiguous entity:R2 [101]",
        "left 101 ambiguous",
        "left 102 ambiguous",
    ]);
}

#[test]
fn a_lead_whose_token_only_anothers_contact_carries_is_told() {
    let contacts = vec![contact("101", "ID:R1; ID:R2", "r1@example.org", "")];
    let leads = vec![plain("R1"), plain("R2")];
    Case::new(linked(&[("R1", "101")]), leads, contacts)
        .check(&["R1=101 token", "ambiguous entity:R2 [101]"]);
}

#[test]
fn a_token_of_an_entity_that_is_linked_elsewhere_is_for_a_person() {
    let contacts = vec![contact("101", "", "r1@example.org", ""), twin("102", "R1")];
    Case::new(linked(&[("R1", "101")]), vec![plain("R1")], contacts).check(&[
        "R1=101 token",
        "ambiguous 102 [102]",
        "left 102 ambiguous",
    ]);
}

#[test]
fn f1_is_a_linked_contact_none_of_whose_addresses_is_in_its_ledger() {
    let check = |email: &str, more: &str, expected: &[&str]| {
        let leads = vec![lead("R1", "a@example.org;b@example.org")];
        Case::new(memory(), leads, vec![contact("101", "ID:R1", email, more)]).check(expected);
    };
    check("x@example.org", "y@example.org", &["F1 R1 [101]", "R1=101 token F1"]);
    check("x@example.org", "B@example.org", &["R1=101 token"]);
    check("", "", &["R1=101 token"]);
}

#[test]
fn f1_shows_every_address_that_either_side_has() {
    let check = |ledger: &str, more: &str, expected: &[&str]| {
        let contact = contact("101", "ID:R1", "x@example.org", more);
        let found = Case::new(memory(), vec![lead("R1", ledger)], vec![contact]).link().findings.remove(0);
        let fields: Vec<&str> = found.values.iter().map(|values| values.field.as_str()).collect();
        assert_eq!(fields, expected, "{ledger}, {more}");
    };
    check("a@example.org;b@example.org", "", &["email", "more"]);
    check("a@example.org", "y@example.org", &["email", "more"]);
    check("a@example.org", "", &["email"]);
}

#[test]
fn whose_record_it_is_cannot_be_told_by_a_ledger_that_cannot_be_read() {
    let unread = || {
        let mut unread = plain("R1");
        unread.cells[1] = Cell::unreadable("#REF!", "Leads!B2");
        vec![unread]
    };
    let case = Case::new(memory(), unread(), vec![contact("101", "ID:R1", "x@example.org", "")]);
    case.check(&["F1 R1 [101]", "R1=101 token F1"]);
    let found = case.link().findings.remove(0);
    assert_eq!(found.place, "Leads!B2");
    assert!(found.what.ends_with("cannot be told: #REF!"), "{}", found.what);
    Case::new(memory(), unread(), vec![contact("101", "ID:R1", "", "")]).check(&["R1=101 token"]);
}

#[test]
fn f2_counts_tokens_and_suspends_every_record_that_carries_one() {
    let twins = || vec![twin("101", "R1"), twin("102", "R1"), twin("103", "R1"), twin("104", "R2")];
    let leads = vec![plain("R1"), plain("R2")];
    let told = ["F2 R1 [101 102 103]", "R2=104 token", "left 101 F2", "left 102 F2", "left 103 F2"];
    Case::new(memory(), leads.clone(), twins()).check(&told);
    // Not even a link row decides: which of them is the entity's is what the finding asks.
    Case::new(linked(&[("R1", "102"), ("R2", "104")]), leads, twins()).check(&told);
}

#[test]
fn one_record_with_a_token_in_scope_and_another_outside_is_no_f2() {
    let outside = with(twin("102", "R1"), "owner", "");
    Case::new(memory(), vec![plain("R1")], vec![twin("101", "R1")])
        .survey(outside)
        .check(&["F3 102 [102]", "R1=101 token"]);
}

#[test]
fn f3_is_surveyed_and_never_claimed_however_well_it_fits() {
    let unowned = with(twin("900", "R1"), "owner", "");
    Case::new(memory(), vec![plain("R1")], vec![]).survey(unowned).check(&["F3 900 [900]"]);
}

#[test]
fn a_token_seen_on_any_contact_forbids_a_create() {
    let leads = || vec![plain("R1")];
    let carrier = || contact("101", "see ID:R1", "x@example.org", "");
    assert!(Case::new(memory(), leads(), vec![carrier()]).link().missing.is_empty());
    assert!(Case::new(memory(), leads(), vec![]).survey(carrier()).link().missing.is_empty());
    assert!(Case::new(memory(), leads(), vec![]).stray(carrier()).link().missing.is_empty());
    // A longer key is another token.
    let longer = with(contact("101", "ID:R10", "x@example.org", ""), "owner", "");
    Case::new(memory(), leads(), vec![]).survey(longer).check(&["F3 101 [101]", "missing R1"]);
}

#[test]
fn a_lead_whose_token_only_another_owners_contact_carries_is_said_and_not_created() {
    let case = || Case::new(memory(), vec![plain("R1"), plain("R2")], vec![twin("102", "R2")]);
    let others = |id: &str, key: &str| with(twin(id, key), "owner", "41629779");
    case().survey(others("900", "R1")).check(&["R2=102 token", "ambiguous entity:R1 [900]"]);
    // A lead that has a contact of ours misses nothing.
    let case = case().survey(others("901", "R2")).survey(others("900", "R1")).survey(others("903", "R1"));
    case.check(&["R2=102 token", "ambiguous entity:R1 [900 903]"]);
}

#[test]
fn contacts_without_token_and_with_unknown_addresses_are_left_alone() {
    let strangers: Vec<Record> = vec![contact("101", "", "x@example.org", ""), contact("102", "", "", "")];
    Case::new(memory(), vec![plain("R1")], strangers).check(&[
        "left 101 no_entity",
        "left 102 no_entity",
        "missing R1",
    ]);
}
