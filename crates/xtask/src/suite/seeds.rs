//! Seeds of the whole engine, played with every change: other ones for each commit, and those that are kept.

use std::{
    env,
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

/// Plays the seeds of this commit, if seeds are asked for.
pub(super) fn play(root: &Path) -> Result<()> {
    let Some(seeds) = wanted(env::var(ASKED).ok().as_deref())? else {
        say(&format!("\n=== seeds: none; {ASKED}=ci plays {SEEDS}, {ASKED}=N plays N"));
        return Ok(());
    };
    run(root, &Step::cargo("the simulation is built", &["build", "--profile", "ci", "-p", "trueup-sim"]))?;
    // What is not committed yet is played from where its commit began.
    let from = proof::base(&proof::commit(root)?)?;
    run(root, &step(program(root), seeds, from))
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

fn step(program: PathBuf, seeds: u64, from: u64) -> Step {
    let (seeds, from) = (seeds.to_string(), from.to_string());
    Step::of("seeds", program, &["run", "--seeds", &seeds, "--from", &from, "--also", KEPT])
}

fn program(root: &Path) -> PathBuf {
    target(root).join("ci").join(format!("trueup-sim{}", env::consts::EXE_SUFFIX))
}

#[cfg(test)]
mod tests {
    use super::{SEEDS, wanted};

    #[test]
    fn seeds_are_played_when_they_are_asked_for_and_as_many_as_are_asked_for() {
        assert_eq!(wanted(None).unwrap(), None);
        assert_eq!(wanted(Some("ci")).unwrap(), Some(SEEDS));
        assert_eq!(wanted(Some("50")).unwrap(), Some(50));
        assert_eq!(wanted(Some("0")).unwrap(), None);
        assert!(wanted(Some("many")).is_err());
    }
}
