//! What people add to a record that we made before it was read back is theirs.

use jiff::{SignedDuration, Timestamp};
use trueup_core::{
    link::{How, Link},
    memory::Note,
    merge::Survivor,
    name::{ExtId, PipelineName, SystemName},
};
use trueup_engine::facts::Warrant;
use trueup_ports::Store;
use trueup_sim::{
    executor::drive,
    people::PERSON,
    table::{FaultName, Faults, Trouble, rows::ENGINE},
};

use crate::{
    hub::{Hub, known},
    office::Deed,
};

/// A copy whose create was answered and not seen again agrees with the others; `left` changes a column, and the run that
/// tells the source of truth dies before the copy is told.
#[track_caller]
fn unseen(column: &str, changed: &str) {
    let (mut hub, [truth, left, _]) = known(Survivor::Ask);
    let link = hub.memory().links.into_values().find(|link| link.system.as_str() == "right").unwrap();
    let link = Note::Link(Box::new(Link { how: How::Created, bases: Vec::new(), ..link }));
    drive(hub.store.commit(&PipelineName::new("hub"), None, vec![link]), || true).unwrap().unwrap();
    hub.set("left", &left, column, changed);
    hub.clock.advance(SignedDuration::from_mins(15));
    let engine = hub.engine();
    let lives = || hub.value("truth", &truth, column) != changed;
    assert!(drive(engine.run(Warrant { first: true, reviewed: false }), lives).is_none());
    hub.settle();
    assert_eq!(hub.all(column), [[changed], [changed], [changed]], "{column}");
    assert_eq!(hub.memory().open_conflicts().count(), 0);
}

#[test]
fn what_a_copy_was_made_with_is_not_its_own_word_when_the_others_have_moved_on() {
    unseen("tags", "a");
    unseen("city", "Paris");
}

/// A record that is made and not shown for an hour, while another copy says something new; then somebody changes something
/// else of it.
#[track_caller]
fn hidden(made_from: &str, hides: &str) {
    let mut hub = Hub::new(Survivor::Latest { skew_ms: 0 });
    let first = hub.make(made_from, &[("name", "Grace"), ("city", "London")]);
    let (table, until) = (hub.table(hides), hub.now() + SignedDuration::from_hours(1));
    let hide = move || table.lock().unwrap().rows.values_mut().for_each(|row| row.hidden = Some(until));
    *hub.script(hides).after_write.lock().unwrap() = Some(Box::new(hide));
    hub.run();
    hub.set(made_from, &first, "city", "Paris");
    hub.clock.advance(SignedDuration::from_hours(2));
    let copy = hub.table(hides).lock().unwrap().rows.keys().next().unwrap().clone();
    hub.set(hides, &copy, "name", "Ada");
    hub.settle();
    assert_eq!(hub.all("city"), [["Paris"], ["Paris"], ["Paris"]]);
    assert_eq!(hub.all("name"), [["Ada"], ["Ada"], ["Ada"]]);
}

#[test]
fn what_a_record_was_made_with_and_was_not_shown_yet_is_nobodys_word_in_it() {
    hidden("truth", "right");
    hidden("left", "truth");
}

/// A record that is made and not shown for an hour; meanwhile somebody changes its city.
#[track_caller]
fn changed_unseen(survivor: Survivor, made_from: &str, hides: &str, said: [&str; 2]) {
    let mut hub = Hub::new(survivor);
    hub.make(made_from, &[("name", "Grace"), ("city", said[0])]);
    let (table, until) = (hub.table(hides), hub.now() + SignedDuration::from_hours(1));
    let hide = move || table.lock().unwrap().rows.values_mut().for_each(|row| row.hidden = Some(until));
    *hub.script(hides).after_write.lock().unwrap() = Some(Box::new(hide));
    hub.run();
    let copy = hub.table(hides).lock().unwrap().rows.keys().next().unwrap().clone();
    hub.set(hides, &copy, "city", said[1]);
    hub.clock.advance(SignedDuration::from_hours(2));
    hub.settle();
    assert_eq!(
        hub.all("city"),
        [[said[1]], [said[1]], [said[1]]],
        "{survivor:?} {made_from} {hides} {said:?}"
    );
    assert_eq!(hub.memory().open_conflicts().count(), 0);
}

#[test]
fn what_somebody_says_in_a_new_record_before_we_saw_it_is_told_to_all() {
    for survivor in [Survivor::Canonical, Survivor::Ask, Survivor::Latest { skew_ms: 0 }] {
        for (made_from, hides) in [("truth", "right"), ("left", "truth")] {
            changed_unseen(survivor, made_from, hides, ["London", "Rome"]);
            changed_unseen(survivor, made_from, hides, ["", "Rome"]);
        }
    }
}

/// The answer to a create is lost, and somebody changes the city of what it made before anybody looks.
fn changed_unanswered(
    survivor: Survivor,
    (made_from, made_in): (&str, &'static str),
    said: Option<&'static str>,
) -> Hub {
    let mut hub = Hub::new(survivor);
    hub.make(made_from, &[("name", "Grace"), ("city", "London")]);
    let (table, now) = (hub.table(made_in), hub.now() + SignedDuration::from_mins(16));
    let change = move || {
        let mut table = table.lock().unwrap();
        let ids: Vec<String> = table.rows.keys().cloned().collect();
        for id in &ids {
            table.set(id, "city", said, PERSON, now);
        }
    };
    *hub.script(made_in).after_write.lock().unwrap() = Some(Box::new(change));
    *hub.faults.lock().unwrap() = Faults::only(FaultName::LostAfter, 1000);
    hub.run();
    *hub.faults.lock().unwrap() = Faults::default();
    hub.settle();
    assert_eq!((hub.memory().open_conflicts().count(), hub.memory().parked.len()), (0, 0));
    hub
}

#[test]
fn what_somebody_says_in_a_new_record_whose_answer_was_lost_is_told_to_all() {
    for survivor in [Survivor::Canonical, Survivor::Ask] {
        for made in [("truth", "right"), ("left", "truth")] {
            let hub = changed_unanswered(survivor, made, Some("Rome"));
            assert_eq!(hub.all("city"), [["Rome"], ["Rome"], ["Rome"]], "{survivor:?} {made:?}");
        }
    }
}

#[test]
fn what_somebody_clears_in_a_new_record_whose_answer_was_lost_was_not_refused_there() {
    for (made, system) in [(("truth", "right"), 2), (("left", "truth"), 0)] {
        let hub = changed_unanswered(Survivor::Canonical, made, None);
        // To blank the others as well may take a person's word.
        assert_eq!(hub.all("city")[system], [""], "{made:?}");
    }
}

#[test]
fn a_tag_that_was_added_before_a_new_record_was_accounted_for_stays() {
    let mut hub = Hub::new(Survivor::Canonical);
    let left = hub.make("left", &[("name", "Grace"), ("tags", "a")]);
    hub.run();
    // As it is where the source of truth answered and could not be read back.
    let links: Vec<Note> = hub
        .memory()
        .links
        .into_values()
        .map(|link| Note::Link(Box::new(Link { bases: Vec::new(), ..link })))
        .collect();
    drive(hub.store.commit(&PipelineName::new("hub"), None, links), || true).unwrap().unwrap();
    hub.set("left", &left, "tags", "a;b");
    hub.settle();
    assert_eq!(hub.all("tags"), [["a;b"], ["a;b"], ["a;b"]]);
}

#[test]
fn a_tag_that_was_added_to_a_copy_of_which_nobody_saw_the_answer_stays() {
    let mut hub = Hub::new(Survivor::Canonical);
    let truth = hub.make("truth", &[("name", "Grace"), ("tags", "a")]);
    let ext_id = ExtId::derive("left account", "person", &truth.as_str().into()).to_string();
    hub.make("left", &[("name", "Grace"), ("tags", "a;b"), ("ext", &ext_id)]);
    hub.settle();
    assert_eq!(hub.all("tags"), [["a;b"], ["a;b"], ["a;b"]]);
}

#[test]
fn what_a_listing_of_a_mirror_says_is_read_by_id_before_the_source_of_truth_is_told() {
    let (mut hub, [_, left, _]) = known(Survivor::Canonical);
    let says = |city: &'static str| -> Option<(usize, Deed)> {
        let (table, id, now) = (hub.table("left"), left.clone(), hub.now());
        Some((1, Box::new(move || table.lock().unwrap().set(&id, "city", Some(city), PERSON, now))))
    };
    *hub.script("left").before_page.lock().unwrap() = says("Madrid");
    *hub.script("left").before_answer.lock().unwrap() = says("London");
    let account = hub.run();
    assert_eq!(hub.all("city"), [["London"], ["London"], ["London"]], "{account:#?}");
    assert_eq!(account.requests.write, 0);
}

#[test]
fn what_both_sides_seem_to_have_gone_back_to_is_read_by_id_before_it_is_accounted_for() {
    let (mut hub, [truth, left, right]) = known(Survivor::Canonical);
    hub.set("left", &left, "city", "Madrid");
    hub.settle();
    assert_eq!(hub.all("city"), [["Madrid"], ["Madrid"], ["Madrid"]]);
    hub.set("left", &left, "city", "London");
    hub.set("right", &right, "city", "London");
    // The listing of the source of truth still shows what stood there before we wrote.
    let says = |city: &'static str| -> Option<(usize, Deed)> {
        let (table, id, now) = (hub.table("truth"), truth.clone(), hub.now());
        Some((1, Box::new(move || table.lock().unwrap().set(&id, "city", Some(city), ENGINE, now))))
    };
    *hub.script("truth").before_page.lock().unwrap() = says("London");
    *hub.script("truth").before_answer.lock().unwrap() = says("Madrid");
    hub.run();
    hub.settle();
    assert_eq!(hub.all("city"), [["London"], ["London"], ["London"]]);
}

#[test]
fn what_somebody_told_of_is_read_by_id_by_a_look_at_everything_as_well() {
    let (mut hub, [_, left, _]) = known(Survivor::Canonical);
    hub.tell("e1", "left", Some(&left));
    let (table, id, now) = (hub.table("left"), left, hub.now());
    let edit = move || table.lock().unwrap().set(&id, "city", Some("Paris"), PERSON, now);
    *hub.script("left").before_answer.lock().unwrap() = Some((1, Box::new(edit)));
    hub.run();
    assert_eq!(hub.all("city"), [["Paris"], ["Paris"], ["Paris"]]);
    assert!(hub.memory().touches.is_empty());
}

#[test]
fn a_listing_that_left_something_out_moves_no_cursor() {
    let (mut hub, _) = known(Survivor::Canonical);
    let cursors = |hub: &Hub| hub.memory().cursors;
    let before = cursors(&hub);
    hub.clock.advance(SignedDuration::from_mins(15));
    hub.table("left").lock().unwrap().trouble = Some((Trouble::CutShort, Timestamp::MAX));
    hub.run();
    let after = cursors(&hub);
    let left = SystemName::new("left");
    assert_eq!(before.get(&left), after.get(&left));
    assert_ne!(before, after, "the others were seen whole");
    hub.table("left").lock().unwrap().trouble = None;
    hub.run();
    assert_ne!(cursors(&hub).get(&left), after.get(&left));
}
