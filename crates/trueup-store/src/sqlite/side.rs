//! The side file: a copy of the lineage and serial beside the state, so that an old state file put back
//! is seen as old (T-30).

use std::{
    fs::{self, OpenOptions},
    io::{ErrorKind, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    process,
    sync::atomic::{AtomicU64, Ordering},
};

use serde::{Deserialize, Serialize};
use trueup_ports::StoreError;

use super::{
    codec::parse_int,
    error::DbResult,
    place::{full, with_suffix},
    transaction::Transaction,
};

// Several stores of one process may write at once, each through a file of its own.
static NUMBER: AtomicU64 = AtomicU64::new(0);

/// How far a store has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Mark {
    lineage: String,
    serial: u64,
}

impl Mark {
    pub(super) fn of(tx: &Transaction<'_>) -> DbResult<Self> {
        let (lineage, serial) = tx
            .prepare_cached("SELECT lineage, serial FROM meta")?
            .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(Self { lineage, serial: parse_int("meta", serial)? })
    }

    /// Its serial, if that is later than the one of the state it should be a copy of.
    pub(super) fn after(&self, state: &Self) -> Option<u64> {
        (self.lineage == state.lineage && self.serial > state.serial).then_some(self.serial)
    }
}

#[derive(Clone, Debug)]
pub(super) struct SideFile {
    path: PathBuf,
}

impl SideFile {
    pub(super) fn beside(state: &Path) -> Self {
        Self { path: with_suffix(state, ".serial") }
    }

    /// The last mark; `None` before the first one, or when a power cut left an empty file.
    pub(super) fn read(&self) -> Result<Option<Mark>, StoreError> {
        let text = match fs::read_to_string(&self.path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(full(&self.path, &error)),
        };
        if text.is_empty() {
            return Ok(None);
        }
        serde_json::from_str(&text).map(Some).map_err(|_| {
            let path = self.path.display();
            StoreError::Broken(format!(
                "{path} is no serial of a state; remove it if the state is known to be current"
            ))
        })
    }

    /// Replaces the mark in one step. It is not synced, and another process may put its own over it: a
    /// late mark only hides a rollback.
    pub(super) fn write(&self, mark: &Mark) -> Result<(), StoreError> {
        let new = with_suffix(
            &self.path,
            &format!(".{}.{}", process::id(), NUMBER.fetch_add(1, Ordering::Relaxed)),
        );
        let write = || {
            let mut file =
                OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(&new)?;
            file.write_all(&serde_json::to_vec(mark)?)?;
            fs::rename(&new, &self.path)
        };
        write().map_err(|error| full(&self.path, &error))
    }
}
