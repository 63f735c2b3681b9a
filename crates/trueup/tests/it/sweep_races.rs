//! What happens between the plan and the write: a record leaves the scope, a person edits, a filter fails.

use serde_json::json;
use trueup_core::{journal::Event, link::LinkState};
use trueup_sandbox::{
    faults::{FaultKind, HoldPoint, Occurrence, Release, When},
    hubspot::Act,
};

use crate::{
    support::{Lead, Ran, contact, lead},
    sweep::{
        proxy::{Proxy, Way},
        stage::{OTHER, Scenery, Stage, Timing},
    },
};

/// Twelve leads; the phones of the first three differ.
fn stage() -> Stage {
    let leads: Vec<Lead> = (1..=12).map(lead).collect();
    let mut contacts: Vec<_> = leads.iter().zip(101..).map(|(lead, id)| contact(lead, id)).collect();
    for (at, one) in contacts.iter_mut().take(3).enumerate() {
        one["properties"]["phone"] = json!(format!("+1970555{:04}", 2_000 + at));
    }
    Stage::new(&leads, &Scenery { contacts, unique: true, lag_ms: 0 })
}

/// Which of the batch reads is the last one before the first write.
fn guard_read() -> u64 {
    let stage = stage();
    assert_eq!(stage.cycle().0, 0);
    let requests = stage.requests();
    let before = requests.iter().take_while(|entry| !entry.path.ends_with("batch/update"));
    before.filter(|entry| entry.path.ends_with("batch/read")).count() as u64
}

fn is_named_in_a_write(stage: &Stage, id: &str) -> bool {
    let requests = stage.requests();
    requests
        .iter()
        .any(|entry| entry.path.ends_with("batch/update") && entry.named.iter().any(|named| named == id))
}

fn has_event(stage: &Stage, event: Event, key: &str) -> bool {
    stage.journal().iter().any(|entry| entry.draft.event == event && entry.draft.entity.as_str() == key)
}

/// A run during whose guard read something happens.
fn interrupted(stage: &Stage, happens: impl FnOnce()) -> Ran {
    let when = When {
        path: Some("batch/read".into()),
        occurrence: Occurrence::Nth(guard_read()),
        ..When::default()
    };
    stage.install(when, FaultKind::Hold(HoldPoint::BeforeCommit));
    let program = stage.spawn(&["run", "--first", "--json"]);
    stage.wait_for_held();
    happens();
    stage.release(Release::Answer);
    program.wait_with_output().unwrap().into()
}

#[test]
fn a_record_that_leaves_the_scope_before_its_write_is_not_written_and_the_others_are() {
    let stage = stage();
    let ran = interrupted(&stage, || stage.person(Act::Reassign { id: 102, owner: Some(OTHER.into()) }));
    let run = ran.expect(4).json()["runs"][0].clone();
    assert_eq!((&run["changes"]["update"], &run["superseded"]), (&json!(2), &json!(1)), "{run}");
    assert!(!is_named_in_a_write(&stage, "102"));
    assert_eq!(stage.value(102, "phone"), "+19705552001");
    assert_eq!(
        (stage.value(101, "phone"), stage.value(103, "phone")),
        ("+19705550101".into(), "+19705550103".into())
    );
    let memory = stage.memory();
    let link = memory.links.values().find(|link| link.entity.as_str() == "R00002").unwrap();
    assert_eq!(link.state, LinkState::OutOfScope);
    assert!(has_event(&stage, Event::ScopeLost, "R00002"));
    let waits = stage.run(&["review", "--json"]).json();
    assert!(waits["items"].as_array().unwrap().iter().any(|item| item["entity"] == "R00002"), "{waits}");
    assert!(stage.run(&["why", "R00002", "phone"]).expect(0).out.contains("scope_lost"));
    let (_, next) = stage.cycle();
    assert_eq!(
        (&next["requests"]["write"], &next["buckets"]["out_of_scope"]),
        (&json!(0), &json!(1)),
        "{next}"
    );
}

#[test]
fn a_persons_edit_between_plan_and_apply_supersedes_and_is_overruled_only_by_the_next_plan() {
    let stage = stage();
    stage.run(&["plan", "-o", "plan.json"]).expect(0);
    stage.edit(102, "phone", "+19705550191");
    let ran = stage.run(&["apply", "plan.json", "--yes", "--json"]).expect(4).json();
    assert_eq!(
        (&ran["run"]["changes"]["update"], &ran["run"]["superseded"]),
        (&json!(2), &json!(1)),
        "{ran}"
    );
    assert!(!is_named_in_a_write(&stage, "102"));
    assert_eq!(stage.value(102, "phone"), "+19705550191");
    assert!(has_event(&stage, Event::Superseded, "R00002"));
    let why = stage.run(&["why", "R00002", "phone"]).expect(0).out;
    assert!(why.contains("superseded") && why.contains("+19705550191"), "{why}");
    assert_eq!(stage.cycle().0, 0);
    assert_eq!(stage.value(102, "phone"), "+19705550102");
    assert!(stage.run(&["why", "R00002", "phone"]).expect(0).out.contains("+19705550191"));
}

#[test]
fn a_persons_edit_during_the_guard_read_is_seen_by_it() {
    let stage = stage();
    let ran = interrupted(&stage, || stage.edit(102, "phone", "+19705550191"));
    let run = ran.expect(4).json()["runs"][0].clone();
    assert_eq!((&run["changes"]["update"], &run["superseded"]), (&json!(2), &json!(1)), "{run}");
    assert_eq!(stage.value(102, "phone"), "+19705550191");
}

#[test]
fn a_foreign_record_in_the_listing_halts_everything_before_any_write() {
    let stage = stage();
    let owned = "\"hubspot_owner_id\":\"88361194\"";
    let proxy = Proxy::new(&stage.url, move |way, path, body| {
        if way == Way::Back && path.ends_with("/search") {
            body.replacen(owned, &owned.replace("88361194", OTHER), 1)
        } else {
            body
        }
    });
    stage.configured(true, Timing::Short, |text| text.replace(&stage.url, &proxy.url));
    let (code, run) = stage.cycle();
    assert_eq!((code, &run["halts"][0]["rule"]), (3, &json!("foreign_record")), "{run}");
    assert!(proxy.changed(), "the search said nothing of an owner");
    assert_eq!(stage.writes(), 0);
    assert_eq!(stage.memory().links.len(), 0, "nothing of what was read is believed");
}
