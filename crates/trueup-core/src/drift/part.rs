//! What each copy of an entity says of one field, and since when.

use compact_str::CompactString;
use jiff::SignedDuration;

use crate::{
    guard::Rule,
    link::{FieldBase, How, Link},
    merge::{Flow, Moved},
    name::{FieldId, FieldName},
    planted::{self, Defect},
    record::Record,
    setup::{Binding, Field, Mapping, MirrorSide, Setup},
    value::{Cell, Kind},
};

/// One mirror's copy of an entity.
#[derive(Clone, Copy, Debug)]
pub struct Copy<'a> {
    /// The mirror's position in the setup.
    pub at: usize,
    /// The mirror.
    pub mirror: &'a MirrorSide,
    /// Its bindings' fingerprints.
    pub mapping: &'a Mapping,
    /// What was read of the record.
    pub record: &'a Record,
    /// The link to this very record, if there is one.
    pub link: Option<&'a Link>,
    /// How it was found to be a copy, where there is no link yet.
    pub how: How,
    /// Whether a finding suspends it: it is compared, and what it says moves nobody.
    pub suspended: bool,
}

/// One copy's part in the agreement.
pub(super) struct Part<'a> {
    pub(super) at: usize,
    pub(super) position: usize,
    pub(super) binding: &'a Binding,
    pub(super) tag: u32,
    pub(super) flow: Flow,
    pub(super) record: &'a Record,
    pub(super) link: Option<&'a Link>,
    pub(super) canonical: Cell,
    pub(super) mirror: Cell,
    pub(super) base: Option<&'a FieldBase>,
    /// Which of the two records we made, if the field was never accounted for since.
    pub(super) fresh: Option<Made>,
}

/// The record of two that we made after the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Made {
    /// The copy.
    Copy,
    /// The source of truth's own.
    Source,
}

impl Part<'_> {
    /// Whether it was never accounted for, and says what the source of truth says (RELIABILITY.md 6.6): that is where
    /// both stand from now on, also while another copy moves the two on. Else what it was not told yet of that would
    /// be taken for its own word in the next cycle.
    pub(super) fn is_met(&self) -> bool {
        self.base.is_none() && self.mirror.is_known() && self.mirror.same(&self.canonical)
    }

    /// What moved on either side, the copy's first, where the field was never accounted for. A blank in a record that we
    /// made is a value that was refused there, or not seen to arrive, and one in the record that it was made after is how
    /// that was: nobody's word either way. And what a copy of ours says of a field that it is never told is its own.
    pub(super) fn met_as(&self) -> (Moved, Moved) {
        let (copy, source) = ((Moved::Yes, Moved::No), (Moved::No, Moved::Yes));
        match self.fresh {
            Some(Made::Copy) if self.mirror.is_blank() => source,
            Some(Made::Copy) if self.canonical.is_blank() || self.flow == Flow::In => copy,
            Some(Made::Source) if self.canonical.is_blank() => copy,
            Some(Made::Source) if self.mirror.is_blank() => source,
            _ => (Moved::New, Moved::New),
        }
    }
}

pub(super) fn part<'a>(
    setup: &Setup,
    (id, at): (FieldId, usize),
    (ours, canonical): (&Record, &Cell),
    copy: &Copy<'a>,
) -> Option<Part<'a>> {
    let field = setup.field(id);
    let slot = copy.mirror.side.bindings.iter().position(|b| b.field == id && !b.create_only)?;
    let binding = copy.mirror.side.bindings.get(slot)?;
    let tag = copy.mapping.tag(slot);
    let mirrored = copy.mirror.side.lenient(binding, field, copy.record);
    let primary = primary(setup, copy.mirror, field, (ours, Some(copy.record)));
    let base = copy.link.and_then(|link| link.base(&field.name, tag));
    let heard = if planted::is(Defect::EchoByTime) { unheard(copy, base) } else { None };
    let mirrored = heard.unwrap_or(mirrored);
    Some(Part {
        at,
        position: copy.at,
        binding,
        tag,
        flow: if copy.suspended { Flow::Out } else { direction(binding) },
        record: copy.record,
        link: copy.link,
        canonical: without(canonical.clone(), primary.as_ref()),
        mirror: without(mirrored, primary.as_ref()),
        base: base.filter(|_| !is_base_off()),
        fresh: made(copy, &field.name),
    })
}

fn is_base_off() -> bool {
    [Defect::NoBase, Defect::NewestWins, Defect::NewestWinsUnlogged].into_iter().any(planted::is)
}

/// Which way a field may go; a defect forgets that some only flow in.
fn direction(binding: &Binding) -> Flow {
    let forgotten = binding.flow == Flow::In && planted::stands_behind(Rule::Authority);
    if forgotten { Flow::Both } else { binding.flow }
}

/// What a defect reads in place of a change that came soon after our last write: what stood there then.
fn unheard(copy: &Copy<'_>, base: Option<&FieldBase>) -> Option<Cell> {
    let since = copy.record.version?.duration_since(copy.link?.version?);
    base.filter(|_| since < SignedDuration::from_mins(20))?.mirror.cell.clone()
}

/// Which of the two records we made after the other, where a field was never accounted for since: what came of it was
/// not seen.
fn made(copy: &Copy<'_>, field: &FieldName) -> Option<Made> {
    let accounted = |link: &Link| link.bases.iter().any(|base| base.field == *field);
    if copy.link.is_some_and(accounted) {
        return None;
    }
    match copy.link.map_or(copy.how, |link| link.how) {
        How::Created | How::Adopted => Some(Made::Copy),
        How::Origin => Some(Made::Source),
        How::Token | How::Email | How::Decided | How::Key => None,
    }
}

/// What the canonical side says of one field, as bases remember it; `None` where it has no such field.
pub(super) fn canonical(
    setup: &Setup,
    mirror: &MirrorSide,
    binding: &Binding,
    ours: &Record,
) -> Option<Cell> {
    let field = setup.field(binding.field);
    let cell = setup.canonical().strict(setup.canonical().binding(binding.field)?, field, ours);
    Some(without(cell, primary(setup, mirror, field, (ours, None)).as_ref()))
}

/// What the source of truth and a copy say of one field, as they are compared; `None` where one has no such field.
#[must_use]
pub fn sides(
    setup: &Setup,
    mirror: &MirrorSide,
    id: FieldId,
    ours: &Record,
    theirs: &Record,
) -> Option<(Cell, Cell)> {
    let field = setup.field(id);
    let binding = mirror.side.binding(id)?;
    let canonical = setup.canonical().strict(setup.canonical().binding(id)?, field, ours);
    let primary = primary(setup, mirror, field, (ours, Some(theirs)));
    let mirrored = mirror.side.lenient(binding, field, theirs);
    Some((without(canonical, primary.as_ref()), without(mirrored, primary.as_ref())))
}

// A list of further addresses never holds the main one: HubSpot takes an address that becomes
// primary out of the additional ones by itself, so naming it there would never settle.
// Where the source's main address cannot be read it is not written either: the mirror's stays the main one.
fn primary(
    setup: &Setup,
    mirror: &MirrorSide,
    field: &Field,
    (ours, theirs): (&Record, Option<&Record>),
) -> Option<CompactString> {
    if field.kind != Kind::Emails {
        return None;
    }
    let main = mirror.side.bindings.iter().find(|b| setup.field(b.field).kind == Kind::Email)?;
    let source = setup.canonical().binding(main.field)?;
    let wanted = setup.canonical().strict(source, setup.field(main.field), ours);
    let stays = |theirs| mirror.side.lenient(main, setup.field(main.field), theirs);
    let main = if wanted.is_known() { wanted } else { stays(theirs?) };
    main.items().into_iter().next()
}

fn without(cell: Cell, item: Option<&CompactString>) -> Cell {
    match item {
        Some(item) if cell.items().contains(item) => {
            Cell::list(cell.items().into_iter().filter(|i| i != item))
        }
        _ => cell,
    }
}
