//! Agrees one field of one entity over all its copies, against what was last accounted for.

use std::borrow::Cow;

use compact_str::CompactString;
use jiff::SignedDuration;

use super::{
    Diff,
    follow::{Follower, base, partly},
};
use crate::{
    guard::Rule,
    link::{BaseCell, FieldBase, How, Link},
    memory::Memory,
    merge::{
        Claim, Flow, Keeping, Merged, Mirror, Moved, Party, Seen, SetMirror, Step, Survivor, Writes, merge,
        merge_set, told, writes,
    },
    name::{FieldId, FieldName},
    planted::{self, Defect},
    record::Record,
    setup::{Binding, Field, Mapping, MirrorSide, Setup},
    value::{Cell, Kind, Trouble},
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

/// What one field of one entity comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FieldOutcome {
    /// Nothing moved.
    Rest,
    /// Both sides agree: the base to remember.
    Account(FieldBase),
    /// The mirror should say something else.
    Differs(Diff),
    /// It waits for the source of truth to be told, or for a finding about its copy.
    Waits,
    /// It waits for a conflict that it has no part in.
    Beside,
    /// No rule decides.
    Conflict(Vec<Claim>),
    /// The mirror's cell is unknown.
    Unknown(Trouble),
}

/// One field of one copy, compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compared {
    /// What it comes to.
    pub outcome: FieldOutcome,
    /// How many elements of a union only the mirror holds. They are kept, whatever else is done.
    pub extra: usize,
    /// What is accounted for besides, whatever else is done: it was met for the first time, and both sides said the same.
    pub met: Option<FieldBase>,
}

/// One field of one entity, agreed over all its copies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Agreement {
    /// The source of truth cannot be understood: nobody is told anything.
    Unknown(Trouble),
    /// A field that may never change was changed where it is at home: nobody is told anything (I-07).
    Changed {
        /// What the source of truth says now.
        canonical: Cell,
        /// The copies that have the field, by position, with what they say now.
        copies: Vec<(usize, Cell)>,
    },
    /// What follows.
    Known {
        /// What the source of truth is told first, if anything.
        canonical: Option<Tell>,
        /// What follows for each copy that has the field, by the copy's position.
        copies: Vec<(usize, Compared)>,
    },
}

/// What the source of truth is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tell {
    /// The difference, as seen from the mirrors that moved: what they say is what is wanted.
    pub diff: Diff,
    /// The mirrors that hold it already, all or a part of it.
    pub followers: Vec<Follower>,
}

/// Agrees one field of one entity over the source of truth and all copies.
#[must_use]
pub fn compare(
    setup: &Setup,
    id: FieldId,
    ours: &Record,
    copies: &[Copy<'_>],
    memory: &Memory,
) -> Option<Agreement> {
    let field = setup.field(id);
    let source = setup.canonical().binding(id)?;
    let canonical = setup.canonical().strict(source, field, ours);
    if !canonical.is_known() {
        return Some(Agreement::Unknown(trouble(&canonical, &ours.place)));
    }
    let own = |(at, copy)| part(setup, (id, at), (ours, &canonical), copy);
    let parts: Vec<Part<'_>> = copies.iter().enumerate().filter_map(own).collect();
    let table = Table { setup, id, field, ours, canonical, parts, memory };
    match () {
        () if table.parts.is_empty() => None,
        () if field.immutable && table.was_changed() => Some(table.changed()),
        () => Some(table.agree()),
    }
}

/// One copy's part in the agreement.
struct Part<'a> {
    at: usize,
    position: usize,
    binding: &'a Binding,
    tag: u32,
    flow: Flow,
    version: Option<jiff::Timestamp>,
    canonical: Cell,
    mirror: Cell,
    place: &'a str,
    base: Option<&'a FieldBase>,
    /// Whether it or what it was made after was made by us, and the field was never accounted for since.
    fresh: bool,
}

impl Part<'_> {
    /// Whether it was never accounted for, and says what the source of truth says (RELIABILITY.md 6.6): that is where
    /// both stand from now on, also while another copy moves the two on. Else what it was not told yet of that would
    /// be taken for its own word in the next cycle.
    fn is_met(&self) -> bool {
        self.base.is_none() && self.mirror.is_known() && self.mirror.same(&self.canonical)
    }
}

fn part<'a>(
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
        version: copy.record.version,
        canonical: without(canonical.clone(), primary.as_ref()),
        mirror: without(mirrored, primary.as_ref()),
        place: &copy.record.place,
        base: base.filter(|_| !planted::is(Defect::NewestWins) && !planted::is(Defect::NewestWinsUnlogged)),
        fresh: is_fresh(copy, &field.name),
    })
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

/// Whether we made one of the two records after the other, and a field was never accounted for since: what came of it
/// was not seen.
fn is_fresh(copy: &Copy<'_>, field: &FieldName) -> bool {
    let how = copy.link.map_or(copy.how, |link| link.how);
    let accounted = |link: &Link| link.bases.iter().any(|base| base.field == *field);
    matches!(how, How::Created | How::Adopted | How::Origin) && !copy.link.is_some_and(accounted)
}

/// One field of one entity, with everybody who has a say.
struct Table<'a> {
    setup: &'a Setup,
    id: FieldId,
    field: &'a Field,
    ours: &'a Record,
    canonical: Cell,
    parts: Vec<Part<'a>>,
    memory: &'a Memory,
}

impl Table<'_> {
    /// Whether a side that others are told from had a value, and says something else now.
    fn was_changed(&self) -> bool {
        self.parts.iter().any(|part| {
            let Some(base) = part.base else { return false };
            let moved = |side: &BaseCell, now: &Cell| {
                let blank = [Cell::Null, Cell::Empty].map(|cell| self.memory.print(&cell));
                now.is_known()
                    && !blank.contains(&Some(side.print))
                    && self.memory.print(now) != Some(side.print)
            };
            let theirs = part.flow != Flow::Out && moved(&base.mirror, &part.mirror);
            theirs || part.flow != Flow::In && moved(&base.canonical, &part.canonical)
        })
    }

    fn changed(&self) -> Agreement {
        let copies = self.parts.iter().map(|part| (part.at, part.mirror.clone())).collect();
        Agreement::Changed { canonical: self.canonical.clone(), copies }
    }

    fn agree(&self) -> Agreement {
        let canonical = self.seat();
        let mirrors = self.mirrors();
        let merged = self.merged(&canonical, &self.settled(&mirrors));
        let Writes { canonical: step, mirrors: steps } = self.steps(&canonical, &mirrors, &merged);
        let tell = self.tell(step);
        let told = tell.as_ref().map_or(&self.canonical, |tell| &tell.diff.wanted);
        let copies = self.parts.iter().map(|part| {
            let step = steps.get(part.position).cloned().unwrap_or(Step::Skip);
            let outcome = self.outcome(part, step, (&merged, told, tell.is_some()));
            (part.at, Compared { outcome, extra: extra(self.field, part), met: self.met(part) })
        });
        let copies = copies.collect();
        Agreement::Known { canonical: tell, copies }
    }

    /// The source of truth's seat. Further addresses are compared without the main one, whoever asks.
    fn seat(&self) -> Seen {
        let now = self.parts.first().map_or(&self.canonical, |part| &part.canonical);
        Seen { now: now.clone(), at: self.ours.version, version: None }
    }

    /// A seat for each mirror of the setup; one without a copy takes no part.
    fn mirrors(&self) -> Vec<Mirror> {
        let absent = || Mirror {
            seen: Seen { now: Cell::Absent, at: None, version: None },
            moved: Moved::No,
            canonical_moved: Moved::No,
            flow: Flow::Out,
        };
        let mut seats: Vec<Mirror> = self.setup.mirrors().iter().map(|_| absent()).collect();
        for part in &self.parts {
            if let Some(seat) = seats.get_mut(part.position) {
                let (moved, canonical_moved) = self.moved(part);
                let seen = Seen { now: part.mirror.clone(), at: part.version, version: None };
                *seat = Mirror { seen, moved, canonical_moved, flow: part.flow };
            }
        }
        seats
    }

    /// The same, where whoever is met for the first time and agrees has not moved.
    fn settled<'s>(&self, seats: &'s [Mirror]) -> Cow<'s, [Mirror]> {
        let mut seats = Cow::Borrowed(seats);
        for part in self.parts.iter().filter(|part| part.is_met()) {
            if let Some(seat) = seats.to_mut().get_mut(part.position) {
                (seat.moved, seat.canonical_moved) = (Moved::No, Moved::No);
            }
        }
        seats
    }

    /// Whether a copy and the source of truth moved since they were last accounted for.
    fn moved(&self, part: &Part<'_>) -> (Moved, Moved) {
        let Some(base) = part.base else { return (Moved::New, Moved::New) };
        let ours = self.stands(&base.canonical, &part.canonical);
        // Most copies say what the source of truth says: one print tells of both.
        let alike = base.mirror.print == base.canonical.print && part.mirror == part.canonical;
        let theirs = if alike { ours } else { self.stands(&base.mirror, &part.mirror) };
        let moved = |stands| if stands { Moved::No } else { Moved::Yes };
        (moved(theirs), moved(ours))
    }

    /// Whether a side still says what it said. What is kept in clear is compared as it is, without a print.
    fn stands(&self, then: &BaseCell, now: &Cell) -> bool {
        let same = now.is_known() && then.cell.as_ref() == Some(now);
        same || self.memory.print(now) == Some(then.print)
    }

    fn merged(&self, canonical: &Seen, mirrors: &[Mirror]) -> Merged {
        if !self.field.kind.is_set() {
            let newest = planted::is(Defect::NewestWins) || planted::is(Defect::NewestWinsUnlogged);
            let survivor = if newest { Survivor::Latest { skew_ms: 0 } } else { self.field.survivor };
            return merge(canonical, mirrors, survivor);
        }
        let keeping = if self.field.kind == Kind::Log { Keeping::Appends } else { Keeping::Changes };
        let seats: Vec<SetMirror> =
            mirrors.iter().enumerate().map(|(at, mirror)| self.set(at, mirror)).collect();
        merge_set(&canonical.now, &seats, self.field.survivor, keeping)
    }

    fn set(&self, at: usize, mirror: &Mirror) -> SetMirror {
        let part = self.parts.iter().find(|part| part.position == at);
        let base = part.and_then(|part| part.base);
        let items = |cell: &BaseCell| cell.cell.as_ref().map(Cell::items);
        // A record that we made had no elements of its own before: what either has besides was added since.
        let first = || match part? {
            part if part.is_met() => Some(part.mirror.items()),
            part => part.fresh.then(Vec::new),
        };
        SetMirror {
            now: mirror.seen.now.clone(),
            base: base.and_then(|base| items(&base.mirror)).or_else(first),
            canonical_base: base.and_then(|base| items(&base.canonical)).or_else(first),
            flow: mirror.flow,
        }
    }

    /// What follows for whom. Where values only go out, what a mirror holds of a union besides is its own: it is
    /// measured against the union, and the source of truth is not told.
    fn steps(&self, canonical: &Seen, mirrors: &[Mirror], merged: &Merged) -> Writes {
        let (Merged::Agreed(agreed), Survivor::Union) = (merged, self.field.survivor) else {
            return writes(canonical, mirrors, merged);
        };
        let all = writes(canonical, mirrors, merged);
        let first = matches!(all.canonical, Step::Write(_));
        let own = |mirror: &Mirror| {
            let union = told(agreed, &mirror.seen.now, Survivor::Union);
            let now = if first { &canonical.now } else { &union };
            let seat = Seen { now: now.clone(), ..canonical.clone() };
            let mut alone = writes(&seat, std::slice::from_ref(mirror), &Merged::Agreed(union)).mirrors;
            alone.pop().unwrap_or(Step::Skip)
        };
        Writes { canonical: all.canonical, mirrors: mirrors.iter().map(own).collect() }
    }

    fn tell(&self, step: Step) -> Option<Tell> {
        let Step::Write(wanted) = step else { return None };
        let followers = self.parts.iter().filter_map(|part| self.follower(part, &wanted)).collect();
        let (canonical, mirror) = (self.canonical.clone(), wanted.clone());
        Some(Tell { diff: Diff { field: self.id, canonical, mirror, wanted }, followers })
    }

    fn follower(&self, part: &Part<'_>, wanted: &Cell) -> Option<Follower> {
        if part.mirror.same(wanted) {
            return Some(Follower { position: part.position, held: part.mirror.clone(), partly: false });
        }
        let parted = self.field.kind.is_set() && self.field.survivor != Survivor::Union;
        if !parted || part.flow == Flow::Out || !part.mirror.is_known() {
            return None;
        }
        let items = |side: &BaseCell| side.cell.as_ref().map(Cell::items);
        let known = match part.base {
            Some(base) => (items(&base.canonical)?, items(&base.mirror)?),
            None if part.fresh => (Vec::new(), Vec::new()),
            None => return None,
        };
        let held = partly(wanted, [&part.canonical, &part.mirror], [&known.0, &known.1])?;
        Some(Follower { position: part.position, held, partly: true })
    }

    fn outcome(
        &self,
        part: &Part<'_>,
        step: Step,
        (merged, told, first): (&Merged, &Cell, bool),
    ) -> FieldOutcome {
        if !part.mirror.is_known() {
            return FieldOutcome::Unknown(trouble(&part.mirror, part.place));
        }
        match (merged, step) {
            (Merged::Conflicted(claims), _) => contested(part, claims),
            (_, Step::Write(wanted)) => {
                let canonical = if first { told } else { &part.canonical };
                FieldOutcome::Differs(Diff {
                    field: self.id,
                    canonical: canonical.clone(),
                    mirror: part.mirror.clone(),
                    wanted,
                })
            }
            (_, Step::Account | Step::Rest) if first => FieldOutcome::Waits,
            (_, Step::Account) => self.account(part),
            (_, Step::Rest | Step::Skip) => FieldOutcome::Rest,
        }
    }

    fn account(&self, part: &Part<'_>) -> FieldOutcome {
        self.base(part).map_or(FieldOutcome::Rest, FieldOutcome::Account)
    }

    fn met(&self, part: &Part<'_>) -> Option<FieldBase> {
        if part.is_met() { self.base(part) } else { None }
    }

    fn base(&self, part: &Part<'_>) -> Option<FieldBase> {
        let cells = (&part.canonical, &part.mirror);
        base(self.field, part.tag, part.binding.flow, cells, self.memory)
    }
}

/// A copy that a finding suspends takes no part, and its conflict stands as it did.
fn contested(part: &Part<'_>, claims: &[Claim]) -> FieldOutcome {
    let own = claims.iter().any(|claim| claim.party == Party::Mirror(part.position));
    match part.flow == Flow::Out && part.binding.flow != Flow::Out {
        _ if own => FieldOutcome::Conflict(claims.to_vec()),
        true => FieldOutcome::Waits,
        false => FieldOutcome::Beside,
    }
}

fn extra(field: &Field, part: &Part<'_>) -> usize {
    if field.survivor != Survivor::Union {
        return 0;
    }
    let ours = part.canonical.items();
    part.mirror.items().iter().filter(|item| !ours.contains(item)).count()
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

fn trouble(cell: &Cell, place: &str) -> Trouble {
    cell.trouble()
        .cloned()
        .unwrap_or_else(|| Trouble { why: "the field was not delivered".into(), place: place.into() })
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
