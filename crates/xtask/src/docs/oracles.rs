//! The oracles of the simulation: each with its number, in a few words and as its file opens.

use std::{collections::BTreeMap, fmt::Write};

use anyhow::{Context, Result, bail};

use crate::{
    markdown,
    tree::{File, Tree},
};

const ORACLES: &str = "crates/trueup-sim/src/oracles/";
const TABLE: &str = "crates/trueup-sim/src/oracles/mod.rs";
const INVARIANTS: &str = "docs/reference/invariants.md";
const HEAD: &str = "<!-- written by `cargo xtask docs` -->\n# Oracles\n\nWhat must hold after every seed: of the simulation, and of `trueup rehearse`, which plays a configuration of one's own.\nWhatever does not hold is told in a line that begins with the number. The invariants are those of\n[invariants](invariants.md).\n";

pub(super) fn text(tree: &Tree) -> Result<String> {
    let table = opening(tree.file(TABLE).with_context(|| format!("{TABLE} is missing"))?);
    let invariants = tree.file(INVARIANTS).with_context(|| format!("{INVARIANTS} is missing"))?;
    let mut oracles = rows(&table);
    oracles.extend(asides(&table));
    let shown = shown(invariants);
    let mut out = format!("{HEAD}\n| oracle | says | shows |\n|---|---|---|\n");
    for (number, says) in &oracles {
        let invariants = shown.get(number).map_or_else(String::new, |names| names.join(", "));
        writeln!(out, "| O{number} | {says} | {invariants} |")?;
    }
    out.push_str("\n## In full\n");
    for (number, told) in in_full(tree) {
        if !oracles.contains_key(&number) {
            bail!("{TABLE} has no O{number}");
        }
        write!(out, "\n{told}\n")?;
    }
    Ok(out)
}

/// The comment a file opens with.
fn opening(file: &File) -> String {
    let lines = file.text.lines().map_while(|line| line.strip_prefix("//!"));
    lines.map(str::trim).collect::<Vec<_>>().join("\n")
}

/// What the table says of each: ``| O1 [`convergence`] | both sides agree |``.
fn rows(table: &str) -> BTreeMap<u32, String> {
    let rows = markdown::tables(table).into_iter();
    rows.filter_map(|row| Some((number(row.cells.first()?)?, row.cells.get(1)?.clone()))).collect()
}

/// What is said of those that have no file: `O14 (nothing panics)`.
fn asides(table: &str) -> BTreeMap<u32, String> {
    let words = table.replace('\n', " ");
    let asides = words.match_indices(" O").filter_map(|(at, _)| {
        let (name, rest) = words.get(at + 1..)?.split_once(" (")?;
        Some((number(name).filter(|_| !name.contains(' '))?, rest.split_once(')')?.0.to_owned()))
    });
    asides.collect()
}

/// The number a text begins with: `O1 …`.
fn number(text: &str) -> Option<u32> {
    let digits: String = text.strip_prefix('O')?.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

/// The invariants that each oracle shows, by the page that lists them.
fn shown(page: &File) -> BTreeMap<u32, Vec<String>> {
    let mut shown: BTreeMap<u32, Vec<String>> = BTreeMap::new();
    for row in markdown::tables(&page.text) {
        let (Some(name), Some(proofs)) = (row.cells.first(), row.cells.last()) else { continue };
        for number in proofs.split(", ").filter_map(number) {
            shown.entry(number).or_default().push(name.clone());
        }
    }
    shown
}

/// What each file that is an oracle opens with, in the order of their numbers.
fn in_full(tree: &Tree) -> Vec<(u32, String)> {
    let files = tree.files.iter().filter(|file| file.path.starts_with(ORACLES));
    let told = files.filter_map(|file| {
        let opening = opening(file);
        let first = opening.split("\n\n").next()?.to_owned();
        Some((number(&first)?, first))
    });
    let mut told: Vec<(u32, String)> = told.collect();
    told.sort_by_key(|(number, _)| *number);
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_oracle_is_told_with_what_it_shows_and_as_its_file_opens() {
        let table = "//! Oracles.\n//!\n//! | oracle | says |\n//! |---|---|\n//! | O2 [`census`] | nothing is lost |\n//!\n//! O14 (nothing\n//! panics) is another's.\n\npub mod census;\n";
        let page = "| a | b |\n|---|---|\n| I-02 | O2, `a.rs` |\n| I-04 | O2 |\n| I-31 | O14 |\n";
        let census = "//! O2 (I-02): what a person wrote\n//! stands somewhere.\n//!\n//! More.\nuse x;\n";
        let files = [(TABLE, table), (INVARIANTS, page), (&*format!("{ORACLES}census.rs"), census)];
        let text = text(&Tree::of(&files)).unwrap();
        let rows = "| O2 | nothing is lost | I-02, I-04 |\n| O14 | nothing panics | I-31 |\n";
        assert!(text.contains(rows), "{text}");
        assert!(
            text.ends_with("## In full\n\nO2 (I-02): what a person wrote\nstands somewhere.\n"),
            "{text}"
        );
        let strange = format!("{ORACLES}new.rs");
        let files = [(TABLE, table), (INVARIANTS, page), (&*strange, "//! O3: once\n")];
        assert!(super::text(&Tree::of(&files)).unwrap_err().to_string().contains("no O3"));
    }
}
