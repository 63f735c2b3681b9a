//! One book, one CRM and an engine between them, with a hand in everything that may go wrong.

use std::{
    collections::{BTreeMap, BTreeSet},
    mem,
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
    journal::{Draft, Event},
    memory::{Approval, Memory, Note},
    name::{PipelineName, SystemName},
    plan::{Plan, Requests},
};
use trueup_engine::{Account, Engine, Systems, Truth, facts::Warrant};
use trueup_ports::{
    Ask, Fault, Holder, Inspection, JournalAsk, LogEvent, Page, Permit, Refusal, Settled, Source, Store,
    StoreError, Target, View, World,
};
use trueup_sim::{
    chance::Chance,
    executor::{Clock, HostClock, drive},
    people::PERSON,
    scene::{self, BOOK, CRM, OWNER, Variant},
    store::{Ledger, Line},
    table::{Faults, KeyedSystem, Parts, Table, TableSystem, card},
    trace::Trace,
    world::{Living, SimWorld},
};
use trueup_store::{Host, MemoryStore};

pub(crate) type Deed = Box<dyn FnOnce() + Send>;

/// What is made to go wrong.
#[derive(Default)]
pub(crate) struct Script {
    /// Happens right before the first write of a run.
    pub(crate) at_apply: Mutex<Option<Deed>>,
    /// Records for which a write is refused, with the column to blame.
    pub(crate) refused: Mutex<BTreeMap<String, Option<String>>>,
    /// Records for which a whole batch is refused.
    pub(crate) poison: Mutex<BTreeSet<String>>,
    /// The scope filter lets everything through.
    pub(crate) leaks: AtomicBool,
    /// The system refuses the key.
    pub(crate) denies: AtomicBool,
    /// The account behind the key, when it is not the usual one.
    pub(crate) tenant: Mutex<Option<String>>,
    /// Records that a read by id does not mention.
    pub(crate) silent: Mutex<BTreeSet<String>>,
    /// How many batches are taken before the key is refused.
    pub(crate) takes: Mutex<Option<usize>>,
    /// Happens when this batch arrives, counted from one, before anything is done with it.
    pub(crate) at_batch: Mutex<Option<(usize, Deed)>>,
    /// Happens right after a batch was carried out, before anybody looks.
    pub(crate) after_write: Mutex<Option<Deed>>,
    /// Happens right after a page was read, before anybody hears of it.
    pub(crate) at_read: Mutex<Option<Deed>>,
    /// How many more questions are answered with being busy for a second.
    pub(crate) busy: AtomicU32,
    /// Somebody asks to stop once something was written.
    pub(crate) stop_after_write: AtomicBool,
    /// The size of every batch that arrived.
    batches: Mutex<Vec<usize>>,
}

/// The CRM behind its script.
struct Crm {
    table: TableSystem,
    script: Arc<Script>,
}

impl Crm {
    fn judge(&self, permits: Vec<Permit>) -> (Vec<Permit>, Vec<Settled>) {
        let refused = self.script.refused.lock().unwrap();
        let poison = self.script.poison.lock().unwrap();
        let poisoned = permits.iter().any(|permit| poison.contains(&subject(permit)));
        let (mut good, mut bad) = (Vec::new(), Vec::new());
        for permit in permits {
            match refused.get(&subject(&permit)) {
                _ if poisoned => bad.push(permit.failed(Fault::BatchRefused("bad batch".into()), "test")),
                None => good.push(permit),
                Some(column) => {
                    let refusal = Refusal { column: column.clone(), reason: "not accepted".into() };
                    bad.push(permit.failed(Fault::Rejected(vec![refusal]), "test"));
                }
            }
        }
        (good, bad)
    }
}

fn subject(permit: &Permit) -> String {
    use trueup_core::plan::Act;
    match permit.act() {
        Act::Update { remote, .. } | Act::Archive { remote, .. } => remote.to_string(),
        Act::Create { .. } => "new".into(),
    }
}

#[async_trait]
impl Source for Crm {
    fn card(&self) -> &Card {
        self.table.card()
    }

    async fn inspect(&self) -> Result<Inspection, Fault> {
        if self.script.denies.load(Ordering::Relaxed) {
            return Err(Fault::Denied("the key was refused".into()));
        }
        let mut inspection = self.table.inspect().await?;
        if let Some(tenant) = self.script.tenant.lock().unwrap().clone() {
            inspection.tenant = tenant;
        }
        Ok(inspection)
    }

    async fn read(&self, mut ask: Ask) -> Result<Page, Fault> {
        if self.script.leaks.load(Ordering::Relaxed) && matches!(ask.view, View::Equals { .. }) {
            ask.view = View::All;
        }
        if self
            .script
            .busy
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1))
            .is_ok()
        {
            let retry_after = Some(Duration::from_secs(1));
            return Err(Fault::Busy { retry_after, what: "it is being saved".into() });
        }
        let mut page = self.table.read(ask).await?;
        let due = self.script.at_read.lock().unwrap().take();
        if let Some(deed) = due {
            deed();
        }
        let silent = self.script.silent.lock().unwrap();
        page.records.retain(|record| !silent.contains(record.id.as_str()));
        page.missing.retain(|id| !silent.contains(id.as_str()));
        Ok(page)
    }

    fn requests(&self) -> Requests {
        Requests { write: self.script.batches.lock().unwrap().len(), ..self.table.requests() }
    }
}

#[async_trait]
impl Target for Crm {
    async fn write(&self, permits: Vec<Permit>) -> Vec<Settled> {
        let number = {
            let mut batches = self.script.batches.lock().unwrap();
            batches.push(permits.len());
            batches.len()
        };
        let due = self.script.at_batch.lock().unwrap().take_if(|(at, _)| *at == number);
        if let Some((_, deed)) = due {
            deed();
        }
        if self.script.takes.lock().unwrap().is_some_and(|takes| number > takes) {
            let denied = |permit: Permit| permit.failed(Fault::Denied("the key was refused".into()), "test");
            return permits.into_iter().map(denied).collect();
        }
        let (good, mut settled) = self.judge(permits);
        if !good.is_empty() {
            settled.extend(self.table.write(good).await);
        }
        let due = self.script.after_write.lock().unwrap().take();
        if let Some(deed) = due {
            deed();
        }
        settled
    }
}

/// The host behind its script.
struct Watched {
    host: SimWorld,
    script: Arc<Script>,
}

#[async_trait]
impl World for Watched {
    fn now(&self) -> Timestamp {
        self.host.now()
    }

    async fn sleep(&self, time: Duration) {
        self.host.sleep(time).await;
    }

    fn random(&self) -> u64 {
        self.host.random()
    }

    fn holder(&self) -> Holder {
        self.host.holder()
    }

    // Of another host nothing can be told.
    fn is_alive(&self, holder: &Holder) -> Option<bool> {
        if holder.host == "sim" { self.host.is_alive(holder) } else { None }
    }

    fn stopping(&self) -> bool {
        self.script.stop_after_write.load(Ordering::Relaxed)
            && !self.script.batches.lock().unwrap().is_empty()
    }

    fn log(&self, event: LogEvent) {
        let applies = matches!(&event, LogEvent::Stage { name, .. } if name == "apply");
        let deed = applies.then(|| self.script.at_apply.lock().unwrap().take()).flatten();
        if let Some(deed) = deed {
            deed();
        }
    }
}

/// Everything a case needs.
pub(crate) struct Office {
    pub(crate) book: Arc<Mutex<Table>>,
    pub(crate) crm: Arc<Mutex<Table>>,
    pub(crate) faults: Arc<Mutex<Faults>>,
    pub(crate) script: Arc<Script>,
    pub(crate) store: MemoryStore,
    pub(crate) clock: Clock,
    /// Whether the CRM has a unique column for our id.
    pub(crate) unique: bool,
    /// Whether the systems tell no past values.
    pub(crate) silent_past: bool,
    chance: Chance,
    living: Living,
    life: u32,
}

fn values(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    let kept = pairs.iter().filter(|(_, value)| !value.is_empty());
    kept.map(|(column, value)| ((*column).to_owned(), (*value).to_owned())).collect()
}

pub(crate) fn run_to_end<T>(future: impl Future<Output = T>) -> T {
    drive(future, || true).unwrap()
}

impl Office {
    pub(crate) fn new() -> Self {
        let (clock, chance) = (Clock::new(), Chance::new(7));
        let (random, time) = (chance.fork(), clock.clone());
        let host = Host::new(move || random.next()).with_clock(move || time.now());
        Self {
            book: Arc::default(),
            crm: Arc::default(),
            faults: Arc::default(),
            script: Arc::default(),
            store: MemoryStore::new(host),
            clock,
            unique: true,
            silent_past: false,
            chance,
            living: Living::default(),
            life: 0,
        }
    }

    /// This many leads with their contacts, which say another city each; gives the contacts' ids.
    pub(crate) fn drifting(count: usize) -> (Self, Vec<String>) {
        let office = Self::new();
        let ids = (1..=count).map(|at| office.pair(&format!("R{at}"), "Granby", "Elsewhere")).collect();
        (office, ids)
    }

    pub(crate) fn lead(&self, key: &str, city: &str) -> String {
        let email = format!("{}@example.org", key.to_lowercase());
        let row = values(&[("KEY", key), ("EMAIL_ALL", &email), ("PHONE", "970-555-0100"), ("CITY", city)]);
        self.book.lock().unwrap().make(row, PERSON, self.clock.now())
    }

    pub(crate) fn contact(&self, key: &str, city: &str, owner: &str) -> String {
        let email = format!("{}@example.org", key.to_lowercase());
        let token = format!("ID:{key}");
        let row = values(&[
            ("note", &token),
            ("email", &email),
            ("phone", "+19705550100"),
            ("city", city),
            ("owner", owner),
        ]);
        self.crm.lock().unwrap().make(row, PERSON, self.clock.now())
    }

    /// A lead and its contact; gives the contact's id.
    pub(crate) fn pair(&self, key: &str, city: &str, theirs: &str) -> String {
        self.lead(key, city);
        self.contact(key, theirs, OWNER)
    }

    /// A person edits the CRM.
    pub(crate) fn edit(&self, id: &str, column: &str, value: &str) {
        self.crm.lock().unwrap().set(id, column, Some(value), PERSON, self.clock.now());
    }

    /// A person edits the book.
    pub(crate) fn move_lead(&self, key: &str, column: &str, value: &str) {
        let mut book = self.book.lock().unwrap();
        let own = |row: &&String| book.rows[*row].values["KEY"] == key;
        let id = book.rows.keys().find(own).cloned().unwrap();
        book.set(&id, column, Some(value), PERSON, self.clock.now());
    }

    /// A person edits the CRM between plan and write of the next run.
    pub(crate) fn edit_meanwhile(&self, id: &str, column: &'static str, value: &'static str) {
        let (crm, clock, id) = (self.crm.clone(), self.clock.clone(), id.to_owned());
        let deed = move || crm.lock().unwrap().set(&id, column, Some(value), PERSON, clock.now());
        *self.script.at_apply.lock().unwrap() = Some(Box::new(deed));
    }

    pub(crate) fn city(&self, id: &str) -> String {
        self.value(id, "city")
    }

    pub(crate) fn value(&self, id: &str, column: &str) -> String {
        self.crm.lock().unwrap().rows[id].values.get(column).cloned().unwrap_or_default()
    }

    pub(crate) fn contacts(&self) -> usize {
        self.crm.lock().unwrap().rows.values().filter(|row| row.archived.is_none()).count()
    }

    pub(crate) fn engine(&mut self) -> Engine {
        self.living.died(self.life);
        self.life += 1;
        let variant = Variant { unique: self.unique, max_in_flight_ms: 2_000, lag_ms: 0 };
        let right = HostClock::new(self.clock.clone(), SignedDuration::ZERO);
        let system = |name: &str, columns: &[&str], table: &Arc<Mutex<Table>>| {
            let unique = name == "crm" && self.unique;
            TableSystem::new(Parts {
                card: Card {
                    history: !self.silent_past,
                    ..card(&SystemName::new(name), unique, Duration::from_secs(2), Duration::ZERO)
                },
                columns: columns.iter().map(|column| (*column).to_owned()).collect(),
                unique: unique.then(|| "ext".to_owned()),
                firm: BTreeSet::from(["owner".to_owned(), "ext".to_owned()]),
                shows: false,
                page: 7,
                resolution_ms: 1,
                table: table.clone(),
                clock: right.clone(),
                host: right.clone(),
                chance: self.chance.fork(),
                faults: if name == "crm" { self.faults.clone() } else { Arc::default() },
                asker: "engine".to_owned(),
                process: 1,
                trace: Trace::default(),
            })
        };
        let crm: Arc<dyn Target> =
            Arc::new(Crm { table: system("crm", &CRM, &self.crm), script: self.script.clone() });
        Engine {
            world: Arc::new(Watched {
                host: SimWorld::new(right.clone(), self.chance.fork(), "sim", self.life, &self.living),
                script: self.script.clone(),
            }),
            store: Arc::new(Line {
                store: Arc::new(self.store.clone()),
                cut: Arc::default(),
                unanswered: 0,
                chance: Chance::new(0),
                ledger: Ledger::default(),
                clock: self.clock.clone(),
                who: "engine".to_owned(),
                trace: Trace::default(),
            }),
            setup: scene::setup(variant).unwrap(),
            systems: Systems {
                canonical: Truth::Read(Arc::new(KeyedSystem::new(system("book", &BOOK, &self.book)))),
                mirrors: BTreeMap::from([(SystemName::new("crm"), crm)]),
            },
        }
    }

    pub(crate) fn run(&mut self) -> Account {
        self.try_run().unwrap()
    }

    pub(crate) fn try_run(&mut self) -> Result<Account, StoreError> {
        self.clock.advance(SignedDuration::from_mins(15));
        run_to_end(self.engine().run(Warrant { first: true, reviewed: false }))
    }

    /// A person lets the halts of a rule pass, for this plan.
    pub(crate) fn approve(&self, plan: &Plan, rule: &str) {
        let approval = Approval {
            plan: plan.id.clone(),
            halt: rule.to_owned(),
            system: SystemName::new("crm"),
            about: None,
            max: usize::MAX,
            reason: "they may go".to_owned(),
            by: "Ada".to_owned(),
            at: self.clock.now(),
        };
        run_to_end(self.store.commit(&PipelineName::new("sim"), None, vec![Note::Approve(approval)]))
            .unwrap();
    }

    /// The sizes of the batches sent since the last time this was asked.
    pub(crate) fn batches(&self) -> Vec<usize> {
        mem::take(&mut *self.script.batches.lock().unwrap())
    }

    pub(crate) fn memory(&self) -> Memory {
        run_to_end(self.store.memory(&PipelineName::new("sim"))).unwrap()
    }

    pub(crate) fn journal(&self, event: Event) -> Vec<Draft> {
        let all = run_to_end(self.store.journal(&PipelineName::new("sim"), JournalAsk::default())).unwrap();
        all.into_iter().map(|entry| entry.draft).filter(|draft| draft.event == event).collect()
    }
}
