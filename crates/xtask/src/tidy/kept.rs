//! A kept seed names the commit that failed, so that whoever wants to know more can build it.

use std::collections::BTreeMap;

use anyhow::Result;

use super::{Finding, proven::KEPT};
use crate::{proof::is_ancestor, tree::Tree};

/// Finds kept seeds that name no commit, or one that is not before the tree's; where the history is not whole, or not
/// there, only those that name none.
///
/// # Errors
/// Never.
pub fn check(tree: &Tree) -> Result<Vec<Finding>> {
    let Some(file) = tree.file(KEPT) else { return Ok(Vec::new()) };
    let mut known: BTreeMap<&str, bool> = BTreeMap::new();
    let mut found = Vec::new();
    for (at, line) in file.text.lines().enumerate().filter(|(_, line)| !is_for_people(line)) {
        let what = match commit(line) {
            None => "names no commit: SEED # COMMIT: what did not hold".to_owned(),
            Some(hash) if *known.entry(hash).or_insert_with(|| is_strange(tree, hash)) => {
                format!("{hash} is no commit before this one: name the one that failed")
            }
            Some(_) => continue,
        };
        found.push(Finding::new(KEPT, at + 1, what));
    }
    Ok(found)
}

fn is_for_people(line: &str) -> bool {
    line.trim().is_empty() || line.starts_with('#')
}

fn commit(line: &str) -> Option<&str> {
    let (_, rest) = line.split_once(" # ")?;
    let (hash, _) = rest.split_once(": ")?;
    (hash.len() >= 7 && hash.bytes().all(|byte| byte.is_ascii_hexdigit())).then_some(hash)
}

fn is_strange(tree: &Tree, hash: &str) -> bool {
    is_ancestor(&tree.root, hash) == Some(false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{suite, tree::File};

    #[track_caller]
    fn check_text(text: &str, want: &[&str]) {
        let tree = Tree { root: suite::root(), files: vec![File::new(KEPT, text)], ..Tree::default() };
        let found: Vec<String> = check(&tree).unwrap().iter().map(ToString::to_string).collect();
        assert_eq!(found.len(), want.len(), "{found:?}");
        assert!(want.iter().zip(&found).all(|(word, line)| line.contains(word)), "{found:?}");
    }

    #[test]
    fn a_kept_seed_names_a_commit_of_this_history() {
        check_text("# for people\n\n", &[]);
        let none = "7\n8 # O2: lost\n9 # unknown: O2: lost\n";
        check_text(none, &[":1: names no commit", ":2: names no commit", ":3: names no commit"]);
        let whole = is_ancestor(&suite::root(), "HEAD").is_some();
        let stranger = "7 # 0123456789: O2: lost\n";
        check_text(stranger, if whole { &[":1: 0123456789 is no commit before this one"] } else { &[] });
    }
}
