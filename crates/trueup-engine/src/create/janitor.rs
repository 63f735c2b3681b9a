//! The janitor: brings on what creates left behind, with each cycle and alone.

use std::time::Duration;

use jiff::Timestamp;
use trueup_core::{
    create::{Answer, Create, Stage},
    memory::Note,
    name::RunId,
};
use trueup_ports::{Fence, LogEvent, StoreError};

use super::{Coordinator, finish::Standing, is_past};
use crate::Stop;

/// What one pass of the janitor came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// Creates that came to an end.
    pub settled: usize,
    /// Creates that are still open: under way, in their quiet period, or waiting for a system or a person.
    pub open: usize,
    /// Answers that were forgotten since their time was over.
    pub forgotten: usize,
}

impl Coordinator {
    /// Brings every create on by what can be done now: gives up what nobody decided in time, repeats T2, looks for
    /// what an aborted create may have made and puts it away if nobody touched it, and forgets old answers.
    ///
    /// # Errors
    /// [`StoreError`] when memory fails. What goes wrong outside is left for the next pass.
    pub async fn sweep(&self) -> Result<Swept, StoreError> {
        let before = self.memory().await?;
        for create in before.open_creates() {
            match self.bring_on(create).await {
                Err(Stop::Store(error)) if !is_at_work(&error) => return Err(error),
                Ok(()) | Err(Stop::Store(_)) => {}
                Err(stop) => {
                    let what = format!("the create {} waits for the next sweep: {stop}", create.key);
                    self.engine.world.log(LogEvent::Warn(what));
                }
            }
        }
        let forgotten = self.forget().await?;
        let open = self.memory().await?.open_creates().count();
        Ok(Swept { settled: before.open_creates().count().saturating_sub(open), open, forgotten })
    }

    async fn bring_on(&self, create: &Create) -> Result<(), Stop> {
        let create = self.given_up(create).await?;
        if create.answer.is_none() {
            return Ok(());
        }
        let run = self.run_id();
        let fence = self.lease(&create.key, &run).await?;
        let brought = self.bring_on_under(&create, &run, &fence).await;
        self.engine.store.release(self.engine.setup.pipeline(), &fence).await?;
        brought
    }

    /// Under the create's own lease: whoever worked on it before sends nothing more.
    async fn bring_on_under(&self, create: &Create, run: &RunId, fence: &Fence) -> Result<(), Stop> {
        let Some(create) = self.memory().await?.creates.remove(&create.key) else { return Ok(()) };
        match (&create.stage, &create.answer) {
            (Stage::Done { .. } | Stage::Ended { .. }, _) | (_, None) => Ok(()),
            (_, Some(Answer::Created { remote })) => {
                let remote = self.now_called(&create, remote).await;
                Ok(self.activate(&create, &remote, fence).await?)
            }
            (Stage::Withdrawing { since }, _) => Ok(self.wait_for_row(&create, *since, fence).await?),
            (Stage::Aborting { since, missing }, _) => {
                let standing = self.withdraw(&create, fence).await?;
                let anew = Stage::Aborting { since: fence.at, missing: *missing };
                if standing != Standing::Unknown && self.is_quiet(&create, (*since, anew), fence).await? {
                    self.take_back(&create, standing, (run, fence)).await?;
                }
                Ok(())
            }
            (Stage::Prepared | Stage::Sent, Some(Answer::Failed(_))) => {
                Ok(self.withdraw(&create, fence).await.map(drop)?)
            }
            (Stage::Flagged { .. }, Some(Answer::Failed(_))) => self.look_again(&create, fence).await,
        }
    }

    /// The app's row may have been asked for and come late; of the mirror nothing was asked.
    async fn wait_for_row(&self, create: &Create, since: Timestamp, fence: &Fence) -> Result<(), StoreError> {
        let standing = self.withdraw(create, fence).await?;
        let anew = Stage::Withdrawing { since: fence.at };
        if standing == Standing::Nothing && self.is_quiet(create, (since, anew), fence).await? {
            self.advance(fence, create, Stage::Ended { at: fence.at }).await?;
        }
        Ok(())
    }

    /// Whether its quiet time is over. Where the store's clock was put back, that begins anew.
    async fn is_quiet(
        &self,
        create: &Create,
        (since, anew): (Timestamp, Stage),
        fence: &Fence,
    ) -> Result<bool, StoreError> {
        if since > fence.at {
            self.advance(fence, create, anew).await?;
            return Ok(false);
        }
        Ok(is_past(fence.at, since, self.engine.setup.timing().quiet()))
    }

    async fn forget(&self) -> Result<usize, StoreError> {
        let kept = Duration::from_millis(self.engine.setup.timing().create_kept_ms);
        let (memory, now) = (self.memory().await?, self.time().await?);
        let old =
            memory.creates.values().filter(|one| one.over().is_some_and(|over| is_past(now, over, kept)));
        let notes: Vec<Note> = old.map(|create| Note::Forget(create.key.clone())).collect();
        let forgotten = notes.len();
        if forgotten > 0 {
            self.engine.note(notes).await?;
        }
        Ok(forgotten)
    }
}

/// Whether it says that somebody else is at work on the create, or that a write of its record is.
const fn is_at_work(error: &StoreError) -> bool {
    matches!(
        error,
        StoreError::Held { .. } | StoreError::Fenced | StoreError::Preceded(_) | StoreError::Open(_)
    )
}
