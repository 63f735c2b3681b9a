//! Mutants of the core: what `cargo mutants` left of each shard, kept shard by shard and put together.

use std::{collections::BTreeSet, fs, path::Path};

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    commit, kept,
    looks::{self, Look},
    machine::today,
    survivors,
};
use crate::proof::Survivor;

/// Where shards are kept below the folder of all proofs: they take a day, so they may be of an earlier commit.
const FOLDER: &str = "mutants";

/// What `cargo mutants` calls the list of a shard's mutants.
const WANTED: &str = "mutants.json";
const SCHEMA: &str = "trueup.proof-mutants/v1";
/// How many of a hundred mutants have to be noticed, whatever reasons the others have.
const PERCENT: usize = 95;
/// Into how many shards the mutants are dealt out.
const SHARDS: usize = 16;

/// What the mutants of a shard came to, or those of all shards together.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mutants {
    /// The name of this shape.
    pub schema: String,
    /// The commit whose mutants they are.
    pub commit: String,
    /// The day they were kept, such as `2026-11-21`.
    pub day: String,
    /// Of which shards.
    pub shards: BTreeSet<usize>,
    /// How many a test failed for.
    pub caught: usize,
    /// How many never ended.
    pub timeout: usize,
    /// How many do not compile.
    pub unviable: usize,
    /// Those that no test noticed, as `PATH:LINE:COLUMN: what is changed`.
    pub missed: Vec<String>,
    /// Later commits, at which a second look noticed some of them.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub looks: BTreeSet<String>,
}

/// Keeps every shard that is done, and what second looks caught of those that were kept.
pub(super) fn collect(root: &Path, shards: &Path, of: &str, proofs: &Path) -> Result<()> {
    let hash = commit::named(root, of)?;
    if commit::is_ancestor(root, &hash) == Some(false) {
        bail!("{of} is no commit before this one: its mutants say nothing of it");
    }
    let again = looks::looks(shards)?;
    again.iter().try_for_each(|look| looks::check(root, look, &hash))?;
    keep(shards, &hash, &again, &proofs.join(FOLDER))
}

fn keep(left: &Path, commit: &str, again: &[Look], folder: &Path) -> Result<()> {
    for shard in 0..SHARDS {
        let out = left.join(format!("shard-{shard}")).join("mutants.out");
        let mut own = match kept_shard(folder, shard)?.filter(|own| own.commit == commit) {
            Some(own) => own,
            None if out.exists() => Mutants::of_shard(shard, commit, &out)
                .with_context(|| format!("shard {shard} of {SHARDS} (CONTRIBUTING.md says how)"))?,
            None => continue,
        };
        for look in again {
            own.look_again(look)?;
        }
        kept::keep(&own, folder, &file_name(shard))?;
    }
    Ok(())
}

fn kept_shard(folder: &Path, shard: usize) -> Result<Option<Mutants>> {
    kept::read(&folder.join(file_name(shard)))
}

fn file_name(shard: usize) -> String {
    format!("shard-{shard:02}.json")
}

/// All shards that were kept, put together.
pub(super) fn read(proofs: &Path) -> Result<Option<Mutants>> {
    let mut all: Option<Mutants> = None;
    for shard in 0..SHARDS {
        let Some(own) = kept_shard(&proofs.join(FOLDER), shard)? else { continue };
        match &mut all {
            Some(all) if all.commit != own.commit => {
                bail!("shard {shard} is of {}, others of {}: commits are not mixed", own.commit, all.commit)
            }
            Some(all) => all.add(own),
            None => all = Some(own),
        }
    }
    Ok(all)
}

/// Why mutants prove nothing yet, a line each.
pub(super) fn holes(recorded: Option<&Mutants>, reasons: &[Survivor]) -> Vec<String> {
    let Some(mutants) = recorded else {
        return vec!["no mutants are recorded: `cargo xtask proof --mutants COMMIT`".to_owned()];
    };
    let missing = (0..SHARDS).filter(|shard| !mutants.shards.contains(shard));
    let missing = missing.map(|shard| format!("shard {shard} of {SHARDS} of the mutants is not recorded"));
    let few = (!mutants.is_enough()).then(|| format!("fewer than {PERCENT} %: {}", mutants.count()));
    missing.chain(few).chain(survivors::unmatched(reasons, &mutants.missed)).collect()
}

impl Mutants {
    /// Counts mutants as caught that a second look caught.
    fn look_again(&mut self, look: &Look) -> Result<()> {
        let first = self.missed.len();
        for (name, count) in [("caught.txt", &mut self.caught), ("timeout.txt", &mut self.timeout)] {
            let noticed: BTreeSet<String> = listed(&look.left, name)?.into_iter().collect();
            let before = self.missed.len();
            self.missed.retain(|mutant| !noticed.contains(mutant));
            *count += before - self.missed.len();
        }
        if self.missed.len() < first && look.commit != self.commit {
            self.looks.insert(look.commit.clone());
        }
        Ok(())
    }

    /// What was left of one shard, once it is done.
    fn of_shard(shard: usize, commit: &str, left: &Path) -> Result<Self> {
        let lines = |name: &str| listed(left, name);
        let [caught, timeout, unviable] = ["caught.txt", "timeout.txt", "unviable.txt"].map(lines);
        let (caught, timeout, unviable) = (caught?.len(), timeout?.len(), unviable?.len());
        let missed = lines("missed.txt")?;
        let told = caught + timeout + unviable + missed.len();
        let wanted: Vec<Value> = kept::read(&left.join(WANTED))?.context("it was never begun")?;
        if told != wanted.len() {
            bail!("it is not done: {told} of {} mutants", wanted.len());
        }
        let (schema, commit, shards) = (SCHEMA.into(), commit.to_owned(), [shard].into());
        let looks = BTreeSet::new();
        Ok(Self { schema, commit, day: today(), shards, caught, timeout, unviable, missed, looks })
    }

    fn add(&mut self, other: Self) {
        self.shards.extend(other.shards);
        self.caught += other.caught;
        self.timeout += other.timeout;
        self.unviable += other.unviable;
        self.missed.extend(other.missed);
        self.looks.extend(other.looks);
    }

    /// How many were noticed, and of how many. What never ended was noticed as well.
    const fn noticed(&self) -> (usize, usize) {
        let noticed = self.caught + self.timeout;
        (noticed, noticed + self.missed.len())
    }

    const fn is_enough(&self) -> bool {
        let (noticed, all) = self.noticed();
        all > 0 && noticed * 100 >= all * PERCENT
    }

    fn count(&self) -> String {
        let (noticed, all) = self.noticed();
        let share = (noticed * 1000).checked_div(all).unwrap_or_default();
        format!("{noticed} of {all} caught ({}.{} %)", share / 10, share % 10)
    }

    /// As one line.
    pub(super) fn summary(&self) -> String {
        let (count, reasons) = (self.count(), survivors::SURVIVORS);
        let looks = self.looks.iter().map(|look| format!(", second looks of commit `{look}`"));
        let of = format!("`{}`{}", self.commit, looks.collect::<String>());
        format!("{count}, each other one with its reason in `{reasons}`; of commit {of}")
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
    use std::path::PathBuf;

    use super::*;
    use crate::suite;

    fn fresh(name: &str) -> PathBuf {
        let folder = suite::target(&suite::root()).join("tmp").join(name);
        let _none = fs::remove_dir_all(&folder);
        folder
    }

    /// A folder of shards of three mutants each: one caught, one that does not compile, one that lives.
    fn shards(name: &str) -> PathBuf {
        let folder = fresh(name);
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
    fn every_shard_is_kept_as_soon_as_it_is_done_and_all_are_put_together() {
        let (left, folder) = (shards("mutants-done"), fresh("mutants-kept"));
        fs::rename(left.join("shard-7"), left.join("later")).unwrap();
        keep(&left, "abc", &[], &folder.join(FOLDER)).unwrap();
        let some = read(&folder).unwrap().unwrap();
        assert_eq!((some.shards.len(), some.caught), (15, 15));
        assert!(holes(Some(&some), &[])[0].contains("shard 7 of 16"));
        fs::remove_dir_all(&left).unwrap();
        let left = shards("mutants-done");
        fs::write(left.join("shard-7/mutants.out/caught.txt"), "").unwrap();
        let error = format!("{:#}", keep(&left, "abc", &[], &folder.join(FOLDER)).unwrap_err());
        assert!(error.contains("shard 7 of 16") && error.contains("2 of 3 mutants"), "{error}");
        fs::write(left.join("shard-7/mutants.out/caught.txt"), "x\n").unwrap();
        keep(&left, "abc", &[], &folder.join(FOLDER)).unwrap();
        let all = read(&folder).unwrap().unwrap();
        assert_eq!((all.caught, all.timeout, all.unviable, all.missed.len()), (16, 0, 16, 16));
        assert!(all.summary().starts_with("16 of 32 caught (50.0 %)"), "{}", all.summary());
        assert!(collect(&suite::root(), &left, "no-such-commit", &folder).is_err());
    }

    #[test]
    fn shards_of_another_commit_are_replaced_and_never_mixed() {
        let (left, folder) = (shards("mutants-mixed"), fresh("mutants-mixed-kept"));
        keep(&left, "abc", &[], &folder.join(FOLDER)).unwrap();
        fs::remove_dir_all(left.join("shard-3")).unwrap();
        keep(&left, "def", &[], &folder.join(FOLDER)).unwrap();
        assert!(read(&folder).unwrap_err().to_string().contains("shard 3 is of abc"));
    }

    #[test]
    fn what_a_second_look_caught_is_caught_and_what_else_it_says_is_nothing_new() {
        let (shards, folder) = (shards("mutants-again"), fresh("mutants-again-kept"));
        let left = shards.join("again-1/mutants.out");
        fs::create_dir_all(&left).unwrap();
        fs::write(left.join("caught.txt"), "crates/a.rs:3:1: delete ! in f\nelsewhere: x\n").unwrap();
        fs::write(left.join("timeout.txt"), "crates/a.rs:4:1: delete ! in f\n").unwrap();
        let again = |commit: &str| {
            let look = Look { commit: commit.into(), left: left.clone() };
            keep(&shards, "abc", &[look], &folder.join(FOLDER)).map(|()| read(&folder).unwrap().unwrap())
        };
        let all = again("abc").unwrap();
        assert_eq!((all.caught, all.timeout, all.unviable, all.missed.len()), (17, 1, 16, 14));
        assert!(all.summary().ends_with("of commit `abc`"), "{}", all.summary());
        assert!(again("def").unwrap().looks.is_empty(), "it caught nothing more");
        fs::write(left.join("caught.txt"), "crates/a.rs:5:1: delete ! in f\n").unwrap();
        let all = again("def").unwrap();
        assert_eq!((all.caught, all.missed.len()), (18, 13));
        assert!(
            all.summary().ends_with("of commit `abc`, second looks of commit `def`"),
            "{}",
            all.summary()
        );
        assert_eq!(again("abc").unwrap().looks, ["def".to_owned()].into(), "it is kept");
        fs::remove_file(left.join("caught.txt")).unwrap();
        assert!(again("abc").is_err());
    }

    #[test]
    fn mutants_that_nobody_recorded_and_survivors_without_a_reason_are_holes() {
        assert!(holes(None, &[])[0].contains("--mutants COMMIT"));
        let missed = vec!["crates/a.rs:1:1: delete ! in f".into()];
        let some = Mutants { missed, caught: 19, shards: (0..SHARDS).collect(), ..Mutants::default() };
        assert!(holes(Some(&some), &[])[0].contains("delete ! in f"));
        let reasons = survivors::survivors("crates/a.rs: delete ! in f # it is asked twice\n").unwrap();
        assert_eq!(holes(Some(&some), &reasons), [""; 0]);
        let fewer = Mutants { caught: 17, timeout: 1, ..some.clone() };
        assert_eq!(holes(Some(&fewer), &reasons), ["fewer than 95 %: 18 of 19 caught (94.7 %)"]);
        assert_eq!(holes(Some(&Mutants { timeout: 2, ..fewer }), &reasons), [""; 0]);
        let none = Mutants { missed: Vec::new(), caught: 0, ..some };
        assert_eq!(holes(Some(&none), &[]), ["fewer than 95 %: 0 of 0 caught (0.0 %)"]);
    }
}
