//! The commit a proof is of.

use std::{path::Path, process::Command};

use anyhow::{Context, Result, bail};

/// A commit, and nothing beside it: the tree is as it was committed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commit {
    /// Its hash, whole.
    pub hash: String,
}

/// The commit of the tree.
///
/// # Errors
/// When something differs from it: then what is built is no commit's.
pub fn head(root: &Path) -> Result<Commit> {
    let hash = commit(root)?;
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

// The proof itself is written after what it is of.
fn changed(status: &str) -> impl Iterator<Item = &str> {
    let paths = status.lines().filter_map(|line| line.trim_start().split_once(' '));
    paths.map(|(_, path)| path.trim()).filter(|path| *path != super::PROOF)
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
    if git(root, &["rev-parse", "--is-shallow-repository"]).ok()? == "true" {
        return None;
    }
    Some(git(root, &["merge-base", "--is-ancestor", hash, "HEAD"]).is_ok())
}

fn git(root: &Path, arguments: &[&str]) -> Result<String> {
    let output =
        Command::new("git").args(arguments).current_dir(root).output().context("cannot start git")?;
    if !output.status.success() {
        bail!("git {}: {}", arguments.join(" "), String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim_end().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_that_is_not_as_it_was_committed_counts_but_the_proof_itself() {
        let status = " M PROOF.md\n M crates/a.rs\n?? new.rs";
        assert_eq!(changed(status).collect::<Vec<_>>(), ["crates/a.rs", "new.rs"]);
        assert_eq!(changed("?? PROOF.md").count() + changed("").count(), 0);
    }

    #[test]
    fn a_commit_always_begins_at_the_same_seed() {
        assert_eq!(base("0000000000ff5ed1b32").unwrap(), 255);
        assert!(base("short").is_err() && base("not a hash at all").is_err());
    }
}
