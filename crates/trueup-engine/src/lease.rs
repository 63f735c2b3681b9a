//! The lease of a run: taken once, renewed for as long as the run lives.

use std::time::Duration;

use trueup_core::memory::{Memory, Note};
use trueup_ports::{Fence, StoreError, World};

use crate::Engine;

/// Time and log for those who read a system page by page, and the lease that must outlive them.
#[derive(Clone, Copy)]
pub struct Watch<'a> {
    /// Time and log.
    pub world: &'a dyn World,
    lease: Option<(&'a Engine, &'a Fence)>,
}

impl Watch<'_> {
    /// Renews the lease, if there is one: a listing takes as many pages as it takes.
    pub(crate) async fn renew(&self) -> Result<(), StoreError> {
        match self.lease {
            Some((engine, fence)) => engine.renew(fence).await,
            None => Ok(()),
        }
    }
}

impl Engine {
    /// What reads under a lease, or without one when nothing will be written.
    pub(crate) fn watch<'a>(&'a self, fence: Option<&'a Fence>) -> Watch<'a> {
        Watch { world: self.world.as_ref(), lease: fence.map(|fence| (self, fence)) }
    }

    /// Takes the lease. One whose holder is a dead process of this host is taken at once, whether it ran out
    /// or not; another one that ran out is taken after its holder's last call can have ended
    /// (RELIABILITY.md 6.4).
    pub(crate) async fn lease(&self) -> Result<Fence, StoreError> {
        let (pipeline, holder) = (self.setup.pipeline(), self.world.holder());
        let before = self.store.holder(pipeline).await?.filter(|before| *before != holder);
        let dead = before.filter(|before| self.world.is_alive(before) == Some(false));
        if let Some(dead) = &dead {
            self.store.bury(pipeline, dead).await?;
        }
        let fence = self.store.lease(pipeline, &holder, self.ttl()).await?;
        if !fence.taken_over || dead.is_some() {
            return Ok(fence);
        }
        self.world.sleep(Duration::from_millis(self.setup.timing().call_timeout_ms)).await;
        fence.renew(self.store.as_ref(), pipeline, self.ttl()).await?;
        Ok(fence)
    }

    pub(crate) async fn renew(&self, fence: &Fence) -> Result<(), StoreError> {
        fence.renew(self.store.as_ref(), self.setup.pipeline(), self.ttl()).await.map(|_| ())
    }

    /// Commits under the lease, which is renewed first.
    pub(crate) async fn commit(&self, fence: &Fence, notes: Vec<Note>) -> Result<(), StoreError> {
        self.renew(fence).await?;
        self.store.commit(self.setup.pipeline(), Some(fence), notes).await.map(drop)
    }

    /// Commits what must not meet a run at work, which goes on from the links it knows: under the lease, as if it
    /// were a run itself.
    ///
    /// # Errors
    /// [`StoreError::Held`] while a run is at work; then nothing was kept.
    pub async fn commit_between_runs(&self, notes: Vec<Note>) -> Result<(), StoreError> {
        let fence = self.lease().await?;
        let kept = self.commit(&fence, notes).await;
        self.store.release(self.setup.pipeline(), &fence).await?;
        kept
    }

    /// Commits, and gives memory as it is then. Notes mean to it what they mean to the store, as the store's conformance
    /// suite says; it is read anew only where somebody else moved its serial meanwhile. What does not move that, as events
    /// and touches that others committed, is not in it.
    pub(crate) async fn remember(
        &self,
        fence: &Fence,
        mut memory: Memory,
        notes: Vec<Note>,
    ) -> Result<Memory, StoreError> {
        self.renew(fence).await?;
        memory.commit(&notes);
        let serial = self.store.commit(self.setup.pipeline(), Some(fence), notes).await?;
        if serial == memory.serial { Ok(memory) } else { self.store.memory(self.setup.pipeline()).await }
    }

    fn ttl(&self) -> Duration {
        Duration::from_millis(self.setup.timing().lease_ms)
    }
}
