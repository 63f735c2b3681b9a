//! A Rust file nobody declares is not compiled: a forgotten test looks like one that passes.

use anyhow::Result;

use super::Finding;
use crate::{rust::Code, tree::Tree};

/// Files that cargo finds by itself, and folders whose files a test runs one by one.
const ROOTS: [&str; 5] =
    ["/src/main.rs", "/src/lib.rs", "/build.rs", "/tests/it/main.rs", "/benches/main.rs"];
const ONE_BY_ONE: [&str; 2] = ["/fail/", "/examples/"];

/// Finds Rust files that no `mod` names.
///
/// # Errors
/// Never.
pub fn check(tree: &Tree) -> Result<Vec<Finding>> {
    let inside = tree.rust().filter(|(file, _)| file.path.starts_with("crates/"));
    let loose = inside.filter(|(file, _)| !is_root(&file.path) && !is_declared(tree, &file.path));
    Ok(loose
        .map(|(file, _)| Finding::new(&file.path, 0, "no `mod` names this file, so nobody compiles it"))
        .collect())
}

fn is_root(path: &str) -> bool {
    ROOTS.iter().any(|root| path.ends_with(root)) || ONE_BY_ONE.iter().any(|folder| path.contains(folder))
}

fn is_declared(tree: &Tree, path: &str) -> bool {
    let stem = path.trim_end_matches("/mod.rs").trim_end_matches(".rs");
    let Some((folder, name)) = stem.rsplit_once('/') else { return false };
    let parents = ["/mod.rs", ".rs", "/lib.rs", "/main.rs"].map(|end| format!("{folder}{end}"));
    let declares = |code: &Code| code.masked.contains(&format!("mod {name};"));
    parents.iter().filter_map(|parent| tree.file(parent)?.code.as_ref()).any(declares)
}

#[cfg(test)]
mod tests {
    use super::{super::support, *};

    #[test]
    fn a_file_that_no_module_names_is_found() {
        let files = [
            ("crates/a/src/lib.rs", "mod b;\nmod c;\n// mod lost;"),
            ("crates/a/src/b.rs", "mod d;"),
            ("crates/a/src/b/d.rs", ""),
            ("crates/a/src/c/mod.rs", ""),
            ("crates/a/src/lost.rs", ""),
            ("crates/a/tests/it/main.rs", "mod one;"),
            ("crates/a/tests/it/one.rs", ""),
            ("crates/a/tests/it/two.rs", ""),
            ("crates/a/fail/clone.rs", ""),
        ];
        support::check(check, &files, &["crates/a/src/lost.rs:0", "crates/a/tests/it/two.rs:0"]);
    }
}
