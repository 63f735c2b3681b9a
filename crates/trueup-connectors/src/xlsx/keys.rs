//! The key column: what tells a row from every other, wherever it stands.

use std::collections::HashMap;

use compact_str::CompactString;
use thiserror::Error;

use super::{address::Address, cell::RawCell, frame::RawRow, text::shown};

/// The keys of a sheet, with every row that has each.
#[derive(Debug)]
pub struct Keys {
    sheet: String,
    slot: usize,
    column: u32,
    rows: HashMap<CompactString, Vec<u32>>,
    problems: Vec<KeyProblem>,
}

/// Why rows cannot be told apart by their key. A finding: the other rows are read.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum KeyProblem {
    /// A row holds something, but no key.
    #[error("the key is blank in {place}: fill it in, or clear the row")]
    Blank {
        /// The key's cell, such as `Lead Details!A17`.
        place: String,
    },
    /// The key's cell is no value.
    #[error("the key in {place} is {why}")]
    Unreadable {
        /// The key's cell.
        place: String,
        /// What stands there instead.
        why: String,
    },
    /// Several rows have one key; none of them can be taken at its word.
    #[error("key '{}' stands in {}: keep one", shown(.key), .places.join(" and "))]
    Duplicate {
        /// The key.
        key: String,
        /// The keys' cells, from top to bottom.
        places: Vec<String>,
    },
}

impl Keys {
    /// Of a sheet whose key stands in the `slot`-th wanted column, which is the sheet's `column`-th.
    #[must_use]
    pub fn new(sheet: &str, slot: usize, column: u32) -> Self {
        Self { sheet: sheet.to_owned(), slot, column, rows: HashMap::new(), problems: Vec::new() }
    }

    /// Takes note of a row and returns its key, without outer spaces; `None` if it has none.
    pub fn see(&mut self, row: &RawRow) -> Option<CompactString> {
        match self.key_of(row) {
            Ok(key) => {
                self.rows.entry(key.clone()).or_default().push(row.row);
                Some(key)
            }
            Err(problem) => {
                self.problems.push(problem);
                None
            }
        }
    }

    /// Whether more than one row has this key.
    #[must_use]
    pub fn is_duplicate(&self, key: &str) -> bool {
        self.rows.get(key).is_some_and(|rows| rows.len() > 1)
    }

    /// Where the key of a row stands.
    #[must_use]
    pub fn place(&self, row: u32) -> String {
        Address { row, column: self.column }.in_sheet(&self.sheet)
    }

    /// All problems: keyless rows in the order of the sheet, then duplicate keys in theirs.
    #[must_use]
    pub fn problems(&self) -> Vec<KeyProblem> {
        let mut twins: Vec<_> = self.rows.iter().filter(|(_, rows)| rows.len() > 1).collect();
        twins.sort_unstable_by_key(|(_, rows)| rows.first().copied());
        let twins = twins.into_iter().map(|(key, rows)| KeyProblem::Duplicate {
            key: key.to_string(),
            places: rows.iter().map(|row| self.place(*row)).collect(),
        });
        self.problems.iter().cloned().chain(twins).collect()
    }

    fn key_of(&self, row: &RawRow) -> Result<CompactString, KeyProblem> {
        let place = || self.place(row.row);
        let cell = row.cells.get(self.slot).unwrap_or(&RawCell::Blank);
        if let Some(error) = cell.error() {
            return Err(KeyProblem::Unreadable { place: place(), why: error.kind.to_string() });
        }
        let key = cell.to_text().map(|text| CompactString::new(text.trim()));
        key.filter(|key| !key.is_empty()).ok_or_else(|| KeyProblem::Blank { place: place() })
    }
}

#[cfg(test)]
mod tests {
    use super::{super::cell::*, *};

    fn keys(cells: &[RawCell]) -> Keys {
        let mut keys = Keys::new("Leads", 0, 2);
        for (row, cell) in (1..).zip(cells) {
            keys.see(&RawRow { row, cells: vec![cell.clone()] });
        }
        keys
    }

    #[track_caller]
    fn check(cells: &[RawCell], expected: &[&str]) {
        let problems: Vec<_> = keys(cells).problems().iter().map(ToString::to_string).collect();
        assert_eq!(problems, expected);
    }

    fn text(text: &str) -> RawCell {
        RawCell::Text(text.into())
    }

    #[test]
    fn a_row_without_key_is_a_finding_with_its_place() {
        let error =
            CellError { kind: CellErrorKind::Ref, sheet: "Leads".to_owned(), address: "C4".to_owned() };
        check(
            &[RawCell::Blank, text("  "), RawCell::Error(Box::new(error)), text("R1")],
            &[
                "the key is blank in Leads!C2: fill it in, or clear the row",
                "the key is blank in Leads!C3: fill it in, or clear the row",
                "the key in Leads!C4 is #REF!",
            ],
        );
    }

    #[test]
    fn every_row_of_a_duplicate_key_is_named() {
        let cells = [text("R2"), text("R1"), text("R1 "), RawCell::Number("7".into()), text("7"), text("R1")];
        check(
            &cells,
            &[
                "key 'R1' stands in Leads!C3 and Leads!C4 and Leads!C7: keep one",
                "key '7' stands in Leads!C5 and Leads!C6: keep one",
            ],
        );
        let keys = keys(&cells);
        assert!(keys.is_duplicate("R1") && !keys.is_duplicate("R2") && !keys.is_duplicate("R3"));
    }
}
