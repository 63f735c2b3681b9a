//! What people made of known records is made nowhere beside the copies that those had, however much of the merge is
//! seen; and what was made after a record is that record's.

use jiff::Timestamp;
use trueup_core::{memory::Outcome, merge::Survivor};
use trueup_sim::{
    people::PERSON,
    table::{Table, rows::ENGINE},
};

use crate::hub::Hub;

/// More people than one page holds, made in one system and known to all three.
fn crowd(system: &str) -> Hub {
    let mut hub = Hub::new(Survivor::Canonical);
    for at in 1..=8 {
        hub.make(system, &[("name", &format!("Person {at}"))]);
    }
    hub.settle();
    assert_eq!(hub.count(), [8, 8, 8]);
    hub
}

/// Two of the first page become one of the last, after the first was read.
fn merge_amid_listing(hub: &Hub, system: &'static str) {
    let (table, now) = (hub.table(system), hub.now());
    let deed = move || table.lock().unwrap().merge("000001", "000002", PERSON, now);
    *hub.script(system).before_page.lock().unwrap() = Some((2, Box::new(deed)));
}

#[test]
fn what_a_listing_shows_beside_what_it_was_is_not_made_in_a_mirror() {
    let mut hub = crowd("truth");
    merge_amid_listing(&hub, "truth");
    let account = hub.run();
    assert_eq!(hub.count(), [7, 8, 8], "{account:#?}");
    assert_eq!(account.outcome, Outcome::NeedsPerson, "{account:#?}");
    hub.settle();
    assert_eq!(hub.count(), [7, 8, 8]);
}

#[test]
fn what_the_listing_of_a_mirror_shows_beside_what_it_was_is_not_made_in_the_source_of_truth() {
    let mut hub = crowd("left");
    merge_amid_listing(&hub, "left");
    let account = hub.run();
    assert_eq!(hub.count(), [8, 7, 8], "{account:#?}");
    hub.settle();
    assert_eq!(hub.count(), [8, 7, 8]);
}

/// People whom nobody knows yet: more than one listing's page and than one answer hold.
fn strangers(system: &str) -> Hub {
    let hub = Hub::new(Survivor::Canonical);
    for at in 1..=12 {
        hub.make(system, &[("name", &format!("Person {at}"))]);
    }
    hub
}

#[test]
fn what_a_listing_shows_beside_the_new_records_that_it_was_is_made_once() {
    for system in ["truth", "left"] {
        let mut hub = strangers(system);
        merge_amid_listing(&hub, system);
        hub.settle();
        assert_eq!(hub.count(), [11, 11, 11], "{system}");
    }
}

#[test]
fn what_new_records_became_while_they_were_read_by_id_is_made_once() {
    for system in ["truth", "left"] {
        let mut hub = strangers(system);
        // The first was told by one answer when the other is asked for by the next.
        merge_before_answer(&hub, system, 2, ["000001", "000012"]);
        hub.settle();
        assert_eq!(hub.count(), [11, 11, 11], "{system}");
    }
}

/// Two become one, right before an answer by id.
fn merge_before_answer(hub: &Hub, system: &'static str, answer: usize, two: [&'static str; 2]) {
    let (table, now) = (hub.table(system), hub.now());
    let deed = move || table.lock().unwrap().merge(two[0], two[1], PERSON, now);
    *hub.script(system).before_answer.lock().unwrap() = Some((answer, Box::new(deed)));
}

#[test]
fn what_a_new_record_became_while_those_it_was_made_of_were_asked_for_is_not_made_beside_their_copies() {
    for (system, counts) in [("truth", [6, 8, 8]), ("left", [8, 6, 8])] {
        let mut hub = crowd(system);
        // The listing shows two people and what they became; that becomes another when they are asked for.
        merge_amid_listing(&hub, system);
        merge_before_answer(&hub, system, 2, ["000009", "000003"]);
        let account = hub.run();
        assert!(hub.script(system).before_answer.lock().unwrap().is_none());
        assert_eq!(hub.count(), counts, "{system}: {account:#?}");
        hub.settle();
        assert_eq!(hub.count(), counts, "{system}");
    }
}

#[test]
fn what_known_records_became_that_became_another_while_somebody_else_was_news_is_not_made_beside_their_copies()
 {
    for (system, counts) in [("truth", [7, 9, 9]), ("left", [9, 7, 9])] {
        let mut hub = crowd(system);
        let (table, now) = (hub.table(system), hub.now());
        table.lock().unwrap().merge("000001", "000002", PERSON, now);
        hub.make(system, &[("name", "Somebody else")]);
        merge_before_answer(&hub, system, 2, ["000009", "000003"]);
        let account = hub.settle();
        assert!(hub.script(system).before_answer.lock().unwrap().is_none());
        assert_eq!(hub.count(), counts, "{system}: {account:#?}");
    }
}

#[test]
fn what_new_records_became_while_a_look_at_what_changed_read_them_is_made_once() {
    for system in ["truth", "left"] {
        let mut hub = crowd(system);
        for at in 9..=20 {
            hub.make(system, &[("name", &format!("Person {at}"))]);
        }
        merge_before_answer(&hub, system, 2, ["000009", "000020"]);
        hub.delta();
        assert!(hub.script(system).before_answer.lock().unwrap().is_none());
        hub.settle();
        assert_eq!(hub.count(), [19, 19, 19], "{system}");
    }
}

#[test]
fn what_known_records_became_is_not_made_beside_their_copies_where_it_was_not_found_when_they_were_asked_for()
{
    for (system, counts) in [("truth", [6, 12, 12]), ("left", [12, 6, 12])] {
        let mut hub = strangers(system);
        hub.settle();
        let hide = |table: &mut Table, until| table.rows.values_mut().for_each(|row| row.hidden = until);
        let (table, now) = (hub.table(system), hub.now());
        for at in (1..=12).step_by(2) {
            let pair = [at, at + 1].map(|id| format!("{id:06}"));
            table.lock().unwrap().merge(&pair[0], &pair[1], PERSON, now);
        }
        hide(&mut table.lock().unwrap(), Some(Timestamp::MAX));
        // The first answer has what most of them were, and the next one what they are.
        *hub.script(system).before_answer.lock().unwrap() =
            Some((2, Box::new(move || hide(&mut table.lock().unwrap(), None))));
        let account = hub.run();
        assert_eq!(hub.count(), counts, "{system}: {account:#?}");
        hub.settle();
        assert_eq!(hub.count(), counts, "{system}");
    }
}

/// Ada and Ada King are made in a system; the creates in others land late, after people made one of both.
#[track_caller]
fn check_late(system: &str, others: &[&'static str], counts: [usize; 3]) {
    let mut hub = Hub::new(Survivor::Canonical);
    let (ada, king) = (hub.make(system, &[("name", "Ada")]), hub.make(system, &[("name", "Ada King")]));
    for other in others {
        *hub.script(other).astray.lock().unwrap() = Some(Vec::new());
    }
    hub.run();
    let now = hub.now();
    hub.table(system).lock().unwrap().merge(&ada, &king, PERSON, now);
    let late: Vec<_> = others
        .iter()
        .map(|other| (other, hub.script(other).astray.lock().unwrap().take().unwrap()))
        .collect();
    let account = hub.run_after(1);
    for (other, sent) in late {
        assert_eq!(sent.len(), 2);
        for values in sent {
            hub.table(other).lock().unwrap().make(values, ENGINE, hub.now());
        }
    }
    hub.settle();
    assert_eq!(hub.count(), counts, "{system}: {account:#?}");
}

#[test]
fn what_became_of_records_whose_creates_may_still_land_is_not_made_beside_them() {
    check_late("truth", &["left", "right"], [1, 2, 2]);
    check_late("left", &["truth"], [2, 1, 2]);
}

#[test]
fn what_we_made_and_never_heard_of_is_told_when_people_bring_it_back_after_its_entity_is_gone() {
    let mut hub = Hub::new(Survivor::Canonical);
    let ada = hub.make("truth", &[("name", "Ada")]);
    *hub.script("left").astray.lock().unwrap() = Some(Vec::new());
    hub.run();
    let sent = hub.script("left").astray.lock().unwrap().take().unwrap().remove(0);
    let lost = hub.table("left").lock().unwrap().make(sent, ENGINE, hub.now());
    let archive = |hub: &Hub, id: &str, away| {
        hub.table("left").lock().unwrap().archive(id, away, PERSON, hub.now());
    };
    archive(&hub, &lost, true);
    hub.settle();
    hub.archive("truth", &ada);
    archive(&hub, &lost, false);
    hub.settle();
    assert_eq!(hub.count(), [0, 2, 1]);
    let memory = hub.memory();
    let mut told = memory.findings.values().filter(|opened| opened.item.remotes == [lost.as_str().into()]);
    assert!(told.any(|opened| opened.item.what.ends_with(&format!(": {ada}"))), "{:#?}", memory.findings);
}

#[test]
fn as_long_as_no_answer_mentions_a_known_record_nothing_is_made_that_it_may_have_become() {
    for (system, counts) in [("truth", [7, 8, 8]), ("left", [8, 7, 8])] {
        for times in [None, Some(1), Some(2)] {
            let mut hub = crowd(system);
            let now = hub.now();
            hub.table(system).lock().unwrap().merge("000001", "000002", PERSON, now);
            *hub.script(system).silent.lock().unwrap() = ["000001".into(), "000002".into()].into();
            *hub.script(system).times.lock().unwrap() = times;
            for _ in 0..3 {
                let account = hub.run();
                assert_eq!(hub.count(), counts, "{system}, {times:?}: {account:#?}");
            }
            hub.script(system).silent.lock().unwrap().clear();
            hub.settle();
            assert_eq!(hub.count(), counts, "{system}, {times:?}");
        }
    }
}

#[test]
fn what_two_records_became_is_made_where_neither_had_a_copy_and_nowhere_else_by_a_look_at_what_changed() {
    let mut hub = Hub::new(Survivor::Canonical);
    *hub.script("right").refuses.lock().unwrap() = true;
    let (ada, king) = (hub.make("truth", &[("name", "Ada")]), hub.make("truth", &[("name", "Ada King")]));
    hub.run();
    hub.run();
    assert_eq!(hub.count(), [2, 2, 0]);
    let now = hub.now();
    hub.table("truth").lock().unwrap().merge(&ada, &king, PERSON, now);
    *hub.script("right").refuses.lock().unwrap() = false;
    hub.settle();
    assert_eq!(hub.count(), [1, 2, 1]);
    hub.set("truth", "000003", "city", "London");
    hub.delta();
    hub.settle();
    assert_eq!(hub.count(), [1, 2, 1]);
    assert_eq!(hub.all("city")[2], ["London"]);
}

#[test]
fn who_is_brought_back_after_their_copy_became_anothers_is_told_and_stands_beside_them_where_neither_had_a_copy()
 {
    let mut hub = Hub::new(Survivor::Canonical);
    *hub.script("right").refuses.lock().unwrap() = true;
    let (ada, king) = (hub.make("truth", &[("name", "Ada")]), hub.make("truth", &[("name", "Ada King")]));
    hub.run();
    hub.run();
    let (table, now) = (hub.table("truth"), hub.now());
    table.lock().unwrap().archive(&king, true, PERSON, now);
    hub.run();
    hub.run();
    hub.table("left").lock().unwrap().merge("000002", "000001", PERSON, now);
    *hub.script("right").refuses.lock().unwrap() = false;
    hub.settle();
    assert_eq!(hub.all("name"), [["Ada King"], ["Ada King"], ["Ada King"]], "whose it became is called so");
    let now = hub.now();
    table.lock().unwrap().archive(&king, false, PERSON, now);
    let account = hub.settle();
    assert_eq!(account.outcome, Outcome::NeedsPerson, "{account:#?}");
    assert_eq!(hub.count(), [2, 1, 2], "{account:#?}");
    // What an undo puts back stands beside what the source of truth says by now.
    hub.set("truth", &king, "name", "Grace");
    let account = hub.run();
    hub.undo(&account);
    hub.settle();
    assert_eq!([ada, king].map(|id| hub.value("truth", &id, "name")), ["Ada King", "Grace"]);
    assert_eq!(hub.all("name")[2], ["Ada King", "Ada King"]);
}

#[test]
fn what_was_made_after_a_record_is_that_records_also_when_the_state_was_lost() {
    let mut hub = Hub::new(Survivor::Canonical);
    hub.make("left", &[("name", "Grace"), ("city", "Arlington")]);
    hub.settle();
    hub.forget();
    hub.settle();
    assert_eq!(hub.all("name"), [["Grace"], ["Grace"], ["Grace"]]);
    hub.set("left", "000001", "city", "New York");
    hub.settle();
    assert_eq!(hub.all("city"), [["New York"], ["New York"], ["New York"]]);
}

#[test]
fn what_lands_after_it_was_looked_for_is_made_nowhere_beside_the_record_it_was_made_after() {
    let mut hub = Hub::new(Survivor::Canonical);
    hub.make("left", &[("name", "Grace")]);
    *hub.script("truth").astray.lock().unwrap() = Some(Vec::new());
    hub.run();
    let [values] = hub.script("truth").astray.lock().unwrap().take().unwrap().try_into().unwrap();
    // Right after the next run has looked for it, and before that run lists anything.
    let (table, now) = (hub.table("truth"), hub.now());
    let lands = move || drop(table.lock().unwrap().make(values, ENGINE, now));
    *hub.script("truth").before_page.lock().unwrap() = Some((1, Box::new(lands)));
    let account = hub.run_after(1);
    assert_eq!(hub.count(), [1, 1, 1], "{account:#?}");
    hub.settle();
    assert_eq!(hub.all("name"), [["Grace"], ["Grace"], ["Grace"]]);
}

#[test]
fn what_a_person_made_of_a_record_wins_over_what_was_made_after_it_before_and_landed_late() {
    let mut hub = Hub::new(Survivor::Canonical);
    let left = hub.make("left", &[("name", "Grace"), ("city", "Arlington")]);
    *hub.script("truth").astray.lock().unwrap() = Some(Vec::new());
    hub.run();
    let [values] = hub.script("truth").astray.lock().unwrap().take().unwrap().try_into().unwrap();
    hub.set("left", &left, "city", "New York");
    let (table, now) = (hub.table("truth"), hub.now());
    let lands = move || drop(table.lock().unwrap().make(values, ENGINE, now));
    *hub.script("truth").before_page.lock().unwrap() = Some((1, Box::new(lands)));
    hub.run_after(1);
    hub.settle();
    assert_eq!(hub.all("city"), [["New York"], ["New York"], ["New York"]]);
}

#[test]
fn a_lost_create_after_a_mirrors_record_is_sent_again_once_it_cannot_land_any_more() {
    let mut hub = Hub::new(Survivor::Canonical);
    hub.make("left", &[("name", "Grace")]);
    *hub.script("truth").astray.lock().unwrap() = Some(Vec::new());
    hub.run();
    assert_eq!(hub.script("truth").astray.lock().unwrap().take().map(|sent| sent.len()), Some(1));
    hub.run_after(1);
    assert_eq!(hub.count(), [0, 1, 0], "it may still land");
    hub.settle();
    assert_eq!(hub.count(), [1, 1, 1]);
}

#[test]
fn what_was_made_twice_after_a_record_is_told_and_made_nowhere_else() {
    let mut hub = Hub::new(Survivor::Canonical);
    hub.make("left", &[("name", "Grace")]);
    hub.settle();
    let ext = hub.value("truth", "000001", "ext");
    // A person puts the first one away before its answer is looked for, and brings it back after the second was made.
    hub.make("truth", &[("name", "Grace Hopper"), ("ext", &ext)]);
    let account = hub.settle();
    assert_eq!(hub.count(), [2, 1, 1], "{account:#?}");
    assert_eq!(account.outcome, Outcome::NeedsPerson, "{account:#?}");
}
