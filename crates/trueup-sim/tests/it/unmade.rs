//! A record whose create was taken back, and what people do with it after.

use trueup_core::{memory::Outcome, merge::Survivor};
use trueup_sim::people::PERSON;

use crate::{
    hub::{Hub, beside},
    office::Deed,
    undone::undo_in,
};

/// A person was made in both mirrors, and that was taken back; with the record of the left one.
fn unmade() -> (Hub, [String; 2]) {
    let mut hub = Hub::new(Survivor::Canonical);
    let truth = hub.make("truth", &[("name", "Ada"), ("city", "London")]);
    let made = hub.run().run;
    let left = hub.table("left").lock().unwrap().rows.keys().next().unwrap().clone();
    undo_in(&mut hub, made);
    assert_eq!((hub.count(), hub.memory().holds.len()), ([1, 0, 0], 2));
    (hub, [truth, left])
}

#[test]
fn what_people_put_away_after_they_had_brought_it_back_from_an_undo_is_not_made_anew() {
    let (mut hub, [truth, left]) = unmade();
    for away in [false, true] {
        hub.table("left").lock().unwrap().archive(&left, away, PERSON, hub.now());
        hub.settle();
    }
    hub.set("truth", &truth, "city", "Paris");
    let account = hub.settle();
    assert_eq!((hub.count(), account.outcome), ([1, 0, 1], Outcome::NeedsPerson), "{account:#?}");
}

/// The same where its original was away while they had brought it back.
#[test]
fn what_people_put_away_after_they_had_brought_it_back_while_its_original_was_gone_is_not_made_anew() {
    let (mut hub, [truth, left]) = unmade();
    beside(&mut hub);
    hub.archive("truth", &truth);
    hub.settle();
    for away in [false, true] {
        hub.table("left").lock().unwrap().archive(&left, away, PERSON, hub.now());
        hub.settle();
    }
    hub.restore("truth", &truth);
    hub.set("truth", &truth, "city", "Paris");
    let account = hub.settle();
    assert_eq!((hub.count(), account.outcome), ([4, 3, 4], Outcome::NeedsPerson), "{account:#?}");
}

#[test]
fn what_people_put_away_before_it_was_read_after_an_undo_is_not_made_a_third_time() {
    let (mut hub, [truth, first]) = unmade();
    hub.set("truth", &truth, "city", "Paris");
    hub.run();
    assert_eq!(hub.count(), [1, 1, 1], "its source says something new");
    let second = hub.table("left").lock().unwrap().rows.keys().find(|id| **id != first).unwrap().clone();
    hub.archive("left", &second);
    hub.settle();
    hub.set("truth", &truth, "city", "Oslo");
    let account = hub.settle();
    assert_eq!((hub.count(), account.outcome), ([1, 0, 1], Outcome::NeedsPerson), "{account:#?}");
}

#[test]
fn a_listing_that_lags_behind_an_undo_ends_no_hold() {
    let (mut hub, [truth, left]) = unmade();
    let shows = |away: bool| -> Option<(usize, Deed)> {
        let (table, left, now) = (hub.table("left"), left.clone(), hub.now());
        Some((1, Box::new(move || table.lock().unwrap().archive(&left, away, PERSON, now))))
    };
    *hub.script("left").before_page.lock().unwrap() = shows(false);
    *hub.script("left").before_answer.lock().unwrap() = shows(true);
    hub.run();
    assert_eq!((hub.count(), hub.memory().holds.len()), ([1, 0, 0], 2));
    hub.set("truth", &truth, "city", "Paris");
    hub.settle();
    assert_eq!(hub.count(), [1, 1, 1], "until its source says something new");
}

#[test]
fn what_people_brought_back_from_an_undo_behind_a_listing_is_found_before_it_is_made_anew() {
    let (mut hub, [truth, left]) = unmade();
    let (table, id, now) = (hub.table("left"), left.clone(), hub.now());
    let back = move || table.lock().unwrap().archive(&id, false, PERSON, now);
    *hub.script("left").before_answer.lock().unwrap() = Some((1, Box::new(back)));
    hub.set("truth", &truth, "city", "Paris");
    assert_eq!(hub.run().changes["create"], 1, "only where nobody brought it back");
    hub.settle();
    assert_eq!((hub.count(), hub.value("left", &left, "city")), ([1, 1, 1], "Paris".into()));
}
