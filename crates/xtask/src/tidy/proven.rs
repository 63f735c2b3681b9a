//! The proof, where there is one, is a proof of this history, and what it says did not hold is played with every change.

use std::collections::BTreeSet;

use anyhow::Result;

use super::Finding;
use crate::{
    proof::{PROOF, commit_of, failing_of, is_ancestor},
    tree::Tree,
};

/// Seeds that found a mistake once.
pub(super) const KEPT: &str = "crates/trueup-sim/tests/seeds.txt";

/// Finds a proof that names no commit, or one that is not before the tree's, and seeds of it that failed and are not
/// kept.
///
/// # Errors
/// Never.
pub fn check(tree: &Tree) -> Result<Vec<Finding>> {
    let Some(file) = tree.file(PROOF) else { return Ok(Vec::new()) };
    let commit = match commit_of(&file.text) {
        None => Some("names no commit: `cargo xtask proof` writes it".to_owned()),
        Some(hash) if is_ancestor(&tree.root, hash) == Some(false) => {
            Some(format!("{hash} is no commit before this one: record anew"))
        }
        Some(_) => None,
    };
    let kept: BTreeSet<&str> = tree.file(KEPT).map(|kept| seeds(&kept.text)).into_iter().flatten().collect();
    let lost = failing_of(&file.text).filter(|seed| !kept.contains(seed));
    let lost = lost.map(|seed| format!("seed {seed} failed: mend what it found and keep it in {KEPT}"));
    Ok(commit.into_iter().chain(lost).map(|what| Finding::new(PROOF, 0, what)).collect())
}

fn seeds(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter_map(|line| line.split_once(" # ").map(|(seed, _)| seed.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{suite, tree::File};

    #[track_caller]
    fn check_text(text: &str, complaint: Option<&str>) {
        let tree = Tree { root: suite::root(), files: vec![File::new(PROOF, text)], ..Tree::default() };
        let found: Vec<String> = check(&tree).unwrap().iter().map(ToString::to_string).collect();
        assert_eq!(found.len(), complaint.iter().count(), "{found:?}");
        assert!(complaint.iter().zip(&found).all(|(word, line)| line.contains(word)), "{found:?}");
    }

    #[test]
    fn a_seed_that_failed_in_the_proof_is_kept_among_those_that_every_change_has_to_pass() {
        let text = "| commit | `0123456` |\n\n## Violations\n\n| seed | what did not hold |\n|---|---|\n\
                    | 12 | O1: apart |\n| 34 | O2: lost |\n\n## Throughput\n\n| 56 | x |\n";
        let kept = File::new(KEPT, "# for people\n34 # 0123456: O2: lost\n");
        let tree = Tree { root: suite::root(), files: vec![File::new(PROOF, text), kept], ..Tree::default() };
        let found: Vec<String> = check(&tree).unwrap().iter().map(ToString::to_string).collect();
        assert!(found.len() == 2 && found[1].contains("seed 12 failed"), "{found:?}");
    }

    #[test]
    fn a_proof_names_a_commit_of_this_history() {
        check_text("# Proof\n", Some("names no commit"));
        let stranger = "| commit | `0123456789012345678901234567890123456789` |\n";
        let whole = is_ancestor(&suite::root(), "HEAD").is_some();
        check_text(stranger, whole.then_some("is no commit before this one"));
    }
}
