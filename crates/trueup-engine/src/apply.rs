//! Applying a plan that was shown before: exactly that, or nothing.

use trueup_core::{
    guard::Halt,
    memory::{Memory, Note},
    plan::{Finding, Plan},
    undo::is_undo,
};
use trueup_ports::{Fence, StoreError};

use crate::{
    Account, Engine, Stop,
    create::tell_orphans,
    cycle::Sight,
    facts::Warrant,
    lost::count_lost,
    open::{kept, open_items},
};

impl Engine {
    /// Applies a plan that was shown before.
    ///
    /// It is void when memory or configuration moved since, or when the plan was edited; nothing is
    /// written then. Single changes that a fresh look does not ask for any more, or whose record moved, are superseded
    /// one by one.
    ///
    /// # Errors
    /// [`StoreError`] only: then nothing could be recorded either.
    pub async fn apply(&self, plan: &Plan) -> Result<Account, StoreError> {
        self.apply_as(plan, Warrant { first: false, reviewed: true }).await
    }

    /// Applies a plan that nobody read, made this very moment: the guard is told so.
    ///
    /// # Errors
    /// As [`Engine::apply`].
    pub async fn apply_unread(&self, plan: &Plan) -> Result<Account, StoreError> {
        self.apply_as(plan, Warrant::default()).await
    }

    async fn apply_as(&self, plan: &Plan, warrant: Warrant) -> Result<Account, StoreError> {
        let command = if is_undo(plan) { "undo" } else { "apply" };
        let work = async |account: &mut Account, fence: &Fence| {
            self.apply_under(plan, warrant, account, fence).await
        };
        self.recorded(command, work).await
    }

    /// What the guard halts of a plan that was shown before, as things are now; writes nothing.
    ///
    /// # Errors
    /// [`Stop::Void`] when the plan no longer holds; otherwise when a system cannot be read or memory fails.
    pub async fn halts(&self, plan: &Plan) -> Result<Vec<Halt>, Stop> {
        let memory = self.store.memory(self.setup.pipeline()).await?;
        self.assert_valid(plan, &memory)?;
        let sight = self.look_since(&memory, &self.requests()).await?;
        Ok(self.review(&sight, plan, &memory, Warrant::default()).await?.halts)
    }

    async fn apply_under(
        &self,
        plan: &Plan,
        warrant: Warrant,
        account: &mut Account,
        fence: &Fence,
    ) -> Result<(), Stop> {
        let before = self.requests();
        let result = self.apply_counted(plan, warrant, account, fence).await;
        account.requests = self.requests().since(&before).total();
        result
    }

    async fn apply_counted(
        &self,
        plan: &Plan,
        warrant: Warrant,
        account: &mut Account,
        fence: &Fence,
    ) -> Result<(), Stop> {
        let before = self.requests();
        let memory = self.recovered(account, fence).await?;
        self.assert_valid(plan, &memory)?;
        let mut sight = self.look_under(&memory, &before, Some(fence)).await?;
        let mut verdict = self.review(&sight, plan, &memory, warrant).await?;
        account.planned(plan, &verdict.held, &verdict.halts);
        let (open, vain) = what_is_open(plan, &sight, &memory);
        account.open_now(open, &verdict.held);
        account.also_open(&vain);
        tell_orphans(&self.setup, &memory, account);
        let mut notes = vec![Note::Plan(Box::new(plan.clone()))];
        notes.extend(open_items(&self.setup, &account.run, open, &verdict.held, (&memory, vain)));
        // The person asked for this plan and no part of it, and a halted plan must stay as it is: an
        // approval names its id, and whatever is written or remembered now would make it void.
        if verdict.halts.iter().any(|halt| halt.approved.is_none()) {
            return Ok(self.commit(fence, notes).await?);
        }
        // What an undo takes back does not hang on what is seen now, and whoever asked for it read nothing of that: not
        // the first plan of this configuration, nor how small the source became. It stays to be told.
        if !is_undo(plan) {
            let overtaken = verdict.cleared.leave_out(&sight.reconciled.plan);
            notes.extend(self.overtaken(&sight, account, overtaken));
            notes.extend(std::mem::take(&mut sight.reconciled.notes));
            notes.extend(self.first_sight(&sight, &memory));
        }
        let memory = self.remember(fence, memory, notes).await?;
        let outcomes = self.write(&memory, fence, account, verdict).await?;
        account.applied(&outcomes);
        count_lost(&self.setup, &memory, account, &outcomes);
        Ok(())
    }

    fn assert_valid(&self, plan: &Plan, memory: &Memory) -> Result<(), Stop> {
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

/// Whose findings and conflicts are open, and what was looked for in vain. Other runs found and settled things since a
/// plan was shown: what is open is for the fresh look to say. An undo looked at its own records only, which its plan tells of.
fn what_is_open<'a>(plan: &'a Plan, sight: &'a Sight, memory: &Memory) -> (&'a Plan, Vec<Finding>) {
    if is_undo(plan) { (plan, Vec::new()) } else { (&sight.reconciled.plan, kept(memory, None, |_| true)) }
}
