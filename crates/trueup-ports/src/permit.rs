//! The permission to send one write, made by the gate alone and used once.

use std::collections::BTreeMap;

use jiff::Timestamp;
use trueup_core::{
    journal::Intent,
    name::{IntentId, RemoteId},
    plan::{Act, Edit},
    value::Cell,
};

use crate::Fault;

/// The permission to send one journaled intent, once.
///
/// No `Clone`, no `Default`, no deserialising, and no public way to make one.
#[derive(Debug)]
pub struct Permit {
    intent: Intent,
    until: Option<Timestamp>,
}

/// What a target says became of one permit.
#[derive(Debug)]
pub struct Settled {
    id: IntentId,
    outcome: Result<RemoteId, Fault>,
    evidence: String,
    shown: BTreeMap<String, Cell>,
}

impl Permit {
    pub(crate) const fn issue(intent: Intent) -> Self {
        Self { intent, until: None }
    }

    /// The same, void from this instant on: the look it rests on is too old then.
    pub(crate) const fn until(mut self, at: Timestamp) -> Self {
        self.until = Some(at);
        self
    }

    /// When it becomes void, by this host's clock.
    #[must_use]
    pub const fn void_from(&self) -> Option<Timestamp> {
        self.until
    }

    /// The trace id to send along.
    #[must_use]
    pub const fn id(&self) -> &IntentId {
        &self.intent.id
    }

    /// What is to be done.
    #[must_use]
    pub const fn act(&self) -> &Act {
        &self.intent.change.act
    }

    /// The fields to send, and nothing else.
    #[must_use]
    pub fn edits(&self) -> &[Edit] {
        &self.intent.change.edits
    }

    /// Uses the permit up: the system says that the record is written, under this id.
    #[must_use]
    pub fn written(self, remote: RemoteId, evidence: impl Into<String>) -> Settled {
        Settled { id: self.intent.id, outcome: Ok(remote), evidence: evidence.into(), shown: BTreeMap::new() }
    }

    /// Uses the permit up: the record was not written, or nobody knows.
    #[must_use]
    pub fn failed(self, fault: Fault, evidence: impl Into<String>) -> Settled {
        Settled { id: self.intent.id, outcome: Err(fault), evidence: evidence.into(), shown: BTreeMap::new() }
    }
}

impl Settled {
    /// The same with what the answer showed of the columns that were written. Only for systems whose answer is made in
    /// the same step as the write, such as `UPDATE … RETURNING`: what stands there a moment later may be a person's.
    #[must_use]
    pub fn showing(self, shown: BTreeMap<String, Cell>) -> Self {
        Self { shown, ..self }
    }

    /// The same, when the answer was lost on its way: it may have happened.
    #[must_use]
    pub fn forgotten(self) -> Self {
        Self { outcome: Err(Fault::Unknown("no answer".into())), shown: BTreeMap::new(), ..self }
    }

    /// The intent this settles.
    #[must_use]
    pub const fn id(&self) -> &IntentId {
        &self.id
    }

    /// The record's id, or why not.
    ///
    /// # Errors
    /// The fault the target met.
    pub const fn outcome(&self) -> Result<&RemoteId, &Fault> {
        self.outcome.as_ref()
    }

    /// What the answer showed of the columns that were written; empty where it shows nothing.
    #[must_use]
    pub const fn shown(&self) -> &BTreeMap<String, Cell> {
        &self.shown
    }

    /// The request and what identifies its answer, for the journal.
    #[must_use]
    pub fn evidence(&self) -> &str {
        &self.evidence
    }
}
