//! The proof, where there is one, is a proof of this history.

use anyhow::Result;

use super::Finding;
use crate::{
    proof::{PROOF, commit_of, is_ancestor},
    tree::Tree,
};

/// Finds a proof that names no commit, or one that is not before the tree's.
///
/// # Errors
/// Never.
pub fn check(tree: &Tree) -> Result<Vec<Finding>> {
    let Some(file) = tree.file(PROOF) else { return Ok(Vec::new()) };
    let what = match commit_of(&file.text) {
        None => "names no commit: `cargo xtask proof` writes it".to_owned(),
        Some(hash) if is_ancestor(&tree.root, hash) == Some(false) => {
            format!("{hash} is no commit before this one: record anew")
        }
        Some(_) => return Ok(Vec::new()),
    };
    Ok(vec![Finding::new(PROOF, 0, what)])
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
    fn a_proof_names_a_commit_of_this_history() {
        check_text("# Proof\n", Some("names no commit"));
        let stranger = "| commit | `0123456789012345678901234567890123456789` |\n";
        let whole = is_ancestor(&suite::root(), "HEAD").is_some();
        check_text(stranger, whole.then_some("is no commit before this one"));
    }
}
