//! Opening a store: pragmas, schema, identity, and whether the state was rolled back.

use std::{path::Path, sync::Mutex, time::Duration};

use rusqlite::{Connection, TransactionBehavior};
use trueup_ports::StoreError;

use super::{
    SqliteStore,
    error::{DbError, DbResult},
    migrate::migrate,
    place,
    side::{Mark, SideFile},
    transact,
};
use crate::Host;

/// How a store on disk is opened.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where randomness comes from, and time unless SQLite's own clock is to be asked.
    pub host: Host,
    /// How long to wait for another process that is writing, before a call fails.
    pub busy_timeout: Duration,
}

impl Options {
    /// Waits up to five seconds for another process.
    #[must_use]
    pub const fn new(host: Host) -> Self {
        Self { host, busy_timeout: Duration::from_secs(5) }
    }
}

impl SqliteStore {
    /// Opens a store, or makes one that only its owner can read.
    ///
    /// # Errors
    /// [`StoreError::Full`] when the place cannot be written or is a network file system;
    /// [`StoreError::Broken`] when the file is no store, is damaged, or was written by a newer version.
    pub fn open(file: &Path, options: Options) -> Result<Self, StoreError> {
        place::prepare(file)?;
        let mut db = Connection::open(file).map_err(DbError::from)?;
        configure(&db, options.busy_timeout, "wal")?;
        let mark = set_up(&mut db, &options.host)?;
        let side = SideFile::beside(file);
        let regressed = side.read()?.and_then(|told| told.after(&mark));
        if regressed.is_none() {
            side.write(&mark)?;
        }
        Ok(Self { host: options.host, db: Mutex::new(db), side: Some(side), regressed: Mutex::new(regressed) })
    }

    /// Makes an empty store that lives as long as the value does.
    ///
    /// # Errors
    /// [`StoreError::Full`] when there is no memory for it.
    pub fn open_in_memory(host: Host) -> Result<Self, StoreError> {
        let mut db = Connection::open_in_memory().map_err(DbError::from)?;
        configure(&db, Duration::ZERO, "memory")?;
        set_up(&mut db, &host)?;
        Ok(Self { host, db: Mutex::new(db), side: None, regressed: Mutex::new(None) })
    }
}

fn configure(db: &Connection, busy_timeout: Duration, journal_mode: &str) -> DbResult<()> {
    db.busy_timeout(busy_timeout)?;
    let mode: String = db.query_row(&format!("PRAGMA journal_mode = {journal_mode}"), [], |row| row.get(0))?;
    if mode != journal_mode {
        return Err(StoreError::Full(format!("the write-ahead log cannot be switched on: it stays {mode}")).into());
    }
    // FULL: an intent that a power cut takes back is a duplicate on the other side.
    // secure_delete: an erased value must not stay readable in a free page.
    db.execute_batch("PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON")?;
    Ok(())
}

fn set_up(db: &mut Connection, host: &Host) -> DbResult<Mark> {
    migrate(db)?;
    transact(db, TransactionBehavior::Immediate, |tx| {
        tx.execute(
            "INSERT OR IGNORE INTO meta (one, lineage, print_key, serial) VALUES (1, ?1, ?2, 0)",
            (host.lineage(), host.print_key().bytes()),
        )?;
        Mark::of(tx)
    })
}
