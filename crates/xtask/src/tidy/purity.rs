//! The core and the engine touch nothing outside: what they know, they were given.

use anyhow::Result;

use super::Finding;
use crate::{
    rust::{line_at, words},
    tree::Tree,
};

/// Crates that have no I/O. Their tests may read golden files.
const PURE: [&str; 5] = [
    "crates/trueup-core/src/",
    "crates/trueup-ports/src/",
    "crates/trueup-engine/src/",
    "crates/trueup-sim/src/",
    "crates/trueup-verify/src/",
];
/// Ways to the outside. Clippy bans the calls that have no other use; these modules are banned whole.
const OUTSIDE: [&str; 4] = ["std::fs", "std::env", "std::net", "std::process"];

/// Finds doors to the outside in crates that have none.
///
/// # Errors
/// Never.
pub fn check(tree: &Tree) -> Result<Vec<Finding>> {
    let pure = tree.rust().filter(|(file, _)| {
        // The program of a crate is where what it needs comes from.
        PURE.iter().any(|crates| file.path.starts_with(crates)) && !file.path.ends_with("/src/main.rs")
    });
    let doors = pure.flat_map(|(file, code)| {
        OUTSIDE.iter().flat_map(move |door| words(&code.masked, door).map(move |at| (file, code, door, at)))
    });
    let what = |door: &str| format!("`{door}` leads outside; this crate is given what it needs");
    Ok(doors
        .map(|(file, code, door, at)| Finding::new(&file.path, line_at(&code.masked, at), what(door)))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::{super::support, *};

    #[test]
    fn a_door_to_the_outside_is_found_in_the_core_and_not_in_its_tests() {
        let door = "// std::fs\nuse std::fs;\nfn a() { std::env::var(\"X\"); }\n";
        let files = [
            ("crates/trueup-core/src/a.rs", door),
            ("crates/trueup-core/tests/it/a.rs", door),
            ("crates/trueup/src/a.rs", door),
            ("crates/trueup-sim/src/main.rs", door),
        ];
        support::check(check, &files, &["crates/trueup-core/src/a.rs:2", "crates/trueup-core/src/a.rs:3"]);
    }
}
