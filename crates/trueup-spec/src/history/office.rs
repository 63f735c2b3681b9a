//! Three systems that hold one lead, people who work in them, and the engine's memory.

use std::{collections::BTreeMap, sync::Arc};

use anyhow::Result;
use trueup_core::{card::Card, memory::Memory, merge::Flow, setup::Setup, value::Cell};

use super::{
    config::{Config, FIELDS, SYSTEMS, name, setup},
    engine::Order,
    step::Step,
};
use crate::world::{TENANT, card, memory};

const VALUES: [&str; 2] = ["a", "b"];

/// The systems at one moment.
#[derive(Clone, Debug)]
pub struct Office {
    /// What never changes.
    pub(super) fixed: Arc<Fixed>,
    /// Each system's copy of the lead, if it has one.
    pub records: [Option<Copy>; SYSTEMS],
    /// What each field held when a cycle last left all sides in agreement.
    pub agreed: [Cell; FIELDS],
    /// What the engine remembers.
    pub memory: Memory,
    /// How many cycles there were; one a day.
    pub(super) days: i64,
}

#[derive(Debug)]
pub(super) struct Fixed {
    pub(super) config: Config,
    /// With the mirrors in their order, and the other way round.
    pub(super) setups: [Setup; 2],
    /// What the source of truth can do.
    pub(super) canonical: Card,
    /// What the mirrors can do.
    pub(super) cards: [Card; 2],
}

/// One system's copy of the lead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copy {
    /// What the fields hold.
    pub fields: [Cell; FIELDS],
    /// Whether it belongs to the scope's owner.
    pub ours: bool,
}

impl Copy {
    fn print(&self) -> (bool, [Option<String>; FIELDS]) {
        (self.ours, self.fields.each_ref().map(Cell::to_text))
    }
}

impl Office {
    /// An office in agreement, after its first cycle.
    ///
    /// # Errors
    /// When the core refuses the configuration.
    pub fn open(config: Config) -> Result<Self> {
        let agreed = [Cell::text("x"), Cell::text("x")];
        let copy = Copy { fields: agreed.clone(), ours: true };
        let setups = [setup(config, [1, 2])?, setup(config, [2, 1])?];
        let fixed = Arc::new(Fixed {
            config,
            setups,
            canonical: card("canonical"),
            cards: ["first", "second"].map(card),
        });
        let records = [Some(copy.clone()), Some(copy.clone()), Some(copy)];
        let mut office = Self { fixed, records, agreed, memory: memory(), days: 0 };
        office.memory.tenants = BTreeMap::from([0, 1, 2].map(|system| (name(system), TENANT.into())));
        let first = office.plan(Order::Straight);
        office.remember(&first);
        Ok(office)
    }

    /// How the fields are kept in agreement.
    #[must_use]
    pub fn config(&self) -> Config {
        self.fixed.config
    }

    /// What a field of a system holds; nothing when the record is gone.
    #[must_use]
    pub fn cell(&self, system: usize, field: usize) -> Option<&Cell> {
        self.records.get(system)?.as_ref()?.fields.get(field)
    }

    /// Whether a system's record is there and in the scope.
    #[must_use]
    pub fn in_scope(&self, system: usize) -> bool {
        self.records.get(system).is_some_and(|copy| copy.as_ref().is_some_and(|copy| copy.ours))
    }

    /// Whether a step would change something.
    #[must_use]
    pub fn allows(&self, step: Step) -> bool {
        match step {
            Step::Cycle => true,
            Step::Delete { system } => self.records.get(system).is_some_and(Option::is_some),
            Step::Leave { system } => self.in_scope(system),
            Step::Edit { system, field, value } => {
                self.cell(system, field).is_some_and(|cell| *cell != written(value))
            }
        }
    }

    /// Lets people act; a cycle is not theirs.
    pub fn act(&mut self, step: Step) {
        match step {
            Step::Cycle => {}
            Step::Delete { system } => {
                self.records.iter_mut().skip(system).take(1).for_each(|copy| *copy = None);
            }
            Step::Leave { system } => {
                self.records.iter_mut().skip(system).take(1).flatten().for_each(|copy| copy.ours = false);
            }
            Step::Edit { system, field, value } => self.put(system, field, written(value)),
        }
    }

    /// Notes what all sides agree on that are still kept in agreement. Where values only flow in, what
    /// the source of truth says by itself is accounted for as well.
    pub fn note_agreed(&mut self) {
        for field in 0..FIELDS {
            let Some(first) = self.cell(0, field).cloned() else { continue };
            let sides = (1..SYSTEMS).filter(|system| self.in_scope(*system));
            let mut cells = sides.map(|system| self.cell(system, field));
            let all = cells.all(|cell| cell.is_some_and(|cell| cell.same(&first)));
            if all || self.config().flow == Flow::In && !self.is_disputed(field) {
                self.agreed.iter_mut().skip(field).take(1).for_each(|slot| *slot = first.clone());
            }
        }
    }

    /// Everything that decides what can follow, in one text.
    #[must_use]
    pub fn print(&self) -> String {
        let copies: Vec<_> = self.records.iter().map(|copy| copy.as_ref().map(Copy::print)).collect();
        let agreed = self.agreed.each_ref().map(Cell::to_text);
        let disputed: Vec<_> = self.memory.open_conflicts().map(|(key, _)| key).collect();
        format!("{copies:?} {agreed:?} {} {:?} {disputed:?}", self.days, self.memory.links)
    }

    /// Puts a value into a field of a record that is there.
    pub fn put(&mut self, system: usize, field: usize, cell: Cell) {
        let fields = self.records.get_mut(system).and_then(Option::as_mut).map(|copy| &mut copy.fields);
        if let Some(slot) = fields.and_then(|fields| fields.get_mut(field)) {
            *slot = cell;
        }
    }
}

fn written(value: Option<usize>) -> Cell {
    value.and_then(|value| VALUES.get(value)).map_or(Cell::Empty, Cell::text)
}
