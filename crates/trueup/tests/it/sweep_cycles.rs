//! The sweep over more than a first run: a plan that people overtook, an undo with archives, and a state that was put
//! back from an older copy.

use std::fs;

use serde_json::{Value, json};
use trueup_sandbox::hubspot::RecordSeed;

use crate::{
    support::{Lead, OWNER, Ran, contact, lead, save},
    sweep::{
        audit::audit,
        blow::{BLOWS, Blow, RUN, RUNS},
        party,
        play::play_all,
        stage::{Kept, Scenery, Stage, Timing, text},
    },
};

/// A call of the struck program, and what happens to it.
#[derive(Clone, Copy, Debug)]
struct Case {
    nth: u64,
    blow: Blow,
}

/// How many calls the program makes when nothing disturbs it.
fn calls(kept: &Kept, args: &[&str]) -> u64 {
    let stage = Stage::of(kept);
    let before = stage.requests().len();
    stage.run(args);
    (stage.requests().len() - before) as u64
}

/// Every call of a program, each with every blow.
fn cases(kept: &Kept, args: &[&str]) -> Vec<Case> {
    let calls = calls(kept, args);
    assert!(calls > 5, "{calls}");
    (1..=calls).flat_map(|nth| BLOWS.map(|blow| Case { nth, blow })).collect()
}

impl Case {
    /// Strikes, then runs until nothing is left to do; gives the stage and how many runs that took.
    fn settle(self, kept: &Kept, struck: &[&str], next: &dyn Fn(&Stage) -> (i32, Value)) -> (Stage, usize) {
        let stage = Stage::of(kept);
        self.blow.fall(&stage, self.nth, struck, &|_| {});
        let mut told = Vec::new();
        for runs in 0..=RUNS + 1 {
            self.blow.land(&stage, runs);
            self.blow.wait(&stage, runs + 1);
            let (code, run) = next(&stage);
            let idle = ["open", "not_done", "superseded"].iter().all(|key| run[key] == 0)
                && run["requests"]["write"] == 0;
            // What is late lands after the next run only: nothing is settled before.
            if idle && matches!(code, 0 | 4) && (runs > 0 || self.blow != Blow::LateTwice) {
                return (stage, runs);
            }
            told.push(format!("{code} {run}"));
        }
        panic!("still something to do after {RUNS} runs:\n{}", told.join("\n"));
    }
}

#[test]
fn whatever_happens_while_an_overtaken_plan_is_applied_the_next_runs_mend_it() {
    let kept = party::overtaken();
    let foreign = party::foreign(&Stage::of(&kept));
    let apply = ["apply", "plan.json", "--yes", "--json"];
    play_all("an overtaken plan", cases(&kept, &apply), |case| {
        let (stage, runs) = case.settle(&kept, &apply, &Stage::cycle);
        party::settled(&stage, &foreign);
        (case.blow, runs)
    });
}

/// After a first run, an edit of one of the contacts it created, and the approved plan to take the run back.
fn undoing() -> (Kept, String, String) {
    let leads: Vec<Lead> = (1..=14).map(lead).collect();
    let mut contacts: Vec<_> = leads[..12].iter().zip(101..).map(|(lead, id)| contact(lead, id)).collect();
    for (at, one) in contacts.iter_mut().take(3).enumerate() {
        one["properties"]["phone"] = json!(format!("970 555 {:04}", 2_000 + at));
    }
    let stage = Stage::new(&leads, &Scenery { contacts, unique: true, lag_ms: 0 });
    let limits = "archives_percent: 100\n      conflicts_percent: 100\n      creates_percent:";
    stage.configured(true, Timing::Long, |text| text.replace("creates_percent:", limits));
    let (code, run) = stage.cycle();
    assert_eq!((code, &run["changes"]), (0, &json!({ "archive": 0, "create": 2, "update": 3 })), "{run}");
    stage.edit(created(&stage, "R00014").unwrap(), "city", "Fraser");
    let first = run["run"].as_str().unwrap().to_owned();
    let plan = approved(&stage, &first).unwrap();
    (stage.keep(), first, plan)
}

/// The contact of a lead, if it is there.
fn created(stage: &Stage, key: &str) -> Option<u64> {
    let token = format!("ID:{key}");
    let contacts = stage.contacts();
    let mut found = contacts.iter().filter(|contact| text(contact, "trackingsource") == token);
    let id = found.next().map(|contact| contact.id);
    assert!(found.next().is_none(), "{key} has two contacts");
    id
}

/// Asks for a run to be taken back, and approves that contacts are archived; the plan that waits, if one does.
fn approved(stage: &Stage, run: &str) -> Option<String> {
    let ask = || stage.run(&["undo", "--run", run, "--yes", "--json"]);
    let is_void = |ran: &Ran| ran.code == 3 && ran.json()["run"]["plan"].is_null();
    // An undo that first had to settle what was under way changed what its plan was made from: it is asked for again.
    let ran = Some(ask()).filter(|ran| !is_void(ran)).unwrap_or_else(ask);
    if ran.code != 3 {
        return None;
    }
    let said = ran.json();
    assert_eq!(said["run"]["halts"][0]["rule"], "archives", "{said}");
    let plan = said["run"]["plan"].as_str().unwrap().to_owned();
    let words = ["--halt", "archives", "--max", "2", "--reason", "they may go"];
    stage.run(&[&["approve", &plan][..], &words].concat()).expect(0);
    Some(plan)
}

/// What was left of an undo is asked for again, and then a cycle must find nothing.
fn undo_again(stage: &Stage, first: &str) -> (i32, Value) {
    if let Some(plan) = approved(stage, first) {
        stage.run(&["apply", &plan, "--json"]);
    }
    stage.cycle()
}

/// What the run wrote is as before, what it created is gone, and what people wrote since stands.
#[track_caller]
fn undone(stage: &Stage, others: &[RecordSeed]) {
    let phones = [101, 102, 103].map(|id| stage.value(id, "phone"));
    assert_eq!(phones, ["970 555 2000", "970 555 2001", "970 555 2002"]);
    assert_eq!(created(stage, "R00013"), None);
    assert_eq!(stage.value(created(stage, "R00014").unwrap(), "city"), "Fraser");
    let contacts = stage.contacts();
    assert_eq!(contacts.len(), 13, "a contact is lost or too many");
    for before in others {
        assert!(contacts.contains(before), "{} was touched", before.id);
    }
    let memory = stage.memory();
    assert_eq!(memory.intents.len(), 0, "intents are open: {:?}", memory.intents);
    stage.verify();
    stage.verified();
}

#[test]
fn whatever_happens_during_an_undo_it_can_be_asked_for_again_and_ends_as_one() {
    let (kept, first, plan) = undoing();
    let others: Vec<RecordSeed> =
        Stage::of(&kept).contacts().into_iter().filter(|one| (104..=112).contains(&one.id)).collect();
    assert_eq!(others.len(), 9);
    let apply = ["apply", &plan, "--json"];
    play_all("an undo", cases(&kept, &apply), |case| {
        let (stage, runs) = case.settle(&kept, &apply, &|stage| undo_again(stage, &first));
        undone(&stage, &others);
        (case.blow, runs)
    });
}

/// A state without a unique id that was put back from before the last run, which wrote and created.
fn put_back() -> Kept {
    let stage = party::changed(false);
    let older = fs::read(stage.path(".trueup/trueup.db")).unwrap();
    let (code, run) = stage.cycle();
    assert_eq!((code, &run["changes"]), (0, &json!({ "archive": 0, "create": 2, "update": 8 })), "{run}");
    fs::write(stage.path(".trueup/trueup.db"), older).unwrap();
    let writes = stage.writes();
    let refused = stage.run(&RUN).expect(3);
    assert!(refused.out.contains("rolled_back"), "{}", refused.out);
    assert_eq!(stage.writes(), writes);
    save(&stage.path("leads.xlsx"), &later());
    stage.keep()
}

/// Since then another phone is new, and another lead without an address.
fn later() -> Vec<Lead> {
    let mut leads = party::leads();
    leads[8][4] = "970-555-0189".into();
    let mut one = lead(leads.len() + 1);
    one[3].clear();
    leads.push(one);
    leads
}

const ACCEPT: [&str; 5] = ["run", "--first", "--json", "--accept-rollback", "the disk was replaced"];

/// Who is refused for the old state says again that it may be believed.
fn accept_again(stage: &Stage) -> (i32, Value) {
    let (code, run) = cycle(stage, &RUN);
    if code == 3 { cycle(stage, &ACCEPT) } else { (code, run) }
}

fn cycle(stage: &Stage, args: &[&str]) -> (i32, Value) {
    let ran = stage.run(args);
    (ran.code, ran.json()["runs"][0].clone())
}

#[test]
fn whatever_happens_while_an_older_state_is_taken_over_nothing_is_made_twice() {
    let kept = put_back();
    let foreign = party::foreign(&Stage::of(&kept));
    play_all("an older state", cases(&kept, &ACCEPT), |case| {
        let (stage, runs) = case.settle(&kept, &ACCEPT, &accept_again);
        audit(&stage, &later(), &[], &foreign);
        (case.blow, runs)
    });
    assert!(foreign.iter().all(|contact| text(contact, "hubspot_owner_id") != OWNER));
}
