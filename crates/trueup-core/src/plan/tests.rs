//! What is counted and asked of a plan, a change and a finding.

use super::*;
use crate::{
    fixture::{
        self, PORTAL, change, edit,
        hub::{self, Hub},
        memory, update,
    },
    memory::Choice,
    setup::{Class, Trigger},
};

fn create() -> Act {
    Act::Create { ext_id: "x".into(), ext_id_column: None, class: "D7".into(), origin: None }
}

fn archive() -> Act {
    Act::Archive { remote: "103".into(), version: None }
}

fn edits() -> Vec<Edit> {
    let classes = ["D6", "D3", "D6"];
    classes.map(|class| Edit { class: class.into(), ..edit("city", "a", "b") }).into()
}

#[test]
fn a_change_tells_its_record_its_classes_and_what_is_sent() {
    for (act, remote, classes, sent) in [
        (create(), None, vec!["D7"], 3),
        (Act::Update { remote: "101".into(), how: How::Token }, Some("101"), vec!["D3", "D6"], 3),
        (archive(), Some("103"), vec!["D3", "D6"], 0),
    ] {
        let change = change("R1", act, edits());
        assert_eq!(change.remote().map(RemoteId::as_str), remote);
        assert_eq!(change.classes().into_iter().map(ClassId::as_str).collect::<Vec<_>>(), classes);
        assert_eq!(change.sent().len(), sent);
    }
}

#[test]
fn every_verb_and_every_class_is_counted() {
    let mut plan = Plan::single(&fixture::setup(), &memory(), update("R1", "101", edits()));
    assert!(plan.is_whole() && !plan.is_empty());
    assert_eq!((plan.pipeline.as_str(), plan.made_from.lineage.as_str()), ("leads", "a"));
    assert_eq!(plan.made_from.config_hash, "c1");
    plan.changes.extend([change("R2", create(), vec![]), change("R3", create(), vec![])]);
    assert_eq!(plan.verbs(), BTreeMap::from([("archive", 0), ("create", 2), ("update", 1)]));
    plan.changes = vec![change("R4", archive(), vec![])];
    assert_eq!(plan.verbs(), BTreeMap::from([("archive", 1), ("create", 0), ("update", 0)]));
    plan.changes.clear();
    assert!(plan.is_empty());
    plan.findings = vec![finding("F1", None, "R1"), finding("F2", None, "R1"), finding("F1", None, "R2")];
    assert_eq!(plan.finding_counts(), BTreeMap::from([("F1".into(), 2), ("F2".into(), 1)]));
}

#[test]
fn a_create_is_remembered_by_all_its_values_in_order() {
    let cells = ["a", "", "b"].map(|text| Edit { canonical: Cell::text(text), ..edit("city", "", "") });
    assert_eq!(whole(&cells), Cell::list(["a", "", "b"]));
}

#[test]
fn whose_turn_it_is_survives_a_file() {
    let plan = Hub::known().says(PORTAL, "city", "Vail").cycle(&hub::setup()).plan;
    let text = serde_json::to_string(&plan).unwrap();
    assert_eq!(serde_json::from_str::<Plan>(&text).unwrap(), plan);
    assert!(!text.contains("alone") && text.contains("second") && text.contains("first"));
}

#[test]
fn who_says_only_a_part_of_what_is_told_does_not_agree_yet() {
    let one = |system: &str, partly| Agreeing { system: system.into(), held: Cell::text("lead"), partly };
    let turn = Turn::First(vec![one("crm", true), one("desk", false)]);
    assert_eq!(turn.agreeing().map(|one| one.system.as_str()).collect::<Vec<_>>(), ["desk"]);
    assert_eq!(Turn::Alone.agreeing().chain(Turn::Second.agreeing()).count(), 0);
}

#[test]
fn requests_are_counted_by_what_they_do() {
    let cost = Cost { gather: 1, guard_reads: 20, writes: 300, read_backs: 4000, ..Cost::default() };
    assert_eq!(cost.requests(), Requests { read: 4021, write: 300 });
    let costs = Hub::known().says(PORTAL, "city", "Vail").cycle(&hub::setup()).plan.report.cost;
    let all: Vec<_> = costs.values().map(|cost| (cost.guard_reads, cost.read_backs, cost.limit)).collect();
    let limit = Some((100, 10));
    assert_eq!(all, [(1, 1, limit), (1, 1, limit), (0, 0, limit)]);
}

fn finding(class: &str, entity: Option<&str>, subject: &str) -> Finding {
    Finding {
        key: FindingKey { class: class.into(), system: PORTAL.into(), subject: subject.into() },
        kind: FindingKind::Finding,
        entity: entity.map(Into::into),
        remotes: vec!["102".into(), "101".into()],
        what: "odd".into(),
        values: Vec::new(),
        place: "A1".into(),
    }
}

/// Whether a finding can be answered by a choice, an acceptance, an exclusion.
#[track_caller]
fn offers(finding: &Finding, expected: [bool; 3]) {
    let offers = Offers::of(&fixture::setup(), finding);
    let choices = [Choice::Choose("101".into()), Choice::Accept, Choice::Exclude];
    assert_eq!(choices.map(|choice| offers.allow(&choice)), expected, "{finding:?}");
}

#[test]
fn each_question_has_answers_of_its_own() {
    offers(&finding("F1", Some("R1"), "R1"), [false, true, true]);
    offers(&finding("F2", Some("R1"), "R1"), [true, false, true]);
    offers(&finding("F2", None, "R1"), [false, false, true]);
    offers(&finding("ambiguous", Some("R1"), "101"), [false, false, true]);
    offers(&finding("ambiguous", None, "101"), [false, false, true]);
    offers(&finding("ambiguous", Some("R1"), "entity:R1"), [false, true, false]);
    offers(&finding("gone", Some("R1"), "R1"), [false, true, false]);
    offers(&finding("nobody", None, "R1"), [false, true, false]);
    let held = Finding { kind: FindingKind::Held, ..finding("F1", Some("R1"), "R1") };
    offers(&held, [false, false, false]);
}

#[test]
fn a_finding_says_the_same_wherever_it_stands_and_in_any_order() {
    let one = finding("F1", Some("R1"), "R1");
    let same = |other: Finding| other.content() == one.content();
    let values =
        |city: &str| vec![Values { field: "city".into(), canonical: Cell::text(city), mirror: Cell::Null }];
    assert!(same(Finding { place: "A2".into(), ..one.clone() }));
    assert!(same(Finding { remotes: vec!["101".into(), "102".into()], ..one.clone() }));
    assert!(!same(Finding { remotes: vec!["101".into()], ..one.clone() }));
    assert!(!same(Finding { what: "even".into(), ..one.clone() }));
    assert!(!same(Finding { entity: None, ..one.clone() }));
    assert!(!same(Finding { values: values("Vail"), ..one.clone() }));
    assert_eq!(one.key.handle(), "F1/portal/R1");
}

#[test]
fn classes_are_told_apart_by_their_trigger_whatever_their_field() {
    let differs = |at| Trigger::Differs { field: crate::name::FieldId(at), when: None };
    assert!(differs(1).is_like(&differs(2)) && !differs(1).is_like(&Trigger::Gone));
    let all: &[Class] = &hub::draft().classes;
    assert!(all.iter().filter(|class| class.trigger.is_like(&Trigger::Gone)).count() == 1);
}

#[test]
fn the_cost_of_a_plan_is_that_of_the_batches_of_each_verb() {
    let batch = crate::card::BatchSizes { read: 3, read_history: 2, create: 4, update: 5, archive: 6 };
    let rate = |requests, ms| crate::card::Rate {
        bucket: "burst".into(),
        requests,
        window: std::time::Duration::from_millis(ms),
    };
    let card = crate::card::Card { batch, rates: vec![rate(10, 2000), rate(1, 1)], ..fixture::card() };
    let update = Act::Update { remote: "101".into(), how: How::Token };
    assert_eq!([&archive(), &create(), &update].map(|act| largest(&card, act)), [6, 4, 5]);
    let cost = |act: &Act, count| {
        let changes = vec![change("R1", act.clone(), vec![]); count];
        let cost = cost(&card, 1, &changes.iter().collect::<Vec<_>>());
        assert_eq!(cost.limit, Some((10, 2)));
        (cost.guard_reads, cost.writes, cost.read_backs, cost.seconds)
    };
    // A canary of one, and then whole batches: 1 + 6 + 3, 1 + 4 + 4 + 1, 1 + 5 + 4.
    assert_eq!(cost(&archive(), 10), (4, 3, 6, 2.6));
    assert_eq!(cost(&create(), 10), (0, 4, 6, 2.0));
    assert_eq!(cost(&update, 10), (5, 3, 6, 2.8));
    let free = crate::card::Card { rates: Vec::new(), ..card.clone() };
    let changes = [change("R1", update.clone(), vec![])];
    let unlimited = super::cost(&free, 1, &[&changes[0]]);
    assert_eq!((unlimited.limit, unlimited.seconds.to_bits()), (None, 0));
    let quick = crate::card::Card { rates: vec![rate(5, 500)], ..card.clone() };
    assert_eq!(super::cost(&quick, 1, &[&changes[0]]).limit, None, "no window that people read in seconds");
}

#[test]
fn people_read_the_first_eight_characters_of_an_id() {
    let whole = Plan::single(&fixture::setup(), &memory(), update("R1", "101", edits())).named();
    assert_eq!((whole.id.len(), whole.short_id()), (32, &whole.id[..8]));
    let nameless = Plan { id: String::new(), ..whole };
    assert_eq!(nameless.short_id(), "");
}

#[test]
fn an_entity_that_has_no_key_yet_is_called_by_its_record() {
    let origin = Origin { system: PORTAL.into(), remote: "101".into() };
    assert_eq!(origin.entity().as_str(), "portal:101");
}
