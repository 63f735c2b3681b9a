//! The commit a proof is of.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail};

use super::{PROOF, RECORDED};
use crate::suite;

/// A commit, and nothing beside it: the tree is as it was committed, but for what was recorded since.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commit {
    /// Its hash, whole.
    pub hash: String,
}

/// The commit that a proof of the tree is of: the last one that changed more than recordings and the proof made of
/// them. Recordings of hours may be committed one after the other, and go on where another machine left off.
///
/// # Errors
/// When something else differs from it: then what is built is no commit's.
pub fn head(root: &Path) -> Result<Commit> {
    let all_but = [RECORDED, PROOF].map(|path| format!(":(exclude){path}"));
    let hash = git(root, &["log", "-1", "--format=%H", "--", ".", &all_but[0], &all_but[1]])?;
    let status = git(root, &["status", "--porcelain"])?;
    match changed(&status).next() {
        None => Ok(Commit { hash }),
        Some(path) => bail!("{path} is not as it was committed; a proof is of a commit: commit or undo it"),
    }
}

/// The commit the tree began from, whatever was changed since.
///
/// # Errors
/// When there is no history.
pub fn commit(root: &Path) -> Result<String> {
    git(root, &["rev-parse", "HEAD"])
}

/// The whole hash of a commit that somebody named.
pub(super) fn named(root: &Path, name: &str) -> Result<String> {
    git(root, &["rev-parse", "--verify", "--quiet", "--end-of-options", &format!("{name}^{{commit}}")])
        .with_context(|| format!("there is no commit {name}"))
}

/// The tree of a commit that somebody named, checked out apart and left there to go on with.
///
/// # Errors
/// When there is no such commit among those before this one, or it cannot be checked out.
pub(super) fn checked_out(root: &Path, name: &str) -> Result<PathBuf> {
    let hash = named(root, name)?;
    if is_ancestor(root, &hash) == Some(false) {
        bail!("{name} is no commit before this one");
    }
    let own = suite::target(root).join("proof-of").join(&hash);
    if !own.join(".git").exists() {
        // Where it was deleted, git still knows of it.
        git(root, &["worktree", "prune"])?;
        git(root, &["worktree", "add", "--quiet", "--detach", &own.display().to_string(), &hash])?;
    }
    Ok(own)
}

// The proof itself is written after what it is of, and so is what is recorded of it.
fn changed(status: &str) -> impl Iterator<Item = &str> {
    let paths = status.lines().filter_map(|line| line.trim_start().split_once(' '));
    let is_recorded = |path: &str| path == PROOF || path.split('/').next() == Some(RECORDED);
    paths.map(|(_, path)| path.trim()).filter(move |path| !is_recorded(path))
}

/// The first seed of a commit: as good as chance, and the same for everybody.
///
/// # Errors
/// When it is no hash.
pub fn base(hash: &str) -> Result<u64> {
    let start = hash.get(..12).with_context(|| format!("{hash} is no commit"))?;
    u64::from_str_radix(start, 16).with_context(|| format!("{hash} is no commit"))
}

/// Whether a commit is the tree's own or one before it; nothing where the history is not whole, or not there.
#[must_use]
pub fn is_ancestor(root: &Path, hash: &str) -> Option<bool> {
    is_before(root, hash, "HEAD")
}

/// Whether a commit is another one or one before it; nothing where the history is not whole, or not there.
pub(super) fn is_before(root: &Path, earlier: &str, later: &str) -> Option<bool> {
    if git(root, &["rev-parse", "--is-shallow-repository"]).ok()? == "true" {
        return None;
    }
    Some(git(root, &["merge-base", "--is-ancestor", earlier, later]).is_ok())
}

fn git(root: &Path, arguments: &[&str]) -> Result<String> {
    let output = Command::new("git").args(arguments).current_dir(root).output();
    let output = output.context("git cannot be started (Debian: apt-get install git)")?;
    if !output.status.success() {
        bail!("git {}: {}", arguments.join(" "), String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim_end().to_owned())
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A repository of its own that has no commit yet.
    pub(crate) struct Scratch {
        pub(crate) root: PathBuf,
    }

    impl Scratch {
        pub(crate) fn new(name: &str) -> Self {
            let root = std::env::temp_dir().join(format!("trueup-{name}-{}", std::process::id()));
            std::fs::create_dir_all(&root).unwrap();
            let scratch = Self { root };
            scratch.git(&["init", "--quiet"]);
            scratch
        }

        pub(crate) fn git(&self, arguments: &[&str]) {
            git(&self.root, arguments).unwrap();
        }

        pub(crate) fn write(&self, path: &str, text: &str) {
            let path = self.root.join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }

        /// Commits everything; gives the hash.
        pub(crate) fn keep(&self) -> String {
            let who = ["-c", "user.name=somebody", "-c", "user.email=somebody@example.org"];
            self.git(&["add", "."]);
            self.git(&[&who[..], &["commit", "--quiet", "--message", "kept"]].concat());
            commit(&self.root).unwrap()
        }
    }

    impl Drop for Scratch {
        fn drop(&mut self) {
            let _gone = std::fs::remove_dir_all(&self.root);
        }
    }

    #[test]
    fn everything_that_is_not_as_it_was_committed_counts_but_the_proof_itself_and_what_it_is_made_of() {
        let status = " M PROOF.md\n M crates/a.rs\n?? new.rs\n?? proof/abc/chunk-1.json\n M proofs.md";
        assert_eq!(changed(status).collect::<Vec<_>>(), ["crates/a.rs", "new.rs", "proofs.md"]);
        assert_eq!(changed("?? PROOF.md\n?? proof/").count() + changed("").count(), 0);
    }

    #[test]
    fn a_proof_is_of_the_last_commit_that_changed_more_than_recordings() {
        let scratch = Scratch::new("proof");
        let root = scratch.root.clone();
        scratch.write("engine.rs", "one");
        let first = scratch.keep();
        scratch.write("proof/chunk.json", "{}");
        scratch.write(PROOF, "# Proof");
        assert_eq!(head(&root).unwrap().hash, first, "what was recorded since is no change");
        scratch.keep();
        assert_eq!(head(&root).unwrap().hash, first);
        scratch.write("engine.rs", "two");
        assert!(head(&root).unwrap_err().to_string().starts_with("engine.rs is not as it was committed"));
        let second = scratch.keep();
        assert_eq!(head(&root).unwrap().hash, second);
        assert_eq!(is_ancestor(&root, &first), Some(true));
        let own = checked_out(&root, &first).unwrap();
        assert_eq!(std::fs::read_to_string(own.join("engine.rs")).unwrap(), "one");
        assert_eq!(head(&own).unwrap().hash, first);
        assert_eq!(checked_out(&root, &first).unwrap(), own, "it is gone on with");
        std::fs::remove_dir_all(&own).unwrap();
        assert_eq!(head(&checked_out(&root, &first).unwrap()).unwrap().hash, first, "or made anew");
        std::fs::remove_dir_all(&own).unwrap();
    }

    #[test]
    fn a_commit_always_begins_at_the_same_seed() {
        assert_eq!(base("0000000000ff5ed1b32").unwrap(), 255);
        assert!(base("short").is_err() && base("not a hash at all").is_err());
    }
}
