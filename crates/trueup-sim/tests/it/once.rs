//! What seeds of the first simulation found once, as cases: those seeds mean something else by now.

use jiff::SignedDuration;
use trueup_core::{journal::Event, memory::Outcome, merge::Survivor, setup::Action};
use trueup_sim::table::{FaultName, Faults};

use crate::{
    hub::{Hub, draft},
    office::Office,
};

fn faults(office: &Office, faults: Faults) {
    *office.faults.lock().unwrap() = faults;
}

/// A lead whose create was sent and not answered, and lands later.
fn unanswered(unique: bool) -> Office {
    let mut office = Office::new();
    office.unique = unique;
    office.lead("R1", "Granby");
    faults(&office, Faults::only(FaultName::Late, 1000));
    assert_eq!(office.run().open, 1);
    faults(&office, Faults::default());
    office
}

fn land(office: &Office) -> String {
    office.clock.advance(SignedDuration::from_mins(1));
    let now = office.clock.now();
    let mut crm = office.crm.lock().unwrap();
    crm.land(now);
    crm.rows.keys().next().unwrap().clone()
}

#[test]
fn a_create_that_is_open_is_not_planned_again() {
    let mut office = unanswered(false);
    office.clock.advance(SignedDuration::from_mins(-15));
    // No time has passed for it: it may still land.
    let account = office.run();
    assert_eq!((account.open, account.changes["create"]), (1, 0));
}

#[test]
fn a_record_that_was_reassigned_before_its_answer_came_is_not_made_twice() {
    for unique in [true, false] {
        let mut office = unanswered(unique);
        let id = land(&office);
        office.edit(&id, "owner", "theirs");
        for _ in 0..3 {
            assert_eq!(office.run().requests.write, 0, "unique {unique}");
        }
        assert_eq!((office.contacts(), office.journal(Event::Adopted).len()), (1, 1));
    }
}

#[test]
fn a_record_that_carries_a_creates_token_and_nothing_else_of_it_is_not_told_as_what_was_made() {
    let mut office = unanswered(false);
    let made = land(&office);
    office.edit(&made, "note", "");
    let other = office.contact("R1", "Elsewhere", "ours");
    let account = office.run();
    assert_eq!((account.open, office.contacts()), (0, 2));
    assert_eq!((office.journal(Event::Adopted).len(), office.journal(Event::InDoubt).len()), (0, 1));
    let links: Vec<String> = office.memory().links.values().map(|link| link.remote.to_string()).collect();
    assert_eq!(links, [other]);
    // The one that was made is told, since it has the address of an entity that has another record.
    assert_eq!(account.outcome, Outcome::NeedsPerson);
}

#[test]
fn a_record_that_was_made_without_its_token_is_told_as_in_doubt_and_not_made_twice() {
    let mut office = unanswered(false);
    let made = land(&office);
    office.edit(&made, "note", "");
    assert_eq!((office.run().open, office.contacts(), office.journal(Event::InDoubt).len()), (0, 1, 1));
    let links: Vec<String> = office.memory().links.values().map(|link| link.remote.to_string()).collect();
    assert_eq!(links, [made], "by its address");
}

#[test]
fn what_a_person_wrote_right_after_us_is_not_taken_for_our_own_words_where_no_history_tells() {
    let (mut office, ids) = Office::drifting(1);
    office.silent_past = true;
    let (crm, clock, id) = (office.crm.clone(), office.clock.clone(), ids[0].clone());
    *office.script.after_write.lock().unwrap() = Some(Box::new(move || {
        crm.lock().unwrap().set(&id, "city", Some("Fraser"), trueup_sim::people::PERSON, clock.now());
    }));
    office.run();
    assert_eq!(office.city(&ids[0]), "Fraser");
    office.run();
    assert_eq!(office.city(&ids[0]), "Granby");
}

#[test]
fn a_person_who_types_the_value_of_a_write_under_way_does_not_tell_that_it_landed() {
    for silent_past in [false, true] {
        let (mut office, ids) = Office::drifting(1);
        office.silent_past = silent_past;
        faults(&office, Faults::only(FaultName::Late, 1000));
        let (crm, clock, id) = (office.crm.clone(), office.clock.clone(), ids[0].clone());
        *office.script.after_write.lock().unwrap() = Some(Box::new(move || {
            crm.lock().unwrap().set(&id, "city", Some("Granby"), trueup_sim::people::PERSON, clock.now());
        }));
        assert_eq!(office.run().open, 1, "what stands there may be theirs");
        faults(&office, Faults::default());
        office.edit(&ids[0], "city", "Fraser");
        land(&office);
        assert_eq!((office.city(&ids[0]).as_str(), office.run().open), ("Granby", 0));
        let kept = office.journal(Event::Overwrote);
        let told = kept.iter().any(|draft| draft.before.to_text().as_deref() == Some("Fraser"));
        assert_eq!(told, !silent_past, "where a history tells, nothing is lost");
    }
}

#[test]
fn a_write_whose_answer_was_lost_is_told_by_its_own_past_value() {
    for silent_past in [false, true] {
        let (mut office, ids) = Office::drifting(1);
        office.silent_past = silent_past;
        faults(&office, Faults::only(FaultName::LostAfter, 1000));
        let account = office.run();
        assert_eq!((office.city(&ids[0]).as_str(), account.open), ("Granby", usize::from(silent_past)));
        faults(&office, Faults::default());
        let account = office.run();
        assert_eq!((account.open, account.requests.write), (0, 0));
    }
}

/// A record of ours that the mirror was to get, and that was neither answered nor made.
fn swallowed() -> Hub {
    let mut hub = Hub::new(Survivor::Canonical);
    hub.make("truth", &[("name", "Ada")]);
    *hub.script("left").swallows.lock().unwrap() = true;
    assert_eq!(hub.run().open, 1);
    *hub.script("left").swallows.lock().unwrap() = false;
    hub
}

#[test]
fn a_create_is_found_by_what_it_carried_and_not_by_what_the_next_configuration_would_have_it_carry() {
    let mut office = unanswered(false);
    land(&office);
    office.unique = true;
    assert_eq!((office.run().open, office.contacts(), office.journal(Event::Adopted).len()), (0, 1, 1));
}

#[test]
fn a_create_that_nothing_tells_any_more_waits_for_a_person_and_for_no_other_run() {
    let mut hub = swallowed();
    let mut draft = draft(Survivor::Canonical, Action::Flag);
    draft.mirrors[0].ext_id_column = None;
    draft.mirrors[0].side.columns.retain(|column| column != "ext");
    hub.reconfigure(draft);
    for _ in 0..2 {
        let account = hub.run();
        assert_eq!((account.open, account.changes["create"]), (0, 0), "{account:#?}");
    }
    assert_eq!((hub.count(), hub.memory().parked.len()), ([1, 0, 1], 1));
}

#[test]
fn what_was_open_in_a_system_that_is_not_configured_any_more_is_told_and_over() {
    let mut hub = swallowed();
    let mut draft = draft(Survivor::Canonical, Action::Flag);
    draft.mirrors.remove(0);
    hub.reconfigure(draft);
    assert_eq!((hub.run().open, hub.memory().intents.len(), hub.memory().parked.len()), (0, 0, 1));
}

#[test]
fn a_change_that_was_open_in_a_system_that_is_not_configured_any_more_is_told_field_by_field() {
    let mut hub = Hub::new(Survivor::Canonical);
    let id = hub.make("truth", &[("name", "Ada"), ("city", "Granby")]);
    hub.settle();
    hub.set("truth", &id, "city", "Fraser");
    *hub.script("left").swallows.lock().unwrap() = true;
    assert_eq!(hub.run().open, 1);
    let mut draft = draft(Survivor::Canonical, Action::Flag);
    draft.mirrors.remove(0);
    hub.reconfigure(draft);
    assert_eq!((hub.run().open, hub.memory().intents.len()), (0, 0));
    assert!(hub.journaled(Event::InDoubt, "Granby"));
}
