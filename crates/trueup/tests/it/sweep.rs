//! Kill, refuse, lose and delay every call of a cycle, one after another; then run again.

pub(crate) mod audit;
pub(crate) mod blow;
pub(crate) mod party;
pub(crate) mod play;
pub(crate) mod proxy;
pub(crate) mod stage;
pub(crate) mod state_fault;

use std::panic::{AssertUnwindSafe, catch_unwind};

use serde_json::{Value, json};
use trueup_sandbox::{
    faults::HoldPoint,
    hubspot::{Act, RecordSeed},
    log::Class,
};

use crate::support::{Lead, contact, lead};
use audit::{Edit, audit};
use blow::{BLOWS, Blow, LAG_S, RUN, RUNS};
use play::{play_all, said};
use stage::{OTHER, Scenery, Stage, text};

const UPDATES: usize = 40;
const CREATES: usize = 20;
#[derive(Clone, Copy, Debug)]
struct Case {
    nth: u64,
    blow: Blow,
    /// Whether contacts have a unique property for our own id.
    unique: bool,
    /// Whether a person edits meanwhile.
    person: bool,
}

/// While the call is struck, a person writes two numbers that lose, and a city that stands.
const EDITS: [Edit; 3] = [
    Edit { id: 101, key: "R00001", field: "phone", property: "phone", value: "+19705550191", stands: false },
    Edit { id: 130, key: "R00030", field: "phone", property: "phone", value: "+19705550192", stands: false },
    Edit { id: 120, key: "R00020", field: "city", property: "city", value: "Fraser", stands: true },
];

/// Leads 41 to 60 have no contact; those up to 50 have no address that would give a twin away.
fn leads() -> Vec<Lead> {
    let mut leads: Vec<Lead> = (1..=UPDATES + CREATES).map(lead).collect();
    for lead in &mut leads[UPDATES..UPDATES + CREATES / 2] {
        lead[3].clear();
    }
    leads
}

/// Every contact has a wrong number; some lack their token, some an address.
fn contacts(leads: &[Lead]) -> Vec<Value> {
    let mut contacts: Vec<Value> =
        leads[..UPDATES].iter().zip(101..).map(|(lead, id)| contact(lead, id)).collect();
    for (at, one) in contacts.iter_mut().enumerate() {
        one["properties"]["phone"] = json!(format!("+1970555{:04}", 2_000 + at));
    }
    for one in &mut contacts[..3] {
        one["properties"]["hs_additional_emails"] = json!("");
    }
    for one in &mut contacts[35..] {
        one["properties"]["trackingsource"] = json!("");
    }
    let foreign = (1..=5).map(|number| {
        let mut one = contact(&lead(900 + number), 900 + number);
        one["properties"]["trackingsource"] = json!("");
        one["properties"]["hubspot_owner_id"] = json!(OTHER);
        one
    });
    contacts.extend(foreign);
    contacts
}

/// The portal, the leads, and the contacts of somebody else.
fn stage(unique: bool) -> (Stage, Vec<Lead>, Vec<RecordSeed>) {
    let leads = leads();
    let scenery = Scenery { contacts: contacts(&leads), unique, lag_ms: LAG_S * 1_000 };
    let stage = Stage::new(&leads, &scenery);
    let foreign = stage.contacts().into_iter().filter(|contact| text(contact, "hubspot_owner_id") == OTHER);
    let foreign: Vec<RecordSeed> = foreign.collect();
    assert_eq!(foreign.len(), 5);
    (stage, leads, foreign)
}

/// How many calls an undisturbed cycle makes.
fn calls(unique: bool) -> u64 {
    let (stage, leads, foreign) = stage(unique);
    let (code, run) = stage.cycle();
    assert_eq!(
        (code, &run["changes"]),
        (0, &json!({ "archive": 0, "create": CREATES, "update": UPDATES })),
        "{run}"
    );
    assert_eq!(run["requests"], run["planned_requests"]);
    let calls = stage.requests().len() as u64;
    let (code, steady) = stage.cycle();
    assert_eq!((code, &steady["requests"]["write"]), (0, &json!(0)), "{steady}");
    audit(&stage, &leads, &[], &foreign);
    calls
}

/// Which of the calls of an undisturbed cycle are writes.
fn writes(unique: bool) -> Vec<u64> {
    let (stage, ..) = stage(unique);
    stage.cycle();
    let requests = stage.requests();
    requests.iter().filter(|entry| entry.class == Class::Write).map(|entry| entry.sequence).collect()
}

impl Case {
    fn play(self) -> usize {
        let (stage, leads, foreign) = stage(self.unique);
        self.struck(&stage);
        let runs = self.settle(&stage);
        let edits: &[Edit] = if self.person { &EDITS } else { &[] };
        audit(&stage, &leads, edits, &foreign);
        runs
    }

    /// The run in which the blow falls.
    fn struck(self, stage: &Stage) {
        stage.configure(self.unique, self.blow.timing(0));
        self.blow.fall(stage, self.nth, &RUN, &|stage| self.edit(stage));
    }

    fn edit(self, stage: &Stage) {
        for edit in EDITS.iter().filter(|_| self.person) {
            stage.edit(edit.id, edit.property, edit.value);
        }
    }

    /// Runs again until nothing is left to do; gives how many runs that took.
    fn settle(self, stage: &Stage) -> usize {
        let mut told = Vec::new();
        for runs in 0..=RUNS {
            self.pass_time(stage, runs);
            stage.configure(self.unique, self.blow.timing(runs + 1));
            self.blow.wait(stage, runs + 1);
            let (code, run) = stage.cycle();
            let idle = ["open", "not_done", "superseded"].iter().all(|key| run[key] == 0)
                && run["requests"]["write"] == 0;
            if idle && code == if self.person { 4 } else { 0 } {
                return runs;
            }
            told.push(format!("{code} {run}"));
        }
        panic!("still something to do after {RUNS} runs:\n{}", told.join("\n"));
    }

    /// What happens between two runs: requests land late, search catches up, or does not.
    fn pass_time(self, stage: &Stage, runs: usize) {
        self.blow.land(stage, runs);
        // With an id of our own a create is found by it, however far search is behind.
        if self.person || !self.unique {
            stage.advance(2 * LAG_S);
        }
    }
}

fn sweep(name: &str, unique: bool, person: bool, blows: &[Blow]) {
    let calls = calls(unique);
    let cases =
        (1..=calls).flat_map(|nth| blows.iter().map(move |blow| Case { nth, blow: *blow, unique, person }));
    play_all(name, cases.collect(), |case| (case.blow, case.play()));
}

#[test]
fn whatever_happens_at_any_call_the_next_runs_mend_it() {
    sweep("with a unique id", true, false, &BLOWS);
}

#[test]
fn whatever_happens_at_any_call_the_next_runs_mend_it_without_a_unique_id_too() {
    sweep("without a unique id", false, false, &BLOWS);
}

#[test]
fn what_a_person_writes_meanwhile_survives_or_stands_in_the_journal() {
    let blows = [
        Blow::Overtaken(HoldPoint::BeforeCommit),
        Blow::Overtaken(HoldPoint::AfterCommit),
        Blow::KilledBefore,
        Blow::KilledAfter,
        Blow::KilledLate,
        Blow::LateOnce,
    ];
    sweep("with a person", true, true, &blows);
}

#[test]
fn a_run_that_is_killed_while_it_mends_is_mended_by_the_next() {
    let mut cases = Vec::new();
    for (unique, point) in [(true, HoldPoint::BeforeCommit), (false, HoldPoint::AfterCommit)] {
        let calls = calls(unique);
        for nth in writes(unique) {
            cases.extend((1..=calls).map(|again| Case {
                nth,
                blow: Blow::KilledTwice(again, point),
                unique,
                person: false,
            }));
        }
    }
    play_all("killed twice", cases, |case| (case.blow, case.play()));
}

/// The audit must be able to fail: a twin, a loss, a wrong value, an orphan, a touched foreign contact.
#[test]
fn the_audit_notices_every_harm() {
    let check = |harm: &str, word: &str, act: Act| {
        let (stage, leads, foreign) = stage(true);
        stage.cycle();
        audit(&stage, &leads, &[], &foreign);
        stage.person(act);
        let cause = catch_unwind(AssertUnwindSafe(|| audit(&stage, &leads, &[], &foreign))).expect_err(harm);
        assert!(said(cause.as_ref()).contains(word), "{harm}: {}", said(cause.as_ref()));
    };
    let values = |list: &[(&str, &str)]| {
        list.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    };
    let owned =
        |token: &str| values(&[("trackingsource", token), ("hubspot_owner_id", crate::support::OWNER)]);
    check("a twin", "two contacts", Act::Create { properties: owned("ID:R00041") });
    check("a stranger", "lost or too many", Act::Create { properties: owned("ID:R00099") });
    check("a loss", "lost or too many", Act::Archive { id: 107 });
    check(
        "a wrong value",
        "phone of R00007",
        Act::Set { id: 107, properties: values(&[("phone", "+19705550999")]) },
    );
    check(
        "a foreign contact",
        "was touched",
        Act::Set { id: 901, properties: values(&[("phone", "+19705550999")]) },
    );
}
