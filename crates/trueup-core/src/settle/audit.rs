//! Right after a write: what the record holds, who wrote what since we looked, and how it ends.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::alike::{is_made_of, is_spelling};
use crate::{
    drift::base,
    journal::{Event, Intent},
    link::FieldBase,
    memory::Memory,
    merge::{Flow, Survivor},
    plan::Edit,
    planted::{self, Defect},
    record::{Past, Record},
    setup::{Binding, Field, Mapping, MirrorSide, Setup, Side},
    undo::restores,
    value::Cell,
};

/// What the system answered to a write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It says that it is done.
    Written,
    /// It says that it is done, and shows what it made of it: the cells of columns that were written, as they stood
    /// the moment the write took effect.
    Shown(BTreeMap<String, Cell>),
    /// It says that it is not, and why.
    Refused(Vec<Refused>),
    /// Nobody knows.
    Unknown,
}

/// A refusal, for one column or for the whole record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The column to blame; `None` blames every field that was sent.
    pub column: Option<String>,
    /// The system's words.
    pub reason: String,
}

/// How one field of an intent ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ending {
    /// The edit.
    pub edit: Edit,
    /// What happened.
    pub event: Event,
    /// What the record held right after our write, as it spells it.
    pub after: Cell,
    /// Values of others between our look and our write, newest first.
    pub overwrote: Vec<Past>,
    /// Why, for a refusal.
    pub reason: String,
    /// Whether what the record held is our write, and not what somebody made of it since.
    pub ours: bool,
    /// Whether the record holds exactly what was wanted, and no spelling of the system's own.
    pub exact: bool,
}

/// What an audit came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Audit {
    /// Whether the intent stays open: it may still land.
    pub open: bool,
    /// How each field ended; empty while open.
    pub endings: Vec<Ending>,
    /// The bases of the fields that landed: what was observed, never what was sent.
    pub bases: Vec<FieldBase>,
    /// Whether the record was outside the scope when it was read back after our write landed, or may have.
    pub scope_raced: bool,
}

/// Everything an audit looks at.
#[derive(Debug)]
pub struct Evidence<'a> {
    /// The configuration.
    pub setup: &'a Setup,
    /// The mirror.
    pub mirror: &'a MirrorSide,
    /// Its bindings' fingerprints.
    pub mapping: &'a Mapping,
    /// What is remembered, for fingerprints.
    pub memory: &'a Memory,
}

/// Decides how an intent ended, from a read made after it was sent.
///
/// `late` says that its deadline has passed: what was not seen by then will not land any more.
#[must_use]
pub fn audit(
    eyes: &Evidence<'_>,
    intent: &Intent,
    answer: &Answer,
    fresh: Option<&Record>,
    late: bool,
) -> Audit {
    // Somebody may have typed the very value that is still under way: what it replaces when it lands would be lost.
    let told = |edit: &Edit| late || *answer != Answer::Unknown || wrote(eyes, intent, fresh, edit);
    let ended = |edit| ending(eyes, intent, answer, fresh, edit).filter(|_| told(edit));
    let endings: Vec<Option<Ending>> = intent.change.edits.iter().map(ended).collect();
    // One field that is there does not tell that the others landed with it.
    if !late && endings.iter().any(Option::is_none) {
        return Audit { open: true, endings: Vec::new(), bases: Vec::new(), scope_raced: false };
    }
    let edits = intent.change.edits.iter();
    let endings: Vec<Ending> = edits
        .zip(endings)
        .map(|(edit, end)| end.unwrap_or_else(|| given_up(eyes, intent, fresh, edit)))
        .collect();
    let landed = endings.iter().filter(|end| end.event == Event::Landed);
    let bases = landed.clone().filter(|end| end.ours).filter_map(|end| landed_base(eyes, end)).collect();
    let outside = |record| eyes.mirror.scope.as_ref().is_some_and(|scope| !scope.holds(record));
    let touched = landed.count() > 0 || may_have_landed(eyes, intent, answer, fresh);
    let scope_raced = touched && fresh.is_some_and(outside);
    Audit { open: false, endings, bases, scope_raced }
}

/// Whether the record's past tells that what was wanted was written since we looked, and by nobody else for certain.
fn wrote(eyes: &Evidence<'_>, intent: &Intent, fresh: Option<&Record>, edit: &Edit) -> bool {
    place(eyes, edit).is_some_and(|(binding, field)| {
        let mut since = written_since(intent, fresh, binding, edit).iter();
        since.any(|past| !past.foreign && holds(field, binding, &past.cell, edit))
    })
}

/// Whether some value that came since we looked may be what the system made of ours, where nobody knows its answer.
fn may_have_landed(eyes: &Evidence<'_>, intent: &Intent, answer: &Answer, fresh: Option<&Record>) -> bool {
    let changed = |edit: &Edit| {
        let Some((binding, _)) = place(eyes, edit) else { return false };
        let now = seen(eyes, fresh, edit);
        let told = fresh.is_some_and(|record| !record.past(binding.column).is_empty());
        let since = written_since(intent, fresh, binding, edit);
        if told { since.iter().any(|past| !past.foreign) } else { now.is_known() && !now.same(&edit.before) }
    };
    *answer == Answer::Unknown && intent.change.edits.iter().any(changed)
}

/// The bases of what a record was made without: whoever it was made after said nothing, and the new record was seen
/// to hold nothing. Without them, what people add in its first minute would meet a field nobody accounted for.
///
/// `made` is the side it was made in; `unasked` is the flow of fields that had no part in it.
#[must_use]
pub fn blanks(
    eyes: &Evidence<'_>,
    intent: &Intent,
    (made, record): (&Side, &Record),
    unasked: Flow,
) -> Vec<FieldBase> {
    let sent = |field: &Field| intent.change.edits.iter().any(|edit| edit.field == field.name);
    let own = |(at, binding): (usize, &Binding)| {
        let field = eyes.setup.field(binding.field);
        let there = made.binding(binding.field)?;
        let held = field.kind.lenient(&there.lens.get(record.cell(there.column)));
        let told = binding.create_only || binding.flow == unasked || sent(field) || !held.is_blank();
        if told {
            return None;
        }
        base(field, eyes.mapping.tag(at), binding.flow, (&Cell::Null, &Cell::Null), eyes.memory)
    };
    eyes.mirror.side.bindings.iter().enumerate().filter_map(own).collect()
}

/// How one field ended; `None` when that cannot be told yet.
fn ending(
    eyes: &Evidence<'_>,
    intent: &Intent,
    answer: &Answer,
    fresh: Option<&Record>,
    edit: &Edit,
) -> Option<Ending> {
    let (binding, field) = place(eyes, edit)?;
    let now = seen(eyes, fresh, edit);
    let since = written_since(intent, fresh, binding, edit);
    let wanted = |past: &Past| holds(field, binding, &past.cell, edit);
    let ours = since.iter().position(|past| !past.foreign && wanted(past));
    let ours = ours.or_else(|| since.iter().position(wanted));
    // What a merge took over from the record that we wrote to replaced what the other one held.
    let taken_over = |at: usize| is_another(fresh) && since.get(at).is_some_and(|past| past.foreign);
    let older = |at: usize| since.get(at + 1..).filter(|_| !taken_over(at)).unwrap_or_default();
    let overwrote = |at: usize| foreign(older(at), edit);
    if holds(field, binding, &now, edit) {
        let landed = landed(edit, now, ours.map(overwrote).unwrap_or_default());
        return Some(Ending { exact: true, ..landed });
    }
    if let Some(at) = ours {
        // Landed, and then somebody changed it: the base is our value, so their edit shows as moved.
        let after = since.get(at).map_or(Cell::Absent, |past| past.cell.clone());
        return Some(landed(edit, after, overwrote(at)));
    }
    let ending = match (answer, shown(answer, fresh, (binding, edit))) {
        (Answer::Refused(list), _) => return Some(refusal(edit, now, list)),
        (Answer::Unknown, _) => return None,
        _ if !now.is_known() => return None,
        _ if was_replaced(fresh, binding, since, &now, edit) => return Some(not_applied(edit, now)),
        (_, Some(cell)) if holds(field, binding, cell, edit) => landed(edit, cell.clone(), Vec::new()),
        // Anything else that it shows may be a person's, and ours was dropped.
        (_, Some(cell)) if is_made_of(field, &edit.after, cell) || cell.same(&edit.before) => {
            respelled(edit, (binding, field), cell.clone())
        }
        _ => unrecognised(edit, (binding, field), now, since),
    };
    Some(Ending { overwrote: replaced(since, edit), ..ending })
}

/// What the answer showed of a column, where no history tells better.
fn shown<'a>(
    answer: &'a Answer,
    fresh: Option<&Record>,
    (binding, edit): (&Binding, &Edit),
) -> Option<&'a Cell> {
    let Answer::Shown(cells) = answer else { return None };
    let told = fresh.is_some_and(|record| !record.past(binding.column).is_empty());
    cells.get(&edit.column).filter(|cell| !told && cell.is_known())
}

/// Whether what answers is what the record was merged into: its history may be another one's.
fn is_another(fresh: Option<&Record>) -> bool {
    fresh.is_some_and(|record| record.asked.is_some())
}

/// How a field ended of which nothing was seen by its deadline, other than the system's own spelling of it, maybe.
fn given_up(eyes: &Evidence<'_>, intent: &Intent, fresh: Option<&Record>, edit: &Edit) -> Ending {
    let now = seen(eyes, fresh, edit);
    let own = fresh.filter(|_| !is_another(fresh));
    let Some((own, (binding, field))) = own.zip(place(eyes, edit)) else { return not_applied(edit, now) };
    let since = written_since(intent, Some(own), binding, edit);
    let told = !own.past(binding.column).is_empty();
    // A person's value may begin like ours: without an answer only what means the same is ours, or of a text has the
    // same letters. Planned anew it would be contested by its own spelling.
    let reads = |one: &Cell, cell: &Cell| reads_as((binding, field), one, cell);
    let is_ours = |cell: &Cell| reads(&edit.after, cell) && !reads(&edit.before, cell);
    match since.iter().position(|past| !past.foreign && is_ours(&past.cell)) {
        Some(at) => {
            let overwrote = foreign(since.get(at + 1..).unwrap_or_default(), edit);
            let cell = since.get(at).map_or(Cell::Absent, |past| past.cell.clone());
            Ending { overwrote, ..respelled(edit, (binding, field), cell) }
        }
        None if !told && is_ours(&now) => respelled(edit, (binding, field), now),
        None => Ending { overwrote: replaced(since, edit), ..not_applied(edit, now) },
    }
}

/// Whether two raw cells mean the same, or are one word in two spellings.
fn reads_as((binding, field): (&Binding, &Field), one: &Cell, other: &Cell) -> bool {
    let normal = |cell: &Cell| field.kind.lenient(&binding.lens.get(cell));
    normal(one).same(&normal(other)) || is_spelling(field, one, other)
}

fn written_since<'a>(
    intent: &Intent,
    fresh: Option<&'a Record>,
    binding: &Binding,
    edit: &Edit,
) -> &'a [Past] {
    let Some(record) = fresh else { return &[] };
    if intent.is_create() {
        // Nothing stood there before it was made: a blank is what somebody made of it.
        return record.past(binding.column);
    }
    since(record, binding, intent.watermark, &edit.before)
}

/// Whether the record is another one by now, such as what a merge left, so that what we wrote is not in it: it
/// answers under another id, or another value stands there and its history knows of no write since we looked.
fn was_replaced(fresh: Option<&Record>, binding: &Binding, since: &[Past], now: &Cell, edit: &Edit) -> bool {
    let Some(record) = fresh else { return false };
    let untouched = !record.past(binding.column).is_empty() && since.is_empty();
    is_another(fresh) || (untouched && !now.same(&edit.before))
}

/// The system said yes, and nothing there reads like what was sent: a value since we looked that nobody else wrote is
/// ours in the system's words. Where others wrote all of them, the system dropped ours.
fn unrecognised(edit: &Edit, own: (&Binding, &Field), now: Cell, since: &[Past]) -> Ending {
    let mut ours = since.iter().filter(|past| !past.foreign);
    match (ours.next(), ours.next()) {
        // Which of them is ours nobody can tell: the last one may be a person's, who changed what the system
        // had made of it. No base is made of it.
        (Some(_), Some(_)) => Ending { ours: false, ..landed(edit, now, Vec::new()) },
        (Some(one), None) => respelled(edit, own, one.cell.clone()),
        (None, _) if !since.is_empty() => not_applied(edit, now),
        (None, _) if reads_as(own, &edit.after, &now) => respelled(edit, own, now),
        // Where no history tells, what stands there may be what a person wrote a moment later: to take it
        // for our value in other words would let it stand for ever. No base is made of it.
        (None, _) => Ending { ours: false, ..respelled(edit, own, now) },
    }
}

/// What the system made of what was sent: it wrote it in another way, or not at all.
fn respelled(edit: &Edit, (binding, field): (&Binding, &Field), now: Cell) -> Ending {
    let held = field.kind.lenient(&binding.lens.get(&now));
    let kept = held.items();
    // What is put back is asked for in the system's own words.
    let back = restores(&edit.class);
    let asked = if back { field.kind.lenient(&binding.lens.get(&edit.after)) } else { edit.wanted.clone() };
    let asked = asked.items();
    let lacking = asked.iter().any(|item| !kept.contains(item));
    let besides = back && kept.iter().any(|item| !asked.contains(item));
    let blame = if now.same(&edit.before) {
        "the system answered yes but the value did not change"
    } else if now.is_blank() {
        "the system answered yes but the field is empty"
    } else if field.kind.is_set() && lacking {
        "the system answered yes but kept only a part of it"
    } else if field.kind.is_set() && besides {
        "the system answered yes but kept what was to be taken back"
    } else {
        return landed(edit, now, Vec::new());
    };
    refused(edit, now, blame)
}

fn refusal(edit: &Edit, now: Cell, list: &[Refused]) -> Ending {
    let blamed = |r: &&Refused| r.column.as_deref() == Some(edit.column.as_str());
    let anyone = |r: &&Refused| r.column.is_none();
    let nobody_of_ours = list.iter().all(|r| r.column.is_some());
    match list.iter().find(blamed).or_else(|| list.iter().find(anyone)) {
        Some(own) => refused(edit, now, &own.reason),
        // The record was refused for another field: this one is free to be tried again alone.
        None if nobody_of_ours && !list.is_empty() => not_applied(edit, now),
        None => refused(edit, now, "the system refused it without a reason"),
    }
}

fn landed(edit: &Edit, after: Cell, overwrote: Vec<Past>) -> Ending {
    Ending {
        edit: edit.clone(),
        event: Event::Landed,
        after,
        overwrote,
        reason: String::new(),
        ours: true,
        exact: false,
    }
}

fn refused(edit: &Edit, after: Cell, reason: &str) -> Ending {
    Ending {
        edit: edit.clone(),
        event: Event::Refused,
        after,
        overwrote: Vec::new(),
        reason: reason.to_owned(),
        ours: false,
        exact: false,
    }
}

fn not_applied(edit: &Edit, after: Cell) -> Ending {
    Ending {
        edit: edit.clone(),
        event: Event::NotApplied,
        after,
        overwrote: Vec::new(),
        reason: String::new(),
        ours: false,
        exact: false,
    }
}

fn place<'a>(eyes: &Evidence<'a>, edit: &Edit) -> Option<(&'a Binding, &'a Field)> {
    let id = eyes.setup.field_named(edit.field.as_str())?;
    Some((eyes.mirror.side.binding(id)?, eyes.setup.field(id)))
}

fn seen(eyes: &Evidence<'_>, fresh: Option<&Record>, edit: &Edit) -> Cell {
    let column = eyes.mirror.side.column_named(&edit.column);
    fresh.zip(column).map_or(Cell::Absent, |(record, column)| record.cell(column).clone())
}

/// Past values newer than what the guard read saw.
///
/// The watermark is the system's own clock; a value of the very same millisecond that differs from
/// what we saw was written after we looked. Where there is no watermark, what we saw is known by its value
/// alone: everything older was there before we looked.
fn since<'a>(
    record: &'a Record,
    binding: &Binding,
    watermark: Option<Timestamp>,
    before: &Cell,
) -> &'a [Past] {
    let past = record.past(binding.column);
    let known = |p: &Past| match watermark {
        Some(mark) => p.at < mark || (p.at == mark && p.cell.same(before)),
        None => p.cell.same(before),
    };
    let end = past.iter().position(known).unwrap_or(past.len());
    past.get(..end).unwrap_or_default()
}

fn foreign(older: &[Past], edit: &Edit) -> Vec<Past> {
    if [Defect::NoAudit, Defect::NoReread].into_iter().any(planted::is) {
        return Vec::new();
    }
    older.iter().filter(|past| !past.cell.same(&edit.before)).cloned().collect()
}

/// What a write of ours that is not recognised may have replaced: everything before the newest value that can be ours.
fn replaced(since: &[Past], edit: &Edit) -> Vec<Past> {
    let newest = since.iter().position(|past| !past.foreign);
    newest.map_or_else(Vec::new, |at| foreign(since.get(at + 1..).unwrap_or_default(), edit))
}

/// Whether a raw cell says what was wanted.
///
/// A union is content when nothing wanted is lacking; an undo puts back the very spelling.
fn holds(field: &Field, binding: &Binding, raw: &Cell, edit: &Edit) -> bool {
    if restores(&edit.class) {
        return raw.same(&edit.after);
    }
    let now = field.kind.lenient(&binding.lens.get(raw));
    if field.survivor == Survivor::Union {
        let items = now.items();
        return now.is_known() && edit.wanted.items().iter().all(|item| items.contains(item));
    }
    now.same(&edit.wanted)
}

fn landed_base(eyes: &Evidence<'_>, end: &Ending) -> Option<FieldBase> {
    let (binding, field) = place(eyes, &end.edit)?;
    let at = eyes.mirror.side.bindings.iter().position(|b| b.field == binding.field)?;
    let seen = field.kind.lenient(&binding.lens.get(&end.after));
    let mirror = if planted::is(Defect::BaseFromSent) { end.edit.wanted.clone() } else { seen };
    base(field, eyes.mapping.tag(at), binding.flow, (&end.edit.canonical, &mirror), eyes.memory)
}
