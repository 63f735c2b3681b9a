//! One concept one file, one thought one function: what outgrows these sizes holds two.

use anyhow::Result;

use super::Finding;
use crate::tree::Tree;

/// Lines of a Rust file.
const FILE: usize = 500;
/// Lines of a function.
const FUNCTION: usize = 70;
/// Lines of ARCHITECTURE.md: longer, and nobody reads it.
const ARCHITECTURE: usize = 200;

/// Finds files and functions that are too long.
///
/// # Errors
/// Never.
pub fn check(tree: &Tree) -> Result<Vec<Finding>> {
    let mut found = Vec::new();
    for (file, code) in tree.rust() {
        too_long(&mut found, &file.path, &file.text, FILE);
        let long = code.functions.iter().filter(|function| function.lines > FUNCTION);
        found.extend(long.map(|function| {
            let what = format!("`{}` has {} lines, limit {FUNCTION}", function.name, function.lines);
            Finding::new(&file.path, function.line, what)
        }));
    }
    if let Some(file) = tree.file("ARCHITECTURE.md") {
        too_long(&mut found, &file.path, &file.text, ARCHITECTURE);
    }
    Ok(found)
}

fn too_long(found: &mut Vec<Finding>, path: &str, text: &str, limit: usize) {
    let lines = text.lines().count();
    if lines > limit {
        found.push(Finding::new(path, 0, format!("{lines} lines, limit {limit}")));
    }
}

#[cfg(test)]
mod tests {
    use super::{super::support, *};

    #[test]
    fn a_long_file_and_a_long_function_are_found() {
        let function = format!("fn short() {{}}\nfn long() {{\n{}}}\n", "    x();\n".repeat(FUNCTION));
        let fits = format!("fn fits() {{\n{}}}\n", "    x();\n".repeat(FUNCTION - 2));
        let file = "// x\n".repeat(FILE + 1);
        support::check(
            check,
            &[("a.rs", &function), ("b.rs", &file), ("c.rs", &fits)],
            &["a.rs:2", "b.rs:0"],
        );
    }
}
