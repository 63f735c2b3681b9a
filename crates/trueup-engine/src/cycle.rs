//! The cycle: recover → gather → link → merge → plan → guard → apply → journal.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use trueup_core::{
    guard::{Verdict, review},
    journal::{Event, Intent},
    memory::{Beat, Conflict, FieldKey, LinkKey, Memory, Note, Outcome},
    merge::Party,
    name::{EntityKey, RemoteId, RunId, SystemName},
    plan::{
        Act, Change, FieldConflict, Finding, FindingKey, FindingKind, Held, MirrorView, Plan, Reconciled,
        Requests, TruthView, reconcile,
    },
    setup::Setup,
    undo::{is_undo, restores},
};
use trueup_ports::{
    Fence, LogEvent, Source, Store, StoreError, Target, World,
    gate::{self, Doors, Fate, Outcome as ChangeOutcome, Written},
};

use crate::{
    Account, Stop,
    facts::{Warrant, facts},
    gather::{self, Gathered},
    lease::Watch,
    lost,
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
        let mut memory = self.recovered(account, fence).await?;
        let mut sight = self.look_under(&memory, before, Some(fence)).await?;
        let verdict = self.review(&sight, &sight.reconciled.plan, &memory, warrant).await?;
        let plan = sight.reconciled.plan.clone();
        account.planned(&plan, &verdict.held, &verdict.halts);
        let mut notes = vec![Note::Plan(Box::new(plan.clone()))];
        notes.extend(open_items(&self.setup, &account.run, &plan, &verdict.held, &memory));
        if may_remember(&verdict) && !is_all_halted(&verdict) {
            notes.extend(settled_conflicts(&account.run, &sight.reconciled.rested, &memory));
            notes.extend(std::mem::take(&mut sight.reconciled.notes));
            notes.extend(self.first_sight(&sight));
        }
        self.commit(fence, notes).await?;
        memory = self.store.memory(self.setup.pipeline()).await?;
        let outcomes = self.write(&memory, fence, account, verdict).await?;
        account.applied(&outcomes);
        Ok(self.tell_lost(&memory, account, fence, &outcomes).await.map(drop)?)
    }

    /// Settles what an earlier run left open, and gives memory as it is then. What landed or was refused
    /// counts as this run's: no other account will tell it.
    pub(crate) async fn recovered(&self, account: &mut Account, fence: &Fence) -> Result<Memory, Stop> {
        let memory = self.store.memory(self.setup.pipeline()).await?;
        if memory.intents.is_empty() {
            return Ok(memory);
        }
        self.world.log(LogEvent::Say(format!("settling {} writes of an earlier run", memory.intents.len())));
        for system in memory.intents.values().map(Intent::system).collect::<BTreeSet<_>>() {
            if let Some(target) = self.target(system) {
                gather::recognise(self.world.as_ref(), system, target, &memory).await?;
            }
        }
        let (run, targets) = (account.run.clone(), self.targets());
        let Written { mut outcomes, stopped } =
            gate::recover(&self.doors(&memory, fence, &run, &targets)).await;
        // What is open is counted at the end, and what was not done is planned anew by this very run.
        outcomes.retain(|outcome| !matches!(outcome.fate, Fate::Open | Fate::NotDone(_)));
        account.applied(&outcomes);
        stopped.map_or(Ok(()), Err)?;
        let memory = self.store.memory(self.setup.pipeline()).await?;
        if self.tell_lost(&memory, account, fence, &outcomes).await? {
            return Ok(self.store.memory(self.setup.pipeline()).await?);
        }
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

    fn doors<'a>(
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

    async fn look(&self, memory: &Memory) -> Result<Sight, Stop> {
        self.look_since(memory, &self.requests()).await
    }

    /// Reads everything and plans, for nothing that will be written.
    pub(crate) async fn look_since(&self, memory: &Memory, before: &Counts) -> Result<Sight, Stop> {
        self.look_under(memory, before, None).await
    }

    /// Reads everything and plans. Rows that would become a change, and rows the listing leaves in
    /// doubt, are read directly first: a listing may lag behind.
    pub(crate) async fn look_under(
        &self,
        memory: &Memory,
        before: &Counts,
        fence: Option<&Fence>,
    ) -> Result<Sight, Stop> {
        let watch = self.watch(fence);
        let source = self.systems.canonical.source();
        let mut canonical = gather::canonical(watch, &self.setup, source, memory).await?;
        let mut mirrors = BTreeMap::new();
        for side in self.setup.mirrors() {
            let Some(target) = self.target(&side.side.system) else { continue };
            let gathered = gather::mirror(watch, side, target, memory).await?;
            mirrors.insert(side.side.system.clone(), gathered);
        }
        loop {
            let reconciled = self.reconcile(memory, &canonical, &mirrors, before);
            let read = self.confirm_truth(watch, memory, &mut canonical, &reconciled).await?;
            if !self.confirm(watch, memory, &mut mirrors, &reconciled).await? && !read {
                return Ok(Sight { canonical, mirrors, reconciled });
            }
        }
    }

    /// Reads directly what a plan would rest on; says whether anything was left to read.
    async fn confirm(
        &self,
        watch: Watch<'_>,
        memory: &Memory,
        mirrors: &mut BTreeMap<SystemName, Gathered>,
        reconciled: &Reconciled,
    ) -> Result<bool, Stop> {
        let mut read = false;
        for (system, gathered) in mirrors {
            let (Some(side), Some(target)) = (self.setup.mirror(system), self.target(system)) else {
                continue;
            };
            let changes = wanted(reconciled).filter(|change| change.system == *system);
            let mut ids = gathered.doubtful(memory);
            ids.extend(changes.filter_map(|change| change.remote().cloned()));
            ids.retain(|id| !gathered.direct.contains(id));
            if !ids.is_empty() {
                gathered.read_directly(watch, side, target, &ids).await?;
                read = true;
            }
        }
        Ok(read)
    }

    /// Reads directly the records of the source of truth a plan would rest on, where it has ids to read by: those
    /// it would change a mirror after, and those that mirrors are linked to and its listing lacks.
    async fn confirm_truth(
        &self,
        watch: Watch<'_>,
        memory: &Memory,
        canonical: &mut Gathered,
        reconciled: &Reconciled,
    ) -> Result<bool, Stop> {
        let truth = self.setup.written_canonical().zip(self.systems.canonical.target());
        let Some((side, target)) = truth else { return Ok(false) };
        let by_key = |entity: &EntityKey| RemoteId::new(entity.as_str());
        let known = |change: &&Change| !matches!(change.act, Act::Create { origin: Some(_), .. });
        let mut ids = canonical.lacking(memory);
        ids.extend(wanted(reconciled).filter(known).map(|change| by_key(&change.entity)));
        ids.retain(|id| !canonical.direct.contains(id));
        if ids.is_empty() {
            return Ok(false);
        }
        canonical.read_directly(watch, side, target, &ids).await?;
        Ok(true)
    }

    fn reconcile(
        &self,
        memory: &Memory,
        canonical: &Gathered,
        mirrors: &BTreeMap<SystemName, Gathered>,
        before: &Counts,
    ) -> Reconciled {
        let gathered = self.requests().since(before);
        let views: Vec<MirrorView<'_>> = mirrors
            .iter()
            .filter_map(|(system, seen)| {
                Some(MirrorView {
                    side: self.setup.mirror(system)?,
                    seen: &seen.snapshot,
                    card: self.target(system)?.card(),
                    tenant: &seen.inspection.tenant,
                    gathered: gathered.of(system).read,
                    at: self.world.now(),
                })
            })
            .collect();
        let own = &self.setup.canonical().system;
        let card = self.setup.written_canonical().and(self.systems.canonical.target()).map(Source::card);
        let truth = TruthView {
            seen: &canonical.snapshot,
            card: card.map(|card| (card, gathered.of(own).read)),
            tenant: &canonical.inspection.tenant,
        };
        reconcile(&self.setup, memory, truth, &views)
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
    pub(crate) fn first_sight(&self, sight: &Sight) -> Vec<Note> {
        let tenants = sight.mirrors.iter().chain([(&self.setup.canonical().system, &sight.canonical)]);
        let mut notes: Vec<Note> = tenants
            .map(|(system, seen)| Note::Tenant(system.clone(), seen.inspection.tenant.clone()))
            .collect();
        notes.push(Note::Applied {
            config_hash: self.setup.config_hash().to_owned(),
            canonical_count: sight.canonical.snapshot.records.len(),
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
        let memory = self.store.memory(self.setup.pipeline()).await?;
        account.close(&memory, self.world.now());
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

/// What a plan would do, be it held or not.
fn wanted(reconciled: &Reconciled) -> impl Iterator<Item = &Change> {
    let held = reconciled.plan.held.iter().map(|held| &held.change);
    reconciled.plan.changes.iter().chain(held)
}

// A plan of which nothing is done must stay valid: an approval names its id, and what is remembered
// now would make it void.
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

/// Findings, held changes and conflicts of a plan, as memory keeps them. A conflict that is still open
/// keeps the run that opened it.
pub(crate) fn open_items(
    setup: &Setup,
    run: &RunId,
    plan: &Plan,
    held: &[Held],
    memory: &Memory,
) -> Vec<Note> {
    // An undo looks at no record but its own: what was open elsewhere stays open.
    let elsewhere = memory.findings.values().filter(|_| is_undo(plan)).map(|opened| opened.item.clone());
    let mut items: Vec<Finding> = elsewhere.chain(plan.findings.iter().cloned()).collect();
    items.extend(lost::still_told(setup, memory).cloned());
    items.extend(plan.held.iter().chain(held).map(held_item));
    let conflicts = plan.conflicts.iter().map(|conflict| {
        let link = LinkKey { system: conflict.system.clone(), entity: conflict.entity.clone() };
        let key = FieldKey { link, field: conflict.field.clone() };
        let open = memory.conflicts.get(&key).filter(|row| row.closed.is_none());
        let row = Conflict {
            claims: conflict.claims.clone(),
            why: why(conflict).into(),
            opened: open.map_or(run, |row| &row.opened).clone(),
            closed: None,
        };
        Note::Conflict(key, row)
    });
    let mut notes = vec![Note::Findings(run.clone(), items)];
    notes.extend(conflicts);
    notes
}

/// Closes conflicts whose two sides were compared and agree: the rows stay, with how they ended (I-18). One
/// whose record was not compared, because it is gone or suspended, stands as it did.
fn settled_conflicts(run: &RunId, rested: &BTreeSet<FieldKey>, memory: &Memory) -> Vec<Note> {
    closed_conflicts(rested, &format!("run {run} found one value to agree on"), memory)
}

/// Closes conflicts that a rule decides by now, once what it says has landed.
fn decided_conflicts(run: &RunId, outcomes: &[ChangeOutcome], memory: &Memory) -> Vec<Note> {
    let landed = outcomes.iter().flat_map(|outcome| {
        let link = LinkKey { system: outcome.change.system.clone(), entity: outcome.change.entity.clone() };
        let own = outcome.fields.iter().filter(|one| one.event == Event::Landed && !restores(&one.class));
        own.map(move |one| FieldKey { link: link.clone(), field: one.field.clone() })
    });
    closed_conflicts(&landed.collect(), &format!("run {run} wrote what the policy says"), memory)
}

fn closed_conflicts(keys: &BTreeSet<FieldKey>, how: &str, memory: &Memory) -> Vec<Note> {
    let over = memory.open_conflicts().filter(|(key, _)| keys.contains(key));
    let closed = over.map(|(key, row)| {
        Note::Conflict(key.clone(), Conflict { closed: Some(how.to_owned()), ..row.clone() })
    });
    closed.collect()
}

fn why(conflict: &FieldConflict) -> &'static str {
    let undone = conflict.claims.iter().any(|claim| claim.party == Party::Journal);
    if undone { "an undo met a newer edit" } else { "both sides moved" }
}

fn held_item(held: &Held) -> Finding {
    let remotes: Vec<RemoteId> = held.change.remote().cloned().into_iter().collect();
    let fields: Vec<&str> = held.change.edits.iter().map(|edit| edit.field.as_str()).collect();
    Finding {
        key: FindingKey {
            class: trueup_core::name::ClassId::new("held"),
            system: held.change.system.clone(),
            subject: held.change.entity.to_string(),
        },
        kind: FindingKind::Held,
        entity: Some(held.change.entity.clone()),
        remotes,
        what: format!(
            "{} of {} held by {}: {}",
            held.change.act.verb(),
            fields.join(", "),
            held.rule,
            held.why
        ),
        values: Vec::new(),
        place: String::new(),
    }
}

/// Requests by system.
pub(crate) struct Counts(BTreeMap<SystemName, Requests>);

impl Counts {
    /// Those of one system.
    pub(crate) fn of(&self, system: &SystemName) -> Requests {
        self.0.get(system).copied().unwrap_or_default()
    }

    /// Those that came after an earlier count.
    pub(crate) fn since(&self, before: &Self) -> Self {
        let minus = |(system, now): (&SystemName, &Requests)| {
            let then = before.of(system);
            (system.clone(), Requests { read: now.read - then.read, write: now.write - then.write })
        };
        Self(self.0.iter().map(minus).collect())
    }

    /// Those of all systems together.
    pub(crate) fn total(&self) -> Requests {
        let add = |sum: Requests, one: &Requests| Requests {
            read: sum.read + one.read,
            write: sum.write + one.write,
        };
        self.0.values().fold(Requests::default(), add)
    }
}
