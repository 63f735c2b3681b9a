//! What was written to a record that was gone before anybody saw what became of it, and that is back later.

use trueup_core::{journal::Event, merge::Survivor};
use trueup_sim::table::{FaultName, Faults};

use crate::hub::{Hub, known};

/// The record of a system is put away right after the next write to it, and the write is given up.
fn gone_after_a_write(hub: &mut Hub, system: &str, id: &str) {
    let (table, away, now) = (hub.table(system), id.to_owned(), hub.now());
    let deed = move || table.lock().unwrap().rows.get_mut(&away).unwrap().archived = Some(now);
    *hub.script(system).after_write.lock().unwrap() = Some(Box::new(deed));
    assert_eq!(hub.run().open, 1);
    *hub.faults.lock().unwrap() = Faults::default();
    hub.run();
    assert_eq!((hub.run().open, hub.memory().intents.len()), (0, 0));
}

/// Left said Paris, which was written to the source of truth; then left said Rome.
fn told_twice(fault: Option<FaultName>) -> (Hub, String) {
    let (mut hub, [truth, left, _]) = known(Survivor::Canonical);
    hub.set("left", &left, "city", "Paris");
    *hub.faults.lock().unwrap() = fault.map_or_else(Faults::default, |fault| Faults::only(fault, 1000));
    gone_after_a_write(&mut hub, "truth", &truth);
    hub.set("left", &left, "city", "Rome");
    (hub, truth)
}

#[track_caller]
fn check(mut hub: Hub, city: &str) {
    hub.settle();
    assert_eq!(hub.all("city"), [[city], [city], [city]]);
    assert!(hub.memory().links.values().all(|link| link.unseen.is_empty()));
}

#[test]
fn what_we_wrote_is_no_word_of_the_source_of_truth_once_it_is_back() {
    let (hub, truth) = told_twice(None);
    assert_eq!(hub.value("truth", &truth, "city"), "Paris");
    hub.restore("truth", &truth);
    check(hub, "Rome");
}

#[test]
fn what_we_wrote_in_vain_is_told_anew_once_the_source_of_truth_is_back() {
    let (hub, truth) = told_twice(Some(FaultName::LostBefore));
    assert_eq!(hub.value("truth", &truth, "city"), "London");
    hub.restore("truth", &truth);
    check(hub, "Rome");
}

#[test]
fn what_a_person_made_of_it_is_the_source_of_truths_own_word() {
    let (hub, truth) = told_twice(None);
    hub.restore("truth", &truth);
    hub.set("truth", &truth, "city", "Oslo");
    assert!(!hub.journaled(Event::Landed, "Rome"));
    check(hub, "Oslo");
}

#[test]
fn what_was_written_in_vain_says_nothing_of_what_a_person_writes_later() {
    let (mut hub, truth) = told_twice(Some(FaultName::LostBefore));
    hub.restore("truth", &truth);
    hub.settle();
    hub.set("truth", &truth, "city", "Paris");
    check(hub, "Paris");
}

#[test]
fn what_a_mirror_was_told_is_no_word_of_its_own_once_it_is_back() {
    let (mut hub, [truth, left, _]) = known(Survivor::Mirror(0));
    hub.set("truth", &truth, "city", "Paris");
    gone_after_a_write(&mut hub, "left", &left);
    hub.set("truth", &truth, "city", "Rome");
    hub.run();
    assert_eq!(hub.value("left", &left, "city"), "Paris");
    hub.restore("left", &left);
    check(hub, "Rome");
}
