//! Agrees one field of one entity over all its copies, against what was last accounted for.

use std::borrow::Cow;

use jiff::Timestamp;

use super::{
    Copy, Diff,
    follow::{Follower, base, partly},
    part::{Part, part},
};
use crate::{
    link::{BaseCell, FieldBase, Link},
    memory::{LinkKey, Memory},
    merge::{
        Claim, Flow, Keeping, Merged, Mirror, Moved, Party, Seen, SetMirror, Step, Survivor, Writes, merge,
        merge_set, told, writes,
    },
    name::FieldId,
    planted::{self, Defect},
    record::Record,
    setup::{Field, Setup},
    value::{Cell, Kind, Trouble},
};

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
        if self.is_at_rest() {
            return self.rests();
        }
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

    /// Whether nobody moved, which is how most fields are found: no rule has anything to decide then, and nobody is
    /// told anything. Sets are told apart by their elements, so that they rest only where all hold the same.
    fn is_at_rest(&self) -> bool {
        self.parts.iter().all(|part| {
            (!self.field.kind.is_set() || part.mirror == part.canonical)
                && self.moved(part) == (Moved::No, Moved::No)
        })
    }

    fn rests(&self) -> Agreement {
        let rest = |part: &Part<'_>| {
            let known = part.mirror.is_known();
            let outcome = if known { FieldOutcome::Rest } else { unknown(part) };
            (part.at, Compared { outcome, extra: extra(self.field, part), met: None })
        };
        Agreement::Known { canonical: None, copies: self.parts.iter().map(rest).collect() }
    }

    /// The source of truth's seat. Further addresses are compared without the main one, whoever asks.
    fn seat(&self) -> Seen {
        let now = self.parts.first().map_or(&self.canonical, |part| &part.canonical);
        let system = &self.setup.canonical().system;
        let key = |link: &Link| LinkKey { system: system.clone(), entity: link.entity.clone() };
        let linked = self.parts.iter().find_map(|part| part.link);
        let own = linked.and_then(|link| self.memory.links.get(&key(link)));
        Seen { now: now.clone(), at: said_at(self.ours, own), version: None }
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
                let seen =
                    Seen { now: part.mirror.clone(), at: said_at(part.record, part.link), version: None };
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
        let Some(base) = part.base else { return part.met_as() };
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
            part => part.fresh.map(|_| Vec::new()),
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
            None if part.fresh.is_some() => (Vec::new(), Vec::new()),
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
            return unknown(part);
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

/// When people last changed a record. Where its time is that of our own last write, nobody can tell: what they said before
/// it is older, by an unknown time.
fn said_at(record: &Record, link: Option<&Link>) -> Option<Timestamp> {
    record.version.filter(|version| link.is_none_or(|link| link.version != Some(*version)))
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

fn unknown(part: &Part<'_>) -> FieldOutcome {
    FieldOutcome::Unknown(trouble(&part.mirror, &part.record.place))
}

fn trouble(cell: &Cell, place: &str) -> Trouble {
    cell.trouble()
        .cloned()
        .unwrap_or_else(|| Trouble { why: "the field was not delivered".into(), place: place.into() })
}
