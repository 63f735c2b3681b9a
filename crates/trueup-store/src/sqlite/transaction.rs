//! Transactions whose beginning and end are compiled once for a connection, as every other statement is.

use std::ops::Deref;

use rusqlite::Connection;

use super::error::DbResult;

/// What a transaction takes when it begins.
#[derive(Clone, Copy)]
pub(super) enum Mode {
    /// One snapshot, taken at the first read.
    Read,
    /// The right to write, at once: what is read cannot be changed by others before it is written.
    Write,
}

/// An open transaction; what it did is taken back when it is dropped.
pub(super) struct Transaction<'a> {
    db: &'a Connection,
}

impl Deref for Transaction<'_> {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        self.db
    }
}

impl Drop for Transaction<'_> {
    fn drop(&mut self) {
        // After a commit there is nothing to take back; where this fails SQLite did it already, or will when it closes.
        if !self.db.is_autocommit() {
            let _gone = self.db.execute_batch("ROLLBACK");
        }
    }
}

/// Runs in one transaction; an error takes everything back.
pub(super) fn transact<T>(
    // Exclusive, so that there is no transaction within a transaction.
    db: &mut Connection,
    mode: Mode,
    work: impl FnOnce(&Transaction<'_>) -> DbResult<T>,
) -> DbResult<T> {
    let begin = match mode {
        Mode::Read => "BEGIN",
        Mode::Write => "BEGIN IMMEDIATE",
    };
    db.prepare_cached(begin)?.execute([])?;
    let tx = Transaction { db };
    let done = work(&tx)?;
    tx.prepare_cached("COMMIT")?.execute([])?;
    Ok(done)
}
