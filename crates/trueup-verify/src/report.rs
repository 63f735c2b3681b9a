//! What a verification came to.

use std::collections::BTreeMap;

use serde::Serialize;
use trueup_core::{
    name::{EntityKey, FieldName, RemoteId, SystemName},
    value::Cell,
};

/// What was compared, what the engine had told already, and what it had not.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Report {
    /// The chain of the journal.
    pub journal: Journal,
    /// Whether the systems were read and compared; not when memory itself could not be believed.
    pub compared: bool,
    /// Whether bases were compared; they mean nothing under a configuration that was never applied.
    pub bases_compared: bool,
    /// How many records the source of truth holds.
    pub canonical_records: usize,
    /// Each mirror, in the order of the configuration.
    pub systems: Vec<SystemReport>,
    /// Fields and records that differ or stand alone, and that the engine has told already.
    pub listed: BTreeMap<Listing, usize>,
    /// What it has not.
    pub differences: Vec<Difference>,
    /// How many requests were sent; none of them changes anything.
    pub requests: usize,
}

/// The chain of the journal, walked from its first entry.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Journal {
    /// How many entries were found whole; `None` when the chain is broken.
    pub entries: Option<u64>,
}

/// One mirror as it was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SystemReport {
    /// The system.
    pub system: SystemName,
    /// How many records were judged: those of the scope, and linked ones outside of it.
    pub records: usize,
    /// How many fields were compared.
    pub fields: usize,
    /// Each judged record in exactly one place (I-19).
    pub standings: BTreeMap<Standing, usize>,
}

/// Where a record ended up. Of two, the later one counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// It is nobody's copy: no link, no token, no external id.
    Unlinked,
    /// It is linked, outside the scope, and the link says so.
    OutOfScope,
    /// Everything agrees.
    Agrees,
    /// Something differs, and the engine has told all of it.
    Listed,
    /// Something differs that nobody was told.
    Differs,
}

/// How the engine has told something already.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Listing {
    /// An open conflict.
    Conflict,
    /// An open finding.
    Finding,
    /// A change that a finding or a rule holds back.
    Held,
    /// What an undo left.
    Hold,
    /// A refused write that waits.
    Parked,
    /// A write that may still land.
    Pending,
    /// Left alone for a reason that the last run gave.
    Excluded,
    /// A person decided so.
    Decided,
}

/// Something that does not agree and that nobody was told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// What sort of thing.
    pub class: Class,
    /// Where it was found; `None` for our own memory.
    pub system: Option<SystemName>,
    /// The entity concerned, as far as it is known.
    pub entity: Option<EntityKey>,
    /// The record concerned, if it is about one.
    pub remote: Option<RemoteId>,
    /// The field, if it is about one.
    pub field: Option<FieldName>,
    /// In words, without values.
    pub what: String,
    /// What the source of truth says, for a field.
    pub canonical: Option<Cell>,
    /// What the mirror says, for a field.
    pub mirror: Option<Cell>,
    /// Where it stands in the source, such as `Lead Details!A17`; empty when the ids say enough.
    pub place: String,
}

/// What sort of difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// The journal is not what was written (I-30).
    Journal,
    /// The last run's records do not add up (I-19).
    Buckets,
    /// A record of the source of truth cannot be taken at its word.
    Source,
    /// Two links name one record (I-28).
    SharedRecord,
    /// Two records carry one token or one external id (I-08).
    Duplicate,
    /// A linked record does not exist.
    Gone,
    /// A linked record is not where its link says: outside the scope, back, or merged into another.
    Moved,
    /// A linked record's canonical record is gone.
    Deserted,
    /// A canonical record has no record, and no reason was given.
    Missing,
    /// A record carries our token or external id, and no link names it (I-09).
    Orphan,
    /// A field holds two different values.
    Value,
    /// A field cannot be read, so that nothing is known of it.
    Unreadable,
    /// A base claims what neither side says.
    Base,
}

impl Report {
    /// Whether agreement was proven: everything was read, and nothing differs that nobody was told.
    #[must_use]
    pub const fn is_proven(&self) -> bool {
        self.compared && self.journal.entries.is_some() && self.differences.is_empty()
    }

    pub(crate) fn count(&mut self, listing: Listing) {
        *self.listed.entry(listing).or_default() += 1;
    }
}

impl Difference {
    /// A difference about one system, of which nothing else is known yet.
    pub(crate) fn on(system: &SystemName, class: Class, what: impl Into<String>) -> Self {
        Self { system: Some(system.clone()), ..Self::of(class, what) }
    }

    /// A difference of our own memory.
    pub(crate) fn of(class: Class, what: impl Into<String>) -> Self {
        Self {
            class,
            system: None,
            entity: None,
            remote: None,
            field: None,
            what: what.into(),
            canonical: None,
            mirror: None,
            place: String::new(),
        }
    }

    pub(crate) fn entity(self, entity: &EntityKey) -> Self {
        Self { entity: Some(entity.clone()), ..self }
    }

    pub(crate) fn remote(self, remote: &RemoteId) -> Self {
        Self { remote: Some(remote.clone()), ..self }
    }

    /// The order in which differences are shown: memory first, then system by system.
    pub(crate) fn order(&self) -> impl Ord + '_ {
        (&self.system, &self.entity, &self.remote, &self.field, self.class)
    }
}
