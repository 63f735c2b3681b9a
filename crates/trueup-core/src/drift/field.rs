//! Compares one field of one pair, against what was last accounted for.

use compact_str::CompactString;

use super::Diff;
use crate::{
    link::{BaseCell, FieldBase, Link},
    memory::Memory,
    merge::{Claim, Flow, Merged, Mirror, Moved, Seen, SetSeen, Step, Survivor, merge, merge_set, writes},
    record::Record,
    setup::{Binding, Field, MirrorSide, Setup},
    value::{Cell, Kind, Trouble},
};

/// What one field of one pair comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FieldOutcome {
    /// Nothing moved.
    Rest,
    /// Both sides agree: the base to remember.
    Account(FieldBase),
    /// The mirror should say something else.
    Differs(Diff),
    /// No rule decides.
    Conflict(Vec<Claim>),
    /// The canonical cell is unknown.
    CanonicalUnknown(Trouble),
    /// The mirror's cell is unknown.
    MirrorUnknown(Trouble),
}

/// One field of one pair, compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compared {
    /// What it comes to.
    pub outcome: FieldOutcome,
    /// How many elements of a union only the mirror holds. They are kept, whatever else is done.
    pub extra: usize,
}

/// Compares one field of one pair.
#[must_use]
pub fn compare(
    setup: &Setup,
    mirror: &MirrorSide,
    (binding, tag): (&Binding, u32),
    (ours, theirs): (&Record, &Record),
    (link, memory): (Option<&Link>, &Memory),
) -> Compared {
    let field = setup.field(binding.field);
    let Some(source) = setup.canonical().binding(binding.field) else { return FieldOutcome::Rest.into() };
    let canonical = setup.canonical().strict(source, field, ours);
    let mirrored = mirror.side.lenient(binding, field, theirs);
    if !canonical.is_known() {
        return FieldOutcome::CanonicalUnknown(trouble(&canonical, &ours.place)).into();
    }
    if !mirrored.is_known() {
        return FieldOutcome::MirrorUnknown(trouble(&mirrored, &theirs.place)).into();
    }
    let primary = primary(setup, mirror, field, (ours, Some(theirs)));
    let (canonical, mirrored) = (without(canonical, primary.as_ref()), without(mirrored, primary.as_ref()));
    let base = link.and_then(|link| link.base(&field.name, tag));
    let extra = extra(field, &canonical, &mirrored);
    let (merged, step) = agree(field, binding.flow, (&canonical, &mirrored), (base, memory));
    let outcome = match (merged, step) {
        (Merged::Conflicted(claims), _) => FieldOutcome::Conflict(claims),
        (_, Step::Write(wanted)) => {
            FieldOutcome::Differs(Diff { field: binding.field, canonical, mirror: mirrored, wanted })
        }
        (_, Step::Account) => account(field, tag, binding.flow, (&canonical, &mirrored), memory),
        (_, Step::Rest | Step::Skip) => FieldOutcome::Rest,
    };
    Compared { outcome, extra }
}

impl From<FieldOutcome> for Compared {
    fn from(outcome: FieldOutcome) -> Self {
        Self { outcome, extra: 0 }
    }
}

fn extra(field: &Field, canonical: &Cell, mirror: &Cell) -> usize {
    if field.survivor != Survivor::Union {
        return 0;
    }
    let ours = canonical.items();
    mirror.items().iter().filter(|item| !ours.contains(item)).count()
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

fn trouble(cell: &Cell, place: &str) -> Trouble {
    cell.trouble()
        .cloned()
        .unwrap_or_else(|| Trouble { why: "the field was not delivered".into(), place: place.into() })
}

fn account(field: &Field, mapping: u32, flow: Flow, cells: (&Cell, &Cell), memory: &Memory) -> FieldOutcome {
    match base(field, mapping, flow, cells, memory) {
        Some(base) => FieldOutcome::Account(base),
        None => FieldOutcome::Rest,
    }
}

/// The base two sides have once they are accounted for; values are kept where both may move.
#[must_use]
pub(crate) fn base(
    field: &Field,
    mapping: u32,
    flow: Flow,
    (canonical, mirror): (&Cell, &Cell),
    memory: &Memory,
) -> Option<FieldBase> {
    let keep = flow != Flow::Out || (field.kind.is_set() && field.survivor != Survivor::Union);
    let cell =
        |cell: &Cell| memory.print(cell).map(|print| BaseCell { print, cell: keep.then(|| cell.clone()) });
    Some(FieldBase { field: field.name.clone(), mapping, canonical: cell(canonical)?, mirror: cell(mirror)? })
}

fn agree(
    field: &Field,
    flow: Flow,
    (canonical, mirror): (&Cell, &Cell),
    (base, memory): (Option<&FieldBase>, &Memory),
) -> (Merged, Step) {
    let moved = |side: fn(&FieldBase) -> &BaseCell, now: &Cell| match base {
        None => Moved::New,
        Some(base) if memory.print(now) == Some(side(base).print) => Moved::No,
        Some(_) => Moved::Yes,
    };
    let part = Mirror {
        seen: seen(mirror),
        moved: moved(|base| &base.mirror, mirror),
        canonical_moved: moved(|base| &base.canonical, canonical),
        flow,
    };
    let canonical_seen = seen(canonical);
    let parts = [part];
    let merged = if field.kind.is_set() {
        merge_set(
            &set(canonical, base.map(|b| &b.canonical)),
            &set(mirror, base.map(|b| &b.mirror)),
            flow,
            field.survivor,
        )
    } else {
        merge(&canonical_seen, &parts, field.survivor)
    };
    // A union takes from both, so the canonical side need not hold what the mirror should: what
    // follows for the mirror is decided against the union, not against the canonical cell.
    let told = match (&merged, field.survivor) {
        (Merged::Agreed(agreed), Survivor::Union) => Seen { now: agreed.clone(), ..canonical_seen },
        _ => canonical_seen,
    };
    let step = writes(&told, &parts, &merged).mirrors.pop().unwrap_or(Step::Skip);
    (merged, step)
}

fn seen(cell: &Cell) -> Seen {
    Seen { now: cell.clone(), at: None, version: None }
}

fn set(now: &Cell, base: Option<&BaseCell>) -> SetSeen {
    SetSeen { now: now.clone(), base: base.and_then(|base| base.cell.as_ref()).map(Cell::items) }
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
