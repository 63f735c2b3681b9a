//! One seed: chaos, then calm, then the census.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use jiff::SignedDuration;
use trueup_core::name::{PipelineName, SystemName};
use trueup_engine::{Account, Engine, Systems, Truth, facts::Warrant};
use trueup_ports::{JournalAsk, Store, Target, World};
use trueup_store::{Host, MemoryStore, SqliteStore};

use crate::{
    census::{Evidence, census},
    chance::Chance,
    executor::{Clock, drive},
    people::{self, Tokens},
    scene::{self, BOOK, CRM, Variant},
    table::{Faults, Parts, Table, TableSystem},
    world::SimWorld,
};

/// What one seed came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// What must not be, in words.
    pub broken: Vec<String>,
    /// How often the engine was killed.
    pub kills: usize,
    /// How many runs ended.
    pub runs: usize,
    /// How many requests were made.
    pub requests: usize,
}

/// One simulated world with everything in it.
struct Stage {
    chance: Chance,
    clock: Clock,
    variant: Variant,
    book: Arc<Mutex<Table>>,
    crm: Arc<Mutex<Table>>,
    faults: Arc<Mutex<Faults>>,
    tokens: Tokens,
    store: Arc<dyn Store>,
    life: u32,
    told: Told,
}

/// Plays one seed.
///
/// # Panics
/// When the engine's own memory breaks, which no seed may bring about.
#[must_use]
pub fn run(seed: u64) -> Told {
    let mut stage = Stage::new(seed);
    for _ in 0..stage.chance.below(6) + 4 {
        stage.chaos();
    }
    stage.calm();
    stage.told
}

impl Stage {
    #[expect(clippy::expect_used, reason = "a store that cannot be opened is a defect of this crate")]
    fn new(seed: u64) -> Self {
        let chance = Chance::new(seed);
        let clock = Clock::new();
        let variant = Variant {
            unique: chance.permille(700),
            max_in_flight_ms: 2_000 + chance.below(60_000),
            lag_ms: chance.below(60_000),
        };
        let (random, time) = (chance.fork(), clock.clone());
        let host = Host::new(move || random.next()).with_clock(move || time.now());
        let share = |most: u64| chance.below(most);
        let faults = Faults {
            read_busy: share(20),
            lost_before: share(60),
            lost_after: share(60),
            late: share(80),
            refused: share(20),
            slow: share(20),
            write_busy: share(40),
            batch_refused: share(40),
        };
        // Every fourth seed is played on the store that the product has.
        let store: Arc<dyn Store> = match seed % 4 {
            3 => Arc::new(SqliteStore::open_in_memory(host).expect("a database in memory can be opened")),
            _ => Arc::new(MemoryStore::new(host)),
        };
        let mut stage = Self {
            variant,
            book: Arc::default(),
            crm: Arc::default(),
            faults: Arc::new(Mutex::new(faults)),
            tokens: Tokens::default(),
            store,
            life: 0,
            told: Told::default(),
            chance,
            clock,
        };
        stage.people(people::seed);
        stage
    }

    fn people(&mut self, does: impl FnOnce(&mut Table, &mut Table, &Chance, &mut Tokens, jiff::Timestamp)) {
        let mut book = self.book.lock().unwrap_or_else(PoisonError::into_inner);
        let mut crm = self.crm.lock().unwrap_or_else(PoisonError::into_inner);
        does(&mut book, &mut crm, &self.chance, &mut self.tokens, self.clock.now());
    }

    fn system(&self, name: &str, columns: &[&str], table: &Arc<Mutex<Table>>, lag: u64) -> TableSystem {
        TableSystem::new(Parts {
            system: SystemName::new(name),
            columns: columns.iter().map(|c| (*c).to_owned()).collect(),
            unique: (name == "crm" && self.variant.unique).then(|| "ext".to_owned()),
            table: table.clone(),
            clock: self.clock.clone(),
            chance: self.chance.fork(),
            faults: self.faults.clone(),
            max_in_flight: Duration::from_millis(self.variant.max_in_flight_ms),
            lag: Duration::from_millis(lag),
        })
    }

    /// Starts the engine anew, as after a crash: only systems and store are as they were.
    #[expect(clippy::expect_used, reason = "a scene that cannot be built is a defect of this crate")]
    fn engine(&mut self) -> Engine {
        self.life += 1;
        let world: Arc<dyn World> =
            Arc::new(SimWorld::new(self.clock.clone(), self.chance.fork(), self.life));
        let book = crate::table::KeyedSystem::new(self.system("book", &BOOK, &self.book, 0));
        let crm: Arc<dyn Target> = Arc::new(self.system("crm", &CRM, &self.crm, self.variant.lag_ms));
        Engine {
            world,
            store: Arc::clone(&self.store),
            setup: scene::setup(self.variant).expect("the scene is valid"),
            systems: Systems {
                canonical: Truth::Read(Arc::new(book)),
                mirrors: BTreeMap::from([(SystemName::new("crm"), crm)]),
            },
        }
    }

    /// People act, the engine runs, and may be killed at any step.
    fn chaos(&mut self) {
        self.clock.advance(SignedDuration::from_secs(self.chance.below(900).cast_signed()));
        let engine = self.engine();
        let kill_at = if self.chance.permille(500) { self.chance.below(80) } else { u64::MAX };
        let mut steps = 0;
        let ended = drive(engine.run(Warrant { first: true, reviewed: false }), || {
            steps += 1;
            if self.chance.permille(250) {
                self.people(people::act);
            }
            steps < kill_at
        });
        match ended {
            Some(account) => self.ended(account),
            None => self.told.kills += 1,
        }
        for _ in 0..self.chance.below(6) {
            self.people(people::act);
        }
    }

    fn ended(&mut self, account: Result<Account, trueup_ports::StoreError>) {
        self.told.runs += 1;
        match account {
            Ok(account) => self.told.requests += account.requests.read + account.requests.write,
            Err(error) => self.told.broken.push(format!("I-31: our own memory broke: {error}")),
        }
    }

    /// Faults stop, what is under way lands, lags pass; then three runs, the last of which must rest.
    fn calm(&mut self) {
        *self.faults.lock().unwrap_or_else(PoisonError::into_inner) = Faults::default();
        let mut echo = 0;
        for _ in 0..4 {
            self.clock.advance(SignedDuration::from_mins(10));
            self.crm.lock().unwrap_or_else(PoisonError::into_inner).land(self.clock.now());
            let engine = self.engine();
            let account = drive(engine.run(Warrant { first: true, reviewed: false }), || true);
            if let Some(Ok(account)) = &account {
                echo = account.requests.write;
            }
            if let Some(account) = account {
                self.ended(account);
            }
        }
        self.judge(echo);
    }

    fn judge(&mut self, echo: usize) {
        let pipeline = PipelineName::new("sim");
        let read = async {
            (self.store.memory(&pipeline).await, self.store.journal(&pipeline, JournalAsk::default()).await)
        };
        let Some((Ok(memory), Ok(journal))) = drive(read, || true) else {
            return self.told.broken.push("I-31: memory cannot be read".into());
        };
        let book = self.book.lock().unwrap_or_else(PoisonError::into_inner);
        let crm = self.crm.lock().unwrap_or_else(PoisonError::into_inner);
        self.told.broken.extend(census(&Evidence {
            book: &book,
            crm: &crm,
            journal: &journal,
            memory: &memory,
            echo,
        }));
    }
}
