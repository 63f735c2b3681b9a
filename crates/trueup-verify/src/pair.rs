//! What must be equal: one record of the source of truth, and its copy, field by field.
//!
//! | field | agrees when |
//! |---|---|
//! | a value | both sides say the same, however they spell it |
//! | a set that keeps what any side holds | no side that values may go to lacks what the other holds |
//! | a value that only comes in | as above, or both still say what they said when they were accounted for |
//! | a value that a system spells in its own way | the same, and the journal shows that it made this of what it was sent |

use compact_str::CompactString;
use trueup_core::{
    link::{FieldBase, Link},
    memory::{FieldKey, LinkKey},
    merge::{Flow, Survivor},
    name::EntityKey,
    record::Record,
    setup::{Binding, Field, MirrorSide, Setup},
    value::{Cell, Kind},
};

use crate::{Class, Difference, Listing, known::Known};

/// One entity with its two records.
pub(crate) struct Pair<'a> {
    pub(crate) setup: &'a Setup,
    pub(crate) side: &'a MirrorSide,
    pub(crate) known: &'a Known<'a>,
    pub(crate) entity: &'a EntityKey,
    pub(crate) ours: &'a Record,
    pub(crate) theirs: &'a Record,
    pub(crate) link: Option<&'a Link>,
}

/// What one field comes to.
pub(crate) enum Verdict {
    /// Both sides agree, and so does what is remembered of them.
    Agrees,
    /// They differ, and that was told.
    Listed(Listing),
    /// They differ, and nobody was told.
    Differs(Box<Difference>),
    /// They differ and are said to be accounted for; the journal has to bear it out.
    Respelled(Box<Respelled>),
}

/// Two values that a base says are accounted for.
pub(crate) struct Respelled {
    /// What it is, if the journal knows nothing of it.
    pub(crate) difference: Difference,
    /// What one of the two systems must have been seen to make of a write.
    pub(crate) spellings: Vec<Cell>,
}

/// One field as both sides say it.
pub(crate) struct Reading<'a> {
    /// Without the main address, where it is a list of further ones.
    pub(crate) canonical: Cell,
    /// Without the main address, where it is a list of further ones.
    pub(crate) mirror: Cell,
    pub(crate) whole_canonical: Cell,
    pub(crate) whole_mirror: Cell,
    pub(crate) raw_mirror: &'a Cell,
    pub(crate) is_set: bool,
    pub(crate) is_identity: bool,
}

impl Reading<'_> {
    /// Whether both sides could be read.
    pub(crate) const fn is_known(&self) -> bool {
        self.canonical.is_known() && self.mirror.is_known()
    }
}

impl<'a> Pair<'a> {
    /// Compares every field that both sides have; what only a new record is made with is nobody's to compare.
    pub(crate) fn fields(&self) -> Vec<Verdict> {
        let compared = self.side.side.bindings.iter().filter(|binding| !binding.create_only);
        compared.filter_map(|binding| self.field(binding)).collect()
    }

    fn field(&self, binding: &Binding) -> Option<Verdict> {
        let source = self.setup.canonical().binding(binding.field)?;
        let field = self.setup.field(binding.field);
        let seen = self.read(source, binding, field);
        if seen.is_known() && agree(field, binding.flow, &seen) {
            let stale = self.base(field).is_some_and(|base| self.is_stale(base, field, &seen));
            let what = "its base says something that neither side says";
            return Some(if stale { self.differs(Class::Base, what, field, &seen) } else { Verdict::Agrees });
        }
        if let Some(listing) = self.known.field(&self.key(field), &seen) {
            return Some(Verdict::Listed(listing));
        }
        Some(match () {
            () if !seen.is_known() => {
                self.differs(Class::Unreadable, "it cannot be read, and that was not told", field, &seen)
            }
            () if self.is_accounted_for(field, &seen) => self.accounted(binding, field, &seen),
            () => self.differs(Class::Value, "the two sides say different things", field, &seen),
        })
    }

    fn read(&self, source: &Binding, binding: &Binding, field: &Field) -> Reading<'a> {
        let whole_canonical = self.setup.canonical().strict(source, field, self.ours);
        let whole_mirror = self.side.side.lenient(binding, field, self.theirs);
        let main = (field.kind == Kind::Emails).then(|| self.main_address()).flatten();
        let without = |cell: &Cell| match &main {
            Some(main) if cell.items().contains(main) => {
                Cell::list(cell.items().into_iter().filter(|item| item != main))
            }
            _ => cell.clone(),
        };
        Reading {
            canonical: without(&whole_canonical),
            mirror: without(&whole_mirror),
            whole_canonical,
            whole_mirror,
            raw_mirror: self.theirs.cell(binding.column),
            is_set: field.kind.is_set(),
            is_identity: field.identity,
        }
    }

    /// The address that stands in a field of its own, and therefore not among the further ones: the source's, or
    /// where that cannot be read the mirror's.
    fn main_address(&self) -> Option<CompactString> {
        let single = |binding: &&Binding| self.setup.field(binding.field).kind == Kind::Email;
        let there = self.side.side.bindings.iter().find(single)?;
        let field = self.setup.field(there.field);
        let ours =
            self.setup.canonical().strict(self.setup.canonical().binding(there.field)?, field, self.ours);
        let main = if ours.is_known() { ours } else { self.side.side.lenient(there, field, self.theirs) };
        main.items().into_iter().next()
    }

    /// The base of a field, where bases mean anything.
    fn base(&self, field: &Field) -> Option<&'a FieldBase> {
        let bases = self.link.filter(|_| self.known.bases_count())?.bases.iter();
        bases.into_iter().find(|base| base.field == field.name)
    }

    fn says(&self, base: &FieldBase, seen: &Reading<'_>) -> (bool, bool) {
        let is =
            |cells: [&Cell; 2], print| cells.iter().any(|cell| self.known.memory.print(cell) == Some(print));
        (
            is([&seen.canonical, &seen.whole_canonical], base.canonical.print),
            is([&seen.mirror, &seen.whole_mirror], base.mirror.print),
        )
    }

    /// Whether a base contradicts two sides that agree. What a mirror that is only written holds beyond a union may
    /// come and go.
    fn is_stale(&self, base: &FieldBase, field: &Field, seen: &Reading<'_>) -> bool {
        let (canonical, mirror) = self.says(base, seen);
        !(canonical && (mirror || field.survivor == Survivor::Union))
    }

    fn is_accounted_for(&self, field: &Field, seen: &Reading<'_>) -> bool {
        self.base(field).is_some_and(|base| self.says(base, seen) == (true, true))
    }

    fn accounted(&self, binding: &Binding, field: &Field, seen: &Reading<'_>) -> Verdict {
        if binding.flow == Flow::In {
            return Verdict::Agrees;
        }
        let what = "its base says that both sides agree, and no write was ever seen to make it so";
        let difference = self.difference(Class::Base, what, field, seen);
        let spellings = vec![seen.whole_mirror.clone(), seen.whole_canonical.clone()];
        Verdict::Respelled(Box::new(Respelled { difference, spellings }))
    }

    fn differs(&self, class: Class, what: &str, field: &Field, seen: &Reading<'_>) -> Verdict {
        Verdict::Differs(Box::new(self.difference(class, what, field, seen)))
    }

    fn difference(&self, class: Class, what: &str, field: &Field, seen: &Reading<'_>) -> Difference {
        Difference {
            field: Some(field.name.clone()),
            canonical: Some(seen.canonical.clone()),
            mirror: Some(seen.mirror.clone()),
            place: self.ours.place.clone(),
            ..Difference::on(&self.side.side.system, class, what).entity(self.entity).remote(&self.theirs.id)
        }
    }

    fn key(&self, field: &Field) -> FieldKey {
        let link = LinkKey { system: self.side.side.system.clone(), entity: self.entity.clone() };
        FieldKey { link, field: field.name.clone() }
    }
}

/// Whether two values of a field are what the table above asks for, whatever is remembered of them.
fn agree(field: &Field, flow: Flow, seen: &Reading<'_>) -> bool {
    if seen.canonical.same(&seen.mirror) {
        return true;
    }
    let (ours, theirs) = (seen.canonical.items(), seen.mirror.items());
    let holds = |all: &[CompactString], some: &[CompactString]| some.iter().all(|item| all.contains(item));
    field.kind.is_set()
        && field.survivor == Survivor::Union
        && (flow == Flow::In || holds(&theirs, &ours))
        && (flow == Flow::Out || holds(&ours, &theirs))
}
