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
    chunk::{self, Chunk, SCHEMA},
    commit::{self, Commit},
    machine::{machine, today},
};
use crate::suite::{self, Step, say};

/// So many seeds in a row: the first one, and how many.
type Row = (u64, u64);

/// Plays the seeds that are in no chunk yet, in chunks of so many, each kept as soon as it is done. What was recorded
/// counts, in chunks of whatever size.
pub(super) fn chunks(root: &Path, commit: &Commit, folder: &Path, (seeds, chunk): (u64, u64)) -> Result<()> {
    let all = (base(&commit.hash)?, seeds);
    let missing = || -> Result<Vec<Row>> { Ok(gaps(all, &rows(&chunk::read_all(folder)?))) };
    let left: u64 = missing()?.iter().map(|(_, count)| count).sum();
    say(&format!("{} of {seeds} seeds from {} are recorded already", seeds - left, all.0));
    if left == 0 {
        return Ok(());
    }
    let program = build(root, commit, &[])?;
    // Asked anew each time: somebody else's chunks may have come meanwhile.
    while let Some((from, count)) = missing()?.into_iter().flat_map(|gap| split(gap, chunk)).next() {
        let recorded = play(&program, &commit.hash, from, count)?;
        recorded.keep(folder)?;
        say(&format!("{count} seeds from {from}: {}", summary(&recorded.run)));
    }
    Ok(())
}

fn rows(chunks: &[Chunk]) -> Vec<Row> {
    chunks.iter().map(|chunk| (chunk.from, chunk.seeds)).collect()
}

/// What of a row is in none of others, which come in the order of their seeds.
fn gaps((from, seeds): Row, recorded: &[Row]) -> Vec<Row> {
    let end = from.saturating_add(seeds);
    let mut next = from;
    let mut gaps = Vec::new();
    for &(start, count) in recorded.iter().chain([&(end, 0)]) {
        let until = start.min(end);
        if until > next {
            gaps.push((next, until - next));
        }
        next = next.max(start.saturating_add(count));
    }
    gaps
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
fn split((from, seeds): Row, chunk: u64) -> impl Iterator<Item = Row> {
    let starts = (0..seeds.div_ceil(chunk)).map(move |at| at * chunk);
    starts.map(move |start| (from.saturating_add(start), chunk.min(seeds - start)))
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
        assert_eq!(split((7, 25), 10).collect::<Vec<_>>(), [(7, 10), (17, 10), (27, 5)]);
        assert_eq!(split((0, 10), 10).collect::<Vec<_>>(), [(0, 10)]);
    }

    #[test]
    fn only_seeds_that_are_in_no_chunk_of_whatever_size_are_missing() {
        let all = (100, 50);
        assert_eq!(gaps(all, &[]), [all], "nothing is recorded");
        assert_eq!(gaps(all, &[(120, 30)]), [(100, 20)], "at the start");
        assert_eq!(gaps(all, &[(100, 7), (120, 30)]), [(107, 13)], "in the middle");
        assert_eq!(gaps(all, &[(100, 10), (110, 25)]), [(135, 15)], "at the end");
        assert_eq!(gaps(all, &[(105, 5), (130, 10)]), [(100, 5), (110, 20), (140, 10)], "everywhere");
        assert_eq!(gaps(all, &[(100, 10), (110, 40)]), [], "nowhere");
    }

    #[test]
    fn chunks_that_reach_beyond_what_is_asked_for_or_into_each_other_leave_no_gap_there() {
        let all = (100, 50);
        assert_eq!(gaps(all, &[(140, 20)]), [(100, 40)], "over the end");
        assert_eq!(
            gaps(all, &[(90, 20), (150, 10), (500, 10)]),
            [(110, 40)],
            "over the start, and behind the end"
        );
        assert_eq!(gaps(all, &[(100, 30), (105, 5), (120, 20)]), [(140, 10)], "into each other");
        assert_eq!(gaps((u64::MAX - 5, 5), &[(u64::MAX - 9, 7)]), [(u64::MAX - 2, 2)], "at the last seed");
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
