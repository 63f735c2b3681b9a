//! What a person does at a terminal while the instances run: has a plan shown, or an undo, reads it, and applies it; or
//! decides what was left open.
//!
//! It is a process of its own, on the first host, that ends when it is done; it is killed, frozen and cut off like any
//! other, and whoever started it tries something else later.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use trueup_core::{
    journal::Event,
    memory::Note,
    name::RunId,
    undo::{is_undo, release, restores},
};
use trueup_engine::Engine;
use trueup_ports::JournalAsk;

use super::{
    chaos::{Happening, UNWATCHED},
    stage::{Report, Stage, lock},
};
use crate::{chance::Chance, store::Ledger};

/// How often somebody comes to the terminal in a day at most.
const MOST: u64 = 8;

/// How many thousandths of those who come decide something.
const DECIDED: u64 = 300;

/// Lets go what an undo holds, or has tried again what a system refused. A run at work is in the way of the first: then
/// somebody comes another time.
async fn decide(engine: Engine, chance: Chance) {
    let pipeline = engine.setup.pipeline();
    let Ok(memory) = engine.store.memory(pipeline).await else { return };
    engine.world.sleep(Duration::from_secs(chance.below(600))).await;
    let (holds, parked) = (memory.holds.len(), memory.parked.len());
    let at = chance.index(holds + parked);
    let _kept = match (memory.holds.keys().nth(at), memory.parked.keys().nth(at.saturating_sub(holds))) {
        (Some(held), _) => engine.commit_between_runs(release(&engine.setup, held)).await,
        (None, Some(refused)) => {
            engine.store.commit(pipeline, None, vec![Note::Unpark(refused.clone())]).await.map(drop)
        }
        (None, None) => Ok(()),
    };
}

/// Shows a plan, waits as long as it is read, and applies it. Where nobody `minds` the plans of this configuration, only
/// what takes a run back is read.
async fn errand(
    engine: Engine,
    at: usize,
    (chance, minds): (Chance, bool),
    (ledger, reports): (Ledger, Arc<Mutex<Vec<Report>>>),
) {
    let undone = if chance.permille(500) { landed(&engine, &chance).await } else { None };
    let planned = match undone {
        Some(run) => engine.plan_undo(JournalAsk { run: Some(run), ..JournalAsk::default() }).await,
        None => engine.plan(UNWATCHED).await,
    };
    let Ok(planned) = planned else { return };
    let reading = if chance.permille(700) { chance.below(60) } else { chance.below(7_200) };
    engine.world.sleep(Duration::from_secs(reading)).await;
    // What would halt is shown before; whether it would or not, they try.
    let _shown = engine.halts(&planned.plan).await;
    let ended = if chance.permille(500) && (minds || is_undo(&planned.plan)) {
        ledger.read(&planned.plan);
        engine.apply(&planned.plan).await
    } else {
        engine.apply_unread(&planned.plan).await
    };
    lock(&reports).push((at, ended));
}

/// A run that changed something.
async fn landed(engine: &Engine, chance: &Chance) -> Option<RunId> {
    let journal = engine.store.journal(engine.setup.pipeline(), JournalAsk::default()).await.ok()?;
    let drafts = journal.iter().map(|entry| &entry.draft).filter(|draft| draft.event == Event::Landed);
    let own = drafts.filter(|draft| draft.class.as_ref().is_some_and(|class| !restores(class)));
    let runs: Vec<&RunId> = own.map(|draft| &draft.run).collect();
    runs.get(chance.index(runs.len())).map(|run| (*run).clone())
}

impl Stage {
    /// The place of who does errands, behind all instances.
    pub(super) const fn clerk(&self) -> usize {
        self.options.instances
    }

    /// When somebody comes to the terminal. Drawn apart, so that it shifts nothing where nobody comes.
    pub(super) fn expect_errands(&mut self) {
        if !self.options.errands {
            return;
        }
        let chance = Chance::new(self.options.seed ^ 0x0065_7272_616e_6473);
        let (clerk, seconds) = (self.clerk(), self.options.hours * 3_600);
        for _ in 0..=chance.below(MOST) {
            self.later(Duration::from_secs(chance.below(seconds)), Happening::Start(clerk));
        }
    }

    /// Somebody comes to the terminal; who is there already is not disturbed.
    pub(super) fn run_errand(&mut self) {
        let at = self.clerk();
        if self.tasks.lives(at) {
            return;
        }
        let asked = (self.chance.fork(), self.warrant() == UNWATCHED);
        if let Some(engine) = self.engine(at) {
            let told = (self.ledger.clone(), Arc::clone(&self.reports));
            if self.options.decides && self.chance.permille(DECIDED) {
                let (chance, _) = asked;
                self.tasks.spawn(at, decide(engine, chance));
            } else {
                self.tasks.spawn(at, errand(engine, at, asked, told));
            }
            self.trace.tell(self.clock.now(), "person", None, "comes to the terminal", String::new);
        }
    }
}
