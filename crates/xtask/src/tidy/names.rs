//! A test's name is what is true when it passes.

use anyhow::Result;

use super::Finding;
use crate::tree::Tree;

/// Finds tests whose name is no sentence.
///
/// # Errors
/// Never.
pub fn check(tree: &Tree) -> Result<Vec<Finding>> {
    let tests =
        tree.rust().flat_map(|(file, code)| code.functions.iter().map(move |function| (file, function)));
    let unclear = tests.filter(|(_, function)| function.test && !is_sentence(&function.name));
    let what = "a test's name is a sentence of three words or more, without `test_`";
    Ok(unclear
        .map(|(file, function)| {
            Finding::new(&file.path, function.line, format!("`{}`: {what}", function.name))
        })
        .collect())
}

fn is_sentence(name: &str) -> bool {
    name.split('_').count() >= 3 && !name.starts_with("test_")
}

#[cfg(test)]
mod tests {
    use super::{super::support, *};

    #[test]
    fn a_test_without_a_sentence_for_a_name_is_found() {
        let text = "#[test]\nfn test_it_all_works() {}\n#[test]\nfn works() {}\n#[test]\nfn a_cleared_cell_is_null() {}\nfn helper() {}\n";
        support::check(check, &[("a.rs", text)], &["a.rs:2", "a.rs:4"]);
    }
}
