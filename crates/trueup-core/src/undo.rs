//! Undo: a plan made from the journal, through the same guard.
//!
//! A field is restored only if it still holds what the run left there; a create is archived only if
//! nobody touched the record since. Everything else is listed as a conflict (I-20). An undone field is
//! held, so the next cycle does not do it again; undoing the undo releases it.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    journal::{Draft, Entry, Event},
    link::{How, Link},
    memory::{FieldKey, LinkKey, Memory, Note},
    merge::{Claim, Party},
    name::{ClassId, EntityKey, FieldName, IntentId, RemoteId, SystemName},
    plan::{Act, Change, Edit, FieldConflict, MadeFrom, Plan, Reason, Report, Turn},
    planted::{self, Defect},
    record::Record,
    setup::{MirrorSide, Setup},
    value::Cell,
};

/// The class of every edit an undo makes: what lands under it is held.
pub const UNDO: &str = "undo";

/// The class of every edit that undoes an undo: what lands under it is released.
pub const REDO: &str = "redo";

/// What an undo's plan says it goes from and to; by it a plan is known as an undo's.
const ROUTE: &str = "journal → systems";

/// Whether a plan takes something back: it looked at no other record than those it changes.
#[must_use]
pub fn is_undo(plan: &Plan) -> bool {
    plan.report.route == ROUTE
}

/// Whether edits of this class put a former value back, in its very spelling.
#[must_use]
pub fn restores(class: &ClassId) -> bool {
    matches!(class.as_str(), UNDO | REDO)
}

/// Makes the plan that takes journal entries back.
///
/// `fresh` holds the records concerned as they are now, read by id with all of their side's columns;
/// one that is not there could not be found.
#[must_use]
pub fn undo(setup: &Setup, memory: &Memory, entries: &[Entry], fresh: &BTreeMap<LinkKey, Record>) -> Plan {
    let mut undo = Undo {
        setup,
        memory,
        fresh,
        shared: shared(memory, fresh),
        restored: BTreeMap::new(),
        stuck: BTreeSet::new(),
        changes: Vec::new(),
        conflicts: Vec::new(),
        notes: Vec::new(),
    };
    let is_truth = |key: &LinkKey| setup.is_canonical(&key.system);
    // What the source of truth goes back to is what its mirrors are held at.
    let (truth, mirrors): (Vec<_>, Vec<_>) = by_link(entries).into_iter().partition(|(key, _)| is_truth(key));
    for (key, effects) in truth.into_iter().chain(mirrors) {
        undo.link(&key, effects);
    }
    undo.plan()
}

/// The records an undo of these entries has to read.
#[must_use]
pub fn concerned(entries: &[Entry]) -> Vec<LinkKey> {
    by_link(entries).into_keys().collect()
}

/// What ends a hold by a person's word. What the undo left is accounted for as it stands; it is no longer, so that
/// the next plan compares the field like one met for the first time.
///
/// No run may be at work meanwhile: it would go on from the bases it knows, and put back what is forgotten here.
#[must_use]
pub fn release(setup: &Setup, key: &FieldKey) -> Vec<Note> {
    let all = setup.is_canonical(&key.link.system);
    let mirrors = setup.mirrors().iter().map(|mirror| &mirror.side.system);
    let own = mirrors.filter(|system| all || **system == key.link.system).map(|system| {
        let link = LinkKey { system: system.clone(), ..key.link.clone() };
        Note::ForgetBase(FieldKey { link, ..key.clone() })
    });
    own.chain([Note::Release(key.clone())]).collect()
}

/// The effects of one entity in one system, each with the record it was on.
type Effects<'a> = Vec<(Option<&'a RemoteId>, &'a Draft)>;

fn by_link(entries: &[Entry]) -> BTreeMap<LinkKey, Effects<'_>> {
    let mut links: BTreeMap<LinkKey, Effects<'_>> = BTreeMap::new();
    let drafts = || entries.iter().map(|entry| &entry.draft);
    // The fields of a create were journaled before it had an id; its own entry tells which it got.
    let creates: BTreeMap<&IntentId, Option<&RemoteId>> = drafts()
        .filter(|draft| draft.event == Event::Created)
        .filter_map(|draft| Some((draft.intent.as_ref()?, draft.remote.as_ref())))
        .collect();
    let of_create = |draft: &Draft| creates.get(draft.intent.as_ref()?).copied();
    // What a create was asked for belongs to it even where the system did not take it: an undone
    // create is held by all its values.
    let asked = |draft: &Draft| draft.field.is_some() && of_create(draft).is_some();
    let own = |draft: &Draft| matches!(draft.event, Event::Refused | Event::NotApplied) && asked(draft);
    for draft in drafts().filter(|draft| is_effect(draft) || own(draft)) {
        let key = LinkKey { system: draft.system.clone(), entity: draft.entity.clone() };
        let remote = draft.remote.as_ref().or_else(|| of_create(draft).flatten());
        links.entry(key).or_default().push((remote, draft));
    }
    links
}

/// Whether an entry tells of something done to a system, or perhaps done: an undo takes it back, or says why not.
#[must_use]
pub const fn is_effect(draft: &Draft) -> bool {
    matches!(draft.event, Event::Landed | Event::Created | Event::Archived) || is_found(draft)
}

/// Whether an entry tells of a record that a create without an answer was found to have made, or may have.
const fn is_found(draft: &Draft) -> bool {
    matches!(draft.event, Event::Adopted | Event::InDoubt) && draft.remote.is_some() && draft.field.is_none()
}

/// The records that more than one entity is linked to, or found at.
fn shared<'a>(
    memory: &'a Memory,
    fresh: &'a BTreeMap<LinkKey, Record>,
) -> BTreeSet<(&'a SystemName, &'a RemoteId)> {
    let linked = memory
        .links
        .iter()
        .flat_map(|(key, link)| link.aliases.iter().chain([&link.remote]).map(move |id| (key, id)));
    let found = fresh.iter().map(|(key, record)| (key, &record.id));
    let mut owners: BTreeMap<(&SystemName, &RemoteId), &EntityKey> = BTreeMap::new();
    let mut shared = BTreeSet::new();
    for (key, id) in linked.chain(found) {
        if *owners.entry((&key.system, id)).or_insert(&key.entity) != &key.entity {
            shared.insert((&key.system, id));
        }
    }
    shared
}

struct Undo<'a> {
    setup: &'a Setup,
    memory: &'a Memory,
    fresh: &'a BTreeMap<LinkKey, Record>,
    /// Records of more than one entity, by their system.
    shared: BTreeSet<(&'a SystemName, &'a RemoteId)>,
    /// What the source of truth says again once it is taken back.
    restored: BTreeMap<(EntityKey, FieldName), Cell>,
    /// What it refused to take back, so that its mirrors say it as well.
    stuck: BTreeSet<(EntityKey, FieldName)>,
    changes: Vec<Change>,
    conflicts: Vec<FieldConflict>,
    notes: Vec<Reason>,
}

impl Undo<'_> {
    fn link(&mut self, key: &LinkKey, effects: Effects<'_>) {
        let (Some(mirror), Some(link)) = (self.setup.written(&key.system), self.memory.links.get(key)) else {
            return self.note(key, "cannot_undo", "its system or link is no longer known");
        };
        if self.memory.intents.values().any(|intent| intent.link_key() == *key) {
            return self.note(
                key,
                "cannot_undo",
                "an earlier write may still land; undo it after the next run",
            );
        }
        let own = self.own(key, link, effects);
        let (found, drafts): (Vec<&Draft>, Vec<&Draft>) = own.into_iter().partition(|draft| is_found(draft));
        if !found.is_empty() {
            self.note(
                key,
                "cannot_undo",
                "its create was not answered, so nobody knows what it left there; archive the record in the system itself \
                 if it is to go",
            );
        }
        if drafts.iter().any(|draft| draft.event == Event::Archived) {
            return self.note(
                key,
                "cannot_undo",
                "an archive is brought back in the system itself, not through its interface",
            );
        }
        if !drafts.is_empty() {
            self.own_record(key, mirror, link, &drafts);
        }
    }

    /// What was done to the record the entity has now. One that it had before is another's, or nobody's,
    /// and gets none of this one's former values.
    fn own<'d>(&mut self, key: &LinkKey, link: &Link, effects: Effects<'d>) -> Vec<&'d Draft> {
        let is_own = |remote: Option<&RemoteId>| remote.is_some_and(|remote| link.is_to(remote));
        let (own, others): (Effects<'d>, Effects<'d>) =
            effects.into_iter().partition(|(remote, _)| is_own(*remote));
        let others: BTreeSet<Option<&RemoteId>> = others.into_iter().map(|(remote, _)| remote).collect();
        for other in others {
            let other = other.map_or("a record that is not known", RemoteId::as_str);
            self.note(key, "cannot_undo", &format!("it was done to {other}, which is not its record now"));
        }
        own.into_iter().map(|(_, draft)| draft).collect()
    }

    fn own_record(&mut self, key: &LinkKey, mirror: &MirrorSide, link: &Link, drafts: &[&Draft]) {
        let Some(now) = self.fresh.get(key) else {
            return self.note(key, "cannot_undo", "its record is not there any more");
        };
        // After a merge nobody can tell whose values it holds.
        if self.shared.contains(&(&key.system, &now.id)) {
            return self.note(key, "cannot_undo", "its record and another entity's became one");
        }
        if link.given_up.is_some() || now.id != link.remote {
            let what = "no run has looked at it since it became another record, or was there again; undo it after the next";
            return self.note(key, "cannot_undo", what);
        }
        if drafts.iter().any(|draft| draft.event == Event::Created) {
            return self.created(key, mirror, link, now, drafts);
        }
        let mut edits: Vec<Edit> =
            span(drafts).into_values().filter_map(|span| self.field(key, mirror, now, &span)).collect();
        self.without_refused(key, mirror, &mut edits);
        self.without_stuck(key, &mut edits);
        for edit in &mut edits {
            self.agree(key, mirror, link, edit);
        }
        if !edits.is_empty() {
            self.push(key, Act::Update { remote: now.id.clone(), how: link.how }, edits);
        }
    }

    /// What the system would not take back a moment ago is left out, so that it does not keep the rest from going back. By
    /// itself it is tried again.
    fn without_refused(&mut self, key: &LinkKey, side: &MirrorSide, edits: &mut Vec<Edit>) {
        let refused: BTreeSet<FieldName> = edits
            .iter()
            .filter(|edit| self.is_refused(key, side, edit))
            .map(|edit| edit.field.clone())
            .collect();
        if refused.len() < edits.len() {
            edits.retain(|edit| !refused.contains(&edit.field));
            for field in refused {
                if self.setup.is_canonical(&key.system) {
                    self.stuck.insert((key.entity.clone(), field.clone()));
                }
                self.note(
                    key,
                    "cannot_undo",
                    &format!("its system refused to take {field} back; undo that by itself"),
                );
            }
        }
    }

    /// What the source of truth goes on saying is not taken back in its mirrors: they would be held apart from it.
    fn without_stuck(&mut self, key: &LinkKey, edits: &mut Vec<Edit>) {
        let is_stuck = |edit: &Edit| self.stuck.contains(&(key.entity.clone(), edit.field.clone()));
        if self.setup.is_canonical(&key.system) {
            return;
        }
        let (left, kept): (Vec<Edit>, Vec<Edit>) = std::mem::take(edits).into_iter().partition(is_stuck);
        *edits = kept;
        for Edit { field, .. } in left {
            self.note(
                key,
                "cannot_undo",
                &format!("the source of truth refused to take {field} back; undo that there first"),
            );
        }
    }

    /// Whether the system refused to take back a field that still holds what it held then.
    fn is_refused(&self, key: &LinkKey, side: &MirrorSide, edit: &Edit) -> bool {
        let parked = self.memory.parked.get(&FieldKey { link: key.clone(), field: edit.field.clone() });
        let id = self.setup.field_named(edit.field.as_str());
        let binding = id.and_then(|id| side.side.binding(id).map(|binding| (id, binding)));
        let (Some(parked), Some((id, binding))) = (parked, binding) else { return false };
        let now = self.setup.field(id).kind.lenient(&binding.lens.get(&edit.before));
        restores(&parked.class) && parked.mirror.is_none_or(|then| self.memory.print(&now) == Some(then))
    }

    /// A mirror goes back after the source of truth did, and is held at what that says then. One that goes back alone
    /// is held at what the source of truth was accounted for with what is taken back.
    fn agree(&mut self, key: &LinkKey, side: &MirrorSide, link: &Link, edit: &mut Edit) {
        let place = (key.entity.clone(), edit.field.clone());
        if !self.setup.is_canonical(&key.system) {
            if let Some(restored) = self.restored.get(&place) {
                edit.canonical = restored.clone();
                edit.turn = Turn::Second;
            } else if let Some(accounted) = self.accounted(side, link, edit) {
                edit.canonical = accounted.clone();
            }
            return;
        }
        let Some(id) = self.setup.field_named(edit.field.as_str()) else { return };
        let Some(binding) = side.side.binding(id) else { return };
        if let Ok(restored) = self.setup.field(id).kind.normal(&binding.lens.get(&edit.after)) {
            self.restored.insert(place, restored);
        }
    }

    /// What the source of truth was accounted for with what a mirror holds now. That need not be what it said to the
    /// run: another undo may have moved it since, and would be told on as news if it were held at the former value.
    fn accounted<'l>(&self, side: &MirrorSide, link: &'l Link, edit: &Edit) -> Option<&'l Cell> {
        let id = self.setup.field_named(edit.field.as_str())?;
        let slot = side.side.bindings.iter().position(|binding| binding.field == id)?;
        let binding = side.side.bindings.get(slot)?;
        let base = link.base(&edit.field, self.setup.mapping(side).tag(slot))?;
        let now = self.setup.field(id).kind.lenient(&binding.lens.get(&edit.before));
        base.canonical.cell.as_ref().filter(|_| self.memory.print(&now) == Some(base.mirror.print))
    }

    /// A create is taken back as a whole, or not at all.
    fn created(&mut self, key: &LinkKey, mirror: &MirrorSide, link: &Link, now: &Record, drafts: &[&Draft]) {
        let spans = span(drafts);
        // What people made of it and another record is not ours to put away.
        let is_it = drafts.iter().any(|d| d.event == Event::Created && d.remote.as_ref() == Some(&now.id));
        let untouched = is_it && link.version == now.version && link.how == How::Created;
        if !untouched || !as_made(mirror, now, drafts, &spans) {
            return self.touched(key, mirror, now, drafts);
        }
        // In the order in which a create names them: the hold compares them with the next one's.
        let fields = mirror.side.bindings.iter().map(|binding| self.setup.field_name(binding.field));
        let edits =
            fields.filter_map(|field| edit(mirror, now, spans.get(field)?.last, Cell::Null)).collect();
        self.push(key, Act::Archive { remote: now.id.clone(), version: now.version }, edits);
    }

    fn touched(&mut self, key: &LinkKey, mirror: &MirrorSide, now: &Record, drafts: &[&Draft]) {
        self.note(key, "cannot_undo", "the record was touched since it was created");
        for draft in drafts.iter().filter(|draft| draft.field.is_some()) {
            let seen = raw(mirror, now, draft);
            self.conflict(key, draft, &Cell::Null, &seen);
        }
    }

    fn field(&mut self, key: &LinkKey, mirror: &MirrorSide, now: &Record, span: &Span<'_>) -> Option<Edit> {
        let seen = raw(mirror, now, span.last);
        if let Some(field) = span.first.field.as_ref().filter(|_| span.follows) {
            let what = format!(
                "somebody else changed {field} between two of the writes; theirs comes back, nothing older"
            );
            self.note(key, "cannot_undo", &what);
        }
        if seen.same(&span.first.before) {
            return None;
        }
        if !seen.same(&span.last.after) && !planted::is(Defect::UndoTramples) {
            self.conflict(key, span.last, &span.first.before, &seen);
            return None;
        }
        edit(mirror, now, span.last, span.first.before.clone())
    }

    fn conflict(&mut self, key: &LinkKey, draft: &Draft, restored: &Cell, seen: &Cell) {
        let claim = |party, cell: &Cell| Claim { party, cell: cell.clone(), at: None, version: None };
        let at = self.setup.mirrors().iter().position(|mirror| mirror.side.system == key.system);
        let holder = at.map_or(Party::Canonical, Party::Mirror);
        self.conflicts.push(FieldConflict {
            system: key.system.clone(),
            entity: key.entity.clone(),
            field: draft.field.clone().unwrap_or_else(|| FieldName::new("")),
            claims: vec![claim(Party::Journal, restored), claim(holder, seen)],
        });
    }

    fn push(&mut self, key: &LinkKey, act: Act, edits: Vec<Edit>) {
        let change = Change {
            system: key.system.clone(),
            entity: key.entity.clone(),
            label: String::new(),
            act,
            edits,
        };
        self.changes.push(change);
    }

    fn note(&mut self, key: &LinkKey, sort: &str, what: &str) {
        self.notes.push(Reason { sort: sort.into(), subject: key.entity.to_string(), what: what.into() });
    }

    fn plan(mut self) -> Plan {
        self.changes
            .sort_by(|a, b| (&a.system, a.act.rank(), &a.entity).cmp(&(&b.system, b.act.rank(), &b.entity)));
        let report = Report { route: ROUTE.into(), notes: self.notes, ..Report::default() };
        let made_from = MadeFrom {
            lineage: self.memory.lineage.clone(),
            serial: self.memory.serial,
            config_hash: self.setup.config_hash().to_owned(),
        };
        Plan {
            id: String::new(),
            pipeline: self.setup.pipeline().clone(),
            made_from,
            changes: self.changes,
            held: Vec::new(),
            // What is open elsewhere stays open, and is no matter of this plan.
            findings: Vec::new(),
            conflicts: self.conflicts,
            report,
        }
        .named()
    }
}

/// The first and the last write of one field with nobody else's between them: several runs are taken back in one step.
struct Span<'a> {
    first: &'a Draft,
    last: &'a Draft,
    /// Whether we had written before, and somebody else since.
    follows: bool,
}

/// Whether a record holds what its create left there, and nothing else that we know the columns of.
///
/// A later write of ours moves the version past a person's edit, so the version alone does not tell:
/// neither does a create that we wrote to again.
fn as_made(
    mirror: &MirrorSide,
    now: &Record,
    drafts: &[&Draft],
    spans: &BTreeMap<FieldName, Span<'_>>,
) -> bool {
    let intents: BTreeSet<Option<&IntentId>> = drafts.iter().map(|draft| draft.intent.as_ref()).collect();
    let as_left = |span: &Span<'_>| raw(mirror, now, span.last).same(&span.last.after);
    let written: BTreeSet<usize> =
        spans.values().filter_map(|span| mirror.side.column_named(span.last.column.as_deref()?)).collect();
    let rest = mirror.side.bindings.iter().map(|binding| binding.column).filter(|at| !written.contains(at));
    intents.len() == 1 && spans.values().all(as_left) && rest.into_iter().all(|at| now.cell(at).is_blank())
}

fn span<'a>(drafts: &[&'a Draft]) -> BTreeMap<FieldName, Span<'a>> {
    let mut spans: BTreeMap<FieldName, Span<'a>> = BTreeMap::new();
    for draft in drafts {
        let Some(field) = &draft.field else { continue };
        let begun = spans.remove(field);
        let goes_on = |span: &Span<'_>| span.last.after.same(&draft.before);
        let span = match begun {
            Some(span) if goes_on(&span) => Span { last: draft, ..span },
            begun => Span { first: draft, last: draft, follows: begun.is_some() },
        };
        spans.insert(field.clone(), span);
    }
    spans
}

fn raw(mirror: &MirrorSide, now: &Record, draft: &Draft) -> Cell {
    let column = draft.column.as_deref().and_then(|column| mirror.side.column_named(column));
    column.map_or(Cell::Absent, |at| now.cell(at).clone())
}

/// The edit that puts a value back. A value that was never known cannot be put back.
///
/// What is put back is the system's own spelling, so it is wanted as it stands.
fn edit(mirror: &MirrorSide, now: &Record, draft: &Draft, after: Cell) -> Option<Edit> {
    after.is_known().then_some(())?;
    Some(Edit {
        field: draft.field.clone()?,
        column: draft.column.clone()?,
        class: ClassId::new(if draft.class.as_ref().is_some_and(|c| c.as_str() == UNDO) {
            REDO
        } else {
            UNDO
        }),
        before: raw(mirror, now, draft),
        wanted: after.clone(),
        after,
        canonical: draft.canonical.clone(),
        turn: Turn::Alone,
    })
}

#[cfg(test)]
mod tests;
