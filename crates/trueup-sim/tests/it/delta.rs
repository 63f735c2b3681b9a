//! Looks at what changed: cursors, events, and what becomes of what did not end well.

use jiff::SignedDuration;
use trueup_core::{
    memory::{FieldKey, Note, Outcome},
    merge::Survivor,
    setup::{Action, Caps},
};
use trueup_sim::{
    people::PERSON,
    table::{FaultName, Faults},
};

use crate::hub::{Hub, draft, known};

#[test]
fn a_look_at_what_changed_carries_an_edit_everywhere_and_reads_nothing_else() {
    let (mut hub, [_, left, _]) = known(Survivor::Canonical);
    for at in 0..30 {
        hub.make("truth", &[("name", &format!("Person {at}"))]);
    }
    hub.settle();
    let whole = hub.run().requests.read;
    hub.set("left", &left, "city", "Paris");
    let account = hub.delta();
    assert_eq!(hub.all("city").map(|cities| cities[0].clone()), ["Paris", "Paris", "Paris"], "{account:#?}");
    assert_eq!((account.command.as_str(), account.outcome), ("delta", Outcome::Done), "{account:#?}");
    // The guard reads, the read-backs and the two looks around them are all it asked for.
    assert!(account.requests.read < whole + 12, "{} of {whole}", account.requests.read);
    assert_eq!(hub.delta().requests.write, 0);
    assert_eq!(hub.run().requests.write, 0);
}

#[test]
fn records_that_are_new_on_any_side_are_made_on_the_others_by_a_look_at_what_changed() {
    let (mut hub, _) = known(Survivor::Canonical);
    hub.make("truth", &[("name", "Grace")]);
    hub.delta();
    assert_eq!(hub.all("name"), [["Ada", "Grace"], ["Ada", "Grace"], ["Ada", "Grace"]]);
    hub.make("right", &[("name", "Mary")]);
    hub.delta();
    hub.delta();
    assert_eq!(
        hub.all("name"),
        [["Ada", "Grace", "Mary"], ["Ada", "Grace", "Mary"], ["Ada", "Grace", "Mary"]]
    );
    assert_eq!(hub.run().requests.write, 0);
}

#[test]
fn the_echo_of_our_own_write_is_looked_at_and_changes_nothing() {
    let (mut hub, [_, left, right]) = known(Survivor::Canonical);
    hub.set("left", &left, "city", "Paris");
    hub.delta();
    hub.tell("e1", "right", Some(&right));
    assert_eq!(hub.delta().requests.write, 0);
    assert!(hub.memory().touches.is_empty());
}

#[test]
fn an_event_that_comes_twice_is_taken_once_and_one_for_a_record_nobody_knows_does_no_harm() {
    let (mut hub, [_, left, _]) = known(Survivor::Canonical);
    hub.tell("e1", "left", Some(&left));
    assert_eq!(hub.memory().touches.len(), 1);
    hub.delta();
    hub.tell("e1", "left", Some(&left));
    assert!(hub.memory().touches.is_empty(), "the same event says nothing new");
    hub.tell("e2", "left", Some("no such record"));
    let account = hub.delta();
    assert_eq!((account.requests.write, account.outcome), (0, Outcome::Done), "{account:#?}");
    assert!(hub.memory().touches.is_empty());
}

/// I-26: who was told and who looks need not have clocks that agree.
#[test]
fn what_one_host_was_told_or_left_undone_is_looked_at_by_another_whose_clock_is_a_day_off() {
    for (told_by, looked_by) in [(24, 0), (-24, 0), (0, 24), (0, -24)] {
        let (mut hub, [_, left, right]) = known(Survivor::Canonical);
        let hours = SignedDuration::from_hours;
        hub.skew = hours(told_by);
        hub.tell("e1", "right", Some(&right));
        *hub.faults.lock().unwrap() = Faults::only(FaultName::WriteBusy, 1000);
        hub.set("left", &left, "city", "Paris");
        hub.delta();
        *hub.faults.lock().unwrap() = Faults::default();
        hub.tell("e2", "right", Some(&right));
        hub.skew = hours(looked_by);
        hub.delta();
        hub.delta();
        let cities = hub.all("city").map(|cities| cities[0].clone());
        assert_eq!(cities, ["Paris", "Paris", "Paris"], "{told_by} {looked_by}");
        assert!(hub.memory().touches.is_empty(), "{told_by} {looked_by}: {:?}", hub.memory().touches);
    }
}

#[test]
fn a_host_whose_clock_is_ahead_forgets_no_event_that_may_come_again() {
    let (mut hub, [_, left, _]) = known(Survivor::Canonical);
    hub.tell("e1", "left", Some(&left));
    hub.skew = SignedDuration::from_hours(24 * 8);
    hub.run();
    hub.skew = SignedDuration::ZERO;
    hub.tell("e1", "left", Some(&left));
    assert!(hub.memory().touches.is_empty(), "the same event says nothing new");
}

#[test]
fn what_cannot_be_written_is_tried_three_times_then_seen_and_healed_by_a_whole_run() {
    let (mut hub, [_, left, _]) = known(Survivor::Canonical);
    *hub.faults.lock().unwrap() = Faults::only(FaultName::WriteBusy, 1000);
    hub.set("left", &left, "city", "Paris");
    let (mut tried, mut rounds) = (0, 0);
    while !hub.memory().touches.values().any(trueup_core::hint::Touch::is_parked) {
        tried += usize::from(hub.delta().requests.write > 0);
        rounds += 1;
        assert!(rounds < 60, "{tried}: {:#?}", hub.memory().touches);
    }
    assert_eq!(tried, 4, "once when it was seen, and three times since");
    let account = hub.delta();
    assert_eq!((account.requests.write, account.outcome), (0, Outcome::NeedsPerson), "{account:#?}");
    let is_told = |hub: &Hub| hub.memory().findings.keys().any(|key| key.class.as_str() == "queue");
    assert!(is_told(&hub), "{:#?}", hub.memory().findings);
    *hub.faults.lock().unwrap() = Faults::default();
    let mut timid = draft(Survivor::Canonical, Action::Flag);
    timid.caps = Caps { free: 0, updates_percent: 0.0, ..timid.caps };
    hub.reconfigure(timid);
    assert_eq!((hub.run().outcome, is_told(&hub)), (Outcome::Halted, true), "nobody believes that look");
    hub.reconfigure(draft(Survivor::Canonical, Action::Flag));
    hub.settle();
    assert_eq!(hub.all("city"), [["Paris"], ["Paris"], ["Paris"]]);
    assert!(hub.memory().touches.is_empty() && !is_told(&hub));
}

#[test]
fn a_system_that_was_told_to_have_changed_as_a_whole_is_looked_at_as_a_whole() {
    let mut hub = Hub::new(Survivor::Canonical);
    hub.make("truth", &[("name", "Ada")]);
    hub.settle();
    hub.make("left", &[("name", "Grace")]);
    hub.tell("e1", "left", None);
    hub.delta();
    hub.delta();
    assert_eq!(hub.all("name"), [["Ada", "Grace"], ["Ada", "Grace"], ["Ada", "Grace"]]);
    assert!(hub.memory().touches.is_empty());
}

#[test]
fn a_touch_that_becomes_due_while_others_are_looked_at_is_not_ended_unread() {
    let (mut hub, [_, left, _]) = known(Survivor::Canonical);
    let other = hub.make("truth", &[("name", "Grace")]);
    hub.settle();
    *hub.faults.lock().unwrap() = Faults::only(FaultName::WriteBusy, 1000);
    hub.set("left", &left, "city", "Paris");
    while hub.memory().touches.values().all(|touch| touch.attempts < 2) {
        hub.delta();
    }
    *hub.faults.lock().unwrap() = Faults::default();
    let due = hub.memory().touches.values().next().unwrap().due;
    // The next look begins five seconds too early for it, and takes nine.
    hub.clock.advance(due.duration_since(hub.now()) - SignedDuration::from_secs(66));
    hub.set("truth", &other, "city", "Oslo");
    let clock = hub.clock.clone();
    let slow = move || clock.advance(SignedDuration::from_secs(9));
    *hub.script("left").before_answer.lock().unwrap() = Some((1, Box::new(slow)));
    hub.delta();
    assert!(hub.now() > due && !hub.memory().touches.is_empty(), "nobody has looked at it");
    hub.delta();
    assert_eq!(hub.all("city"), [["Paris", "Oslo"], ["Paris", "Oslo"], ["Paris", "Oslo"]]);
    assert!(hub.memory().touches.is_empty());
}

#[test]
fn what_is_left_alone_for_a_write_that_may_still_land_is_looked_at_again() {
    let (mut hub, [_, left, _]) = known(Survivor::Canonical);
    *hub.script("truth").swallows.lock().unwrap() = true;
    hub.set("left", &left, "city", "Paris");
    assert_eq!(hub.delta().open, 1);
    *hub.script("truth").swallows.lock().unwrap() = false;
    // The look that follows leaves the record alone, and passes this edit by.
    hub.set("left", &left, "name", "Grace");
    assert_eq!(hub.delta().open, 1);
    for _ in 0..6 {
        hub.delta();
    }
    assert_eq!(hub.all("name"), [["Grace"], ["Grace"], ["Grace"]]);
    assert_eq!(hub.all("city"), [["Paris"], ["Paris"], ["Paris"]]);
    assert!(hub.memory().touches.is_empty());
}

#[test]
fn what_a_run_that_died_left_open_is_looked_at_by_the_one_that_settles_it() {
    let (mut hub, [truth, ..]) = known(Survivor::Canonical);
    *hub.script("left").swallows.lock().unwrap() = true;
    hub.set("truth", &truth, "city", "Paris");
    assert_eq!(hub.run().open, 1);
    *hub.script("left").swallows.lock().unwrap() = false;
    // As if it had died right after its write.
    let touches = hub.memory().touches;
    hub.keep(touches.into_iter().map(|(key, touch)| Note::Looked(key, touch.told)).collect());
    for _ in 0..4 {
        hub.delta();
    }
    assert_eq!(hub.all("city"), [["Paris"], ["Paris"], ["Paris"]]);
}

/// People write the same into the source of truth and into the right mirror: only the left one is to be told, and no
/// echo of ours leads anybody back to the record.
fn rename(hub: &Hub, [truth, _, right]: &[String; 3], column: &str, value: &str) {
    hub.set("truth", truth, column, value);
    hub.set("right", right, column, value);
}

#[test]
fn a_copy_of_which_no_answer_tells_is_looked_at_again() {
    for silent in ["truth", "left"] {
        let (mut hub, ids) = known(Survivor::Canonical);
        let [truth, left, _] = &ids;
        let script = hub.script(silent);
        script.silent.lock().unwrap().insert(if silent == "truth" { truth } else { left }.clone());
        rename(&hub, &ids, "city", "Rome");
        hub.delta();
        assert_eq!(hub.value("left", left, "city"), "London");
        script.silent.lock().unwrap().clear();
        hub.delta();
        assert_eq!(hub.all("city"), [["Rome"], ["Rome"], ["Rome"]], "{silent}");
        assert!(hub.memory().touches.is_empty());
    }
}

#[test]
fn a_copy_that_is_not_found_for_a_while_is_looked_at_again() {
    let (mut hub, ids) = known(Survivor::Canonical);
    hub.archive("left", &ids[1]);
    rename(&hub, &ids, "city", "Rome");
    hub.delta();
    hub.restore("left", &ids[1]);
    hub.delta();
    assert_eq!(hub.all("city"), [["Rome"], ["Rome"], ["Rome"]]);
    assert!(hub.memory().touches.is_empty());
}

#[test]
fn a_field_that_was_not_written_since_another_was_refused_goes_with_the_next_look() {
    let (mut hub, ids) = known(Survivor::Canonical);
    let script = hub.script("left");
    (*script.rejects.lock().unwrap(), *script.blames.lock().unwrap()) = (true, Some("name".into()));
    rename(&hub, &ids, "name", "Grace");
    rename(&hub, &ids, "city", "Rome");
    hub.delta();
    *script.rejects.lock().unwrap() = false;
    hub.delta();
    assert_eq!(hub.all("city"), [["Rome"], ["Rome"], ["Rome"]]);
    assert_eq!(hub.all("name"), [["Grace"], ["Ada"], ["Grace"]], "what was refused rests");
    assert!(hub.memory().touches.is_empty());
}

#[test]
fn what_became_a_part_of_another_entitys_record_as_it_was_made_is_not_linked_by_a_look_at_what_changed() {
    let (mut hub, [_, left, _]) = known(Survivor::Canonical);
    let king = hub.make("truth", &[("name", "Ada King"), ("city", "Rome")]);
    let (table, faults, now, ada) = (hub.table("left"), hub.faults.clone(), hub.now(), left.clone());
    let merges = move || {
        *faults.lock().unwrap() = Faults::only(FaultName::ReadBusy, 1000);
        let mut table = table.lock().unwrap();
        let made = table.rows.keys().find(|id| **id != ada).unwrap().clone();
        table.merge(&made, &ada, PERSON, now);
    };
    *hub.script("left").after_write.lock().unwrap() = Some(Box::new(merges));
    *hub.faults.lock().unwrap() = Faults::only(FaultName::LostAfter, 1000);
    hub.run();
    *hub.faults.lock().unwrap() = Faults::default();
    // Another run had followed the record that is known before this one hears of the one that is not.
    let mut link = hub.memory().links.into_values().find(|link| link.is_to(&left.as_str().into())).unwrap();
    let both = hub.table("left").lock().unwrap().now_called(&left).to_owned();
    link.aliases.push(std::mem::replace(&mut link.remote, both.as_str().into()));
    hub.keep(vec![Note::Link(Box::new(link))]);
    hub.settle();
    let parked: Vec<FieldKey> = hub.memory().parked.into_keys().collect();
    assert_eq!(parked.len(), 1, "its create was answered by a record that is another's");
    hub.keep(parked.into_iter().map(Note::Unpark).collect());
    hub.set("truth", &king, "city", "Oslo");
    let account = hub.delta();
    assert_eq!(account.outcome, Outcome::NeedsPerson, "{account:#?}");
    assert_eq!(hub.all("city"), [["Rome", "Oslo"].as_slice(), &["Rome"], &["Rome", "Oslo"]]);
}
