//! One run at a time, for as long as it takes.

use std::{sync::Arc, time::Duration};

use jiff::SignedDuration;
use trueup_core::memory::Outcome;
use trueup_engine::facts::Warrant;
use trueup_ports::{Holder, Store, StoreError};
use trueup_sim::{
    chance::Chance,
    executor::HostClock,
    table::{FaultName, Faults},
    world::{Living, SimWorld},
};

use crate::office::{Office, run_to_end};

const FIRST: Warrant = Warrant { first: true, reviewed: false };

fn held_by(office: &Office, host: &str, ttl: Duration) -> Holder {
    let holder = Holder { host: host.into(), pid: 999, born: String::new() };
    run_to_end(office.store.lease(&"sim".into(), &holder, ttl)).unwrap();
    holder
}

#[test]
fn a_run_whose_every_page_takes_longer_than_the_lease_still_does_its_work() {
    let (mut office, ids) = Office::drifting(9);
    *office.faults.lock().unwrap() = Faults::only(FaultName::Slow, 1000);
    // Every look before a write is too old by the time it is there: nothing is sent, and that is told.
    let account = office.run();
    assert_eq!((account.outcome, account.error.clone()), (Outcome::NeedsPerson, None));
    assert_eq!((account.not_done, office.memory().links.len()), (9, 9));
    *office.faults.lock().unwrap() = Faults::default();
    assert_eq!(office.run().changes["update"], 9);
    assert_eq!(office.city(&ids[8]), "Granby");
}

#[test]
fn a_run_that_is_slow_to_settle_what_was_open_keeps_its_lease() {
    let (mut office, ids) = Office::drifting(2);
    *office.faults.lock().unwrap() = Faults::only(FaultName::LostBefore, 1000);
    assert_eq!(office.run().open, 2);
    *office.faults.lock().unwrap() = Faults::only(FaultName::Slow, 1000);
    let account = office.run();
    assert_eq!((account.error, office.memory().intents.len()), (None, 0));
    assert_eq!(office.city(&ids[0]), "Elsewhere");
}

/// I-26: what is still on its way by the one clock that both hosts share is not over by another.
#[test]
fn a_host_whose_clock_is_hours_ahead_does_not_take_what_may_still_land_for_lost() {
    let (mut office, _) = Office::drifting(2);
    *office.faults.lock().unwrap() = Faults::only(FaultName::LostBefore, 1000);
    assert_eq!(office.run().open, 2);
    let open = office.memory().intents;
    let mut engine = office.engine();
    let ahead = HostClock::new(office.clock.clone(), SignedDuration::from_hours(5));
    let world = SimWorld::new(ahead, Chance::new(1), "ahead", 1, &Living::default());
    engine.world = Arc::new(world);
    run_to_end(engine.run(FIRST)).unwrap();
    assert_eq!(office.memory().intents, open);
}

#[test]
fn a_run_that_was_overtaken_while_it_read_sends_nothing_and_holds_nothing() {
    let (mut office, ids) = Office::drifting(2);
    let (store, clock) = (office.store.clone(), office.clock.clone());
    // Another host takes the lease that ran out, does its work and gives it back.
    let deed = move || {
        clock.advance(SignedDuration::from_mins(2));
        let other = Holder { host: "elsewhere".into(), pid: 1, born: String::new() };
        let fence = run_to_end(store.lease(&"sim".into(), &other, Duration::from_mins(1))).unwrap();
        run_to_end(store.release(&"sim".into(), &fence)).unwrap();
    };
    *office.script.at_apply.lock().unwrap() = Some(Box::new(deed));
    assert_eq!(office.try_run().unwrap_err(), StoreError::Fenced);
    assert_eq!((office.batches(), office.city(&ids[0]).as_str()), (vec![], "Elsewhere"));
    held_by(&office, "elsewhere", Duration::from_mins(1));
}

#[test]
fn the_lease_of_a_dead_process_of_this_host_is_taken_at_once_whether_it_ran_out_or_not() {
    for ttl in [Duration::from_hours(10), Duration::from_secs(1)] {
        let (mut office, _) = Office::drifting(1);
        held_by(&office, "sim", ttl);
        office.clock.advance(SignedDuration::from_mins(1));
        let before = office.clock.now();
        let account = run_to_end(office.engine().run(FIRST)).unwrap();
        assert_eq!(account.changes["update"], 1);
        let waited = office.clock.now().duration_since(before);
        assert!(waited.as_secs() < 30, "{waited}");
    }
}

#[test]
fn a_lease_that_ran_out_elsewhere_is_taken_after_its_last_call_can_have_ended() {
    let (mut office, _) = Office::drifting(1);
    held_by(&office, "elsewhere", Duration::from_secs(1));
    office.clock.advance(SignedDuration::from_mins(1));
    let before = office.clock.now();
    run_to_end(office.engine().run(FIRST)).unwrap();
    assert!(office.clock.now().duration_since(before).as_secs() >= 30);
}

#[test]
fn the_lease_of_a_process_that_may_live_stops_the_run_before_it_asks_for_anything() {
    let (mut office, ids) = Office::drifting(1);
    let holder = held_by(&office, "elsewhere", Duration::from_hours(10));
    let before = office.clock.now();
    let engine = office.engine();
    let refused = run_to_end(engine.run(FIRST)).unwrap_err();
    assert!(matches!(refused, StoreError::Held { by, .. } if by == holder));
    assert_eq!((office.clock.now(), office.city(&ids[0]).as_str()), (before, "Elsewhere"));
}
