//! Taking the first run back, end to end.

use serde_json::{Value, json};

use crate::{
    support::{Lead, Ran, contact, lead, save},
    sweep::stage::{Scenery, Stage, Timing},
};

/// Twelve leads with contacts, of which three have another phone, and two without.
struct Office {
    stage: Stage,
    leads: Vec<Lead>,
    first: String,
}

impl Office {
    /// After the first run; nothing but archives is near its limit.
    fn untouched() -> Self {
        Self::under("conflicts_percent: 100")
    }

    /// After the first run, under one more limit.
    fn under(limit: &str) -> Self {
        let leads: Vec<Lead> = (1..=14).map(lead).collect();
        let mut contacts: Vec<_> =
            leads[..12].iter().zip(101..).map(|(lead, id)| contact(lead, id)).collect();
        for (at, one) in contacts.iter_mut().take(3).enumerate() {
            one["properties"]["phone"] = json!(format!("970 555 {:04}", 2_000 + at));
        }
        let stage = Stage::new(&leads, &Scenery { contacts, unique: true, lag_ms: 0 });
        stage.configured(true, Timing::Short, |text| {
            text.replace(
                "creates_percent:",
                &format!("archives_percent: 100\n      {limit}\n      creates_percent:"),
            )
        });
        let (code, run) = stage.cycle();
        assert_eq!((code, &run["changes"]), (0, &json!({ "archive": 0, "create": 2, "update": 3 })), "{run}");
        Self { first: run["run"].as_str().unwrap().to_owned(), stage, leads }
    }

    /// After the first run, a person has changed one phone and one of the two new contacts.
    fn new() -> Self {
        Self::untouched().meddled()
    }

    fn meddled(self) -> Self {
        let office = self;
        office.stage.edit(102, "phone", "+19705550191");
        office.stage.edit(office.created("R00014"), "city", "Fraser");
        office
    }

    fn created(&self, key: &str) -> u64 {
        let memory = self.stage.memory();
        let link = memory.links.values().find(|link| link.entity.as_str() == key).unwrap();
        link.remote.as_str().parse().unwrap()
    }

    fn is_there(&self, id: u64) -> bool {
        self.stage.contacts().iter().any(|contact| contact.id == id)
    }

    /// Asks for the first run to be taken back; gives what was said.
    fn ask(&self) -> (i32, Value) {
        let ran = self.stage.run(&["undo", "--run", &self.first, "--yes", "--json"]);
        (ran.code, ran.json())
    }

    /// Takes the first run back, archives included; gives what was said.
    fn undo(&self) -> (i32, Value) {
        let (code, said) = self.ask();
        assert_eq!((code, &said["run"]["halts"][0]["rule"]), (3, &json!("archives")), "{said}");
        let plan = said["run"]["plan"].as_str().unwrap();
        self.approve(plan, "archives").expect(0);
        let ran = self.stage.run(&["apply", plan, "--json"]);
        (ran.code, ran.json())
    }

    fn approve(&self, plan: &str, halt: &str) -> Ran {
        let words = ["--halt", halt, "--max", "2", "--reason", "they may go"];
        self.stage.run(&[&["approve", plan][..], &words].concat())
    }

    /// A cycle, and how many writes it sent.
    fn cycle(&self) -> usize {
        let before = self.stage.writes();
        self.stage.cycle();
        self.stage.writes() - before
    }
}

#[test]
fn the_first_run_is_taken_back_as_far_as_it_is_still_ours() {
    let office = Office::new();
    let (unmodified, touched) = (office.created("R00013"), office.created("R00014"));
    let shown = office.stage.run(&["undo", "--run", &office.first]);
    assert!(shown.out.contains("cannot undo phone of R00002") && shown.out.contains("R00014"), "{shown:?}");
    let (code, said) = office.undo();
    assert_eq!(
        (code, &said["run"]["changes"]),
        (4, &json!({ "archive": 1, "create": 0, "update": 2 })),
        "{said}"
    );
    let phones = [101, 102, 103].map(|id| office.stage.value(id, "phone"));
    assert_eq!(phones, ["970 555 2000", "+19705550191", "970 555 2002"]);
    assert!(!office.is_there(unmodified) && office.is_there(touched));
    office.stage.verify();
}

#[test]
fn after_an_undo_the_next_cycle_writes_nothing_and_undoing_again_changes_nothing() {
    let office = Office::untouched();
    let (code, said) = office.undo();
    assert_eq!(
        (code, &said["run"]["changes"]),
        (0, &json!({ "archive": 2, "create": 0, "update": 3 })),
        "{said}"
    );
    assert_eq!(office.cycle(), 0, "what was taken back was done again");
    let before = office.stage.writes();
    let (code, said) = office.ask();
    assert_eq!((code, office.stage.writes()), (4, before), "{said}");
    // The two archives are not brought back through the interface, and that is said.
    assert_eq!(said["left_alone"].as_array().unwrap().len(), 2, "{said}");
    let phones = [101, 102, 103].map(|id| office.stage.value(id, "phone"));
    assert_eq!(phones, ["970 555 2000", "970 555 2001", "970 555 2002"]);
    assert_eq!(office.stage.contacts().len(), 12);
}

#[test]
fn a_changed_source_or_a_person_ends_the_hold_of_an_undo() {
    let mut office = Office::new();
    office.undo();
    office.cycle();
    office.leads[0][4] = "970-555-0155".into();
    save(&office.stage.path("leads.xlsx"), &office.leads);
    assert_eq!(office.cycle(), 1);
    assert_eq!(office.stage.value(101, "phone"), "+19705550155");
    assert_eq!(office.stage.value(103, "phone"), "970 555 2002");
    office.stage.run(&["review", "decide", "hold/portal/R00003/*", "--release"]).expect(0);
    assert_eq!(office.cycle(), 1);
    assert_eq!(office.stage.value(103, "phone"), "+19705550103");
    assert_eq!(office.cycle(), 0);
}

/// Two of fourteen are above the limit for conflicts: a person says whether the rest shall go back.
#[test]
fn an_undo_that_meets_many_edits_waits_for_an_approval_of_its_plan() {
    let office = Office::under("conflicts_percent: 5\n      free: 1").meddled();
    let shown = office.stage.run(&["undo", "--run", &office.first, "--json"]).expect(3).json();
    let plan = shown["hint"].as_str().unwrap().split(' ').nth(2).unwrap();
    for halt in ["too_many_conflicts", "archives"] {
        office.approve(plan, halt).expect(0);
    }
    let applied = office.stage.run(&["apply", plan, "--yes", "--json"]).expect(4).json();
    assert_eq!(applied["run"]["changes"], json!({ "archive": 1, "create": 0, "update": 2 }), "{applied}");
}

#[test]
fn a_few_conflicts_in_a_small_portal_do_not_halt_an_undo() {
    let office = Office::under("conflicts_percent: 5").meddled();
    let (code, said) = office.undo();
    assert_eq!(code, 4, "{said}");
    assert_eq!(said["run"]["changes"], json!({ "archive": 1, "create": 0, "update": 2 }), "{said}");
}

#[test]
fn the_plan_of_a_halted_run_can_be_approved_and_applied() {
    let mut office = Office::untouched();
    let strict = |text: String| text.replace("updates_percent: 100", "updates_percent: 30");
    office.stage.configured(true, Timing::Short, strict);
    assert_eq!(office.cycle(), 0);
    office.leads.iter_mut().zip(30..).for_each(|(lead, number)| lead[4] = format!("970-555-01{number}"));
    save(&office.stage.path("leads.xlsx"), &office.leads);
    let before = office.stage.writes();
    let (code, run) = office.stage.cycle();
    assert_eq!((code, &run["halts"][0]["rule"]), (3, &json!("too_many_updates")), "{run}");
    let plan = run["plan"].as_str().unwrap();
    let approval = ["approve", plan, "--halt", "too_many_updates", "--max", "14", "--reason", "new numbers"];
    office.stage.run(&approval).expect(0);
    assert_eq!(office.stage.writes(), before);
    let applied = office.stage.run(&["apply", plan, "--yes", "--json"]).expect(0).json();
    assert_eq!(applied["run"]["changes"]["update"], json!(14), "{applied}");
}

#[test]
fn archives_wait_for_an_approval_and_without_it_nothing_of_their_plan_is_sent() {
    let office = Office::untouched();
    let before = office.stage.writes();
    let ran = office.stage.run(&["undo", "--run", &office.first, "--yes"]).expect(3);
    assert_eq!(office.stage.writes(), before, "{ran:?}");
    let plan = ran.last_line().split(' ').nth(3).unwrap().to_owned();
    let want = format!("help: trueup approve {plan} --halt archives --max 2 --reason \"…\"");
    assert_eq!(ran.last_line(), want);
    office.stage.run(&["apply", &plan, "--yes"]).expect(3);
    assert_eq!(office.stage.writes(), before);
    office.approve(&plan, "archives").expect(0);
    let done = office.stage.run(&["apply", &plan, "--json"]).expect(0).json();
    assert_eq!(done["run"]["changes"], json!({ "archive": 2, "create": 0, "update": 3 }), "{done}");
    assert_eq!(done["run"]["command"], "undo");
    let again = office.stage.run(&["apply", &plan]).expect(0);
    assert!(again.out.starts_with("nothing to do"), "{}", again.out);
}

#[test]
fn an_undo_that_can_undo_nothing_says_what_it_left_alone_and_why() {
    let office = Office::new();
    office.stage.run(&["undo", "--record", "R00002", "--yes"]).expect(4);
    let said = office.stage.run(&["undo", "--record", "R00002", "--yes", "--json"]).expect(4).json();
    assert_eq!(said["left_alone"], json!(["phone of R00002 on portal: it was changed since"]), "{said}");
    assert_eq!((&said["run"]["command"], &said["run"]["conflicts"]), (&json!("undo"), &json!(1)), "{said}");
    let items = office.stage.run(&["review", "--json"]).json();
    assert_eq!(items["items"][0]["handle"], "conflict/portal/R00002/phone", "{items}");
    let shown = office.stage.run(&["undo", "--record", "R00002", "--yes"]).expect(4);
    assert!(shown.out.contains("R00002 phone was changed since"), "{}", shown.out);
    assert!(!shown.out.contains("moved on both sides"), "{}", shown.out);
}

#[test]
fn an_undo_leaves_what_is_open_elsewhere_open_and_out_of_its_plan() {
    let office = Office::untouched();
    office.stage.edit(105, "city", "Fraser");
    assert_eq!(office.stage.cycle().0, 4);
    let open = office.stage.memory().findings;
    assert_eq!(open.len(), 1);
    let ran = office.stage.run(&["undo", "--record", "R00001", "--yes"]).expect(0);
    assert!(!ran.out.contains("R00005") && ran.out.contains("0 findings"), "{}", ran.out);
    assert!(ran.out.contains("~ R00001 Ada1 Lovelace1"), "{}", ran.out);
    assert_eq!(office.stage.memory().findings, open);
}
