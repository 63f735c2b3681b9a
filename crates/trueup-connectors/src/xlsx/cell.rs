//! What one cell of a sheet holds, before any normaliser has seen it.

use std::fmt;

use compact_str::CompactString;
use jiff::{SignedDuration, civil};
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// What one cell holds.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum RawCell {
    /// Nothing was ever put there.
    #[serde(rename = "0")]
    Blank,
    /// A text, with its spaces and line breaks as they stand; a formula may give the empty one.
    #[serde(rename = "t")]
    Text(CompactString),
    /// A number in its shortest spelling that reads back the same: `5`, not `5.0`.
    #[serde(rename = "n")]
    Number(CompactString),
    /// A truth value.
    #[serde(rename = "b")]
    Bool(bool),
    /// A number formatted as a day.
    #[serde(rename = "d")]
    Date(civil::Date),
    /// A number formatted as a day and time; workbooks know no time zones.
    #[serde(rename = "dt")]
    DateTime(civil::DateTime),
    /// A number formatted as a time of day, without a day.
    #[serde(rename = "tm")]
    Time(civil::Time),
    /// A number formatted as an amount of time, such as `[h]:mm`.
    #[serde(rename = "du")]
    Duration(SignedDuration),
    /// Something that is no value; never to be taken for a blank.
    #[serde(rename = "e")]
    Error(Box<CellError>),
}

/// A cell that holds no value although it is not blank.
#[derive(Clone, Debug, PartialEq, Eq, Error, Serialize, Deserialize)]
#[error("{kind} in {}!{address}", super::text::shown(.sheet))]
pub struct CellError {
    /// What stands there.
    pub kind: CellErrorKind,
    /// The sheet.
    pub sheet: String,
    /// The cell in A1 notation.
    pub address: String,
}

/// Why a cell holds no value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CellErrorKind {
    /// `#DIV/0!`
    Div0,
    /// `#N/A`
    NotAvailable,
    /// `#NAME?`
    Name,
    /// `#NULL!`
    Null,
    /// `#NUM!`
    Num,
    /// `#REF!`
    Ref,
    /// `#VALUE!`
    Value,
    /// A formula whose result was not stored: the writing program did not calculate.
    NotCalculated,
    /// A whole number of 16 digits or more. Workbooks keep 15, so an id stored so has lost its end.
    LongNumber,
    /// Infinity or not-a-number.
    NotFinite,
    /// A date outside 1900 to 9999, the 29th of February 1900, or one that is misspelt.
    BadDate,
    /// A text longer than allowed.
    LongText,
}

impl CellErrorKind {
    /// The kind in words, without the cell's value.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Div0 => "#DIV/0!",
            Self::NotAvailable => "#N/A",
            Self::Name => "#NAME?",
            Self::Null => "#NULL!",
            Self::Num => "#NUM!",
            Self::Ref => "#REF!",
            Self::Value => "#VALUE!",
            Self::NotCalculated => {
                "a formula without a stored result (open the workbook, recalculate and save it)"
            }
            Self::LongNumber => {
                "a number of 16 or more digits, of which a workbook keeps 15 (store it as text)"
            }
            Self::NotFinite => "a number that is not finite",
            Self::BadDate => "a date that does not exist",
            Self::LongText => "a text longer than allowed",
        }
    }
}

impl fmt::Display for CellErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl RawCell {
    /// Whether nothing was ever put there.
    #[must_use]
    pub const fn is_blank(&self) -> bool {
        matches!(self, Self::Blank)
    }

    /// The error, if the cell is one.
    #[must_use]
    pub fn error(&self) -> Option<&CellError> {
        match self {
            Self::Error(error) => Some(error),
            _ => None,
        }
    }

    /// The cell as one text; blanks and errors give `None`.
    #[must_use]
    pub fn to_text(&self) -> Option<CompactString> {
        Some(match self {
            Self::Blank | Self::Error(_) => return None,
            Self::Text(text) | Self::Number(text) => text.clone(),
            Self::Bool(flag) => CompactString::const_new(if *flag { "TRUE" } else { "FALSE" }),
            Self::Date(date) => date.to_string().into(),
            Self::DateTime(at) => at.to_string().into(),
            Self::Time(at) => at.to_string().into(),
            Self::Duration(length) => length.to_string().into(),
        })
    }
}

// Cells hold personal data; a log or a panic may tell their kind only.
impl fmt::Debug for RawCell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Blank => f.write_str("Blank"),
            Self::Text(text) => write!(f, "Text({} bytes)", text.len()),
            Self::Number(_) => f.write_str("Number"),
            Self::Bool(_) => f.write_str("Bool"),
            Self::Date(_) => f.write_str("Date"),
            Self::DateTime(_) => f.write_str("DateTime"),
            Self::Time(_) => f.write_str("Time"),
            Self::Duration(_) => f.write_str("Duration"),
            Self::Error(error) => write!(f, "Error({error})"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_cell_survives_the_way_from_the_child() {
        let error = CellError {
            kind: CellErrorKind::Ref,
            sheet: "Lead Details".to_owned(),
            address: "C17".to_owned(),
        };
        assert_eq!(error.to_string(), "#REF! in Lead Details!C17");
        let cells = [
            RawCell::Blank,
            RawCell::Text(" a\r\n\u{1b}[31m ".into()),
            RawCell::Number("0.1".into()),
            RawCell::Bool(true),
            RawCell::Date(civil::date(2026, 2, 28)),
            RawCell::DateTime(civil::date(2026, 2, 28).at(1, 2, 3, 4_000_000)),
            RawCell::Time(civil::time(23, 59, 0, 0)),
            RawCell::Duration(SignedDuration::from_hours(30)),
            RawCell::Error(Box::new(error)),
        ];
        let line = serde_json::to_string(&cells).unwrap();
        assert!(!line.contains(['\n', '\u{1b}']));
        assert_eq!(serde_json::from_str::<Vec<RawCell>>(&line).unwrap(), cells);
    }

    #[test]
    fn debug_output_holds_no_personal_data() {
        assert_eq!(format!("{:?}", RawCell::Text("ada@example.org".into())), "Text(15 bytes)");
    }
}
