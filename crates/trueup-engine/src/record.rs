//! A run under its lease, and the record of how it went.

use trueup_core::{
    memory::{Beat, Note, Outcome},
    name::RunId,
};
use trueup_ports::{Fence, StoreError};

use crate::{Account, Engine, Stop};

impl Engine {
    /// Runs something under the lease and records how it went, whatever happens.
    pub(crate) async fn recorded(
        &self,
        command: &str,
        work: impl AsyncFnOnce(&mut Account, &Fence) -> Result<(), Stop>,
    ) -> Result<Account, StoreError> {
        let now = self.world.now();
        let run =
            RunId::new(format!("{}-{:04x}", now.strftime("%Y%m%dT%H%M%S%.3f"), self.world.random() & 0xffff));
        let mut account = Account::begin(run, command, now);
        let fence = self.lease().await?;
        self.beat(&account).await?;
        if let Err(stop) = work(&mut account, &fence).await {
            account.outcome = stop.outcome();
            match stop.halt() {
                Some(halt) => account.halts.push(halt),
                None => account.error = Some(stop.to_string()),
            }
            if let Stop::Store(error) = stop {
                // Nothing more can be relied on; the beat is tried once, the lease runs out by itself.
                account.ended = self.world.now();
                let _ = self.beat(&account).await;
                return Err(error);
            }
        }
        let open = self.store.open(self.setup.pipeline()).await?;
        account.close(open, self.world.now());
        self.beat(&account).await?;
        self.store.release(self.setup.pipeline(), &fence).await?;
        Ok(account)
    }

    async fn beat(&self, account: &Account) -> Result<(), StoreError> {
        let beat = Beat {
            run: account.run.clone(),
            command: account.command.clone(),
            started: account.started,
            ended: (account.outcome != Outcome::Running).then_some(account.ended),
            plan: account.plan.clone(),
            outcome: account.outcome,
            account: serde_json::to_value(account).unwrap_or_default(),
        };
        self.note(vec![Note::Beat(Box::new(beat))]).await
    }
}
