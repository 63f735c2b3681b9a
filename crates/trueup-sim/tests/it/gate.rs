//! What the gate makes of merges, other people's keys, clocks and silence.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use jiff::{SignedDuration, Timestamp};
use trueup_core::{
    guard::Rule,
    journal::Event,
    link::LinkState,
    memory::{Choice, Decision, Note},
    name::ClassId,
    plan::FindingKey,
};
use trueup_engine::facts::Warrant;
use trueup_ports::Store;
use trueup_sim::{
    executor::drive,
    people::PERSON,
    table::{FaultName, Faults},
};

use crate::office::{Deed, Office, run_to_end};

fn faults(office: &Office, faults: Faults) {
    *office.faults.lock().unwrap() = faults;
}

const LOST: Faults = Faults::only(FaultName::LostBefore, 1000);

/// Happens when the batch of this number arrives, counted from one.
fn at_batch(office: &Office, number: usize, deed: impl FnOnce() + Send + 'static) {
    let deed: Deed = Box::new(deed);
    *office.script.at_batch.lock().unwrap() = Some((number, deed));
}

#[test]
fn nothing_that_another_accounts_key_opens_is_believed_and_open_writes_stay_open() {
    let (mut office, _) = Office::drifting(5);
    faults(&office, LOST);
    assert_eq!(office.run().open, 5);
    faults(&office, Faults::default());
    *office.script.tenant.lock().unwrap() = Some("somebody else's account".into());
    let account = office.run();
    assert_eq!((account.outcome.exit_code(), account.halts[0].rule), (3, Rule::TenantChanged));
    assert_eq!((office.memory().intents.len(), account.requests.read), (5, 1));
    *office.script.tenant.lock().unwrap() = None;
    assert_eq!(office.run().changes["update"], 5);
    // The same without open writes: nothing is read beyond who it is.
    *office.script.tenant.lock().unwrap() = Some("somebody else's account".into());
    let account = office.run();
    assert_eq!((account.outcome.exit_code(), account.requests.read), (3, 1));
}

#[test]
fn two_records_that_became_one_under_open_writes_keep_both_links_and_are_for_a_person() {
    let (mut office, ids) = Office::drifting(3);
    faults(&office, LOST);
    assert_eq!(office.run().open, 3);
    let now = office.clock.now();
    office.crm.lock().unwrap().merge(&ids[0], &ids[1], PERSON, now);
    faults(&office, Faults::default());
    let account = office.run();
    assert_eq!((account.open, account.error), (0, None));
    let remotes: Vec<String> =
        office.memory().links.values().map(|link| link.remote.to_string()).take(2).collect();
    assert_eq!(remotes, ids[..2]);
    assert_eq!(office.city(&ids[2]), "Granby");
    let survivor = office.crm.lock().unwrap().now_called(&ids[0]).to_owned();
    assert_eq!(office.city(&survivor), "Elsewhere");
}

#[test]
fn a_record_that_was_merged_between_plan_and_write_is_left_to_the_next_plan() {
    let (mut office, ids) = Office::drifting(2);
    let other = office.contact("R9", "Loveland", "theirs");
    let (crm, clock, first) = (office.crm.clone(), office.clock.clone(), ids[0].clone());
    let merge = move || crm.lock().unwrap().merge(&first, &other, PERSON, clock.now());
    *office.script.at_apply.lock().unwrap() = Some(Box::new(merge));
    let account = office.run();
    assert_eq!((account.superseded, account.changes["update"]), (1, 1));
    let survivor = office.crm.lock().unwrap().now_called(&ids[0]).to_owned();
    assert_eq!(office.city(&survivor), "Elsewhere");
}

#[test]
fn a_create_that_was_refused_is_parked_at_once_also_where_no_id_is_unique() {
    for unique in [true, false] {
        let mut office = Office::new();
        office.unique = unique;
        office.lead("R1", "Granby");
        office.script.refused.lock().unwrap().insert("new".into(), None);
        let account = office.run();
        assert_eq!((account.parked, account.open, office.batches()), (1, 0, vec![1]));
        office.run();
        assert_eq!(office.batches(), Vec::<usize>::new(), "unique {unique}");
    }
}

#[test]
fn what_a_later_run_sees_landed_counts_there_and_belongs_to_the_run_that_planned_it() {
    let (mut office, _) = Office::drifting(1);
    faults(&office, Faults::only(FaultName::Late, 1000));
    let first = office.run();
    assert_eq!((first.changes["update"], first.open), (0, 1));
    faults(&office, Faults::default());
    let second = office.run();
    assert_eq!((second.changes["update"], second.open), (1, 0));
    let landed = office.journal(Event::Landed);
    assert!(landed.iter().all(|draft| draft.run == first.run) && landed.len() == 1);
}

#[test]
fn a_record_lost_between_plan_and_write_is_told_until_a_person_accepts_it() {
    let (mut office, ids) = Office::drifting(2);
    office.edit_meanwhile(&ids[0], "owner", "theirs");
    let lost = |office: &mut Office| office.run().findings.get(&ClassId::new("scope_lost")).copied();
    for _ in 0..3 {
        assert_eq!(lost(&mut office), Some(1));
        assert_eq!(office.memory().findings.len(), 1);
    }
    let key = FindingKey { class: "scope_lost".into(), system: "crm".into(), subject: "R1".into() };
    let told = &office.memory().findings[&key].item;
    let (about, remotes) = (office.memory().about(told), told.remotes.clone());
    let (choice, by, at) = (Choice::Accept, "Ada".into(), Timestamp::UNIX_EPOCH);
    let decision = Decision { choice, by, at, about, remotes };
    run_to_end(office.store.commit(&"sim".into(), None, vec![Note::Decide(key, decision)])).unwrap();
    assert_eq!((lost(&mut office), office.memory().findings.len()), (None, 0));
}

#[test]
fn a_half_of_a_refused_batch_is_looked_at_again_before_it_is_sent() {
    let (mut office, ids) = Office::drifting(13);
    office.script.poison.lock().unwrap().insert(ids[8].clone());
    // While the rest of eight is being refused, a person edits a record of its first half.
    let (crm, clock, id) = (office.crm.clone(), office.clock.clone(), ids[2].clone());
    at_batch(&office, 2, move || {
        crm.lock().unwrap().set(&id, "city", Some("Loveland"), PERSON, clock.now());
    });
    let account = office.run();
    assert_eq!((account.changes["update"], account.parked, account.superseded), (11, 1, 1));
    assert_eq!(office.city(&ids[2]), "Loveland");
    assert!(office.journal(Event::Overwrote).is_empty());
}

#[test]
fn few_are_sent_at_a_time_until_one_landed() {
    let (mut office, ids) = Office::drifting(9);
    // All of the first few are edited meanwhile: that they are left alone proves nothing.
    let (crm, clock, first) = (office.crm.clone(), office.clock.clone(), ids[..5].to_vec());
    let deed = move || {
        for id in &first {
            crm.lock().unwrap().set(id, "city", Some("Loveland"), PERSON, clock.now());
        }
    };
    *office.script.at_apply.lock().unwrap() = Some(Box::new(deed));
    let ids: Vec<String> =
        (10..17).map(|at| office.pair(&format!("R9{at}"), "Granby", "Elsewhere")).collect();
    let account = office.run();
    assert_eq!((office.batches(), account.superseded), (vec![5, 6], 5));
    assert_eq!(office.city(&ids[6]), "Granby");
}

#[test]
fn a_batch_that_is_denied_ends_its_group() {
    let (mut office, _) = Office::drifting(40);
    *office.script.takes.lock().unwrap() = Some(2);
    let account = office.run();
    assert_eq!((office.batches(), account.changes["update"], account.not_done), (vec![5, 10, 10], 15, 25));
    assert!(office.memory().intents.is_empty());
}

#[test]
fn a_clock_that_was_put_back_does_not_keep_a_write_open_for_ever() {
    let (mut office, ids) = Office::drifting(1);
    faults(&office, LOST);
    assert_eq!(office.run().open, 1);
    faults(&office, Faults::default());
    office.clock.advance(SignedDuration::from_hours(-240));
    let early = office.run();
    assert_eq!((early.open, early.changes["update"]), (1, 0), "nobody can tell that its time is over");
    office.clock.advance(SignedDuration::from_hours(240));
    assert_eq!(office.run().changes["update"], 1);
    assert_eq!(office.city(&ids[0]), "Granby");
}

#[test]
fn a_record_that_a_read_does_not_mention_is_not_taken_for_gone() {
    let (mut office, ids) = Office::drifting(2);
    let (script, id) = (office.script.clone(), ids[0].clone());
    let deed = move || script.silent.lock().unwrap().extend([id]);
    *office.script.at_apply.lock().unwrap() = Some(Box::new(deed));
    let account = office.run();
    assert_eq!((account.changes["update"], account.not_done), (1, 1));
    assert!(office.memory().links.values().all(|link| link.state == LinkState::Active));
    assert!(office.journal(Event::ScopeLost).is_empty() && office.memory().intents.is_empty());
}

/// Of six records the first leaves the scope under the hands of a run that dies while the last is on its way.
#[track_caller]
fn check_told(leave: impl FnOnce(&Office, &str), what: &str) {
    let (mut office, ids) = Office::drifting(6);
    leave(&office, &ids[0]);
    let alive = Arc::new(AtomicBool::new(true));
    let own = alive.clone();
    at_batch(&office, 2, move || own.store(false, Ordering::Relaxed));
    let engine = office.engine();
    let run = engine.run(Warrant { first: true, reviewed: false });
    assert!(drive(run, || alive.load(Ordering::Relaxed)).is_none());
    assert_eq!(office.run().findings.get(&ClassId::new("scope_lost")), Some(&1));
    let told: Vec<String> = office.memory().findings.into_values().map(|opened| opened.item.what).collect();
    assert!(told.len() == 1 && told[0].ends_with(what), "{told:?}");
}

#[test]
fn a_record_that_left_the_scope_is_told_also_if_the_run_dies_before_it_ends() {
    check_told(|office, id| office.edit_meanwhile(id, "owner", "theirs"), "nothing was sent");
    let raced = |office: &Office, id: &str| {
        let (crm, clock, id) = (office.crm.clone(), office.clock.clone(), id.to_owned());
        let deed = move || crm.lock().unwrap().set(&id, "owner", Some("theirs"), PERSON, clock.now());
        *office.script.after_write.lock().unwrap() = Some(Box::new(deed));
    };
    check_told(raced, "the write landed");
}
