//! Seed A in small: plan, apply, run, status, review, why, show, history, undo.

use std::{
    fs,
    io::{BufRead, BufReader},
    process::Stdio,
};

use serde_json::{Value, json};

use crate::support::{Bench, Ran, contact, lead, program};

#[test]
fn a_plan_shows_two_phones_and_applying_it_writes_them_and_nothing_else() {
    let bench = Bench::two_phones_apart(12);
    let planned = bench.run(&["plan", "--json"]).expect(0).json();
    let plan = &planned["plans"][0];
    assert_eq!(plan["totals"]["verbs"], json!({ "archive": 0, "create": 0, "update": 2 }));
    assert_eq!(bench.portal.writes(), 0);
    let id = plan["id"].as_str().unwrap();
    let applied = bench.run(&["apply", id, "--yes", "--json"]).expect(0).json();
    assert_eq!(applied["run"]["changes"]["update"], 2);
    assert_eq!(applied["run"]["requests"], applied["run"]["planned_requests"]);
    assert_eq!(bench.portal.value(101, "phone"), "+19705550101");
    assert_eq!(bench.portal.value(102, "phone"), "+19705550102");
}

#[test]
fn the_same_plan_applied_twice_writes_nothing_the_second_time_and_says_so() {
    let bench = Bench::two_phones_apart(12);
    let plan = bench.run(&["plan", "--json"]).json()["plans"][0]["id"].as_str().unwrap().to_owned();
    bench.run(&["apply", &plan, "--yes"]).expect(0);
    let writes = bench.portal.writes();
    let again = bench.run(&["apply", &plan, "--yes"]).expect(0);
    assert!(again.out.starts_with("nothing to do"), "{}", again.out);
    assert_eq!(bench.portal.writes(), writes);
}

#[test]
fn the_first_run_only_plans_until_a_person_says_that_it_is_the_first() {
    let bench = Bench::two_phones_apart(12);
    let halted = bench.run(&["run"]).expect(3);
    assert!(halted.last_line().starts_with("help: trueup show"), "{}", halted.out);
    assert_eq!(bench.portal.writes(), 0);
    bench.run(&["run", "--first"]).expect(0);
    assert_eq!(bench.portal.value(101, "phone"), "+19705550101");
    let steady = bench.run(&["run", "--json"]).expect(0).json();
    assert_eq!(steady["runs"][0]["requests"]["write"], 0);
}

#[test]
fn a_plan_file_is_applied_exactly_and_is_void_once_memory_moved() {
    let bench = Bench::two_phones_apart(12);
    bench.run(&["plan", "-o", "plan.json"]).expect(0);
    let mut leads: Vec<_> = (1..=12).map(lead).collect();
    leads[4][4] = "970-555-0166".into();
    bench.save(&leads);
    bench.run(&["run", "--first"]).expect(0);
    let writes = bench.portal.writes();
    let void = bench.run(&["apply", "plan.json", "--yes"]).expect(3);
    assert_eq!(void.last_line(), "help: trueup plan");
    assert_eq!(bench.portal.writes(), writes);
    let shown = bench.run(&["show", "plan.json"]).expect(0);
    assert!(shown.last_line().contains("void"), "{}", shown.out);
}

#[test]
fn a_mass_change_is_halted_until_its_own_approval_lets_it_pass() {
    let mut leads: Vec<_> = (1..=20).map(lead).collect();
    let contacts: Vec<_> = leads.iter().enumerate().map(|(at, lead)| contact(lead, 101 + at)).collect();
    for (at, lead) in leads.iter_mut().enumerate() {
        lead[4] = format!("970-555-01{:02}", 40 + at);
    }
    let bench = Bench::new(&leads, &contacts);
    let plan = bench.run(&["plan", "--json"]).expect(3).json()["plans"][0]["id"].as_str().unwrap().to_owned();
    let approve = |halt: &str, max: &str| {
        bench.run(&["approve", &plan, "--halt", halt, "--max", max, "--reason", "new numbers"])
    };
    let low = approve("too_many_updates", "19").expect(2);
    assert!(low.err.contains("20 of 20"), "{}", low.err);
    let other = approve("too_many_creates", "20").expect(2);
    assert!(other.err.contains("it has: too_many_updates"), "{}", other.err);
    let refused = bench.run(&["apply", &plan, "--yes"]).expect(3);
    assert!(refused.last_line().starts_with("help: trueup approve"), "{}", refused.out);
    assert_eq!(bench.portal.writes(), 0);
    approve("too_many_updates", "20").expect(0);
    bench.run(&["apply", &plan]).expect(0);
    assert_eq!(bench.portal.value(101, "phone"), "+19705550140");
    let history = bench.run(&["history"]).expect(0);
    assert!(history.out.contains("approved up to 20 by ada"), "{}", history.out);
}

#[test]
fn nothing_is_applied_when_nobody_can_be_asked() {
    let bench = Bench::two_phones_apart(12);
    let refused = bench.run(&["apply"]).expect(2);
    assert!(refused.err.contains("--yes"), "{}", refused.err);
    assert_eq!(bench.portal.writes(), 0);
}

#[test]
fn a_plan_that_is_halted_is_not_asked_about_and_names_the_approval() {
    let mut leads: Vec<_> = (1..=20).map(lead).collect();
    let contacts: Vec<_> = leads.iter().enumerate().map(|(at, lead)| contact(lead, 101 + at)).collect();
    let bench = Bench::new(&leads, &contacts);
    bench.run(&["run", "--first"]).expect(0);
    for (at, lead) in leads.iter_mut().enumerate() {
        lead[4] = format!("970-555-01{:02}", 40 + at);
    }
    bench.save(&leads);
    let plan = bench.run(&["plan", "--json"]).expect(3).json()["plans"][0]["id"].as_str().unwrap().to_owned();
    let help =
        format!("help: trueup approve {} --halt too_many_updates --max 20 --reason \"…\"\n", &plan[..8]);
    for args in [&["apply", &plan][..], &["apply"]] {
        let refused = bench.run(args).expect(3);
        assert!(refused.err.ends_with(&help) && refused.err.contains("20 of 20"), "{}", refused.err);
    }
    bench.run(&["approve", &plan, "--halt", "too_many_updates", "--max", "20", "--reason", "x"]).expect(0);
    bench.run(&["apply", &plan]).expect(0);
    let undo = bench.run(&["undo"]).expect(3);
    assert!(undo.err.contains("help: trueup approve"), "{}", undo.err);
}

#[test]
fn memory_is_read_and_decided_about_without_any_secret() {
    let bench = Bench::two_phones_apart(12);
    bench.run(&["run", "--first"]).expect(0);
    bench.run(&["undo", "--yes"]).expect(0);
    let release = ["review", "decide", "hold/*", "--release"];
    for args in [&["status"][..], &["review"], &["history"], &["why", "R00001", "phone"], &release] {
        let mut program = program(bench.folder.path());
        let ran: Ran = program.env_remove("HUBSPOT_TOKEN").args(args).output().unwrap().into();
        ran.expect(0);
    }
    bench.run(&["plan", "--detect"]).expect(5);
}

#[test]
fn two_contacts_with_one_token_are_a_finding_that_a_person_decides() {
    let leads: Vec<_> = (1..=12).map(lead).collect();
    let mut contacts: Vec<_> = leads.iter().enumerate().map(|(at, lead)| contact(lead, 101 + at)).collect();
    let mut twin = contact(&leads[2], 557);
    twin["properties"]["email"] = json!("twin@example.org");
    twin["properties"]["hs_additional_emails"] = json!("");
    contacts.push(twin);
    let bench = Bench::new(&leads, &contacts);
    bench.run(&["run", "--first"]).expect(4);
    let found = bench.run(&["review", "--json"]).expect(0).json();
    let handle = found["items"][0]["handle"].as_str().unwrap();
    assert_eq!(handle, "F2/portal/R00003");
    assert!(bench.run(&["review", "show", handle]).expect(0).out.contains("557"));
    bench.run(&["review", "decide", handle, "--choose", "999"]).expect(2);
    bench.run(&["review", "decide", handle, "--choose", "103"]).expect(0);
    let planned = bench.run(&["plan", "--json"]).json();
    let open: Vec<_> =
        planned["plans"][0]["findings"].as_array().unwrap().iter().map(|one| &one["handle"]).collect();
    assert!(!open.contains(&&json!(handle)), "{open:?}");
}

#[test]
fn why_names_both_values_the_class_the_run_and_the_request() {
    let bench = Bench::two_phones_apart(12);
    let run = bench.run(&["run", "--first", "--json"]).expect(0).json()["runs"][0]["run"]
        .as_str()
        .unwrap()
        .to_owned();
    let why = bench.run(&["why", "R00001", "phone"]).expect(0);
    for part in ["+19705550101", "970 555 0177", "D6", "phone differs", &run, "request"] {
        assert!(why.out.contains(part), "{part} is not in {}", why.out);
    }
    let wrong = bench.run(&["why", "R0001", "phone"]).expect(2);
    assert!(wrong.err.contains("did you mean 'R00001'?"), "{}", wrong.err);
    let wrong = bench.run(&["why", "R00001", "phon"]).expect(2);
    assert!(wrong.err.contains("did you mean 'phone'?"), "{}", wrong.err);
    let calm = bench.run(&["why", "R00005", "phone"]).expect(0);
    assert!(calm.last_line().starts_with("in agreement"), "{}", calm.out);
}

#[test]
fn a_record_is_shown_side_by_side_with_its_differences_marked() {
    let bench = Bench::two_phones_apart(12);
    bench.run(&["run", "--first"]).expect(0);
    let leads: Vec<_> = (1..=12)
        .map(|number| {
            let mut lead = lead(number);
            lead[5] = "Granby".into();
            lead
        })
        .collect();
    bench.save(&leads);
    let shown = bench.run(&["show", "R00003", "--json"]).expect(0).json();
    let fields = shown["record"]["fields"].as_array().unwrap();
    let differing: Vec<_> =
        fields.iter().filter(|row| row["differs"] == true).map(|row| row["field"].clone()).collect();
    assert_eq!(differing, ["city"]);
}

#[test]
fn undo_restores_what_the_last_run_wrote_and_the_next_run_leaves_it() {
    let bench = Bench::two_phones_apart(12);
    bench.run(&["run", "--first"]).expect(0);
    bench.run(&["undo", "--yes"]).expect(0);
    assert_eq!(bench.portal.value(101, "phone"), "970 555 0177");
    let writes = bench.portal.writes();
    bench.run(&["run"]);
    assert_eq!(bench.portal.writes(), writes);
    let holds = bench.run(&["review", "--json"]).json();
    assert_eq!(holds["items"][0]["handle"], "hold/portal/R00001/phone");
    bench.run(&["review", "decide", "hold/*", "--release"]).expect(0);
    bench.run(&["run"]).expect(0);
    assert_eq!(bench.portal.value(101, "phone"), "+19705550101");
}

#[test]
fn all_holds_of_one_record_are_released_at_once_and_each_field_is_done_again() {
    let leads: Vec<_> = (1..=12).map(lead).collect();
    let mut contacts: Vec<_> = leads.iter().enumerate().map(|(at, lead)| contact(lead, 101 + at)).collect();
    contacts[0]["properties"]["phone"] = json!("970 555 0177");
    contacts[0]["properties"]["city"] = json!("Grand Lake Rd");
    let bench = Bench::new(&leads, &contacts);
    bench.run(&["run", "--first"]).expect(0);
    bench.run(&["undo", "--yes"]).expect(0);
    let decided = bench.run(&["review", "decide", "hold/*", "--release", "--json"]).expect(0).json();
    assert_eq!(decided["decided"], json!(["hold/portal/R00001/city", "hold/portal/R00001/phone"]));
    bench.run(&["run"]).expect(0);
    let value = |property| bench.portal.value(101, property);
    assert_eq!([value("city"), value("phone")], [json!("Grand Lake"), json!("+19705550101")]);
}

#[test]
fn an_undo_is_undone_like_any_run_and_history_names_the_command_for_each() {
    let bench = Bench::two_phones_apart(12);
    bench.run(&["run", "--first"]).expect(0);
    bench.run(&["undo", "--yes"]).expect(0);
    assert_eq!(bench.portal.value(101, "phone"), "970 555 0177");
    let ops = bench.run(&["history", "--ops", "--json"]).expect(0).json();
    assert_eq!(ops["runs"][0]["changes"]["update"], 2, "{ops}");
    bench.run(&["undo", "--yes"]).expect(0);
    assert_eq!(bench.portal.value(101, "phone"), "+19705550101");
    assert_eq!(bench.portal.value(102, "phone"), "+19705550102");
    let writes = bench.portal.writes();
    bench.run(&["run"]).expect(0);
    assert_eq!(bench.portal.writes(), writes, "what was put back agrees with the source");
    let ops = bench.run(&["history", "--ops", "--plain"]).expect(0).out;
    let rows: Vec<Vec<&str>> = ops.lines().map(|line| line.split('\t').collect()).collect();
    assert_eq!(rows.len(), 4, "{ops}");
    for row in &rows {
        let want = if row[4] == "0" { "-".to_owned() } else { format!("trueup undo --run {}", row[0]) };
        assert_eq!(row[5], want, "{ops}");
    }
}

#[test]
fn a_missing_workbook_is_unreadable_and_nothing_is_written() {
    let bench = Bench::two_phones_apart(12);
    fs::remove_file(bench.path("leads.xlsx")).unwrap();
    let failed = bench.run(&["run", "--first", "--json"]).expect(1).json();
    assert!(failed["runs"][0]["error"].as_str().unwrap().contains("leads.xlsx"));
    assert_eq!(bench.portal.writes(), 0);
}

#[test]
fn status_says_when_no_cycle_went_well_for_too_long() {
    let bench = Bench::two_phones_apart(12);
    bench.run(&["status", "--max-age", "30m"]).expect(1);
    bench.run(&["run", "--first"]).expect(0);
    bench.run(&["status", "--max-age", "30m"]).expect(0);
    bench.run(&["status", "--max-age", "1ms"]).expect(1);
    let status = bench.run(&["status", "--json"]).expect(0).json();
    assert_eq!(status["pipelines"][0]["agreement_percent"], 100.0);
}

#[test]
fn looking_never_writes_to_the_portal_nor_outside_the_state_directory() {
    let bench = Bench::two_phones_apart(12);
    bench.run(&["run", "--first"]).expect(0);
    let before = files(&bench);
    let writes = bench.portal.writes();
    for args in
        [&["status"][..], &["plan"], &["plan", "--detect"], &["review"], &["history"], &["history", "R00001"]]
    {
        bench.run(args);
    }
    assert_eq!(bench.portal.writes(), writes);
    assert_eq!(files(&bench), before);
}

fn files(bench: &Bench) -> Vec<(String, u64)> {
    let entries = fs::read_dir(bench.folder.path()).unwrap().map(Result::unwrap);
    let mut files: Vec<_> = entries
        .filter(|entry| entry.file_type().unwrap().is_file())
        .map(|entry| (entry.file_name().into_string().unwrap(), entry.metadata().unwrap().len()))
        .collect();
    files.sort();
    files
}

#[test]
fn detect_exits_five_only_while_there_is_something_to_do() {
    let bench = Bench::two_phones_apart(12);
    bench.run(&["plan", "--detect"]).expect(5);
    bench.run(&["run", "--first"]).expect(0);
    let calm = bench.run(&["plan", "--detect"]).expect(0);
    assert_eq!(calm.out.lines().count(), 1, "{}", calm.out);
}

#[test]
fn check_connect_tries_every_link_and_names_the_one_that_fails() {
    let bench = Bench::two_phones_apart(12);
    bench.run(&["check", "--connect"]).expect(0);
    let failed = |link: &str, words: &str| {
        let ran = bench.run(&["check", "--connect", "--json"]).expect(1).json();
        let bad: Vec<_> = ran["links"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|one| one["verdict"] == "failed")
            .cloned()
            .collect();
        assert!(
            bad.iter().any(|one| one["link"] == link && one["what"].as_str().unwrap().contains(words)),
            "{link} {words}: {bad:?}"
        );
    };
    bench.configure(|text| text.replace(&bench.portal.url, "http://127.0.0.1:1"));
    failed("port", "refused");
    bench.configure(|text| text.replace(&bench.portal.url, "https://nobody.invalid"));
    failed("name", "does not resolve");
    bench.configure(|text| text.replace("88361194", "4711"));
    failed("scope", "4711");
    bench.configure(|text| text.replace("commission_tier", "no_such_property"));
    failed("schema", "no_such_property");
    bench.configure(|text| text.replace("${HUBSPOT_TOKEN}", "file:wrong.token"));
    fs::write(bench.path("wrong.token"), "not-the-token").unwrap();
    failed("key", "401");
}

#[test]
fn run_every_without_a_time_goes_on_as_often_as_the_configuration_says() {
    let bench = Bench::two_phones_apart(2);
    bench.configure(|text| text.replace("every: 15m", "every: 50ms"));
    let mut command = program(bench.folder.path());
    command.args(["run", "--first", "--json", "--quiet", "--every"]);
    let mut going = command.stdout(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(going.stdout.take().unwrap()).lines();
    let cycles: Vec<Value> =
        lines.take(3).map(|line| serde_json::from_str(&line.unwrap()).unwrap()).collect();
    going.kill().unwrap();
    going.wait().unwrap();
    let updates: Vec<&Value> = cycles.iter().map(|cycle| &cycle["runs"][0]["changes"]["update"]).collect();
    assert_eq!(updates, [2, 0, 0]);
}
