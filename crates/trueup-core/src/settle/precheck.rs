//! Right before a write: is the record still what the plan saw, and still ours?

use jiff::Timestamp;

use crate::{
    journal::Event,
    plan::{Act, Change, Edit},
    planted::{self, Defect},
    record::Record,
    setup::MirrorSide,
    value::Cell,
};

/// What a fresh read leaves of a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// What may still be sent; `None` when nothing is left.
    pub change: Option<Change>,
    /// Fields for which nothing is sent, and what was seen instead.
    pub dropped: Vec<Dropped>,
    /// The record's own last-modified time.
    pub watermark: Option<Timestamp>,
}

/// One field for which nothing is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dropped {
    /// Superseded, or scope lost.
    pub event: Event,
    /// The edit that is not made.
    pub edit: Edit,
    /// What the record holds now.
    pub now: Cell,
}

/// Compares a fresh read with what the plan saw.
///
/// The read must have asked for all of the side's columns. A human edit between plan and write is
/// never overwritten by that plan; a record that left the scope is not touched. A record that answers
/// under another id was merged since: whose it is now is for the next plan to find out. So is what became of one that
/// is not found: once not found proves nothing (I-15). What changed since it was planned is not put away, whatever was
/// changed.
#[must_use]
pub fn precheck(mirror: &MirrorSide, change: Change, fresh: Option<&Record>) -> Checked {
    if matches!(change.act, Act::Create { .. }) || planted::is(Defect::NoReread) {
        return Checked { change: Some(change), dropped: Vec::new(), watermark: None };
    }
    let Some(fresh) = fresh else { return all_dropped(change, Event::Superseded, |_| Cell::Absent) };
    let now = |edit: &Edit| cell(mirror, fresh, &edit.column);
    let asked = mirror.scope.as_ref().filter(|_| !planted::is(Defect::NoScopeRecheck));
    if asked.is_some_and(|scope| !scope.holds(fresh)) {
        return all_dropped(change, Event::ScopeLost, now);
    }
    if change.remote() != Some(&fresh.id) {
        return all_dropped(change, Event::Superseded, now);
    }
    let (keep, moved): (Vec<Edit>, Vec<Edit>) =
        change.edits.iter().cloned().partition(|edit| unmoved(&edit.before, &now(edit)));
    let dropped: Vec<Dropped> =
        moved.into_iter().map(|edit| Dropped { event: Event::Superseded, now: now(&edit), edit }).collect();
    let left = match change.act {
        Act::Archive { version, .. } => {
            dropped.is_empty() && version.is_none_or(|planned| fresh.version == Some(planned))
        }
        Act::Create { .. } | Act::Update { .. } => !keep.is_empty(),
    };
    let change = left.then(|| Change { edits: keep, ..change });
    Checked { change, dropped, watermark: fresh.version }
}

fn all_dropped(change: Change, event: Event, now: impl Fn(&Edit) -> Cell) -> Checked {
    let dropped = change.edits.into_iter().map(|edit| Dropped { event, now: now(&edit), edit }).collect();
    Checked { change: None, dropped, watermark: None }
}

fn cell(mirror: &MirrorSide, fresh: &Record, column: &str) -> Cell {
    mirror.side.column_named(column).map_or(Cell::Absent, |at| fresh.cell(at).clone())
}

fn unmoved(before: &Cell, now: &Cell) -> bool {
    before.same(now)
}
