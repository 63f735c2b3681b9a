//! A source and two mirrors in memory, with one field each test may shape, and a store.

use std::{
    collections::BTreeMap,
    pin::pin,
    sync::Mutex,
    task::{Context, Poll, Waker},
    time::Duration,
};

use async_trait::async_trait;
use jiff::Timestamp;
use trueup_core::{
    card::{BatchSizes, Card, Verbs},
    link::{BaseCell, FieldBase, How, Link},
    memory::{Memory, Note},
    merge::{Flow, Survivor},
    name::{EntityKey, FieldId, FieldName, RemoteId, SystemName},
    plan::Requests,
    record::Record,
    setup::{Binding, Caps, Draft, Field, Lens, MirrorSide, Setup, Side, Timing},
    snapshot::Coverage,
    value::{Cell, Kind},
};
use trueup_ports::{Ask, Fault, Holder, Inspection, LogEvent, Page, Reach, Source, Store, StoreError, World};
use trueup_store::{Host, MemoryStore};
use trueup_verify::{Report, Unproven, Verifier};

/// The result of a future that waits for nothing.
pub(crate) fn now<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("it waits for something"),
    }
}

/// A table that is read in pages of two.
pub(crate) struct Table {
    card: Card,
    pub(crate) records: Vec<Record>,
    /// The answer to the n-th read, from 1, in place of the right one.
    pub(crate) odd: Option<(usize, Odd)>,
    asked: Mutex<usize>,
}

/// What is wrong with an answer.
#[derive(Clone, Debug)]
pub(crate) enum Odd {
    Fails(Fault),
    Partial,
    LeadsBack,
    Forgets,
}

impl Table {
    pub(crate) fn new(system: &str, records: Vec<Record>) -> Self {
        let batch = BatchSizes { read: 2, read_history: 2, create: 2, update: 2, archive: 2 };
        let card = Card {
            system: system.into(),
            kind: "table".into(),
            batch,
            verbs: Verbs::default(),
            delta: false,
            history: false,
            compare_and_set: false,
            merges: false,
            unique_ext_id: false,
            max_in_flight: Duration::ZERO,
            max_index_lag: Duration::ZERO,
            rates: Vec::new(),
        };
        Self { card, records, odd: None, asked: Mutex::default() }
    }

    fn right(&self, reach: Reach) -> Page {
        let (records, next, missing) = match reach {
            Reach::Ids(ids) => {
                let found = |id: &RemoteId| self.records.iter().find(|record| record.id == *id).cloned();
                let missing = ids.iter().filter(|id| found(id).is_none()).cloned().collect();
                (ids.iter().filter_map(found).collect(), None, missing)
            }
            Reach::All(cursor) => {
                let at: usize = cursor.map_or(0, |cursor| cursor.parse().unwrap());
                let end = (at + 2).min(self.records.len());
                let next = (end < self.records.len()).then(|| end.to_string());
                (self.records[at..end].to_vec(), next, Vec::new())
            }
            Reach::Unique { .. } | Reach::Since { .. } => panic!("nobody asks for this"),
        };
        let coverage = Coverage::Whole;
        Page { records, next, cursor: None, missing, coverage, layout: None, troubles: Vec::new() }
    }
}

#[async_trait]
impl Source for Table {
    fn card(&self) -> &Card {
        &self.card
    }

    async fn inspect(&self) -> Result<Inspection, Fault> {
        Ok(Inspection { tenant: "T1".into(), columns: Vec::new(), problems: Vec::new() })
    }

    async fn read(&self, ask: Ask) -> Result<Page, Fault> {
        let count = {
            let mut asked = self.asked.lock().unwrap();
            *asked += 1;
            *asked
        };
        let right = self.right(ask.reach);
        Ok(match self.odd.as_ref().filter(|(at, _)| *at == count).map(|(_, odd)| odd.clone()) {
            None => right,
            Some(Odd::Fails(fault)) => return Err(fault),
            Some(Odd::Partial) => Page { coverage: Coverage::Some, ..right },
            Some(Odd::LeadsBack) => Page { next: Some("2".into()), ..right },
            Some(Odd::Forgets) => Page { records: right.records[1..].to_vec(), ..right },
        })
    }

    fn requests(&self) -> Requests {
        Requests { read: *self.asked.lock().unwrap(), write: 0 }
    }
}

/// A host on which waiting takes no time.
#[derive(Default)]
pub(crate) struct Still {
    pub(crate) stopping: bool,
    pub(crate) waited: Mutex<Duration>,
}

#[async_trait]
impl World for Still {
    fn now(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH
    }

    async fn sleep(&self, time: Duration) {
        *self.waited.lock().unwrap() += time;
    }

    fn random(&self) -> u64 {
        0
    }

    fn holder(&self) -> Holder {
        Holder { host: "here".into(), pid: 1, born: "now".into() }
    }

    fn is_alive(&self, _: &Holder) -> Option<bool> {
        None
    }

    fn stopping(&self) -> bool {
        self.stopping
    }

    fn log(&self, _: LogEvent) {}
}

/// How the one field is set up.
#[derive(Clone, Debug)]
pub(crate) struct Shape {
    pub(crate) kind: Kind,
    pub(crate) survivor: Survivor,
    pub(crate) flow: Flow,
}

impl Shape {
    pub(crate) const fn new(kind: Kind, survivor: Survivor, flow: Flow) -> Self {
        Self { kind, survivor, flow }
    }

    fn setup(&self, mirrors: &[&str]) -> Setup {
        let lens = if self.kind.is_set() { Lens::List { delimiter: ';' } } else { Lens::Whole };
        let side = |system: &str| Side {
            system: system.into(),
            columns: vec!["value".into()],
            bindings: vec![Binding {
                field: FieldId(0),
                column: 0,
                lens: lens.clone(),
                flow: self.flow,
                create_only: false,
            }],
        };
        let mirror = |system: &&str| MirrorSide {
            side: side(system),
            scope: None,
            token: None,
            ext_id_column: None,
            feeds: false,
        };
        let draft = Draft {
            pipeline: "items".into(),
            entity: "item".into(),
            fields: vec![Field { survivor: self.survivor, ..Field::new("value", self.kind.clone()) }],
            canonical: side("source"),
            // Where values come in, the source has to be one that can be written.
            canonical_writes: self.flow != Flow::Out,
            canonical_ext_id: None,
            mirrors: mirrors.iter().map(mirror).collect(),
            classes: Vec::new(),
            caps: Caps::default(),
            timing: Timing::default(),
            config_hash: "c1".into(),
        };
        draft.build().unwrap()
    }
}

/// A record with this id and this value.
pub(crate) fn record(id: &str, value: &str) -> Record {
    Record::new(id.into(), vec![Cell::text(value)])
}

/// A pipeline whose store knows its configuration and links.
pub(crate) struct Bench {
    pub(crate) world: Still,
    pub(crate) store: MemoryStore,
    pub(crate) setup: Setup,
    pub(crate) source: Table,
    pub(crate) mirrors: BTreeMap<SystemName, Table>,
}

impl Bench {
    /// Entity `E<n>` of the source is linked to the record `<n>` of each mirror.
    pub(crate) fn new(shape: &Shape, source: Vec<Record>, mirrors: Vec<(&str, Vec<Record>)>) -> Self {
        let names: Vec<&str> = mirrors.iter().map(|(name, _)| *name).collect();
        let bench = Self {
            world: Still::default(),
            store: MemoryStore::new(Host::new(|| 7)),
            setup: shape.setup(&names),
            source: Table::new("source", source),
            mirrors: mirrors
                .into_iter()
                .map(|(name, records)| (name.into(), Table::new(name, records)))
                .collect(),
        };
        bench.note(Note::Applied { config_hash: "c1".into(), canonical_count: bench.source.records.len() });
        for (system, table) in &bench.mirrors {
            for record in &table.records {
                let entity = EntityKey::new(format!("E{}", record.id));
                bench.note(Note::Link(Box::new(Link::new(system, &entity, &record.id, How::Decided))));
            }
        }
        bench
    }

    pub(crate) fn note(&self, note: Note) {
        now(self.store.commit(self.setup.pipeline(), None, vec![note])).unwrap();
    }

    pub(crate) fn memory(&self) -> Result<Memory, StoreError> {
        now(self.store.memory(self.setup.pipeline()))
    }

    /// What both sides of a mirror's first record were last accounted for with.
    pub(crate) fn account(&self, system: &str, canonical: &str, mirror: &str) {
        let memory = self.memory().unwrap();
        let mut link = memory.links.values().find(|link| link.system.as_str() == system).unwrap().clone();
        let kind = &self.setup.field(FieldId(0)).kind;
        let base = |text: &str| {
            let lens = &self.setup.canonical().bindings[0].lens;
            let cell = kind.lenient(&lens.get(&Cell::text(text)));
            BaseCell { print: memory.print(&cell).unwrap(), cell: Some(cell) }
        };
        link.set_base(FieldBase {
            field: FieldName::new("value"),
            mapping: 0,
            canonical: base(canonical),
            mirror: base(mirror),
        });
        self.note(Note::Link(Box::new(link)));
    }

    pub(crate) fn verify(&self) -> Result<Report, Unproven> {
        self.verify_with(&self.store)
    }

    pub(crate) fn verify_with(&self, store: &dyn Store) -> Result<Report, Unproven> {
        let mirrors = self.mirrors.iter();
        let verifier = Verifier {
            world: &self.world,
            store,
            setup: &self.setup,
            canonical: &self.source,
            mirrors: mirrors.map(|(system, table)| (system.clone(), table as &dyn Source)).collect(),
        };
        now(verifier.verify())
    }
}
