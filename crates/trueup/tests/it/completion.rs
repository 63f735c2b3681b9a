//! What a shell is offered, asked for in the way its script asks.

use std::fs;

use tempfile::TempDir;
use trueup_core::{
    link::{How, Link},
    memory::Note,
};
use trueup_ports::Store;
use trueup_store::{Host, Options, SqliteStore};

use crate::{
    support::{Bench, program, run_in},
    sweep::stage::RUNTIME,
};

/// What fish would offer for the last of these words, without flags.
fn offers(folder: &std::path::Path, words: &[&str]) -> Vec<String> {
    let output = program(folder)
        .env("TRUEUP_COMPLETE", "fish")
        .env_remove("HUBSPOT_TOKEN")
        .args(["--", "trueup"])
        .args(words)
        .output()
        .unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    let values =
        text.lines().filter_map(|line| line.split('\t').next()).filter(|value| !value.starts_with('-'));
    values.map(str::to_owned).collect()
}

fn link(number: u32) -> Note {
    let (entity, remote) = (format!("R{number:06}"), number.to_string());
    let (entity, remote) = (entity.as_str().into(), remote.as_str().into());
    Note::Link(Box::new(Link::new(&"portal".into(), &entity, &remote, How::Token)))
}

fn remember(folder: &std::path::Path, links: u32) {
    let store = SqliteStore::open(&folder.join(".trueup/trueup.db"), Options::new(Host::new(|| 7))).unwrap();
    let notes = (1..=links).map(link).collect();
    RUNTIME.block_on(store.commit(&"leads".into(), None, notes)).unwrap();
}

#[test]
fn real_keys_are_offered_out_of_a_hundred_thousand() {
    let folder = TempDir::new().unwrap();
    run_in(folder.path(), &["init"]).expect(0);
    remember(folder.path(), 100_000);
    let ten: Vec<String> = (10..20).map(|number| format!("R0000{number}")).collect();
    for words in [&["why", "R00001"][..], &["history", "R00001"], &["undo", "--record", "R00001"]] {
        assert_eq!(offers(folder.path(), words), ten, "{words:?}");
    }
    assert_eq!(offers(folder.path(), &["show", "R00001"]), ten);
    assert_eq!(offers(folder.path(), &["why", "R"]).len(), 100, "no more than anybody reads");
    assert!(offers(folder.path(), &["why", "X"]).is_empty());
    assert_eq!(offers(folder.path(), &["why", "R000001", "pho"]), ["phone"]);
    assert_eq!(offers(folder.path(), &["plan", "--pipeline", "l"]), ["leads"]);
}

#[test]
fn runs_and_plans_are_offered_newest_first() {
    let bench = Bench::two_phones_apart(12);
    let plan = bench.run(&["plan", "--json"]).expect(0).json()["plans"][0]["id"].as_str().unwrap().to_owned();
    let run = bench.run(&["run", "--first", "--json"]).expect(0).json()["runs"][0]["run"]
        .as_str()
        .unwrap()
        .to_owned();
    let folder = bench.folder.path();
    assert_eq!(offers(folder, &["undo", "--run", ""]), std::slice::from_ref(&run));
    assert_eq!(offers(folder, &["undo", &format!("--run={}", &run[..4])]), Vec::<String>::new());
    for words in [["apply", &plan[..3]], ["show", &plan[..3]], ["approve", &plan[..3]]] {
        assert_eq!(offers(folder, &words), [plan[..8].to_owned()], "{words:?}");
    }
    assert_eq!(offers(folder, &["approve", &plan[..12]]), [plan[..12].to_owned()]);
    fs::write(bench.path("reviewed.json"), "").unwrap();
    assert_eq!(offers(folder, &["apply", "rev"]), ["reviewed.json"]);
}

#[test]
fn nothing_is_said_and_nothing_is_made_where_there_is_no_state() {
    let folder = TempDir::new().unwrap();
    for words in [&["why", ""][..], &["undo", "--run", ""], &["-c", "gone.yaml", "approve", ""]] {
        assert!(offers(folder.path(), words).is_empty(), "{words:?}");
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    run_in(folder.path(), &["init"]).expect(0);
    assert!(offers(folder.path(), &["why", ""]).is_empty());
    assert!(!folder.path().join(".trueup").exists());
    fs::write(folder.path().join("trueup.yaml"), "systems: [").unwrap();
    assert!(offers(folder.path(), &["why", ""]).is_empty());
    let unknown =
        program(folder.path()).env("TRUEUP_COMPLETE", "no-shell").args(["--", "trueup", ""]).output();
    let unknown = unknown.unwrap();
    assert!(
        unknown.status.success() && unknown.stdout.is_empty() && unknown.stderr.is_empty(),
        "{unknown:?}"
    );
}

#[test]
fn no_system_is_asked_and_the_state_stays_as_it_is() {
    let bench = Bench::two_phones_apart(12);
    bench.run(&["run", "--first"]).expect(0);
    let state = bench.path(".trueup");
    let look = || {
        let files = fs::read_dir(&state).unwrap().map(|file| file.unwrap().path());
        let mut all: Vec<_> = files.map(|path| (fs::read(&path).unwrap(), path)).collect();
        all.sort();
        (all, bench.portal.requests().len())
    };
    let before = look();
    assert_eq!(offers(bench.folder.path(), &["why", "R0000"]).len(), 9);
    assert!(before == look(), "a look left something behind");
}

#[test]
fn bash_completes_a_key_with_the_script_that_is_printed() {
    let bench = Bench::two_phones_apart(12);
    bench.run(&["run", "--first"]).expect(0);
    let script = bench.run(&["completions", "bash"]).expect(0).out;
    let program = std::path::Path::new(env!("CARGO_BIN_EXE_trueup")).parent().unwrap();
    let ask =
        "COMP_WORDS=(trueup why R0001); COMP_CWORD=2; COMP_TYPE=9; _clap_complete_trueup trueup R0001 why;
               printf '%s\\n' \"${COMPREPLY[@]}\"";
    let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap());
    let bash = std::process::Command::new("bash")
        .args(["--norc", "-c", &format!("{script}\n{ask}")])
        .current_dir(bench.folder.path())
        .env("PATH", path)
        .env_remove("TRUEUP_CONFIG")
        .output()
        .unwrap();
    assert_eq!(String::from_utf8(bash.stdout).unwrap(), "R00010\nR00011\nR00012\n");
}
