//! What SQLite's errors mean to the engine: nothing can be written, or memory cannot be believed.

use rusqlite::ErrorCode;
use trueup_ports::StoreError;

/// Why an operation on the database ended.
///
/// The one type that closures inside a transaction return: `?` turns each of its sources into it, and
/// only the edge of the store makes a [`StoreError`] of it.
#[derive(Debug)]
pub(super) enum DbError {
    /// The database said so.
    Sqlite(rusqlite::Error),
    /// The rules of the store said so.
    Store(StoreError),
}

pub(super) type DbResult<T> = Result<T, DbError>;

impl DbError {
    /// Memory cannot be believed.
    pub(super) fn broken(what: impl Into<String>) -> Self {
        Self::Store(StoreError::Broken(what.into()))
    }

    /// A row that does not read back as what was written.
    pub(super) fn row(table: &str, error: impl std::fmt::Display) -> Self {
        Self::broken(format!("a row of {table} cannot be read: {error}"))
    }
}

impl From<rusqlite::Error> for DbError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

impl From<StoreError> for DbError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<DbError> for StoreError {
    fn from(trouble: DbError) -> Self {
        match trouble {
            DbError::Store(error) => error,
            DbError::Sqlite(error) if stops_writing(error.sqlite_error_code()) => {
                Self::Full(error.to_string())
            }
            DbError::Sqlite(error) => Self::Broken(error.to_string()),
        }
    }
}

// A disk that fails and a file that is locked for longer than we wait have one consequence: nothing
// was made durable, so nothing may be sent.
const fn stops_writing(code: Option<ErrorCode>) -> bool {
    matches!(
        code,
        Some(
            ErrorCode::DiskFull
                | ErrorCode::SystemIoFailure
                | ErrorCode::ReadOnly
                | ErrorCode::CannotOpen
                | ErrorCode::PermissionDenied
                | ErrorCode::DatabaseBusy
                | ErrorCode::DatabaseLocked
                | ErrorCode::FileLockingProtocolFailed
                | ErrorCode::OutOfMemory
        )
    )
}
