//! A halt waits for a person, and everybody else goes on meanwhile.

use std::sync::Arc;

use trueup_core::{
    link::LinkState,
    memory::{LinkKey, Outcome},
    merge::{Flow, Survivor},
    plan::{Finding, Plan},
    setup::{Action, Caps, Field, Lens, Scope},
    value::Kind,
};
use trueup_engine::facts::Warrant;
use trueup_sim::executor::drive;

use crate::{
    gone::{approve, gone},
    hub::{Hub, draft, known_to, setup},
    undone::undo_in,
};

/// The archive of Grace's copies waits for a person; Ada is known to all.
fn waiting() -> Hub {
    let (mut hub, _) = gone();
    assert_eq!(hub.run().outcome, Outcome::Halted);
    hub
}

#[test]
fn what_two_sides_agreed_on_while_a_halt_stood_is_no_edit_of_both_afterwards() {
    let mut hub = waiting();
    for name in ["truth", "left", "right"] {
        hub.set(name, "000001", "city", "Paris");
    }
    assert_eq!(hub.run().outcome, Outcome::Halted);
    hub.set("left", "000001", "city", "Oslo");
    hub.run();
    assert_eq!(hub.value("truth", "000001", "city"), "Oslo", "only one of them moved");
    assert_eq!(hub.all("city")[1][0], "Oslo");
}

#[test]
fn what_is_deleted_in_a_mirror_while_a_halt_stands_is_told() {
    let mut hub = waiting();
    hub.archive("left", "000001");
    hub.run();
    let ada = LinkKey { system: "left".into(), entity: "000001".into() };
    assert!(matches!(hub.memory().links[&ada].state, LinkState::Suspect { .. }));
    hub.run();
    assert_eq!(hub.memory().links[&ada].state, LinkState::Tombstone);
}

#[test]
fn what_is_deleted_while_a_halt_stands_is_not_taken_for_what_an_undo_took_back_before() {
    let (mut hub, [ada, ..]) = known_to(Hub::with(setup(Survivor::Canonical, Action::Fix)));
    let grace = hub.make("truth", &[("name", "Grace")]);
    let made = hub.run().run;
    undo_in(&mut hub, made);
    hub.set("truth", &grace, "city", "Paris");
    assert_eq!(hub.run().changes["create"], 2, "its source says something new");
    let left = LinkKey { system: "left".into(), entity: grace.as_str().into() };
    hub.archive("left", &hub.memory().links[&left].remote.to_string());
    hub.archive("truth", &ada);
    assert_eq!(
        [hub.run(), hub.run()].map(|account| account.outcome),
        [Outcome::NeedsPerson, Outcome::Halted]
    );
    hub.restore("truth", &ada);
    hub.set("truth", &grace, "city", "Oslo");
    hub.settle();
    assert_eq!(hub.all("name"), [vec!["Ada", "Grace"], vec!["Ada"], vec!["Ada", "Grace"]]);
}

#[test]
fn what_a_mirror_says_of_a_set_and_takes_back_while_a_halt_keeps_the_rest_from_it_is_heard_both_times() {
    let mut draft = draft(Survivor::Canonical, Action::Fix);
    draft.caps = Caps { free: 1, updates_percent: 1.0, creates_percent: 100.0, ..draft.caps };
    let (mut hub, [ada, left, _]) = known_to(Hub::with(Arc::new(draft.build().unwrap())));
    let grace = hub.make("truth", &[("name", "Grace")]);
    hub.settle();
    for id in [&ada, &grace] {
        hub.set("truth", id, "city", "Paris");
    }
    hub.set("truth", &ada, "tags", "a;b;z");
    for (said, heard) in [("a;b;x", "a;b;x;z"), ("a;b", "a;b;z")] {
        hub.set("left", &left, "tags", said);
        assert_eq!(hub.run().outcome, Outcome::Halted);
        assert_eq!(hub.value("truth", &ada, "tags"), heard);
        assert_eq!(hub.value("left", &left, "tags"), said, "nothing may be written there");
    }
}

#[test]
fn a_plan_that_waits_stays_valid_whatever_is_seen_of_everybody_else() {
    let mut hub = waiting();
    let planned = drive(hub.engine().plan(Warrant::default()), || true).unwrap().unwrap();
    let serial = hub.memory().serial;
    for name in ["truth", "left", "right"] {
        hub.set(name, "000001", "city", "Paris");
    }
    assert_eq!(hub.run().outcome, Outcome::Halted);
    assert_eq!(hub.memory().serial, serial);
    approve(&hub, &planned.plan);
    let account = drive(hub.engine().apply(&planned.plan), || true).unwrap().unwrap();
    assert_eq!((account.changes["archive"], account.superseded), (2, 0), "{account:#?}");
}

#[test]
fn nothing_is_remembered_of_what_a_halt_calls_in_question() {
    let mut hub = waiting();
    let before = hub.memory().links;
    hub.run();
    assert_eq!(hub.memory().links, before, "the archive rests on what is remembered of Grace");
}

/// People are known by their addresses, and only ours are ours in `left`.
fn by_address() -> Hub {
    let mut draft = draft(Survivor::Canonical, Action::Fix);
    draft.fields[0] = Field { identity: true, label: true, ..Field::new("name", Kind::Email) };
    draft.fields[2] = Field::new("tags", Kind::Text);
    draft.canonical.bindings.remove(2);
    draft.mirrors[1].side.bindings.remove(2);
    let own = &mut draft.mirrors[0];
    let constant = &mut own.side.bindings[2];
    (constant.lens, constant.flow, constant.create_only) = (Lens::Constant("ours".into()), Flow::Out, true);
    own.scope = Some(Scope { column: 2, equals: "ours".into() });
    Hub::with(Arc::new(draft.build().unwrap()))
}

#[test]
fn who_was_found_while_a_halt_stood_is_not_made_again_once_reassigned() {
    let mut hub = by_address();
    hub.make("truth", &[("name", "ada@example.org")]);
    let grace = hub.make("truth", &[("name", "grace@example.org")]);
    hub.settle();
    hub.archive("truth", &grace);
    hub.run();
    assert_eq!(hub.run().outcome, Outcome::Halted);
    let eve = [("name", "eve@example.org"), ("tags", "ours")];
    hub.make("truth", &eve[..1]);
    let left = hub.make("left", &eve);
    hub.make("right", &eve[..1]);
    assert_eq!(hub.run().outcome, Outcome::Halted);
    hub.set("left", &left, "tags", "theirs");
    let account = hub.run();
    assert_eq!(account.changes["create"], 0, "{account:#?}");
    assert_eq!(hub.all("name")[1], ["ada@example.org", "grace@example.org", "eve@example.org"]);
}

/// The plan that waits.
fn plan(hub: &mut Hub) -> Plan {
    drive(hub.engine().plan(Warrant::default()), || true).unwrap().unwrap().plan
}

fn apply(hub: &mut Hub, plan: &Plan) {
    approve(hub, plan);
    let account = drive(hub.engine().apply(plan), || true).unwrap().unwrap();
    assert_eq!(account.changes["archive"], 2, "{account:#?}");
}

#[test]
fn what_was_found_while_a_plan_waited_is_still_told_once_it_is_applied() {
    let mut hub = waiting();
    let shown = plan(&mut hub);
    hub.archive("left", "000001");
    hub.run();
    hub.run();
    let told = |hub: &Hub| {
        let found = hub.memory().findings.into_values().map(|opened| opened.item);
        found.filter(|item| item.entity == Some("000001".into())).collect::<Vec<Finding>>()
    };
    let found = told(&hub);
    assert_eq!(found.len(), 1);
    apply(&mut hub, &shown);
    assert_eq!(told(&hub), found);
}

#[test]
fn a_conflict_that_people_settled_while_a_plan_waited_stays_closed_once_it_is_applied() {
    let (mut hub, [ada, left, right]) = known_to(Hub::with(setup(Survivor::Ask, Action::Fix)));
    let grace = hub.make("truth", &[("name", "Grace")]);
    hub.settle();
    hub.archive("truth", &grace);
    hub.set("left", &left, "city", "Paris");
    hub.set("right", &right, "city", "Rome");
    hub.run();
    assert_eq!(hub.run().outcome, Outcome::Halted);
    let shown = plan(&mut hub);
    assert_eq!((shown.conflicts.len(), hub.memory().open_conflicts().count()), (2, 2));
    for (name, id) in [("truth", &ada), ("left", &left), ("right", &right)] {
        hub.set(name, id, "city", "Oslo");
    }
    assert_eq!((hub.run().outcome, hub.memory().open_conflicts().count()), (Outcome::Halted, 0));
    apply(&mut hub, &shown);
    assert_eq!(hub.memory().open_conflicts().count(), 0);
}
