//! Seeds of the whole engine, played with every change: other ones for each commit, and those that are kept.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};

use super::{Step, run, say, target};
use crate::proof;

/// How many seeds a change has to pass: fifteen minutes on two cores, and enough to hit every mark.
const SEEDS: u64 = 20_000;
/// The variable that says how many; `ci` means [`SEEDS`].
const ASKED: &str = "TRUEUP_SEEDS";
/// Seeds that found a mistake once.
const KEPT: &str = "crates/trueup-sim/tests/seeds.txt";
/// Where seeds that fail are kept below the target folder, made smaller, until somebody moves them to [`KEPT`].
const FAILING: &str = "failing-seeds.txt";

/// Plays the seeds of this commit, if seeds are asked for.
pub(super) fn play(root: &Path) -> Result<()> {
    let Some(seeds) = wanted(env::var(ASKED).ok().as_deref())? else {
        say(&format!("\n=== seeds: none; {ASKED}=ci plays {SEEDS}, {ASKED}=N plays N"));
        return Ok(());
    };
    run(root, &Step::cargo("the simulation is built", &["build", "--profile", "ci", "-p", "trueup-sim"]))?;
    // What is not committed yet is played from where its commit began.
    let commit = proof::commit(root)?;
    let failing = target(root).join(FAILING);
    let before = length(&failing);
    let played = run(root, &step(program(root), (seeds, proof::base(&commit)?), &commit, &failing));
    let is_more = length(&failing) > before;
    forget_empty(&failing)?;
    if is_more { played.with_context(|| way_out(&failing)) } else { played }
}

fn length(file: &Path) -> u64 {
    fs::metadata(file).map_or(0, |file| file.len())
}

/// The simulation makes the file before it plays, so that hours are not played in vain; it stays only with a seed in it.
fn forget_empty(file: &Path) -> Result<()> {
    if length(file) > 0 || !file.exists() {
        return Ok(());
    }
    fs::remove_file(file).with_context(|| format!("cannot remove {}", file.display()))
}

fn way_out(failing: &Path) -> String {
    format!(
        "each seed that failed stands as a line in {}: move it to {KEPT}, where every change plays it",
        failing.display()
    )
}

fn wanted(asked: Option<&str>) -> Result<Option<u64>> {
    match asked {
        None => Ok(None),
        Some("ci") => Ok(Some(SEEDS)),
        Some(number) => {
            let seeds =
                number.parse().with_context(|| format!("{ASKED} is {number}: neither ci nor a number"))?;
            Ok(Some(seeds).filter(|seeds| *seeds > 0))
        }
    }
}

fn step(program: PathBuf, (seeds, from): (u64, u64), commit: &str, failing: &Path) -> Step {
    let (seeds, from, failing) = (seeds.to_string(), from.to_string(), failing.display().to_string());
    let commit = commit.get(..7).unwrap_or(commit);
    let played = ["run", "--seeds", &seeds, "--from", &from, "--also", KEPT];
    Step::of("seeds", program, &[&played[..], &["--keep", &failing, "--commit", commit]].concat())
}

fn program(root: &Path) -> PathBuf {
    target(root).join("ci").join(format!("trueup-sim{}", env::consts::EXE_SUFFIX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::suite;

    #[test]
    fn seeds_are_played_when_they_are_asked_for_and_as_many_as_are_asked_for() {
        assert_eq!(wanted(None).unwrap(), None);
        assert_eq!(wanted(Some("ci")).unwrap(), Some(SEEDS));
        assert_eq!(wanted(Some("50")).unwrap(), Some(50));
        assert_eq!(wanted(Some("0")).unwrap(), None);
        assert!(wanted(Some("many")).is_err());
    }

    #[test]
    fn what_failing_seeds_are_kept_in_stays_only_with_a_seed_in_it_and_is_named() {
        let folder = target(&suite::root()).join("tmp").join("failing-seeds");
        fs::create_dir_all(&folder).unwrap();
        let file = folder.join(FAILING);
        fs::write(&file, "").unwrap();
        forget_empty(&file).unwrap();
        assert!(!file.exists());
        forget_empty(&file).unwrap();
        fs::write(&file, "7 # abc: O2: lost\n").unwrap();
        forget_empty(&file).unwrap();
        assert_eq!(length(&file), 18);
        assert!(way_out(&file).contains("failing-seeds.txt: move it to crates/trueup-sim/tests/seeds.txt"));
    }
}
