//! docs/seeds.md says which test shows each requirement; here the names are checked.

use anyhow::Result;

use super::Finding;
use crate::{markdown, tree::Tree};

const SEEDS: &str = "docs/seeds.md";

/// Finds rows of docs/seeds.md without proof, and proofs that do not exist.
///
/// The last cell of a row holds, in backticks, `path` or `path::test`; several are separated by commas.
///
/// # Errors
/// Never.
pub fn check(tree: &Tree) -> Result<Vec<Finding>> {
    let Some(document) = tree.file(SEEDS) else {
        return Ok(vec![Finding::new(SEEDS, 0, "is missing")]);
    };
    let mut found = Vec::new();
    for row in markdown::tables(&document.text) {
        let proofs = row.names(row.cells.len().saturating_sub(1));
        if proofs.is_empty() {
            found.push(Finding::new(SEEDS, row.line, "nothing shows this requirement"));
        }
        let wrong = proofs.iter().filter_map(|proof| wrong(tree, proof));
        found.extend(wrong.map(|what| Finding::new(SEEDS, row.line, what)));
    }
    Ok(found)
}

/// What is wrong with a proof, `path` or `path::test`.
pub(super) fn wrong(tree: &Tree, proof: &str) -> Option<String> {
    let (path, test) = proof.split_once("::").map_or((proof, None), |(path, test)| (path, Some(test)));
    if !tree.has(path) {
        return Some(format!("{path} does not exist"));
    }
    let test = test?;
    let code = tree.file(path).and_then(|file| file.code.as_ref());
    let exists =
        code.is_some_and(|code| code.functions.iter().any(|function| function.test && function.name == test));
    (!exists).then(|| format!("{path} has no test `{test}`"))
}

#[cfg(test)]
mod tests {
    use super::{super::support, *};

    #[test]
    fn a_requirement_without_a_test_that_exists_is_found() {
        let table = "| must | shown by |\n|---|---|\n| a | `a.rs::it_is_so` |\n| b | `a.rs::helper` |\n| c | `b.rs` |\n| d | — |\n| e | `examples/a` |\n";
        let code = "#[test]\nfn it_is_so() {}\nfn helper() {}\n";
        let files = [(SEEDS, table), ("a.rs", code), ("examples/a/run", "")];
        support::check(check, &files, &["docs/seeds.md:4", "docs/seeds.md:5", "docs/seeds.md:6"]);
        support::check(check, &[], &["docs/seeds.md:0"]);
    }
}
