//! What the engine does in a cycle: it plans with what it sees, remembers, and its writes land.

use jiff::{SignedDuration, Timestamp};
use trueup_core::{
    guard::{Facts, review},
    link::{BaseCell, FieldBase, LinkState},
    memory::{Conflict, FieldKey, LinkKey, Note},
    name::{EntityKey, RemoteId, RunId, SystemName},
    plan::{Act, Change, Edit, MirrorView, Plan, TruthView, Turn, reconcile},
    record::Record,
    setup::Setup,
    snapshot::{Coverage, Snapshot},
    value::Cell,
};

use super::{
    config::{COLUMNS, FIELDS, name, position},
    office::{Copy, Fixed, Office},
};
use crate::world::{ENTITY, OWNER, REMOTE, TENANT, written};

/// A lead that nobody touches, so that never all of them are gone.
const BYSTANDER: &str = "R2";
const BESIDE: &str = "102";

/// What one cycle planned.
#[derive(Debug)]
pub struct Planned {
    /// The plan.
    pub plan: Plan,
    /// What the guard let through.
    pub cleared: Vec<Change>,
    notes: Vec<Note>,
    rested: Vec<FieldKey>,
}

/// In which order the mirrors stand in the configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// The first one first.
    Straight,
    /// The second one first.
    Turned,
}

impl Order {
    fn of<T>(self, pair: &[T; 2]) -> [&T; 2] {
        let [first, second] = pair;
        match self {
            Self::Straight => [first, second],
            Self::Turned => [second, first],
        }
    }
}

impl Fixed {
    const fn setup(&self, order: Order) -> &Setup {
        let [straight, turned] = &self.setups;
        match order {
            Order::Straight => straight,
            Order::Turned => turned,
        }
    }
}

impl Office {
    /// Plans a cycle with the mirrors in one of the two orders, and asks the guard.
    #[must_use]
    pub fn plan(&self, order: Order) -> Planned {
        let setup = self.fixed.setup(order);
        let (canonical, mirrors) = (self.snapshot(0), [1, 2].map(|system| self.snapshot(system)));
        let at = Timestamp::UNIX_EPOCH + SignedDuration::from_hours(24 * self.days);
        let views = setup.mirrors().iter().zip(order.of(&mirrors)).zip(order.of(&self.fixed.cards));
        let views: Vec<MirrorView<'_>> = views
            .map(|((side, seen), card)| MirrorView { side, seen, card, tenant: TENANT, gathered: 1, at })
            .collect();
        let truth = TruthView { seen: &canonical, card: Some((&self.fixed.canonical, 1)), tenant: TENANT };
        let reconciled = reconcile(setup, &self.memory, truth, &views);
        let verdict = review(&reconciled.plan, &self.facts(setup, &canonical, &views), &[]);
        let (notes, rested) = (reconciled.notes, reconciled.rested.into_iter().collect());
        Planned { plan: reconciled.plan, cleared: verdict.cleared.into_changes(), notes, rested }
    }

    fn snapshot(&self, system: usize) -> Snapshot {
        let lead = if system == 0 { ENTITY } else { REMOTE };
        let beside = if system == 0 { BYSTANDER } else { BESIDE };
        let agreed = Copy { fields: [Cell::text("x"), Cell::text("x")], ours: true };
        let mut snapshot = Snapshot::new(name(system), Vec::new());
        match self.records.get(system).and_then(Option::as_ref) {
            Some(copy) if copy.ours => snapshot.records.push(record(lead, ENTITY, copy, system)),
            Some(copy) => snapshot.strays.push(record(lead, ENTITY, copy, system)),
            None => snapshot.missing.push(RemoteId::new(lead)),
        }
        snapshot.records.push(record(beside, BYSTANDER, &agreed, system));
        snapshot
    }

    fn facts<'a>(&'a self, setup: &'a Setup, canonical: &Snapshot, views: &[MirrorView<'a>]) -> Facts<'a> {
        let truth = [(name(0), written(&self.fixed.canonical, canonical, &[]))];
        let mirrors =
            views.iter().map(|view| (view.side.side.system.clone(), written(view.card, view.seen, &[])));
        Facts {
            setup,
            memory: &self.memory,
            first: false,
            reviewed: false,
            canonical_count: canonical.records.len(),
            canonical_coverage: Coverage::Whole,
            reshaped: Vec::new(),
            mirrors: mirrors.chain(truth).collect(),
        }
    }

    /// Remembers what a cycle says may be remembered at once, and opens and closes its conflicts.
    pub fn remember(&mut self, planned: &Planned) {
        self.days += 1;
        let run = RunId::new(format!("r{}", self.days));
        let opened = planned.plan.conflicts.iter().map(|conflict| {
            let link = LinkKey { system: conflict.system.clone(), entity: conflict.entity.clone() };
            let row = Conflict {
                claims: conflict.claims.clone(),
                why: "both moved".into(),
                opened: run.clone(),
                closed: None,
            };
            Note::Conflict(FieldKey { link, field: conflict.field.clone() }, row)
        });
        let rested = planned.rested.iter().filter_map(|key| {
            let row = self.memory.conflicts.get(key)?;
            Some(Note::Conflict(key.clone(), Conflict { closed: Some("agreed".into()), ..row.clone() }))
        });
        let notes: Vec<Note> = planned.notes.iter().cloned().chain(opened).chain(rested).collect();
        self.memory.commit(&notes);
    }

    /// Lets a write land: the system holds the value, and what both sides then say is the base.
    pub fn land(&mut self, change: &Change, edit: &Edit) {
        if let Some((system, field)) = place(change, edit) {
            self.put(system, field, edit.after.clone());
            if self.fixed.config.settles {
                self.settle(change, edit);
            }
        }
    }

    // What is written to the source of truth settles with the mirrors that hold it already.
    fn settle(&mut self, change: &Change, edit: &Edit) {
        if let Turn::First(agreeing) = &edit.turn {
            for one in agreeing {
                self.account(&one.system, &change.entity, edit, &one.held);
            }
        } else {
            self.account(&change.system, &change.entity, edit, &edit.wanted);
        }
    }

    fn account(&mut self, system: &SystemName, entity: &EntityKey, edit: &Edit, held: &Cell) {
        let setup = self.fixed.setup(Order::Straight);
        let base = setup.mirror(system).and_then(|side| {
            let mapping = setup.mapping(side).tag(setup.field_named(edit.field.as_str())?.index());
            let said =
                |cell: &Cell| Some(BaseCell { print: self.memory.print(cell)?, cell: Some(cell.clone()) });
            let (canonical, mirror) = (said(&edit.canonical)?, said(held)?);
            Some(FieldBase { field: edit.field.clone(), mapping, canonical, mirror })
        });
        let key = LinkKey { system: system.clone(), entity: entity.clone() };
        if let Some((base, link)) = base.zip(self.memory.links.get(&key)) {
            let mut link = link.clone();
            link.set_base(base);
            self.memory.commit(&[Note::Link(Box::new(link))]);
        }
    }

    /// Whether the engine takes a mirror's record for one to be kept in agreement.
    #[must_use]
    pub fn is_linked(&self, system: usize) -> bool {
        let key = LinkKey { system: name(system), entity: EntityKey::new(ENTITY) };
        self.memory.links.get(&key).is_some_and(|link| link.state == LinkState::Active)
    }

    /// Whether the engine keeps an open conflict about a field of a mirror.
    #[must_use]
    pub fn is_disputed(&self, field: usize) -> bool {
        let name = COLUMNS.get(field + 1).copied().unwrap_or_default();
        self.memory.open_conflicts().any(|(key, _)| key.field.as_str() == name)
    }
}

/// Which system and field an edit of the lead is about.
#[must_use]
pub fn place(change: &Change, edit: &Edit) -> Option<(usize, usize)> {
    let system = position(&change.system)?;
    let field = COLUMNS.iter().position(|name| *name == edit.column)?.checked_sub(1)?;
    let is_update = matches!(change.act, Act::Update { .. });
    (is_update && change.entity.as_str() == ENTITY && field < FIELDS).then_some((system, field))
}

fn record(id: &str, entity: &str, copy: &Copy, system: usize) -> Record {
    let token = if system == 0 { entity.to_owned() } else { format!("ID:{entity}") };
    let [one, two] = copy.fields.clone();
    let owner = if copy.ours { OWNER } else { "theirs" };
    Record::new(RemoteId::new(id), vec![Cell::text(token), one, two, Cell::text(owner)])
}
