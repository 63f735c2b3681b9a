//! An app, a CRM and processes between them.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    time::Duration,
};

use jiff::SignedDuration;
use trueup_core::{
    create::{Answer, Create},
    link::{How, Link, LinkState},
    memory::{Memory, Note},
    merge::Flow,
    name::{CreateKey, EntityKey, ExtId, FieldId, RemoteId, SystemName},
    record::Record,
    setup::{Action, Binding, Caps, Class, Draft, Field, Lens, MirrorSide, Setup, Side, Timing, Trigger},
    value::{Cell, Kind},
};
use trueup_engine::{
    Account, Coordinator, Engine, Systems, Truth,
    create::{Request, Unanswered},
    facts::Warrant,
};
use trueup_ports::{Store, Target};
use trueup_sim::{
    chance::Chance,
    executor::{Clock, HostClock, Place, drive, drive_and_ask},
    table::{Faults, KeyedSystem, Parts, Table, TableSystem, card},
    trace::Trace,
    world::{Living, SimWorld},
};
use trueup_store::{Host, MemoryStore};

use super::{
    crm::Crm,
    desk::{AppDesk, Hidden},
    script::{Reply, Script, Second},
    shaky::Shaky,
};

pub(crate) const APP: [&str; 3] = ["key", "name", "city"];
const CRM: [&str; 3] = ["name", "city", "ext"];

fn setup() -> Arc<Setup> {
    let binding = |field: u16, column: usize| Binding {
        field: FieldId(field),
        column,
        lens: Lens::Whole,
        flow: Flow::Out,
        create_only: false,
    };
    let side = |system: &str, columns: &[&str], first: usize| Side {
        system: system.into(),
        columns: columns.iter().map(|name| (*name).to_owned()).collect(),
        bindings: vec![binding(0, first), binding(1, first + 1)],
    };
    let class = |id: &str, trigger, action| Class { id: id.into(), trigger, action, title: String::new() };
    let draft = Draft {
        pipeline: "customers".into(),
        entity: "customer".into(),
        fields: vec![Field { label: true, ..Field::new("name", Kind::Text) }, Field::new("city", Kind::Text)],
        canonical: side("app", &APP, 1),
        canonical_writes: false,
        canonical_ext_id: None,
        mirrors: vec![MirrorSide {
            side: side("crm", &CRM, 0),
            scope: None,
            token: None,
            ext_id_column: Some("ext".into()),
            feeds: false,
        }],
        classes: vec![
            class("other", Trigger::Other, Action::Fix),
            class("missing", Trigger::Missing, Action::Fix),
            class("gone", Trigger::Gone, Action::Flag),
        ],
        caps: Caps { source_loss_percent: 100.0, ..Caps::default() },
        timing: Timing::default(),
        config_hash: "customers".into(),
    };
    Arc::new(draft.build().unwrap())
}

/// Everything a case needs.
pub(crate) struct Office {
    pub(crate) crm: Arc<Mutex<Table>>,
    pub(crate) clock: Clock,
    pub(crate) script: Arc<Script>,
    /// The awaits at which processes died.
    pub(crate) struck: Mutex<BTreeSet<Place>>,
    app: Arc<Mutex<Table>>,
    hidden: Arc<Mutex<Hidden>>,
    store: MemoryStore,
    setup: Arc<Setup>,
    chance: Chance,
    living: Living,
    life: u32,
    /// By how much the clock of the next process's host is wrong.
    pub(crate) skew: SignedDuration,
    pub(crate) store_clock: HostClock,
    /// Whether the CRM lets anybody put a record away.
    pub(crate) archives: bool,
}

/// The request of every case.
pub(crate) fn request() -> Request {
    asked("order 7", "C1", "Granby")
}

pub(crate) fn asked(key: &str, entity: &str, city: &str) -> Request {
    let cells = [entity, "Ada Example", city].map(Cell::text).to_vec();
    Request { key: key.into(), system: "crm".into(), record: Record::new(RemoteId::new(entity), cells) }
}

impl Office {
    /// An office in which a first cycle was run, with nothing to do.
    pub(crate) fn new() -> Self {
        Self::seeded(11)
    }

    pub(crate) fn seeded(seed: u64) -> Self {
        let (chance, clock) = (Chance::new(seed), Clock::new());
        let store_clock = HostClock::new(clock.clone(), SignedDuration::ZERO);
        let (random, time) = (chance.fork(), store_clock.clone());
        let host = Host::new(move || random.next()).with_clock(move || time.now());
        let script = Script {
            chaos: AtomicBool::new(false),
            harm: Mutex::new(None),
            reply: Mutex::new(Reply::Created),
            second: Mutex::new(Second::Ok),
            fuse: AtomicU32::new(0),
            dead: AtomicBool::new(false),
        };
        let mut office = Self {
            crm: Arc::default(),
            app: Arc::default(),
            hidden: Arc::default(),
            store: MemoryStore::new(host),
            setup: setup(),
            script: Arc::new(script),
            struck: Mutex::default(),
            clock,
            chance,
            living: Living::default(),
            life: 0,
            skew: SignedDuration::ZERO,
            store_clock,
            archives: true,
        };
        office.run().unwrap();
        office
    }

    fn right(&self) -> HostClock {
        HostClock::new(self.clock.clone(), SignedDuration::ZERO)
    }

    /// A process of its own.
    pub(crate) fn coordinator(&mut self) -> Coordinator {
        self.life += 1;
        let system =
            |name: &str, columns: &[&str], table: &Arc<Mutex<Table>>, faults: &Arc<Mutex<Faults>>| {
                let mut card =
                    card(&SystemName::new(name), name == "crm", Duration::from_secs(100), Duration::ZERO);
                card.verbs.archive &= self.archives;
                TableSystem::new(Parts {
                    card,
                    columns: columns.iter().map(|column| (*column).to_owned()).collect(),
                    unique: (name == "crm").then(|| "ext".to_owned()),
                    firm: ["ext".to_owned()].into(),
                    shows: false,
                    page: 7,
                    resolution_ms: 1,
                    table: table.clone(),
                    clock: self.right(),
                    host: self.right(),
                    chance: self.chance.fork(),
                    faults: faults.clone(),
                    asker: "engine".to_owned(),
                    process: 1,
                    trace: Trace::default(),
                })
            };
        let faults: Arc<Mutex<Faults>> = Arc::default();
        let crm: Arc<dyn Target> = Arc::new(Crm {
            table: system("crm", &CRM, &self.crm, &faults),
            rows: self.crm.clone(),
            faults,
            clock: self.clock.clone(),
            script: self.script.clone(),
        });
        let app = KeyedSystem::new(system("app", &APP, &self.app, &Arc::default()));
        let host = HostClock::new(self.clock.clone(), self.skew);
        let engine = Engine {
            world: Arc::new(SimWorld::new(host, self.chance.fork(), "sim", self.life, &self.living)),
            store: Arc::new(Shaky { store: self.store.clone(), script: self.script.clone() }),
            setup: self.setup.clone(),
            systems: Systems {
                canonical: Truth::Read(Arc::new(app)),
                mirrors: BTreeMap::from([(SystemName::new("crm"), crm)]),
            },
        };
        let desk = AppDesk {
            hidden: self.hidden.clone(),
            table: self.app.clone(),
            clock: self.clock.clone(),
            script: self.script.clone(),
        };
        Coordinator { engine, desk: Arc::new(desk) }
    }

    /// Plays a process to its end, or to its death.
    pub(crate) fn play<T>(&self, future: impl Future<Output = T>) -> Option<T> {
        self.play_beside(future, || {})
    }

    /// The same, while somebody else acts between its steps.
    pub(crate) fn play_beside<T>(
        &self,
        future: impl Future<Output = T>,
        mut acts: impl FnMut(),
    ) -> Option<T> {
        self.script.dead.store(false, Ordering::Relaxed);
        let played = drive_and_ask(future, || {
            acts();
            self.script.lives()
        });
        played.map_err(|places| self.struck.lock().unwrap().extend(places)).ok()
    }

    pub(crate) fn create(&mut self, request: &Request) -> Option<Result<Answer, Unanswered>> {
        let coordinator = self.coordinator();
        self.play(coordinator.create(request))
    }

    /// The janitor alone, after a time.
    pub(crate) fn sweep_after(&mut self, seconds: i64) {
        self.clock.advance(SignedDuration::from_secs(seconds));
        self.crm.lock().unwrap().land(self.clock.now());
        let coordinator = self.coordinator();
        self.play(coordinator.sweep());
    }

    pub(crate) fn run(&mut self) -> Option<Account> {
        let coordinator = self.coordinator();
        let warrant = Warrant { first: true, reviewed: false };
        self.play(coordinator.run(warrant)).map(Result::unwrap)
    }

    pub(crate) fn memory(&self) -> Memory {
        drive(self.store.memory(&"customers".into()), || true).unwrap().unwrap()
    }

    pub(crate) fn row(&self, key: &str) -> Option<Create> {
        self.memory().creates.remove(&CreateKey::new(key))
    }

    /// The ids of living records in the CRM.
    pub(crate) fn records(&self) -> Vec<String> {
        let crm = self.crm.lock().unwrap();
        crm.rows.iter().filter(|(_, row)| row.archived.is_none()).map(|(id, _)| id.clone()).collect()
    }

    /// A record that no read by id finds for some seconds, although it is there.
    pub(crate) fn hide(&self, id: &str, seconds: i64) {
        let until = self.clock.now().checked_add(SignedDuration::from_secs(seconds)).unwrap();
        self.crm.lock().unwrap().rows.get_mut(id).unwrap().hidden = Some(until);
    }

    /// The id that both records of the request carry; it is derived, so each office gives the same one.
    pub(crate) fn ext_id() -> ExtId {
        let mut other = Self::new();
        other.create(&request());
        other.row("order 7").unwrap().ext_id
    }

    /// The app makes the row of the request by itself.
    pub(crate) fn app_makes(&self) {
        let values = APP.into_iter().zip(["C1", "Ada Example", "Granby"]);
        let values = values.map(|(column, value)| (column.to_owned(), value.to_owned())).collect();
        self.app.lock().unwrap().make(values, "app", self.clock.now());
        self.hidden.lock().unwrap().active.insert(Self::ext_id(), RemoteId::new("another"));
    }

    /// The remote ids of ordinary rows of the app, and how many rows are pending.
    pub(crate) fn app_rows(&self) -> (Vec<RemoteId>, usize) {
        let hidden = self.hidden.lock().unwrap();
        (hidden.active.values().cloned().collect(), hidden.pending.len())
    }

    /// The record that an entity is linked to.
    pub(crate) fn linked(&self, entity: &str) -> Option<RemoteId> {
        let own = |link: &&Link| link.entity == EntityKey::new(entity) && link.state == LinkState::Active;
        self.memory().links.values().find(own).map(|link| link.remote.clone())
    }

    /// A cycle found the record to be an entity's.
    pub(crate) fn link(&self, entity: &str, remote: &str) {
        let link = Link::new(&"crm".into(), &entity.into(), &remote.into(), How::Email);
        let notes = vec![Note::Link(Box::new(link))];
        drive(self.store.commit(&"customers".into(), None, notes), || true).unwrap().unwrap();
    }

    /// Everything stops going wrong, and the janitor has time.
    pub(crate) fn calm(&mut self) {
        self.script.chaos.store(false, Ordering::Relaxed);
        self.script.fuse.store(0, Ordering::Relaxed);
        for seconds in [61, 61, 250, 250, 250] {
            self.sweep_after(seconds);
        }
    }

    pub(crate) fn verify(&self) {
        drive(self.store.verify(&"customers".into()), || true).unwrap().unwrap();
    }
}
