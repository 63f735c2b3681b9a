//! A plan that was shown: exactly that, once, or nothing.

use std::sync::atomic::Ordering;

use trueup_core::{
    journal::{Draft, Event},
    memory::Outcome,
    name::{FieldName, RemoteId},
    plan::Plan,
    value::Cell,
};
use trueup_engine::{Account, facts::Warrant};
use trueup_sim::scene::OWNER;

use crate::office::{Office, run_to_end};

/// What a plan did, beside what it left out by name.
fn named(account: &Account) -> Vec<(&str, String)> {
    let fields = |one: &trueup_engine::account::Overtaken| {
        let fields: Vec<&str> = one.fields.iter().map(FieldName::as_str).collect();
        fields.join(" ")
    };
    account.overtaken.iter().map(|one| (one.entity.as_str(), fields(one))).collect()
}

fn plan(office: &mut Office) -> Plan {
    run_to_end(office.engine().plan(Warrant { first: true, reviewed: false })).unwrap().plan
}

fn apply(office: &mut Office, plan: &Plan) -> Account {
    run_to_end(office.engine().apply(plan)).unwrap()
}

#[track_caller]
fn check_void(office: &mut Office, plan: &Plan, why: &str) {
    office.batches();
    let account = apply(office, plan);
    assert_eq!(account.outcome.exit_code(), 3);
    let error = account.error.unwrap();
    assert!(error.contains(why), "{error}");
    assert!(office.batches().is_empty());
}

#[test]
fn a_plan_is_applied_once() {
    let (mut office, ids) = Office::drifting(2);
    let shown = plan(&mut office);
    let account = apply(&mut office, &shown);
    assert_eq!((account.changes["update"], account.outcome), (2, Outcome::Done));
    assert_eq!(office.city(&ids[0]), "Granby");
    check_void(&mut office, &shown, "has changed since");
}

#[test]
fn a_plan_that_was_edited_or_made_elsewhere_is_void() {
    let (mut office, _) = Office::drifting(2);
    let shown = plan(&mut office);
    let mut edited = shown.clone();
    edited.changes[0].edits[0].after = Cell::text("Loveland");
    check_void(&mut office, &edited, "it was edited");
    let spoilt = |spoil: fn(&mut Plan)| {
        let mut other = shown.clone();
        spoil(&mut other);
        other.named()
    };
    check_void(&mut office, &spoilt(|p| p.made_from.lineage = "b".into()), "another state store");
    check_void(&mut office, &spoilt(|p| p.made_from.serial += 1), "has changed since");
    check_void(&mut office, &spoilt(|p| p.made_from.config_hash = "c9".into()), "configuration");
    // Being refused changed nothing: the plan itself still holds.
    assert_eq!(apply(&mut office, &shown).changes["update"], 2);
}

#[test]
fn a_cycle_in_between_makes_a_plan_void() {
    let (mut office, _) = Office::drifting(2);
    let shown = plan(&mut office);
    office.run();
    check_void(&mut office, &shown, "has changed since");
}

#[test]
fn a_request_to_stop_lets_the_batch_in_flight_finish_and_sends_nothing_new() {
    let (mut office, ids) = Office::drifting(8);
    office.script.stop_after_write.store(true, Ordering::Relaxed);
    let account = office.run();
    assert_eq!((account.changes["update"], account.not_done, office.memory().intents.len()), (5, 3, 0));
    assert_eq!(office.batches(), [5]);
    office.script.stop_after_write.store(false, Ordering::Relaxed);
    assert_eq!(office.run().changes["update"], 3);
    assert!(ids.iter().all(|id| office.city(id) == "Granby"));
}

#[test]
fn a_record_that_somebody_made_after_the_plan_was_shown_is_not_made_beside_it() {
    let (mut office, _) = Office::drifting(1);
    office.lead("R977", "Granby");
    let shown = plan(&mut office);
    let theirs = office.contact("R977", "Granby", OWNER);
    let account = apply(&mut office, &shown);
    assert_eq!((account.changes["create"], account.changes["update"]), (0, 1), "{account:#?}");
    assert_eq!((account.superseded, account.outcome), (1, Outcome::NeedsPerson));
    assert_eq!(named(&account)[0].0, "R977");
    assert_eq!(office.contacts(), 2);
    let links = office.memory().links;
    let own: Vec<&RemoteId> =
        links.values().filter(|link| link.entity.as_str() == "R977").map(|link| &link.remote).collect();
    assert_eq!(own, [&RemoteId::new(&theirs)]);
    let told = office.journal(Event::Superseded);
    assert_eq!(told.iter().map(|draft| draft.entity.as_str()).collect::<Vec<_>>(), ["R977"]);
}

#[test]
fn nothing_is_written_to_a_record_that_became_somebody_elses_after_the_plan_was_shown() {
    let (mut office, ids) = Office::drifting(2);
    let shown = plan(&mut office);
    office.edit(&ids[0], "email", "stranger@example.org");
    let account = apply(&mut office, &shown);
    assert_eq!((account.changes["update"], account.superseded), (1, 1), "{account:#?}");
    assert_eq!(named(&account), [("R1", "city".to_owned())]);
    assert_eq!((office.city(&ids[0]).as_str(), office.city(&ids[1]).as_str()), ("Elsewhere", "Granby"));
    let journal = office.journal(Event::Superseded);
    let told = |draft: &Draft| (draft.before.to_text(), draft.after.to_text());
    assert_eq!(
        journal.iter().map(told).collect::<Vec<_>>(),
        [(Some("Elsewhere".into()), Some("Elsewhere".into()))]
    );
}

#[test]
fn a_field_whose_source_says_something_else_by_now_is_left_out_and_the_others_go_on() {
    let (mut office, ids) = Office::drifting(1);
    office.edit(&ids[0], "phone", "+19705550199");
    let shown = plan(&mut office);
    office.move_lead("R1", "CITY", "Loveland");
    let account = apply(&mut office, &shown);
    assert_eq!((account.changes["update"], account.superseded), (1, 1), "{account:#?}");
    assert_eq!(named(&account), [("R1", "city".to_owned())]);
    let now = (office.city(&ids[0]), office.value(&ids[0], "phone"));
    assert_eq!(now, ("Elsewhere".into(), "+19705550100".into()));
    assert_eq!(office.run().changes["update"], 1);
    assert_eq!(office.city(&ids[0]), "Loveland");
}
