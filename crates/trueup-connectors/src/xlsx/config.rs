//! Which sheet of which workbook is the source.

use std::path::PathBuf;

use super::request::{Caps, HeaderRow};

/// Which sheet of which workbook is the source, and how its rows are told apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The workbook.
    pub path: PathBuf,
    /// The sheet, exactly as its tab is named.
    pub sheet: String,
    /// The header of the column that holds each record's key.
    pub key: String,
    /// Which row names the columns.
    pub header_row: HeaderRow,
    /// How much is read at most.
    pub caps: Caps,
    /// How large the file may be, in bytes.
    pub max_bytes: u64,
}
