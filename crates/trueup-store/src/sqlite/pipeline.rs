//! The pipeline's own row: its serial and where its journal ends.

use rusqlite::OptionalExtension;
use trueup_core::{journal::Entry, name::PipelineName};

use super::{error::DbResult, transaction::Transaction};

/// The row id of a pipeline in this file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PipelineRow(pub(super) i64);

impl rusqlite::ToSql for PipelineRow {
    fn to_sql(&self) -> rusqlite::Result<rusqlite::types::ToSqlOutput<'_>> {
        self.0.to_sql()
    }
}

/// Finds a pipeline; `None` before its first commit.
pub(super) fn find(tx: &Transaction<'_>, name: &PipelineName) -> DbResult<Option<PipelineRow>> {
    let mut found = tx.prepare_cached("SELECT id FROM pipeline WHERE name = ?1")?;
    Ok(found.query_row([name.as_str()], |row| row.get(0).map(PipelineRow)).optional()?)
}

/// Finds a pipeline, or makes its row.
pub(super) fn id(tx: &Transaction<'_>, name: &PipelineName) -> DbResult<PipelineRow> {
    if let Some(found) = find(tx, name)? {
        return Ok(found);
    }
    tx.execute("INSERT INTO pipeline (name, journal_head) VALUES (?1, ?2)", [name.as_str(), Entry::START])?;
    Ok(PipelineRow(tx.last_insert_rowid()))
}
