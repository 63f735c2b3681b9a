//! Writing contacts: every trap of it.

use trueup_core::{
    link::How,
    name::RemoteId,
    plan::{Act, Edit},
    value::Cell,
};
use trueup_ports::{
    Fault, Settled, Source,
    conformance::target::{creating, send, set, updating},
};
use trueup_sandbox::{
    faults::{Alteration, Failure, FaultKind, Policy},
    hubspot::{Act as ByHand, AdditionalEmails, BatchArchiveUnknown, OldPrimary},
};

use crate::hubspot_bench::{OWNER, Rig, STRANGER, edits, numbers, run};

type Changes = Vec<(Act, Vec<Edit>)>;

fn write(rig: &Rig, changes: Changes) -> Vec<Settled> {
    run(send(rig, changes)).unwrap()
}

fn update(id: u64, values: &[(&str, Cell)]) -> (Act, Vec<Edit>) {
    updating(&RemoteId::new(id.to_string()), edits(values))
}

/// Each outcome in one word, a record's id for a success.
fn words(settled: &[Settled]) -> Vec<String> {
    let word = |one: &Settled| match one.outcome() {
        Ok(id) => id.to_string(),
        Err(Fault::Busy { .. }) => "busy".into(),
        Err(Fault::Denied(_)) => "denied".into(),
        Err(Fault::Rejected(list)) => {
            let columns: Vec<&str> =
                list.iter().map(|refusal| refusal.column.as_deref().unwrap_or("?")).collect();
            format!("rejected {}", columns.join("+"))
        }
        Err(Fault::BatchRefused(_)) => "batch refused".into(),
        Err(Fault::Missing) => "missing".into(),
        Err(Fault::Unreadable(_)) => "unreadable".into(),
        Err(Fault::Expired(_)) => "expired".into(),
        Err(Fault::Unknown(_)) => "unknown".into(),
    };
    settled.iter().map(word).collect()
}

fn city(text: &str) -> Vec<(&'static str, Cell)> {
    vec![("city", Cell::text(text))]
}

fn seeded(count: u64) -> Rig {
    let rig = Rig::new();
    rig.add((1..=count).map(|id| {
        (100 + id, vec![("email", format!("p{id}@example.org")), ("hubspot_owner_id", OWNER.to_owned())])
    }));
    rig
}

fn seen(rig: &Rig, id: &str, column: &str) -> Cell {
    rig.by_id(&[id], &[column]).unwrap().records[0].cell(0).clone()
}

#[test]
fn trap_1_an_update_of_a_contact_that_was_merged_away_is_unknown_and_the_others_land() {
    let rig = seeded(3);
    rig.people(ByHand::Merge { primary: 101, other: 102 });
    let settled = write(&rig, vec![update(101, &city("a")), update(103, &city("b"))]);
    assert_eq!(words(&settled), ["unknown", "103"]);
}

#[test]
fn trap_3_one_create_that_conflicts_does_not_stop_the_others_and_names_the_record_that_is_there() {
    let rig = seeded(1);
    let create = |ext_id: &str, email: &str| {
        let (act, mut fields) = creating(&rig, ext_id, "Granby");
        fields.extend(set("email", Cell::text(email)));
        (act, fields)
    };
    let settled = write(
        &rig,
        vec![
            create("e-1", "new1@example.org"),
            create("e-2", "P1@example.org"),
            create("e-3", "new3@example.org"),
        ],
    );
    assert!(matches!(words(&settled).as_slice(), [a, b, c] if a != b && b == "rejected email" && c != a));
    assert!(settled[1].evidence().contains("existing 101"), "{}", settled[1].evidence());
    assert_eq!(seen(&rig, "101", "city"), Cell::Null);
}

#[test]
fn trap_4_one_bad_value_does_not_kill_the_whole_hundred() {
    let rig = seeded(100);
    let change = |id| {
        let bad = id == 150;
        update(
            id,
            &[if bad { ("hs_lead_status", Cell::text("NO_SUCH")) } else { ("city", Cell::text("Granby")) }],
        )
    };
    let settled = write(&rig, (101..=200).map(change).collect());
    let failed: Vec<String> =
        words(&settled).into_iter().filter(|word| word.starts_with("rejected")).collect();
    assert_eq!(failed, ["rejected hs_lead_status"]);
    assert_eq!(settled.iter().filter(|one| one.outcome().is_ok()).count(), 99);
    assert_eq!(rig.hubspot.requests().write, 1);
}

#[test]
fn trap_6_every_column_that_is_wrong_is_named_and_no_value_is_repeated() {
    let rig = seeded(1);
    let values = [
        ("email", Cell::text("not an address")),
        ("hs_lead_status", Cell::text("NO_SUCH")),
        ("nothing", Cell::text("x")),
    ];
    let settled = write(&rig, vec![update(101, &values)]);
    assert_eq!(words(&settled), ["rejected email+hs_lead_status+nothing"]);
    let shown = format!("{:?}", settled[0].outcome());
    assert!(!shown.contains("not an address") && !shown.contains("NO_SUCH"), "{shown}");
}

#[test]
fn rows_are_told_apart_whatever_the_order_of_their_results_and_however_often_they_come() {
    for how in [Alteration::Reordered, Alteration::Repeated, Alteration::HtmlType] {
        let rig = seeded(3);
        rig.fault("batch/update", 1, FaultKind::Altered(how.clone()));
        let settled =
            write(&rig, vec![update(101, &city("a")), update(999, &city("b")), update(103, &city("c"))]);
        assert_eq!(words(&settled), ["101", "missing", "103"], "{how:?}");
    }
}

#[test]
fn trap_7_a_batch_that_names_a_contact_twice_is_refused_as_a_whole_and_writes_nothing() {
    let rig = seeded(2);
    let changes = vec![update(101, &city("a")), update(101, &city("b")), update(102, &city("c"))];
    assert_eq!(words(&write(&rig, changes)), ["batch refused"; 3]);
    assert_eq!(seen(&rig, "102", "city"), Cell::Null);
}

#[test]
fn a_batch_refused_as_a_whole_says_so_and_a_single_row_takes_the_blame() {
    let rig = seeded(2);
    rig.fault_always("batch/update", FaultKind::RefuseBatch);
    assert_eq!(
        words(&write(&rig, vec![update(101, &city("a")), update(102, &city("b"))])),
        ["batch refused"; 2]
    );
    assert_eq!(words(&write(&rig, vec![update(101, &city("a"))])), ["rejected ?"]);
}

#[test]
fn an_archived_and_an_unknown_contact_are_missing_and_the_rest_lands() {
    let rig = seeded(2);
    rig.people(ByHand::Archive { id: 101 });
    let settled =
        write(&rig, vec![update(101, &city("a")), update(999, &city("b")), update(102, &city("c"))]);
    assert_eq!(words(&settled), ["missing", "missing", "102"]);
}

#[test]
fn trap_13_a_daily_limit_denies_a_write_at_once_and_others_are_waited_for() {
    for (policy, word, sent) in [(Policy::Daily, "denied", 1), (Policy::TenSecondlyRolling, "101", 2)] {
        let rig = seeded(1);
        rig.fault(
            "batch/update",
            1,
            FaultKind::FailBefore(Failure::RateLimited { policy, retry_after_s: Some(1) }),
        );
        assert_eq!(words(&write(&rig, vec![update(101, &city("a"))])), [word]);
        assert_eq!(rig.hubspot.requests().write, sent);
    }
}

#[test]
fn trap_18_a_clear_is_sent_as_an_empty_text_and_reads_back_as_null() {
    let rig = seeded(1);
    write(&rig, vec![update(101, &city("Granby"))]);
    assert_eq!(words(&write(&rig, vec![update(101, &[("city", Cell::Null)])])), ["101"]);
    assert_eq!(seen(&rig, "101", "city"), Cell::Null);
    assert!(rig.office.portal().requests().all(|entry| !entry.body.contains("null")));
}

#[test]
fn trap_20_a_stage_that_does_not_go_back_is_told_by_reading_back() {
    let rig = seeded(1);
    write(&rig, vec![update(101, &[("lifecyclestage", Cell::text("customer"))])]);
    let settled = write(&rig, vec![update(101, &[("lifecyclestage", Cell::text("lead"))])]);
    assert_eq!(words(&settled), ["101"]);
    assert_eq!(seen(&rig, "101", "lifecyclestage"), Cell::text("customer"));
}

#[test]
fn trap_21_a_user_id_as_owner_is_rejected_by_its_column() {
    let rig = seeded(1);
    let settled = write(&rig, vec![update(101, &[("hubspot_owner_id", Cell::text("9586504"))])]);
    assert_eq!(words(&settled), ["rejected hubspot_owner_id"]);
}

#[test]
fn trap_22_an_address_that_is_another_contacts_additional_one_is_rejected_by_its_column() {
    let rig = seeded(1);
    let taken =
        vec![("hs_additional_emails", "taken@example.org".to_owned()), ("hubspot_owner_id", STRANGER.into())];
    rig.add([(900, taken)]);
    let address = || Cell::text("Taken@example.org");
    assert_eq!(words(&write(&rig, vec![update(101, &[("email", address())])])), ["rejected email"]);
    let list = Cell::list(["more@example.org", "taken@example.org"]);
    let settled = write(&rig, vec![update(101, &[("hs_additional_emails", list)])]);
    assert_eq!(words(&settled), ["rejected hs_additional_emails"]);
    let shown = format!("{:?}{}", settled[0].outcome(), settled[0].evidence());
    assert!(shown.contains("existing 900") && !shown.contains("example.org"), "{shown}");
}

#[test]
fn trap_22_what_additional_addresses_became_is_read_back_under_every_behaviour() {
    for (additional, old, expected) in [
        (AdditionalEmails::Overwritten, OldPrimary::KeptAsAdditional, "b@example.org;p1@example.org"),
        (AdditionalEmails::Overwritten, OldPrimary::Lost, "b@example.org"),
        (AdditionalEmails::Appended, OldPrimary::KeptAsAdditional, "b@example.org;p1@example.org"),
        (AdditionalEmails::Appended, OldPrimary::Lost, "b@example.org"),
    ] {
        let rig =
            Rig::under(|settings| (settings.additional_emails, settings.old_primary) = (additional, old));
        rig.add([(101, vec![("email", "p1@example.org".into())])]);
        let values = [
            ("email", Cell::text("new@example.org")),
            ("hs_additional_emails", Cell::list(["b@example.org"])),
        ];
        assert_eq!(words(&write(&rig, vec![update(101, &values)])), ["101"]);
        assert_eq!(seen(&rig, "101", "hs_additional_emails"), Cell::text(expected), "{additional:?} {old:?}");
    }
}

#[test]
fn trap_23_a_contact_without_an_address_is_made_once_thanks_to_its_external_id() {
    let rig = Rig::new();
    let make = || write(&rig, vec![creating(&rig, "e-1", "Granby")]);
    let first = words(&make());
    let again = make();
    assert_eq!(words(&again), ["rejected ?"]);
    assert!(again[0].evidence().contains(&format!("existing {}", first[0])), "{}", again[0].evidence());
    assert_eq!(rig.office.portal().dump().objects["contacts"].records.len(), 1);
}

#[test]
fn trap_29_a_write_without_a_proof_is_unknown_and_sent_once() {
    for kind in [
        FaultKind::FailAfter(Failure::Status { status: 524, retry_after_s: None }),
        FaultKind::FailAfter(Failure::Html { status: 502 }),
        FaultKind::FailBefore(Failure::Status { status: 500, retry_after_s: None }),
        FaultKind::FailBefore(Failure::Status { status: 423, retry_after_s: Some(2) }),
        FaultKind::FailBefore(Failure::Status { status: 477, retry_after_s: Some(60) }),
        FaultKind::FailAfter(Failure::Dropped),
        FaultKind::FailAfter(Failure::Html { status: 200 }),
        FaultKind::FailBefore(Failure::Html { status: 404 }),
        FaultKind::FailBefore(Failure::Empty { status: 400 }),
        FaultKind::FailAfter(Failure::Empty { status: 200 }),
        FaultKind::TruncatedBody,
        FaultKind::Late { delay_ms: 60_000 },
    ] {
        let rig = seeded(1);
        rig.fault("batch/", 1, kind.clone());
        assert_eq!(words(&write(&rig, vec![creating(&rig, "e-1", "Granby")])), ["unknown"], "{kind:?}");
        assert_eq!(rig.hubspot.requests().write, 1, "{kind:?}");
    }
}

#[test]
fn trap_30_a_release_that_enforces_the_portals_rules_names_the_column() {
    let rig = Rig::with(|settings| settings.version = "2026-09".parse().unwrap());
    let mut rules = rig.office.portal().settings().clone();
    rules.required_properties = vec!["phone".into()];
    rig.office.portal().set_settings(rules, 1_790_000_000_000);
    assert_eq!(words(&write(&rig, vec![creating(&rig, "e-1", "Granby")])), ["rejected phone"]);
}

#[test]
fn an_archive_settles_every_row_and_what_the_answer_names_is_missing() {
    let archive =
        |id: u64| (Act::Archive { remote: RemoteId::new(id.to_string()), version: None }, Vec::new());
    let rig = seeded(2);
    assert_eq!(words(&write(&rig, vec![archive(101), archive(102)])), ["101", "102"]);
    assert!(numbers(&rig.by_id(&["101", "102"], &[]).unwrap().records).is_empty());
    let rig = seeded(1);
    let mut strict = rig.office.portal().settings().clone();
    strict.batch_archive_unknown = BatchArchiveUnknown::MultiStatus;
    rig.office.portal().set_settings(strict, 1_790_000_000_000);
    // A partial answer to an archive does not mention what went well: read back, do not guess.
    assert_eq!(words(&write(&rig, vec![archive(101), archive(999)])), ["unknown", "missing"]);
}

#[test]
fn evidence_names_the_request_and_its_trace_and_nothing_of_the_person() {
    let rig = seeded(1);
    let settled = write(&rig, vec![update(101, &[("email", Cell::text("ada@example.org"))])]);
    assert_eq!(settled[0].evidence(), "POST /crm/objects/2026-03/contacts/batch/update trace trace-0");
}

#[test]
fn a_value_that_is_not_known_is_not_sent_and_the_other_rows_are() {
    let rig = seeded(2);
    let settled = write(&rig, vec![update(101, &[("city", Cell::Absent)]), update(102, &city("b"))]);
    assert_eq!(words(&settled), ["rejected city", "102"]);
}

#[test]
fn a_batch_of_mixed_verbs_sends_the_first_ones_only() {
    let rig = seeded(2);
    let archive = (Act::Archive { remote: RemoteId::new("102"), version: None }, Vec::new());
    let settled = write(&rig, vec![update(101, &city("a")), archive]);
    assert_eq!(words(&settled), ["101", "denied"]);
    assert_eq!(rig.hubspot.requests().write, 1);
}

#[test]
fn history_tells_our_own_write_from_a_persons() {
    let rig = seeded(1);
    write(&rig, vec![update(101, &city("Granby"))]);
    let properties = [("city".to_owned(), "Winter Park".to_owned())].into();
    rig.people(ByHand::Set { id: 101, properties });
    let ask = trueup_ports::Ask {
        view: trueup_ports::View::All,
        reach: trueup_ports::Reach::Ids(vec![RemoteId::new("101")]),
        columns: vec!["city".into()],
        history: true,
    };
    let record = run(rig.hubspot.read(ask)).unwrap().records.remove(0);
    let by: Vec<&str> = record.past(0).iter().map(|past| past.by.as_str()).collect();
    assert_eq!(by, ["CRM_UI userId:7001", "INTEGRATION 19083857"]);
}

#[test]
fn an_update_sends_nothing_but_what_its_permit_holds() {
    let rig = seeded(1);
    let act = Act::Update { remote: RemoteId::new("101"), how: How::Token };
    write(&rig, vec![(act, edits(&city("Granby")))]);
    let body: serde_json::Value =
        serde_json::from_str(&rig.office.portal().requests().last().unwrap().body).unwrap();
    assert_eq!(body["inputs"][0]["properties"], serde_json::json!({"city": "Granby"}));
}
