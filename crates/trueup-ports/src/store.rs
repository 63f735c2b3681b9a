//! The memory that outlives a run.

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use thiserror::Error;
use trueup_core::{
    journal::{Entry, Intent},
    memory::{Approval, Beat, Memory, Note},
    name::{CreateKey, EntityKey, FieldName, PipelineName, RunId},
    plan::Plan,
};

use crate::Holder;

/// The memory that outlives a run. Every commit is one durable transaction: all of it or nothing.
#[async_trait]
pub trait Store: Send + Sync {
    /// What time it is by the store's clock: the one clock that all hosts share (I-26).
    ///
    /// # Errors
    /// [`StoreError::Broken`] when it cannot be told.
    async fn now(&self) -> Result<Timestamp, StoreError>;

    /// Everything a cycle of this pipeline starts from.
    ///
    /// # Errors
    /// [`StoreError::Broken`] when memory cannot be believed.
    async fn memory(&self, pipeline: &PipelineName) -> Result<Memory, StoreError>;

    /// How much of a pipeline is open, as [`Open::of`] counts it: a run ends with that, and would otherwise read all
    /// links once more to count a few.
    ///
    /// # Errors
    /// [`StoreError::Broken`] when memory cannot be believed.
    async fn open(&self, pipeline: &PipelineName) -> Result<Open, StoreError>;

    /// Makes notes durable, in order, or none of them; gives the serial afterwards.
    ///
    /// Under a fence the commit also checks that the lease is still held at that epoch, by the
    /// store's clock. [`Note::Intend`] needs a fence and is refused when an intent is already open for
    /// the same entity and system; while a create of the entity is open, only the fence of that very
    /// create will do, and that one is good for nothing else. [`Note::Create`] is refused unless it
    /// follows the row that stands, and while another create of the same record is open.
    ///
    /// # Errors
    /// [`StoreError::Fenced`] when the lease is gone; [`StoreError::Shared`] when a link would name a
    /// record that is another entity's; [`StoreError::Preceded`] when a create was decided, moved on or
    /// opened by somebody else; [`StoreError::Full`] when nothing can be written; then no further
    /// request may be sent.
    async fn commit(
        &self,
        pipeline: &PipelineName,
        fence: Option<&Fence>,
        notes: Vec<Note>,
    ) -> Result<u64, StoreError>;

    /// Takes or renews the lease of a pipeline. Taking it over raises the epoch.
    ///
    /// # Errors
    /// [`StoreError::Held`] while another holder's lease has not expired by the store's clock.
    async fn lease(
        &self,
        pipeline: &PipelineName,
        holder: &Holder,
        ttl: Duration,
    ) -> Result<Fence, StoreError>;

    /// Who holds the lease, or held it when it ran out; `None` when nobody does, or it was given back.
    ///
    /// # Errors
    /// [`StoreError::Broken`].
    async fn holder(&self, pipeline: &PipelineName) -> Result<Option<Holder>, StoreError>;

    /// Takes or renews the lease of one transactional create, which has nothing to do with that of the pipeline:
    /// whoever waits for a create does not wait for a cycle. It is given back as any other.
    ///
    /// # Errors
    /// [`StoreError::Held`] while another holder's lease has not expired by the store's clock.
    async fn lease_create(
        &self,
        pipeline: &PipelineName,
        create: &CreateKey,
        holder: &Holder,
        ttl: Duration,
    ) -> Result<Fence, StoreError>;

    /// Gives the lease back, if it is still held at this epoch.
    ///
    /// # Errors
    /// [`StoreError::Broken`] or [`StoreError::Full`].
    async fn release(&self, pipeline: &PipelineName, fence: &Fence) -> Result<(), StoreError>;

    /// Ends the lease of a holder that is known to be dead.
    ///
    /// # Errors
    /// [`StoreError::Broken`] or [`StoreError::Full`].
    async fn bury(&self, pipeline: &PipelineName, dead: &Holder) -> Result<(), StoreError>;

    /// Entries of the journal, oldest first.
    ///
    /// # Errors
    /// [`StoreError::Broken`].
    async fn journal(&self, pipeline: &PipelineName, ask: JournalAsk) -> Result<Vec<Entry>, StoreError>;

    /// Walks the whole hash chain; gives the number of entries.
    ///
    /// # Errors
    /// [`StoreError::Broken`] naming the first entry that does not follow.
    async fn verify(&self, pipeline: &PipelineName) -> Result<u64, StoreError>;

    /// What runs did, newest first.
    ///
    /// # Errors
    /// [`StoreError::Broken`].
    async fn beats(&self, pipeline: &PipelineName, limit: usize) -> Result<Vec<Beat>, StoreError>;

    /// A kept plan, by the beginning of its id; `None` when none or several begin so.
    ///
    /// # Errors
    /// [`StoreError::Broken`].
    async fn plan(&self, pipeline: &PipelineName, id: &str) -> Result<Option<Plan>, StoreError>;

    /// The ids of kept plans, newest first.
    ///
    /// # Errors
    /// [`StoreError::Broken`].
    async fn plans(&self, pipeline: &PipelineName, limit: usize) -> Result<Vec<String>, StoreError>;

    /// The approvals recorded for a plan.
    ///
    /// # Errors
    /// [`StoreError::Broken`].
    async fn approvals(&self, pipeline: &PipelineName, plan: &str) -> Result<Vec<Approval>, StoreError>;
}

/// How much of a pipeline is open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Open {
    /// Fields in conflict.
    pub conflicts: usize,
    /// Fields whose refused write waits for a person.
    pub parked: usize,
    /// Writes of cycles of which nobody knows yet what became of them. What a create sent is told to its caller, and
    /// is no matter of a run.
    pub intents: usize,
}

impl Open {
    /// What is open in a memory.
    #[must_use]
    pub fn of(memory: &Memory) -> Self {
        Self {
            conflicts: memory.open_conflicts().count(),
            parked: memory.parked.len(),
            intents: memory.intents.values().filter(|intent| Lane::Cycle.owns(memory, intent)).count(),
        }
    }
}

/// The proof of holding a lease at an epoch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fence {
    /// What it is the lease of.
    pub lane: Lane,
    /// Who holds it.
    pub holder: Holder,
    /// How often the lease changed hands.
    pub epoch: u64,
    /// Whether it was taken from another holder, whose last call may still land.
    pub taken_over: bool,
    /// When it was taken, by the store's clock: the one clock that all hosts share.
    pub at: Timestamp,
}

/// What a lease is of: those who hold different ones do not wait for each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lane {
    /// Everything of the pipeline but its open creates.
    Cycle,
    /// One open transactional create, and nothing else.
    Create(CreateKey),
}

impl Lane {
    /// Whether an intent is this lane's to open and to settle.
    #[must_use]
    pub fn owns(&self, memory: &Memory, intent: &Intent) -> bool {
        let create = memory.open_create(&intent.link_key()).map(|create| &create.key);
        match self {
            Self::Cycle => create.is_none(),
            Self::Create(key) => create == Some(key),
        }
    }
}

impl Fence {
    /// Renews the lease for another `ttl` from now on, by the store's clock.
    ///
    /// One that ran out while its holder waited for a slow system is renewed as well, as long as nobody
    /// took it meanwhile: then nobody has acted since. Gives the time, by the store's clock.
    ///
    /// # Errors
    /// [`StoreError::Fenced`] when somebody did.
    pub async fn renew(
        &self,
        store: &dyn Store,
        pipeline: &PipelineName,
        ttl: Duration,
    ) -> Result<Timestamp, StoreError> {
        let taken = match &self.lane {
            Lane::Cycle => store.lease(pipeline, &self.holder, ttl).await,
            Lane::Create(key) => store.lease_create(pipeline, key, &self.holder, ttl).await,
        };
        let now = match taken {
            // Whoever had it and meets another holder has lost it.
            Err(StoreError::Held { .. }) => return Err(StoreError::Fenced),
            outcome => outcome?,
        };
        if now.epoch == self.epoch {
            return Ok(now.at);
        }
        // Another run came and went: what this one knows is old, so it must not hold the lease again.
        store.release(pipeline, &now).await?;
        Err(StoreError::Fenced)
    }
}

/// Which entries of the journal are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JournalAsk {
    /// Only of this run.
    pub run: Option<RunId>,
    /// Only of this entity.
    pub entity: Option<EntityKey>,
    /// Only of this field.
    pub field: Option<FieldName>,
    /// Only from this instant on.
    pub since: Option<Timestamp>,
    /// At most this many, the newest.
    pub limit: Option<usize>,
}

/// Our own memory failed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum StoreError {
    /// Another engine holds the lease.
    #[error("another run holds the lease: {by}, until {until}")]
    Held {
        /// Who.
        by: Holder,
        /// Until when, by the store's clock.
        until: Timestamp,
    },
    /// The lease was lost: another engine may be at work.
    #[error("the lease of this run is gone; nothing more is sent")]
    Fenced,
    /// An intent is already open for the same entity.
    #[error("an intent is already open for {0}")]
    Open(String),
    /// Two entities would share one record (I-28); nothing of the commit was kept.
    #[error("two entities would share one record: {0}")]
    Shared(String),
    /// Somebody else decided, moved on or opened a create first; nothing of the commit was kept.
    #[error("somebody else came first: {0}")]
    Preceded(String),
    /// Nothing can be written.
    #[error("the state store cannot be written: {0}")]
    Full(String),
    /// The store did not answer: what was asked of it may have been done.
    #[error("the state store cannot be reached: {0}")]
    Unreachable(String),
    /// Memory cannot be believed.
    #[error("the state store is damaged: {0}")]
    Broken(String),
}
