//! Somebody else is at work between plan and write.

use jiff::SignedDuration;
use trueup_core::{journal::Event, link::LinkState, memory::Outcome, plan::Bucket};
use trueup_engine::facts::Warrant;
use trueup_sim::{
    people::PERSON,
    table::{FaultName, Faults},
};

use crate::{
    office::{Office, run_to_end},
    undone::plan_undo,
};

#[test]
fn a_field_that_a_person_changed_between_plan_and_write_is_left_to_the_next_cycle() {
    let (mut office, ids) = Office::drifting(2);
    office.edit(&ids[0], "phone", "+19705550199");
    office.edit_meanwhile(&ids[0], "city", "Loveland");
    let account = office.run();
    assert_eq!((account.superseded, account.outcome), (1, Outcome::NeedsPerson));
    assert_eq!(
        (office.city(&ids[0]).as_str(), office.value(&ids[0], "phone").as_str()),
        ("Loveland", "+19705550100")
    );
    assert_eq!(office.city(&ids[1]), "Granby");
    let journal = office.journal(Event::Superseded);
    let told: Vec<_> = journal.iter().map(|d| (d.before.to_text(), d.after.to_text())).collect();
    assert_eq!(told, [(Some("Elsewhere".into()), Some("Loveland".into()))]);
    // The next cycle plans from the fresh value: the source wins and theirs stands in the journal.
    assert_eq!(office.run().changes["update"], 1);
    assert_eq!(office.city(&ids[0]), "Granby");
    let kept = office.journal(Event::Landed);
    assert!(kept.iter().any(|draft| draft.before.to_text().as_deref() == Some("Loveland")));
}

#[test]
fn a_record_that_left_the_scope_between_plan_and_write_is_held_and_the_others_go_on() {
    let (mut office, ids) = Office::drifting(2);
    office.edit_meanwhile(&ids[0], "owner", "theirs");
    let account = office.run();
    assert_eq!(account.outcome.exit_code(), 4);
    assert_eq!((office.city(&ids[0]).as_str(), office.city(&ids[1]).as_str()), ("Elsewhere", "Granby"));
    assert!(office.crm.lock().unwrap().touched.iter().all(|(id, _)| *id != ids[0]));
    let state =
        |office: &Office| office.memory().links.values().find(|l| l.entity.as_str() == "R1").unwrap().state;
    assert_eq!(state(&office), LinkState::OutOfScope);
    assert_eq!(office.journal(Event::ScopeLost).len(), 1);
    let next = office.run();
    assert_eq!((next.requests.write, next.buckets[&Bucket::OutOfScope]), (0, 1));
    assert_eq!(office.contacts(), 2);
}

#[test]
fn a_record_that_left_the_scope_before_its_link_was_ever_kept_is_not_created_again() {
    let (mut office, ids) = Office::drifting(2);
    let plan = run_to_end(office.engine().plan(Warrant { first: true, reviewed: false })).unwrap().plan;
    assert!(office.memory().links.is_empty());
    office.edit_meanwhile(&ids[0], "owner", "theirs");
    run_to_end(office.engine().apply(&plan)).unwrap();
    assert_eq!(office.memory().links.len(), 2);
    office.batches();
    assert_eq!(office.run().changes["create"], 0);
    assert_eq!((office.contacts(), office.batches()), (2, vec![]));
}

#[test]
fn what_agreed_when_a_plan_was_applied_is_remembered_too() {
    let (mut office, _) = Office::drifting(1);
    let quiet = office.pair("R9", "Granby", "Granby");
    let plan = run_to_end(office.engine().plan(Warrant { first: true, reviewed: false })).unwrap().plan;
    run_to_end(office.engine().apply(&plan)).unwrap();
    // Reassigned before the next cycle: without its link it would look missing.
    office.edit(&quiet, "owner", "theirs");
    assert_eq!(office.run().changes["create"], 0);
    assert_eq!(office.contacts(), 2);
}

#[test]
fn a_record_touched_between_the_plan_of_an_undo_and_its_write_is_not_put_away() {
    let mut office = Office::new();
    office.lead("R1", "Granby");
    let run = office.run().run;
    let ask = trueup_ports::JournalAsk { run: Some(run), ..Default::default() };
    let plan = run_to_end(office.engine().plan_undo(ask)).unwrap().plan;
    let id = office.crm.lock().unwrap().rows.keys().next().unwrap().clone();
    // A column the pipeline does not even map.
    office.edit_meanwhile(&id, "remark", "called twice");
    office.approve(&plan, "archives");
    let account = run_to_end(office.engine().apply(&plan)).unwrap();
    assert_eq!((account.changes["archive"], account.superseded, office.contacts()), (0, 1, 1));
    let named: Vec<&str> = account.overtaken.iter().map(|one| one.entity.as_str()).collect();
    assert_eq!(named, ["R1"]);
}

/// A person edits a record after our look at it and before our write, which this happens to.
fn raced(fault: FaultName) -> (Office, String) {
    let (office, ids) = Office::drifting(1);
    let (crm, clock, id) = (office.crm.clone(), office.clock.clone(), ids[0].clone());
    let deed = move || crm.lock().unwrap().set(&id, "city", Some("Loveland"), PERSON, clock.now());
    *office.script.at_batch.lock().unwrap() = Some((1, Box::new(deed)));
    *office.faults.lock().unwrap() = Faults::only(fault, 1000);
    (office, ids[0].clone())
}

fn overwritten(office: &Office) -> Vec<String> {
    office.journal(Event::Overwrote).iter().filter_map(|draft| draft.before.to_text()).collect()
}

#[test]
fn a_value_that_was_replaced_by_ours_in_the_systems_words_is_kept() {
    let (mut office, id) = raced(FaultName::Respelled);
    assert_eq!(office.run().changes["update"], 1);
    assert_eq!((office.city(&id), overwritten(&office)), ("Granby.".into(), vec!["Loveland".into()]));
    *office.faults.lock().unwrap() = Faults::default();
    assert_eq!(office.run().changes["update"], 0, "what the system made of it is accounted for");
}

#[test]
fn a_value_of_a_person_is_not_taken_for_ours_where_the_system_dropped_ours() {
    let (mut office, id) = raced(FaultName::Dropped);
    office.run();
    assert_eq!((office.city(&id).as_str(), office.journal(Event::Landed).len()), ("Loveland", 0));
    *office.faults.lock().unwrap() = Faults::default();
    assert_eq!(office.run().changes["update"], 1);
    assert_eq!(office.city(&id), "Granby");
}

#[test]
fn a_write_whose_record_is_not_found_once_is_looked_at_again() {
    let (mut office, id) = raced(FaultName::Late);
    assert_eq!(office.run().open, 1);
    *office.faults.lock().unwrap() = Faults::only(FaultName::Hidden, 1000);
    assert_eq!((office.run().open, office.memory().intents.len()), (1, 1));
    *office.faults.lock().unwrap() = Faults::default();
    assert_eq!(office.run().open, 0);
    assert_eq!((office.city(&id), overwritten(&office)), ("Granby".into(), vec!["Loveland".into()]));
}

#[test]
fn a_write_whose_record_is_not_found_twice_is_over() {
    let (mut office, id) = raced(FaultName::Late);
    assert_eq!(office.run().open, 1);
    *office.faults.lock().unwrap() = Faults::default();
    office.crm.lock().unwrap().archive(&id, true, PERSON, office.clock.now());
    assert_eq!(office.run().open, 1);
    assert_eq!((office.run().open, office.memory().intents.len()), (0, 0));
    let state = |office: &Office| office.memory().links.values().next().unwrap().state;
    assert_eq!((state(&office), office.run().changes["create"]), (LinkState::Tombstone, 0));
}

#[test]
fn what_a_person_wrote_into_a_record_that_we_made_keeps_it_also_after_we_wrote_to_it_again() {
    for (refused, remark) in [(true, true), (true, false), (false, true), (false, false)] {
        let mut office = Office::new();
        office.lead("R1", "Granby");
        let made = office.run();
        let id = office.crm.lock().unwrap().rows.keys().next().unwrap().clone();
        office.clock.advance(SignedDuration::from_mins(1));
        if remark {
            // A column the pipeline does not even map.
            office.edit(&id, "remark", "called twice");
        }
        if refused {
            office.script.refused.lock().unwrap().insert(id, None);
        }
        for city in ["Loveland", "Granby"] {
            office.move_lead("R1", "CITY", city);
            office.run();
        }
        office.script.refused.lock().unwrap().clear();
        let plan = plan_undo(&mut office, &made);
        office.approve(&plan, "archives");
        run_to_end(office.engine().apply(&plan)).unwrap();
        assert_eq!(office.contacts(), usize::from(remark), "refused {refused}");
    }
}

#[test]
fn a_record_that_is_not_found_once_right_before_its_write_is_looked_at_again() {
    let (mut office, ids) = Office::drifting(1);
    let faults = office.faults.clone();
    let hide = move || *faults.lock().unwrap() = Faults::only(FaultName::Hidden, 1000);
    *office.script.at_apply.lock().unwrap() = Some(Box::new(hide));
    let account = office.run();
    assert_eq!((account.superseded, account.outcome), (1, Outcome::NeedsPerson));
    let memory = office.memory();
    assert!(memory.links.values().all(|link| link.state == LinkState::Active));
    assert_eq!((memory.findings.len(), memory.touches.len()), (0, 1));
    *office.faults.lock().unwrap() = Faults::default();
    assert_eq!(office.run().changes["update"], 1);
    assert_eq!((office.city(&ids[0]).as_str(), office.memory().touches.len()), ("Granby", 0));
}
