//! A plan that was shown: exactly that, once, or nothing.

use std::sync::atomic::Ordering;

use trueup_core::{memory::Outcome, plan::Plan, value::Cell};
use trueup_engine::{Account, facts::Warrant};

use crate::office::{Office, run_to_end};

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
