//! Turns what was seen after a write into what is remembered.

use trueup_core::{
    journal::{Draft, Event, Intent},
    link::{How, Link, LinkState},
    memory::{FieldKey, Hold, Note, Parked},
    merge::Flow,
    name::{FieldName, RemoteId},
    plan::{Act, Edit, Turn, whole},
    planted::{self, Defect},
    record::Record,
    settle::{Answer, Audit, Checked, Ending, Evidence, Refused, audit, lost},
    setup::MirrorSide,
    undo::{REDO, UNDO},
    value::{Cell, Print},
};

use super::{Doors, Fate, FieldFate, Outcome, batch::Answered, lookup::Seen, truth, unseen};
use crate::{Fault, Lane, Refusal};

/// What one intent comes to: how it ended, and what is remembered of it.
pub(super) struct Settlement {
    pub(super) outcome: Outcome,
    pub(super) notes: Vec<Note>,
}

/// What is journaled of fields for which nothing is sent.
pub(super) fn dropped(doors: &Doors<'_>, intent: &Intent, checked: &Checked) -> Vec<Note> {
    let journal = |drop: &trueup_core::settle::Dropped| {
        let draft = draft(doors, intent, drop.event, Some(&drop.edit));
        Note::Journal(Box::new(Draft {
            after: drop.now.clone(),
            evidence: "nothing was sent".into(),
            ..draft
        }))
    };
    let mut notes: Vec<Note> = checked.dropped.iter().map(journal).collect();
    if checked.dropped.iter().any(|drop| drop.event == Event::ScopeLost) {
        notes.extend(marked(doors, intent, LinkState::OutOfScope));
        notes.extend(told_lost(doors, intent, false));
    }
    notes
}

/// Tells a person of a record that left the scope, in the commit that puts it out of sight: whoever dies right after
/// could not tell it any more. A create tells of its own record by its row.
fn told_lost(doors: &Doors<'_>, intent: &Intent, landed: bool) -> Option<Note> {
    let told = || Note::Found(doors.run.clone(), Box::new(lost(&intent.change, landed)));
    matches!(doors.fence.lane, Lane::Cycle).then(told)
}

/// Settles an update or an archive.
pub(super) fn update(
    doors: &Doors<'_>,
    mirror: &MirrorSide,
    one: &Answered,
    seen: Seen<'_>,
    late: bool,
) -> Settlement {
    if let Err(fault) = &one.answer
        && not_even_tried(fault)
    {
        return closed(one, Fate::NotDone(fault.to_string()), Vec::new());
    }
    match (&one.intent.change.act, seen) {
        (_, Seen::Unread) => left_open(one),
        (Act::Archive { remote, .. }, seen) => archive(doors, one, remote, seen, late),
        (_, seen) => updated(doors, mirror, one, seen, late),
    }
}

/// Settles an update or an archive whose record is gone: two looks, a quiet period apart, did not find it (I-15).
pub(super) fn gone(doors: &Doors<'_>, mirror: &MirrorSide, one: &Answered) -> Settlement {
    match &one.intent.change.act {
        Act::Archive { remote, .. } => archived(doors, one, remote),
        Act::Create { .. } | Act::Update { .. } => {
            let mut settlement = updated(doors, mirror, one, Seen::Nothing, true);
            settlement.notes.extend(unseen::given_up(doors, one, &settlement.outcome.fields));
            settlement
        }
    }
}

// The system said, before doing anything, that it will not: that is no word about the values.
pub(super) const fn not_even_tried(fault: &Fault) -> bool {
    matches!(fault, Fault::Busy { .. } | Fault::Denied(_) | Fault::Missing)
}

fn updated(doors: &Doors<'_>, mirror: &MirrorSide, one: &Answered, seen: Seen<'_>, late: bool) -> Settlement {
    let mapping = doors.setup.mapping(mirror);
    let eyes = Evidence { setup: doors.setup, mirror, mapping, memory: doors.memory };
    let audit = audit(&eyes, &one.intent, &answer(one), seen.record(), late);
    if audit.open {
        return left_open(one);
    }
    let mut notes: Vec<Note> = audit.endings.iter().flat_map(|end| ended(doors, one, end)).collect();
    if let Some(record) = seen.record() {
        notes.push(Note::Link(Box::new(relinked(doors, one, record, &audit))));
    }
    notes.extend(truth::followers(doors, one, &audit.endings, Vec::new()));
    let fate = fate(&audit);
    if fate == Fate::ScopeRaced {
        notes.push(Note::Journal(Box::new(draft(doors, &one.intent, Event::ScopeRaced, None))));
        notes.extend(told_lost(doors, &one.intent, true));
    }
    let mut settlement = closed(one, fate, notes);
    settlement.outcome.fields = audit.endings.iter().map(field_fate).collect();
    settlement
}

pub(super) fn answer(one: &Answered) -> Answer {
    match &one.answer {
        Ok(_) if one.shown.is_empty() => Answer::Written,
        Ok(_) => Answer::Shown(one.shown.clone()),
        Err(Fault::Rejected(list)) => Answer::Refused(list.iter().map(refused).collect()),
        Err(Fault::BatchRefused(reason)) => {
            Answer::Refused(vec![Refused { column: None, reason: reason.clone() }])
        }
        Err(_) => Answer::Unknown,
    }
}

fn refused(refusal: &Refusal) -> Refused {
    Refused { column: refusal.column.clone(), reason: refusal.reason.clone() }
}

fn fate(audit: &Audit) -> Fate {
    let any = |event| audit.endings.iter().find(move |end| end.event == event);
    match (any(Event::Landed), any(Event::Refused)) {
        _ if audit.scope_raced => Fate::ScopeRaced,
        (Some(_), _) => Fate::Landed,
        (None, Some(end)) => Fate::Refused(end.reason.clone()),
        (None, None) => Fate::NotDone("it was seen not to have landed".into()),
    }
}

pub(super) fn field_fate(end: &Ending) -> FieldFate {
    FieldFate {
        field: end.edit.field.clone(),
        class: end.edit.class.clone(),
        event: end.event,
        exact: end.exact,
        reason: end.reason.clone(),
    }
}

/// What is remembered of one field.
pub(super) fn ended(doors: &Doors<'_>, one: &Answered, end: &Ending) -> Vec<Note> {
    let own = Draft {
        after: end.after.clone(),
        evidence: evidence(one, end),
        ..field_draft(doors, one, end.event, end)
    };
    let mut notes = vec![Note::Journal(Box::new(own))];
    notes.extend(end.overwrote.iter().map(|past| {
        let draft = field_draft(doors, one, Event::Overwrote, end);
        let who = format!("written {} by {}", past.at, past.by);
        Note::Journal(Box::new(Draft {
            before: preimage(&past.cell),
            after: end.after.clone(),
            evidence: who,
            ..draft
        }))
    }));
    let key = field_key(&one.intent, end.edit.field.clone());
    match end.event {
        Event::Refused => notes.push(Note::Park(key, parked(doors, &one.intent, end))),
        Event::Landed => {
            let print = held_at(doors, &one.intent, &key, &end.edit);
            let is_held = is_held(doors, &one.intent, end, print);
            notes.extend(hold(doors, &one.intent, key, is_held, print));
        }
        _ => {}
    }
    notes
}

/// A field of a new record is journaled with the id the record got: an undo asks which it was.
fn field_draft(doors: &Doors<'_>, one: &Answered, event: Event, end: &Ending) -> Draft {
    let draft = draft(doors, &one.intent, event, Some(&end.edit));
    let remote = draft.remote.clone().or_else(|| one.answer.as_ref().ok().cloned());
    let entity = remote.as_ref().map_or_else(|| draft.entity.clone(), |remote| truth::entity(one, remote));
    Draft { remote, entity, ..draft }
}

fn evidence(one: &Answered, end: &Ending) -> String {
    if end.reason.is_empty() { one.evidence.clone() } else { format!("{}: {}", one.evidence, end.reason) }
}

fn parked(doors: &Doors<'_>, intent: &Intent, end: &Ending) -> Parked {
    let mirror = mirrored(doors, intent, end);
    let field = doors.setup.field_named(end.edit.field.as_str());
    Parked {
        class: end.edit.class.clone(),
        reason: end.reason.clone(),
        canonical: doors.memory.print(&end.edit.canonical),
        mirror: doors.memory.print(&mirror),
        kept: field.is_some_and(|id| doors.setup.field(id).kind.is_set()).then_some(mirror),
        since: doors.run.clone(),
    }
}

// The planner compares the normalised cell, so that is what a parked field is remembered by; as the
// refusal left it, which need not be as it was: a system may keep a part.
fn mirrored(doors: &Doors<'_>, intent: &Intent, end: &Ending) -> Cell {
    let left = if end.after.is_known() { &end.after } else { &end.edit.before };
    let place = || {
        let field = doors.setup.field_named(end.edit.field.as_str())?;
        let binding = doors.setup.written(intent.system())?.side.binding(field)?;
        Some(doors.setup.field(field).kind.lenient(&binding.lens.get(left)))
    };
    place().unwrap_or_else(|| left.clone())
}

/// What the source of truth says of a field while it is held. One that is only told, and that an undo of a newer run put
/// back before, stays held at what that met: the older run was told something else, and so was its account.
fn held_at(doors: &Doors<'_>, intent: &Intent, key: &FieldKey, edit: &Edit) -> Option<Print> {
    let before = || {
        let field = doors.setup.field_named(edit.field.as_str())?;
        let binding = doors.setup.mirror(intent.system())?.side.binding(field)?;
        let told_alone = binding.flow == Flow::Out && edit.turn == Turn::Alone;
        doors.memory.holds.get(key).filter(|_| told_alone)?.canonical
    };
    before().or_else(|| doors.memory.print(&edit.canonical))
}

/// Whether what landed is held: what an undo restored, until something else is written there, and so what undoing that
/// brought back to a mirror whose source of truth says something else, since several undos may have led there.
fn is_held(doors: &Doors<'_>, intent: &Intent, end: &Ending, canonical: Option<Print>) -> bool {
    let told = !doors.setup.is_canonical(intent.system());
    match end.edit.class.as_str() {
        UNDO => true,
        REDO => told && doors.memory.print(&mirrored(doors, intent, end)) != canonical,
        _ => false,
    }
}

fn hold(
    doors: &Doors<'_>,
    intent: &Intent,
    key: FieldKey,
    is_held: bool,
    canonical: Option<Print>,
) -> Option<Note> {
    if is_held {
        return Some(Note::Hold(key, Hold { canonical, by: intent.run.clone() }));
    }
    doors.memory.holds.contains_key(&key).then(|| Note::Release(key))
}

fn relinked(doors: &Doors<'_>, one: &Answered, record: &Record, audit: &Audit) -> Link {
    let new = || new_link(&one.intent, &record.id, how(&one.intent.change.act));
    let mut link = link_of(doors, one).filter(|link| is_same(link, record)).unwrap_or_else(new);
    if link.how == How::Created && was_touched(&link, one, record, audit) {
        link.how = How::Adopted;
    }
    // Judged by now. What was judged once more says nothing of how its record stands: the plan tells, which asks also
    // whether people brought it back while its original is gone.
    let again = link.given_up.take().is_some();
    link.follow(&record.id);
    link.version = record.version;
    link.state = match link.state {
        _ if audit.scope_raced => LinkState::OutOfScope,
        was if again => was,
        _ => LinkState::Active,
    };
    // A value that was put back is no move of the mirror's, also where it was not seen whose it is now.
    let undone = |end: &&Ending| end.event == Event::Landed && end.edit.class.as_str() == UNDO;
    for end in audit.endings.iter().filter(undone) {
        link.forget_base(&end.edit.field);
    }
    // What the source of truth holds is accounted for in the mirrors' links.
    if !doors.setup.is_canonical(one.intent.system()) {
        audit.bases.iter().for_each(|base| link.set_base(base.clone()));
    }
    link
}

/// Whether somebody else wrote to a record between our last look and this one, as far as its system tells: from now on
/// its version is that of our own write, and says nothing of theirs any more (I-20).
fn was_touched(link: &Link, one: &Answered, record: &Record, audit: &Audit) -> bool {
    let before = one.intent.watermark;
    let ours = audit.endings.iter().any(|end| end.event == Event::Landed);
    let overwrote = audit.endings.iter().any(|end| !end.overwrote.is_empty());
    link.version != before || (!ours && record.version != before) || overwrote
}

// Unless the system says that it is what the linked record became, another record starts anew: neither
// its history nor its bases are its own.
fn is_same(link: &Link, record: &Record) -> bool {
    link.remote == record.id || record.asked.as_ref() == Some(&link.remote)
}

fn link_of(doors: &Doors<'_>, one: &Answered) -> Option<Link> {
    doors.memory.links.get(&one.intent.link_key()).cloned()
}

const fn how(act: &Act) -> How {
    match act {
        Act::Update { how, .. } => *how,
        Act::Create { .. } | Act::Archive { .. } => How::Created,
    }
}

fn new_link(intent: &Intent, remote: &RemoteId, how: How) -> Link {
    Link::new(intent.system(), intent.entity(), remote, how)
}

fn archive(doors: &Doors<'_>, one: &Answered, remote: &RemoteId, seen: Seen<'_>, late: bool) -> Settlement {
    match (seen, &one.answer) {
        (_, Err(fault)) if fault.proves_nothing_done() => {
            closed(one, Fate::Refused(fault.to_string()), Vec::new())
        }
        (Seen::Nothing, Ok(_)) => archived(doors, one, remote),
        // Nobody said that it was put away: it may be hidden, as any record that is not found once.
        (Seen::Nothing, Err(_)) => left_open(one),
        _ if late => closed(one, Fate::NotDone("it was seen not to have landed".into()), Vec::new()),
        _ => left_open(one),
    }
}

fn archived(doors: &Doors<'_>, one: &Answered, remote: &RemoteId) -> Settlement {
    let mut link = link_of(doors, one).unwrap_or_else(|| new_link(&one.intent, remote, How::Created));
    link.follow(remote);
    link.state = LinkState::Tombstone;
    let own = Draft { evidence: one.evidence.clone(), ..draft(doors, &one.intent, Event::Archived, None) };
    let mut notes = vec![Note::Journal(Box::new(own)), Note::Link(Box::new(link))];
    let edits = &one.intent.change.edits;
    if let Some(edit) = edits.first() {
        let key = field_key(&one.intent, FieldName::new(""));
        let print = doors.memory.print(&whole(edits));
        notes.extend(hold(doors, &one.intent, key, edit.class.as_str() == UNDO, print));
    }
    closed(one, Fate::Landed, notes)
}

/// Closes a write of which nobody can tell any more whether it landed: its fields are told as such.
pub(super) fn in_doubt(doors: &Doors<'_>, one: &Answered, why: &str) -> Settlement {
    let told = |edit: &Edit| {
        let own = draft(doors, &one.intent, Event::InDoubt, Some(edit));
        Note::Journal(Box::new(Draft { evidence: format!("{}: {why}", one.evidence), ..own }))
    };
    let notes = one.intent.change.edits.iter().map(told).collect();
    closed(one, Fate::NotDone(why.to_owned()), notes)
}

pub(super) fn closed(one: &Answered, fate: Fate, mut notes: Vec<Note>) -> Settlement {
    notes.push(Note::Settle(one.intent.id.clone()));
    Settlement { outcome: Outcome { change: one.intent.change.clone(), fate, fields: Vec::new() }, notes }
}

pub(super) fn left_open(one: &Answered) -> Settlement {
    let outcome = Outcome { change: one.intent.change.clone(), fate: Fate::Open, fields: Vec::new() };
    Settlement { outcome, notes: Vec::new() }
}

// A link that was only planned so far is remembered now: without it the record, out of sight, would
// look missing and be created again.
pub(super) fn marked(doors: &Doors<'_>, intent: &Intent, state: LinkState) -> Option<Note> {
    let remote = intent.change.remote()?;
    let known = doors.memory.links.get(&intent.link_key()).filter(|link| link.is_to(remote)).cloned();
    let link = known.unwrap_or_else(|| new_link(intent, remote, how(&intent.change.act)));
    Some(Note::Link(Box::new(Link { state, ..link })))
}

pub(super) fn field_key(intent: &Intent, field: FieldName) -> FieldKey {
    FieldKey { link: intent.link_key(), field }
}

pub(super) fn record_draft(doors: &Doors<'_>, one: &Answered, event: Event, remote: &RemoteId) -> Draft {
    Draft {
        entity: truth::entity(one, remote),
        remote: Some(remote.clone()),
        evidence: one.evidence.clone(),
        ..draft(doors, &one.intent, event, None)
    }
}

pub(super) fn draft(doors: &Doors<'_>, intent: &Intent, event: Event, edit: Option<&Edit>) -> Draft {
    let cell = |of: fn(&Edit) -> &Cell| edit.map_or(Cell::Absent, |edit| of(edit).clone());
    let class = match &intent.change.act {
        Act::Create { class, .. } => Some(class.clone()),
        Act::Archive { .. } | Act::Update { .. } => None,
    };
    Draft {
        // The run that planned it, also when a later one saw how it ended: who takes that run back means it.
        run: intent.run.clone(),
        at: doors.world.now(),
        intent: Some(intent.id.clone()),
        system: intent.system().clone(),
        entity: intent.entity().clone(),
        remote: intent.change.remote().cloned(),
        field: edit.map(|edit| edit.field.clone()),
        column: edit.map(|edit| edit.column.clone()),
        class: edit.map(|edit| edit.class.clone()).or(class),
        event,
        before: preimage(&cell(|edit| &edit.before)),
        after: Cell::Absent,
        canonical: cell(|edit| &edit.canonical),
        evidence: String::new(),
    }
}

/// What is journaled of a value that is overwritten.
fn preimage(cell: &Cell) -> Cell {
    let unlogged = planted::is(Defect::NoPreimage) || planted::is(Defect::NewestWinsUnlogged);
    if unlogged { Cell::Absent } else { cell.clone() }
}
