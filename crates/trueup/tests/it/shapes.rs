//! The published schema of every JSON output, against real outputs.

use std::{collections::BTreeMap, fs, path::Path};

use serde_json::{Value, json};

use crate::support::{Bench, Ran, contact, lead, run_in};

/// Every published schema, by the name an output carries.
fn schemas() -> BTreeMap<String, Value> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas");
    let files = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    let parsed = files.map(|path| serde_json::from_str::<Value>(&fs::read_to_string(path).unwrap()).unwrap());
    parsed.map(|schema| (schema["title"].as_str().unwrap().to_owned(), schema)).collect()
}

/// Checks an output against the published schema of this name.
#[track_caller]
pub(crate) fn check(ran: &Ran, name: &str) {
    fits(&ran.json(), name);
}

/// Checks one document against the published schema of this name.
#[track_caller]
pub(crate) fn fits(json: &Value, name: &str) {
    assert_eq!(json["schema"], name);
    let problems = problems(&schemas()[name], json);
    assert!(problems.is_empty(), "{name}: {problems:#?}\n{json:#}");
}

fn problems(schema: &Value, json: &Value) -> Vec<String> {
    let validator = jsonschema::validator_for(schema).unwrap();
    validator.iter_errors(json).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

#[test]
fn every_output_fits_its_published_schema() {
    let mut contacts: Vec<Value> = (1..=12).map(|number| contact(&lead(number), 100 + number)).collect();
    contacts[0]["properties"]["phone"] = json!("970 555 0177");
    contacts[3]["properties"]["email"] = json!("stranger@example.org");
    contacts[3]["properties"]["hs_additional_emails"] = json!("");
    let leads: Vec<_> = (1..=12).map(lead).collect();
    let bench = Bench::new(&leads, &contacts);
    // Under this limit the plan has a halt that can be approved.
    bench.configure(|text| text.replace("updates_percent: 30", "updates_percent: 1\n      free: 0"));
    let plans = bench.run(&["plan", "--json"]);
    check(&plans, "trueup.plans/v1");
    let id = plans.json()["plans"][0]["id"].as_str().unwrap().to_owned();
    check(&bench.run(&["show", &id, "--json"]), "trueup.show/v1");
    check(
        &bench.run(&["approve", &id, "--halt", "too_many_updates", "--max", "12", "--reason", "x", "--json"]),
        "trueup.approval/v1",
    );
    bench.configure(|text| text);
    check(&bench.run(&["run", "--json"]), "trueup.cycle/v1");
    check(&bench.run(&["run", "--first", "--json"]), "trueup.cycle/v1");
    check(&bench.run(&["apply", "--yes", "--json"]), "trueup.applied/v1");
    check(&bench.run(&["status", "--json"]), "trueup.status/v1");
    check(&bench.run(&["review", "--json"]), "trueup.review/v1");
    check(&bench.run(&["review", "show", "F1/*", "--json"]), "trueup.review/v1");
    check(&bench.run(&["review", "decide", "F1/*", "--accept", "--json"]), "trueup.decided/v1");
    check(&bench.run(&["why", "R00001", "phone", "--json"]), "trueup.why/v1");
    check(&bench.run(&["show", "R00001", "--json"]), "trueup.show/v1");
    check(&bench.run(&["history", "--json"]), "trueup.history/v1");
    check(&bench.run(&["history", "R00001", "--json"]), "trueup.history/v1");
    check(&bench.run(&["undo", "--yes", "--json"]), "trueup.applied/v1");
    check(&bench.run(&["check", "--connect", "--json"]), "trueup.check/v1");
    check(&bench.run(&["verify", "--json"]), "trueup.verify/v1");
    check(&bench.run(&["verify", "--json", "--redacted"]), "trueup.verify/v1");
    check(&bench.run(&["prove", "--json"]), "trueup.proof/v1");
    check(&bench.run(&["show", "nobody", "--json"]), "trueup.error/v1");
}

#[test]
fn outputs_that_need_no_system_fit_their_schemas_too() {
    let folder = tempfile::TempDir::new().unwrap();
    check(&run_in(folder.path(), &["init", "--json"]), "trueup.init/v1");
    check(
        &run_in(folder.path(), &["demo", "--files-only", "--dir", "stage", "--json"]),
        "trueup.demo-files/v1",
    );
    check(&run_in(folder.path(), &["check", "--json"]), "trueup.check/v1");
    check(&run_in(folder.path(), &["--version", "--json"]), "trueup.version/v1");
    check(&run_in(folder.path(), &["completions", "fish", "--json"]), "trueup.completions/v1");
    check(&run_in(folder.path(), &["plan", "--sumary", "--json"]), "trueup.error/v1");
}

#[test]
fn a_schema_notices_what_does_not_fit() {
    let schema = &schemas()["trueup.review/v1"];
    assert!(problems(schema, &json!({ "schema": "trueup.review/v1", "items": [] })).is_empty());
    assert!(!problems(schema, &json!({ "schema": "trueup.review/v1", "items": null })).is_empty());
    assert!(!problems(schema, &json!({ "schema": "trueup.review/v1", "items": [], "more": 1 })).is_empty());
}
