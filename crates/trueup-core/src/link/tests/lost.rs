//! What is not where it was: reassigned, merged, deleted, gone, renamed.

use super::Case;
use crate::{
    fixture::{address, change, contact, lead, linked, memory, plain, twin, with},
    journal::Intent,
    link::LinkState,
    memory::{FieldKey, Hold, Memory},
    plan::Act,
    record::Record,
};

fn reassigned(record: Record) -> Record {
    with(record, "owner", "4")
}

fn tombstone(memory: &mut Memory) {
    memory.links.values_mut().for_each(|link| link.state = LinkState::Tombstone);
}

#[test]
fn a_record_that_left_the_scope_is_neither_missing_nor_created_again() {
    Case::new(linked(&[("R1", "101")]), vec![plain("R1")], vec![])
        .stray(reassigned(twin("101", "R1")))
        .check(&["outside R1 101"]);
}

#[test]
fn a_link_row_forbids_a_create_for_ever_whatever_state_it_is_in() {
    let states = [
        LinkState::Active,
        LinkState::OutOfScope,
        LinkState::Suspect { since: crate::fixture::time(0) },
        LinkState::Tombstone,
    ];
    for state in states {
        let mut memory = linked(&[("R1", "101")]);
        memory.links.values_mut().for_each(|link| link.state = state);
        let case = Case::new(memory, vec![plain("R1")], vec![]).missing("101");
        case.check(&["not found R1 101"]);
    }
}

#[test]
fn only_the_systems_own_word_says_that_a_record_is_not_there() {
    Case::new(linked(&[("R1", "101")]), vec![plain("R1")], vec![]).check(&["not looked at R1 101"]);
}

#[test]
fn a_record_that_was_put_away_and_comes_back_is_the_same_entitys_again() {
    let mut memory = linked(&[("R1", "101")]);
    tombstone(&mut memory);
    Case::new(memory, vec![plain("R1")], vec![twin("101", "R1")]).check(&["R1=101 token"]);
}

#[test]
fn a_record_that_was_put_away_and_is_back_outside_the_scope_is_told_from_another_one_there() {
    let case = |stray: &str| {
        let mut memory = linked(&[("R1", "101")]);
        tombstone(&mut memory);
        let case = Case::new(memory, vec![plain("R1")], vec![]).missing("101");
        case.stray(reassigned(twin(stray, "R0")))
    };
    case("101").check(&["outside R1 101"]);
    case("102").check(&["not found R1 101"]);
}

#[test]
fn an_undone_create_is_ruled_by_its_hold_not_by_its_tombstone() {
    let mut memory = linked(&[("R1", "101")]);
    tombstone(&mut memory);
    let key = FieldKey { link: crate::fixture::key("R1"), field: "".into() };
    memory.holds.insert(key, Hold { canonical: None, by: "r1".into() });
    Case::new(memory, vec![plain("R1")], vec![]).check(&["missing R1"]);
}

#[test]
fn a_record_that_was_merged_away_is_found_under_its_new_id() {
    let now = || vec![contact("909", "", "r1@example.org", "")];
    let case = || Case::new(linked(&[("R1", "101")]), vec![plain("R1")], now());
    case().became("101", "909").check(&["R1=909 token"]);
    // And once more merged away since.
    case().became("101", "505").became("505", "909").check(&["R1=909 token"]);
}

#[test]
fn a_record_that_was_merged_away_and_reassigned_is_out_of_scope() {
    Case::new(linked(&[("R1", "101")]), vec![plain("R1")], vec![])
        .stray(reassigned(twin("909", "R1")))
        .became("101", "909")
        .check(&["outside R1 101"]);
}

#[test]
fn records_of_two_entities_that_became_one_belong_to_neither_until_a_person_says_so() {
    let links = || linked(&[("R1", "101"), ("R2", "102")]);
    let leads = || vec![plain("R1"), plain("R2")];
    let case = |leads| Case::new(links(), leads, vec![twin("102", "R2")]).became("101", "102");
    let told = ["ambiguous 102 [102]", "ambiguous entity:R2 [102]", "left 102 ambiguous"];
    case(leads()).check(&told);
    assert!(case(leads()).link().findings[0].what.contains("R1, R2"));
    // One of the leads is in doubt: it is a claimant all the same.
    case(vec![plain("R2")]).trouble("R1").check(&told);
    // One of the leads is gone: the record is the other's, unless the row of the one that is gone names it by the id
    // it has now, as no record is linked twice.
    case(vec![plain("R2")]).check(&["R2=102 token", "gone R1"]);
    case(vec![plain("R1")]).check(&["ambiguous 102 [102]", "gone R2", "left 102 ambiguous"]);
}

#[test]
fn what_was_put_away_and_merged_into_the_record_of_a_lead_that_is_gone_is_nobodys_until_a_person_says_so() {
    let mut memory = linked(&[("R1", "101"), ("R2", "102")]);
    for link in memory.links.values_mut() {
        if link.entity.as_str() == "R1" {
            link.state = LinkState::Tombstone;
        } else {
            link.follow(&"909".into());
        }
    }
    let case = Case::new(memory, vec![plain("R1")], vec![twin("909", "R1")]).became("101", "909");
    case.check(&["ambiguous 909 [909]", "gone R2", "left 909 ambiguous"]);
}

#[test]
fn what_people_made_of_the_records_of_two_leads_that_are_gone_is_put_away_for_neither() {
    let links = || linked(&[("R1", "101"), ("R2", "102")]);
    let case = Case::new(links(), vec![], vec![twin("909", "R1")]).became("101", "909").became("102", "909");
    case.check(&["ambiguous 909 [909]", "gone R1", "gone R2", "left 909 ambiguous"]);
    assert!(case.link().gone.iter().all(|(_, own)| own.is_none()));
    let one = Case::new(links(), vec![], vec![twin("101", "R1")]);
    one.check(&["gone R1", "gone R2", "left 101 gone"]);
    assert_eq!(one.link().gone.iter().filter(|(_, own)| own.is_some()).count(), 1);
}

#[test]
fn two_records_that_became_a_third_lose_neither_entity() {
    let case = Case::new(
        linked(&[("R1", "101"), ("R2", "102")]),
        vec![plain("R1"), plain("R2")],
        vec![twin("909", "R1")],
    );
    let told = ["ambiguous 909 [909]", "ambiguous entity:R2 [909]", "left 909 ambiguous"];
    case.became("101", "909").became("102", "909").check(&told);
}

#[test]
fn a_lead_that_is_gone_is_told_and_its_record_left_alone() {
    let gone = Case::new(linked(&[("R1", "101")]), vec![], vec![twin("101", "R1")]);
    gone.check(&["gone R1", "left 101 gone"]);
    Case::new(linked(&[("R1", "101")]), vec![], vec![])
        .stray(reassigned(twin("101", "R1")))
        .check(&["gone R1"]);
}

#[test]
fn a_lead_in_doubt_is_neither_there_nor_gone() {
    Case::new(linked(&[("R1", "101")]), vec![], vec![twin("101", "R1")])
        .trouble("R1")
        .check(&["left 101 troubled"]);
}

#[test]
fn while_a_row_has_no_readable_key_no_lead_is_gone_and_everything_else_goes_on() {
    let links = || linked(&[("R1", "101"), ("R2", "102")]);
    let contacts = || vec![twin("101", "R1"), twin("102", "R2")];
    Case::new(links(), vec![plain("R2"), plain("R3")], contacts()).keyless().check(&[
        "R2=102 token",
        "left 101 troubled",
        "missing R3",
    ]);
    // The row may be either lead's, so a record that both became is nobody's.
    Case::new(links(), vec![plain("R2")], vec![twin("102", "R2")]).became("101", "102").keyless().check(&[
        "ambiguous 102 [102]",
        "ambiguous entity:R2 [102]",
        "left 102 ambiguous",
    ]);
}

#[test]
fn while_a_row_has_no_readable_key_a_key_that_looks_changed_waits_and_is_not_created() {
    let renamed = || vec![lead("R9", &address("R1"))];
    let links = || linked(&[("R1", "101")]);
    let case = Case::new(links(), renamed(), vec![twin("101", "R1")]).keyless();
    case.check(&["left 101 troubled", "waits R9"]);
    Case::new(links(), renamed(), vec![]).stray(reassigned(twin("101", "R1"))).keyless().check(&["waits R9"]);
    let orphan = Case::new(memory(), renamed(), vec![twin("101", "R1")]).keyless();
    orphan.check(&["left 101 unknown_token", "waits R9"]);
}

#[test]
fn a_changed_key_is_one_finding_that_names_both_and_nothing_is_created_beside_the_orphan() {
    let expected = ["key_changed R1:R9 [101]"];
    let renamed = || vec![lead("R9", &address("R1"))];
    let links = || linked(&[("R1", "101")]);
    // Linked and in scope; linked and reassigned meanwhile; never linked, known by its token.
    Case::new(links(), renamed(), vec![twin("101", "R1")]).check(&[expected[0], "left 101 gone"]);
    Case::new(links(), renamed(), vec![]).stray(reassigned(twin("101", "R1"))).check(&expected);
    Case::new(memory(), renamed(), vec![twin("101", "R1")]).check(&[expected[0], "left 101 unknown_token"]);
    let said = Case::new(links(), renamed(), vec![twin("101", "R1")]).link().findings[0].what.clone();
    assert!(said.contains("R1") && said.contains("R9"), "{said}");
}

#[test]
fn a_lead_that_became_another_one_leaves_its_copy_to_a_person_and_none_is_made_beside_it() {
    let case = |contacts| {
        let mut case = Case::new(linked(&[("R1", "101")]), vec![plain("R2")], contacts);
        case.workbook.aliases.insert("R1".into(), "R2".into());
        case
    };
    case(vec![twin("101", "R1")]).check(&["key_changed R1:R2 [101]", "left 101 absorbed"]);
    case(vec![]).check(&["key_changed R1:R2 []"]);
    let said = case(vec![]).link().findings.remove(0);
    assert_eq!(said.what, "the canonical record R1 became R2: its copy here is left alone");
    assert_eq!(said.entity, Some("R2".into()));
}

#[test]
fn what_was_put_away_of_a_lead_that_became_another_one_is_told_as_well() {
    let mut memory = linked(&[("R1", "101")]);
    tombstone(&mut memory);
    let mut case = Case::new(memory, vec![plain("R2")], vec![]);
    case.check(&["missing R2"]);
    case.workbook.aliases.insert("R1".into(), "R2".into());
    case.check(&["key_changed R1:R2 []"]);
}

#[test]
fn while_no_answer_mentions_a_linked_key_no_other_one_is_created_that_it_may_have_become() {
    let mut case = Case::new(linked(&[("R1", "101")]), vec![plain("R2")], vec![twin("101", "R1")]);
    case.workbook.silent = vec!["R1".into()];
    case.check(&["gone R1", "left 101 gone", "waits R2"]);
    // What nobody is linked to here has no copy here that it could have become.
    case.workbook.silent = vec!["R7".into()];
    case.check(&["gone R1", "left 101 gone", "missing R2"]);
}

#[test]
fn what_a_key_became_whose_create_may_still_land_is_not_created_beside_it() {
    let mut case = Case::new(memory(), vec![plain("R2")], vec![]);
    let act = Act::Create { ext_id: "x".into(), ext_id_column: None, class: "new".into(), origin: None };
    let change = change("R1", act, vec![]);
    let intent = Intent { id: "i".into(), run: "r".into(), epoch: 1, change, watermark: None, sent: None };
    case.memory.intents.insert(intent.id.clone(), intent);
    case.check(&["missing R2"]);
    case.workbook.silent = vec!["R1".into()];
    case.check(&["waits R2"]);
    case.workbook.silent.clear();
    case.workbook.aliases.insert("R1".into(), "R2".into());
    case.check(&["waits R2"]);
    // One that lands in another system is none of this one's.
    case.memory.intents.values_mut().for_each(|intent| intent.change.system = "desk".into());
    case.check(&["missing R2"]);
    case.memory.intents.clear();
    case.check(&["missing R2"]);
}

#[test]
fn sorting_or_moving_rows_changes_nothing() {
    let leads = ["R1", "R2", "R3"].map(plain);
    let links = linked(&[("R1", "101"), ("R2", "102"), ("R3", "103")]);
    let contacts = vec![twin("101", "R1"), twin("102", "R2"), twin("103", "R3")];
    let mut moved = leads.to_vec();
    moved.rotate_left(1);
    let told = Case::new(links.clone(), leads.into(), contacts.clone()).told();
    assert_eq!(Case::new(links, moved, contacts).told(), told);
}
