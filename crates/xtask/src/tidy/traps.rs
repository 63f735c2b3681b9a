//! docs/traps.md says which test meets each trap of the HubSpot API; here the names and the numbers are checked.

use anyhow::Result;

use super::{Finding, seeds};
use crate::{
    markdown::{self, Row},
    tree::Tree,
};

const TRAPS: &str = "docs/traps.md";
/// How many traps the fact sheet numbers.
const COUNT: usize = 32;
/// How a row begins whose trap does not concern what there is yet.
const WAITS: &str = "waits for ";

/// Finds traps without a row, rows without a test or a reason, and tests that do not exist or have another number.
///
/// # Errors
/// Never.
pub fn check(tree: &Tree) -> Result<Vec<Finding>> {
    let Some(document) = tree.file(TRAPS) else {
        return Ok(vec![Finding::new(TRAPS, 0, "is missing")]);
    };
    let rows = markdown::tables(&document.text);
    let mut found: Vec<Finding> = (1..=COUNT)
        .filter(|number| !rows.iter().any(|row| row.cells.first() == Some(&number.to_string())))
        .map(|number| Finding::new(TRAPS, 0, format!("trap {number} has no row")))
        .collect();
    found.extend(
        rows.iter()
            .flat_map(|row| wrong(tree, row).into_iter().map(|what| Finding::new(TRAPS, row.line, what))),
    );
    Ok(found)
}

fn wrong(tree: &Tree, row: &Row) -> Vec<String> {
    let number = row.cells.first().map_or("", String::as_str);
    let last = row.cells.len().saturating_sub(1);
    let names = row.names(last).into_iter().filter(|name| name.contains("::"));
    let tests: Vec<String> = names.collect();
    if tests.is_empty() && !row.cells.get(last).is_some_and(|cell| cell.starts_with(WAITS)) {
        return vec!["nothing meets this trap, and nothing says what it waits for".to_owned()];
    }
    let other = |test: &String| {
        !test.contains(&format!("::trap_{number:0>2}_")) && !test.contains(&format!("::trap_{number}_"))
    };
    let misnamed = tests.iter().filter(|test| other(test)).map(|test| format!("{test} has another number"));
    misnamed.chain(tests.iter().filter_map(|test| seeds::wrong(tree, test))).collect()
}

#[cfg(test)]
mod tests {
    use super::{super::support, *};

    #[test]
    fn a_trap_without_a_test_of_its_number_or_a_reason_is_found() {
        let row = |number: usize| {
            let shown = match number {
                1 | 2 => "`a.rs::trap_01_it_is_so`",
                3 => "`a.rs::trap_3_nobody_wrote`",
                4 => "",
                5 => return String::new(),
                _ => "waits for webhooks",
            };
            format!("| {number} | x | {shown} |\n")
        };
        let table = "| trap | what | shown by |\n|---|---|---|\n".to_owned();
        let table = table + &(1..=COUNT).map(row).collect::<String>();
        let files = [(TRAPS, table.as_str()), ("a.rs", "#[test]\nfn trap_01_it_is_so() {}\n")];
        support::check(
            check,
            &files,
            &["docs/traps.md:0", "docs/traps.md:4", "docs/traps.md:5", "docs/traps.md:6"],
        );
        support::check(check, &[], &["docs/traps.md:0"]);
    }
}
