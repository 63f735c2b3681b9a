//! What claims to show something is run by a test, or it shows nothing.

use anyhow::Result;

use super::Finding;
use crate::{
    rust::Code,
    tree::{File, Tree},
};

/// Folders whose every file a test has to run: by its name, or all of them by the folder's name or a pattern
/// such as `fail/*.rs`.
const SHOWN: [(&str, &str); 2] = [("crates/trueup-ports/fail/", "rs"), ("scenarios/", "txt")];

/// Finds misuse files and scenarios that no test runs, and examples that cannot be run.
///
/// # Errors
/// Never.
pub fn check(tree: &Tree) -> Result<Vec<Finding>> {
    let mut found: Vec<Finding> =
        SHOWN.iter().flat_map(|(folder, ending)| idle(tree, folder, ending)).collect();
    found.extend(examples(tree));
    Ok(found)
}

fn idle(tree: &Tree, folder: &str, ending: &str) -> Vec<Finding> {
    let last = folder.trim_end_matches('/').rsplit('/').next().unwrap_or(folder);
    let whole = [format!("{last}/*.{ending}\""), format!("{last}\"")];
    let tests: Vec<&File> =
        tree.rust().filter(|(file, code)| is_test(file, code, folder)).map(|(file, _)| file).collect();
    if whole.iter().any(|folder| tests.iter().any(|test| names(test, folder))) {
        return Vec::new();
    }
    let shown = tree.files.iter().filter(|file| file.path.starts_with(folder) && file.ends_in(ending));
    let named = |file: &&File| {
        let name = file.path.rsplit('/').next().unwrap_or_default();
        tests.iter().any(|test| names(test, name))
    };
    shown
        .filter(|file| !named(file))
        .map(|file| Finding::new(&file.path, 0, "no test runs this file"))
        .collect()
}

/// Whether a file says something outside of comments.
fn names(file: &File, what: &str) -> bool {
    file.text.lines().any(|line| !line.trim_start().starts_with("//") && line.contains(what))
}

fn is_test(file: &File, code: &Code, folder: &str) -> bool {
    let own = file.path.starts_with("crates/xtask/") || file.path.starts_with(folder);
    !own && code.functions.iter().any(|function| function.test)
}

/// Every example folder has a `run` and a README.
fn examples(tree: &Tree) -> Vec<Finding> {
    let inside = tree.files.iter().filter_map(|file| file.path.strip_prefix("examples/")?.split_once('/'));
    let mut folders: Vec<&str> = inside.map(|(folder, _)| folder).collect();
    folders.dedup();
    let pairs = folders.iter().flat_map(|folder| ["run", "README.md"].map(|name| (folder, name)));
    let lacking = pairs.filter(|(folder, name)| !tree.has(&format!("examples/{folder}/{name}")));
    lacking
        .map(|(folder, name)| Finding::new(&format!("examples/{folder}"), 0, format!("lacks `{name}`")))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{super::support, *};

    #[test]
    fn a_file_that_no_test_runs_is_found() {
        let misuse = ("crates/trueup-ports/fail/clone.rs", "fn main() {}");
        let test = |text: &'static str| ("crates/trueup-ports/tests/it/misuse.rs", text);
        support::check(check, &[misuse], &["crates/trueup-ports/fail/clone.rs:0"]);
        support::check(check, &[misuse, test("#[test]\nfn a() { run(\"fail/*.rs\") }")], &[]);
        support::check(check, &[misuse, test("#[test]\nfn a() { run(\"clone.rs\") }")], &[]);
        support::check(check, &[misuse, test("#[test]\nfn a() { run(\"../fail\") }")], &[]);
        for idle in ["fn a() { run(\"clone.rs\") }", "// \"fail/*.rs\" or clone.rs\n#[test]\nfn a() {}"] {
            support::check(check, &[misuse, test(idle)], &["crates/trueup-ports/fail/clone.rs:0"]);
        }
    }

    #[test]
    fn an_example_that_cannot_be_run_is_found() {
        support::check(check, &[("examples/a/run", ""), ("examples/a/README.md", "")], &[]);
        support::check(check, &[("examples/a/trueup.yaml", "")], &["examples/a:0", "examples/a:0"]);
    }
}
