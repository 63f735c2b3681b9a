//! A type that only one place can make is a proof. Two places, and it is a convention.

use anyhow::Result;

use super::Finding;
use crate::{
    rust::{block_end, line_at, words},
    tree::Tree,
};

/// The types that are proofs.
const PROOFS: [&str; 2] = ["Permit", "Cleared"];

/// Where files show that a proof cannot be made from outside, by trying it.
const MISUSE: &str = "/fail/";

/// Finds a proof that is not made in exactly one place.
///
/// # Errors
/// Never.
pub fn check(tree: &Tree) -> Result<Vec<Finding>> {
    Ok(PROOFS.iter().flat_map(|proof| not_once(tree, proof)).collect())
}

fn not_once(tree: &Tree, proof: &str) -> Vec<Finding> {
    let mut places: Vec<(&str, usize)> = Vec::new();
    let mut declared = false;
    for (file, code) in tree.rust().filter(|(file, _)| !file.path.contains(MISUSE)) {
        declared |= code.masked.contains(&format!("struct {proof} {{"));
        places.extend(made(&code.masked, proof).into_iter().map(|line| (file.path.as_str(), line)));
    }
    let what = format!("`{proof}` is made in {} places, and must be in one", places.len());
    match places.as_slice() {
        [_] => Vec::new(),
        [] if declared => vec![Finding::new("crates", 0, what)],
        _ => places.iter().map(|(path, line)| Finding::new(path, *line, what.clone())).collect(),
    }
}

/// The lines that build one by name, or as `Self` inside its own `impl`.
fn made(masked: &str, proof: &str) -> Vec<usize> {
    let mut places: Vec<usize> = words(masked, proof).filter(|at| builds(masked, *at, proof)).collect();
    for header in [format!("impl {proof} {{"), format!("for {proof} {{")] {
        for (start, _) in masked.match_indices(&header) {
            let end = block_end(masked, start).unwrap_or(masked.len());
            let inside = words(masked, "Self").filter(|at| (start..end).contains(at));
            places.extend(inside.filter(|at| builds(masked, *at, "Self")));
        }
    }
    places.into_iter().map(|at| line_at(masked, at)).collect()
}

/// Whether `Name {` stands here as an expression, not as a declaration, a type or a pattern.
fn builds(masked: &str, at: usize, name: &str) -> bool {
    let after = masked.get(at + name.len()..).unwrap_or_default().trim_start();
    let before = masked.get(..at).unwrap_or_default().trim_end();
    let named = ["struct", "impl", "for", "->", "let", "enum", "trait"];
    after.starts_with('{') && !named.iter().any(|word| before.ends_with(word))
}

#[cfg(test)]
mod tests {
    use super::{super::support, *};

    const ONCE: &str = "struct Permit { a: u8 }\nimpl Permit {\n fn issue() -> Self { Self { a: 1 } }\n}\n";

    #[test]
    fn a_proof_made_once_is_one() {
        support::check(check, &[("a.rs", ONCE)], &[]);
        support::check(check, &[("a.rs", ONCE), ("b.rs", "fn permit() -> Permit { Permit::issue() }")], &[]);
    }

    #[test]
    fn a_proof_made_twice_or_never_is_found() {
        support::check(
            check,
            &[("a.rs", ONCE), ("b.rs", "fn x() {\n let p = Permit { a: 2 };\n}")],
            &["a.rs:3", "b.rs:2"],
        );
        support::check(
            check,
            &[("a.rs", ONCE), ("crates/a/fail/by_hand.rs", "fn x() { Permit { a: 2 }; }")],
            &[],
        );
        support::check(check, &[("a.rs", "struct Cleared { a: u8 }")], &["crates:0"]);
    }
}
