//! Whoever verifies by the code that was at work proves that code equal to itself. The crate that verifies may read
//! the rows that linking, merging and planning leave behind, and call none of it.

use anyhow::Result;

use super::Finding;
use crate::{
    rust::{line_at, words},
    tree::Tree,
};

/// The crate that verifies.
const VERIFIER: &str = "crates/trueup-verify/src/";
/// Modules at work in a cycle, each with those of its types that are mere rows of memory or of the configuration.
const AT_WORK: [(&str, &[&str]); 8] = [
    ("drift", &[]),
    ("gate", &[]),
    ("guard", &[]),
    ("link", &["FieldBase", "Link", "LinkState"]),
    ("merge", &["Flow", "Party", "Survivor"]),
    ("plan", &["Finding", "FindingKey", "FindingKind", "Plan", "Reason", "Values"]),
    ("settle", &[]),
    ("undo", &[]),
];

/// Finds what the verifying crate uses of the code that it verifies.
///
/// # Errors
/// Never.
pub fn check(tree: &Tree) -> Result<Vec<Finding>> {
    let mut found = Vec::new();
    for (file, code) in tree.rust().filter(|(file, _)| file.path.starts_with(VERIFIER)) {
        for (module, rows) in AT_WORK {
            for at in words(&code.masked, module) {
                let Some(names) =
                    code.masked.get(at + module.len()..).and_then(|rest| rest.strip_prefix("::"))
                else {
                    continue;
                };
                let lent = named(names).into_iter().filter(|name| !rows.contains(name));
                found.extend(lent.map(|name| {
                    let what =
                        format!("`{module}::{name}` is at work in a cycle, and this crate verifies it");
                    Finding::new(&file.path, line_at(&code.masked, at), what)
                }));
            }
        }
    }
    Ok(found)
}

/// The names that a path goes on with: one, or those in braces.
fn named(rest: &str) -> Vec<&str> {
    let list = rest.strip_prefix('{').and_then(|list| list.split('}').next());
    let first = rest.split(|c: char| c != '_' && !c.is_alphanumeric()).next().unwrap_or_default();
    match list {
        Some(list) => list.split(',').map(str::trim).filter(|name| !name.is_empty()).collect(),
        None if rest.starts_with('*') => vec!["*"],
        None => vec![first],
    }
}

#[cfg(test)]
mod tests {
    use super::{super::support, *};

    #[test]
    fn rows_may_be_read_and_nothing_else_of_a_cycle_may_be_used() {
        let path = "crates/trueup-verify/src/a.rs";
        let rows = "use trueup_core::{link::{Link, LinkState}, merge::Flow, plan::Plan};\nlet link = plan;\n";
        support::check(check, &[(path, rows)], &[]);
        let work =
            "use trueup_core::{\n link::{Link, link},\n merge::merge,\n drift::compare,\n plan::*,\n};\n";
        support::check(
            check,
            &[(path, work), ("crates/trueup-engine/src/a.rs", work)],
            &[
                "crates/trueup-verify/src/a.rs:4",
                "crates/trueup-verify/src/a.rs:2",
                "crates/trueup-verify/src/a.rs:3",
                "crates/trueup-verify/src/a.rs:5",
            ],
        );
    }
}
