//! Why a workbook that can be opened is not read. Each names the place and the way out.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::text::shown;

/// Why a workbook is not read. Travels from the parsing child to its parent.
#[derive(Clone, Debug, PartialEq, Eq, Error, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// The file has no content at all.
    #[error("the file is empty: it is being saved, or the last save failed")]
    NoContent,
    /// The file begins like a workbook but its end is missing.
    #[error("the file is cut off ({0}): it is being saved, or the last save failed")]
    CutOff(String),
    /// The file is something else.
    #[error("the file is not an .xlsx workbook: save it as .xlsx")]
    NotAWorkbook,
    /// The old binary format, or a workbook locked with a password.
    #[error("the file is an old .xls workbook or locked with a password: save it as .xlsx without one")]
    Locked,
    /// The zip container is of a kind that no spreadsheet program writes.
    #[error("the workbook's container is unsound: {0}")]
    Unsound(String),
    /// The workbook holds more than allowed.
    #[error("the workbook holds more than {limit} {what}")]
    TooMuch {
        /// What there is too much of, such as `rows`.
        what: String,
        /// How much is allowed.
        limit: u64,
    },
    /// The parser does not understand the workbook.
    #[error("the workbook cannot be understood: {why} ({place})")]
    Malformed {
        /// What is wrong.
        why: String,
        /// Where, as near as it is known.
        place: String,
    },
    /// There is no such sheet.
    #[error("the workbook has no sheet '{}'{}; it has {}", shown(.sheet), hint(.nearest.as_ref()), list(.found))]
    SheetMissing {
        /// The sheet wanted.
        sheet: String,
        /// The sheet most like it.
        nearest: Option<String>,
        /// The sheets there are.
        found: Vec<String>,
    },
    /// The sheet has no header row.
    #[error("sheet '{}' has no header row", shown(.sheet))]
    HeaderMissing {
        /// The sheet.
        sheet: String,
    },
    /// There is no such column.
    #[error(
        "sheet '{}' has no column '{}'{}; {}",
        shown(.sheet), shown(.column), hint(.nearest.as_ref()), headers(.found, *.row, *.known, *.wanted)
    )]
    ColumnMissing {
        /// The column wanted.
        column: String,
        /// The sheet.
        sheet: String,
        /// The header most like it.
        nearest: Option<String>,
        /// The headers there are; none where the row is hardly a header row, since it is somebody's then.
        found: Vec<String>,
        /// The row that was taken for the header row, counted from 1.
        row: u32,
        /// How many of the wanted columns it holds.
        known: usize,
        /// How many columns are wanted.
        wanted: usize,
    },
    /// Two columns have the name of one that is wanted.
    #[error(
        "sheet '{}' has two columns '{}', in {first} and {second}: rename one",
        shown(.sheet), shown(.column)
    )]
    ColumnTwice {
        /// The column wanted.
        column: String,
        /// The sheet.
        sheet: String,
        /// The first of them in A1 notation.
        first: String,
        /// The second.
        second: String,
    },
}

fn hint(nearest: Option<&String>) -> String {
    nearest.map_or_else(String::new, |name| format!(" (did you mean '{}'?)", shown(name)))
}

fn headers(found: &[String], row: u32, known: usize, wanted: usize) -> String {
    match (found, known) {
        ([], 0) => format!("row {row} holds none of the columns looked for: is it the header row?"),
        ([], _) => {
            format!("row {row} holds only {known} of the {wanted} columns looked for: is it the header row?")
        }
        (found, _) => format!("it has {}", list(found)),
    }
}

fn list(names: &[String]) -> String {
    const MOST: usize = 60;
    if names.is_empty() {
        return "none".to_owned();
    }
    let mut shown: Vec<String> = names.iter().take(MOST).map(|name| format!("'{}'", shown(name))).collect();
    if names.len() > MOST {
        shown.push(format!("{} more", names.len() - MOST));
    }
    shown.join(", ")
}
