//! What one gathering of a system saw, and how much of it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    name::{EntityKey, RemoteId, SystemName},
    planted::{self, Defect},
    record::Record,
};

/// How much of a view a read covers. Only a whole view can say that something is not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Coverage {
    /// Every record of the view was listed.
    Whole,
    /// Every record concerned was read directly, and no other: what is not there is not there, and tells nothing of
    /// the rest.
    Since,
    /// Only some records were asked for.
    Some,
}

/// What a cycle knows of one system before it decides anything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// The system.
    pub system: SystemName,
    /// How much of the scope was listed.
    pub coverage: Coverage,
    /// The records of the scope, in the order of their ids.
    pub records: Vec<Record>,
    /// Linked records that were not in the listing, read by id: outside the scope now.
    pub strays: Vec<Record>,
    /// Linked records that the system says do not exist, by a direct read.
    pub missing: Vec<RemoteId>,
    /// Ids that were asked for and that no answer mentioned: nobody knows whether their records stand, or what they
    /// became.
    pub silent: Vec<RemoteId>,
    /// Ids that answered under another one, with the id they answered under: merged away. Kept apart from
    /// the records, since several ids may have become one.
    pub aliases: BTreeMap<RemoteId, RemoteId>,
    /// Records that carry our token without belonging to the scope's owner, to another one or to nobody;
    /// never written.
    pub survey: Vec<Record>,
    /// A fingerprint of the names of all columns, in any order, where people can rename them by hand.
    pub layout: Option<String>,
    /// Records that cannot be taken at their word.
    pub troubles: Vec<SourceTrouble>,
}

/// A record that cannot be taken at its word, such as two rows with one key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceTrouble {
    /// The key, if there is one: its entity is left alone, not taken for gone. A record without a readable key may
    /// be any entity's, so that no key which is not seen is taken for gone then.
    pub key: Option<EntityKey>,
    /// What is wrong, in words.
    pub what: String,
    /// Where, such as `Lead Details!A17`.
    pub place: String,
}

impl Snapshot {
    /// A whole snapshot of these records and nothing else.
    #[must_use]
    pub const fn new(system: SystemName, records: Vec<Record>) -> Self {
        Self {
            system,
            coverage: Coverage::Whole,
            records,
            strays: Vec::new(),
            missing: Vec::new(),
            silent: Vec::new(),
            aliases: BTreeMap::new(),
            survey: Vec::new(),
            layout: None,
            troubles: Vec::new(),
        }
    }

    /// The id a record has now: its own, or after merges that of what it became.
    #[must_use]
    pub fn now<'a>(&'a self, id: &'a RemoteId) -> &'a RemoteId {
        if planted::is(Defect::AliasNotFollowed) {
            return id;
        }
        let mut now = id;
        // A chain is no longer than the table; a ring, which no system should tell, ends as well.
        for _ in 0..self.aliases.len() {
            match self.aliases.get(now) {
                Some(next) => now = next,
                None => break,
            }
        }
        now
    }
}
