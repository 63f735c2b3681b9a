//! Sweeps of the real program: played, counted and kept with the commit they are of.

use std::{collections::BTreeMap, fs, path::Path};

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};

use super::{Commit, commit, kept, machine::today};
use crate::suite::{self, Step, say};

/// Where they lie, beside the chunks of the same commit.
const FILE: &str = "sweeps.json";
/// Where the tests count, below the folder of what is built.
const COUNTED: &str = "tmp/sweeps";

const SCHEMA: &str = "trueup.proof-sweeps/v1";

/// What the sweeps of one commit came to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sweeps {
    /// The name of this shape.
    pub schema: String,
    /// The commit the program was built from.
    pub commit: String,
    /// The day they were played, such as `2026-11-21`.
    pub day: String,
    /// Each sweep.
    pub sweeps: Vec<Sweep>,
}

/// What one sweep came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sweep {
    /// What was swept.
    pub sweep: String,
    /// How often the program was played, and struck once.
    pub cases: u64,
    /// In how many of them something did not hold.
    pub failed: u64,
    /// How many of the blows killed it.
    pub kills: u64,
    /// How often it was struck how.
    pub strikes: BTreeMap<String, u64>,
}

/// Plays every sweep and keeps what was counted.
pub(super) fn record(root: &Path, commit: &Commit, folder: &Path) -> Result<()> {
    if folder.join(FILE).exists() {
        say("sweeps: recorded already");
        return Ok(());
    }
    let counted = suite::target(root).join(COUNTED);
    // What an earlier commit counted is not counted again.
    if counted.exists() {
        fs::remove_dir_all(&counted).with_context(|| format!("cannot empty {}", counted.display()))?;
    }
    let test = ["test", "--profile", "ci", "-p", "trueup", "--test", "it", "sweep"];
    suite::run(root, &Step::cargo("the program is swept", &test))?;
    if commit::head(root)? != *commit {
        bail!("the tree is of another commit by now: ask again");
    }
    let sweeps = counts(&counted)?;
    let recorded = Sweeps { schema: SCHEMA.into(), commit: commit.hash.clone(), day: today(), sweeps };
    kept::keep(&recorded, folder, FILE)
}

/// What every test counted, in the order of their files.
fn counts(folder: &Path) -> Result<Vec<Sweep>> {
    let entries =
        fs::read_dir(folder).with_context(|| format!("nothing was counted in {}", folder.display()))?;
    let mut paths = entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    paths.sort();
    let read = paths.iter().map(|path| kept::read(path));
    Ok(read.collect::<Result<Vec<Option<Sweep>>>>()?.into_iter().flatten().collect())
}

/// What was recorded of a commit, if it was.
pub(super) fn read(commit: &str, folder: &Path) -> Result<Option<Sweeps>> {
    kept::read_of(&folder.join(FILE), commit, |recorded: &Sweeps| &recorded.commit)
}

/// Why sweeps prove nothing yet, a line each.
pub(super) fn holes(recorded: Option<&Sweeps>) -> Vec<String> {
    let Some(recorded) = recorded.filter(|recorded| !recorded.sweeps.is_empty()) else {
        return vec!["no sweeps are recorded: `cargo xtask proof --sweeps`".to_owned()];
    };
    let failed = recorded.sweeps.iter().filter(|sweep| sweep.failed > 0);
    failed
        .map(|sweep| format!("sweep {}: {} of {} cases failed", sweep.sweep, sweep.failed, sweep.cases))
        .collect()
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in crate::proof) fn sweep(name: &str, failed: u64) -> Sweep {
        let strikes = [("killed_after".to_owned(), 11), ("late".to_owned(), 22)].into();
        Sweep { sweep: name.into(), cases: 33, failed, kills: 11, strikes }
    }

    #[test]
    fn a_sweep_that_failed_is_a_hole_and_so_is_none_at_all() {
        let with = |sweeps: Vec<Sweep>| Sweeps { sweeps, ..Sweeps::default() };
        let some = with(vec![sweep("an undo", 0), sweep("no room", 2)]);
        assert_eq!(holes(Some(&some)), ["sweep no room: 2 of 33 cases failed"]);
        for none in [None, Some(&with(Vec::new()))] {
            assert!(holes(none)[0].contains("--sweeps"));
        }
    }

    #[test]
    fn what_every_test_counted_is_read_and_kept_with_its_commit() {
        let folder = suite::target(&suite::root()).join("tmp").join("counted-sweeps");
        let _none = fs::remove_dir_all(&folder);
        assert!(counts(&folder).is_err());
        for (file, name) in [("b.json", "no room"), ("a.json", "an undo")] {
            kept::keep(&sweep(name, 0), &folder, file).unwrap();
        }
        let read_back = counts(&folder).unwrap();
        assert_eq!(read_back, [sweep("an undo", 0), sweep("no room", 0)]);
        let recorded = Sweeps { commit: "abc".into(), sweeps: read_back, ..Sweeps::default() };
        kept::keep(&recorded, &folder, FILE).unwrap();
        assert_eq!(read("abc", &folder).unwrap(), Some(recorded));
        assert!(read("def", &folder).unwrap_err().to_string().contains("commits are not mixed"));
    }
}
