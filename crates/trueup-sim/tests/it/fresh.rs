//! What people add to a record that we made before it was read back is theirs.

use jiff::SignedDuration;
use trueup_core::{
    link::{How, Link},
    memory::Note,
    merge::Survivor,
    name::{ExtId, PipelineName},
};
use trueup_engine::facts::Warrant;
use trueup_ports::Store;
use trueup_sim::{executor::drive, people::PERSON};

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
