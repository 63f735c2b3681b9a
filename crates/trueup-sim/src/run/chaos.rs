//! Chaos: people act, instances run, die, freeze and lose touch, and events arrive or do not.

use std::{sync::Arc, time::Duration};

use jiff::SignedDuration;
use trueup_core::{
    guard::Halt,
    memory::{Approval, Note},
};
use trueup_engine::{Account, Engine, facts::Warrant, schedule};
use trueup_ports::StoreError;

use super::{
    fault::EngineFault,
    post::{Letter, deliveries},
    stage::{Report, Stage, lock},
};
use crate::{executor::drive, swarm::Options};

/// How a run is asked for that nobody watches; this configuration was looked at before.
pub(super) const UNWATCHED: Warrant = Warrant { first: true, reviewed: false };

/// How many thousandths of the new situations are deadly in a seed that hunts.
const HUNTED: u64 = 400;

/// Something that happens at a time of its own.
pub(super) enum Happening {
    /// A person does something.
    Act,
    /// An instance is started.
    Start(usize),
    /// An instance reaches the store again.
    Mend(usize),
    /// A person lets the halts of a plan pass.
    Approve(String, Vec<Halt>),
    /// An event arrives.
    Deliver(Letter),
    /// The mishap of the seed.
    Mishap,
    /// People work although something is wrong.
    Busy,
}

/// When an instance does what.
#[derive(Clone, Copy)]
struct Hours {
    /// From the start of a whole run to the start of the next.
    every: Duration,
    /// How many looks at what changed lie between the two.
    deltas: u32,
    /// How a run is asked for.
    warrant: Warrant,
    /// Whether a look at what changed stands in the place of a whole run.
    deltas_only: bool,
}

/// For how many records a person lets a halt pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ceiling {
    /// For as many as it concerns.
    AsMany,
    /// For one less: then it is as if nobody had said anything.
    OneLess,
}

impl Ceiling {
    const fn of(self, count: usize) -> usize {
        match self {
            Self::AsMany => count,
            Self::OneLess => count.saturating_sub(1),
        }
    }
}

/// What an instance does all its life.
async fn process(engine: Engine, at: usize, hours: Hours, reports: Arc<std::sync::Mutex<Vec<Report>>>) {
    let first = engine.world.now();
    let Hours { every, deltas, warrant, deltas_only } = hours;
    loop {
        let ended = if deltas_only { engine.delta(warrant).await } else { engine.run(warrant).await };
        lock(&reports).push((at, ended));
        for _ in 0..deltas {
            engine.world.sleep(every / (deltas + 1)).await;
            let ended = engine.delta(warrant).await;
            lock(&reports).push((at, ended));
        }
        engine.world.sleep(schedule::wait(first, engine.world.now(), every)).await;
    }
}

impl Stage {
    pub(super) fn chaos(&mut self) {
        let end = self.ends;
        let seconds = self.options.hours * 3_600;
        for _ in 0..self.options.acts {
            let at = Duration::from_secs(self.chance.below(seconds));
            self.later(at, Happening::Act);
        }
        for at in 0..self.options.instances {
            let wait = Duration::from_secs(self.chance.below(self.options.every_min * 60));
            self.later(wait, Happening::Start(at));
        }
        self.foresee();
        self.expect_errands();
        while self.clock.now() < end {
            let now = self.clock.now();
            let count = self.tasks.runnable(now).count();
            let chosen = self.chance.index(count);
            let place = self.tasks.runnable(now).nth(chosen);
            if let Some(place) = place {
                self.go_on(place);
            } else {
                let queued = self.queue.first_key_value().map(|((at, _), _)| *at);
                let next = [self.clock.next_timer(), queued, self.tasks.next_thaw(now)];
                self.clock.advance_to(next.into_iter().flatten().min().unwrap_or(end).min(end));
                self.happen();
            }
        }
    }

    /// An instance goes one step on, or something is done to it first.
    fn go_on(&mut self, at: usize) {
        if self.chance.permille(self.options.meddling) {
            self.act();
        }
        if self.strikes(self.options.kills) {
            return self.kill(at);
        }
        if self.strikes(self.options.freezes) {
            let seconds = [5, 20, 90, 600];
            let time = seconds.get(self.chance.index(seconds.len())).copied().unwrap_or(5);
            self.tasks.freeze(at, self.clock.now() + SignedDuration::from_secs(time));
            self.tell(at, "is frozen");
            self.count(EngineFault::Frozen);
            return;
        }
        if self.strikes(self.options.jumps) {
            self.jump(at);
        }
        if self.strikes(self.options.cuts) {
            self.cut(at, true);
            let time = Duration::from_secs(1 + self.chance.below(600));
            self.later(time, Happening::Mend(at));
            self.tell(at, "is cut off");
            self.count(EngineFault::Cut);
        }
        self.told.steps += 1;
        let before = self.ledger.situations();
        self.tasks.poll(at);
        self.race();
        self.straggle(at);
        self.post();
        self.hear();
        // It waits where the rare thing was done, and has not heard yet that it was.
        let is_new = self.options.hunts && self.ledger.situations() > before;
        if is_new && self.tasks.lives(at) && self.chance.permille(HUNTED) {
            self.kill(at);
        }
    }

    fn strikes(&self, ten_thousandths: u64) -> bool {
        ten_thousandths > 0 && self.chance.below(10_000) < ten_thousandths
    }

    fn tell(&self, at: usize, what: &'static str) {
        self.trace.tell(self.clock.now(), &format!("engine-{at}"), None, what, String::new);
    }

    fn kill(&mut self, at: usize) {
        let wait = match self.chance.below(3) {
            0 => self.chance.below(10),
            1 => self.chance.below(300),
            _ => self.chance.below(self.options.every_min * 60),
        };
        self.kill_for(at, wait);
    }

    /// An instance dies, and is there again after so many seconds.
    pub(super) fn kill_for(&mut self, at: usize, seconds: u64) {
        if self.options.asks {
            for place in self.tasks.waits_at(at) {
                *self.told.awaits.entry(place).or_default() += 1;
            }
        }
        self.tasks.kill(at);
        self.dies(at);
        self.ledger.witness(|witness| witness.killed(self.clock.now(), self.pid(at)));
        self.tell(at, "is killed");
        self.told.kills += 1;
        self.later(Duration::from_secs(seconds), Happening::Start(at));
    }

    fn jump(&mut self, at: usize) {
        let minutes = self.chance.below(2 * 24 * 60).cast_signed() - 24 * 60;
        if let Some(instance) = self.instances.get(at) {
            instance.clock.jump(SignedDuration::from_mins(minutes));
        }
        // The store tells the time of a host as well, which may be put right by a little. Forward, it would let nobody
        // wait as long as was promised (I-26); by a day back, nothing would end before the seed does.
        let back = SignedDuration::from_mins(minutes.abs() % 60);
        self.store_clock.jump(-back);
        self.put_back += back;
        self.ledger.jumped(self.clock.now());
        self.tell(at, "sees its clock jump");
        self.count(EngineFault::Jumped);
    }

    /// Everything whose time has come.
    fn happen(&mut self) {
        let now = self.clock.now();
        while let Some(entry) = self.queue.first_entry() {
            if entry.key().0 > now {
                return;
            }
            match entry.remove() {
                Happening::Act => self.act(),
                Happening::Start(at) => self.start(at),
                Happening::Mend(at) => self.cut(at, false),
                Happening::Approve(plan, halts) => {
                    let ceiling = self.ceiling();
                    self.approve(&plan, &halts, ceiling);
                }
                Happening::Deliver(letter) => self.deliver(letter),
                Happening::Mishap => self.mishap(),
                Happening::Busy => self.busy(),
            }
            self.post();
        }
    }

    fn start(&mut self, at: usize) {
        if at == self.clerk() {
            return self.run_errand();
        }
        let every = Duration::from_secs(self.options.every_min * 60);
        let Options { deltas, deltas_only, .. } = self.options;
        let hours = Hours { every, deltas, warrant: self.warrant(), deltas_only };
        if let Some(engine) = self.engine(at) {
            self.tasks.spawn(at, process(engine, at, hours, Arc::clone(&self.reports)));
            self.tell(at, "starts");
        }
    }

    /// Events of everything that changed go on their way.
    pub(super) fn post(&mut self) {
        let mut letters = Vec::new();
        for place in self.written() {
            let changed = std::mem::take(&mut lock(&place.table).changed);
            letters.extend(changed.into_iter().map(|record| (place.name.clone(), record)));
        }
        for (system, record) in letters {
            let letter = self.inbox.letter(system, record);
            for wait in deliveries(&self.chance, self.options.bad_post) {
                self.later(wait, Happening::Deliver(letter.clone()));
            }
        }
    }

    /// An event arrives; who was not told that it is durable brings it again.
    fn deliver(&mut self, letter: Letter) {
        if !self.options.scene.is_mutual() {
            return;
        }
        let listener = match self.inbox.listener.take() {
            Some(listener) => listener,
            None => self.listener(),
        };
        let taken = drive(listener.receive(vec![letter.event(self.clock.now())]), || true);
        self.inbox.listener = Some(listener);
        if matches!(taken, Some(Ok(()))) {
            self.ledger.acknowledged(letter.event(self.clock.now()).id);
        } else {
            self.later(Duration::from_mins(1), Happening::Deliver(letter));
        }
    }

    /// Takes in how runs ended.
    pub(super) fn hear(&mut self) {
        let reports = std::mem::take(&mut *lock(&self.reports));
        for (at, ended) in reports {
            self.ended(at, &ended);
            let Ok(account) = ended else { continue };
            let open: Vec<Halt> =
                account.halts.iter().filter(|halt| halt.approved.is_none()).cloned().collect();
            let minded = open.is_empty() || self.is_in_trouble();
            if let (false, Some(plan), true) = (minded, account.plan, self.chance.permille(500)) {
                let wait = Duration::from_secs(self.chance.below(7_200));
                self.later(wait, Happening::Approve(plan, open));
            }
        }
    }

    pub(super) fn ended(&mut self, at: usize, ended: &Result<Account, StoreError>) {
        // A look at what changed says nothing of the whole.
        self.told.runs += usize::from(!matches!(ended, Ok(account) if account.command == "delta"));
        self.ledger.witness(|witness| witness.ended(self.pid(at), ended));
        let who = format!("engine-{at}");
        let now = self.clock.now();
        match ended {
            Ok(account) => {
                self.told.whole += usize::from(account.is_whole_cycle());
                self.trace.tell(now, &who, None, "ends a run", || {
                    format!("{:?} {:?} {:?}", account.outcome, account.changes, account.error)
                });
            }
            Err(error) => {
                self.trace.tell(now, &who, None, "ends a run without memory", || error.to_string());
                if matches!(error, StoreError::Broken(_) | StoreError::Open(_) | StoreError::Shared(_)) {
                    self.told.broken.push(format!("O14: our own memory broke: {error}"));
                }
            }
        }
    }

    /// How much the next person who is asked lets pass.
    pub(super) fn ceiling(&self) -> Ceiling {
        let share = self.options.low_ceilings;
        if share > 0 && self.chance.permille(share) { Ceiling::OneLess } else { Ceiling::AsMany }
    }

    /// A person lets halts pass, for one plan.
    pub(super) fn approve(&mut self, plan: &str, halts: &[Halt], ceiling: Ceiling) {
        let approve = |halt: &Halt| {
            Note::Approve(Approval {
                plan: plan.to_owned(),
                halt: halt.rule.name().to_owned(),
                system: halt.system.clone(),
                about: halt.about.clone(),
                max: ceiling.of(halt.count),
                reason: "they may go".to_owned(),
                by: "Ada".to_owned(),
                at: self.clock.now(),
            })
        };
        let notes: Vec<Note> = halts.iter().map(approve).collect();
        self.ledger.enter(self.clock.now(), None, &notes);
        let (store, pipeline) = (Arc::clone(&self.store), self.pipeline());
        if let Some(Err(error)) = drive(store.commit(&pipeline, None, notes), || true) {
            self.told.broken.push(format!("O14: an approval cannot be kept: {error}"));
        }
    }
}
