//! What is for a person only.

use serde::{Deserialize, Serialize};

use crate::{
    name::{ClassId, EntityKey, FieldName, RemoteId, SystemName},
    value::Cell,
};

/// What is for a person only. It stays open until it is gone from the systems or decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// What makes it the same finding next time.
    pub key: FindingKey,
    /// A finding, or a change that is held back by one.
    pub kind: FindingKind,
    /// The entity, if one is concerned.
    pub entity: Option<EntityKey>,
    /// The records concerned.
    pub remotes: Vec<RemoteId>,
    /// What was found, in words; without values.
    pub what: String,
    /// The values concerned, side by side.
    pub values: Vec<Values>,
    /// Where it stands in the source, such as `Lead Details!A17`.
    pub place: String,
}

/// What makes two findings the same.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct FindingKey {
    /// The class.
    pub class: ClassId,
    /// The system.
    pub system: SystemName,
    /// The token, key, or record id it is about; with the field where a class is about fields.
    pub subject: String,
}

/// A finding, or a change held back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FindingKind {
    /// Something a person must look at.
    Finding,
    /// A change that a finding or a rule holds back.
    Held,
}

/// Two sides of one field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Values {
    /// The field.
    pub field: FieldName,
    /// What the source of truth says.
    pub canonical: Cell,
    /// What the mirror says.
    pub mirror: Cell,
}

impl Finding {
    /// All that the finding says, but not where: a row that moves says nothing new.
    #[must_use]
    pub fn content(&self) -> String {
        let mut remotes: Vec<&RemoteId> = self.remotes.iter().collect();
        remotes.sort();
        let values = self.values.iter().map(|v| (&v.field, unplaced(&v.canonical), unplaced(&v.mirror)));
        let values: Vec<(&FieldName, Cell, Cell)> = values.collect();
        serde_json::to_string(&(&self.entity, remotes, &self.what, values)).unwrap_or_default()
    }
}

fn unplaced(cell: &Cell) -> Cell {
    cell.trouble().map_or_else(|| cell.clone(), |trouble| Cell::unreadable(&trouble.why, ""))
}

impl FindingKey {
    /// How people name the finding on the command line: `F2/portal/R00412`.
    #[must_use]
    pub fn handle(&self) -> String {
        format!("{}/{}/{}", self.class, self.system, self.subject)
    }
}
