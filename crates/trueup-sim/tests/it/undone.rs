//! A run that was taken back stays back until the source moves.

use std::sync::{Arc, Mutex};

use jiff::SignedDuration;
use trueup_core::{
    guard::Rule,
    journal::Event,
    link::LinkState,
    memory::{FieldKey, Note},
    merge::Survivor,
    name::RunId,
    plan::Plan,
    undo,
};
use trueup_engine::{Account, Engine, facts::Warrant};
use trueup_ports::{JournalAsk, StoreError};
use trueup_sim::{
    people::PERSON,
    scene::{self, Variant},
    table::{FaultName, Faults},
};

use crate::{
    gone::approve,
    hub::{Hub, known},
    office::{Deed, Office, run_to_end},
};

pub(crate) fn plan_undo(office: &mut Office, account: &Account) -> Plan {
    let ask = JournalAsk { run: Some(account.run.clone()), ..JournalAsk::default() };
    run_to_end(office.engine().plan_undo(ask)).unwrap().plan
}

/// Applies a plan whose archives a person has approved.
fn approved(office: &mut Office, plan: &Plan) -> Account {
    office.approve(plan, "archives");
    run_to_end(office.engine().apply(plan)).unwrap()
}

fn undo(office: &mut Office, account: &Account) -> Account {
    let plan = plan_undo(office, account);
    approved(office, &plan)
}

/// Three updates and a create; a person changed one of the updated fields since.
fn ran() -> (Office, Vec<String>, Account) {
    let (mut office, ids) = Office::drifting(3);
    office.lead("R9", "Granby");
    let account = office.run();
    assert_eq!((account.changes["update"], account.changes["create"]), (3, 1));
    office.edit(&ids[2], "city", "Loveland");
    (office, ids, account)
}

#[test]
fn an_undo_restores_what_is_still_ours_lists_the_rest_and_the_next_cycle_writes_nothing_of_it() {
    let (mut office, ids, account) = ran();
    let plan = plan_undo(&mut office, &account);
    assert_eq!((plan.changes.len(), plan.conflicts.len()), (3, 1));
    let undone = approved(&mut office, &plan);
    assert_eq!((undone.changes["update"], undone.changes["archive"], undone.conflicts), (2, 1, 1));
    let cities: Vec<String> = ids.iter().map(|id| office.city(id)).collect();
    assert_eq!(
        (cities, office.contacts()),
        (vec!["Elsewhere".into(), "Elsewhere".into(), "Loveland".into()], 3)
    );
    office.batches();
    office.move_lead("R3", "CITY", "Loveland");
    assert_eq!(office.run().requests.write, 0);
}

/// An undo whose archive ends like this.
fn undone_amid(fault: FaultName) -> Office {
    let mut office = Office::new();
    office.lead("R1", "Granby");
    let made = office.run();
    *office.faults.lock().unwrap() = Faults::only(fault, 1000);
    let undone = undo(&mut office, &made);
    assert_eq!((undone.changes["archive"], undone.open), (0, 1));
    office
}

#[test]
fn an_archive_without_an_answer_is_not_told_as_done_since_its_record_is_not_found_once() {
    let mut office = undone_amid(FaultName::LostBefore);
    *office.faults.lock().unwrap() = Faults::only(FaultName::Hidden, 1000);
    assert_eq!((office.run().open, office.contacts()), (1, 1));
    *office.faults.lock().unwrap() = Faults::default();
    assert_eq!((office.run().open, office.memory().intents.len()), (0, 0));
    let links: Vec<LinkState> = office.memory().links.values().map(|link| link.state).collect();
    assert_eq!((office.journal(Event::Archived).len(), links), (0, vec![LinkState::Active]));
}

#[test]
fn an_archive_without_an_answer_is_told_as_done_once_its_record_is_not_found_twice() {
    let mut office = undone_amid(FaultName::LostAfter);
    *office.faults.lock().unwrap() = Faults::default();
    assert_eq!((office.run().open, office.journal(Event::Archived).len()), (1, 0));
    assert_eq!((office.run().open, office.journal(Event::Archived).len()), (0, 1));
    let links: Vec<LinkState> = office.memory().links.values().map(|link| link.state).collect();
    assert_eq!((office.contacts(), links), (0, vec![LinkState::Tombstone]));
    assert_eq!(office.run().requests.write, 0, "what the undo took back is held");
}

#[test]
fn an_archive_that_was_refused_is_not_told_as_done_where_a_person_put_the_record_away() {
    let mut office = Office::new();
    office.lead("R1", "Granby");
    let made = office.run();
    let id = office.crm.lock().unwrap().rows.keys().next().unwrap().clone();
    office.script.refused.lock().unwrap().insert(id.clone(), None);
    let (crm, clock) = (office.crm.clone(), office.clock.clone());
    let deed = move || crm.lock().unwrap().archive(&id, true, PERSON, clock.now());
    *office.script.after_write.lock().unwrap() = Some(Box::new(deed));
    let undone = undo(&mut office, &made);
    assert_eq!((undone.changes["archive"], office.contacts()), (0, 0));
    assert_eq!((undone.open, office.journal(Event::Archived).len()), (0, 0));
}

#[test]
fn undoing_twice_changes_nothing_more() {
    let (mut office, _, account) = ran();
    undo(&mut office, &account);
    let again = plan_undo(&mut office, &account);
    assert!(again.is_empty());
    office.batches();
    run_to_end(office.engine().apply(&again)).unwrap();
    assert!(office.batches().is_empty());
}

#[test]
fn what_two_undos_put_back_one_after_the_other_stays_while_the_source_says_the_same() {
    let mut office = Office::drifting(1).0;
    let first = office.run();
    office.move_lead("R1", "CITY", "Loveland");
    let second = office.run();
    assert_eq!(second.changes["update"], 1);
    for run in [&second, &first] {
        assert_eq!(undo(&mut office, run).changes["update"], 1);
    }
    office.batches();
    assert_eq!(office.run().requests.write, 0);
    office.move_lead("R1", "CITY", "Estes Park");
    assert_eq!(office.run().changes["update"], 1);
}

#[test]
fn undoing_the_undo_brings_the_fields_again_and_lets_the_holds_go() {
    let (mut office, ids, account) = ran();
    let undone = undo(&mut office, &account);
    assert_eq!(office.memory().holds.len(), 3);
    undo(&mut office, &undone);
    assert_eq!((office.city(&ids[0]).as_str(), office.city(&ids[1]).as_str()), ("Granby", "Granby"));
    // What is archived is brought back in the system itself: only its hold stays.
    assert_eq!(office.memory().holds.len(), 1);
}

#[test]
fn what_an_undone_undo_brings_back_is_held_where_the_source_of_truth_says_something_else_by_then() {
    for survivor in [Survivor::Canonical, Survivor::Mirror(0)] {
        let (mut hub, [truth, left, _]) = known(survivor);
        let told = |hub: &mut Hub, city: &str| {
            hub.set("truth", &truth, "city", city);
            hub.run().run
        };
        let (first, second) = (told(&mut hub, "Paris"), told(&mut hub, "Rome"));
        undo_in(&mut hub, second);
        let undone = undo_in(&mut hub, first);
        undo_in(&mut hub, undone);
        let apart = [["Rome"], ["Paris"], ["Paris"]];
        assert_eq!((hub.settle().requests.write, hub.all("city")), (0, apart.map(owned)));
        assert_eq!(hub.memory().holds.len(), 2, "what differs on purpose is known");
        hub.set("left", &left, "city", "Oslo");
        hub.settle();
        assert_eq!(hub.all("city"), [["Oslo"], ["Oslo"], ["Oslo"]]);
    }
}

#[test]
fn a_changed_source_value_ends_the_hold() {
    let (mut office, ids, account) = ran();
    undo(&mut office, &account);
    office.move_lead("R1", "CITY", "Estes Park");
    office.move_lead("R9", "CITY", "Estes Park");
    let next = office.run();
    assert_eq!((next.changes["create"], office.city(&ids[0]).as_str()), (1, "Estes Park"));
    assert_eq!(office.city(&ids[1]), "Elsewhere");
}

#[test]
fn a_changed_source_value_that_was_never_written_ends_no_hold() {
    let (mut office, ids, account) = ran();
    undo(&mut office, &account);
    office.move_lead("R1", "CITY", "Estes Park");
    office.edit_meanwhile(&ids[0], "city", "Fraser");
    office.run();
    office.move_lead("R1", "CITY", "Granby");
    office.run();
    assert_eq!(office.city(&ids[0]), "Fraser");
}

/// What releases every hold there is, as a person may say it.
fn releases(office: &mut Office) -> (Engine, Vec<Note>) {
    let engine = office.engine();
    let notes = office.memory().holds.keys().flat_map(|key| undo::release(&engine.setup, key)).collect();
    (engine, notes)
}

fn release(office: &mut Office) -> Result<(), StoreError> {
    let (engine, notes) = releases(office);
    run_to_end(engine.commit_between_runs(notes))
}

#[test]
fn a_release_by_a_person_ends_the_hold() {
    let (mut office, ids, account) = ran();
    undo(&mut office, &account);
    release(&mut office).unwrap();
    let next = office.run();
    assert_eq!((next.changes["create"], office.contacts()), (1, 4));
    assert_eq!((office.city(&ids[0]).as_str(), office.memory().holds.len()), ("Granby", 0));
}

/// A contact whose city and phone were mended, and that was taken back.
fn two_held() -> (Office, String) {
    let (mut office, ids) = Office::drifting(1);
    office.edit(&ids[0], "phone", "+19705550199");
    let account = office.run();
    undo(&mut office, &account);
    assert_eq!((office.memory().holds.len(), office.run().requests.write), (2, 0));
    (office, ids[0].clone())
}

#[test]
fn releasing_all_holds_of_one_record_forgets_none_of_its_differences() {
    let (mut office, id) = two_held();
    release(&mut office).unwrap();
    office.run();
    assert_eq!((office.city(&id).as_str(), office.value(&id, "phone").as_str()), ("Granby", "+19705550100"));
}

#[test]
fn a_release_is_refused_while_a_run_is_at_work() {
    let (mut office, id) = two_held();
    let (engine, notes) = releases(&mut office);
    let told = Arc::new(Mutex::new(None));
    let own = Arc::clone(&told);
    let deed = move || *own.lock().unwrap() = Some(run_to_end(engine.commit_between_runs(notes)));
    *office.script.at_apply.lock().unwrap() = Some(Box::new(deed));
    office.run();
    assert!(matches!(*told.lock().unwrap(), Some(Err(StoreError::Held { .. }))), "{told:?}");
    assert_eq!(office.memory().holds.len(), 2);
    release(&mut office).unwrap();
    assert_eq!((office.run().changes["update"], office.city(&id).as_str()), (1, "Granby"));
}

#[test]
fn a_hold_ends_once_both_sides_agree_on_another_value() {
    let (mut office, ids) = Office::drifting(1);
    let account = office.run();
    undo(&mut office, &account);
    office.edit(&ids[0], "city", "Fraser");
    office.move_lead("R1", "CITY", "Fraser");
    assert_eq!((office.run().requests.write, office.memory().holds.len()), (0, 0));
    office.move_lead("R1", "CITY", "Granby");
    office.run();
    assert_eq!(office.city(&ids[0]), "Granby", "its source says so anew");
}

#[test]
fn an_undone_create_is_held_by_its_values_and_not_made_again() {
    let (mut office, _, account) = ran();
    undo(&mut office, &account);
    let whole = |key: &&FieldKey| key.field.as_str().is_empty();
    assert_eq!(office.memory().holds.keys().filter(whole).count(), 1);
    office.move_lead("R3", "CITY", "Loveland");
    for _ in 0..2 {
        assert_eq!(office.run().requests.write, 0);
    }
}

#[test]
fn a_conflict_whose_record_is_not_compared_stands_as_it_did() {
    let (mut office, ids, account) = ran();
    undo(&mut office, &account);
    assert_eq!(office.memory().open_conflicts().count(), 1);
    office.edit(&ids[2], "owner", "theirs");
    office.run();
    assert_eq!(office.memory().open_conflicts().count(), 1);
    // Back again, and both sides agree: now it is over.
    office.edit(&ids[2], "owner", "ours");
    office.move_lead("R3", "CITY", "Loveland");
    office.run();
    assert_eq!(office.memory().open_conflicts().count(), 0);
}

/// An engine that was given another configuration.
fn moved(office: &mut Office) -> Engine {
    let variant = Variant { unique: true, max_in_flight_ms: 2_000, lag_ms: 0 };
    let setup = scene::book_as(&[variant], scene::no_caps(), "another").unwrap();
    Engine { setup, ..office.engine() }
}

#[test]
fn an_undo_that_a_person_read_lets_no_other_plan_of_a_new_configuration_pass() {
    let (mut office, ..) = ran();
    office.move_lead("R1", "CITY", "Estes Park");
    let account = office.run();
    office.move_lead("R2", "CITY", "Fraser");
    let ask = JournalAsk { run: Some(account.run.clone()), ..JournalAsk::default() };
    let plan = run_to_end(moved(&mut office).plan_undo(ask)).unwrap().plan;
    let undone = run_to_end(moved(&mut office).apply(&plan)).unwrap();
    assert_eq!(undone.changes["update"], 2, "{undone:?}");
    let next = run_to_end(moved(&mut office).run(Warrant::default())).unwrap();
    let rules: Vec<Rule> = next.halts.iter().map(|halt| halt.rule).collect();
    assert_eq!((rules, next.changes["update"]), (vec![Rule::ConfigChanged], 0));
    assert_eq!(office.memory().config_hash.as_deref(), Some("sim"));
}

pub(crate) fn undo_in(hub: &mut Hub, run: RunId) -> RunId {
    let ask = JournalAsk { run: Some(run), ..JournalAsk::default() };
    let plan = run_to_end(hub.engine().plan_undo(ask)).unwrap().plan;
    approve(hub, &plan);
    run_to_end(hub.engine().apply(&plan)).unwrap().run
}

/// Two mirrors said different things, the later one won, and the other would not take its value; then the run that
/// decided so was taken back.
fn overruled() -> (Hub, String, RunId) {
    let (mut hub, [_, left, right]) = known(Survivor::Latest { skew_ms: 5_000 });
    hub.set("left", &left, "city", "Paris");
    hub.clock.advance(SignedDuration::from_mins(1));
    hub.set("right", &right, "city", "Rome");
    *hub.script("left").rejects.lock().unwrap() = true;
    let decided = hub.run().run;
    *hub.script("left").rejects.lock().unwrap() = false;
    assert_eq!((hub.all("city"), hub.memory().parked.len()), ([["Rome"], ["Paris"], ["Rome"]].map(owned), 1));
    let undone = undo_in(&mut hub, decided);
    (hub, left, undone)
}

fn owned(values: [&str; 1]) -> Vec<String> {
    values.map(str::to_owned).into()
}

#[test]
fn what_a_mirror_kept_that_refused_the_value_of_an_undone_run_is_not_told_on() {
    let (mut hub, left, _) = overruled();
    let apart = [["London"], ["Paris"], ["Rome"]];
    assert_eq!(hub.all("city"), apart);
    assert_eq!((hub.settle().requests.write, hub.all("city")), (0, apart.map(owned)));
    let memory = hub.memory();
    let held: Vec<&str> = memory.holds.keys().map(|key| key.link.system.as_str()).collect();
    assert_eq!((held, memory.parked.len()), (vec!["left", "truth"], 0));
    hub.set("left", &left, "city", "Oslo");
    hub.settle();
    assert_eq!(hub.all("city"), [["Oslo"], ["Oslo"], ["Oslo"]], "until somebody says something new");
}

#[test]
fn what_a_mirror_kept_of_a_set_that_refused_the_set_of_an_undone_run_is_not_told_on() {
    let (mut hub, [_, left, right]) = known(Survivor::Canonical);
    hub.set("left", &left, "tags", "a;b;c");
    hub.set("right", &right, "tags", "a;b;d");
    *hub.script("left").rejects.lock().unwrap() = true;
    let decided = hub.run().run;
    *hub.script("left").rejects.lock().unwrap() = false;
    assert_eq!(hub.all("tags"), [["a;b;c;d"], ["a;b;c"], ["a;b;c;d"]]);
    undo_in(&mut hub, decided);
    let apart = [["a;b"], ["a;b;c"], ["a;b;d"]];
    assert_eq!(hub.all("tags"), apart);
    assert_eq!((hub.settle().requests.write, hub.all("tags")), (0, apart.map(owned)));
    hub.set("left", &left, "tags", "a;b;c;e");
    hub.settle();
    assert_eq!(hub.all("tags"), [["a;b;e"], ["a;b;e"], ["a;b;e"]], "until somebody says something new");
}

#[test]
fn a_mirror_that_refused_a_value_is_told_it_again_once_the_undo_is_undone() {
    let (mut hub, _, undone) = overruled();
    undo_in(&mut hub, undone);
    hub.settle();
    assert_eq!(hub.all("city"), [["Rome"], ["Rome"], ["Rome"]]);
    assert!(hub.memory().holds.is_empty() && hub.memory().parked.is_empty());
}

/// A tag that the left mirror added was spread, and that was taken back; then it added another one, of which the source
/// of truth was told in one run, and the left mirror of what else had become of its tags in the next.
fn spread_twice() -> (Hub, String, [RunId; 2]) {
    let (mut hub, [_, left, _]) = known(Survivor::Canonical);
    hub.set("left", &left, "tags", "a;b;c");
    let spread = hub.run().run;
    undo_in(&mut hub, spread);
    assert_eq!(hub.all("tags"), [["a;b"], ["a;b;c"], ["a;b"]]);
    hub.set("left", &left, "tags", "a;b;c;d");
    *hub.script("left").refuses.lock().unwrap() = true;
    let first = hub.run().run;
    *hub.script("left").refuses.lock().unwrap() = false;
    let next = hub.run().run;
    assert_eq!(hub.all("tags"), [["a;b;d"], ["a;b;d"], ["a;b;d"]]);
    (hub, left, [first, next])
}

#[test]
fn what_goes_back_in_a_mirror_is_held_at_what_another_undo_left_in_the_source_of_truth() {
    for order in [[0, 1], [1, 0]] {
        let (mut hub, left, runs) = spread_twice();
        for at in order {
            undo_in(&mut hub, runs[at].clone());
        }
        let apart = [["a;b"], ["a;b;c;d"], ["a;b"]];
        assert_eq!(hub.all("tags"), apart);
        assert_eq!((hub.settle().requests.write, hub.all("tags")), (0, apart.map(owned)), "{order:?}");
        // Until somebody says something new.
        hub.set("left", &left, "tags", "a;b;c;d;e");
        hub.settle();
        assert!(hub.all("tags").iter().all(|tags| tags[0].ends_with('e')), "{:?}", hub.all("tags"));
    }
}

#[test]
fn an_undo_leaves_alone_what_no_run_has_looked_at_since_it_became_another_record() {
    let (mut hub, [truth, left, _]) = known(Survivor::Canonical);
    hub.set("truth", &truth, "phone", "+12025550177");
    let told = hub.run().run;
    hub.set("left", &left, "city", "Paris");
    let other = hub.make("left", &[("name", "Ada")]);
    let now = hub.now();
    hub.table("left").lock().unwrap().merge(&left, &other, PERSON, now);
    undo_in(&mut hub, told);
    hub.settle();
    assert_eq!(hub.all("city"), [["Paris"], ["Paris"], ["Paris"]]);
}

#[test]
fn a_hold_does_not_end_by_a_listing_that_lags_behind() {
    let (mut hub, [truth, ..]) = known(Survivor::Canonical);
    hub.set("truth", &truth, "city", "Paris");
    let told = hub.run().run;
    undo_in(&mut hub, told);
    assert_eq!(
        (hub.all("city"), hub.memory().holds.len()),
        ([["Paris"], ["London"], ["London"]].map(owned), 2)
    );
    let says = |city: &'static str| -> Option<(usize, Deed)> {
        let (table, id, now) = (hub.table("truth"), truth.clone(), hub.now());
        Some((1, Box::new(move || table.lock().unwrap().set(&id, "city", Some(city), PERSON, now))))
    };
    *hub.script("truth").before_page.lock().unwrap() = says("London");
    *hub.script("truth").before_answer.lock().unwrap() = says("Paris");
    hub.run();
    assert_eq!(
        (hub.all("city"), hub.memory().holds.len()),
        ([["Paris"], ["London"], ["London"]].map(owned), 2)
    );
}
