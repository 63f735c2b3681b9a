//! One simulated world with everything in it.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};
use trueup_connectors::hubspot::Hubspot;
use trueup_core::{
    card::{BatchSizes, Card, Rate, Verbs},
    journal::Entry,
    memory::Memory,
    name::PipelineName,
    setup::Setup,
};
use trueup_engine::{Account, Engine, Systems, Truth};
use trueup_ports::{Store, StoreError, Target, World};
use trueup_store::{Host, MemoryStore, SqliteStore};

use super::{
    Told,
    cast::Cast,
    chaos::Happening,
    fault::EngineFault,
    place::{Place, places},
    post::Inbox,
};
use crate::{
    audit::{Sequence, SystemLog},
    chance::Chance,
    executor::{Clock, HostClock, Tasks},
    hubspot::{self, Hands, Link, Server},
    marks::landings,
    people::{ByHand, Office, Peers, Tokens},
    scene::{
        CRM, peers,
        terms::{Invented, Terms},
    },
    store::{Ledger, Line, Start},
    swarm::Options,
    table::{FaultName, KeyedSystem, Parts, TableSystem, card},
    trace::Trace,
    world::{Living, SimWorld},
};

/// An instance, through all its lives.
pub(super) struct Instance {
    host: String,
    pub(super) clock: HostClock,
    pub(super) cut: Arc<AtomicBool>,
    pub(super) pid: u32,
}

/// How a run of an instance ended.
pub(super) type Report = (usize, Result<Account, StoreError>);

/// One simulated world with everything in it.
pub(super) struct Stage {
    pub(super) options: Options,
    pub(super) chance: Chance,
    pub(super) clock: Clock,
    pub(super) trace: Trace,
    pub(super) setup: Arc<Setup>,
    pub(super) terms: Arc<Terms>,
    pub(super) truth: Place,
    pub(super) mirrors: Vec<Place>,
    pub(super) store: Arc<dyn Store>,
    /// The clock by which the store tells the time.
    pub(super) store_clock: HostClock,
    /// What the store held when the oracles looked last.
    pub(super) known: RefCell<Option<Known>>,
    pub(super) ledger: Ledger,
    pub(super) instances: Vec<Instance>,
    pub(super) tasks: Tasks<()>,
    pub(super) reports: Arc<Mutex<Vec<Report>>>,
    pub(super) queue: BTreeMap<(Timestamp, u64), Happening>,
    pub(super) inbox: Inbox,
    pub(super) told: Told,
    /// When chaos is to end.
    pub(super) ends: Timestamp,
    /// When chaos ended.
    pub(super) calm: Timestamp,
    /// From when to when nothing that is read can be believed.
    pub(super) trouble: Option<(Timestamp, Timestamp)>,
    /// By how much the store's clock was put back in all.
    pub(super) put_back: SignedDuration,
    /// How many writes were under way when this was asked last.
    pub(super) late: usize,
    living: Living,
    tokens: Tokens,
    queued: u64,
    born: u32,
}

/// What the store holds after so many commits.
pub(super) struct Known {
    pub(super) commits: u64,
    pub(super) memory: Memory,
    pub(super) journal: Vec<Entry>,
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Instance {
    /// Another process on the same host.
    fn beside(&self) -> Self {
        Self { host: self.host.clone(), clock: self.clock.clone(), cut: Arc::default(), pid: 0 }
    }
}

/// The instances of a seed, and whoever runs errands beside the first.
fn instances(options: &Options, clock: impl Fn() -> HostClock) -> Vec<Instance> {
    let instance = |at: usize| Instance {
        host: format!("host-{}", if options.one_host { 0 } else { at }),
        clock: clock(),
        cut: Arc::default(),
        pid: 0,
    };
    let mut instances: Vec<Instance> = (0..options.instances).map(instance).collect();
    if let (true, Some(first)) = (options.one_host, instances.first().map(|one| one.clock.clone())) {
        for one in &mut instances {
            one.clock = first.clone();
        }
    }
    instances.extend(instances.first().filter(|_| options.errands).map(Instance::beside));
    instances
}

impl Stage {
    pub(super) fn new(options: &Options, cast: Cast, trace: Trace) -> Self {
        let (chance, clock) = (Chance::new(options.seed), Clock::shared());
        let skewed = || HostClock::new(clock.clone(), options.skew(&chance));
        let Cast { setup, terms } = cast;
        let sequence = Sequence::default();
        let mirrors = places(options, &setup, &terms, skewed);
        let instances = instances(options, skewed);
        let store_clock = skewed();
        let store = store(options, &chance, store_clock.clone());
        let right = || HostClock::new(clock.clone(), SignedDuration::ZERO);
        let its = if options.scene.is_mutual() { skewed() } else { right() };
        let truth = Place::new(setup.canonical().system.clone(), &options.truth, its);
        let mut stage = Self {
            setup,
            terms,
            truth,
            mirrors,
            store,
            store_clock,
            known: RefCell::default(),
            ledger: Ledger::new(sequence.clone()),
            tasks: Tasks::new(options.instances + usize::from(options.errands)),
            instances,
            reports: Arc::default(),
            queue: BTreeMap::new(),
            inbox: Inbox::default(),
            told: Told::default(),
            ends: clock.now() + SignedDuration::from_hours(options.hours.cast_signed()),
            calm: Timestamp::MAX,
            trouble: None,
            put_back: SignedDuration::ZERO,
            late: 0,
            living: Living::default(),
            tokens: Tokens::default(),
            queued: 0,
            born: 0,
            options: options.clone(),
            chance,
            clock,
            trace,
        };
        for place in stage.places() {
            lock(&place.table).log = SystemLog::new(place.name.as_str(), sequence.clone());
        }
        let records = stage.options.records;
        if stage.options.scene.is_mutual() {
            stage.peers(|peers| peers.fill(records));
        } else {
            stage.office(|office| office.fill(records));
        }
        for place in stage.places() {
            let mut table = lock(&place.table);
            table.changed.clear();
            table.cursors_kept = place.options.cursors_kept;
        }
        stage
    }

    /// Every system, the source of truth first.
    pub(super) fn places(&self) -> impl Iterator<Item = &Place> {
        [&self.truth].into_iter().chain(&self.mirrors)
    }

    /// Every system that the engine writes.
    pub(super) fn written(&self) -> impl Iterator<Item = &Place> {
        self.places().skip(usize::from(!self.options.scene.is_mutual()))
    }

    /// What it came to, and what the auditor is given where somebody reads the story.
    pub(super) fn play(mut self) -> (Told, Vec<trueup_audit::line::Line>) {
        let began = self.clock.now();
        self.chaos();
        self.calm();
        self.told.virtual_s = self.clock.now().duration_since(began).as_secs();
        self.told.hash = self.trace.hash();
        let mut told = std::mem::take(&mut self.told);
        let witness = self.ledger.opened().witness.clone();
        told.marks.clone_from(witness.marks());
        told.events = self.ledger.opened().events.len();
        for place in self.written() {
            let table = lock(&place.table);
            told.marks.extend(landings(&table, &witness));
            // Most of what goes wrong with a portal the sandbox counts itself.
            let counted = |(_, count): &(FaultName, u64)| place.portal.is_none() || *count > 0;
            for (name, count) in table.tally.counts().filter(counted) {
                *told.faults.entry(name.of(place.family())).or_default() += count;
            }
            told.requests += table.arrivals.len();
        }
        for portal in self.mirrors.iter().filter_map(|place| place.portal.as_deref()) {
            for entry in lock(portal).requests() {
                // Searches have a budget of their own, and are not among the arrivals.
                told.requests += usize::from(entry.path.ends_with("/search"));
                if let Some(name) = &entry.fault {
                    *told.faults.entry(name.clone()).or_default() += 1;
                }
            }
        }
        let evidence = if self.trace.is_told() { self.audited() } else { Vec::new() };
        (told, evidence)
    }

    /// Somebody does something.
    pub(super) fn act(&mut self) {
        if self.options.scene.is_mutual() {
            self.peers(|peers| {
                peers.act();
            });
        } else {
            self.office(|office| {
                office.act();
            });
        }
    }

    /// Somebody does something in any system.
    fn peers(&mut self, does: impl FnOnce(&mut Peers<'_>)) {
        let now = self.clock.now();
        let places = [&self.truth].into_iter().chain(&self.mirrors);
        let mut tables: Vec<_> = places.map(|place| (place.name.as_str(), lock(&place.table))).collect();
        for (_, table) in &mut tables {
            table.land(now);
        }
        does(&mut Peers {
            tables: tables.iter_mut().map(|(name, table)| (*name, &mut **table)).collect(),
            all_stay: self.options.deltas_only,
            chance: &self.chance,
            tokens: &mut self.tokens,
            now,
            trace: &self.trace,
        });
    }

    /// Somebody does something in the book or one of its mirrors.
    fn office(&mut self, does: impl FnOnce(&mut Office<'_>)) {
        let now = self.clock.now();
        // What is due landed before they came.
        self.mirrors.iter().for_each(|place| place.land(now));
        let mut book = lock(&self.truth.table);
        let mut portals: Vec<_> =
            self.mirrors.iter().map(|place| place.portal.as_deref().map(lock)).collect();
        let mut tables: Vec<_> = self.mirrors.iter().map(|place| lock(&place.table)).collect();
        let hands = portals.iter_mut().zip(&mut tables).map(|(portal, table)| -> Box<dyn ByHand + '_> {
            let table = &mut **table;
            match portal {
                Some(server) => Box::new(Hands { server, table }),
                None => Box::new(table),
            }
        });
        does(&mut Office {
            book: &mut book,
            mirrors: self.mirrors.iter().map(|place| place.name.as_str()).zip(hands).collect(),
            terms: &self.terms,
            chance: &self.chance,
            tokens: &mut self.tokens,
            now,
            trace: &self.trace,
        });
    }

    /// Something will happen.
    pub(super) fn later(&mut self, wait: Duration, what: Happening) {
        let wait = jiff::SignedDuration::try_from(wait).unwrap_or_default();
        let at = self.clock.now().checked_add(wait).unwrap_or(Timestamp::MAX);
        self.queued += 1;
        self.queue.insert((at, self.queued), what);
    }

    pub(super) fn count(&mut self, what: EngineFault) {
        *self.told.faults.entry(what.name().to_owned()).or_default() += 1;
    }

    pub(super) fn pipeline(&self) -> PipelineName {
        self.setup.pipeline().clone()
    }

    /// Starts an instance anew, as after a crash: only systems and store are as they were.
    pub(super) fn engine(&mut self, at: usize) -> Option<Engine> {
        self.born += 1;
        self.ledger.started(Start { at: self.clock.now(), place: at });
        let born = self.born;
        let instance = self.instances.get_mut(at)?;
        self.living.died(instance.pid);
        instance.pid = born;
        let (host, who) = (instance.clock.clone(), format!("engine-{at}"));
        let world = SimWorld::new(host.clone(), self.chance.fork(), &instance.host, born, &self.living);
        let cut = Arc::clone(&instance.cut);
        Some(self.made(world, cut, &host, &who))
    }

    /// What takes in events, beside all instances and like them cut off from the store at times.
    pub(super) fn listener(&self) -> Engine {
        let host = HostClock::new(self.clock.clone(), SignedDuration::ZERO);
        let world = SimWorld::new(host.clone(), self.chance.fork(), "listener", 0, &self.living);
        let cut = self.instances.first().map(|instance| Arc::clone(&instance.cut)).unwrap_or_default();
        self.made(world, cut, &host, "listener")
    }

    fn made(&self, world: SimWorld, cut: Arc<AtomicBool>, host: &HostClock, who: &str) -> Engine {
        let line = Line {
            store: Arc::clone(&self.store),
            cut,
            unanswered: if self.calm == Timestamp::MAX { self.options.unanswered } else { 0 },
            chance: self.chance.fork(),
            ledger: self.ledger.clone(),
            clock: self.clock.clone(),
            who: who.to_owned(),
            trace: self.trace.clone(),
        };
        let who = (who, world.holder().pid);
        let world: Arc<dyn World> = Arc::new(world.heard(self.trace.clone(), self.ledger.clone()));
        let target = |place: &Place| -> Arc<dyn Target> {
            match &place.portal {
                Some(server) => Arc::new(self.connector(place, Arc::clone(server), who, &world)),
                None => Arc::new(TableSystem::new(self.parts(place, host, who))),
            }
        };
        let mirrors = self.mirrors.iter().map(|place| (place.name.clone(), target(place)));
        let mirrors = mirrors.collect();
        let canonical = if self.options.scene.is_mutual() {
            Truth::Written(target(&self.truth))
        } else {
            Truth::Read(Arc::new(self.read_only(host, who)))
        };
        Engine {
            world,
            store: Arc::new(line),
            setup: Arc::clone(&self.setup),
            systems: Systems { canonical, mirrors },
        }
    }

    #[expect(clippy::expect_used, reason = "a connector that cannot be wired is a defect of this crate")]
    fn connector(
        &self,
        place: &Place,
        server: Arc<Mutex<Server>>,
        (who, process): (&str, u32),
        world: &Arc<dyn World>,
    ) -> Hubspot {
        let link = Link {
            system: place.name.clone(),
            server,
            table: Arc::clone(&place.table),
            faults: Arc::clone(&place.faults),
            clock: self.clock.clone(),
            chance: self.chance.fork(),
            ledger: self.ledger.clone(),
            asker: who.to_owned(),
            process,
            trace: self.trace.clone(),
        };
        let side = self.setup.mirror(&place.name).expect("every place is a mirror of the setup");
        hubspot::connect(link, &place.options, side, Arc::clone(world)).expect("it can be wired")
    }

    /// The process that an instance is, or was last.
    pub(super) fn pid(&self, at: usize) -> u32 {
        self.instances.get(at).map_or(0, |instance| instance.pid)
    }

    pub(super) fn dies(&self, at: usize) {
        if let Some(instance) = self.instances.get(at) {
            self.living.died(instance.pid);
        }
    }

    fn parts(&self, place: &Place, host: &HostClock, (who, process): (&str, u32)) -> Parts {
        let own = &place.options;
        let flight = Duration::from_millis(own.max_in_flight_ms);
        let usual = card(&place.name, own.unique, flight, Duration::from_millis(own.lag_ms));
        let size = own.batch;
        let batch =
            BatchSizes { read: size, read_history: size.min(50), create: size, update: size, archive: size };
        let rate = u32::try_from(own.rate).unwrap_or(u32::MAX);
        let rates = vec![Rate { bucket: "burst".into(), requests: rate, window: Duration::from_secs(10) }];
        let (columns, firm): (&[&str], &[&str]) = if self.options.scene.is_mutual() {
            // An element of a set that is kept in other words is another element.
            (&peers::COLUMNS, &[peers::EXT, peers::TAGS, peers::NOTES])
        } else {
            (&CRM, &["owner", "ext"])
        };
        Parts {
            card: Card {
                batch,
                verbs: Verbs { archive: own.archives, ..usual.verbs },
                history: own.history,
                compare_and_set: own.conditional,
                rates,
                ..usual
            },
            columns: columns.iter().map(|column| (*column).to_owned()).collect(),
            unique: own.unique.then(|| "ext".to_owned()),
            firm: firm.iter().map(|column| (*column).to_owned()).collect(),
            shows: own.shows,
            page: own.page,
            resolution_ms: own.resolution_ms,
            table: Arc::clone(&place.table),
            clock: place.clock.clone(),
            host: host.clone(),
            chance: self.chance.fork(),
            faults: Arc::clone(&place.faults),
            asker: who.to_owned(),
            process,
            trace: self.trace.clone(),
        }
    }

    fn book(&self, host: &HostClock, (who, process): (&str, u32)) -> Parts {
        Parts {
            card: card(&self.truth.name, false, Duration::ZERO, Duration::ZERO),
            columns: self.book_columns(),
            unique: None,
            firm: BTreeSet::new(),
            shows: false,
            page: 100,
            resolution_ms: 1,
            table: Arc::clone(&self.truth.table),
            clock: self.truth.clock.clone(),
            host: host.clone(),
            chance: self.chance.fork(),
            faults: Arc::default(),
            asker: who.to_owned(),
            process,
            trace: self.trace.clone(),
        }
    }

    fn read_only(&self, host: &HostClock, who: (&str, u32)) -> KeyedSystem {
        let numbers = self.terms.book.iter().filter(|(_, kind)| *kind == Invented::Number);
        let numbers = numbers.map(|(column, _)| column.clone()).collect();
        KeyedSystem::new(TableSystem::new(self.book(host, who))).with_numbers(numbers)
    }

    /// The columns of the book, the one that names its leads first.
    fn book_columns(&self) -> Vec<String> {
        let read = self.setup.canonical().columns.iter().filter(|column| **column != self.terms.key);
        [&self.terms.key].into_iter().chain(read).cloned().collect()
    }

    /// Whether an instance reaches the store.
    pub(super) fn cut(&self, at: usize, off: bool) {
        if let Some(instance) = self.instances.get(at) {
            instance.cut.store(off, Ordering::Relaxed);
        }
    }
}

#[expect(clippy::expect_used, reason = "a store that cannot be opened is a defect of this crate")]
fn store(options: &Options, chance: &Chance, clock: HostClock) -> Arc<dyn Store> {
    let random = chance.fork();
    let host = Host::new(move || random.next()).with_clock(move || clock.now());
    if options.sqlite {
        Arc::new(SqliteStore::open_in_memory(host).expect("a database in memory can be opened"))
    } else {
        Arc::new(MemoryStore::new(host))
    }
}
