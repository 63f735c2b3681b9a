//! A copy of the state while it is in use.

use std::path::Path;

use rusqlite::{
    Connection,
    backup::{Backup, StepResult},
};
use trueup_ports::StoreError;

use super::{
    SqliteStore,
    error::{DbError, DbResult},
    place, unpoisoned,
};

impl SqliteStore {
    /// Copies the whole state, with the key of its fingerprints, to a new file that only its owner can
    /// read.
    ///
    /// # Errors
    /// [`StoreError::Full`] when the file exists already or cannot be written.
    pub fn backup(&self, to: &Path) -> Result<(), StoreError> {
        place::prepare_folder(to)?;
        place::make_new(to)?;
        Ok(copy(&unpoisoned(&self.db), to)?)
    }
}

fn copy(from: &Connection, to: &Path) -> DbResult<()> {
    let mut target = Connection::open(to)?;
    // All pages in one step: nothing of ours can write meanwhile, so the copy is of one moment.
    match Backup::new(from, &mut target)?.step(-1)? {
        StepResult::Done => Ok(()),
        _ => Err(DbError::from(StoreError::Full(
            "the state is being written; try the backup again".to_owned(),
        ))),
    }
}
