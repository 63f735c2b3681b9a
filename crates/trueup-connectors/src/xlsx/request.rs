//! What to read out of a workbook, and how much of it at most.

use serde::{Deserialize, Serialize};

/// What to read out of a workbook.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// The sheet, exactly as its tab is named.
    pub sheet: String,
    /// The headers of the columns wanted, in the order in which rows shall hold them. With none, only
    /// the header row is read.
    pub columns: Vec<String>,
    /// Which row names the columns.
    pub header_row: HeaderRow,
    /// How much is read at most.
    pub caps: Caps,
}

/// Which row names the columns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HeaderRow {
    /// The first row that holds anything.
    #[default]
    FirstFilled,
    /// This row, counted from 1 as the program shows it.
    Row(u32),
}

/// How much is read at most. Beyond any of these the workbook is refused, never cut short.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Caps {
    /// Rows that hold anything.
    pub rows: u64,
    /// Cells that hold anything, in all columns.
    pub cells: u64,
    /// Characters of one cell; Excel's own limit is 32,767. A longer text is an error of that cell only.
    pub text_chars: usize,
    /// Files inside the workbook.
    pub entries: u64,
    /// Bytes of the workbook's files, unpacked.
    pub unpacked_bytes: u64,
    /// How many times larger a file of the workbook may be unpacked than packed.
    pub ratio: u64,
}

impl Default for Caps {
    fn default() -> Self {
        Self {
            rows: u64::from(super::address::MAX_ROWS),
            cells: 50_000_000,
            text_chars: 32_767,
            entries: 4_096,
            unpacked_bytes: 1 << 30,
            ratio: 250,
        }
    }
}
