//! The way to the store: every call is a point at which an engine may die, and an instance can be cut off.
//!
//! The store itself is real. What passes is entered in a [`Ledger`], so that oracles can tell what memory
//! must still know.

mod ledger;
#[cfg(test)]
mod tests;

pub use ledger::{Accounted, ArchiveSeen, Ledger, Opened, Passed, PlanSeen, RestoreSeen, Start};

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use jiff::Timestamp;
use trueup_core::{
    journal::Entry,
    memory::{Approval, Beat, Memory, Note},
    name::{CreateKey, PipelineName},
    plan::Plan,
};
use trueup_ports::{Fence, Holder, JournalAsk, Open, Store, StoreError};

use crate::{
    chance::Chance,
    executor::{Clock, step},
    marks::Witness,
    trace::Trace,
};

/// The way of one instance to the store.
pub struct Line {
    /// The store.
    pub store: Arc<dyn Store>,
    /// Whether the instance is cut off from it.
    pub cut: Arc<AtomicBool>,
    /// How many thousandths of the commits are done without the answer coming back.
    pub unanswered: u64,
    /// Seeded chance.
    pub chance: Chance,
    /// What passed.
    pub ledger: Ledger,
    /// True time.
    pub clock: Clock,
    /// Which instance.
    pub who: String,
    /// The story.
    pub trace: Trace,
}

impl Line {
    async fn reach(&self) -> Result<(), StoreError> {
        step().await;
        if self.cut.load(Ordering::Relaxed) { Err(unreachable()) } else { Ok(()) }
    }

    async fn pass<T>(&self, call: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
        self.reach().await?;
        let answer = call.await;
        step().await;
        answer
    }

    fn tell(&self, kind: &'static str, detail: impl FnOnce() -> String) {
        self.trace.tell(self.clock.now(), &self.who, None, kind, detail);
    }
}

fn unreachable() -> StoreError {
    StoreError::Unreachable("the simulated line is cut".into())
}

#[async_trait]
impl Store for Line {
    async fn now(&self) -> Result<Timestamp, StoreError> {
        self.pass(self.store.now()).await
    }

    async fn memory(&self, pipeline: &PipelineName) -> Result<Memory, StoreError> {
        self.pass(self.store.memory(pipeline)).await
    }

    async fn open(&self, pipeline: &PipelineName) -> Result<Open, StoreError> {
        self.pass(self.store.open(pipeline)).await
    }

    async fn commit(
        &self,
        pipeline: &PipelineName,
        fence: Option<&Fence>,
        notes: Vec<Note>,
    ) -> Result<u64, StoreError> {
        self.reach().await?;
        let told = notes.clone();
        let answer = self.store.commit(pipeline, fence, notes).await;
        match &answer {
            Ok(_) => {
                self.ledger.enter(self.clock.now(), fence, &told);
                self.tell("commits", || ledger::words(&told));
            }
            Err(error) => {
                self.ledger.witness(|witness| witness.turned_away(error));
                self.tell("cannot commit", || format!("{error}: {}", ledger::words(&told)));
            }
        }
        step().await;
        if self.unanswered > 0 && self.chance.permille(self.unanswered) {
            if answer.is_ok() {
                self.ledger.witness(Witness::unanswered);
            }
            self.tell("hears no answer", String::new);
            return Err(unreachable());
        }
        answer
    }

    async fn lease(
        &self,
        pipeline: &PipelineName,
        holder: &Holder,
        ttl: Duration,
    ) -> Result<Fence, StoreError> {
        let fence = self.pass(self.store.lease(pipeline, holder, ttl)).await?;
        self.ledger.witness(|witness| witness.leased(self.clock.now(), &fence));
        Ok(fence)
    }

    async fn lease_create(
        &self,
        pipeline: &PipelineName,
        create: &CreateKey,
        holder: &Holder,
        ttl: Duration,
    ) -> Result<Fence, StoreError> {
        self.pass(self.store.lease_create(pipeline, create, holder, ttl)).await
    }

    async fn holder(&self, pipeline: &PipelineName) -> Result<Option<Holder>, StoreError> {
        self.pass(self.store.holder(pipeline)).await
    }

    async fn release(&self, pipeline: &PipelineName, fence: &Fence) -> Result<(), StoreError> {
        self.pass(self.store.release(pipeline, fence)).await
    }

    async fn bury(&self, pipeline: &PipelineName, dead: &Holder) -> Result<(), StoreError> {
        let buries = async {
            self.store.bury(pipeline, dead).await?;
            self.ledger.witness(Witness::buried);
            Ok(())
        };
        self.pass(buries).await
    }

    async fn journal(&self, pipeline: &PipelineName, ask: JournalAsk) -> Result<Vec<Entry>, StoreError> {
        self.pass(self.store.journal(pipeline, ask)).await
    }

    async fn verify(&self, pipeline: &PipelineName) -> Result<u64, StoreError> {
        self.pass(self.store.verify(pipeline)).await
    }

    async fn beats(&self, pipeline: &PipelineName, limit: usize) -> Result<Vec<Beat>, StoreError> {
        self.pass(self.store.beats(pipeline, limit)).await
    }

    async fn plan(&self, pipeline: &PipelineName, id: &str) -> Result<Option<Plan>, StoreError> {
        self.pass(self.store.plan(pipeline, id)).await
    }

    async fn plans(&self, pipeline: &PipelineName, limit: usize) -> Result<Vec<String>, StoreError> {
        self.pass(self.store.plans(pipeline, limit)).await
    }

    async fn approvals(&self, pipeline: &PipelineName, plan: &str) -> Result<Vec<Approval>, StoreError> {
        self.pass(self.store.approvals(pipeline, plan)).await
    }
}
