//! Stories of accidents that the program promises to survive: each file `scenarios/*.txt` is played by the real
//! binary against the sandbox, and what it says is recorded in the same file.
//!
//! | line | means |
//! |---|---|
//! | `# text` | what the story is about |
//! | `$ trueup …` | the program is run; its words may be quoted |
//! | `> verb …` | the harness does something to the workbook, the portal, the file or the clock ([`stage`]) |
//! | four spaces | a line of what the verb above works with, such as a row of a table |
//! | `! text` | recorded: what the program said on standard error |
//! | `\| text` | recorded: what stood on standard output, or what the verb found |
//! | `= exit n` | recorded: the exit code |
//!
//! `UPDATE=1 cargo test -p trueup --test it scenarios` records anew; the difference is what a reviewer reads.
//! What changes from run to run is replaced in one place ([`mask`]); `{plan 1}` and `{run 1}` may be used in later
//! commands and mean what they stood for.

mod book;
mod damage;
mod diff;
mod hand;
mod mask;
mod script;
mod stage;

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Mutex,
};

use script::{Part, Script};
use stage::Stage;

/// How many scenarios are played at once.
const WORKERS: usize = 4;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios")
}

/// Every scenario, in the order of their names; beginnings lie in a folder of their own.
fn files() -> Vec<PathBuf> {
    let entries = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> =
        entries.filter(|path| path.extension().is_some_and(|end| end == "txt")).collect();
    files.sort();
    files
}

/// Plays a scenario and gives the text as it should be recorded.
fn play(text: &str) -> Result<String, String> {
    let mut script = Script::parse(text)?;
    if script.commands() == 0 {
        return Err("it holds no command of the program".to_owned());
    }
    let mut stage = Stage::set(folder().join("beginnings"));
    for part in &mut script.parts {
        if let Part::Step(step) = part {
            step.output = stage.step(step).map_err(|error| format!("line {}: {error}", step.line))?;
        }
    }
    Ok(script.to_string())
}

/// Plays one file, and says in what it differs from the record.
fn check(path: &Path, update: bool) -> Option<String> {
    let name = format!("scenarios/{}", path.file_name().unwrap().to_string_lossy());
    let recorded = fs::read_to_string(path).unwrap();
    match play(&recorded) {
        Err(error) => Some(format!("{name}: {error}")),
        Ok(played) if played == recorded => None,
        Ok(played) if update => {
            fs::write(path, played).unwrap();
            None
        }
        Ok(played) => Some(format!("{name} (recorded -, played +):\n{}", diff::lines(&recorded, &played))),
    }
}

#[test]
fn every_scenario_ends_as_it_is_recorded() {
    let update = std::env::var_os("UPDATE").is_some_and(|value| value == "1");
    let only = std::env::var("SCENARIO").unwrap_or_default();
    let chosen = files().into_iter().filter(|path| path.to_string_lossy().contains(&only));
    let waiting = Mutex::new(chosen.collect::<Vec<_>>());
    assert!(!waiting.lock().unwrap().is_empty(), "no scenario is called '{only}'");
    let failed = Mutex::new(Vec::new());
    let work = || {
        while let Some(path) = { waiting.lock().unwrap().pop() } {
            let difference = check(&path, update);
            failed.lock().unwrap().extend(difference);
        }
    };
    std::thread::scope(|scope| (0..WORKERS).for_each(|_| drop(scope.spawn(work))));
    let mut failed = failed.into_inner().unwrap();
    failed.sort();
    assert!(failed.is_empty(), "{}\n\n`UPDATE=1` records anew", failed.join("\n\n"));
}

#[test]
fn a_scenario_without_a_command_is_refused() {
    assert_eq!(
        play("# nothing happens\n> clock +1m\n"),
        Err("it holds no command of the program".to_owned())
    );
}

#[test]
fn another_output_than_the_recorded_one_is_shown_as_a_difference() {
    let played = play("$ trueup --version\n| trueup 99\n= exit 0\n").unwrap();
    assert!(played.starts_with("$ trueup --version\n| trueup ") && !played.contains("99"), "{played}");
    let shown = diff::lines("a\nb\nc\n", "a\nB\nc\n");
    assert_eq!(shown, "  a\n- b\n+ B\n  c\n");
}
