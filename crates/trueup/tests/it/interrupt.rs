//! Ctrl-C and SIGTERM while a request is under way.

use std::{
    fs,
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Stdio},
};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;
use tempfile::TempDir;
use trueup_sandbox::faults::{FaultKind, HoldPoint, Occurrence, Release, When};

use crate::{
    shapes,
    support::{Lead, Ran, contact, lead, program, run_in},
    sweep::stage::{Scenery, Stage},
};

const LEADS: usize = 40;

/// Every phone differs.
fn stage() -> Stage {
    let leads: Vec<Lead> = (1..=LEADS).map(lead).collect();
    let mut contacts: Vec<_> = leads.iter().zip(101..).map(|(lead, id)| contact(lead, id)).collect();
    for (at, one) in contacts.iter_mut().enumerate() {
        one["properties"]["phone"] = json!(format!("+1970555{:04}", 2_000 + at));
    }
    Stage::new(&leads, &Scenery { contacts, unique: true, lag_ms: 0 })
}

pub(crate) fn signal(child: &Child, signal: Signal) {
    kill_process(Pid::from_child(child), signal).unwrap();
}

/// Starts the program and holds its first call to a path.
fn held(stage: &Stage, args: &[&str], path: &str, point: HoldPoint) -> Child {
    let when = When { path: Some(path.into()), occurrence: Occurrence::Nth(1), ..When::default() };
    stage.install(when, FaultKind::Hold(point));
    let child = stage.spawn(args);
    stage.wait_for_held();
    child
}

/// Waits until the program says that it heard of the wish to stop.
fn heard(child: &mut Child) -> String {
    let mut lines = BufReader::new(child.stderr.as_mut().unwrap()).lines().map(Result::unwrap);
    lines.find(|line| line.starts_with("stopping ")).expect("the program did not hear the signal")
}

/// One run that is asked to stop during its first write.
fn stopped(stage: &Stage, args: &[&str], how: Signal) -> Ran {
    let mut child = held(stage, args, "batch/update", HoldPoint::BeforeCommit);
    signal(&child, how);
    assert!(heard(&mut child).contains("once more leaves at once"));
    stage.release(Release::Answer);
    child.wait_with_output().unwrap().into()
}

fn landed(stage: &Stage) -> usize {
    let right = |at: &usize| stage.value(100 + *at as u64, "phone") == format!("+197055501{at:02}");
    (1..=LEADS).filter(right).count()
}

#[test]
fn one_signal_finishes_the_request_under_way_and_says_what_was_not_done() {
    for how in [Signal::INT, Signal::TERM] {
        let stage = stage();
        let ran = stopped(&stage, &["run", "--first"], how).expect(4);
        let done = landed(&stage);
        assert!(0 < done && done < LEADS, "{done}");
        assert!(ran.out.contains(&format!("{done} updated")), "{}", ran.out);
        let left = format!("{} not done, planned anew by `trueup run`", LEADS - done);
        assert_eq!(ran.last_line(), left, "{}", ran.out);
        assert!(stage.memory().intents.is_empty(), "what was sent was seen to land");
        let journal = stage.journal();
        assert_eq!(journal.len(), done, "{journal:?}");
        let (code, next) = stage.cycle();
        assert_eq!((code, &next["changes"]["update"]), (0, &json!(LEADS - done)), "{next}");
        assert_eq!((landed(&stage), &next["open"]), (LEADS, &json!(0)));
    }
}

#[test]
fn an_apply_that_was_stopped_says_the_same_as_json() {
    let stage = stage();
    stage.run(&["plan", "-o", "plan.json"]).expect(0);
    let ran = stopped(&stage, &["apply", "plan.json", "--yes", "--json"], Signal::INT).expect(4);
    let run = ran.json()["run"].clone();
    let done = landed(&stage);
    assert_eq!((&run["changes"]["update"], &run["not_done"]), (&json!(done), &json!(LEADS - done)), "{run}");
}

#[test]
fn two_signals_leave_at_once_and_the_next_run_settles_what_was_under_way() {
    for (point, release) in
        [(HoldPoint::BeforeCommit, Release::Discard), (HoldPoint::AfterCommit, Release::Lose)]
    {
        let stage = stage();
        let mut child = held(&stage, &["run", "--first"], "batch/update", point);
        signal(&child, Signal::INT);
        heard(&mut child);
        signal(&child, Signal::INT);
        let ran = Ran::from(child.wait_with_output().unwrap()).expect(130);
        assert!(ran.out.is_empty(), "{}", ran.out);
        stage.release(release);
        let open = stage.memory().intents.len();
        assert!(open > 0, "the write that nobody saw the end of is remembered");
        let history = stage.run(&["history", "--json"]).expect(0).json();
        assert_eq!(history["runs"][0]["outcome"], "running", "{history}");
        stage.age();
        let (code, next) = stage.cycle();
        assert_eq!((code, &next["open"]), (0, &json!(0)), "{next}");
        assert_eq!((stage.memory().intents.len(), landed(&stage)), (0, LEADS));
    }
}

#[test]
fn a_plan_has_nothing_to_finish() {
    let stage = stage();
    let mut child = held(&stage, &["plan"], "/search", HoldPoint::BeforeCommit);
    signal(&child, Signal::INT);
    heard(&mut child);
    let ran = Ran::from(child.wait_with_output().unwrap()).expect(1);
    assert!(ran.err.contains("help: trueup plan"), "{}", ran.err);
    assert_eq!(stage.writes(), 0);
}

/// A configuration of its own name with two pipelines of different owners.
fn two_pipelines(folder: &Path) {
    run_in(folder, &["init"]).expect(0);
    let text = fs::read_to_string(folder.join("trueup.yaml")).unwrap();
    let (head, rest) = text.split_once("  leads:\n").unwrap();
    let (leads, foot) = rest.split_once("# Who hears").unwrap();
    let guests = leads.replace("88361194", "88361195");
    let text = format!("{head}  leads:\n{leads}  guests:\n{guests}# Who hears{foot}");
    fs::write(folder.join("two lines.yaml"), text).unwrap();
    fs::remove_file(folder.join("trueup.yaml")).unwrap();
}

/// A rehearsal of more seeds than anybody waits for, which is asked to stop when it has begun.
fn rehearsal(folder: &Path, flags: &[&str]) -> Ran {
    let mut program = program(folder);
    program.args(["rehearse", "-c", "two lines.yaml", "--seeds", "100000", "--from", "5"]).args(flags);
    let mut child = program.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
    assert!(lines.any(|line| line == "rehearse …"));
    signal(&child, Signal::INT);
    let said = lines.find(|line| line.starts_with("stopping ")).unwrap();
    assert_eq!(said, "stopping after the seeds under way; once more leaves at once");
    Ran::from(child.wait_with_output().unwrap()).expect(1)
}

#[test]
fn a_rehearsal_that_was_stopped_is_no_success_and_says_how_to_go_on_with_each_pipeline() {
    let folder = TempDir::new().unwrap();
    two_pipelines(folder.path());
    let ran = rehearsal(folder.path(), &[]);
    let played = |name: &str| -> u64 {
        let told =
            ran.out.lines().find_map(|line| line.strip_prefix(&format!("{name}: "))?.split_once(" seeds, "));
        told.unwrap().0.parse().unwrap()
    };
    let stopped = ["leads", "guests"].map(|name| {
        let done = played(name);
        assert!(done < 100_000);
        format!(
            "{name}: stopped after {done} of 100000 seeds; next: trueup -c 'two lines.yaml' rehearse --pipeline {name} \
             --seeds {} --from {}",
            100_000 - done,
            5 + done
        )
    });
    assert!(ran.out.ends_with(&format!("{}\n", stopped.join("\n"))), "{}", ran.out);
    let ran = rehearsal(folder.path(), &["--json", "--pipeline", "guests"]);
    shapes::check(&ran, "trueup.rehearse/v1");
    let json = ran.json();
    let own = &json["pipelines"][0];
    assert_eq!((&json["held"], &own["asked"]), (&json!(false), &json!(100_000)));
    assert!(own["seeds"].as_u64().unwrap() < 100_000 && own["violations"] == 0, "{own}");
}

#[test]
fn a_scheduler_that_waits_ends_well() {
    let stage = stage();
    let mut child = stage.spawn(&["run", "--first", "--every", "1h"]);
    let mut lines = BufReader::new(child.stdout.as_mut().unwrap()).lines().map(Result::unwrap);
    assert!(lines.any(|line| line.contains(" updated")));
    signal(&child, Signal::TERM);
    Ran::from(child.wait_with_output().unwrap()).expect(0);
    assert_eq!(landed(&stage), LEADS);
}
