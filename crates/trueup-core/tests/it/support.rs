//! A workbook of leads and a portal of contacts, small enough to read.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use jiff::Timestamp;
use trueup_core::{
    card::{BatchSizes, Card, Rate, Verbs},
    expr::Expr,
    memory::Memory,
    merge::{Flow, Survivor},
    name::{FieldId, RemoteId},
    plan::{
        Act, Bucket, Change, Cost, Edit, MadeFrom, MirrorView, Plan, Reconciled, Report, Turn, reconcile,
    },
    record::Record,
    render::{Detail, Options, Style},
    setup::{
        Action, Binding, Caps, Class, Draft, Field, Lens, MirrorSide, Scope, Setup, Side, Timing, Trigger,
    },
    snapshot::Snapshot,
    value::{Cell, Kind, PrintKey},
};

pub(crate) const OWNER: &str = "88361194";
pub(crate) const TENANT: &str = "portal 4711";

const EMAIL: usize = 0;
const EMAILS: usize = 1;
const NAME: usize = 2;
const CITY: usize = 3;
const PHONE: usize = 4;
const COMMISSION: usize = 5;
const TOKEN: usize = 6;
const OWNED: usize = 7;
const NOTES: usize = 8;

const WORKBOOK: [&str; 7] = ["EMAIL_ALL", "NAME", "CITY", "PHONE", "COMMISSION", "LEAD_ID", "NOTES"];
const PORTAL: [&str; 9] = [
    "email",
    "hs_additional_emails",
    "fullname",
    "city",
    "phone",
    "commission",
    "trackingsource",
    "hubspot_owner_id",
    "notes",
];

/// The configuration of all golden plans; `city` is merged by the survivor given.
pub(crate) fn setup_with(city: Survivor, flow: Flow, without: &[&str]) -> Setup {
    let mut draft = draft(city, flow);
    draft.classes.retain(|class| !without.contains(&class.id.as_str()));
    draft.build().unwrap()
}

/// The same with the condition of `D3` replaced, and everything else that differs fixed.
pub(crate) fn setup_when(condition: &str) -> Setup {
    let mut draft = draft(Survivor::Canonical, Flow::Out);
    for class in &mut draft.classes {
        match class.id.as_str() {
            "D3" => {
                let when = Some(Expr::compile(condition).unwrap());
                class.trigger = Trigger::Differs { field: field(CITY), when };
            }
            "other" => class.action = Action::Fix,
            _ => {}
        }
    }
    draft.build().unwrap()
}

fn draft(city: Survivor, flow: Flow) -> Draft {
    Draft {
        pipeline: "leads".into(),
        entity: "lead".into(),
        fields: fields(city),
        canonical: Side {
            system: "workbook".into(),
            columns: WORKBOOK.map(str::to_owned).into(),
            bindings: sources(),
        },
        canonical_writes: flow != Flow::Out,
        canonical_ext_id: None,
        mirrors: vec![MirrorSide {
            side: Side {
                system: "hubspot".into(),
                columns: PORTAL.map(str::to_owned).into(),
                bindings: targets(flow),
            },
            scope: Some(Scope { column: OWNED, equals: OWNER.into() }),
            token: Some(field(TOKEN)),
            ext_id_column: Some("lead_id".into()),
            feeds: false,
        }],
        classes: classes(),
        caps: Caps::default(),
        timing: Timing::default(),
        config_hash: "c1".into(),
    }
}

/// The same with a second mirror, like the first.
pub(crate) fn setup_with_desk() -> Setup {
    let mut two = draft(Survivor::Canonical, Flow::Out);
    two.mirrors.extend(draft(Survivor::Canonical, Flow::Out).mirrors);
    two.mirrors[1].side.system = "desk".into();
    two.build().unwrap()
}

pub(crate) fn setup() -> Setup {
    setup_with(Survivor::Canonical, Flow::Out, &[])
}

fn field(at: usize) -> FieldId {
    FieldId(u16::try_from(at).unwrap())
}

fn fields(city: Survivor) -> Vec<Field> {
    let us = "US".parse().unwrap();
    let mut fields = vec![
        Field::new("email", Kind::Email),
        Field::new("emails", Kind::Emails),
        Field::new("name", Kind::Name),
        Field::new("city", Kind::Text),
        Field::new("phone", Kind::Phone(us)),
        Field::new("commission", Kind::Text),
        Field::new("token", Kind::Tags),
        Field::new("owner", Kind::Text),
        Field::new("notes", Kind::Text),
    ];
    fields[EMAIL].identity = true;
    fields[EMAILS].identity = true;
    fields[EMAILS].survivor = Survivor::Union;
    fields[NAME].label = true;
    fields[CITY].survivor = city;
    fields[TOKEN].survivor = Survivor::Union;
    fields
}

fn binding(at: usize, column: usize, lens: Lens) -> Binding {
    Binding { field: field(at), column, lens, flow: Flow::Out, create_only: false }
}

fn sources() -> Vec<Binding> {
    vec![
        binding(EMAIL, 0, Lens::First),
        binding(EMAILS, 0, Lens::Rest),
        binding(NAME, 1, Lens::Whole),
        binding(CITY, 2, Lens::Whole),
        binding(PHONE, 3, Lens::Whole),
        binding(COMMISSION, 4, Lens::Whole),
        binding(TOKEN, 5, Lens::Whole),
        binding(NOTES, 6, Lens::Whole),
    ]
}

fn targets(city: Flow) -> Vec<Binding> {
    let mut all = vec![
        binding(EMAIL, EMAIL, Lens::Whole),
        binding(EMAILS, EMAILS, Lens::List { delimiter: ';' }),
        binding(NAME, NAME, Lens::Whole),
        binding(CITY, CITY, Lens::Whole),
        binding(PHONE, PHONE, Lens::Whole),
        binding(COMMISSION, COMMISSION, Lens::Whole),
        binding(TOKEN, TOKEN, Lens::Tokens { prefix: "ID:".into() }),
        binding(OWNED, OWNED, Lens::Constant(OWNER.into())),
        binding(NOTES, NOTES, Lens::Whole),
    ];
    all[NAME].create_only = true;
    all[OWNED].create_only = true;
    all[CITY].flow = city;
    all
}

fn classes() -> Vec<Class> {
    let differs = |at, when: Option<&str>| Trigger::Differs {
        field: field(at),
        when: when.map(|source| Expr::compile(source).unwrap()),
    };
    let class = |(id, trigger, action, title): (&str, Trigger, Action, &str)| Class {
        id: id.into(),
        trigger,
        action,
        title: title.into(),
    };
    [
        ("D2", differs(TOKEN, None), Action::Fix, "token missing"),
        ("D3", differs(CITY, Some("street_suffix(mirror)")), Action::Fix, "city holds a street"),
        ("D4", differs(EMAIL, None), Action::Fix, "primary e-mail differs"),
        ("D5", differs(EMAILS, None), Action::Fix, "ledger e-mail missing"),
        ("D6", differs(PHONE, None), Action::Fix, "phone differs"),
        ("D7", Trigger::Missing, Action::Fix, "no contact"),
        ("D8", differs(COMMISSION, None), Action::Fix, "commission differs"),
        ("F1", Trigger::Stranger, Action::Flag, "e-mail in no ledger"),
        ("F2", Trigger::SharedToken, Action::Flag, "shared token"),
        ("F3", Trigger::Unclaimed, Action::Flag, "unowned with our token"),
        ("other", Trigger::Other, Action::Flag, "differs"),
        ("gone", Trigger::Gone, Action::Flag, "source row gone"),
        ("ambiguous", Trigger::Ambiguous, Action::Flag, "more than one candidate"),
        ("key_changed", Trigger::KeyChanged, Action::Flag, "key changed"),
        ("unreadable", Trigger::Unreadable, Action::Flag, "cannot be read"),
        ("deleted", Trigger::Deleted, Action::Flag, "contact gone"),
    ]
    .map(class)
    .into()
}

/// A lead that the portal agrees with: change one cell and that is the drift.
pub(crate) fn lead(key: &str) -> Record {
    let email = format!("{}@example.org;{}@old.example", key.to_lowercase(), key.to_lowercase());
    let cells = [email.as_str(), "Ada Lovelace", "Grand Lake", "970-555-0199", "15", key, ""];
    Record {
        place: format!("Lead Details!A{}", &key[4..]),
        ..Record::new(key.into(), cells.map(Cell::text).into())
    }
}

/// The contact that agrees with a lead.
pub(crate) fn contact(id: &str, key: &str) -> Record {
    let (email, old) =
        (format!("{}@example.org", key.to_lowercase()), format!("{}@old.example", key.to_lowercase()));
    let token = format!("import 2024 ID:{key}");
    let cells = [&email, &old, "Ada Lovelace", "Grand Lake", "+19705550199", "15", &token, OWNER, ""];
    Record::new(RemoteId::new(id), cells.map(Cell::text).into())
}

/// Replaces one cell of a record.
pub(crate) fn with(mut record: Record, column: &str, cell: &Cell) -> Record {
    let at = WORKBOOK
        .iter()
        .position(|name| *name == column)
        .or_else(|| PORTAL.iter().position(|name| *name == column));
    record.cells[at.unwrap()] = cell.clone();
    record
}

pub(crate) fn text(text: &str) -> Cell {
    Cell::text(text)
}

pub(crate) fn memory() -> Memory {
    Memory::new("a".into(), PrintKey::new([7; 32]))
}

pub(crate) fn workbook(records: Vec<Record>) -> Snapshot {
    Snapshot::new("workbook".into(), records)
}

pub(crate) fn portal(records: Vec<Record>) -> Snapshot {
    Snapshot::new("hubspot".into(), records)
}

pub(crate) fn card() -> Card {
    Card {
        system: "hubspot".into(),
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

/// Plans one cycle.
pub(crate) fn cycle(setup: &Setup, memory: &Memory, workbook: &Snapshot, portal: &Snapshot) -> Reconciled {
    cycle_at(Timestamp::UNIX_EPOCH, setup, memory, workbook, portal)
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
        MirrorView { side: &setup.mirrors()[0], seen: portal, card: &card, tenant: TENANT, gathered: 3, at };
    reconcile(setup, memory, workbook, &[view])
}

/// What is remembered after a cycle in which both sides agreed.
pub(crate) fn remembered(setup: &Setup, workbook: &Snapshot, portal: &Snapshot) -> Memory {
    let mut memory = memory();
    let notes = cycle(setup, &memory, workbook, portal).notes;
    memory.commit(&notes);
    memory
}

/// Everything, on a terminal of a hundred columns.
pub(crate) fn all() -> Options {
    Options { width: Some(100), style: Style::Plain, detail: Detail::All, redacted: false }
}

pub(crate) fn edit(field: &str, class: &str, before: &str, after: &str) -> Edit {
    Edit {
        field: field.into(),
        column: field.to_owned(),
        class: class.into(),
        before: Cell::text(before),
        after: Cell::text(after),
        wanted: Cell::text(after),
        canonical: Cell::text(after),
        turn: Turn::Alone,
    }
}

pub(crate) fn change(key: &str, label: &str, act: Act, edits: Vec<Edit>) -> Change {
    Change { system: "hubspot".into(), entity: key.into(), label: label.into(), act, edits }
}

/// A plan of these changes over 931 records.
pub(crate) fn plan(changes: Vec<Change>) -> Plan {
    let count = changes.len();
    let cost = if count == 0 {
        Cost::default()
    } else {
        Cost { gather: 12, guard_reads: 2, writes: 2, read_backs: 2, seconds: 0.8, limit: Some((100, 10)) }
    };
    Plan {
        id: String::new(),
        pipeline: "leads".into(),
        made_from: MadeFrom { lineage: "a".into(), serial: 7, config_hash: "c1".into() },
        changes,
        held: Vec::new(),
        findings: Vec::new(),
        conflicts: Vec::new(),
        report: Report {
            canonical_records: 866,
            route: "workbook → hubspot".into(),
            scopes: BTreeMap::from([("hubspot".into(), format!("owner={OWNER}"))]),
            buckets: BTreeMap::from([
                (Bucket::InSync, 931_usize.saturating_sub(count)),
                (Bucket::Pending, count),
                (Bucket::OutOfScope, 2),
            ]),
            buckets_by_system: BTreeMap::new(),
            telling: BTreeSet::new(),
            notes: Vec::new(),
            parked: 0,
            cost: BTreeMap::from([("hubspot".into(), cost)]),
        },
    }
    .named()
}
