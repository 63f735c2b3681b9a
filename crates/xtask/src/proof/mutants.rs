//! Mutants of the core: what `cargo mutants` left of each shard, put together once.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{commit, kept, machine::today, survivors};
use crate::proof::Survivor;

/// Where it lies below the folder of all proofs: a run takes a day, so it may be of an earlier commit.
pub(super) const FILE: &str = "mutants.json";

/// What `cargo mutants` calls the list of a shard's mutants.
const WANTED: &str = "mutants.json";
const SCHEMA: &str = "trueup.proof-mutants/v1";
/// What folders of second looks are called.
const AGAIN: &str = "again";
/// Into how many shards the mutants are dealt out.
const SHARDS: usize = 16;

/// What the mutants of the core came to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mutants {
    /// The name of this shape.
    pub schema: String,
    /// The commit whose mutants they are.
    pub commit: String,
    /// The day they were put together, such as `2026-11-21`.
    pub day: String,
    /// How many a test failed for.
    pub caught: usize,
    /// How many never ended.
    pub timeout: usize,
    /// How many do not compile.
    pub unviable: usize,
    /// Those that no test noticed, as `PATH:LINE:COLUMN: what is changed`.
    pub missed: Vec<String>,
}

/// Puts the shards together and keeps what they come to.
pub(super) fn collect(root: &Path, shards: &Path, of: &str, proofs: &Path) -> Result<()> {
    let hash = commit::named(root, of)?;
    if commit::is_ancestor(root, &hash) == Some(false) {
        bail!("{of} is no commit before this one: its mutants say nothing of it");
    }
    kept::keep(&together(shards, hash)?, proofs, FILE)
}

fn together(shards: &Path, commit: String) -> Result<Mutants> {
    let mut all = Mutants { schema: SCHEMA.into(), commit, day: today(), ..Mutants::default() };
    for shard in 0..SHARDS {
        let left = shards.join(format!("shard-{shard}")).join("mutants.out");
        all.add(&left).with_context(|| format!("shard {shard} of {SHARDS} (CONTRIBUTING.md says how)"))?;
    }
    for again in looks_again(shards)? {
        all.look_again(&again)?;
    }
    Ok(all)
}

/// What was left of second looks, with more tests, at mutants that lived through the first ones: `again` and whatever
/// follows.
fn looks_again(shards: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(shards).with_context(|| format!("cannot read {}", shards.display()))? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(AGAIN) {
            found.push(entry.path().join("mutants.out"));
        }
    }
    Ok(found)
}

/// What was put together, if it was.
pub(super) fn read(proofs: &Path) -> Result<Option<Mutants>> {
    kept::read(&proofs.join(FILE))
}

/// Why mutants prove nothing yet, a line each.
pub(super) fn holes(recorded: Option<&Mutants>, reasons: &[Survivor]) -> Vec<String> {
    let unrecorded = || vec!["no mutants are recorded: `cargo xtask proof --mutants COMMIT`".to_owned()];
    recorded.map_or_else(unrecorded, |mutants| survivors::unmatched(reasons, &mutants.missed))
}

impl Mutants {
    /// Counts mutants as caught that a second look caught.
    fn look_again(&mut self, left: &Path) -> Result<()> {
        for (name, count) in [("caught.txt", &mut self.caught), ("timeout.txt", &mut self.timeout)] {
            let noticed: BTreeSet<String> = listed(left, name)?.into_iter().collect();
            let before = self.missed.len();
            self.missed.retain(|mutant| !noticed.contains(mutant));
            *count += before - self.missed.len();
        }
        Ok(())
    }

    fn add(&mut self, left: &Path) -> Result<()> {
        let lines = |name: &str| listed(left, name);
        let [caught, timeout, unviable] = ["caught.txt", "timeout.txt", "unviable.txt"].map(lines);
        let (caught, timeout, unviable) = (caught?.len(), timeout?.len(), unviable?.len());
        let missed = lines("missed.txt")?;
        let told = caught + timeout + unviable + missed.len();
        let wanted: Vec<Value> = kept::read(&left.join(WANTED))?.context("it was never begun")?;
        if told != wanted.len() {
            bail!("it is not done: {told} of {} mutants", wanted.len());
        }
        self.caught += caught;
        self.timeout += timeout;
        self.unviable += unviable;
        self.missed.extend(missed);
        Ok(())
    }

    /// As one line. What never ended was noticed as well.
    pub(super) fn summary(&self) -> String {
        let (caught, lived) = (self.caught + self.timeout, self.missed.len());
        let share = (caught * 1000).checked_div(caught + lived).unwrap_or_default();
        format!(
            "{caught} of {} caught ({}.{} %), each other one with its reason in `{}`; of commit `{}`",
            caught + lived,
            share / 10,
            share % 10,
            survivors::SURVIVORS,
            self.commit
        )
    }
}

/// The mutants of one list that `cargo mutants` left.
fn listed(left: &Path, name: &str) -> Result<Vec<String>> {
    let path = left.join(name);
    let text = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    Ok(text.lines().map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::suite;

    /// A folder of shards of three mutants each: one caught, one that does not compile, one that lives.
    fn shards(name: &str) -> std::path::PathBuf {
        let folder = suite::target(&suite::root()).join("tmp").join(name);
        let _none = fs::remove_dir_all(&folder);
        for shard in 0..SHARDS {
            let left = folder.join(format!("shard-{shard}/mutants.out"));
            fs::create_dir_all(&left).unwrap();
            let missed = format!("crates/a.rs:{shard}:1: delete ! in f\n");
            let files = [
                ("caught.txt", "x\n"),
                ("timeout.txt", ""),
                ("unviable.txt", "y\n"),
                ("missed.txt", &*missed),
            ];
            for (name, text) in files.into_iter().chain([(WANTED, "[{}, {}, {}]")]) {
                fs::write(left.join(name), text).unwrap();
            }
        }
        folder
    }

    #[test]
    fn the_shards_of_a_commit_are_put_together_once_every_one_is_done() {
        let folder = shards("mutants-done");
        let all = together(&folder, "abc".into()).unwrap();
        assert_eq!((all.caught, all.timeout, all.unviable, all.missed.len()), (16, 0, 16, 16));
        assert!(all.summary().starts_with("16 of 32 caught (50.0 %)"), "{}", all.summary());
        kept::keep(&all, &folder, FILE).unwrap();
        assert_eq!(read(&folder).unwrap(), Some(all));
        fs::write(folder.join("shard-7/mutants.out/caught.txt"), "").unwrap();
        let error = format!("{:#}", together(&folder, "abc".into()).unwrap_err());
        assert!(error.contains("shard 7 of 16") && error.contains("2 of 3 mutants"), "{error}");
        assert!(collect(&suite::root(), &folder, "no-such-commit", &folder).is_err());
    }

    #[test]
    fn what_a_second_look_caught_is_caught_and_what_else_it_says_is_nothing_new() {
        let folder = shards("mutants-again");
        let again = folder.join("again-1/mutants.out");
        fs::create_dir_all(&again).unwrap();
        fs::write(again.join("caught.txt"), "crates/a.rs:3:1: delete ! in f\nelsewhere: x\n").unwrap();
        fs::write(again.join("timeout.txt"), "crates/a.rs:4:1: delete ! in f\n").unwrap();
        let all = together(&folder, "abc".into()).unwrap();
        assert_eq!((all.caught, all.timeout, all.unviable, all.missed.len()), (17, 1, 16, 14));
        fs::remove_file(again.join("caught.txt")).unwrap();
        assert!(together(&folder, "abc".into()).is_err());
    }

    #[test]
    fn mutants_that_nobody_recorded_and_survivors_without_a_reason_are_holes() {
        assert!(holes(None, &[])[0].contains("--mutants COMMIT"));
        let some = Mutants { missed: vec!["crates/a.rs:1:1: delete ! in f".into()], ..Mutants::default() };
        assert!(holes(Some(&some), &[])[0].contains("delete ! in f"));
        let reasons = survivors::survivors("crates/a.rs: delete ! in f # it is asked twice\n").unwrap();
        assert_eq!(holes(Some(&some), &reasons), [""; 0]);
    }
}
