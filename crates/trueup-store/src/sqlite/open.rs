//! Opening a store: pragmas, schema, identity, and whether the state was rolled back.

use std::{path::Path, sync::Mutex, time::Duration};

use rusqlite::{Connection, config::DbConfig};
use trueup_ports::StoreError;

use super::{
    SqliteStore,
    codec::{int, parse_int},
    error::{DbError, DbResult},
    migrate::migrate,
    place,
    side::{Mark, SideFile},
    transaction::{Mode, transact},
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
        place::prepare_folder(file)?;
        let _alone = place::wait_for_others(file)?;
        place::close_to_others(file)?;
        let mut db = Connection::open(file).map_err(DbError::from)?;
        configure(&db, options.busy_timeout, "wal")?;
        let mark = set_up(&mut db, &options.host)?;
        let side = SideFile::beside(file);
        let told = side.read()?;
        let regressed = regressed(&mut db, &mark, told.as_ref())?;
        if regressed.is_none() && told.as_ref() != Some(&mark) {
            side.write(&mark)?;
        }
        Ok(Self {
            host: options.host,
            db: Mutex::new(db),
            side: Some(side),
            regressed: Mutex::new(regressed),
        })
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

/// More than there are statements in this store: each is compiled once for a connection.
const STATEMENTS: usize = 256;

fn configure(db: &Connection, busy_timeout: Duration, journal_mode: &str) -> DbResult<()> {
    db.busy_timeout(busy_timeout)?;
    db.set_prepared_statement_cache_capacity(STATEMENTS);
    // A plan of a query that depends on a bound value is made anew for every value.
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    let mode: String =
        db.query_row(&format!("PRAGMA journal_mode = {journal_mode}"), [], |row| row.get(0))?;
    if mode != journal_mode {
        return Err(
            StoreError::Full(format!("the write-ahead log cannot be switched on: it stays {mode}")).into()
        );
    }
    // FULL: an intent that a power cut takes back is a duplicate on the other side.
    // secure_delete: an erased value must not stay readable in a free page.
    db.execute_batch("PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON")?;
    Ok(())
}

fn set_up(db: &mut Connection, host: &Host) -> DbResult<Mark> {
    migrate(db)?;
    transact(db, Mode::Write, |tx| {
        tx.execute(
            "INSERT OR IGNORE INTO meta (one, lineage, print_key, serial) VALUES (1, ?1, ?2, 0)",
            (host.lineage(), host.print_key().bytes()),
        )?;
        Mark::of(tx)
    })
}

// Written down, since the serial of a state that goes on grows past the one it lost.
fn regressed(db: &mut Connection, mark: &Mark, told: Option<&Mark>) -> DbResult<Option<(u64, u64)>> {
    transact(db, Mode::Write, |tx| {
        if let Some(lost) = told.and_then(|told| told.after(mark)) {
            tx.execute("UPDATE meta SET rolled_back_from = ?1", [int(lost)])?;
        }
        let (serial, lost): (i64, Option<i64>) =
            tx.query_row("SELECT serial, rolled_back_from FROM meta", [], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })?;
        let serial = parse_int("meta", serial)?;
        lost.map(|lost| Ok((serial, parse_int("meta", lost)?))).transpose()
    })
}
