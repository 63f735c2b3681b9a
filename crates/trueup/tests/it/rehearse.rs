//! `rehearse`: the user's own configuration holds under seeds, and nothing of theirs is asked, read or written.

use std::{fs, path::Path};

use crate::support::{Bench, Ran, program, run_in};

/// The configuration of the example, alone in a folder: without its workbook, its token and a portal.
fn alone() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let example =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/a-workbook-to-hubspot/trueup.yaml");
    fs::copy(example, folder.path().join("trueup.yaml")).unwrap();
    folder
}

fn rehearse(folder: &Path, from: &str, flags: &[&str]) -> Ran {
    run_in(folder, &[&["rehearse", "--seeds", "3", "--from", from], flags].concat())
}

#[test]
fn the_example_holds_without_its_workbook_its_token_or_a_portal_and_leaves_nothing_behind() {
    let folder = alone();
    let text = rehearse(folder.path(), "5", &[]).expect(0);
    assert_eq!(text.last_line(), "every invariant held in 3 seeds");
    assert!(
        text.out.contains("fault.hubspot.") && text.out.contains("leads: 3 seeds, 0 failing"),
        "{}",
        text.out
    );
    let left: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|file| file.unwrap().file_name()).collect();
    assert_eq!(left, ["trueup.yaml"]);
}

#[test]
fn the_same_seeds_come_to_the_same_and_others_to_something_else() {
    let folder = alone();
    let sum = |from: &str| {
        let mut json = rehearse(folder.path(), from, &["--json"]).expect(0).json();
        crate::shapes::fits(&json, "trueup.rehearse/v1");
        let pipeline = json["pipelines"][0].as_object_mut().unwrap();
        // How fast this machine is differs from run to run.
        pipeline.retain(|name, _| !["sims_per_s_core", "by_kind"].contains(&name.as_str()));
        json
    };
    let json = sum("5");
    assert_eq!((&json["held"], &json["pipelines"][0]["seeds"]), (&true.into(), &3.into()));
    assert_eq!(json, sum("5"));
    assert_ne!(json, sum("50"));
}

#[test]
fn a_new_configuration_is_rehearsed_where_no_token_is_set() {
    let folder = tempfile::tempdir().unwrap();
    run_in(folder.path(), &["init", "--template", "a"]).expect(0);
    let rehearse = || -> Ran {
        let mut program = program(folder.path());
        program.env_remove("HUBSPOT_TOKEN").args(["rehearse", "--seeds", "1"]).output().unwrap().into()
    };
    let ran = rehearse().expect(0);
    assert_eq!(ran.last_line(), "every invariant held in 1 seed");
    assert!(
        ran.out.contains("leads: 1 seed, 0 failing, ") && ran.out.contains(" virtual days"),
        "{}",
        ran.out
    );
    // A file that cannot be opened is not tried either.
    let text = fs::read_to_string(folder.path().join("trueup.yaml")).unwrap();
    let text = text.replace("${HUBSPOT_TOKEN}", "file:no/such.token");
    fs::write(folder.path().join("trueup.yaml"), text).unwrap();
    rehearse().expect(0);
}

#[test]
fn every_fault_that_is_told_stands_in_the_list_of_faults_and_a_portal_has_one_prefix() {
    let list = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference/faults.md");
    let list = fs::read_to_string(list).unwrap();
    let json = run_in(alone().path(), &["rehearse", "--seeds", "30", "--json"]).expect(0).json();
    let told: Vec<&String> = json["pipelines"][0]["faults"].as_object().unwrap().keys().collect();
    for name in &told {
        assert!(list.contains(&format!("| `{name}` |")), "{name}");
    }
    for name in ["fault.hubspot.slow", "fault.hubspot.denied", "fault.engine.frozen"] {
        assert!(told.iter().any(|told| *told == name), "{name} is not among {told:?}");
    }
}

#[test]
fn a_real_portal_hears_nothing() {
    let bench = Bench::two_phones_apart(12);
    bench.run(&["rehearse", "--seeds", "2"]).expect(0);
    assert!(bench.portal.requests().is_empty());
    assert!(!bench.path(".trueup").exists());
}

#[test]
fn no_seed_is_wrong_use() {
    rehearse(alone().path(), "5", &["--pipeline", "nobody"]).expect(2);
    run_in(alone().path(), &["rehearse", "--seeds", "0"]).expect(2);
}

#[test]
fn seeds_beyond_the_last_one_are_refused_with_the_last_that_there_are() {
    let ran = rehearse(alone().path(), "18446744073709551614", &[]).expect(2);
    assert!(
        ran.err.ends_with("help: trueup rehearse --seeds 3 --from 18446744073709551612\n"),
        "{}",
        ran.err
    );
}
