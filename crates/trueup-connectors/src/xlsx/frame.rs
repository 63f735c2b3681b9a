//! What the parsing child says to its parent: one JSON document a line.
//!
//! A line is complete or it is not there: a child that dies leaves no half row, and a stream without
//! [`Frame::End`] is never taken for the end of the sheet.

use serde::{Deserialize, Serialize};

use super::{cell::RawCell, limits::Limits, refusal::Refusal, request::Request};

/// What the child is told, as its second argument.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Job {
    /// What it may use.
    pub limits: Limits,
    /// What it shall read.
    pub request: Request,
}

/// One line from the child. A head, rows, and an end; or a refusal at any point.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Frame {
    /// What the header row says.
    Head(Head),
    /// One row.
    Row(RawRow),
    /// The sheet was read to its end.
    End(End),
    /// The workbook is not read, or not further.
    Refused(Refusal),
}

/// What the header row says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// The fingerprint of all headers, in any order: moving columns is no change, renaming is.
    pub fingerprint: String,
    /// All headers of the sheet, as they are compared, from left to right.
    pub headers: Vec<Header>,
    /// Where the wanted columns stand, from 0, in the order asked for.
    pub positions: Vec<u32>,
}

/// One header.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// The name, as it is compared.
    pub name: String,
    /// The column, from 0.
    pub column: u32,
}

/// One row that holds anything in a wanted column.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RawRow {
    /// The row, from 0. For messages only: sorting moves it.
    #[serde(rename = "r")]
    pub row: u32,
    /// The cells, in the order of the columns asked for.
    #[serde(rename = "c")]
    pub cells: Vec<RawCell>,
}

/// How much there was.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct End {
    /// Rows sent.
    pub rows: u64,
    /// Rows not sent, since they hold something in other columns only.
    pub passed_over: u64,
}
