//! The cycle: recover → gather → link → merge → plan → guard → apply → journal.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use trueup_core::{
    guard::{Verdict, review},
    hint::TouchKey,
    journal::Intent,
    link::Link,
    memory::{Memory, Note},
    name::{EntityKey, RunId, SystemName},
    plan::{Plan, Reconciled},
    planted::{self, Defect},
    setup::Setup,
};
use trueup_ports::{
    Fence, Lane, LogEvent, Source, Store, StoreError, Target, World,
    gate::{self, Doors, Fate, Outcome as ChangeOutcome, Written},
};

use crate::{
    Account, Stop,
    count::Counts,
    create::tell_orphans,
    facts::{Warrant, facts},
    gather::{self, Gathered},
    looked::Looked,
    lost::count_lost,
    open::{decided_conflicts, kept, open_items, settled_conflicts},
    question::Question,
};

/// The systems of one pipeline.
#[derive(Clone)]
pub struct Systems {
    /// The source of truth.
    pub canonical: Truth,
    /// The mirrors.
    pub mirrors: BTreeMap<SystemName, Arc<dyn Target>>,
}

/// The source of truth, as far as it can be used.
#[derive(Clone)]
pub enum Truth {
    /// It is only read, as a workbook is.
    Read(Arc<dyn Source>),
    /// It is written as well.
    Written(Arc<dyn Target>),
}

impl Truth {
    /// To be read.
    #[must_use]
    pub fn source(&self) -> &dyn Source {
        match self {
            Self::Read(source) => source.as_ref(),
            Self::Written(target) => target.as_ref(),
        }
    }

    /// To be written, where it can be.
    #[must_use]
    pub fn target(&self) -> Option<&dyn Target> {
        match self {
            Self::Read(_) => None,
            Self::Written(target) => Some(target.as_ref()),
        }
    }
}

/// One pipeline with everything it needs.
#[derive(Clone)]
pub struct Engine {
    /// Time, chance, log.
    pub world: Arc<dyn World>,
    /// The memory that outlives a run.
    pub store: Arc<dyn Store>,
    /// The configuration.
    pub setup: Arc<Setup>,
    /// The systems.
    pub systems: Systems,
}

/// A plan and what the guard says of it.
#[derive(Debug)]
pub struct Planned {
    /// The plan.
    pub plan: Plan,
    /// What the guard says.
    pub verdict: Verdict,
}

/// What a cycle saw and made of it, before anything is written.
pub(crate) struct Sight {
    pub(crate) canonical: Gathered,
    pub(crate) mirrors: BTreeMap<SystemName, Gathered>,
    pub(crate) reconciled: Reconciled,
    /// The touches it looked after, as often as they were told when it began: what becomes due meanwhile was not read.
    pub(crate) touches: BTreeMap<TouchKey, u64>,
    /// The entities that were looked at; `None` when all were.
    pub(crate) focus: Option<BTreeSet<EntityKey>>,
}

impl Engine {
    /// Makes and keeps a plan; writes nothing to any system.
    ///
    /// # Errors
    /// [`Stop`] when a system cannot be read or memory fails.
    pub async fn plan(&self, warrant: Warrant) -> Result<Planned, Stop> {
        let memory = self.store.memory(self.setup.pipeline()).await?;
        let sight = self.look(&memory).await?;
        let verdict = self.review(&sight, &sight.reconciled.plan, &memory, warrant).await?;
        let plan = sight.reconciled.plan;
        self.note(vec![Note::Plan(Box::new(plan.clone()))]).await?;
        Ok(Planned { plan, verdict })
    }

    /// One whole cycle. What goes wrong outside is in the account; it is always recorded.
    ///
    /// # Errors
    /// [`StoreError`] only: then nothing could be recorded either.
    pub async fn run(&self, warrant: Warrant) -> Result<Account, StoreError> {
        self.recorded("run", async |account, fence| self.cycle(warrant, account, fence).await).await
    }

    async fn cycle(&self, warrant: Warrant, account: &mut Account, fence: &Fence) -> Result<(), Stop> {
        let before = self.requests();
        let result = self.cycle_counted(warrant, account, fence, &before).await;
        account.requests = self.requests().since(&before).total();
        result
    }

    async fn cycle_counted(
        &self,
        warrant: Warrant,
        account: &mut Account,
        fence: &Fence,
        before: &Counts,
    ) -> Result<(), Stop> {
        let memory = self.recovered(account, fence).await?;
        let sight = self.look_under(&memory, before, Some(fence)).await?;
        self.carry_out(warrant, account, fence, (memory, sight)).await
    }

    /// Guard, remember, write, and say what is to be looked at next.
    pub(crate) async fn carry_out(
        &self,
        warrant: Warrant,
        account: &mut Account,
        fence: &Fence,
        (memory, mut sight): (Memory, Sight),
    ) -> Result<(), Stop> {
        let verdict = self.review(&sight, &sight.reconciled.plan, &memory, warrant).await?;
        let plan = &sight.reconciled.plan;
        account.planned(plan, &verdict.held, &verdict.halts);
        tell_orphans(&self.setup, &memory, account);
        let mut notes = vec![Note::Plan(Box::new(plan.clone()))];
        let mut looked = Looked::new(&verdict, &sight);
        let stands = |key: &TouchKey| self.stands(looked.as_ref(), &memory, key);
        let elsewhere = kept(&memory, sight.focus.as_ref(), stands);
        account.also_open(&elsewhere);
        notes.extend(open_items(&self.setup, &account.run, plan, &verdict.held, (&memory, elsewhere)));
        if may_remember(&verdict) && is_all_halted(&verdict) {
            let question = Question::of(&self.setup, &memory, plan, &verdict);
            notes.extend(settled_conflicts(&account.run, &question.rested(&sight.reconciled), &memory));
            notes.extend(question.observed(&sight.reconciled, &memory));
        } else if may_remember(&verdict) {
            notes.extend(settled_conflicts(&account.run, &sight.reconciled.rested, &memory));
            notes.extend(std::mem::take(&mut sight.reconciled.notes));
            notes.extend(self.first_sight(&sight, &memory));
        }
        let memory = self.remember(fence, memory, notes).await?;
        if planted::is(Defect::CursorFirst) || planted::is(Defect::CursorFirstHealed) {
            self.conclude_looks(fence, looked.take(), &memory, &[]).await?;
        }
        let outcomes = self.write(&memory, fence, account, verdict).await?;
        account.applied(&outcomes);
        count_lost(&self.setup, &memory, account, &outcomes);
        Ok(self.conclude_looks(fence, looked, &memory, &outcomes).await?)
    }

    /// Settles what an earlier run left open, and gives memory as it is then. What landed or was refused
    /// counts as this run's: no other account will tell it.
    pub(crate) async fn recovered(&self, account: &mut Account, fence: &Fence) -> Result<Memory, Stop> {
        let memory = self.store.memory(self.setup.pipeline()).await?;
        let open = memory.intents.values().filter(|one| Lane::Cycle.owns(&memory, one));
        let open: Vec<&Intent> = open.chain(memory.links.values().filter_map(Link::woken)).collect();
        if open.is_empty() {
            return Ok(memory);
        }
        self.world.log(LogEvent::Say(format!("settling {} writes of an earlier run", open.len())));
        self.touch_open(fence, &memory, &open).await?;
        for system in open.into_iter().map(Intent::system).collect::<BTreeSet<_>>() {
            if let Some(target) = self.target(system) {
                gather::recognise(self.world.as_ref(), system, target, &memory).await?;
            }
        }
        let (run, targets) = (account.run.clone(), self.targets());
        let Written { mut outcomes, stopped } =
            gate::recover(&self.doors(&memory, fence, &run, &targets)).await;
        let freed = self.freed(&outcomes);
        // What is open is counted at the end, and what was not done is planned anew by this very run.
        outcomes.retain(|outcome| !matches!(outcome.fate, Fate::Open | Fate::NotDone(_)));
        account.applied(&outcomes);
        stopped.map_or(Ok(()), Err)?;
        self.touch(fence, freed).await?;
        let memory = self.store.memory(self.setup.pipeline()).await?;
        count_lost(&self.setup, &memory, account, &outcomes);
        Ok(memory)
    }

    /// Writes what the guard cleared. When our own memory fails on the way, what landed before is in the
    /// account all the same.
    pub(crate) async fn write(
        &self,
        memory: &Memory,
        fence: &Fence,
        account: &mut Account,
        verdict: Verdict,
    ) -> Result<Vec<ChangeOutcome>, Stop> {
        let steps = verdict.cleared.len() as u64;
        self.world.log(LogEvent::Stage { name: "apply".into(), steps: Some(steps) });
        let (run, targets) = (account.run.clone(), self.targets());
        let doors = self.doors(memory, fence, &run, &targets);
        let Written { outcomes, stopped } = gate::write(&doors, verdict.cleared).await;
        match stopped {
            None => {
                let decided = decided_conflicts(&run, &outcomes, memory);
                if !decided.is_empty() {
                    self.commit(fence, decided).await?;
                }
                Ok(outcomes)
            }
            Some(error) => {
                account.applied(&outcomes);
                Err(error.into())
            }
        }
    }

    pub(crate) fn target(&self, system: &SystemName) -> Option<&dyn Target> {
        let truth = || self.systems.canonical.target().filter(|_| self.setup.is_canonical(system));
        self.systems.mirrors.get(system).map(AsRef::as_ref).or_else(truth)
    }

    /// Every system that is written, by name.
    pub(crate) fn targets(&self) -> BTreeMap<SystemName, &dyn Target> {
        let mirrors = self.systems.mirrors.iter().map(|(system, target)| (system.clone(), target.as_ref()));
        let truth = self.setup.written_canonical().zip(self.systems.canonical.target());
        mirrors.chain(truth.map(|(side, target)| (side.side.system.clone(), target))).collect()
    }

    pub(crate) fn doors<'a>(
        &'a self,
        memory: &'a Memory,
        fence: &'a Fence,
        run: &'a RunId,
        targets: &'a BTreeMap<SystemName, &'a dyn Target>,
    ) -> Doors<'a> {
        Doors {
            world: self.world.as_ref(),
            store: self.store.as_ref(),
            pipeline: self.setup.pipeline(),
            fence,
            setup: &self.setup,
            memory,
            run,
            targets,
        }
    }

    pub(crate) async fn review(
        &self,
        sight: &Sight,
        plan: &Plan,
        memory: &Memory,
        warrant: Warrant,
    ) -> Result<Verdict, Stop> {
        let approvals = self.store.approvals(self.setup.pipeline(), &plan.id).await?;
        let facts = facts(&self.setup, memory, &self.systems, &sight.canonical, &sight.mirrors, warrant);
        Ok(review(plan, &facts, &approvals))
    }

    /// What is remembered of a run that was let through: accounts, configuration, size and columns of the source.
    pub(crate) fn first_sight(&self, sight: &Sight, memory: &Memory) -> Vec<Note> {
        let tenants = sight.mirrors.iter().chain([(&self.setup.canonical().system, &sight.canonical)]);
        let mut notes: Vec<Note> = tenants
            .map(|(system, seen)| Note::Tenant(system.clone(), seen.inspection.tenant.clone()))
            .collect();
        notes.push(Note::Applied {
            config_hash: self.setup.config_hash().to_owned(),
            canonical_count: sight.canonical.count(memory),
        });
        notes.extend(sight.canonical.snapshot.layout.clone().map(Note::Layout));
        notes
    }

    pub(crate) async fn note(&self, notes: Vec<Note>) -> Result<(), StoreError> {
        self.store.commit(self.setup.pipeline(), None, notes).await.map(|_| ())
    }

    /// Requests of every system that is written so far.
    pub(crate) fn requests(&self) -> Counts {
        Counts(self.targets().into_iter().map(|(system, target)| (system, target.requests())).collect())
    }
}

// A plan of which nothing is done must stay valid: an approval names its id, and what is remembered of what it rests
// on would make it void.
fn is_all_halted(verdict: &Verdict) -> bool {
    verdict.cleared.is_empty() && verdict.halts.iter().any(|halt| halt.approved.is_none())
}

// What was read cannot be believed when the filter or the account failed: then nothing of it is kept.
pub(crate) fn may_remember(verdict: &Verdict) -> bool {
    use trueup_core::guard::Rule;
    let distrust = |rule| {
        matches!(
            rule,
            Rule::ForeignRecord
                | Rule::TenantChanged
                | Rule::SchemaMoved
                | Rule::ConfigChanged
                | Rule::EmptiedSource
        )
    };
    !verdict.halts.iter().any(|halt| halt.approved.is_none() && distrust(halt.rule))
}
