//! Who is who: the only answer to "does it exist?".
//!
//! Matchers in order: link row, token, e-mail. Two candidates are a finding, never a guess. A link row
//! forbids a create for ever; a record that left the filtered view is out of scope, not missing
//! (RELIABILITY.md 0 item 8).

mod index;
mod matching;
mod origins;
#[cfg(test)]
mod tests;
mod whereabouts;

pub use index::Canon;
pub(crate) use index::addresses;
pub use matching::{Linked, Pair, link};

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{
    journal::Intent,
    memory::LinkKey,
    name::{EntityKey, FieldName, RemoteId, SystemName},
    value::{Cell, Print},
};

/// An entity's record in one system.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// The system.
    pub system: SystemName,
    /// The entity.
    pub entity: EntityKey,
    /// The record's id there.
    pub remote: RemoteId,
    /// How it was found.
    pub how: How,
    /// Where it stands in its life.
    pub state: LinkState,
    /// Ids it had before it was merged away.
    pub aliases: Vec<RemoteId>,
    /// The record's own last-modified time when it was last read by id.
    pub version: Option<Timestamp>,
    /// What each side said when they were last accounted for, per field.
    pub bases: Vec<FieldBase>,
    /// What its record was made with and nobody saw yet.
    pub unseen: Vec<Unseen>,
    /// The write that was given up since the record was gone before anybody saw what became of it.
    pub given_up: Option<Box<GivenUp>>,
}

/// A write that was given up since its record was gone: it is judged once more, by the record's own history where there
/// is one, should the record be there again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GivenUp {
    /// The write.
    pub intent: Intent,
    /// Whether the record was seen since: then the next run judges it before it looks at anything.
    pub back: bool,
}

/// How a link was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum How {
    /// A token in a property.
    Token,
    /// An e-mail address.
    Email,
    /// We created the record, and met nobody else's hand in it when we wrote to it again.
    Created,
    /// A create met the record it had made before, or somebody else wrote to it before we did again: an undo leaves it.
    Adopted,
    /// A person said so.
    Decided,
    /// It is the source of truth's own record, which has the entity's key.
    Key,
    /// People made it, and the source of truth's record was made after it.
    Origin,
}

/// Where a link stands in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkState {
    /// The record is there and ours to keep in agreement.
    Active,
    /// The record left our scope; it still exists.
    OutOfScope,
    /// A direct read did not find the record; one more, an interval later, proves it (I-15).
    Suspect {
        /// When it was first not found, by the store's clock: whoever looks once more may be on another host (I-26).
        since: Timestamp,
    },
    /// The record is gone; kept for ever so that nothing re-creates it.
    Tombstone,
}

impl LinkState {
    /// What it is after a look, at an instant by the store's clock, that did not find its record: gone, once two looks
    /// a quiet period apart did not (I-15). Where that clock was put back meanwhile, the time begins anew.
    #[must_use]
    pub fn not_found(self, at: Timestamp, quiet: Duration) -> Self {
        let since = match self {
            Self::Tombstone => return Self::Tombstone,
            Self::Suspect { since } => Some(since),
            Self::Active | Self::OutOfScope => None,
        };
        not_found_since(since, at, quiet).map_or(Self::Tombstone, |since| Self::Suspect { since })
    }
}

/// Since when a record was not found, after one more look that did not find it; nothing once two looks a quiet period
/// apart prove that it is gone.
pub(crate) fn not_found_since(first: Option<Timestamp>, at: Timestamp, quiet: Duration) -> Option<Timestamp> {
    let quiet = SignedDuration::try_from(quiet).unwrap_or(SignedDuration::MAX);
    match first {
        Some(since) if at.duration_since(since) >= quiet => None,
        Some(since) => Some(since.min(at)),
        None => Some(at),
    }
}

/// What both sides said about one field when they were last accounted for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldBase {
    /// The field.
    pub field: FieldName,
    /// Fingerprint of the field's kind, lens and normaliser: another one re-baselines the field.
    pub mapping: u32,
    /// The canonical side.
    pub canonical: BaseCell,
    /// The mirror.
    pub mirror: BaseCell,
}

/// The last accounted value of one side.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BaseCell {
    /// Its fingerprint.
    pub print: Print,
    /// The value itself, kept for fields that merge both ways.
    pub cell: Option<Cell>,
}

/// What a record was made with, where its system did not show it before the run ended. Should it hold that once it is
/// there, that is our own word, and no move of its side's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unseen {
    /// The side that was written.
    pub written: Written,
    /// What both sides are accounted for at if it landed.
    pub base: FieldBase,
}

/// The side that a write went to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Written {
    /// The source of truth.
    Canonical,
    /// The mirror.
    Mirror,
}

impl Unseen {
    /// What the written side is accounted for at if it landed.
    #[must_use]
    pub const fn told(&self) -> &BaseCell {
        match self.written {
            Written::Canonical => &self.base.canonical,
            Written::Mirror => &self.base.mirror,
        }
    }
}

impl Link {
    /// The key under which memory keeps the link.
    #[must_use]
    pub fn key(&self) -> LinkKey {
        LinkKey { system: self.system.clone(), entity: self.entity.clone() }
    }

    /// A link to a record of which nothing else is known yet.
    #[must_use]
    pub fn new(system: &SystemName, entity: &EntityKey, remote: &RemoteId, how: How) -> Self {
        Self {
            system: system.clone(),
            entity: entity.clone(),
            remote: remote.clone(),
            how,
            state: LinkState::Active,
            aliases: Vec::new(),
            version: None,
            bases: Vec::new(),
            unseen: Vec::new(),
            given_up: None,
        }
    }

    /// Follows the record to the id it has after a merge.
    pub fn follow(&mut self, now: &RemoteId) {
        if self.remote != *now {
            self.aliases.push(std::mem::replace(&mut self.remote, now.clone()));
        }
    }

    /// Whether the record has this id, or had it before a merge.
    #[must_use]
    pub fn is_to(&self, remote: &RemoteId) -> bool {
        self.remote == *remote || self.aliases.contains(remote)
    }

    /// The base of a field, if it was made under the same mapping.
    #[must_use]
    pub fn base(&self, field: &FieldName, mapping: u32) -> Option<&FieldBase> {
        self.bases.iter().find(|base| base.field == *field && base.mapping == mapping)
    }

    /// Replaces the base of a field. What was written before and never seen is told by it from now on.
    pub fn set_base(&mut self, base: FieldBase) {
        self.unseen.retain(|one| one.base.field != base.field);
        match self.bases.iter_mut().find(|b| b.field == base.field) {
            Some(old) => *old = base,
            None => self.bases.push(base),
        }
    }

    /// Forgets what a field was accounted for at: it is compared like one that is met for the first time.
    pub fn forget_base(&mut self, field: &FieldName) {
        self.bases.retain(|base| base.field != *field);
        self.unseen.retain(|one| one.base.field != *field);
    }

    /// The write that was given up, where the record is there again.
    #[must_use]
    pub fn woken(&self) -> Option<&Intent> {
        self.given_up.as_deref().filter(|one| one.back).map(|one| &one.intent)
    }

    /// Remembers what was written and never seen; the last write of a field counts.
    pub fn doubt(&mut self, unseen: Unseen) {
        self.unseen.retain(|one| one.base.field != unseen.base.field);
        self.unseen.push(unseen);
    }
}
