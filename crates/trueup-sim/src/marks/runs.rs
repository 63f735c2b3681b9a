//! What the end of a run tells.

use trueup_core::{
    guard::{Halt, Rule},
    memory::{Approval, Outcome},
    name::RunId,
};
use trueup_engine::Account;
use trueup_ports::StoreError;

use super::{Mark, Witness, witness::Tried};

/// How many changes go first, under the limits of every scene.
const CANARY: usize = 5;

impl Witness {
    /// A run of a process ended, in whatever way: it is in the middle of no write any more.
    pub fn ended(&mut self, pid: u32, ended: &Result<Account, StoreError>) {
        self.sending.retain(|_, sender| *sender != pid);
        match ended {
            Ok(account) => self.accounted(account),
            Err(StoreError::Held { .. }) => self.mark(Mark::LeaseHeld),
            Err(StoreError::Fenced) => self.mark(Mark::LeaseLost),
            Err(StoreError::Unreachable(_)) => self.mark(Mark::Unreachable),
            Err(_) => {}
        }
    }

    fn accounted(&mut self, account: &Account) {
        for halt in &account.halts {
            if let Some(mark) = halted(halt.rule, halt.approved.is_some()) {
                self.mark(mark);
            }
        }
        let whole = account.outcome == Outcome::Done && account.requests.write == 0;
        let alone = account.command == "delta" && account.changed_anything();
        let occurred = [
            (account.open > 0, Mark::LeftOpen),
            (!account.left_alone.is_empty(), Mark::UndoLeftAlone),
            (account.outcome == Outcome::Failed, Mark::RunFailed),
            (whole && account.command == "run", Mark::NothingToDo),
            (alone, Mark::DeltaAlone),
            (account.command == "apply" && account.changed_anything(), Mark::PlanApplied),
            (account.command == "undo" && account.changed_anything(), Mark::UndoApplied),
            (account.error.as_deref().is_some_and(is_void), Mark::PlanVoid),
            (self.is_above_its_word(account), Mark::CeilingTooLow),
            (account.halts.is_empty() && self.was_stopped(account), Mark::CanaryRefused),
        ];
        occurred.into_iter().filter(|(did, _)| *did).for_each(|(_, mark)| self.mark(mark));
    }

    /// Whether somebody let a halt of this very plan pass, for less than it concerns.
    fn is_above_its_word(&self, account: &Account) -> bool {
        let own = |halt: &Halt, word: &Approval| {
            account.plan.as_ref() == Some(&word.plan)
                && (&*word.halt, &word.system, &word.about) == (halt.rule.name(), &halt.system, &halt.about)
        };
        let mut halted = account.halts.iter().filter(|halt| halt.approved.is_none());
        halted.any(|halt| self.words.iter().any(|word| own(halt, word) && word.max < halt.count))
    }

    /// Whether the first few of one kind of change came to nothing, and no more of them was tried.
    fn was_stopped(&self, account: &Account) -> bool {
        let stopped = |tried: &Tried| {
            tried.intended == CANARY && tried.planned > CANARY && tried.landed == 0 && account.not_done > 0
        };
        self.tried.get(&account.run).is_some_and(|tried| tried.values().any(stopped))
    }

    /// A run left a record of how it failed: its lease was gone while intents of its own were open.
    pub(super) fn lost_lease(&mut self, run: &RunId) {
        let own = self.intents.values().filter(|open| open.intent.run == *run);
        let mut left = own.filter(|open| open.settled != Some(open.intent.epoch));
        if left.next().is_some() {
            self.mark(Mark::LeaseLostMidBatch);
        }
    }
}

fn is_void(error: &str) -> bool {
    error.starts_with("the plan is void")
}

const fn halted(rule: Rule, approved: bool) -> Option<Mark> {
    match (rule, approved) {
        (Rule::Archives, true) => Some(Mark::ArchiveApproved),
        (Rule::Archives, false) => Some(Mark::ArchiveHalted),
        (Rule::TooManyUpdates | Rule::TooManyCreates | Rule::TooManyArchives, true) => {
            Some(Mark::CapApproved)
        }
        (Rule::TooManyUpdates | Rule::TooManyCreates | Rule::TooManyArchives, false) => Some(Mark::CapHit),
        _ => None,
    }
}
