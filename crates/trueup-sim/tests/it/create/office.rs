//! An app with its database, a CRM, and a hand in everything that may go wrong between them.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use trueup_core::{
    card::Card,
    create::{Answer, Create},
    journal::Entry,
    memory::{Approval, Beat, Memory, Note},
    merge::Flow,
    name::{CreateKey, EntityKey, ExtId, FieldId, PipelineName, RemoteId, SystemName},
    plan::{Act, Plan, Requests},
    record::Record,
    setup::{Action, Binding, Caps, Class, Draft, Field, Lens, MirrorSide, Setup, Side, Timing, Trigger},
    value::{Cell, Kind},
};
use trueup_engine::{
    Account, Coordinator, Engine, Systems, Truth,
    create::{Request, Unanswered},
    facts::Warrant,
};
use trueup_ports::{
    Ask, Desk, Fault, Fence, Holder, Inspection, JournalAsk, Page, Pending, Permit, Refusal, Row, Settled,
    Source, Store, StoreError, Target, Tx,
};
use trueup_sim::{
    chance::Chance,
    executor::{Clock, drive, step},
    table::{Faults, KeyedSystem, Parts, Table, TableSystem},
    world::SimWorld,
};
use trueup_store::{Host, MemoryStore};

const APP: [&str; 3] = ["key", "name", "city"];
pub(crate) const CRM: [&str; 3] = ["name", "city", "ext"];

/// Where something goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Arrow {
    T1,
    R,
    D,
    T2,
    Janitor,
}

/// How it goes wrong there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Harm {
    /// The process dies right after the effect, before it hears of it.
    Kill,
    /// There is no effect, and nobody says so clearly.
    Fail,
    /// The effect comes late, or its answer does.
    Late,
}

/// What the mirror makes of the create.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reply {
    Created,
    Exists,
    Refused,
    LostBefore,
    LostAfter,
    Late,
}

/// What the app's database makes of T2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Second {
    Ok,
    Fail,
    Unknown,
}

/// What is made to go wrong, as long as it is chaos.
pub(crate) struct Script {
    pub(crate) chaos: AtomicBool,
    pub(crate) harm: Mutex<Option<(Arrow, Harm)>>,
    pub(crate) reply: Mutex<Reply>,
    pub(crate) second: Mutex<Second>,
    /// Polls until the process dies wherever it is; zero is never.
    pub(crate) fuse: AtomicU32,
    dead: AtomicBool,
}

impl Script {
    fn harm(&self, arrow: Arrow) -> Option<Harm> {
        let own = self.harm.lock().unwrap().filter(|(at, _)| *at == arrow);
        own.map(|(_, harm)| harm).filter(|_| self.chaos.load(Ordering::Relaxed))
    }

    fn strike(&self, arrow: Arrow) {
        if self.harm(arrow) == Some(Harm::Kill) {
            self.dead.store(true, Ordering::Relaxed);
        }
    }

    fn lives(&self) -> bool {
        let burns = self.fuse.load(Ordering::Relaxed);
        if burns == 1 {
            self.dead.store(true, Ordering::Relaxed);
        }
        self.fuse.store(burns.saturating_sub(1), Ordering::Relaxed);
        !self.dead.load(Ordering::Relaxed)
    }
}

/// The app's rows that are not ordinary yet, and transactions that commit late.
#[derive(Default)]
struct Hidden {
    pending: BTreeMap<ExtId, Pending>,
    active: BTreeMap<ExtId, RemoteId>,
    late: Vec<(Timestamp, Deed)>,
}

#[derive(Clone)]
enum Deed {
    Insert(Pending),
    Activate(ExtId, RemoteId),
    Discard(ExtId),
}

/// The app's database.
struct AppDesk {
    hidden: Arc<Mutex<Hidden>>,
    table: Arc<Mutex<Table>>,
    clock: Clock,
    script: Arc<Script>,
}

impl AppDesk {
    fn land(&self) {
        let due: Vec<Deed> = {
            let (now, mut hidden) = (self.clock.now(), self.hidden.lock().unwrap());
            let (due, rest) = std::mem::take(&mut hidden.late).into_iter().partition(|(at, _)| *at <= now);
            hidden.late = rest;
            Vec::into_iter(due).map(|(_, deed)| deed).collect()
        };
        for deed in due {
            self.commit(deed);
        }
    }

    fn commit(&self, deed: Deed) -> Tx {
        let mut hidden = self.hidden.lock().unwrap();
        let refused = |reason: &str| {
            Tx::NotApplied(vec![Refusal { column: Some("key".into()), reason: reason.into() }])
        };
        match deed {
            Deed::Insert(row) => {
                if hidden.pending.contains_key(&row.ext_id) || hidden.active.contains_key(&row.ext_id) {
                    return refused("a row with this id exists");
                }
                hidden.pending.insert(row.ext_id.clone(), row);
            }
            Deed::Activate(ext_id, remote) => match hidden.pending.remove(&ext_id) {
                Some(row) => {
                    let texts = row.record.cells.iter().map(|cell| cell.to_text().unwrap());
                    let values = APP.iter().map(|name| (*name).to_owned()).zip(texts).collect();
                    self.table.lock().unwrap().make(values, "app", self.clock.now());
                    hidden.active.insert(ext_id, remote);
                }
                None if hidden.active.get(&ext_id) == Some(&remote) => {}
                None => return refused("there is no such row"),
            },
            Deed::Discard(ext_id) => {
                if hidden.active.contains_key(&ext_id) {
                    return refused("it is an ordinary row");
                }
                hidden.pending.remove(&ext_id);
            }
        }
        Tx::Applied
    }

    async fn act(&self, arrow: Arrow, deed: Deed) -> Tx {
        step().await;
        self.land();
        let chaos = self.script.chaos.load(Ordering::Relaxed);
        let second = (arrow == Arrow::T2 && chaos).then(|| *self.script.second.lock().unwrap());
        let late = || {
            let due = self.clock.now().checked_add(SignedDuration::from_secs(30)).unwrap();
            self.hidden.lock().unwrap().late.push((due, deed.clone()));
            Tx::Unknown("the commit was not answered".into())
        };
        let tx = match (self.script.harm(arrow), second) {
            (Some(Harm::Fail), _) => Tx::Unknown("the connection was lost before the commit".into()),
            (Some(Harm::Late), _) => late(),
            (_, Some(Second::Fail)) => Tx::NotApplied(Vec::new()),
            (_, Some(Second::Unknown)) => {
                self.commit(deed);
                Tx::Unknown("the commit was not answered".into())
            }
            _ => self.commit(deed),
        };
        self.script.strike(arrow);
        step().await;
        tx
    }
}

#[async_trait]
impl Desk for AppDesk {
    async fn insert(&self, pending: &Pending) -> Tx {
        self.act(Arrow::T1, Deed::Insert(pending.clone())).await
    }

    async fn activate(&self, ext_id: &ExtId, remote: &RemoteId) -> Tx {
        self.act(Arrow::T2, Deed::Activate(ext_id.clone(), remote.clone())).await
    }

    async fn discard(&self, ext_id: &ExtId) -> Tx {
        self.act(Arrow::T2, Deed::Discard(ext_id.clone())).await
    }

    async fn find(&self, ext_id: &ExtId) -> Result<Option<Row>, Fault> {
        step().await;
        self.land();
        let hidden = self.hidden.lock().unwrap();
        let active = hidden.active.get(ext_id).map(|remote| Row::Active { remote: remote.clone() });
        Ok(active.or_else(|| hidden.pending.contains_key(ext_id).then_some(Row::Pending)))
    }
}

/// The CRM behind its script.
struct Crm {
    table: TableSystem,
    rows: Arc<Mutex<Table>>,
    faults: Arc<Mutex<Faults>>,
    clock: Clock,
    script: Arc<Script>,
}

impl Crm {
    fn faults_of(&self, create: bool) -> Faults {
        let none = Faults::default();
        match (create, *self.script.reply.lock().unwrap(), self.script.harm(Arrow::Janitor)) {
            (true, Reply::LostBefore, _) | (false, _, Some(Harm::Fail)) => {
                Faults { lost_before: 1000, ..none }
            }
            (true, Reply::LostAfter, _) => Faults { lost_after: 1000, ..none },
            (true, Reply::Late, _) | (false, _, Some(Harm::Late)) => Faults { late: 1000, ..none },
            _ => none,
        }
    }

    /// An earlier request of ours made the record, and nobody heard of it.
    fn made_before(&self, permit: &Permit) {
        let Act::Create { ext_id, .. } = permit.act() else { return };
        let mut values: BTreeMap<String, String> =
            permit.edits().iter().map(|edit| (edit.column.clone(), edit.after.to_text().unwrap())).collect();
        values.insert("ext".into(), ext_id.to_string());
        let mut rows = self.rows.lock().unwrap();
        if rows.rows.values().all(|row| row.values.get("ext") != values.get("ext")) {
            rows.make(values, "trueup", self.clock.now());
        }
    }
}

#[async_trait]
impl Source for Crm {
    fn card(&self) -> &Card {
        self.table.card()
    }

    async fn inspect(&self) -> Result<Inspection, Fault> {
        self.table.inspect().await
    }

    async fn read(&self, ask: Ask) -> Result<Page, Fault> {
        if self.script.harm(Arrow::R) == Some(Harm::Fail) {
            return Err(Fault::Busy { retry_after: None, what: "the CRM is busy".into() });
        }
        self.table.read(ask).await
    }

    fn requests(&self) -> Requests {
        self.table.requests()
    }
}

#[async_trait]
impl Target for Crm {
    async fn write(&self, permits: Vec<Permit>) -> Vec<Settled> {
        let create = permits.iter().any(|permit| matches!(permit.act(), Act::Create { .. }));
        let chaos = self.script.chaos.load(Ordering::Relaxed);
        *self.faults.lock().unwrap() = if chaos { self.faults_of(create) } else { Faults::default() };
        let reply = Some(*self.script.reply.lock().unwrap()).filter(|_| chaos && create);
        if reply == Some(Reply::Refused) {
            let reason = "it is no town".to_owned();
            let fault = Fault::Rejected(vec![Refusal { column: Some("city".into()), reason }]);
            return permits.into_iter().map(|permit| permit.failed(fault.clone(), "test")).collect();
        }
        if reply == Some(Reply::Exists) {
            permits.iter().for_each(|permit| self.made_before(permit));
        }
        let settled = self.table.write(permits).await;
        if create && self.script.harm(Arrow::R) == Some(Harm::Late) {
            self.clock.advance(SignedDuration::from_secs(20));
        }
        self.script.strike(if create { Arrow::R } else { Arrow::Janitor });
        step().await;
        *self.faults.lock().unwrap() = Faults::default();
        settled
    }
}

/// The store behind its script: a commit is where a process may die, before it and after it.
struct Shaky {
    store: MemoryStore,
    script: Arc<Script>,
}

impl Shaky {
    async fn decides(&self, pipeline: &PipelineName, notes: &[Note]) -> bool {
        let Ok(memory) = self.store.memory(pipeline).await else { return false };
        notes.iter().any(|note| match note {
            Note::Create(next) => {
                let before = memory.creates.get(&next.key);
                next.answer.is_some() && before.is_some_and(|before| before.answer.is_none())
            }
            _ => false,
        })
    }
}

#[async_trait]
impl Store for Shaky {
    async fn memory(&self, pipeline: &PipelineName) -> Result<Memory, StoreError> {
        self.store.memory(pipeline).await
    }

    async fn commit(
        &self,
        pipeline: &PipelineName,
        fence: Option<&Fence>,
        notes: Vec<Note>,
    ) -> Result<u64, StoreError> {
        step().await;
        let harm = if self.decides(pipeline, &notes).await { self.script.harm(Arrow::D) } else { None };
        let full = || Err(StoreError::Full("no space left".into()));
        if harm == Some(Harm::Fail) {
            return full();
        }
        let done = self.store.commit(pipeline, fence, notes).await;
        if harm == Some(Harm::Kill) {
            self.script.strike(Arrow::D);
        }
        step().await;
        if harm == Some(Harm::Late) { full() } else { done }
    }

    async fn lease(&self, p: &PipelineName, holder: &Holder, ttl: Duration) -> Result<Fence, StoreError> {
        self.store.lease(p, holder, ttl).await
    }

    async fn lease_create(
        &self,
        p: &PipelineName,
        create: &CreateKey,
        holder: &Holder,
        ttl: Duration,
    ) -> Result<Fence, StoreError> {
        self.store.lease_create(p, create, holder, ttl).await
    }

    async fn holder(&self, p: &PipelineName) -> Result<Option<Holder>, StoreError> {
        self.store.holder(p).await
    }

    async fn release(&self, p: &PipelineName, fence: &Fence) -> Result<(), StoreError> {
        self.store.release(p, fence).await
    }

    async fn bury(&self, p: &PipelineName, dead: &Holder) -> Result<(), StoreError> {
        self.store.bury(p, dead).await
    }

    async fn journal(&self, p: &PipelineName, ask: JournalAsk) -> Result<Vec<Entry>, StoreError> {
        self.store.journal(p, ask).await
    }

    async fn verify(&self, p: &PipelineName) -> Result<u64, StoreError> {
        self.store.verify(p).await
    }

    async fn beats(&self, p: &PipelineName, limit: usize) -> Result<Vec<Beat>, StoreError> {
        self.store.beats(p, limit).await
    }

    async fn plan(&self, p: &PipelineName, id: &str) -> Result<Option<Plan>, StoreError> {
        self.store.plan(p, id).await
    }

    async fn plans(&self, p: &PipelineName, limit: usize) -> Result<Vec<String>, StoreError> {
        self.store.plans(p, limit).await
    }

    async fn approvals(&self, p: &PipelineName, plan: &str) -> Result<Vec<Approval>, StoreError> {
        self.store.approvals(p, plan).await
    }
}

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
    app: Arc<Mutex<Table>>,
    hidden: Arc<Mutex<Hidden>>,
    store: MemoryStore,
    setup: Arc<Setup>,
    chance: Chance,
    life: u32,
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
        let (chance, clock) = (Chance::new(11), Clock::new());
        let (random, time) = (chance.fork(), clock.clone());
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
            clock,
            chance,
            life: 0,
        };
        office.run().unwrap();
        office
    }

    /// A process of its own.
    pub(crate) fn coordinator(&mut self) -> Coordinator {
        self.life += 1;
        let system =
            |name: &str, columns: &[&str], table: &Arc<Mutex<Table>>, faults: &Arc<Mutex<Faults>>| {
                TableSystem::new(Parts {
                    system: SystemName::new(name),
                    columns: columns.iter().map(|column| (*column).to_owned()).collect(),
                    unique: (name == "crm").then(|| "ext".to_owned()),
                    table: table.clone(),
                    clock: self.clock.clone(),
                    chance: self.chance.fork(),
                    faults: faults.clone(),
                    max_in_flight: Duration::from_secs(100),
                    lag: Duration::ZERO,
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
        let engine = Engine {
            world: Arc::new(SimWorld::new(self.clock.clone(), self.chance.fork(), self.life)),
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
        self.script.dead.store(false, Ordering::Relaxed);
        drive(future, || self.script.lives())
    }

    pub(crate) fn create(&mut self, request: &Request) -> Option<Result<Answer, Unanswered>> {
        let coordinator = self.coordinator();
        self.play(coordinator.create(request))
    }

    /// The janitor alone, after a time.
    pub(crate) fn sweep_after(&mut self, seconds: i64) {
        self.clock.advance(SignedDuration::from_secs(seconds));
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
        crm.rows.iter().filter(|(_, row)| !row.archived).map(|(id, _)| id.clone()).collect()
    }

    /// The remote ids of ordinary rows of the app, and how many rows are pending.
    pub(crate) fn app_rows(&self) -> (Vec<RemoteId>, usize) {
        let hidden = self.hidden.lock().unwrap();
        (hidden.active.values().cloned().collect(), hidden.pending.len())
    }

    /// The record that an entity is linked to.
    pub(crate) fn linked(&self, entity: &str) -> Option<RemoteId> {
        let own = |link: &&trueup_core::link::Link| {
            link.entity == EntityKey::new(entity) && link.state == trueup_core::link::LinkState::Active
        };
        self.memory().links.values().find(own).map(|link| link.remote.clone())
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
