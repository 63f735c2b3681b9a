//! Code and documents speak of invariants by number; one page says what each is, what keeps it and what shows it.

use std::collections::BTreeSet;

use anyhow::Result;

use super::{Finding, seeds};
use crate::{
    markdown,
    tree::{File, Tree},
};

const INVARIANTS: &str = "docs/reference/invariants.md";
/// Where an invariant is named.
const ENDINGS: [&str; 3] = ["md", "rs", "spec"];

/// Finds invariants that nothing shows, proofs that do not exist, and numbers that the page does not know.
///
/// # Errors
/// Never.
pub fn check(tree: &Tree) -> Result<Vec<Finding>> {
    let Some(page) = tree.file(INVARIANTS) else {
        return Ok(vec![Finding::new(INVARIANTS, 0, "is missing")]);
    };
    let mut known = BTreeSet::new();
    let mut found = Vec::new();
    for row in markdown::tables(&page.text) {
        let last = row.cells.len().saturating_sub(1);
        if row.cells.get(last).is_none_or(String::is_empty) {
            found.push(Finding::new(INVARIANTS, row.line, "nothing shows this invariant"));
        }
        let wrong = row.names(last).into_iter().filter_map(|proof| seeds::wrong(tree, &proof));
        found.extend(wrong.map(|what| Finding::new(INVARIANTS, row.line, what)));
        known.extend(row.cells.first().cloned());
    }
    let named = tree.files.iter().filter(|file| ENDINGS.iter().any(|ending| file.ends_in(ending)));
    found.extend(named.filter(|file| file.path != INVARIANTS).flat_map(|file| unknown(&known, file)));
    Ok(found)
}

fn unknown(known: &BTreeSet<String>, file: &File) -> Vec<Finding> {
    let lines = file.text.lines().enumerate();
    let named = lines.flat_map(|(at, line)| numbers(line).map(move |name| (at + 1, name)));
    let unknown = named.filter(|(_, name)| !known.contains(*name));
    unknown
        .map(|(line, name)| Finding::new(&file.path, line, format!("{INVARIANTS} has no {name}")))
        .collect()
}

/// Every `I-` with two digits that stands alone.
fn numbers(line: &str) -> impl Iterator<Item = &str> {
    line.match_indices("I-").filter_map(|(at, _)| {
        let before = at.checked_sub(1).and_then(|before| line.as_bytes().get(before));
        let name = line.get(at..at + 4)?;
        let digits = name.bytes().skip(2).all(|byte| byte.is_ascii_digit());
        let part = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'-';
        let alone = !before.is_some_and(part) && !line.as_bytes().get(at + 4).is_some_and(part);
        (digits && alone).then_some(name)
    })
}

#[cfg(test)]
mod tests {
    use super::{super::support, *};

    #[test]
    fn an_invariant_that_nothing_shows_or_that_no_page_knows_is_found() {
        let table = "| a | b | c | d |\n|---|---|---|---|\n| I-01 | x | y | O1, `a.rs::it_is_so` |\n| I-02 | x | y | |\n\
                     | I-03 | x | y | `a.rs::helper` |\n";
        let code =
            "// I-01, I-02; I-03: no API-04, CLI-05 or I-067\n#[test]\nfn it_is_so() {}\nfn helper() {}\n";
        let places = ["docs/reference/invariants.md:4", "docs/reference/invariants.md:5"];
        support::check(check, &[(INVARIANTS, table), ("a.rs", code)], &places);
        let strange = ("b.spec", "a => b ; I-08: nobody wrote it down\n");
        support::check(check, &[(INVARIANTS, ""), strange], &["b.spec:1"]);
        support::check(check, &[], &["docs/reference/invariants.md:0"]);
    }
}
