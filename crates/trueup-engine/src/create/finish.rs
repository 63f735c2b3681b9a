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

    /// Deletes the pending row, and marks from when on nothing more is sent; says what stands under its id.
    pub(super) async fn withdraw(&self, create: &Create, fence: &Fence) -> Result<Standing, StoreError> {
        let standing = self.discard(create).await;
        let next = match (&create.stage, standing) {
            // Nothing of it is in the mirror, and where a row stands no pending one can come any more.
            (Stage::Prepared | Stage::Withdrawing { .. }, Standing::Ordinary) => {
                Stage::Ended { at: fence.at }
            }
            (Stage::Prepared, Standing::Nothing | Standing::Unknown) => {
                Stage::Withdrawing { since: self.renew(fence).await? }
            }
            (Stage::Sent, _) => Stage::Aborting { since: self.renew(fence).await?, missing: None },
            _ => return Ok(standing),
        };
        self.advance(fence, create, next).await?;
        Ok(standing)
    }

    async fn discard(&self, create: &Create) -> Standing {
        match self.desk.discard(&create.ext_id).await {
            Tx::Applied => Standing::Nothing,
            Tx::Unknown(_) => Standing::Unknown,
            Tx::NotApplied(_) => match self.desk.find(&create.ext_id).await {
                Ok(Some(Row::Active { .. })) => Standing::Ordinary,
                Ok(Some(Row::Pending) | None) | Err(_) => Standing::Unknown,
            },
        }
    }
}

/// What stands in the app's database under the id of a create that was given up, after its row was discarded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// No row.
    Nothing,
    /// An ordinary row, which is none of the create's.
    Ordinary,
    /// Its pending row may still be there.
    Unknown,
}

fn flagged(why: &str, remote: &RemoteId) -> Stage {
    Stage::Flagged { why: why.to_owned(), remote: Some(remote.clone()), missing: None }
}
