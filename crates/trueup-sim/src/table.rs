//! An in-memory system at the port: one table, described by a card, with faults.

mod rows;

pub use rows::{Row, Table, Version};

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use trueup_core::{
    card::{BatchSizes, Card, Rate, Verbs},
    name::{RemoteId, SystemName},
    plan::{Act, Edit, Requests},
    record::{Past, Record},
    snapshot::Coverage,
    value::Cell,
};
use trueup_ports::{
    Ask, Fault, FieldInfo, Inspection, Page, Permit, Reach, Refusal, Settled, Source, Target, View,
};

use crate::{
    chance::Chance,
    executor::{Clock, step},
};

/// How often what goes wrong, in thousandths of the requests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Faults {
    /// A read is not answered.
    pub read_busy: u64,
    /// A write is lost before it takes effect.
    pub lost_before: u64,
    /// A write takes effect and its answer is lost.
    pub lost_after: u64,
    /// A write's answer is lost and it takes effect later.
    pub late: u64,
    /// One record of a write is refused.
    pub refused: u64,
    /// A page takes longer than a lease lasts.
    pub slow: u64,
    /// A write is turned away because too many came before it.
    pub write_busy: u64,
    /// A batch is refused as a whole.
    pub batch_refused: u64,
}

/// A system that holds one table.
pub struct TableSystem {
    card: Card,
    columns: Vec<String>,
    unique: Option<String>,
    table: Arc<Mutex<Table>>,
    clock: Clock,
    chance: Chance,
    faults: Arc<Mutex<Faults>>,
    requests: Mutex<Requests>,
}

/// What a table system is made from.
#[derive(Clone)]
pub struct Parts {
    /// Its name.
    pub system: SystemName,
    /// Its columns.
    pub columns: Vec<String>,
    /// The column in which two records cannot hold one value.
    pub unique: Option<String>,
    /// Its rows, which outlive the engine.
    pub table: Arc<Mutex<Table>>,
    /// Virtual time.
    pub clock: Clock,
    /// Seeded chance.
    pub chance: Chance,
    /// What goes wrong.
    pub faults: Arc<Mutex<Faults>>,
    /// The longest time after which a lost write can still land.
    pub max_in_flight: Duration,
    /// By how much listings lag behind.
    pub lag: Duration,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl TableSystem {
    /// Opens the system.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        let card = Card {
            system: parts.system,
            kind: "table".into(),
            batch: BatchSizes { read: 10, read_history: 5, create: 10, update: 10, archive: 10 },
            verbs: Verbs { create: true, update: true, archive: true },
            delta: true,
            history: true,
            compare_and_set: false,
            unique_ext_id: parts.unique.is_some(),
            max_in_flight: parts.max_in_flight,
            max_index_lag: parts.lag,
            rates: vec![Rate { bucket: "burst".into(), requests: 100, window: Duration::from_secs(10) }],
        };
        Self {
            card,
            columns: parts.columns,
            unique: parts.unique,
            table: parts.table,
            clock: parts.clock,
            chance: parts.chance,
            faults: parts.faults,
            requests: Mutex::new(Requests::default()),
        }
    }

    fn count(&self, add: Requests) {
        let mut requests = lock(&self.requests);
        requests.read += add.read;
        requests.write += add.write;
    }

    /// One request is under way: time passes, others act, the engine may be killed here.
    async fn travel(&self) {
        self.clock.advance(SignedDuration::from_millis(50 + self.chance.below(400).cast_signed()));
        lock(&self.table).land(self.clock.now());
        step().await;
    }

    fn listing(&self, ask: &Ask, from: &str, since: Option<Timestamp>) -> Page {
        let table = lock(&self.table);
        let lag = SignedDuration::try_from(self.card.max_index_lag).unwrap_or_default();
        let seen_at = self.clock.now().checked_sub(lag).unwrap_or_default();
        let rows = table.as_of(seen_at);
        // What was put away changed as well: whoever asks for changes is told its id, and finds out by it.
        let changed = |row: &Row| since.is_none_or(|since| row.changed >= since);
        let there = |row: &Row| since.is_some() || shows(&ask.view, row);
        let mut hits = rows.iter().filter(|(id, row)| id.as_str() > from && changed(row) && there(row));
        let records: Vec<Record> =
            hits.by_ref().take(7).map(|(id, row)| record(id, row, &ask.columns, false)).collect();
        let next = hits.next().and(records.last()).map(|last| last.id.to_string());
        Page {
            records,
            next,
            cursor: Some(seen_at.to_string()),
            missing: Vec::new(),
            coverage: if since.is_some() { Coverage::Since } else { Coverage::Whole },
            layout: None,
            troubles: Vec::new(),
        }
    }

    fn by_id(&self, ask: &Ask, ids: &[RemoteId]) -> Page {
        let table = lock(&self.table);
        let (mut records, mut missing) = (Vec::new(), Vec::new());
        for id in ids {
            let now = table.now_called(id.as_str());
            match table.rows.get(now).filter(|row| !row.archived) {
                Some(row) => {
                    let mut record = record(now, row, &ask.columns, ask.history);
                    record.asked = (now != id.as_str()).then(|| id.clone());
                    records.push(record);
                }
                None => missing.push(id.clone()),
            }
        }
        Page {
            records,
            next: None,
            cursor: None,
            missing,
            coverage: Coverage::Some,
            layout: None,
            troubles: Vec::new(),
        }
    }

    fn by_value(&self, ask: &Ask, column: &str, texts: &[String]) -> Page {
        let table = lock(&self.table);
        let fits =
            |row: &&Row| row.values.get(column).is_some_and(|value| texts.contains(value)) && !row.archived;
        let hits = table.rows.iter().filter(|(_, row)| fits(row));
        let records = hits.map(|(id, row)| record(id, row, &ask.columns, ask.history)).collect();
        Page {
            records,
            next: None,
            cursor: None,
            missing: Vec::new(),
            coverage: Coverage::Some,
            layout: None,
            troubles: Vec::new(),
        }
    }

    fn take_effect(&self, permit: Permit) -> Settled {
        if self.chance.permille(lock(&self.faults).refused) {
            let refusal = Refusal { column: None, reason: "the simulated system refuses it".into() };
            return permit.failed(Fault::Rejected(vec![refusal]), "sim");
        }
        let order = rows::Order::new(permit.act(), &written(permit.act(), permit.edits()));
        match lock(&self.table).obey(&order, self.unique.as_deref(), self.clock.now()) {
            Ok(id) => permit.written(RemoteId::new(id), "sim"),
            Err(fault) => permit.failed(fault, "sim"),
        }
    }

    fn postpone(&self, permit: &Permit) {
        let limit = u64::try_from(self.card.max_in_flight.as_millis()).unwrap_or(u64::MAX);
        let delay = SignedDuration::from_millis(self.chance.below(limit).cast_signed());
        let due = self.clock.now().checked_add(delay).unwrap_or_default();
        let order = rows::Order::new(permit.act(), &written(permit.act(), permit.edits()));
        lock(&self.table).late.push((due, order, self.unique.clone()));
    }
}

fn busy() -> Fault {
    Fault::Busy { retry_after: None, what: "the simulated system is busy".into() }
}

fn record(id: &str, row: &Row, columns: &[String], history: bool) -> Record {
    let cells = columns.iter().map(|column| cell(row.values.get(column))).collect();
    let mut record = Record::new(RemoteId::new(id), cells);
    record.version = Some(row.changed);
    if history {
        record.history = columns.iter().map(|column| past(row, column)).collect();
    }
    record
}

fn past(row: &Row, column: &str) -> Vec<Past> {
    let own = row.history.iter().rev().filter(|version| version.column == column);
    own.map(|v| Past { cell: cell(v.value.as_ref()), at: v.at, by: v.by.clone() }).collect()
}

fn cell(value: Option<&String>) -> Cell {
    value.map_or(Cell::Null, Cell::text)
}

/// The columns a permit writes, with the external id a create carries.
fn written(act: &Act, edits: &[Edit]) -> BTreeMap<String, Option<String>> {
    let mut values: BTreeMap<String, Option<String>> =
        edits.iter().map(|edit| (edit.column.clone(), edit.after.to_text())).collect();
    if let Act::Create { ext_id, ext_id_column: Some(column), .. } = act {
        values.insert(column.clone(), Some(ext_id.to_string()));
    }
    values
}

fn shows(view: &View, row: &Row) -> bool {
    let value = |column: &String| row.values.get(column).map_or("", String::as_str);
    !row.archived
        && match view {
            View::All => true,
            View::Equals { column, text } => value(column) == text,
            View::Carrying { outside, token, sought } => {
                outside.as_ref().is_none_or(|outside| value(&outside.column) != outside.text)
                    && sought.is_in(value(token))
            }
        }
}

#[async_trait]
impl Source for TableSystem {
    fn card(&self) -> &Card {
        &self.card
    }

    async fn inspect(&self) -> Result<Inspection, Fault> {
        self.count(Requests { read: 1, write: 0 });
        self.travel().await;
        let info = |name: &String| FieldInfo {
            name: name.clone(),
            kind: "string".into(),
            writable: true,
            unique: self.unique.as_ref() == Some(name),
            options: Vec::new(),
        };
        let columns = self.columns.iter().map(info).collect();
        Ok(Inspection { tenant: format!("{} account", self.card.system), columns, problems: Vec::new() })
    }

    async fn read(&self, ask: Ask) -> Result<Page, Fault> {
        self.count(Requests { read: 1, write: 0 });
        self.travel().await;
        if self.chance.permille(lock(&self.faults).read_busy) {
            return Err(busy());
        }
        if self.chance.permille(lock(&self.faults).slow) {
            self.clock.advance(SignedDuration::from_secs(61 + self.chance.below(60).cast_signed()));
        }
        let page = match &ask.reach {
            Reach::All(from) => self.listing(&ask, from.as_deref().unwrap_or(""), None),
            Reach::Since { cursor, page } => {
                let since = cursor.parse().map_err(|_| Fault::Expired("no such cursor".into()))?;
                self.listing(&ask, page.as_deref().unwrap_or(""), Some(since))
            }
            Reach::Ids(ids) => self.by_id(&ask, ids),
            Reach::Unique { column, texts } => self.by_value(&ask, column, texts),
        };
        step().await;
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
        let faults = *lock(&self.faults);
        let all = |permits: Vec<Permit>, fault: Fault| {
            permits.into_iter().map(|permit| permit.failed(fault.clone(), "sim")).collect()
        };
        let lost = |permits: Vec<Permit>| all(permits, Fault::Unknown("no answer".into()));
        self.travel().await;
        if self.chance.permille(faults.write_busy) {
            return all(permits, busy());
        }
        if permits.len() > 1 && self.chance.permille(faults.batch_refused) {
            return all(permits, Fault::BatchRefused("one of them is bad".into()));
        }
        if self.chance.permille(faults.lost_before) {
            return lost(permits);
        }
        if self.chance.permille(faults.late) {
            for permit in &permits {
                self.postpone(permit);
            }
            step().await;
            return lost(permits);
        }
        let settled: Vec<Settled> = permits.into_iter().map(|permit| self.take_effect(permit)).collect();
        // A kill here is a kill between the effect and its answer.
        self.travel().await;
        if self.chance.permille(faults.lost_after) {
            return settled.into_iter().map(Settled::forgotten).collect();
        }
        settled
    }
}

/// A table read by its key column: what a source of truth is.
pub struct KeyedSystem(TableSystem);

impl KeyedSystem {
    /// The first column is the key.
    #[must_use]
    pub const fn new(table: TableSystem) -> Self {
        Self(table)
    }
}

#[async_trait]
impl Source for KeyedSystem {
    fn card(&self) -> &Card {
        self.0.card()
    }

    async fn inspect(&self) -> Result<Inspection, Fault> {
        self.0.inspect().await
    }

    async fn read(&self, ask: Ask) -> Result<Page, Fault> {
        let mut page = self.0.read(ask).await?;
        for record in &mut page.records {
            if let Some(key) = record.cell(0).to_text() {
                record.id = RemoteId::new(key);
            }
        }
        Ok(page)
    }

    fn requests(&self) -> Requests {
        self.0.requests()
    }
}
