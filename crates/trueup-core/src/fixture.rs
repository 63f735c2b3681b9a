//! A workbook of leads and a portal of contacts, as small as tests of this crate need them.

pub(crate) mod hub;

use std::time::Duration;

use jiff::Timestamp;

use crate::{
    card::{BatchSizes, Card, Rate, Verbs},
    link::{How, Link},
    memory::{Choice, Decision, LinkKey, Memory, Note},
    merge::{Flow, Survivor},
    name::{EntityKey, FieldId, RemoteId},
    plan::{Act, Change, Edit, Finding, MirrorView, Reconciled, Turn, reconcile},
    record::Record,
    setup::{
        Action, Binding, Caps, Class, Draft, Field, Lens, MirrorSide, Scope, Setup, Side, Timing, Trigger,
    },
    snapshot::Snapshot,
    text::phone::Region,
    value::{Cell, Kind, PrintKey},
};

pub(crate) const PORTAL: &str = "portal";
pub(crate) const OWNER: &str = "88361194";
pub(crate) const COLUMNS: [&str; 6] = ["note", "email", "more", "phone", "city", "owner"];

fn field(at: u16) -> FieldId {
    FieldId(at)
}

fn binding(at: u16, column: usize, lens: Lens) -> Binding {
    Binding { field: field(at), column, lens, flow: Flow::Out, create_only: false }
}

pub(crate) fn setup() -> Setup {
    draft().build().unwrap()
}

pub(crate) fn draft() -> Draft {
    let fields = vec![
        Field { survivor: Survivor::Union, ..Field::new("token", Kind::Tags) },
        Field { identity: true, ..Field::new("email", Kind::Email) },
        Field { identity: true, survivor: Survivor::Union, ..Field::new("more", Kind::Emails) },
        Field::new("phone", Kind::Phone(Region::US)),
        Field::new("city", Kind::Text),
        Field::new("owner", Kind::Text),
    ];
    let workbook = Side {
        system: "workbook".into(),
        columns: ["KEY", "EMAIL_ALL", "PHONE", "CITY"].map(str::to_owned).into(),
        bindings: vec![
            binding(0, 0, Lens::Whole),
            binding(1, 1, Lens::First),
            binding(2, 1, Lens::Rest),
            binding(3, 2, Lens::Whole),
            binding(4, 3, Lens::Whole),
        ],
    };
    let portal = Side {
        system: PORTAL.into(),
        columns: COLUMNS.map(str::to_owned).into(),
        bindings: vec![
            binding(0, 0, Lens::Tokens { prefix: "ID:".into() }),
            binding(1, 1, Lens::Whole),
            binding(2, 2, Lens::List { delimiter: ';' }),
            binding(3, 3, Lens::Whole),
            binding(4, 4, Lens::Whole),
            Binding { create_only: true, ..binding(5, 5, Lens::Constant(OWNER.into())) },
        ],
    };
    Draft {
        pipeline: "leads".into(),
        entity: "lead".into(),
        fields,
        canonical: workbook,
        canonical_writes: false,
        canonical_ext_id: None,
        mirrors: vec![MirrorSide {
            side: portal,
            scope: Some(Scope { column: 5, equals: OWNER.into() }),
            token: Some(field(0)),
            ext_id_column: Some("lead_id".into()),
            feeds: false,
        }],
        classes: classes(),
        caps: Caps::default(),
        timing: Timing::default(),
        config_hash: "c1".into(),
    }
}

fn classes() -> Vec<Class> {
    let differs = |at| Trigger::Differs { field: field(at), when: None };
    let class = |(id, trigger, action): (&str, Trigger, Action)| Class {
        id: id.into(),
        trigger,
        action,
        title: String::new(),
    };
    [
        ("D2", differs(0), Action::Fix),
        ("D4", differs(1), Action::Fix),
        ("D5", differs(2), Action::Fix),
        ("D6", differs(3), Action::Fix),
        ("D3", differs(4), Action::Fix),
        ("D7", Trigger::Missing, Action::Fix),
        ("F1", Trigger::Stranger, Action::Flag),
        ("F2", Trigger::SharedToken, Action::Flag),
        ("F3", Trigger::Unclaimed, Action::Flag),
        ("gone", Trigger::Gone, Action::Flag),
        ("ambiguous", Trigger::Ambiguous, Action::Flag),
        ("key_changed", Trigger::KeyChanged, Action::Flag),
        ("unreadable", Trigger::Unreadable, Action::Flag),
        ("deleted", Trigger::Deleted, Action::Flag),
    ]
    .map(class)
    .into()
}

/// A lead with this ledger.
pub(crate) fn lead(key: &str, ledger: &str) -> Record {
    let cells = [key, ledger, "970-555-0100", "Granby"].map(Cell::text);
    Record::new(RemoteId::new(key), cells.into())
}

/// A contact of ours with this note and these addresses, that agrees with its lead otherwise.
pub(crate) fn contact(id: &str, note: &str, email: &str, more: &str) -> Record {
    let cells = [note, email, more, "+19705550100", "Granby", OWNER].map(Cell::text);
    Record { version: Some(time(100)), ..Record::new(RemoteId::new(id), cells.into()) }
}

/// The contact that agrees with the lead of this key.
pub(crate) fn twin(id: &str, key: &str) -> Record {
    contact(id, &format!("ID:{key}"), &address(key), "")
}

/// The lead that agrees with [`twin`].
pub(crate) fn plain(key: &str) -> Record {
    lead(key, &address(key))
}

pub(crate) fn address(key: &str) -> String {
    format!("{}@example.org", key.to_lowercase())
}

/// Replaces one cell of a contact.
pub(crate) fn with(mut record: Record, column: &str, cell: impl Into<String>) -> Record {
    record.cells[column_of(column)] = Cell::text(cell.into());
    record
}

pub(crate) fn column_of(column: &str) -> usize {
    COLUMNS.iter().position(|name| *name == column).unwrap()
}

pub(crate) fn time(ms: i64) -> Timestamp {
    Timestamp::from_millisecond(ms).unwrap()
}

pub(crate) fn memory() -> Memory {
    Memory::new("a".into(), PrintKey::new([7; 32]))
}

pub(crate) fn link_to(key: &str, id: &str) -> Link {
    let own = Link::new(&PORTAL.into(), &key.into(), &id.into(), How::Token);
    Link { version: Some(time(100)), ..own }
}

pub(crate) fn key(entity: &str) -> LinkKey {
    LinkKey { system: PORTAL.into(), entity: EntityKey::new(entity) }
}

/// Memory with these links.
pub(crate) fn linked(links: &[(&str, &str)]) -> Memory {
    let mut memory = memory();
    memory.links = links.iter().map(|(key, id)| link_to(key, id)).map(|link| (link.key(), link)).collect();
    memory
}

/// Remembers what a person decided about this finding.
pub(crate) fn decide(memory: &mut Memory, finding: &Finding, choice: Choice) {
    let (about, remotes) = (memory.about(finding), finding.remotes.clone());
    let decision = Decision { choice, by: "Ada".into(), at: time(0), about, remotes };
    memory.commit(&[Note::Decide(finding.key.clone(), decision)]);
}

pub(crate) fn workbook(records: Vec<Record>) -> Snapshot {
    Snapshot::new("workbook".into(), records)
}

pub(crate) fn portal(records: Vec<Record>) -> Snapshot {
    Snapshot::new(PORTAL.into(), records)
}

pub(crate) fn card() -> Card {
    Card {
        system: PORTAL.into(),
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
        rates: vec![Rate { bucket: "burst".into(), requests: 100, window: Duration::from_secs(10) }],
    }
}

/// Plans one cycle, at the beginning of time.
pub(crate) fn cycle(setup: &Setup, memory: &Memory, workbook: &Snapshot, portal: &Snapshot) -> Reconciled {
    cycle_at(time(0), setup, memory, workbook, portal)
}

/// Plans one cycle at a time of its own.
pub(crate) fn cycle_at(
    at: Timestamp,
    setup: &Setup,
    memory: &Memory,
    workbook: &Snapshot,
    portal: &Snapshot,
) -> Reconciled {
    let card = card();
    let view =
        MirrorView { side: &setup.mirrors()[0], seen: portal, card: &card, tenant: "4711", gathered: 3, at };
    reconcile(setup, memory, workbook, &[view])
}

/// An edit of a column by the field of the same name.
pub(crate) fn edit(column: &str, before: &str, after: &str) -> Edit {
    let name = if column == "note" { "token" } else { column };
    Edit {
        field: name.into(),
        column: column.into(),
        class: "D3".into(),
        before: Cell::text(before),
        after: Cell::text(after),
        wanted: Cell::text(after),
        canonical: Cell::text(after),
        turn: Turn::Alone,
    }
}

pub(crate) fn change(entity: &str, act: Act, edits: Vec<Edit>) -> Change {
    Change { system: PORTAL.into(), entity: entity.into(), label: String::new(), act, edits }
}

pub(crate) fn update(entity: &str, id: &str, edits: Vec<Edit>) -> Change {
    change(entity, Act::Update { remote: id.into(), how: How::Token }, edits)
}
