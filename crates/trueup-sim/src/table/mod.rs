//! An in-memory system at the port: one table, described by a card, with faults.
//!
//! It stands for the connector and the system behind it: rows and log outlive the engine, the connector (its
//! pace and its count of requests) dies with it. Read next: [`rows`], then [`faults`].

mod arrivals;
pub mod faults;
mod keyed;
mod reads;
pub mod rows;
mod writes;

pub use arrivals::{Arrival, Budget, Wait};
pub use faults::{FaultName, Faults, Tally};
pub use keyed::KeyedSystem;
pub use rows::{Row, Table, Trouble, Version};
pub use writes::respell;

use std::{
    collections::{BTreeSet, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use trueup_core::{
    card::{BatchSizes, Card, Rate, Verbs},
    name::SystemName,
    plan::Requests,
};
use trueup_ports::{Ask, Fault, FieldInfo, Inspection, Page, Permit, Settled, Source, Target};

use crate::{
    chance::Chance,
    executor::{HostClock, step},
    trace::Trace,
};
use writes::Leaving;

/// A system that holds one table.
pub struct TableSystem {
    parts: Parts,
    requests: Mutex<Requests>,
    sent: Mutex<VecDeque<Timestamp>>,
    /// Until when the system wants to be left alone.
    closed: Mutex<Option<Timestamp>>,
}

/// What a table system is made from.
#[derive(Clone)]
pub struct Parts {
    /// Its abilities and limits.
    pub card: Card,
    /// Its columns.
    pub columns: Vec<String>,
    /// The column in which two records cannot hold one value.
    pub unique: Option<String>,
    /// Columns whose values are always kept as they are sent: who owns a record, and its external id.
    pub firm: BTreeSet<String>,
    /// Whether the answer to a write shows what became of the values, as of the moment it took effect.
    pub shows: bool,
    /// How many records a page of a listing has.
    pub page: usize,
    /// Times of this system are told in steps of so many milliseconds.
    pub resolution_ms: i64,
    /// Its rows and its log, which outlive the engine.
    pub table: Arc<Mutex<Table>>,
    /// The system's own clock.
    pub clock: HostClock,
    /// Seeded chance.
    pub chance: Chance,
    /// What goes wrong.
    pub faults: Arc<Mutex<Faults>>,
    /// The clock of the host that asks.
    pub host: HostClock,
    /// Who asks, for the story.
    pub asker: String,
    /// Which process asks.
    pub process: u32,
    /// The story.
    pub trace: Trace,
}

/// A card of the ordinary abilities.
#[must_use]
pub fn card(system: &SystemName, unique: bool, max_in_flight: Duration, lag: Duration) -> Card {
    Card {
        system: system.clone(),
        kind: "table".into(),
        batch: BatchSizes { read: 10, read_history: 5, create: 10, update: 10, archive: 10 },
        verbs: Verbs { create: true, update: true, archive: true },
        delta: true,
        history: true,
        compare_and_set: false,
        merges: true,
        unique_ext_id: unique,
        max_in_flight,
        max_index_lag: lag,
        rates: vec![Rate { bucket: "burst".into(), requests: 100, window: Duration::from_secs(10) }],
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl TableSystem {
    /// Opens the system.
    #[must_use]
    pub const fn new(parts: Parts) -> Self {
        Self {
            parts,
            requests: Mutex::new(Requests { read: 0, write: 0 }),
            sent: Mutex::new(VecDeque::new()),
            closed: Mutex::new(None),
        }
    }

    fn count(&self, add: Requests) {
        let mut requests = lock(&self.requests);
        requests.read += add.read;
        requests.write += add.write;
    }

    fn now(&self) -> Timestamp {
        self.parts.clock.truth().now()
    }

    /// The table as it is by now: what was under way and is due has landed.
    fn table(&self) -> MutexGuard<'_, Table> {
        let mut table = lock(&self.parts.table);
        table.land(self.now());
        table
    }

    /// Whether a fault happens now; counts it.
    fn goes_wrong(&self, name: FaultName) -> bool {
        let share = lock(&self.parts.faults).share(name);
        let happens = share > 0 && self.parts.chance.permille(share);
        if happens {
            self.happened(name);
        }
        happens
    }

    fn happened(&self, name: FaultName) {
        lock(&self.parts.table).tally.count(name);
        self.tell("", name.name(), String::new);
    }

    /// An answer names some of the records that were asked about.
    fn answers_for(&self, named: usize, asked: usize) {
        lock(&self.parts.table).cut_answers += u64::from(named < asked);
    }

    fn tell(&self, record: &str, kind: &'static str, detail: impl FnOnce() -> String) {
        let about = Some((self.parts.card.system.as_str(), record));
        self.parts.trace.tell(self.now(), &self.parts.asker, about, kind, detail);
    }

    /// How the system tells an instant.
    fn shown(&self, at: Timestamp) -> Timestamp {
        let step = self.parts.resolution_ms.max(1);
        let shown = self.parts.clock.shows(at).as_millisecond().div_euclid(step) * step;
        Timestamp::from_millisecond(shown).unwrap_or(at)
    }

    /// One read is under way: it keeps to the pace, time passes, others act, the engine may be killed here.
    async fn travel(&self, kind: &'static str) {
        self.keep_pace().await;
        self.arrives(kind);
        self.pass(50, 450).await;
    }

    fn arrives(&self, kind: &'static str) {
        lock(&self.parts.table).arrives(Budget::Common, self.asks_now());
        self.tell("", kind, String::new);
    }

    fn asks_now(&self) -> Arrival {
        Arrival { at: self.now(), by: self.parts.process }
    }

    async fn pass(&self, least_ms: u64, most_ms: u64) {
        let time = least_ms + self.parts.chance.below(most_ms - least_ms);
        self.parts.clock.truth().sleep(Duration::from_millis(time)).await;
    }

    /// A connector keeps to the budget of its card by itself, and away for as long as it was asked to, as `Wire` does over
    /// HTTP.
    async fn keep_pace(&self) {
        let Some(rate) = self.parts.card.rates.first().cloned() else { return };
        let window = SignedDuration::try_from(rate.window).unwrap_or_default();
        loop {
            let now = self.now();
            let free = {
                let mut sent = lock(&self.sent);
                while sent.front().is_some_and(|at| now.duration_since(*at) >= window) {
                    sent.pop_front();
                }
                let full = sent.len() >= usize::try_from(rate.requests).unwrap_or(usize::MAX);
                full.then(|| sent.front().copied()).flatten().and_then(|first| first.checked_add(window).ok())
            };
            let closed = lock(&self.closed).filter(|until| *until > now);
            let Some(free) = free.max(closed) else { break };
            let wait = free.duration_since(now).max(SignedDuration::from_millis(1));
            self.parts.clock.truth().sleep(wait.unsigned_abs()).await;
        }
        lock(&self.sent).push_back(self.now());
    }

    /// Whoever was turned away hears it, and for how long.
    fn hears(&self, fault: Fault) -> Fault {
        if let Fault::Busy { retry_after: Some(time), .. } = &fault {
            lock(&self.parts.table).turns_away(Budget::Common, self.asks_now(), *time);
            let until = self.now().checked_add(SignedDuration::try_from(*time).unwrap_or_default()).ok();
            let mut closed = lock(&self.closed);
            *closed = until.max(*closed);
        }
        fault
    }

    /// What turns any request away.
    fn refusal(&self, busy: FaultName, until: FaultName) -> Option<Fault> {
        let now = self.now();
        if self.goes_wrong(FaultName::Denied) {
            let minutes = self.parts.chance.below(60).cast_signed();
            lock(&self.parts.table).denied_until = now.checked_add(SignedDuration::from_mins(minutes)).ok();
        }
        let denied = lock(&self.parts.table).denied_until.is_some_and(|until| until > now);
        if denied && !lock(&self.parts.faults).is_none() {
            return Some(Fault::Denied("the simulated system refuses the key".into()));
        }
        let what = "the simulated system is busy".to_owned();
        if self.goes_wrong(busy) {
            return Some(Fault::Busy { retry_after: None, what });
        }
        let retry_after = Some(Duration::from_secs(1 + self.parts.chance.below(20)));
        self.goes_wrong(until).then_some(Fault::Busy { retry_after, what })
    }
}

#[async_trait]
impl Source for TableSystem {
    fn card(&self) -> &Card {
        &self.parts.card
    }

    async fn inspect(&self) -> Result<Inspection, Fault> {
        self.count(Requests { read: 1, write: 0 });
        self.travel("inspects").await;
        if let Some(fault) = self.refusal(FaultName::ReadBusy, FaultName::ReadBusyUntil) {
            return Err(self.hears(fault));
        }
        let info = |name: &String| FieldInfo {
            name: name.clone(),
            kind: "string".into(),
            writable: true,
            unique: self.parts.unique.as_ref() == Some(name),
            options: Vec::new(),
        };
        let gone = lock(&self.parts.table).has(Trouble::ColumnGone, self.now());
        let there = self.parts.columns.iter().enumerate().filter(|(at, _)| !(gone && *at == 1));
        let columns = there.map(|(_, name)| info(name)).collect();
        let swapped = lock(&self.parts.table).has(Trouble::KeySwapped, self.now());
        let whose = if swapped { "somebody else's" } else { self.parts.card.system.as_str() };
        let tenant = format!("{whose} account");
        Ok(Inspection { tenant, columns, problems: Vec::new() })
    }

    async fn read(&self, ask: Ask) -> Result<Page, Fault> {
        self.count(Requests { read: 1, write: 0 });
        self.travel("reads").await;
        if let Some(fault) = self.refusal(FaultName::ReadBusy, FaultName::ReadBusyUntil) {
            return Err(self.hears(fault));
        }
        if self.goes_wrong(FaultName::Slow) {
            self.pass(61_000, 121_000).await;
        }
        let looked = self.now();
        let page = self.page(&ask)?;
        step().await;
        if self.goes_wrong(FaultName::Garbled) {
            return Err(Fault::Unreadable("the answer breaks off".into()));
        }
        let mut table = lock(&self.parts.table);
        if reads::tells_of_all(&ask, &page) {
            table.answered.push(looked);
        }
        for record in page.records.iter().filter(|_| ask.history) {
            table.told.entry(record.id.to_string()).or_default().push(looked);
        }
        drop(table);
        Ok(page)
    }

    fn requests(&self) -> Requests {
        *lock(&self.requests)
    }
}

#[async_trait]
impl Target for TableSystem {
    async fn write(&self, permits: Vec<Permit>) -> Vec<Settled> {
        self.count(Requests { read: 0, write: 1 });
        self.keep_pace().await;
        // Nothing lies between this look at the host's clock and the leaving of the request.
        let void = permits.iter().filter_map(Permit::void_from).min();
        if void.is_some_and(|void| self.parts.host.now() >= void) {
            let what = "what was looked at is too old to write by".to_owned();
            return writes::all(permits, &Fault::Busy { retry_after: None, what });
        }
        self.arrives("writes");
        let leaving = self.leave(&permits);
        // A kill from here on does not call anything back.
        self.pass(50, 450).await;
        match leaving {
            Leaving::Refused(fault) => writes::all(permits, &self.hears(fault)),
            Leaving::Astray => writes::all(permits, &writes::no_answer()),
            Leaving::UnderWay(tickets) => self.answers(permits, tickets).await,
        }
    }
}
