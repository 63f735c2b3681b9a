//! A world in which nothing is wrong, and ways to make it wrong.

use std::{collections::BTreeMap, time::Duration};

use jiff::Timestamp;

use super::super::{Column, Facts, MirrorFacts, Objection, Rule, rehearse, review, rules};
use crate::{
    card::{BatchSizes, Card, Verbs},
    drift::Reshaped,
    link::{How, Link},
    memory::{Approval, Memory},
    merge::Flow,
    name::{EntityKey, ExtId, FieldId, RemoteId, SystemName},
    plan::{Act, Change, Edit, FieldConflict, MadeFrom, Plan, Report, Turn},
    setup::{Binding, Caps, Draft, Field, Lens, MirrorSide, Scope, Setup, Side, Timing},
    snapshot::Coverage,
    value::{Cell, Kind, PrintKey},
};

pub(super) const PORTAL: &str = "portal";
pub(super) const COLUMNS: [&str; 8] = ["email", "name", "city", "number", "score", "owner", "tags", "born"];

/// A world in which nothing is wrong: 100 leads, all linked to records of the scope.
pub(super) struct World {
    pub(super) setup: Setup,
    pub(super) memory: Memory,
    pub(super) card: Card,
    pub(super) plan: Plan,
    pub(super) first: bool,
    pub(super) reviewed: bool,
    pub(super) canonical_count: usize,
    pub(super) canonical_coverage: Coverage,
    pub(super) reshaped: Vec<Reshaped>,
    pub(super) coverage: Coverage,
    pub(super) foreign: Vec<RemoteId>,
    pub(super) tenant: String,
    pub(super) columns: BTreeMap<String, Column>,
    pub(super) diversity: BTreeMap<String, usize>,
}

impl World {
    pub(super) fn new() -> Self {
        Self {
            setup: setup(),
            memory: memory(100),
            card: card(),
            plan: plan(Vec::new()),
            first: false,
            reviewed: false,
            canonical_count: 100,
            canonical_coverage: Coverage::Whole,
            reshaped: Vec::new(),
            coverage: Coverage::Whole,
            foreign: Vec::new(),
            tenant: "portal 4711".into(),
            columns: COLUMNS.map(|name| (name.to_owned(), column("string"))).into(),
            diversity: BTreeMap::from([("city".to_owned(), 3), ("owner".to_owned(), 1)]),
        }
    }

    pub(super) fn with(changes: Vec<Change>) -> Self {
        Self { plan: plan(changes), ..Self::new() }
    }

    pub(super) fn facts(&self) -> Facts<'_> {
        let mirror = MirrorFacts {
            card: &self.card,
            coverage: self.coverage,
            foreign: self.foreign.clone(),
            in_scope: (0..100).map(remote).collect(),
            tenant: self.tenant.clone(),
            columns: self.columns.clone(),
            diversity: self.diversity.clone(),
        };
        Facts {
            setup: &self.setup,
            memory: &self.memory,
            first: self.first,
            reviewed: self.reviewed,
            canonical_count: self.canonical_count,
            canonical_coverage: self.canonical_coverage,
            reshaped: self.reshaped.clone(),
            mirrors: BTreeMap::from([(SystemName::new(PORTAL), mirror)]),
        }
    }

    pub(super) fn objections(&self, rule: Rule) -> Vec<Objection> {
        rules::ask(rule, &self.plan, &self.facts())
    }

    pub(super) fn cleared(&self, approvals: &[Approval]) -> usize {
        review(&self.plan, &self.facts(), approvals).cleared.len()
    }

    /// The change is stopped, by this rule and no other.
    #[track_caller]
    pub(super) fn only(&self, rule: Rule) {
        let verdict = review(&self.plan, &self.facts(), &[]);
        let said: Vec<String> = verdict
            .held
            .iter()
            .map(|h| h.rule.clone())
            .chain(verdict.halts.iter().map(|h| h.rule.to_string()))
            .collect();
        assert!(said.iter().all(|name| name == rule.name()) && !said.is_empty(), "{rule}: {said:?}");
        assert!(verdict.cleared.len() < self.plan.changes.len(), "{rule} lets all through");
        let through = rehearse(&self.plan, &self.facts(), rule).changes.len();
        assert_eq!(through, self.plan.changes.len(), "without {rule} the attack must get through");
        for other in Rule::ALL.into_iter().filter(|other| *other != rule) {
            let through = rehearse(&self.plan, &self.facts(), other).changes.len();
            assert!(through < self.plan.changes.len(), "without {other} the attack of {rule} gets through");
        }
    }

    #[track_caller]
    pub(super) fn passes(&self, what: &str) {
        let verdict = review(&self.plan, &self.facts(), &[]);
        assert!(
            verdict.held.is_empty() && verdict.halts.is_empty(),
            "{what}: {:?} {:?}",
            verdict.held,
            verdict.halts
        );
        assert_eq!(verdict.cleared.len(), self.plan.changes.len(), "{what}");
    }

    #[track_caller]
    pub(super) fn says(&self, rule: Rule, words: &str) {
        let said: Vec<String> = self
            .objections(rule)
            .into_iter()
            .map(|objection| match objection {
                Objection::Hold { why, .. } => why,
                Objection::Stop { what, .. } => what,
            })
            .collect();
        assert!(said.iter().any(|text| text.contains(words)), "{said:?} lacks '{words}'");
    }
}

pub(super) fn setup() -> Setup {
    setup_with(Caps::default())
}

pub(super) fn setup_with(caps: Caps) -> Setup {
    let mut fields = vec![
        Field::new("email", Kind::Email),
        Field::new("name", Kind::Name),
        Field::new("city", Kind::Text),
        Field::new("number", Kind::Text),
        Field::new("score", Kind::Text),
        Field::new("owner", Kind::Text),
        Field::new("tags", Kind::Tags),
        Field::new("born", Kind::Text),
    ];
    fields[0].identity = true;
    fields[1].label = true;
    fields[3].immutable = true;
    let mut mirror: Vec<Binding> = (0..COLUMNS.len()).map(binding).collect();
    mirror[4].flow = Flow::In;
    mirror[5].create_only = true;
    mirror[5].lens = Lens::Constant("88361194".into());
    let side = |system: &str, bindings| Side {
        system: system.into(),
        columns: COLUMNS.map(str::to_owned).into(),
        bindings,
    };
    Draft {
        pipeline: "leads".into(),
        entity: "lead".into(),
        fields,
        canonical: side("workbook", (0..COLUMNS.len()).map(binding).collect()),
        canonical_writes: true,
        canonical_ext_id: None,
        mirrors: vec![MirrorSide {
            side: side(PORTAL, mirror),
            scope: Some(Scope { column: 5, equals: "88361194".into() }),
            token: None,
            ext_id_column: Some("lead_id".into()),
            feeds: false,
        }],
        classes: Vec::new(),
        caps,
        timing: Timing::default(),
        config_hash: "c1".into(),
    }
    .build()
    .unwrap()
}

pub(super) fn binding(at: usize) -> Binding {
    Binding {
        field: FieldId(u16::try_from(at).unwrap()),
        column: at,
        lens: Lens::Whole,
        flow: Flow::Out,
        create_only: false,
    }
}

pub(super) fn memory(links: usize) -> Memory {
    let mut memory = Memory::new("a".into(), PrintKey::new([7; 32]));
    memory.config_hash = Some("c1".into());
    memory.canonical_count = Some(100);
    memory.tenants.insert(PORTAL.into(), "portal 4711".into());
    for at in 0..links {
        let link = link(at);
        memory.links.insert(link.key(), link);
    }
    memory
}

pub(super) fn link(at: usize) -> Link {
    Link::new(&PORTAL.into(), &entity(at), &remote(at), How::Token)
}

pub(super) fn card() -> Card {
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
        rates: Vec::new(),
    }
}

pub(super) fn plan(changes: Vec<Change>) -> Plan {
    Plan {
        id: String::new(),
        pipeline: "leads".into(),
        made_from: MadeFrom { lineage: "a".into(), serial: 1, config_hash: "c1".into() },
        changes,
        held: Vec::new(),
        findings: Vec::new(),
        conflicts: Vec::new(),
        report: Report::default(),
    }
    .named()
}

pub(super) fn column(kind: &str) -> Column {
    Column { kind: kind.into(), writable: true, options: Vec::new() }
}

pub(super) fn remote(at: usize) -> RemoteId {
    RemoteId::new(at.to_string())
}

pub(super) fn entity(at: usize) -> EntityKey {
    EntityKey::new(format!("R{at:05}"))
}

pub(super) fn edit(field: &str, before: &str, after: &str) -> Edit {
    Edit {
        field: field.into(),
        column: field.to_owned(),
        class: "D3".into(),
        before: Cell::text(before),
        after: Cell::text(after),
        wanted: Cell::text(after),
        canonical: Cell::text(after),
        turn: Turn::Alone,
    }
}

pub(super) fn change(at: usize, act: Act, edits: Vec<Edit>) -> Change {
    Change { system: PORTAL.into(), entity: entity(at), label: "Ada Lovelace".into(), act, edits }
}

pub(super) fn update(at: usize, edits: Vec<Edit>) -> Change {
    change(at, Act::Update { remote: remote(at), how: How::Token }, edits)
}

pub(super) fn archive(at: usize) -> Change {
    change(at, Act::Archive { remote: remote(at), version: None }, Vec::new())
}

pub(super) fn create(at: usize, edits: Vec<Edit>) -> Change {
    let act = Act::Create {
        ext_id: ExtId::new(format!("x{at}")),
        ext_id_column: Some("lead_id".into()),
        class: "D7".into(),
        origin: None,
    };
    change(at, act, edits)
}

pub(super) fn newcomer(at: usize) -> Change {
    create(at, vec![edit("email", "", &format!("{at}@example.org")), edit("owner", "", "88361194")])
}

pub(super) fn moves(count: usize) -> Vec<Change> {
    (0..count).map(|at| update(at, vec![edit("city", "Granby", &format!("Town {at}"))])).collect()
}

pub(super) fn one_update(edit: Edit) -> World {
    World::with(vec![update(1, vec![edit])])
}

pub(super) fn approval(plan: &Plan, halt: &str, max: usize) -> Approval {
    Approval {
        plan: plan.id.clone(),
        halt: halt.into(),
        system: PORTAL.into(),
        about: None,
        max,
        reason: "the county renamed its towns".into(),
        by: "Ada".into(),
        at: Timestamp::UNIX_EPOCH,
    }
}

pub(super) fn caps(change: impl Fn(&mut Caps)) -> Setup {
    let mut caps = Caps::default();
    change(&mut caps);
    setup_with(caps)
}

pub(super) fn conflicts(count: usize) -> Vec<FieldConflict> {
    let conflict = |at| FieldConflict {
        system: PORTAL.into(),
        entity: entity(at),
        field: "city".into(),
        claims: Vec::new(),
    };
    (0..count).map(conflict).collect()
}
