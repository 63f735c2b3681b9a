//! The decision table, as the crate that plays it prints it.

use std::{path::Path, process::Command};

use anyhow::{Context, Result, bail};

use crate::tree::Tree;

/// Where the table is printed.
pub(super) const PRINTED: &str = "docs/reference/decisions-table.md";
const SPECS: &str = "crates/trueup-spec/spec/";

/// Asks the player, which lies beside the program.
pub(super) fn text(program: &Path) -> Result<String> {
    let player = program.with_file_name(format!("trueup-spec{}", std::env::consts::EXE_SUFFIX));
    let output = Command::new(&player).output();
    let output = output.with_context(|| format!("cannot start {}", player.display()))?;
    if !output.status.success() {
        bail!("{}", String::from_utf8_lossy(&output.stderr).trim_end());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The rules, as `file:line`, that the printed table does not hold as the specs say them; and the table
/// itself when it holds others.
///
/// What a rule decides only the player knows; that its words are printed is seen from the text.
pub(super) fn unprinted(tree: &Tree) -> Vec<String> {
    let printed: Vec<&str> = tree
        .file(PRINTED)
        .map_or_else(Vec::new, |file| file.text.lines().filter(|line| is_row(line)).collect());
    let mut rules = 0;
    let mut missing = Vec::new();
    for file in tree.files.iter().filter(|file| file.path.starts_with(SPECS)) {
        for (at, line) in file.text.lines().enumerate() {
            let Some((then, source)) = rule(line) else { continue };
            rules += 1;
            let is_printed = |row: &&str| {
                row.contains(&format!(" | {then} | ")) && row.ends_with(&format!(" | {source} |"))
            };
            if !printed.iter().any(is_printed) {
                missing.push(format!("{}:{}", file.path, at + 1));
            }
        }
    }
    if rules != printed.len() {
        missing.push(PRINTED.to_owned());
    }
    missing
}

fn rule(line: &str) -> Option<(&str, &str)> {
    let (_, rest) = line.split_once(" => ").filter(|_| !line.starts_with('#'))?;
    rest.split_once(" ; ")
}

fn is_row(line: &str) -> bool {
    line.starts_with("| ") && !line.starts_with("| when ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPEC: &str = "# a\ncolumns a\nx => in ; design\n    known: out ; why\n* => out ; issue\n";

    #[track_caller]
    fn check(printed: &str, want: &[&str]) {
        let tree = Tree::of(&[(&format!("{SPECS}a.spec"), SPEC), (PRINTED, printed)]);
        assert_eq!(unprinted(&tree), want);
    }

    #[test]
    fn a_rule_that_is_not_printed_and_a_row_without_a_rule_are_found() {
        let (head, first) = (
            "| when | comes to | combinations | because |\n|---|---|---:|---|\n",
            "| a `x` | in | 3 | design |\n",
        );
        let last = "| anything else | out | 4 | issue |\n";
        check(&[head, first, last].concat(), &[]);
        check(&[head, first].concat(), &["crates/trueup-spec/spec/a.spec:5", PRINTED]);
        check(
            &[head, first, "| a `y` | out | 4 | other |\n"].concat(),
            &["crates/trueup-spec/spec/a.spec:5"],
        );
        check(&[head, first, first, last].concat(), &[PRINTED]);
    }
}
