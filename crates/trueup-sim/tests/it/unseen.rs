//! What was written to a record that was gone before anybody saw what became of it, and that is back later.

use jiff::SignedDuration;
use trueup_core::{journal::Event, merge::Survivor};
use trueup_sim::table::{FaultName, Faults};

use crate::hub::{Hub, beside, known};

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
    assert!(hub.memory().links.values().all(|link| link.given_up.is_none()));
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

/// What a person says in the copy of `system` while our write to it is on its way, and is overwritten by that; the copy
/// is put away before anybody looks.
#[track_caller]
fn overwritten(system: &'static str, tells: &str) {
    let (mut hub, [truth, left, _]) = known(Survivor::Canonical);
    let own = replaced(&mut hub, [&truth, &left], (system, tells));
    hub.restore(system, &own);
    hub.settle();
    assert!(hub.journaled(Event::Overwrote, "Oslo"), "{system}");
    assert_eq!(hub.all("city"), [["Paris"], ["Paris"], ["Paris"]]);
    assert!(hub.memory().links.values().all(|link| link.given_up.is_none()));
}

/// What comes before it is back; with its record.
fn replaced(hub: &mut Hub, [truth, left]: [&String; 2], (system, tells): (&'static str, &str)) -> String {
    let own = if system == "truth" { truth } else { left }.clone();
    hub.set(tells, if tells == "truth" { truth } else { left }, "city", "Paris");
    *hub.faults.lock().unwrap() = Faults::only(FaultName::Late, 1000);
    assert!(hub.run().open > 0);
    *hub.faults.lock().unwrap() = Faults::default();
    hub.set(system, &own, "city", "Oslo");
    hub.clock.advance(SignedDuration::from_mins(1));
    hub.table(system).lock().unwrap().land(hub.now());
    assert_eq!(hub.value(system, &own, "city"), "Paris");
    hub.archive(system, &own);
    while hub.run().open > 0 {}
    assert!(!hub.journaled(Event::Overwrote, "Oslo"), "nobody can see it yet");
    own
}

#[test]
fn what_a_write_replaced_is_told_once_its_record_is_back() {
    overwritten("left", "truth");
    overwritten("truth", "left");
}

/// Nobody may see the copy beside its original any more: that one is gone by then, or it became another one.
#[test]
fn what_a_write_replaced_is_told_also_where_the_original_is_gone_by_then() {
    let (mut hub, [truth, left, _]) = known(Survivor::Canonical);
    beside(&mut hub);
    replaced(&mut hub, [&truth, &left], ("left", "truth"));
    hub.archive("truth", &truth);
    hub.settle();
    hub.restore("left", &left);
    hub.settle();
    assert!(hub.journaled(Event::Overwrote, "Oslo"));
    assert!(hub.memory().links.values().all(|link| link.given_up.is_none()));
    assert_eq!(hub.value("left", &left, "city"), "Paris", "what people brought back is not put away again");
}

/// I-26: it was past its deadline when it was given up, whatever the clock says since.
#[test]
fn what_was_given_up_is_judged_at_once_also_where_the_clock_was_put_back() {
    let (mut hub, truth) = told_twice(Some(FaultName::LostBefore));
    let is_open = |hub: &Hub| hub.memory().links.values().any(|link| link.given_up.is_some());
    let sent = hub.memory().links.values().find_map(|link| link.given_up.clone()?.intent.sent).unwrap();
    hub.clock.advance(sent.duration_since(hub.now()) + SignedDuration::from_secs(1));
    hub.restore("truth", &truth);
    hub.run_after(0);
    assert!(is_open(&hub), "its record is found back, and is looked at in the next run");
    hub.run_after(0);
    assert!(!is_open(&hub));
}
