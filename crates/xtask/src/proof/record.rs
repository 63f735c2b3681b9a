//! Plays what was not played yet.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use super::{
    base,
    chunk::{Chunk, SCHEMA},
    commit::{self, Commit},
    machine::{machine, today},
};
use crate::suite::{self, Step, say};

/// Plays the missing chunks, each kept as soon as it is done.
pub(super) fn chunks(root: &Path, commit: &Commit, folder: &Path, (seeds, chunk): (u64, u64)) -> Result<()> {
    let program = build(root, commit, &[])?;
    for (from, count) in split(base(&commit.hash)?, seeds, chunk) {
        if folder.join(Chunk::file_name(from, count)).exists() {
            say(&format!("{count} seeds from {from}: recorded already"));
            continue;
        }
        let recorded = play(&program, &commit.hash, from, count)?;
        recorded.keep(folder)?;
        say(&format!("{count} seeds from {from}: {}", summary(&recorded.run)));
    }
    Ok(())
}

/// Builds the program with line tables, and puts a copy aside: later builds are other programs.
pub(super) fn build(root: &Path, commit: &Commit, features: &[&str]) -> Result<PathBuf> {
    let arguments = ["build", "--profile", "proof", "-p", "trueup-sim"];
    let arguments: Vec<&str> = arguments.iter().chain(features).copied().collect();
    suite::run(root, &Step::cargo("the simulation is built", &arguments))?;
    // Whoever changed the tree meanwhile has built something else.
    if commit::head(root)? != *commit {
        bail!("the tree is of another commit by now: ask again");
    }
    let proof = suite::target(root).join("proof");
    let built = proof.join(format!("trueup-sim{}", env::consts::EXE_SUFFIX));
    copy(&built, &proof.join(&commit.hash), &copy_name(features))
}

fn copy(built: &Path, folder: &Path, name: &str) -> Result<PathBuf> {
    let own = folder.join(name);
    fs::create_dir_all(folder)?;
    // A program that runs cannot be written over, but another one can take its name.
    let _none = fs::remove_file(&own);
    fs::copy(built, &own).with_context(|| format!("cannot copy {}", built.display()))?;
    Ok(own)
}

fn copy_name(features: &[&str]) -> String {
    let name = if features.is_empty() { "trueup-sim" } else { "trueup-sim-planted" };
    format!("{name}{}", env::consts::EXE_SUFFIX)
}

/// What the program tells, good or bad: violations end it with an error and are recorded as anything else.
pub(super) fn told(program: &Path, arguments: &[&str]) -> Result<Value> {
    let output = Command::new(program).args(arguments).output();
    let output = output.with_context(|| format!("cannot start {}", program.display()))?;
    serde_json::from_slice(&output.stdout).with_context(|| {
        format!("the simulation told nothing: {}", String::from_utf8_lossy(&output.stderr).trim())
    })
}

/// Chunks of so many seeds; the last one may be smaller.
fn split(base: u64, seeds: u64, chunk: u64) -> impl Iterator<Item = (u64, u64)> {
    let starts = (0..seeds.div_ceil(chunk)).map(move |at| at * chunk);
    starts.map(move |start| (base.saturating_add(start), chunk.min(seeds - start)))
}

fn play(program: &Path, commit: &str, from: u64, seeds: u64) -> Result<Chunk> {
    let arguments =
        ["run", "--json", "--histogram", "--seeds", &seeds.to_string(), "--from", &from.to_string()];
    let run = told(program, &arguments)?;
    if run.get("seeds").and_then(Value::as_u64) != Some(seeds) {
        bail!("the simulation played other seeds than it was asked to");
    }
    Ok(Chunk {
        schema: SCHEMA.into(),
        commit: commit.into(),
        from,
        seeds,
        day: today(),
        machine: machine(),
        command: format!("trueup-sim {}", arguments.join(" ")),
        run,
    })
}

fn summary(run: &Value) -> String {
    let number = |name: &str| run.get(name).cloned().unwrap_or_default();
    format!(
        "{} violations, {} kills, {} seeds/s a core",
        number("violations"),
        number("kills"),
        number("sims_per_s_core")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeds_are_split_into_chunks_of_which_the_last_is_what_remains() {
        assert_eq!(split(7, 25, 10).collect::<Vec<_>>(), [(7, 10), (17, 10), (27, 5)]);
        assert_eq!(split(0, 10, 10).collect::<Vec<_>>(), [(0, 10)]);
    }

    #[test]
    fn a_program_that_is_built_later_does_not_take_the_place_of_the_one_that_is_played() {
        let folder = suite::target(&suite::root()).join("tmp").join("copied-program");
        fs::create_dir_all(&folder).unwrap();
        let built = folder.join("built");
        fs::write(&built, "first").unwrap();
        let own = copy(&built, &folder.join("abc"), &copy_name(&[])).unwrap();
        fs::write(&built, "later").unwrap();
        assert_eq!(fs::read_to_string(&own).unwrap(), "first");
        let planted =
            copy(&built, &folder.join("abc"), &copy_name(&["--features", "planted-defects"])).unwrap();
        assert_eq!(
            (fs::read_to_string(&own).unwrap(), fs::read_to_string(planted).unwrap()),
            ("first".into(), "later".into())
        );
    }
}
