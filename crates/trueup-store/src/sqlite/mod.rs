//! The store on disk: one SQLite file for all pipelines of a state directory.

mod backup;
mod codec;
mod commit;
mod creates;
mod error;
mod glance;
mod hints;
mod journal;
mod lease;
mod links;
mod load;
mod migrate;
mod open;
mod people;
mod pipeline;
mod place;
mod plans;
mod side;
#[cfg(test)]
mod tests;
mod transaction;

pub use glance::Glance;
pub use open::Options;

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use jiff::Timestamp;
use rusqlite::Connection;
use trueup_core::{
    journal::Entry,
    memory::{Approval, Beat, Memory, Note},
    name::{CreateKey, EntityKey, PipelineName},
    plan::Plan,
};
use trueup_ports::{Fence, Holder, JournalAsk, Open, Store, StoreError};

use crate::Host;
use error::DbResult;
use side::{Mark, SideFile};
use transaction::{Mode, Transaction, transact};

/// The state of all pipelines in one SQLite file.
///
/// Calls run inline: SQLite is local, and a commit is one synced write. Measured with 100,000 links of
/// eight fields each, on a busy two-core machine: written in 8 s as 1,000 commits, 71 MB of file,
/// loaded in 0.4 s into 131 MB, of which 102 MB are the core's `FieldBase`s of 128 bytes.
#[derive(Debug)]
pub struct SqliteStore {
    host: Host,
    db: Mutex<Connection>,
    side: Option<SideFile>,
    regressed: Mutex<Option<(u64, u64)>>,
}

impl SqliteStore {
    /// The store's serial and the later one of its side file, if the state was rolled back: an old
    /// copy of the file was put back, and what was done since is not remembered (T-30).
    ///
    /// Nothing should be sent until a person has looked and [`SqliteStore::accept_rollback`] was called.
    #[must_use]
    pub fn regressed(&self) -> Option<(u64, u64)> {
        *unpoisoned(&self.regressed)
    }

    /// Takes a rolled-back state for the true one, under a new lineage: every plan made before is void,
    /// also one from the lost time whose serial will come again.
    ///
    /// # Errors
    /// [`StoreError::Full`] when it cannot be written.
    pub fn accept_rollback(&self) -> Result<(), StoreError> {
        let lineage = self.host.lineage();
        let mark = self.write(|tx| {
            tx.execute("UPDATE meta SET lineage = ?1, rolled_back_from = NULL", [&lineage])?;
            Mark::of(tx)
        })?;
        if let Some(side) = &self.side {
            side.write(&mark)?;
        }
        *unpoisoned(&self.regressed) = None;
        Ok(())
    }

    /// Erases the values and salts that the journal holds about one entity; gives the number of
    /// entries erased. The chain still verifies.
    ///
    /// # Errors
    /// [`StoreError::Full`] when it cannot be written.
    pub fn erase(&self, pipeline: &PipelineName, entity: &EntityKey) -> Result<u64, StoreError> {
        let erased = self.write(|tx| journal::erase(tx, pipeline::id(tx, pipeline)?, entity))?;
        // The log file would keep the old pages until it happens to be overwritten.
        unpoisoned(&self.db)
            .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
            .map_err(error::DbError::from)?;
        Ok(erased)
    }

    fn read<T>(&self, read: impl FnOnce(&Transaction<'_>) -> DbResult<T>) -> Result<T, StoreError> {
        Ok(transact(&mut unpoisoned(&self.db), Mode::Read, read)?)
    }

    fn write<T>(&self, write: impl FnOnce(&Transaction<'_>) -> DbResult<T>) -> Result<T, StoreError> {
        Ok(transact(&mut unpoisoned(&self.db), Mode::Write, write)?)
    }

    // The commit is durable before its mark: a mark that is missing or late makes a rollback harder to
    // see, never a sound state look rolled back. So its failure does not undo what was made durable.
    fn mark(&self, mark: &Mark) {
        if let Some(side) = self.side.as_ref().filter(|_| self.regressed().is_none()) {
            let _late = side.write(mark);
        }
    }
}

// A panic while the lock was held dropped its transaction, which took everything back.
fn unpoisoned<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

#[async_trait]
impl Store for SqliteStore {
    async fn now(&self) -> Result<Timestamp, StoreError> {
        self.read(|tx| lease::now(tx, &self.host))
    }

    async fn memory(&self, pipeline: &PipelineName) -> Result<Memory, StoreError> {
        self.read(|tx| load::memory(tx, pipeline))
    }

    async fn open(&self, pipeline: &PipelineName) -> Result<Open, StoreError> {
        self.read(|tx| load::open(tx, pipeline))
    }

    async fn commit(
        &self,
        pipeline: &PipelineName,
        fence: Option<&Fence>,
        notes: Vec<Note>,
    ) -> Result<u64, StoreError> {
        let (serial, mark) = self.write(|tx| commit::commit(tx, &self.host, pipeline, fence, &notes))?;
        if let Some(mark) = mark {
            self.mark(&mark);
        }
        Ok(serial)
    }

    async fn lease(
        &self,
        pipeline: &PipelineName,
        holder: &Holder,
        ttl: Duration,
    ) -> Result<Fence, StoreError> {
        self.write(|tx| lease::take(tx, &self.host, pipeline, holder, ttl))
    }

    async fn lease_create(
        &self,
        pipeline: &PipelineName,
        create: &CreateKey,
        holder: &Holder,
        ttl: Duration,
    ) -> Result<Fence, StoreError> {
        self.write(|tx| creates::take(tx, &self.host, (pipeline, create), holder, ttl))
    }

    async fn holder(&self, pipeline: &PipelineName) -> Result<Option<Holder>, StoreError> {
        self.read(|tx| lease::holder(tx, pipeline))
    }

    async fn release(&self, pipeline: &PipelineName, fence: &Fence) -> Result<(), StoreError> {
        self.write(|tx| lease::release(tx, pipeline, fence))
    }

    async fn bury(&self, pipeline: &PipelineName, dead: &Holder) -> Result<(), StoreError> {
        self.write(|tx| lease::change(tx, pipeline, |lease| lease.buried(dead)))
    }

    async fn journal(&self, pipeline: &PipelineName, ask: JournalAsk) -> Result<Vec<Entry>, StoreError> {
        self.read(|tx| journal::read(tx, pipeline, &ask))
    }

    async fn verify(&self, pipeline: &PipelineName) -> Result<u64, StoreError> {
        self.read(|tx| journal::verify(tx, pipeline))
    }

    async fn beats(&self, pipeline: &PipelineName, limit: usize) -> Result<Vec<Beat>, StoreError> {
        self.read(|tx| plans::beats(tx, pipeline, limit))
    }

    async fn plan(&self, pipeline: &PipelineName, id: &str) -> Result<Option<Plan>, StoreError> {
        self.read(|tx| plans::plan(tx, pipeline, id))
    }

    async fn plans(&self, pipeline: &PipelineName, limit: usize) -> Result<Vec<String>, StoreError> {
        self.read(|tx| plans::plans(tx, pipeline, limit))
    }

    async fn approvals(&self, pipeline: &PipelineName, plan: &str) -> Result<Vec<Approval>, StoreError> {
        self.read(|tx| plans::approvals(tx, pipeline, plan))
    }
}
