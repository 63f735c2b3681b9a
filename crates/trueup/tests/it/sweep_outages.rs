//! Limits, gateways and broken files: a clear word, nothing written, nothing forgotten.

use std::fs;

use serde_json::{Value, json};
use trueup_sandbox::faults::{Failure, FaultKind, Occurrence, Policy, When};

use crate::{
    support::{Lead, contact, lead, save},
    sweep::stage::{Scenery, Stage},
};

/// Twelve leads in agreement after a first run; then the phones of two differ.
fn stage() -> Stage {
    let mut leads: Vec<Lead> = (1..=12).map(lead).collect();
    let contacts = leads.iter().zip(101..).map(|(lead, id)| contact(lead, id)).collect();
    let stage = Stage::new(&leads, &Scenery { contacts, unique: true, lag_ms: 0 });
    assert_eq!(stage.cycle().0, 0);
    leads[0][4] = "970-555-0155".into();
    leads[1][4] = "970-555-0156".into();
    save(&stage.path("leads.xlsx"), &leads);
    stage
}

fn on(path: &str) -> When {
    When { path: Some(path.into()), ..When::default() }
}

/// A run that fails: nothing is written, everything is remembered; gives its account and its calls.
#[track_caller]
fn fails(stage: &Stage, exit: i32) -> (Value, usize) {
    let (contacts, memory, calls) = (stage.contacts(), stage.memory(), stage.requests().len());
    let (writes, (code, run)) = (stage.writes(), stage.cycle());
    assert_eq!(code, exit, "{run}");
    assert_eq!((stage.writes(), stage.contacts()), (writes, contacts), "something was written");
    let after = stage.memory();
    assert_eq!(
        (after.links, after.intents, after.canonical_count),
        (memory.links, memory.intents, memory.canonical_count)
    );
    (run, stage.requests().len() - calls)
}

/// Once the trouble is over, the next run does what was left.
#[track_caller]
fn recovers(stage: &Stage) {
    stage.calm();
    let (code, run) = stage.cycle();
    assert_eq!((code, &run["changes"]["update"]), (0, &json!(2)), "{run}");
    assert_eq!(stage.value(101, "phone"), "+19705550155");
}

#[test]
fn the_daily_limit_ends_the_run_at_once_and_is_named() {
    let stage = stage();
    stage.install(
        When::default(),
        FaultKind::FailBefore(Failure::RateLimited { policy: Policy::Daily, retry_after_s: None }),
    );
    let (run, calls) = fails(&stage, 1);
    assert!(run["error"].as_str().unwrap().to_lowercase().contains("daily"), "{run}");
    assert_eq!(calls, 1, "a limit of the day is no reason to ask again");
    recovers(&stage);
}

#[test]
fn the_daily_limit_at_a_write_leaves_nothing_open_and_the_rest_for_tomorrow() {
    let stage = stage();
    stage.install(
        on("batch/update"),
        FaultKind::FailBefore(Failure::RateLimited { policy: Policy::Daily, retry_after_s: None }),
    );
    let (code, run) = stage.cycle();
    assert_eq!((code, &run["open"], &run["not_done"]), (4, &json!(0), &json!(2)), "{run}");
    assert_eq!(stage.memory().intents.len(), 0);
    recovers(&stage);
}

#[test]
fn the_limit_of_ten_seconds_is_waited_out_as_long_as_the_answer_asks() {
    let stage = stage();
    let before = stage.requests().len();
    let kind = FaultKind::FailBefore(Failure::RateLimited {
        policy: Policy::TenSecondlyRolling,
        retry_after_s: Some(1),
    });
    stage.install(When { occurrence: Occurrence::Nth(1), ..on("/search") }, kind);
    let (code, run) = stage.cycle();
    assert_eq!((code, &run["changes"]["update"]), (0, &json!(2)), "{run}");
    let requests = stage.requests().split_off(before);
    let at = requests.iter().position(|entry| entry.status == Some(429)).unwrap();
    assert_eq!(requests[at].path, requests[at + 1].path, "the call was not made again");
    assert!(requests[at + 1].at_ms - requests[at].at_ms >= 1_000, "the answer's wish was not heeded");
}

#[test]
fn an_answer_that_is_no_json_ends_the_run_and_changes_nothing() {
    let check = |path: &str, kind: FaultKind| {
        let stage = stage();
        stage.install(on(path), kind);
        let (run, _) = fails(&stage, 1);
        assert!(!run["error"].as_str().unwrap().is_empty(), "{run}");
        recovers(&stage);
    };
    check("/search", FaultKind::FailBefore(Failure::Html { status: 200 }));
    check("/search", FaultKind::TruncatedBody);
    check("/properties", FaultKind::TruncatedBody);
    check("batch/read", FaultKind::FailBefore(Failure::Html { status: 200 }));
}

#[test]
fn a_workbook_that_is_missing_half_saved_or_emptied_changes_nothing() {
    let check = |what: &str, exit: i32, harm: &dyn Fn(&Stage)| {
        let stage = stage();
        let good = fs::read(stage.path("leads.xlsx")).unwrap();
        harm(&stage);
        let (run, _) = fails(&stage, exit);
        if exit == 1 {
            assert!(run["error"].as_str().unwrap().contains("leads.xlsx"), "{what}: {run}");
        } else {
            assert_eq!(run["halts"][0]["rule"], "emptied_source", "{what}: {run}");
        }
        fs::write(stage.path("leads.xlsx"), good).unwrap();
        recovers(&stage);
    };
    check("missing", 1, &|stage| fs::remove_file(stage.path("leads.xlsx")).unwrap());
    check("half-saved", 1, &|stage| {
        let good = fs::read(stage.path("leads.xlsx")).unwrap();
        fs::write(stage.path("leads.xlsx"), &good[..good.len() / 2]).unwrap();
    });
    check("nothing in it", 1, &|stage| fs::write(stage.path("leads.xlsx"), "").unwrap());
    check("emptied", 3, &|stage| save(&stage.path("leads.xlsx"), &[]));
    check("half of the leads gone", 3, &|stage| {
        save(&stage.path("leads.xlsx"), &(1..=6).map(lead).collect::<Vec<_>>());
    });
}
