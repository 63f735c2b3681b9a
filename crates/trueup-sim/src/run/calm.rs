//! Calm: nothing goes wrong any more, what is under way lands, and two full runs must bring everything into
//! agreement; one more must find nothing to do; and a run is taken back.

use std::cell::Ref;

use jiff::SignedDuration;
use trueup_core::{guard::Halt, journal::Event, name::RunId, plan::Plan, undo::restores};
use trueup_engine::Account;
use trueup_ports::JournalAsk;

use super::{
    chaos::{Ceiling, UNWATCHED},
    place::Place,
    stage::{Known, Stage, lock},
};
use crate::{
    audit,
    executor::{Tasks, drive},
    oracles::{self, Evidence, Seen, undo::Drill},
};

/// How many steps anything may take before it is said never to end (I-33).
const STEPS: usize = 200_000;
/// How often a run that is halted is approved and tried again; the first time too little may be let pass.
const APPROVALS: usize = 6;

impl Stage {
    pub(super) fn calm(&mut self) {
        self.settle_down();
        for _ in 0..2 {
            self.full_run();
        }
        self.judge();
        let before = self.writes();
        self.wait_for_a_run();
        let last = self.round();
        let arrived = self.writes() - before;
        self.told
            .broken
            .extend(self.with_evidence(|evidence| oracles::noop::check(evidence, last.as_ref(), arrived)));
        self.told
            .broken
            .extend(self.with_evidence(|evidence| oracles::conservation::records(evidence, last.as_ref())));
        self.told
            .broken
            .extend(self.with_evidence(|evidence| oracles::conservation::classes(evidence, last.as_ref())));
        self.undo();
        self.verify();
        let audited = self.with_evidence(|evidence| {
            oracles::story::ends(&self.trace, evidence);
            oracles::auditor::check(evidence)
        });
        self.told.broken.extend(audited);
        self.told.broken.sort();
        self.told.broken.dedup();
    }

    fn settle_down(&mut self) {
        for at in 0..self.instances.len() {
            self.tasks.kill(at);
            self.dies(at);
            self.cut(at, false);
        }
        self.hear();
        self.queue.clear();
        self.places().for_each(Place::calm);
        self.calm = self.clock.now();
        // By the store's clock as well it is later than anything that it was ever told.
        self.clock.advance(SignedDuration::from_mins(10) + self.put_back);
        let now = self.clock.now();
        self.places().for_each(|place| place.land(now));
        self.trace.tell(now, "world", None, "calms down", String::new);
    }

    fn wait_for_a_run(&mut self) {
        let every = self.options.every_min.max(15).cast_signed();
        self.clock.advance(SignedDuration::from_mins(every));
    }

    /// One run that nothing disturbs; what the guard halts is approved, and it runs again.
    fn full_run(&mut self) {
        self.wait_for_a_run();
        let mut ceiling = self.ceiling();
        for _ in 0..APPROVALS {
            let account = self.round();
            self.told.broken.extend(
                self.with_evidence(|evidence| oracles::conservation::records(evidence, account.as_ref())),
            );
            let halts = open_halts(account.as_ref());
            let Some(plan) = account.and_then(|account| account.plan) else { break };
            if halts.is_empty() {
                break;
            }
            self.approve(&plan, &halts, std::mem::replace(&mut ceiling, Ceiling::AsMany));
            self.clock.advance(SignedDuration::from_mins(1));
        }
    }

    fn round(&mut self) -> Option<Account> {
        let engine = self.engine(0)?;
        let deltas_only = self.options.deltas_only;
        let run = async move {
            if deltas_only { engine.delta(UNWATCHED).await } else { engine.run(UNWATCHED).await }
        };
        let ended = self.alone("a run", run)?;
        self.ended(0, &ended);
        ended.ok()
    }

    /// How many write requests arrived so far, as the systems' own logs say.
    fn writes(&self) -> usize {
        self.written().map(Place::writes).sum()
    }

    /// Runs something to its end with nobody else about.
    fn alone<T: 'static>(&mut self, what: &str, work: impl Future<Output = T> + 'static) -> Option<T> {
        let mut tasks = Tasks::new(1);
        tasks.spawn(0, work);
        for _ in 0..STEPS {
            if tasks.runnable(self.clock.now()).next().is_none() {
                let Some(next) = self.clock.next_timer() else { break };
                self.clock.advance_to(next);
            }
            self.told.steps += 1;
            if let Some(value) = tasks.poll(0) {
                return Some(value);
            }
        }
        self.told.broken.push(format!("O9: {what} never ended"));
        None
    }

    fn judge(&mut self) {
        let mut timed = Vec::new();
        let broken = self.with_evidence(|evidence| {
            timed = oracles::drift::timed(evidence);
            oracles::all(evidence)
        });
        self.told.broken.extend(broken);
        self.told.edits_timed = timed.len();
        let oldest = timed.iter().filter_map(|timed| timed.took).max().unwrap_or_default();
        self.told.oldest_drift_s = oldest.as_secs();
    }

    fn verify(&mut self) {
        let pipeline = self.pipeline();
        if let Some(verified) = drive(self.store.verify(&pipeline), || true) {
            self.told.broken.extend(oracles::undo::chain(&verified));
        }
    }

    fn with_evidence(&self, ask: impl FnOnce(&Evidence<'_>) -> Vec<String>) -> Vec<String> {
        let Some(known) = self.known() else {
            return vec!["O10: memory cannot be read".into()];
        };
        let truth = lock(&self.truth.table);
        let portals: Vec<_> = self.mirrors.iter().map(|place| place.portal.as_deref().map(lock)).collect();
        let tables: Vec<_> = self.mirrors.iter().map(|place| lock(&place.table)).collect();
        let places = self.mirrors.iter().zip(&self.options.mirrors).zip(tables.iter().zip(&portals));
        let mirrors = places
            .map(|((place, options), (table, portal))| Seen {
                name: place.name.as_str(),
                table,
                portal: portal.as_deref(),
                options,
            })
            .collect();
        let (opened, published) = (self.ledger.opened(), self.ledger.published());
        ask(&Evidence {
            options: &self.options,
            setup: &self.setup,
            terms: &self.terms,
            truth: Seen {
                name: self.truth.name.as_str(),
                table: &truth,
                portal: None,
                options: &self.options.truth,
            },
            mirrors,
            memory: &known.memory,
            journal: &known.journal,
            opened: &opened,
            published: &published,
            calm: self.calm,
        })
    }

    /// What the store holds; read once for as long as nothing is committed.
    fn known(&self) -> Option<Ref<'_, Known>> {
        let commits = self.ledger.opened().commits;
        if self.known.borrow().as_ref().is_none_or(|known| known.commits != commits) {
            let pipeline = self.pipeline();
            let read = async {
                let memory = self.store.memory(&pipeline).await.ok()?;
                let journal = self.store.journal(&pipeline, JournalAsk::default()).await.ok()?;
                Some(Known { commits, memory, journal })
            };
            *self.known.borrow_mut() = drive(read, || true).flatten();
        }
        Ref::filter_map(self.known.borrow(), Option::as_ref).ok()
    }

    /// What the auditor is given.
    pub(super) fn audited(&self) -> Vec<trueup_audit::line::Line> {
        let mut lines = Vec::new();
        self.with_evidence(|evidence| {
            lines = audit::lines(evidence);
            Vec::new()
        });
        lines
    }

    /// Takes a run back that chance picks, and looks whether everything is as it was.
    fn undo(&mut self) {
        let Some(run) = self.pick_run() else { return };
        let ask = JournalAsk { run: Some(run.clone()), ..JournalAsk::default() };
        let Some(mut drill) = self.drill(&run) else { return };
        let Some(undone) = self.take_back(&ask) else { return };
        let broken = self.with_evidence(|evidence| {
            drill.refused(evidence);
            let mut broken = oracles::undo::check(evidence, &drill);
            broken.extend(drill.untold(&undone));
            broken
        });
        self.told.broken.extend(broken);
        self.take_back_again(&ask);
        // What was taken back stays so, until its lead says something else.
        self.full_run();
        let broken = self.with_evidence(|evidence| {
            drill.outlived(evidence);
            let mut broken = oracles::undo::check(evidence, &drill);
            broken.extend(oracles::all(evidence));
            broken
        });
        self.told.broken.extend(broken);
    }

    fn pick_run(&self) -> Option<RunId> {
        let known = self.known()?;
        let mut runs: Vec<RunId> = known
            .journal
            .iter()
            .filter(|entry| entry.draft.event == Event::Landed)
            .filter(|entry| entry.draft.class.as_ref().is_some_and(|class| !restores(class)))
            .map(|entry| entry.draft.run.clone())
            .collect();
        runs.sort();
        runs.dedup();
        runs.get(self.chance.index(runs.len())).cloned()
    }

    fn drill(&self, run: &RunId) -> Option<Drill> {
        let mut drill = None;
        self.with_evidence(|evidence| {
            drill = Some(Drill::of(evidence, run));
            Vec::new()
        });
        drill
    }

    fn plan_undo(&mut self, ask: &JournalAsk) -> Option<Plan> {
        let (engine, asked) = (self.engine(0)?, ask.clone());
        let planned = self.alone("planning an undo", async move { engine.plan_undo(asked).await })?;
        let stop = |stop| self.told.broken.push(format!("O10: an undo cannot be planned: {stop}"));
        planned.map(|planned| planned.plan).map_err(stop).ok()
    }

    /// Looks what the same undo would do once more.
    fn take_back_again(&mut self, ask: &JournalAsk) {
        self.clock.advance(SignedDuration::from_mins(1));
        if let Some(plan) = self.plan_undo(ask) {
            let broken = self.with_evidence(|evidence| oracles::undo::again(evidence, &plan));
            self.told.broken.extend(broken);
        }
    }

    /// Plans the undo, approves what it halts for, and applies it.
    fn take_back(&mut self, ask: &JournalAsk) -> Option<Plan> {
        self.clock.advance(SignedDuration::from_mins(15));
        let plan = self.plan_undo(ask)?;
        let mut ceiling = self.ceiling();
        for _ in 0..APPROVALS {
            let (engine, asked) = (self.engine(0)?, plan.clone());
            let ended = self.alone("an undo", async move { engine.apply(&asked).await })?;
            let halts = open_halts(ended.as_ref().ok());
            let failed = ended.as_ref().ok().and_then(|account| account.error.clone());
            self.ended(0, &ended);
            if let Some(error) = failed {
                self.told.broken.push(format!("O10: an undo cannot be applied: {error}"));
                return None;
            }
            if halts.is_empty() {
                return Some(plan);
            }
            self.approve(&plan.id, &halts, std::mem::replace(&mut ceiling, Ceiling::AsMany));
            self.clock.advance(SignedDuration::from_mins(1));
        }
        None
    }
}

fn open_halts(account: Option<&Account>) -> Vec<Halt> {
    let halts = account.into_iter().flat_map(|account| &account.halts);
    halts.filter(|halt| halt.approved.is_none() && halt.rule.can_be_approved()).cloned().collect()
}
