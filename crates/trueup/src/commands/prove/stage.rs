//! What the guard knows before an attack: a calm world in which one ordinary change is cleared.

use std::collections::BTreeMap;

use jiff::Timestamp;
use trueup_core::{
    card::Card,
    guard::{Column, Facts, MirrorFacts},
    link::{How, Link},
    memory::{LinkKey, Memory},
    name::{ClassId, EntityKey, ExtId},
    plan::{Act, Change, Edit, MadeFrom, Plan, Report, Turn},
    setup::{Binding, MirrorSide, Setup},
    snapshot::Coverage,
    value::{Cell, PrintKey},
};

use super::shape;

const TENANT: &str = "proof";

/// A calm world that an attack disturbs.
pub(super) struct Stage<'a> {
    pub(super) setup: &'a Setup,
    pub(super) side: &'a MirrorSide,
    /// The field that attacks write.
    pub(super) target: &'a Binding,
    pub(super) size: usize,
    pub(super) memory: Memory,
    pub(super) card: Card,
    pub(super) canonical_count: usize,
    pub(super) foreign: usize,
    pub(super) seen: usize,
    pub(super) tenant: String,
    pub(super) coverage: Coverage,
    pub(super) columns: BTreeMap<String, Column>,
    pub(super) changes: Vec<Change>,
    pub(super) conflicts: usize,
}

impl<'a> Stage<'a> {
    /// A calm world of this setup; `None` when the mirror has no field that can be attacked.
    pub(super) fn new(setup: &'a Setup, side: &'a MirrorSide, card: &Card) -> Option<Self> {
        use trueup_core::setup::Lens;
        let scope = side.scope.as_ref().map(|scope| scope.column);
        let plain = |binding: &&Binding| {
            let whole = matches!(binding.lens, Lens::Whole) && binding.flow != trueup_core::merge::Flow::In;
            whole && !binding.create_only && Some(binding.column) != scope
        };
        let target = side.side.bindings.iter().find(plain)?;
        let count = shape::size(setup);
        let column = Column { kind: "string".into(), writable: true, options: Vec::new() };
        let columns = side.side.columns.iter().map(|name| (name.clone(), column.clone())).collect();
        Some(Self {
            setup,
            side,
            target,
            size: count,
            memory: memory(setup, side, count),
            card: card.clone(),
            canonical_count: count,
            foreign: 0,
            seen: count,
            tenant: TENANT.to_owned(),
            coverage: Coverage::Whole,
            columns,
            changes: Vec::new(),
            conflicts: 0,
        })
    }

    /// An edit of the attacked field.
    pub(super) fn edit(&self, before: Cell, after: Cell) -> Edit {
        Edit {
            field: self.setup.field_name(self.target.field).clone(),
            column: self.side.side.column(self.target).to_owned(),
            class: ClassId::new("proof"),
            before,
            wanted: after.clone(),
            canonical: after.clone(),
            after,
            turn: Turn::Alone,
        }
    }

    /// An ordinary update.
    pub(super) fn update(&self, number: usize) -> Change {
        let edit = self.edit(Cell::text(format!("old {number}")), Cell::text(format!("new {number}")));
        self.change(number, Act::Update { remote: shape::remote(number), how: How::Token }, vec![edit])
    }

    /// An ordinary archive.
    pub(super) fn archive(&self, number: usize) -> Change {
        self.change(number, Act::Archive { remote: shape::remote(number), version: None }, Vec::new())
    }

    /// An ordinary create: everything that the mapping writes, inside the scope.
    pub(super) fn create(&self, number: usize) -> Change {
        let record = shape::canonical(self.setup, number, 0);
        let cells = shape::agreeing(self.setup, self.side, &record);
        let edits = self.side.side.bindings.iter().filter_map(|binding| {
            let column = self.side.side.column(binding);
            let text = cells.iter().find(|(name, _)| name == column).map(|(_, text)| text)?;
            let field = self.setup.field_name(binding.field).clone();
            Some(Edit { field, column: column.to_owned(), ..self.edit(Cell::Null, Cell::text(text)) })
        });
        let ext_id = ExtId::new(shape::key(number));
        let ext_id_column = self.side.ext_id_column.clone();
        self.change(
            number,
            Act::Create { ext_id, ext_id_column, class: ClassId::new("proof"), origin: None },
            edits.collect(),
        )
    }

    fn change(&self, number: usize, act: Act, edits: Vec<Edit>) -> Change {
        let entity = EntityKey::new(shape::key(number));
        Change { system: self.side.side.system.clone(), entity, label: String::new(), act, edits }
    }

    /// The plan of the attack.
    pub(super) fn plan(&self) -> Plan {
        let conflict = |number| trueup_core::plan::FieldConflict {
            system: self.side.side.system.clone(),
            entity: EntityKey::new(shape::key(number)),
            field: self.setup.field_name(self.target.field).clone(),
            claims: Vec::new(),
        };
        let plan = Plan {
            id: String::new(),
            pipeline: self.setup.pipeline().clone(),
            made_from: MadeFrom {
                lineage: "proof".into(),
                serial: 1,
                config_hash: self.setup.config_hash().to_owned(),
            },
            changes: self.changes.clone(),
            held: Vec::new(),
            findings: Vec::new(),
            conflicts: (0..self.conflicts).map(conflict).collect(),
            report: Report::default(),
        };
        plan.named()
    }

    /// What the guard may know.
    pub(super) fn facts(&self) -> Facts<'_> {
        let mirror = MirrorFacts {
            card: &self.card,
            coverage: self.coverage,
            foreign: (0..self.foreign).map(|number| shape::remote(self.size + 1 + number)).collect(),
            in_scope: (0..self.seen).map(shape::remote).collect(),
            tenant: self.tenant.clone(),
            columns: self.columns.clone(),
            diversity: self.setup.fields().iter().map(|field| (field.name.to_string(), 3)).collect(),
        };
        Facts {
            setup: self.setup,
            memory: &self.memory,
            first: false,
            reviewed: false,
            canonical_count: self.canonical_count,
            canonical_coverage: Coverage::Whole,
            reshaped: Vec::new(),
            mirrors: BTreeMap::from([(self.side.side.system.clone(), mirror)]),
        }
    }
}

fn memory(setup: &Setup, side: &MirrorSide, count: usize) -> Memory {
    let system = &side.side.system;
    let mut memory = Memory::new("proof".into(), PrintKey::new([7; 32]));
    memory.config_hash = Some(setup.config_hash().to_owned());
    memory.canonical_count = Some(count);
    memory.tenants.insert(system.clone(), TENANT.to_owned());
    for number in 0..count {
        let entity = EntityKey::new(shape::key(number));
        let own = Link::new(system, &entity, &shape::remote(number), How::Token);
        let link = Link { version: Some(Timestamp::UNIX_EPOCH), ..own };
        memory.links.insert(LinkKey { system: system.clone(), entity }, link);
    }
    memory
}
