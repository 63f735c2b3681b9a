//! What a plan says besides its changes: where each record ended up and why, and what it costs.

use std::collections::BTreeMap;

use crate::{
    fixture::hub::{CRM, DESK, Hub},
    fixture::{
        self, OWNER, PORTAL, contact, cycle, lead, linked, memory, plain, portal, twin, with, workbook,
    },
    link::LinkState,
    memory::{FieldKey, Note, Parked},
    plan::{Act, Bucket, PRIMARY_REPLACED, Plan},
    setup::Setup,
    snapshot::{Coverage, Snapshot, SourceTrouble},
    value::Cell,
};

#[test]
fn a_plan_tells_what_it_was_made_from_and_what_was_looked_at() {
    let setup = fixture::setup();
    let plan =
        cycle(&setup, &memory(), &workbook(vec![plain("R1"), plain("R2")]), &portal(vec![twin("101", "R1")]))
            .plan;
    assert_eq!((plan.made_from.lineage.as_str(), plan.made_from.config_hash.as_str()), ("a", "c1"));
    let report = plan.report;
    assert_eq!((report.canonical_records, report.route.as_str()), (2, "workbook → portal"));
    assert_eq!(report.scopes, BTreeMap::from([(PORTAL.into(), format!("owner={OWNER}"))]));
    assert_eq!(report.buckets.values().copied().collect::<Vec<_>>(), [1, 0, 0, 0, 0, 0]);
    let cost = report.cost.iter().map(|(system, cost)| (system.as_str(), cost.gather, cost.writes));
    assert_eq!(cost.collect::<Vec<_>>(), [(PORTAL, 3, 1)]);
}

#[test]
fn a_change_names_its_fields_in_the_order_in_which_its_system_is_configured() {
    let fields = |setup: &Setup| {
        let mut lead = plain("R1");
        (lead.cells[2], lead.cells[3]) = (Cell::text("+19705550100"), Cell::text("Granby"));
        let contact = with(with(twin("101", "R1"), "city", "Vail"), "phone", "+19705550199");
        let plan =
            cycle(setup, &linked(&[("R1", "101")]), &workbook(vec![lead]), &portal(vec![contact])).plan;
        plan.changes[0].edits.iter().map(|edit| edit.field.to_string()).collect::<Vec<_>>()
    };
    let mut draft = fixture::draft();
    assert_eq!(fields(&fixture::setup()), ["phone", "city"]);
    draft.mirrors[0].side.bindings.reverse();
    assert_eq!(fields(&draft.build().unwrap()), ["city", "phone"]);
}

#[test]
fn each_system_costs_what_is_done_there() {
    let report = Hub::known().says(PORTAL, "city", "Vail").cycle(&fixture::hub::setup()).plan.report;
    let cost = report.cost.iter().map(|(system, cost)| (system.as_str(), cost.gather, cost.writes));
    assert_eq!(cost.collect::<Vec<_>>(), [(CRM, 2, 1), (DESK, 3, 1), (PORTAL, 3, 0)]);
    assert_eq!(report.route, "crm → portal, desk");
    assert!(report.scopes.is_empty());
}

#[test]
fn what_the_source_cannot_say_is_told_at_its_place() {
    let trouble = |key: Option<&str>| SourceTrouble {
        key: key.map(Into::into),
        what: "two rows carry one key".into(),
        place: "Leads!A7".into(),
    };
    let seen = Snapshot { troubles: vec![trouble(Some("R2")), trouble(None)], ..workbook(vec![plain("R1")]) };
    let found = cycle(&fixture::setup(), &memory(), &seen, &portal(vec![twin("101", "R1")])).plan.findings;
    let told: Vec<_> = found
        .iter()
        .map(|one| (one.key.handle(), one.what.as_str(), one.place.as_str(), one.entity.is_some()))
        .collect();
    let what = "two rows carry one key";
    assert_eq!(
        told,
        [
            ("unreadable/workbook/Leads!A7".to_owned(), what, "Leads!A7", false),
            ("unreadable/workbook/R2".to_owned(), what, "Leads!A7", true),
        ]
    );
}

#[test]
fn a_record_that_may_be_somebody_elses_is_held_back_whole() {
    let strangers = [("101", "R1"), ("102", "R2")]
        .map(|(id, key)| with(contact(id, &format!("ID:{key}"), "eve@example.org", ""), "city", "Vail"));
    let leads = workbook(vec![plain("R1"), plain("R2")]);
    let plan =
        cycle(&fixture::setup(), &linked(&[("R1", "102"), ("R2", "101")]), &leads, &portal(vec![])).plan;
    assert!(plan.held.is_empty());
    let plan =
        cycle(&fixture::setup(), &linked(&[("R1", "101"), ("R2", "102")]), &leads, &portal(strangers.into()))
            .plan;
    let held: Vec<_> = plan
        .held
        .iter()
        .map(|one| (one.rule.as_str(), one.change.entity.as_str(), one.change.edits.len()))
        .collect();
    assert_eq!(held, [("F1", "R1", 1), ("F1", "R2", 1)]);
    assert_eq!(plan.held[0].why, "a finding on this record waits for a person");
    assert_eq!((plan.is_empty(), plan.report.buckets[&Bucket::Excluded]), (true, 2));
}

/// Which notes on a replaced main address a contact gives, with the lead's ledger.
#[track_caller]
fn replaced(ledger: &str, email: &str, more: &str, expected: usize) {
    let seen = portal(vec![contact("101", "ID:R1", email, more)]);
    let plan = cycle(&fixture::setup(), &memory(), &workbook(vec![lead("R1", ledger)]), &seen).plan;
    let notes: Vec<_> = plan.report.notes.iter().filter(|note| note.sort == PRIMARY_REPLACED).collect();
    assert_eq!(notes.len(), expected, "{ledger} and {email}");
    assert!(notes.iter().all(|note| note.subject == "R1" && note.what.contains("unless portal keeps it")));
}

#[test]
fn a_main_address_that_the_source_names_nowhere_is_told_when_it_is_replaced() {
    replaced("ada@example.org", "old@example.org", "ada@example.org", 1);
    replaced("ada@example.org; old@example.org", "old@example.org", "", 0);
    replaced("ada@example.org", "", "ada@example.org", 0);
    replaced("ada@example.org", "ada@example.org", "old@example.org", 0);
}

/// What is planned for one linked lead whose contact was not listed.
fn absent(seen: &Snapshot) -> (Plan, Vec<LinkState>) {
    let made = cycle(&fixture::setup(), &linked(&[("R1", "101")]), &workbook(vec![plain("R1")]), seen);
    let states = made.notes.iter().filter_map(Note::link).map(|link| link.state).collect();
    (made.plan, states)
}

#[test]
fn why_a_linked_record_is_left_alone_is_said() {
    let lost = with(twin("101", "R1"), "owner", "1");
    let suspect = LinkState::Suspect { since: fixture::time(0) };
    let missing = Snapshot { missing: vec!["101".into()], ..portal(vec![]) };
    for (seen, sort, what, states) in [
        (
            Snapshot { strays: vec![lost], ..portal(vec![]) },
            "out_of_scope",
            "101 left the scope",
            vec![LinkState::OutOfScope],
        ),
        (portal(vec![]), "not_looked_at", "101 was not looked at", vec![]),
        (missing.clone(), "suspect", "101 was not found; looked at again", vec![suspect]),
        (
            Snapshot { coverage: Coverage::Since, ..missing },
            "suspect",
            "only a whole look can prove it",
            vec![],
        ),
    ] {
        let (plan, marked) = absent(&seen);
        let notes: Vec<_> =
            plan.report.notes.iter().map(|note| (note.sort.as_str(), note.subject.as_str())).collect();
        assert_eq!((notes, marked), (vec![(sort, "R1")], states));
        assert!(plan.report.notes[0].what.contains(what) && plan.is_empty(), "{:?}", plan.report.notes);
        assert_eq!(plan.report.buckets[&Bucket::OutOfScope], usize::from(sort == "out_of_scope"));
    }
}

#[test]
fn a_copy_ends_where_it_needs_somebodys_eyes_most() {
    let setup = fixture::hub::setup();
    let ends = |hub: &Hub| {
        let buckets = hub.cycle(&setup).plan.report.buckets;
        [Bucket::Pending, Bucket::Excluded, Bucket::Failed, Bucket::Conflict].map(|bucket| buckets[&bucket])
    };
    // The desk contends beside a portal that says the same of another field as before.
    let contend = Hub::known().says(CRM, "city", "Fraser").says(PORTAL, "city", "Vail");
    assert_eq!(ends(&contend), [1, 0, 0, 1]);
    let unread = |hub: Hub| hub.shows(PORTAL, "email", Cell::Absent);
    assert_eq!(ends(&unread(contend.clone())), [1, 0, 0, 1]);
    let changed = contend.says(PORTAL, "source", "visit");
    assert_eq!(ends(&changed), [0, 1, 0, 1]);
    let mut refused = Hub::known().says(PORTAL, "city", "Vail").says(CRM, "city", "Vail");
    let parked = Parked {
        class: "differs".into(),
        reason: "no right".into(),
        canonical: None,
        mirror: None,
        kept: None,
        since: "r1".into(),
    };
    let field = FieldKey {
        link: crate::memory::LinkKey { system: DESK.into(), ..fixture::key("R1") },
        field: "city".into(),
    };
    refused.memory.commit(&[Note::Park(field, parked)]);
    assert_eq!(ends(&refused), [0, 0, 1, 0]);
    assert_eq!(ends(&refused.clone().shows(DESK, "email", Cell::Absent)), [0, 0, 1, 0]);
    assert_eq!(ends(&refused.says(DESK, "source", "visit")), [0, 1, 1, 0]);
}

#[test]
fn systems_entities_and_fields_stand_in_a_fixed_order() {
    let mut hub = Hub::known();
    for (system, id) in [(CRM, "R0"), (PORTAL, "100"), (DESK, "200")] {
        hub.of(system).records.push(fixture::hub::person(id, "grace@example.org"));
    }
    let mut hub =
        hub.after().says(PORTAL, "tags", "vip").says(PORTAL, "city", "Vail").says(DESK, "city", "Aspen");
    hub.crm.records[1] = fixture::hub::but(hub.crm.records[1].clone(), "tags", Cell::text("new"));
    let plan = hub.cycle(&fixture::hub::setup()).plan;
    let order: Vec<String> =
        plan.changes.iter().map(|one| format!("{} {}", one.system, one.entity)).collect();
    assert_eq!(order, ["crm R1", "desk R0", "desk R1", "portal R0"]);
    assert!(plan.changes.iter().all(|one| matches!(one.act, Act::Update { .. })));
}

#[test]
fn what_was_not_delivered_is_never_taken_for_nothing() {
    for (column, field) in fixture::COLUMNS.into_iter().zip(["token", "email", "more", "phone", "city"]) {
        let mut contact = twin("101", "R1");
        contact.cells[fixture::column_of(column)] = Cell::Absent;
        let made = cycle(
            &fixture::setup(),
            &linked(&[("R1", "101")]),
            &workbook(vec![plain("R1")]),
            &portal(vec![contact]),
        );
        let told: Vec<_> =
            made.plan.findings.iter().map(|one| (one.key.handle(), one.what.clone())).collect();
        let what = format!("{field} cannot be read: the field was not delivered; the field is left alone");
        assert_eq!(told, [(format!("unreadable/portal/R1.{field}"), what)]);
        assert!(made.plan.is_empty(), "{column}");
    }
}

#[test]
fn what_only_a_mirror_holds_of_a_union_is_counted_and_kept() {
    let contact = contact("101", "ID:R1", "r1@example.org", "a@example.org;b@example.org;c@example.org");
    let ledger = lead("R1", "r1@example.org;b@example.org");
    let plan = cycle(&fixture::setup(), &memory(), &workbook(vec![ledger]), &portal(vec![contact])).plan;
    let notes: Vec<_> =
        plan.report.notes.iter().map(|note| (note.sort.as_str(), note.what.as_str())).collect();
    assert_eq!(notes, [("extra_kept", "2 of more stand only in the mirror and are kept")]);
    assert!(plan.is_empty());
}

#[test]
fn the_main_address_is_no_further_one_on_either_side() {
    let further = |ledger: &str, email: &str, more: &str| {
        let seen = portal(vec![contact("101", "ID:R1", email, more)]);
        let plan = cycle(&fixture::setup(), &memory(), &workbook(vec![lead("R1", ledger)]), &seen).plan;
        (fixture::hub::told(&plan.changes), plan.report.notes.len())
    };
    let both = "r1@example.org;b@example.org";
    assert_eq!(further(both, "r1@example.org", both), (vec![], 0));
    // The system takes an address that becomes the main one out of the others by itself.
    let told = vec!["portal update 101 email b@example.org → r1@example.org alone".to_owned()];
    assert_eq!(further(both, "b@example.org", both), (told, 0));
}
