//! Applying a plan that was shown before: exactly that, or nothing.

use trueup_core::{memory::Note, plan::Plan};
use trueup_ports::{Fence, StoreError};

use crate::{Account, Engine, Stop, cycle::open_items, facts::Warrant};

impl Engine {
    /// Applies a plan that was shown before.
    ///
    /// It is void when memory or configuration moved since, or when the plan was edited; nothing is
    /// written then. Single changes whose record moved are superseded one by one.
    ///
    /// # Errors
    /// [`StoreError`] only: then nothing could be recorded either.
    pub async fn apply(&self, plan: &Plan) -> Result<Account, StoreError> {
        self.recorded("apply", async |account, fence| self.apply_under(plan, account, fence).await).await
    }

    async fn apply_under(&self, plan: &Plan, account: &mut Account, fence: &Fence) -> Result<(), Stop> {
        let before = self.requests();
        let result = self.apply_counted(plan, account, fence).await;
        let now = self.requests();
        account.requests.read = now.read - before.read;
        account.requests.write = now.write - before.write;
        result
    }

    async fn apply_counted(&self, plan: &Plan, account: &mut Account, fence: &Fence) -> Result<(), Stop> {
        let before = self.requests();
        let memory = self.recovered(account, fence).await?;
        self.assert_valid(plan, &memory)?;
        let mut sight = self.look_under(&memory, before, Some(fence)).await?;
        let warrant = Warrant { first: false, reviewed: true };
        let verdict = self.review(&sight, plan, &memory, warrant).await?;
        account.planned(plan, &verdict.held, &verdict.halts);
        let mut notes = vec![Note::Plan(Box::new(plan.clone()))];
        notes.extend(open_items(&self.setup, &account.run, plan, &verdict.held, &memory));
        // A halted plan must stay as it is: an approval names its id, and what is remembered now would
        // make it void.
        if verdict.halts.iter().all(|halt| halt.approved.is_some()) {
            notes.extend(std::mem::take(&mut sight.reconciled.notes));
            notes.extend(self.first_sight(&sight));
        }
        self.commit(fence, notes).await?;
        let memory = self.store.memory(self.setup.pipeline()).await?;
        let outcomes = self.write(&memory, fence, account, verdict).await?;
        account.applied(&outcomes);
        Ok(self.tell_lost(&memory, account, fence, &outcomes).await.map(drop)?)
    }

    fn assert_valid(&self, plan: &Plan, memory: &trueup_core::memory::Memory) -> Result<(), Stop> {
        let void = |why: &str| Err(Stop::Void(why.to_owned()));
        if !plan.is_whole() {
            return void("its content does not match its id: it was edited");
        }
        if plan.made_from.lineage != memory.lineage {
            return void("it was made from another state store");
        }
        if plan.made_from.serial != memory.serial {
            return void("what it was made from has changed since");
        }
        if plan.made_from.config_hash != self.setup.config_hash() {
            return void("the configuration has changed since");
        }
        Ok(())
    }
}
