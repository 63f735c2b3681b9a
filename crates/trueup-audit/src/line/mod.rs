//! The lines of an evidence file. `docs/reference/audit-format.md` says what each one means.

mod cell;
mod journal;
mod log;
mod terms;

pub use cell::Cell;
pub use journal::{
    Approval, Carried, Conflict, Edit, Entry, Event, Intent, Link, Open, Origin, Plan, Settled,
};
pub use log::{Change, Failure, Fields, Missing, Moved, Request, State, Verb};
pub use terms::{Caps, FORMAT, Scope, System, Terms};

use serde::{Deserialize, Serialize};

/// One line of an evidence file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "line", rename_all = "snake_case")]
pub enum Line {
    /// What was promised; the first line.
    Terms(Terms),
    /// A system, and what was promised for it.
    System(System),
    /// Of a system's log: a write with our credentials arrived.
    Request(Request),
    /// Of a system's log: a record changed, whoever changed it.
    Change(Change),
    /// Of a system's log: a write that had been taken had no effect.
    Failure(Failure),
    /// Of a system's log: it answered that there is no such record, be that so or not.
    Missing(Missing),
    /// Of the journal: what is about to be done.
    Intent(Intent),
    /// Of the journal: what of it is being sent, right before it is.
    Sending(Intent),
    /// Of the journal: an intent has ended.
    Settled(Settled),
    /// Of the journal: what became of a field or a record.
    Entry(Entry),
    /// Of the journal: which record is whose.
    Link(Link),
    /// Of the journal: which plan a run is about to carry out.
    Plan(Plan),
    /// Of the journal: a person let a halt of a plan pass.
    Approval(Approval),
    /// Of the journal: claims that nobody decided between.
    Conflict(Conflict),
    /// Of the journal: an intent that is told as open at the end.
    Open(Open),
    /// A record as its system holds it at the end.
    State(State),
}
