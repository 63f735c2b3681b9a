//! Systems that refuse, stay silent, or cannot be believed.

use std::sync::{Arc, atomic::Ordering};

use jiff::SignedDuration;
use trueup_core::{
    guard::Rule, journal::Event, memory::Outcome, merge::Survivor, plan::Bucket, setup::Action,
};
use trueup_engine::Account;
use trueup_sim::{
    marks::{Mark, Witness, landings},
    table::{FaultName, Faults, Trouble},
};

use crate::{
    hub::{Hub, draft},
    office::Office,
};

#[test]
fn a_foreign_record_in_what_was_loaded_halts_before_any_write() {
    let (mut office, ids) = Office::drifting(2);
    office.contact("R7", "Elsewhere", "theirs");
    office.script.leaks.store(true, Ordering::Relaxed);
    let account = office.run();
    assert_eq!((account.outcome.exit_code(), account.halts[0].rule), (3, Rule::ForeignRecord));
    assert_eq!((office.batches(), office.city(&ids[0]).as_str()), (vec![], "Elsewhere"));
    assert!(office.memory().links.is_empty() && office.memory().config_hash.is_none());
}

#[test]
fn a_system_that_cannot_be_read_ends_the_run_and_decides_nothing() {
    let check = |spoil: fn(&Office)| {
        let (mut office, _) = Office::drifting(2);
        office.contact("R1", "Granby", "ours");
        let before = office.run().findings;
        assert!(!before.is_empty());
        let links = office.memory().links;
        office.move_lead("R2", "CITY", "Loveland");
        office.batches();
        spoil(&office);
        let account = office.run();
        assert_eq!(account.outcome.exit_code(), 1, "{:?}", account.error);
        assert!(account.error.unwrap().starts_with("crm: "));
        assert!(office.batches().is_empty());
        assert_eq!(office.memory().links, links);
        assert_eq!(office.memory().findings.len(), before.values().sum::<usize>());
    };
    check(|office| office.script.denies.store(true, Ordering::Relaxed));
    check(|office| *office.faults.lock().unwrap() = Faults::only(FaultName::ReadBusy, 1000));
}

#[test]
fn a_batch_refused_as_a_whole_is_halved_until_the_one_to_blame_stands_alone() {
    let (mut office, ids) = Office::drifting(13);
    // The last in the order of keys is R9.
    office.script.poison.lock().unwrap().insert(ids[8].clone());
    let account = office.run();
    assert_eq!((account.changes["update"], account.parked), (12, 1));
    for (at, id) in ids.iter().enumerate() {
        assert_eq!(office.city(id), if at == 8 { "Elsewhere" } else { "Granby" }, "{id}");
    }
    // The canary, the rest, its halves, and so on down to one.
    assert_eq!(office.batches(), [5, 8, 4, 4, 2, 2, 1, 1]);
    assert_eq!((office.run().requests.write, office.memory().intents.len()), (0, 0));
}

#[test]
fn when_none_of_the_first_few_lands_the_rest_is_not_sent() {
    let (mut office, ids) = Office::drifting(9);
    office.script.refused.lock().unwrap().extend(ids.iter().map(|id| (id.clone(), None)));
    let account = office.run();
    assert_eq!((account.changes["update"], account.parked, account.not_done), (0, 5, 4));
    assert_eq!((office.batches(), account.buckets[&Bucket::Failed]), (vec![5], 5));
}

#[test]
fn a_refused_field_is_parked_at_once_and_tried_again_only_when_a_value_changes() {
    let (mut office, ids) = Office::drifting(1);
    office.edit(&ids[0], "phone", "+19705550199");
    office.script.refused.lock().unwrap().insert(ids[0].clone(), Some("city".into()));
    let writes = |office: &mut Office| -> (usize, usize) {
        let account: Account = office.run();
        (account.requests.write, account.parked)
    };
    // The phone was refused along with the city, and is free to go alone.
    assert_eq!(writes(&mut office), (1, 1));
    office.script.refused.lock().unwrap().clear();
    assert_eq!(writes(&mut office), (1, 1));
    assert_eq!(office.value(&ids[0], "phone"), "+19705550100");
    assert_eq!(writes(&mut office), (0, 1));
    assert_eq!(office.city(&ids[0]), "Elsewhere");
    office.move_lead("R1", "CITY", "Loveland");
    assert_eq!(writes(&mut office), (1, 0));
    assert_eq!(office.city(&ids[0]), "Loveland");
}

#[test]
fn an_answer_to_a_batch_of_one_names_all_of_it() {
    for (count, want) in [(1, false), (12, true)] {
        let (mut office, _) = Office::drifting(count);
        *office.faults.lock().unwrap() = Faults::only(FaultName::Partial, 1000);
        office.run();
        let marks = landings(&office.crm.lock().unwrap(), &Witness::default());
        assert_eq!(marks.contains(&Mark::Partial), want, "{count}");
    }
}

#[test]
fn a_write_without_an_answer_stays_open_and_is_settled_by_the_next_run() {
    let (mut office, ids) = Office::drifting(1);
    let faults = |office: &Office, faults| *office.faults.lock().unwrap() = faults;
    // It took effect, and the record was read back: the answer does not matter.
    faults(&office, Faults::only(FaultName::LostAfter, 1000));
    let account = office.run();
    assert_eq!((account.changes["update"], account.open), (1, 0));
    // It did not take effect yet: nobody knows.
    office.move_lead("R1", "CITY", "Loveland");
    faults(&office, Faults::only(FaultName::Late, 1000));
    let account = office.run();
    assert_eq!((account.open, account.outcome, office.memory().intents.len()), (1, Outcome::NeedsPerson, 1));
    assert_eq!(office.city(&ids[0]), "Granby");
    office.clock.advance(SignedDuration::from_mins(1));
    let clock = office.clock.now();
    office.crm.lock().unwrap().land(clock);
    faults(&office, Faults::default());
    office.batches();
    let account = office.run();
    assert_eq!(
        (office.batches(), office.memory().intents.len(), account.outcome),
        (vec![], 0, Outcome::Done)
    );
    assert_eq!((office.city(&ids[0]).as_str(), office.journal(Event::Landed).len()), ("Loveland", 2));
}

#[test]
fn a_write_that_was_lost_is_seen_not_to_have_landed_and_planned_anew() {
    let (mut office, ids) = Office::drifting(1);
    *office.faults.lock().unwrap() = Faults::only(FaultName::LostBefore, 1000);
    assert_eq!(office.run().open, 1);
    *office.faults.lock().unwrap() = Faults::default();
    assert_eq!(office.run().changes["update"], 1);
    assert_eq!((office.city(&ids[0]).as_str(), office.journal(Event::NotApplied).len()), ("Granby", 1));
}

#[test]
fn a_listing_of_the_source_that_breaks_off_does_not_make_a_later_loss_look_small() {
    let mut draft = draft(Survivor::Canonical, Action::Flag);
    draft.caps.source_loss_percent = 30.0;
    let mut hub = Hub::with(Arc::new(draft.build().unwrap()));
    let make = |at: usize| hub.make("truth", &[("name", &format!("Person {at}"))]);
    let people: Vec<String> = (0..10).map(make).collect();
    hub.settle();
    for id in &people[3..] {
        hub.archive("truth", id);
    }
    let until = hub.clock.now() + SignedDuration::from_mins(20);
    hub.table("truth").lock().unwrap().trouble = Some((Trouble::CutShort, until));
    assert!(hub.run().halts.is_empty());
    assert_eq!(hub.memory().canonical_count, Some(10));
    let account = hub.run();
    assert_eq!((account.halts[0].rule, account.halts[0].count), (Rule::EmptiedSource, 7));
}
