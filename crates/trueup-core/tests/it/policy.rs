//! What follows from what was seen: one golden plan a policy, made by the planner itself.

use jiff::Timestamp;
use trueup_core::{
    link::LinkState,
    memory::{Choice, Decision, FieldKey, Hold, Memory, Note, Parked},
    merge::{Flow, Survivor},
    name::FieldName,
    plan::Finding,
    record::Record,
    render::{self, Detail, Options},
    setup::Setup,
    snapshot::{Snapshot, SourceTrouble},
    value::Cell,
};

use crate::{
    golden,
    support::{
        all, contact, cycle, cycle_at, lead, memory, portal, remembered, setup, setup_when, setup_with, text,
        with, workbook,
    },
};

/// What both sides say, and what is remembered; the plan is the golden file.
struct Case {
    setup: Setup,
    memory: Memory,
    workbook: Snapshot,
    portal: Snapshot,
    at: Timestamp,
}

impl Case {
    /// Two leads and their contacts, in agreement and never seen before.
    fn new() -> Self {
        Self {
            setup: setup(),
            memory: memory(),
            workbook: workbook(vec![lead("R00001"), lead("R00002")]),
            portal: portal(vec![contact("101", "R00001"), contact("102", "R00002")]),
            at: Timestamp::UNIX_EPOCH,
        }
    }

    /// The same after a cycle: linked, with bases.
    fn linked() -> Self {
        Self { memory: remembered(&setup(), &Self::new().workbook, &Self::new().portal), ..Self::new() }
    }

    fn lead(mut self, column: &str, cell: &Cell) -> Self {
        self.workbook.records[0] = with(self.workbook.records[0].clone(), column, cell);
        self
    }

    fn contact(mut self, column: &str, cell: &Cell) -> Self {
        self.portal.records[0] = with(self.portal.records[0].clone(), column, cell);
        self
    }

    fn key(&self, field: &str) -> FieldKey {
        let link = self.memory.links.values().next().unwrap().key();
        FieldKey { link, field: FieldName::new(field) }
    }

    fn shown(&self) -> String {
        let reconciled = cycle_at(self.at, &self.setup, &self.memory, &self.workbook, &self.portal);
        assert!(reconciled.plan.is_whole());
        render::text(&reconciled.plan, None, &self.setup, &all())
    }

    #[track_caller]
    fn check(&self, name: &str) {
        golden::check(name, &self.shown());
    }
}

#[test]
fn sides_that_agree_give_one_line() {
    Case::new().check("agreement");
    assert_eq!(Case::linked().shown(), Case::new().shown());
}

#[test]
fn d2_adds_the_token_and_keeps_the_rest_of_the_property() {
    Case::new().contact("trackingsource", &text("import 2024")).check("d2_token_missing");
}

#[test]
fn d3_replaces_a_street_in_the_city() {
    Case::new().contact("city", &text("100 Grand Lake Rd")).check("d3_city_holds_a_street");
}

#[test]
fn d4_writes_the_first_address_of_the_ledger() {
    let case = Case::new().contact("email", &text("r00001@old.example"));
    case.contact("hs_additional_emails", &Cell::Null).check("d4_primary_email");
}

#[test]
fn a_replaced_address_that_stands_in_no_ledger_is_told_with_its_change() {
    let case = Case::new().contact("email", &text("ada@former.example"));
    case.contact("hs_additional_emails", &text("r00001@example.org")).check("d4_old_primary_in_no_ledger");
}

#[test]
fn d5_adds_what_is_missing_and_keeps_what_is_extra() {
    Case::new().contact("hs_additional_emails", &text("ada@work.example")).check("d5_ledger_emails");
}

#[test]
fn d6_writes_the_phone_and_the_same_phone_spelled_otherwise_is_no_drift() {
    Case::new().contact("phone", &text("(970) 555-0100")).check("d6_phone");
    assert_eq!(Case::new().contact("phone", &text("970.555.0199")).shown(), Case::new().shown());
}

#[test]
fn d7_creates_with_owner_and_token_from_the_start() {
    let mut case = Case::new();
    case.portal.records.remove(0);
    case.check("d7_no_contact");
}

#[test]
fn d7_never_creates_what_carries_the_token_anywhere() {
    let mut case = Case::new();
    let stranger = with(case.portal.records.remove(0), "hubspot_owner_id", &Cell::Null);
    case.portal.survey.push(stranger);
    case.check("f3_unowned_with_our_token");
}

#[test]
fn d8_writes_the_commission() {
    Case::new().contact("commission", &text("20")).check("d8_commission");
}

#[test]
fn f1_suspends_every_change_of_the_record() {
    let case = Case::linked().contact("email", &text("eve@elsewhere.example"));
    let case = case.contact("hs_additional_emails", &Cell::Null).contact("phone", &text("970-555-0100"));
    case.check("f1_email_in_no_ledger");
}

#[test]
fn f1_that_a_person_accepted_suspends_nothing() {
    let mut case = Case::linked().contact("email", &text("eve@elsewhere.example"));
    case = case.contact("hs_additional_emails", &Cell::Null);
    case.decide("F1", "R00001", Choice::Accept);
    case.check("f1_accepted");
}

#[test]
fn f2_suspends_both_records() {
    let mut case = Case::new();
    case.portal.records.push(with(contact("557", "R00001"), "city", &text("Granby")));
    case.check("f2_shared_token");
}

#[test]
fn f2_that_a_person_decided_goes_on_with_the_chosen_record() {
    let mut case = Case::new();
    case.portal.records.push(with(contact("557", "R00001"), "phone", &text("970-555-0100")));
    case.decide("F2", "R00001", Choice::Choose("557".into()));
    case.check("f2_decided");
}

#[test]
fn other_differences_are_flagged() {
    Case::new().contact("city", &text("Granby")).check("other_difference");
    Case::new().contact("notes", &text("called twice")).check("other_in_a_field_without_class");
}

#[test]
fn a_difference_that_no_class_takes_is_flagged_too() {
    let setup = setup_with(Survivor::Canonical, Flow::Out, &["other", "D6"]);
    Case { setup, ..Case::new().contact("phone", &text("970-555-0100")) }.check("difference_without_class");
}

#[test]
fn a_refused_write_is_parked_until_a_value_changes() {
    let mut case = Case::linked().contact("phone", &text("970-555-0100"));
    let parked = Parked {
        class: "D6".into(),
        reason: "the portal refused it".into(),
        canonical: case.memory.print(&text("+19705550199")),
        mirror: case.memory.print(&text("+19705550100")),
        kept: None,
        since: "r1".into(),
    };
    let note = Note::Park(case.key("phone"), parked);
    case.memory.commit(&[note]);
    case.check("parked");
    case.lead("PHONE", &text("970-555-0123")).check("parked_then_changed");
}

#[test]
fn an_undone_field_is_held_until_the_source_changes() {
    let mut case = Case::linked().contact("phone", &text("970-555-0100"));
    let hold = Hold { canonical: case.memory.print(&text("+19705550199")), by: "r1".into() };
    let note = Note::Hold(case.key("phone"), hold);
    case.memory.commit(&[note]);
    case.check("hold_after_undo");
    case.lead("PHONE", &text("970-555-0123")).check("hold_then_changed");
}

#[test]
fn a_record_that_left_the_scope_is_neither_written_nor_created_again() {
    let mut case = Case::linked();
    let left = with(case.portal.records.remove(0), "hubspot_owner_id", &text("1"));
    case.portal.strays.push(with(left, "city", &text("Granby")));
    case.check("out_of_scope");
}

#[test]
fn a_row_that_is_gone_is_told_and_its_contact_left_alone() {
    let mut case = Case::linked();
    case.workbook.records.remove(0);
    case.check("gone");
}

#[test]
fn a_contact_that_is_gone_is_told_and_not_created_again() {
    let mut case = Case::linked();
    let gone = case.portal.records.remove(0);
    case.portal.missing.push(gone.id);
    case.check("deleted_once");
    let notes = cycle(&case.setup, &case.memory, &case.workbook, &case.portal).notes;
    case.memory.commit(&notes);
    let hour_later = Timestamp::from_second(3600).unwrap();
    Case { at: hour_later, ..case }.check("deleted_twice");
}

#[test]
fn a_tombstone_forbids_a_create_for_ever() {
    let mut case = Case::linked();
    case.portal.records.remove(0);
    case.memory.links.values_mut().next().unwrap().state = LinkState::Tombstone;
    case.check("tombstone");
}

#[test]
fn a_changed_key_is_one_finding_and_nothing_is_created() {
    let mut case = Case::linked();
    case.workbook.records[0].id = "R00009".into();
    case.workbook.records[0] = with(case.workbook.records[0].clone(), "LEAD_ID", &text("R00009"));
    case.check("key_changed");
}

#[test]
fn an_unreadable_cell_suspends_its_field_and_no_other() {
    let case = Case::linked().lead("PHONE", &Cell::unreadable("#REF!", "Lead Details!D1"));
    case.contact("phone", &text("970-555-0100")).contact("commission", &text("20")).check("unreadable_cell");
}

#[test]
fn a_value_that_is_no_phone_is_not_written() {
    Case::linked().lead("PHONE", &text("call me")).check("unreadable_phone");
}

#[test]
fn an_unreadable_cell_keeps_a_record_from_being_created() {
    let mut case = Case::new().lead("CITY", &Cell::unreadable("#N/A", "Lead Details!C1"));
    case.portal.records.remove(0);
    case.check("unreadable_create");
}

#[test]
fn a_cell_that_was_not_delivered_keeps_a_record_from_being_created() {
    let mut case = Case::new().lead("CITY", &Cell::Absent);
    case.portal.records.remove(0);
    case.check("absent_create");
}

#[test]
fn a_value_that_cannot_be_put_keeps_a_record_from_being_created() {
    let mut case = Case::new().lead("LEAD_ID", &text("R 1"));
    case.portal.records.remove(0);
    case.check("unfit_create");
}

#[test]
fn a_key_that_could_not_be_found_again_as_a_token_is_a_finding_at_its_place() {
    let case = Case::linked().lead("LEAD_ID", &text("R/00001"));
    case.contact("trackingsource", &text("import 2024")).check("key_is_no_token");
}

#[test]
fn a_field_that_belongs_to_the_mirror_keeps_no_record_from_being_created() {
    let mut case = Case { setup: setup_with(Survivor::Canonical, Flow::In, &[]), ..Case::new() };
    case.portal.records.remove(0);
    let created = cycle(&case.setup, &case.memory, &case.workbook, &case.portal).plan.changes.remove(0);
    assert!(created.edits.iter().all(|edit| edit.field.as_str() != "city"), "{created:?}");
    let unreadable = case.lead("CITY", &Cell::unreadable("#N/A", "Lead Details!C1"));
    let plan = cycle(&unreadable.setup, &unreadable.memory, &unreadable.workbook, &unreadable.portal).plan;
    assert_eq!(plan.changes.len(), 1);
}

#[test]
fn what_only_the_mirror_holds_of_a_union_is_reported_also_when_nothing_else_differs() {
    let both = text("r00001@old.example;ada@work.example");
    let case = Case::new().contact("hs_additional_emails", &both);
    case.check("extra_kept");
    let plan = cycle(&case.setup, &case.memory, &case.workbook, &case.portal).plan;
    let folded = Options { detail: Detail::Folded, ..all() };
    assert_eq!(render::text(&plan, None, &case.setup, &folded).lines().count(), 1);
}

#[test]
fn a_condition_that_cannot_be_told_leaves_the_field_to_a_person() {
    for (condition, name) in
        [("canonical > 5.0", "condition_fails"), ("lower(mirror)", "condition_gives_no_answer")]
    {
        let case = Case { setup: setup_when(condition), ..Case::new().contact("city", &text("Granby")) };
        case.check(name);
    }
}

#[test]
fn a_field_that_was_not_delivered_is_never_taken_for_empty() {
    Case::linked().contact("phone", &Cell::Absent).check("absent_field");
}

#[test]
fn a_duplicate_key_leaves_its_entity_alone() {
    let mut case = Case::linked();
    case.workbook.records.remove(0);
    case.workbook.troubles.push(SourceTrouble {
        key: Some("R00001".into()),
        what: "two rows carry the key R00001".into(),
        place: "Lead Details!A1, A7".into(),
    });
    case.check("duplicate_key");
}

#[test]
fn an_address_of_two_leads_is_ambiguous() {
    let mut case = Case::new();
    case.portal.records = vec![with(contact("101", "R00001"), "trackingsource", &Cell::Null)];
    case = case.contact("hs_additional_emails", &text("r00002@example.org"));
    case.check("ambiguous_address");
}

#[test]
fn a_contact_without_token_is_found_by_address() {
    let case = Case::new().contact("trackingsource", &Cell::Null);
    case.contact("phone", &text("970-555-0100")).check("found_by_address");
}

#[test]
fn both_sides_moved_apart_and_nobody_is_touched() {
    let ask = || setup_with(Survivor::Ask, Flow::Both, &[]);
    let old = Case::new();
    let memory = remembered(&ask(), &old.workbook, &old.portal);
    let case = Case { setup: ask(), memory, ..old.lead("CITY", &text("Granby")) };
    case.contact("city", &text("Winter Park")).check("conflict");
}

#[test]
fn a_cleared_source_clears_the_mirror() {
    Case::linked().lead("COMMISSION", &Cell::Null).check("cleared_source");
}

#[test]
fn a_contact_without_lead_is_left_alone() {
    let mut case = Case::new();
    let nobody = with(contact("900", "R00900"), "trackingsource", &Cell::Null);
    case.portal.records.push(nobody);
    case.check("contact_without_lead");
}

#[test]
fn the_order_in_which_records_come_tells_nothing() {
    let drifted = || {
        let mut case =
            Case::linked().contact("phone", &text("970-555-0100")).contact("city", &text("1 Elm St"));
        case.workbook.records.push(lead("R00003"));
        case
    };
    let mut turned = drifted();
    let reverse = |records: &mut Vec<Record>| records.reverse();
    reverse(&mut turned.workbook.records);
    assert_eq!(turned.shown(), drifted().shown());
    reverse(&mut turned.portal.records);
    assert_eq!(turned.shown(), drifted().shown());
}

impl Case {
    fn decide(&mut self, class: &str, subject: &str, choice: Choice) {
        let plan = cycle_at(self.at, &self.setup, &self.memory, &self.workbook, &self.portal).plan;
        let asked =
            |finding: &&Finding| finding.key.class.as_str() == class && finding.key.subject == subject;
        let finding = plan.findings.iter().find(asked).unwrap();
        let (about, remotes) = (self.memory.about(finding), finding.remotes.clone());
        let decision = Decision { choice, by: "Grace".into(), at: Timestamp::UNIX_EPOCH, about, remotes };
        self.memory.commit(&[Note::Decide(finding.key.clone(), decision)]);
    }
}
