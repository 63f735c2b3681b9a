//! A source of truth of one record, its mirror, and one cycle over both: planner and guard.

use std::{collections::BTreeMap, time::Duration};

use anyhow::{Result, anyhow};
use jiff::Timestamp;
use trueup_core::{
    card::{BatchSizes, Card, Verbs},
    guard::{Column, Facts, MirrorFacts, Verdict, review},
    link::{BaseCell, FieldBase, How, Link, LinkState},
    memory::{LinkKey, Memory},
    merge::{Flow, Survivor},
    name::{EntityKey, FieldId, RemoteId, SystemName},
    plan::{MirrorView, Reconciled, TruthView, reconcile},
    record::Record,
    setup::{
        Action, Binding, Caps, Class, Draft, Field, Lens, MirrorSide, Scope, Setup, Side, Timing, Trigger,
    },
    snapshot::Snapshot,
    value::{Cell, Kind, PrintKey},
};

/// The mirror's name.
pub const MIRROR: &str = "mirror";
/// The source of truth's name.
pub const CANONICAL: &str = "canonical";
/// The only entity.
pub const ENTITY: &str = "R1";
/// Its record in the mirror.
pub const REMOTE: &str = "101";
const TOKEN: usize = 0;
/// The field in question.
const VALUE: usize = 1;

/// Whose records are in the scope.
pub const OWNER: &str = "ours";
/// The account of every mirror.
pub const TENANT: &str = "portal 4711";

/// What the configuration says of the field in question.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// Which way values may go.
    pub flow: Flow,
    /// Who survives.
    pub survivor: Survivor,
    /// Whether it may never change.
    pub immutable: bool,
    /// What is done about a difference; without a class of its own, none.
    pub action: Option<Action>,
}

/// The systems and the memory of one cycle.
#[derive(Debug)]
pub struct World<'a> {
    /// The configuration.
    pub setup: &'a Setup,
    /// What is remembered.
    pub memory: Memory,
    /// What the source of truth said.
    pub canonical: Snapshot,
    /// What the mirror said.
    pub mirror: Snapshot,
    /// When the mirror was seen, by this host's clock.
    pub at: Timestamp,
    /// Records that the scoped listing gave although they are outside the scope.
    pub foreign: Vec<RemoteId>,
}

impl Rules {
    /// The configuration with one field under these rules.
    ///
    /// # Errors
    /// When the core refuses it.
    pub fn setup(&self) -> Result<Setup> {
        self.draft().build().map_err(|problems| anyhow!("{problems:?}"))
    }

    /// The same before the core has looked at it.
    #[must_use]
    pub fn draft(&self) -> Draft {
        Draft {
            pipeline: "leads".into(),
            entity: "lead".into(),
            fields: vec![
                Field { survivor: Survivor::Union, ..Field::new("token", Kind::Tags) },
                Field {
                    survivor: self.survivor,
                    immutable: self.immutable,
                    ..Field::new("value", Kind::Decimal)
                },
                Field::new("owner", Kind::Text),
            ],
            canonical: side(
                CANONICAL,
                vec![binding(0, Lens::Whole, Flow::Out), binding(1, Lens::Whole, Flow::Out)],
            ),
            canonical_ext_id: None,
            canonical_writes: true,
            mirrors: vec![MirrorSide {
                side: side(
                    MIRROR,
                    vec![
                        binding(0, Lens::Tokens { prefix: "ID:".into() }, Flow::Out),
                        binding(1, Lens::Whole, self.flow),
                        Binding { create_only: true, ..binding(2, Lens::Constant(OWNER.into()), Flow::Out) },
                    ],
                ),
                scope: Some(Scope { column: 2, equals: OWNER.into() }),
                token: Some(FieldId(0)),
                ext_id_column: Some("lead_id".into()),
                feeds: false,
            }],
            classes: self.classes(),
            caps: wide(),
            timing: Timing::default(),
            config_hash: "c1".into(),
        }
    }

    fn classes(&self) -> Vec<Class> {
        let mut classes = structural();
        classes.extend(self.action.map(|action| differs(FieldId(1), "differs", action)));
        classes
    }
}

/// The classes of everything that is no difference of a field: a lead without record is created, the
/// rest is told.
#[must_use]
pub fn structural() -> Vec<Class> {
    let told = |(id, trigger): (&str, Trigger)| class(id, trigger, Action::Flag);
    let others = [
        ("shared", Trigger::SharedToken),
        ("unclaimed", Trigger::Unclaimed),
        ("gone", Trigger::Gone),
        ("ambiguous", Trigger::Ambiguous),
        ("key_changed", Trigger::KeyChanged),
        ("unreadable", Trigger::Unreadable),
        ("deleted", Trigger::Deleted),
    ];
    [class("new", Trigger::Missing, Action::Fix)].into_iter().chain(others.map(told)).collect()
}

/// The class of every difference of a field.
#[must_use]
pub fn differs(field: FieldId, id: &str, action: Action) -> Class {
    class(id, Trigger::Differs { field, when: None }, action)
}

fn class(id: &str, trigger: Trigger, action: Action) -> Class {
    Class { id: id.into(), trigger, action, title: String::new() }
}

/// Caps that stop nobody: one record is all records here, and how many may change is the business of
/// other tests.
#[must_use]
pub fn wide() -> Caps {
    Caps {
        updates_percent: 100.0,
        creates_percent: 100.0,
        archives_percent: 100.0,
        blanking_percent: 100.0,
        conflicts_percent: 100.0,
        source_loss_percent: 100.0,
        ..Caps::default()
    }
}

fn side(system: &str, bindings: Vec<Binding>) -> Side {
    let columns = ["token", "value", "owner"].map(str::to_owned).into();
    Side { system: system.into(), columns, bindings }
}

/// A field in the column at its own position.
#[must_use]
pub const fn binding(at: u16, lens: Lens, flow: Flow) -> Binding {
    Binding { field: FieldId(at), column: at as usize, lens, flow, create_only: false }
}

/// The entity's record in the source of truth.
#[must_use]
pub fn ours(value: Cell, at: Option<i64>) -> Record {
    record(ENTITY, vec![Cell::text(ENTITY), value, Cell::Null], at)
}

/// The entity's record in the mirror, of this owner.
#[must_use]
pub fn theirs(value: Cell, owner: &str, at: Option<i64>) -> Record {
    record(REMOTE, vec![Cell::text(format!("ID:{ENTITY}")), value, Cell::text(owner)], at)
}

/// The entity's record in the mirror, inside the scope.
#[must_use]
pub fn in_scope(value: Cell, at: Option<i64>) -> Record {
    theirs(value, OWNER, at)
}

fn record(id: &str, cells: Vec<Cell>, at: Option<i64>) -> Record {
    let version = at.and_then(|ms| Timestamp::from_millisecond(ms).ok());
    Record { version, ..Record::new(RemoteId::new(id), cells) }
}

/// Memory of a pipeline that has run with this configuration, without links.
#[must_use]
pub fn memory() -> Memory {
    let mut memory = Memory::new("a".into(), PrintKey::new([7; 32]));
    memory.config_hash = Some("c1".into());
    memory.canonical_count = Some(1);
    memory.tenants = [MIRROR, CANONICAL].map(|system| (system.into(), TENANT.into())).into();
    memory
}

/// Where memory keeps the entity's link.
#[must_use]
pub fn key() -> LinkKey {
    LinkKey { system: MIRROR.into(), entity: EntityKey::new(ENTITY) }
}

/// The entity's link, in this state.
#[must_use]
pub fn link(state: LinkState) -> Link {
    let link =
        Link::new(&SystemName::new(MIRROR), &EntityKey::new(ENTITY), &RemoteId::new(REMOTE), How::Token);
    Link { state, ..link }
}

/// What both sides said of the value, as the mapping in force or another one remembered it.
#[must_use]
pub fn base(
    setup: &Setup,
    memory: &Memory,
    canonical: &Cell,
    mirror: &Cell,
    stale: bool,
) -> Option<FieldBase> {
    let base = base_of(setup, memory, VALUE, [canonical, mirror])?;
    Some(FieldBase { mapping: if stale { !base.mapping } else { base.mapping }, ..base })
}

/// That both sides agreed on the token.
#[must_use]
pub fn token(setup: &Setup, memory: &Memory) -> Option<FieldBase> {
    let token = Cell::list([ENTITY]);
    base_of(setup, memory, TOKEN, [&token, &token])
}

fn base_of(setup: &Setup, memory: &Memory, slot: usize, said: [&Cell; 2]) -> Option<FieldBase> {
    let mirror = setup.mirrors().first()?;
    let field = setup.field(mirror.side.bindings.get(slot)?.field);
    let cell = |raw: &Cell| {
        let cell = field.kind.lenient(raw);
        Some(BaseCell { print: memory.print(&cell)?, cell: Some(cell) })
    };
    let [canonical, theirs] = said.map(cell);
    let mapping = setup.mapping(mirror).tag(slot);
    Some(FieldBase { field: field.name.clone(), mapping, canonical: canonical?, mirror: theirs? })
}

/// What the mirror can do.
#[must_use]
pub fn card(system: &str) -> Card {
    Card {
        system: system.into(),
        kind: "hubspot".into(),
        batch: BatchSizes { read: 100, read_history: 50, create: 100, update: 100, archive: 100 },
        verbs: Verbs { create: true, update: true, archive: true },
        delta: false,
        history: true,
        compare_and_set: false,
        merges: true,
        unique_ext_id: true,
        max_in_flight: Duration::from_mins(2),
        max_index_lag: Duration::from_mins(1),
        rates: Vec::new(),
    }
}

impl World<'_> {
    /// Plans the cycle and asks every rule of the guard.
    ///
    /// # Errors
    /// When the setup has no mirror.
    pub fn cycle(&self, card: &Card) -> Result<(Reconciled, Verdict)> {
        let side = self.setup.mirrors().first().ok_or_else(|| anyhow!("no mirror"))?;
        let truth = TruthView { seen: &self.canonical, card: Some((card, 1)), tenant: TENANT };
        let view = MirrorView { side, seen: &self.mirror, card, tenant: TENANT, gathered: 1, at: self.at };
        let reconciled = reconcile(self.setup, &self.memory, truth, &[view]);
        let verdict = review(&reconciled.plan, &self.facts(card), &[]);
        Ok((reconciled, verdict))
    }

    fn facts<'a>(&'a self, card: &'a Card) -> Facts<'a> {
        let of = |seen: &Snapshot, foreign: &[RemoteId]| written(card, seen, foreign);
        let mirrors = [
            (SystemName::new(MIRROR), of(&self.mirror, &self.foreign)),
            (SystemName::new(CANONICAL), of(&self.canonical, &[])),
        ];
        Facts {
            setup: self.setup,
            memory: &self.memory,
            first: false,
            reviewed: false,
            // The lead may be gone; whether all are is the business of other tests.
            canonical_count: 1,
            canonical_coverage: self.canonical.coverage,
            reshaped: Vec::new(),
            mirrors: mirrors.into(),
        }
    }
}

/// What the guard may know of a system that is written, all of whose columns are fit for it.
#[must_use]
pub fn written<'a>(card: &'a Card, seen: &Snapshot, foreign: &[RemoteId]) -> MirrorFacts<'a> {
    let column = || Column { kind: "string".into(), writable: true, options: Vec::new() };
    let columns = ["token", "value", "one", "two", "owner", "lead_id"];
    MirrorFacts {
        card,
        coverage: seen.coverage,
        foreign: foreign.to_vec(),
        in_scope: seen.records.iter().map(|record| record.id.clone()).collect(),
        tenant: TENANT.into(),
        columns: columns.map(|name| (name.to_owned(), column())).into(),
        diversity: BTreeMap::new(),
    }
}
