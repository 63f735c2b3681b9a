//! The state store, of which the commit that decides may fail, or come without an answer.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use jiff::Timestamp;
use trueup_core::{
    journal::Entry,
    memory::{Approval, Beat, Memory, Note},
    name::{CreateKey, PipelineName},
    plan::Plan,
};
use trueup_ports::{Fence, Holder, JournalAsk, Open, Store, StoreError};
use trueup_sim::executor::step;
use trueup_store::MemoryStore;

use super::script::{Arrow, Harm, Script};

/// The store behind its script: each call is where a process may die, before it and after it.
pub(crate) struct Shaky {
    pub(crate) store: MemoryStore,
    pub(crate) script: Arc<Script>,
}

impl Shaky {
    async fn decides(&self, pipeline: &PipelineName, notes: &[Note]) -> bool {
        let Ok(memory) = self.store.memory(pipeline).await else { return false };
        notes.iter().any(|note| match note {
            Note::Create(next) => {
                let before = memory.creates.get(&next.key);
                next.answer.is_some() && before.is_some_and(|before| before.answer.is_none())
            }
            _ => false,
        })
    }
}

async fn pass<T>(call: impl Future<Output = T>) -> T {
    step().await;
    let answer = call.await;
    step().await;
    answer
}

#[async_trait]
impl Store for Shaky {
    async fn now(&self) -> Result<Timestamp, StoreError> {
        pass(self.store.now()).await
    }

    async fn memory(&self, pipeline: &PipelineName) -> Result<Memory, StoreError> {
        pass(self.store.memory(pipeline)).await
    }

    async fn open(&self, pipeline: &PipelineName) -> Result<Open, StoreError> {
        pass(self.store.open(pipeline)).await
    }

    async fn commit(
        &self,
        pipeline: &PipelineName,
        fence: Option<&Fence>,
        notes: Vec<Note>,
    ) -> Result<u64, StoreError> {
        step().await;
        let harm = if self.decides(pipeline, &notes).await { self.script.harm(Arrow::D) } else { None };
        let full = || Err(StoreError::Full("no space left".into()));
        if harm == Some(Harm::Fail) {
            return full();
        }
        let done = self.store.commit(pipeline, fence, notes).await;
        if harm == Some(Harm::Kill) {
            self.script.strike(Arrow::D);
        }
        step().await;
        if harm == Some(Harm::Late) { full() } else { done }
    }

    async fn lease(&self, p: &PipelineName, holder: &Holder, ttl: Duration) -> Result<Fence, StoreError> {
        pass(self.store.lease(p, holder, ttl)).await
    }

    async fn lease_create(
        &self,
        p: &PipelineName,
        create: &CreateKey,
        holder: &Holder,
        ttl: Duration,
    ) -> Result<Fence, StoreError> {
        pass(self.store.lease_create(p, create, holder, ttl)).await
    }

    async fn holder(&self, p: &PipelineName) -> Result<Option<Holder>, StoreError> {
        pass(self.store.holder(p)).await
    }

    async fn release(&self, p: &PipelineName, fence: &Fence) -> Result<(), StoreError> {
        pass(self.store.release(p, fence)).await
    }

    async fn bury(&self, p: &PipelineName, dead: &Holder) -> Result<(), StoreError> {
        pass(self.store.bury(p, dead)).await
    }

    async fn journal(&self, p: &PipelineName, ask: JournalAsk) -> Result<Vec<Entry>, StoreError> {
        pass(self.store.journal(p, ask)).await
    }

    async fn verify(&self, p: &PipelineName) -> Result<u64, StoreError> {
        pass(self.store.verify(p)).await
    }

    async fn beats(&self, p: &PipelineName, limit: usize) -> Result<Vec<Beat>, StoreError> {
        pass(self.store.beats(p, limit)).await
    }

    async fn plan(&self, p: &PipelineName, id: &str) -> Result<Option<Plan>, StoreError> {
        pass(self.store.plan(p, id)).await
    }

    async fn plans(&self, p: &PipelineName, limit: usize) -> Result<Vec<String>, StoreError> {
        pass(self.store.plans(p, limit)).await
    }

    async fn approvals(&self, p: &PipelineName, plan: &str) -> Result<Vec<Approval>, StoreError> {
        pass(self.store.approvals(p, plan)).await
    }
}
