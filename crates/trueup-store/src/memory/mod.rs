//! A store without a disk: what simulations run on, and the plainest reading of the [`Store`] contract.

mod shelf;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use jiff::Timestamp;
use trueup_core::{
    journal::Entry,
    memory::{Approval, Beat, Memory, Note},
    name::{CreateKey, PipelineName},
    plan::Plan,
    planted::{self, Defect},
    value::PrintKey,
};
use trueup_ports::{Fence, Holder, JournalAsk, Lane, Open, Store, StoreError};

use crate::{Host, lease::Lease};
use shelf::Shelf;

/// A store in memory, deterministic under its [`Host`].
///
/// Clones share one disk: a simulated crash drops the engine with its clone, and the next engine goes
/// on with another one.
#[derive(Clone, Debug)]
pub struct MemoryStore {
    host: Host,
    disk: Arc<Mutex<Disk>>,
}

#[derive(Debug)]
struct Disk {
    lineage: String,
    print_key: PrintKey,
    shelves: BTreeMap<PipelineName, Shelf>,
}

impl MemoryStore {
    /// Makes an empty store.
    #[must_use]
    pub fn new(host: Host) -> Self {
        let disk = Disk { lineage: host.lineage(), print_key: host.print_key(), shelves: BTreeMap::new() };
        Self { host, disk: Arc::new(Mutex::new(disk)) }
    }

    // A commit leaves the disk whole at every step, so a panic elsewhere does not spoil it.
    fn disk(&self) -> MutexGuard<'_, Disk> {
        self.disk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn time(&self) -> Timestamp {
        self.host.now().unwrap_or_default()
    }

    // Reading a pipeline that never ran reads an empty shelf and leaves none behind.
    fn read<T>(&self, pipeline: &PipelineName, look: impl FnOnce(&Shelf) -> T) -> T {
        let disk = self.disk();
        match disk.shelves.get(pipeline) {
            Some(kept) => look(kept),
            None => look(&disk.empty_shelf()),
        }
    }

    fn write<T>(&self, pipeline: &PipelineName, write: impl FnOnce(&mut Shelf) -> T) -> T {
        let mut disk = self.disk();
        let empty = disk.empty_shelf();
        write(disk.shelves.entry(pipeline.clone()).or_insert(empty))
    }
}

impl Disk {
    fn empty_shelf(&self) -> Shelf {
        Shelf::new(Memory::new(self.lineage.clone(), self.print_key.clone()))
    }
}

#[async_trait]
impl Store for MemoryStore {
    async fn now(&self) -> Result<Timestamp, StoreError> {
        Ok(self.time())
    }

    async fn memory(&self, pipeline: &PipelineName) -> Result<Memory, StoreError> {
        Ok(self.read(pipeline, |shelf| shelf.memory.clone()))
    }

    async fn open(&self, pipeline: &PipelineName) -> Result<Open, StoreError> {
        Ok(self.read(pipeline, |shelf| Open::of(&shelf.memory)))
    }

    async fn commit(
        &self,
        pipeline: &PipelineName,
        fence: Option<&Fence>,
        notes: Vec<Note>,
    ) -> Result<u64, StoreError> {
        self.write(pipeline, |shelf| shelf.commit(&self.host, fence, self.time(), notes))
    }

    async fn lease(
        &self,
        pipeline: &PipelineName,
        holder: &Holder,
        ttl: Duration,
    ) -> Result<Fence, StoreError> {
        self.write(pipeline, |shelf| {
            let lease = Lease::take(shelf.lease.clone(), holder, ttl, self.time())?;
            Ok(shelf.lease.insert(lease).fence(Lane::Cycle, holder, self.time()))
        })
    }

    async fn lease_create(
        &self,
        pipeline: &PipelineName,
        create: &CreateKey,
        holder: &Holder,
        ttl: Duration,
    ) -> Result<Fence, StoreError> {
        self.write(pipeline, |shelf| {
            let lease = Lease::take(shelf.create_leases.get(create).cloned(), holder, ttl, self.time())?;
            let fence = lease.fence(Lane::Create(create.clone()), holder, self.time());
            shelf.create_leases.insert(create.clone(), lease);
            Ok(fence)
        })
    }

    async fn holder(&self, pipeline: &PipelineName) -> Result<Option<Holder>, StoreError> {
        Ok(self.read(pipeline, |shelf| shelf.lease.clone().and_then(Lease::last_holder)))
    }

    async fn release(&self, pipeline: &PipelineName, fence: &Fence) -> Result<(), StoreError> {
        self.write(pipeline, |shelf| shelf.release(fence));
        Ok(())
    }

    async fn bury(&self, pipeline: &PipelineName, dead: &Holder) -> Result<(), StoreError> {
        self.write(pipeline, |shelf| shelf.lease = shelf.lease.take().map(|lease| lease.buried(dead)));
        Ok(())
    }

    async fn journal(&self, pipeline: &PipelineName, ask: JournalAsk) -> Result<Vec<Entry>, StoreError> {
        Ok(self.read(pipeline, |shelf| shelf.entries(&ask)))
    }

    async fn verify(&self, pipeline: &PipelineName) -> Result<u64, StoreError> {
        self.read(pipeline, Shelf::verify)
    }

    async fn beats(&self, pipeline: &PipelineName, limit: usize) -> Result<Vec<Beat>, StoreError> {
        Ok(self.read(pipeline, |shelf| shelf.beats.iter().rev().take(limit).cloned().collect()))
    }

    async fn plan(&self, pipeline: &PipelineName, id: &str) -> Result<Option<Plan>, StoreError> {
        Ok(self.read(pipeline, |shelf| shelf.plan(id)))
    }

    async fn plans(&self, pipeline: &PipelineName, limit: usize) -> Result<Vec<String>, StoreError> {
        Ok(self.read(pipeline, |shelf| {
            shelf.plans.iter().rev().take(limit).map(|plan| plan.id.clone()).collect()
        }))
    }

    async fn approvals(&self, pipeline: &PipelineName, plan: &str) -> Result<Vec<Approval>, StoreError> {
        let own = |a: &&Approval| a.plan == plan || planted::is(Defect::ApprovalUnbound);
        Ok(self.read(pipeline, |shelf| shelf.approvals.iter().filter(own).cloned().collect()))
    }
}
