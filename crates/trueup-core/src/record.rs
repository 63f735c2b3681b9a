//! One system's copy of an entity.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{name::RemoteId, value::Cell};

/// One record as one read saw it: a dense row over the columns that were asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// The id the system answers with.
    pub id: RemoteId,
    /// The id it was asked by, when the answer came back under another one (a merge).
    pub asked: Option<RemoteId>,
    /// The cells, in the order of the columns asked for, as the system spells them.
    pub cells: Vec<Cell>,
    /// The system's own last-modified time; compared only with other times of the same system.
    pub version: Option<Timestamp>,
    /// For people: where the record stands, such as `row 17`; never identity.
    pub place: String,
    /// Past values per column, newest first; only when history was asked for.
    pub history: Vec<Vec<Past>>,
}

/// One past value of one field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Past {
    /// The value, as the system spells it.
    pub cell: Cell,
    /// When it was written, by the system's clock.
    pub at: Timestamp,
    /// Who wrote it, as far as the system tells, such as `INTEGRATION 1160452`.
    pub by: String,
    /// Whether it is certain that no key such as ours wrote it, but a person or the system itself.
    pub foreign: bool,
}

impl Record {
    /// A record with cells only.
    #[must_use]
    pub fn new(id: RemoteId, cells: Vec<Cell>) -> Self {
        Self { id, asked: None, cells, version: None, place: String::new(), history: Vec::new() }
    }

    /// The cell of a column; a column beyond the row was not answered.
    #[must_use]
    pub fn cell(&self, column: usize) -> &Cell {
        self.cells.get(column).unwrap_or(&Cell::Absent)
    }

    /// The past values of a column, newest first.
    #[must_use]
    pub fn past(&self, column: usize) -> &[Past] {
        self.history.get(column).map_or(&[], Vec::as_slice)
    }
}
