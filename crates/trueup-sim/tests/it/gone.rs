//! What is gone on one side: proven, told, put away on a person's word, and made by nobody again.

use jiff::SignedDuration;
use trueup_core::{
    link::LinkState,
    memory::{Approval, LinkKey, Note, Outcome},
    merge::Survivor,
    name::PipelineName,
    plan::{FindingKey, Plan},
    setup::Action,
};
use trueup_engine::{Account, facts::Warrant};
use trueup_ports::Store;
use trueup_sim::{executor::drive, people::PERSON};

use crate::hub::{Hub, known, known_to, setup};

#[test]
fn what_is_deleted_in_a_mirror_is_told_and_comes_back_by_nobodys_hand_but_a_persons() {
    let (mut hub, [_, left, _]) = known(Survivor::Canonical);
    hub.archive("left", &left);
    let account = hub.settle();
    assert_eq!(account.outcome, Outcome::NeedsPerson, "{account:#?}");
    assert_eq!(hub.all("name")[1], Vec::<String>::new());
    hub.restore("left", &left);
    hub.set("left", &left, "city", "Paris");
    hub.settle();
    assert_eq!(hub.all("city"), [["Paris"], ["Paris"], ["Paris"]], "an undelete revives the same link");
}

/// A person lets the archives of a plan pass.
pub(crate) fn approve(hub: &Hub, plan: &Plan) {
    let approval = |system: &str| Approval {
        plan: plan.id.clone(),
        halt: "archives".into(),
        system: system.into(),
        about: None,
        max: 1,
        reason: "they left".into(),
        by: "an operator".into(),
        at: hub.clock.now(),
    };
    let notes = ["left", "right"].map(|system| Note::Approve(approval(system)));
    let pipeline = PipelineName::new("hub");
    drive(hub.store.commit(&pipeline, None, notes.into()), || true).unwrap().unwrap();
}

/// A record of the source of truth is put away, and a person lets its copies follow.
fn put_away(hub: &mut Hub, truth: &str) -> Account {
    hub.archive("truth", truth);
    assert_eq!(hub.run().outcome, Outcome::NeedsPerson, "once not found proves nothing");
    assert_eq!(hub.run().outcome, Outcome::Halted);
    let engine = hub.engine();
    let planned = drive(engine.plan(Warrant::default()), || true).unwrap().unwrap();
    approve(hub, &planned.plan);
    drive(engine.apply(&planned.plan), || true).unwrap().unwrap()
}

#[test]
fn what_is_gone_from_the_source_of_truth_is_archived_after_two_looks_and_a_persons_word_and_never_made_again()
{
    let (mut hub, [truth, ..]) = known_to(Hub::with(setup(Survivor::Canonical, Action::Fix)));
    hub.make("truth", &[("name", "Grace")]);
    hub.settle();
    let account = put_away(&mut hub, &truth);
    assert_eq!(account.changes["archive"], 2, "{account:#?}");
    assert_eq!(hub.all("name"), [["Grace"], ["Grace"], ["Grace"]]);
    hub.restore("truth", &truth);
    hub.settle();
    assert_eq!(
        hub.all("name"),
        [vec!["Ada", "Grace"], vec!["Grace"], vec!["Grace"]],
        "a tombstone forbids a create for ever"
    );
}

#[test]
fn a_copy_that_people_bring_back_while_its_source_is_gone_is_told_and_not_put_away_again() {
    let (mut hub, [truth, left, _]) = known_to(Hub::with(setup(Survivor::Canonical, Action::Fix)));
    hub.make("truth", &[("name", "Grace")]);
    hub.settle();
    put_away(&mut hub, &truth);
    assert_eq!((hub.settle().outcome, hub.count()), (Outcome::Done, [1, 1, 1]));
    hub.restore("left", &left);
    assert_eq!(hub.settle().outcome, Outcome::NeedsPerson);
    let told: Vec<String> = hub.memory().findings.keys().map(FindingKey::handle).collect();
    assert_eq!((hub.count(), told), ([1, 2, 1], vec![format!("gone/left/{truth}")]));
    hub.archive("left", &left);
    assert_eq!(hub.settle().outcome, Outcome::Done);
}

#[test]
fn a_copy_whose_edit_was_told_before_its_source_was_put_away_is_archived_as_well() {
    let (mut hub, [truth, left, _]) = known_to(Hub::with(setup(Survivor::Canonical, Action::Fix)));
    hub.make("truth", &[("name", "Grace")]);
    // We read it, and wrote nothing there: only its own system's time tells that it changed.
    hub.set("left", &left, "city", "Paris");
    hub.settle();
    let account = put_away(&mut hub, &truth);
    assert_eq!((account.changes["archive"], hub.count()), (2, [1, 1, 1]), "{account:#?}");
}

#[test]
fn a_copy_that_people_had_made_of_two_is_remembered_under_its_own_id_once_it_is_archived() {
    let (mut hub, [truth, left, _]) = known_to(Hub::with(setup(Survivor::Canonical, Action::Fix)));
    hub.make("truth", &[("name", "Grace")]);
    hub.settle();
    hub.archive("truth", &truth);
    hub.run();
    let other = hub.make("left", &[("name", "Ada K")]);
    let now = hub.now();
    hub.table("left").lock().unwrap().merge(&left, &other, PERSON, now);
    let survivor = hub.table("left").lock().unwrap().now_called(&left).to_owned();
    assert_eq!(hub.run().outcome, Outcome::Halted);
    let engine = hub.engine();
    let planned = drive(engine.plan(Warrant::default()), || true).unwrap().unwrap();
    approve(&hub, &planned.plan);
    let account = drive(engine.apply(&planned.plan), || true).unwrap().unwrap();
    let ada = LinkKey { system: "left".into(), entity: truth.as_str().into() };
    let link = &hub.memory().links[&ada];
    assert_eq!((link.remote.as_str(), link.state), (survivor.as_str(), LinkState::Tombstone), "{account:#?}");
    assert_eq!(link.aliases, [left.as_str().into()]);
}

/// Grace is gone from the source of truth, and the archive of her copies waits for a person.
pub(crate) fn gone() -> (Hub, [String; 2]) {
    let (mut hub, _) = known_to(Hub::with(setup(Survivor::Canonical, Action::Fix)));
    let truth = hub.make("truth", &[("name", "Grace")]);
    hub.settle();
    hub.archive("truth", &truth);
    assert_eq!(hub.run().outcome, Outcome::NeedsPerson, "once not found proves nothing");
    let grace = LinkKey { system: "left".into(), entity: truth.as_str().into() };
    let left = hub.memory().links[&grace].remote.to_string();
    (hub, [truth, left])
}

#[test]
fn what_came_back_before_its_archive_was_applied_stays_where_it_is() {
    let (mut hub, [truth, _]) = gone();
    assert_eq!(hub.run().outcome, Outcome::Halted);
    let engine = hub.engine();
    let planned = drive(engine.plan(Warrant::default()), || true).unwrap().unwrap();
    hub.restore("truth", &truth);
    approve(&hub, &planned.plan);
    let account = drive(hub.engine().apply(&planned.plan), || true).unwrap().unwrap();
    assert_eq!((account.changes["archive"], account.superseded), (0, 2), "{account:#?}");
    assert_eq!(account.outcome, Outcome::NeedsPerson);
    assert_eq!(hub.all("name"), [["Ada", "Grace"], ["Ada", "Grace"], ["Ada", "Grace"]]);
    assert_eq!(hub.settle().outcome, Outcome::Done);
}

#[test]
fn no_copy_is_archived_while_one_of_them_was_not_looked_at() {
    let (mut hub, [_, left]) = gone();
    // Neither the listing nor an answer mentions it.
    hub.archive("left", &left);
    hub.script("left").silent.lock().unwrap().insert(left.clone());
    let account = hub.run();
    assert_eq!((account.outcome, account.halts.len()), (Outcome::NeedsPerson, 0), "{account:#?}");
    hub.restore("left", &left);
    hub.set("left", &left, "city", "Paris");
    hub.script("left").silent.lock().unwrap().clear();
    let account = hub.run();
    assert_eq!((account.conflicts, account.halts.len()), (1, 0), "an edit keeps them all: {account:#?}");
    hub.set("left", &left, "city", "");
    assert_eq!(hub.run().outcome, Outcome::Halted);
}

/// Something is gone: a host whose clock is wrong looks first, and others a minute later and after the quiet period.
#[track_caller]
fn check_absence(mut hub: Hub, system: &str, gone: &str, proves: Outcome) {
    let twin = LinkKey { system: system.into(), entity: "000001".into() };
    for hours in [-24, 24] {
        hub.skew = SignedDuration::from_hours(hours);
        hub.archive(system, gone);
        hub.run();
        hub.skew = SignedDuration::ZERO;
        let account = hub.run_after(1);
        let state = hub.memory().links[&twin].state;
        assert!(matches!(state, LinkState::Suspect { .. }), "{hours} h, a minute later: {state:?}");
        assert_ne!(account.outcome, Outcome::Halted, "{hours} h, a minute later");
        assert_eq!(hub.run_after(15).outcome, proves, "{hours} h, a quarter of an hour later");
        hub.table(system).lock().unwrap().rows.get_mut(gone).unwrap().archived = None;
        hub.settle();
        assert_eq!(hub.memory().links[&twin].state, LinkState::Active);
    }
}

#[test]
fn two_looks_prove_an_absence_by_the_time_between_them_however_wrong_the_clocks_of_their_hosts_are() {
    let (hub, [_, left, _]) = known(Survivor::Canonical);
    check_absence(hub, "left", &left, Outcome::NeedsPerson);
    let (mut hub, [truth, ..]) = known_to(Hub::with(setup(Survivor::Canonical, Action::Fix)));
    hub.make("truth", &[("name", "Grace")]);
    hub.settle();
    check_absence(hub, "truth", &truth, Outcome::Halted);
}

#[test]
fn a_record_that_was_edited_meanwhile_is_not_archived_but_is_a_conflict() {
    let (mut hub, [truth, left, _]) = known_to(Hub::with(setup(Survivor::Canonical, Action::Fix)));
    hub.make("truth", &[("name", "Grace"), ("city", "Arlington")]);
    hub.settle();
    hub.archive("truth", &truth);
    hub.set("left", &left, "city", "Paris");
    let account = hub.settle();
    assert_eq!((account.outcome, account.conflicts), (Outcome::NeedsPerson, 1));
    assert_eq!(hub.all("city"), [vec!["Arlington"], vec!["Paris", "Arlington"], vec!["London", "Arlington"]]);
}

#[test]
fn a_canonical_record_that_was_merged_away_is_a_finding_and_its_copies_are_left_alone() {
    let (mut hub, [truth, ..]) = known(Survivor::Canonical);
    let other = hub.make("truth", &[("name", "Ada King"), ("city", "Ockham")]);
    hub.settle();
    let now = hub.clock.now();
    hub.table("truth").lock().unwrap().merge(&other, &truth, PERSON, now);
    let account = hub.settle();
    assert_eq!(account.outcome, Outcome::NeedsPerson);
    assert_eq!(hub.all("name")[1], ["Ada", "Ada King"], "{account:#?}");
}

/// Ada's copy is put away in a mirror, brought back and made one with Grace's between two looks; in the meantime her
/// record of the source of truth became another one, or did not.
#[track_caller]
fn check_buried_and_merged(absorbed: bool, copies: [&'static str; 2], truth: &[&str]) {
    let mut hub = Hub::new(Survivor::Canonical);
    for name in ["Ada", "Grace", "Ada King"] {
        hub.make("truth", &[("name", name)]);
    }
    hub.settle();
    hub.archive("left", "000001");
    hub.settle();
    let ada = LinkKey { system: "left".into(), entity: "000001".into() };
    assert_eq!(hub.memory().links[&ada].state, LinkState::Tombstone);
    let merge = |hub: &Hub, system: &str, [first, other]: [&str; 2]| {
        hub.table(system).lock().unwrap().merge(first, other, PERSON, hub.now());
    };
    if absorbed {
        merge(&hub, "truth", ["000003", "000001"]);
        hub.settle();
    }
    hub.restore("left", "000001");
    merge(&hub, "left", copies);
    let account = hub.settle();
    assert_eq!(account.outcome, Outcome::NeedsPerson, "{account:#?}");
    assert_eq!(hub.all("name")[0], truth, "{copies:?}: {account:#?}");
    assert_eq!(hub.value("left", "000004", "name"), if copies[0] == "000001" { "Ada" } else { "Grace" });
    let told = hub.memory().findings.into_values().any(|opened| {
        opened.item.key.system.as_str() == "left" && opened.item.remotes.contains(&"000004".into())
    });
    assert!(told, "nobody is told of what both copies became: {account:#?}");
}

#[test]
fn a_copy_that_was_put_away_and_made_one_with_another_ones_gives_nobody_its_values() {
    for copies in [["000001", "000002"], ["000002", "000001"]] {
        check_buried_and_merged(false, copies, &["Ada", "Grace", "Ada King"]);
        check_buried_and_merged(true, copies, &["Grace", "Ada King"]);
    }
}
