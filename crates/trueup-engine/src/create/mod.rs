//! A record that an app makes in its own database and in a mirror, in both or in neither (RELIABILITY.md 6.5).
//!
//! Four steps, each durable before the next: the row in the store and the pending row of the app (T1), the
//! record of the mirror through the one gate (R), the decision (D), and what follows of it in the app (T2). The
//! caller is told what was decided, never what happened to be seen. Whoever dies on the way leaves a row that the
//! [`janitor`](Coordinator::sweep) brings to its end: what nobody decided is given up.
//!
//! Deliberately absent: a transaction of the app that is open while the mirror is asked.
//!
//! Read next: [`Coordinator::create`].

mod decide;
mod finish;
mod janitor;
mod orphan;
mod remote;
mod request;
mod takeback;

pub use janitor::Swept;
pub(crate) use orphan::{orphans, tell_orphans};
pub use request::{Request, Unanswered};

use std::{sync::Arc, time::Duration};

use jiff::{SignedDuration, Timestamp};
use trueup_core::{
    create::{Answer, Create, Stage},
    memory::{Memory, Note},
    name::{CreateKey, RunId},
};
use trueup_ports::{Desk, Fence, Holder, LogEvent, Pending, StoreError, Tx};

use crate::{Account, Engine, Stop, Warrant};

/// An engine and the app's database, between which it coordinates creates.
#[derive(Clone)]
pub struct Coordinator {
    /// The pipeline.
    pub engine: Engine,
    /// The app's own database.
    pub desk: Arc<dyn Desk>,
}

impl Coordinator {
    /// One whole cycle, after what creates left behind was brought on.
    ///
    /// # Errors
    /// [`StoreError`] only: then nothing could be recorded either.
    pub async fn run(&self, warrant: Warrant) -> Result<Account, StoreError> {
        self.sweep().await?;
        self.engine.run(warrant).await
    }

    /// Makes a record in the app's database and in the mirror, or in neither; says which.
    ///
    /// The answer is the durable decision. Asked again under the same key it is the same answer, for as long as
    /// `create_kept_ms`.
    ///
    /// # Errors
    /// [`Unanswered`] when there is no decision to tell: nothing was begun, or the caller is to ask again.
    pub async fn create(&self, request: &Request) -> Result<Answer, Unanswered> {
        let memory = self.memory().await?;
        let payload = request.print(&memory)?;
        if let Some(known) = memory.creates.get(&request.key) {
            return self.again(known, payload).await;
        }
        let errand = self.errand(request, &memory, payload).await?;
        let fence = match self.lease(&request.key, &errand.run).await {
            Err(StoreError::Held { .. }) => return Err(Unanswered::UnderWay),
            fence => fence?,
        };
        let answer = self.carry_out(&errand, &fence, request).await;
        // One that is not given back runs out.
        let _ = self.engine.store.release(self.engine.setup.pipeline(), &fence).await;
        answer
    }

    async fn carry_out(
        &self,
        errand: &remote::Errand<'_>,
        fence: &Fence,
        request: &Request,
    ) -> Result<Answer, Unanswered> {
        match self.save(fence, errand.create.clone()).await {
            Err(StoreError::Preceded(what)) => return self.preceded(errand, what).await,
            saved => saved?,
        }
        let made = match self.stage(&errand.create, request).await {
            Some(failure) => Err((errand.create.clone(), failure)),
            None => self.send(errand, fence).await?,
        };
        let (create, answer) = match made {
            Ok((create, remote)) => (create, Answer::Created { remote }),
            Err((create, failure)) => (create, Answer::Failed(failure)),
        };
        let decided = self.decide(&errand.run, &create, answer).await?;
        self.finish_later(&decided, fence).await;
        decided.answer.ok_or(Unanswered::UnderWay)
    }

    /// Somebody was first: under the same key, or with another create of the same record.
    async fn preceded(&self, errand: &remote::Errand<'_>, what: String) -> Result<Answer, Unanswered> {
        match self.memory().await?.creates.get(&errand.create.key) {
            Some(known) => self.again(known, errand.create.payload).await,
            None => Err(Unanswered::Taken(what)),
        }
    }

    /// The pending row of the app; says why there is none.
    async fn stage(&self, create: &Create, request: &Request) -> Option<trueup_core::create::Failure> {
        let pending = Pending {
            key: create.key.clone(),
            entity: create.entity.clone(),
            ext_id: create.ext_id.clone(),
            record: request.record.clone(),
        };
        match self.desk.insert(&pending).await {
            Tx::Applied => None,
            Tx::NotApplied(refusals) => Some(request::refused_by_app(&self.engine.setup, &refusals)),
            Tx::Unknown(what) => match self.desk.find(&create.ext_id).await {
                Ok(Some(trueup_ports::Row::Pending)) => None,
                _ => Some(request::unanswered_by_app(&what)),
            },
        }
    }

    /// T2 right away. What does not succeed is the janitor's: the decision stands, and so does the answer.
    async fn finish_later(&self, create: &Create, fence: &Fence) {
        if let Err(error) = self.finish(create, fence).await {
            let what = format!("the create {} is finished by the next sweep: {error}", create.key);
            self.engine.world.log(LogEvent::Warn(what));
        }
    }

    async fn memory(&self) -> Result<Memory, StoreError> {
        self.engine.store.memory(self.engine.setup.pipeline()).await
    }

    /// The lease of one create. Two tasks of one process are two holders: the process is not the one who acts.
    async fn lease(&self, key: &CreateKey, run: &RunId) -> Result<Fence, StoreError> {
        let host = self.engine.world.holder();
        let holder = Holder { born: format!("{}/{run}", host.born), ..host };
        let ttl = Duration::from_millis(self.engine.setup.timing().lease_ms);
        self.engine.store.lease_create(self.engine.setup.pipeline(), key, &holder, ttl).await
    }

    /// Renews the lease of a create; gives the time, by the store's clock.
    async fn renew(&self, fence: &Fence) -> Result<Timestamp, StoreError> {
        let ttl = Duration::from_millis(self.engine.setup.timing().lease_ms);
        fence.renew(&*self.engine.store, self.engine.setup.pipeline(), ttl).await
    }

    async fn save(&self, fence: &Fence, create: Create) -> Result<(), StoreError> {
        self.engine.commit(fence, vec![Note::Create(Box::new(create))]).await
    }

    /// Moves a create on; gives it as it is then.
    async fn advance(&self, fence: &Fence, create: &Create, stage: Stage) -> Result<Create, StoreError> {
        let next = create.at(stage);
        self.save(fence, next.clone()).await?;
        Ok(next)
    }

    fn now(&self) -> Timestamp {
        self.engine.world.now()
    }

    /// The time by the store's clock: the only one by which those who share it may judge each other's creates (I-26).
    async fn time(&self) -> Result<Timestamp, StoreError> {
        self.engine.store.now().await
    }

    fn run_id(&self) -> RunId {
        let (now, chance) = (self.now(), self.engine.world.random() & 0xffff);
        RunId::new(format!("{}-create-{chance:04x}", now.strftime("%Y%m%dT%H%M%S%.3f")))
    }
}

/// Whether more than a time has passed since an instant. One in the future says that the clock was put back since.
fn is_past(now: Timestamp, since: Timestamp, limit: Duration) -> bool {
    SignedDuration::try_from(limit).is_ok_and(|limit| now.duration_since(since) > limit)
}

impl From<StoreError> for Unanswered {
    fn from(error: StoreError) -> Self {
        Self::Stop(Stop::Store(error))
    }
}
