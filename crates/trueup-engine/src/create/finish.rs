//! T2: what follows of the decision in the app's database.

use trueup_core::{
    create::{Answer, Create, Stage},
    name::RemoteId,
};
use trueup_ports::{Fence, Row, StoreError, Tx};

use super::Coordinator;

impl Coordinator {
    /// Makes the pending row an ordinary one, or deletes it; again is no harm.
    pub(super) async fn finish(&self, create: &Create, fence: &Fence) -> Result<(), StoreError> {
        match &create.answer {
            Some(Answer::Created { remote }) => self.activate(create, remote, fence).await,
            Some(Answer::Failed(_)) => self.withdraw(create, fence).await.map(drop),
            None => Ok(()),
        }
    }

    pub(super) async fn activate(
        &self,
        create: &Create,
        remote: &RemoteId,
        fence: &Fence,
    ) -> Result<(), StoreError> {
        let done = Stage::Done { at: fence.at };
        let stage = match self.desk.activate(&create.ext_id, remote).await {
            Tx::Applied => done,
            Tx::Unknown(_) => return Ok(()),
            Tx::NotApplied(_) => match self.desk.find(&create.ext_id).await {
                Ok(Some(Row::Active { remote: theirs })) if theirs == *remote => done,
                Ok(Some(Row::Pending)) | Err(_) => return Ok(()),
                Ok(Some(Row::Active { .. })) => flagged("the app's row has the id of another record", remote),
                Ok(None) => flagged("the app's row is gone although the create was committed", remote),
            },
        };
        if create.stage == stage {
            return Ok(());
        }
        self.advance(fence, create, stage).await.map(drop)
    }

    /// Deletes the pending row, and marks from when on nothing more is sent; says whether the row is gone.
    pub(super) async fn withdraw(&self, create: &Create, fence: &Fence) -> Result<bool, StoreError> {
        let gone = self.desk.discard(&create.ext_id).await == Tx::Applied;
        if matches!(create.stage, Stage::Prepared | Stage::Sent) {
            let since = self.renew(fence).await?;
            self.advance(fence, create, Stage::Aborting { since, missing: None }).await?;
        }
        Ok(gone)
    }
}

fn flagged(why: &str, remote: &RemoteId) -> Stage {
    Stage::Flagged { why: why.to_owned(), remote: Some(remote.clone()), missing: None }
}
