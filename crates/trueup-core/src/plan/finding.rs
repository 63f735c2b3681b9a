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

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(canonical: Cell) -> Finding {
        Finding {
            key: FindingKey { class: "F2".into(), system: "portal".into(), subject: "R00412".into() },
            kind: FindingKind::Finding,
            entity: Some("R00412".into()),
            remotes: vec!["101".into(), "102".into()],
            what: "two records carry one token".into(),
            values: vec![Values { field: "city".into(), canonical, mirror: Cell::Null }],
            place: "Leads!A17".into(),
        }
    }

    #[test]
    fn people_name_a_finding_by_class_system_and_subject() {
        assert_eq!(finding(Cell::Null).key.handle(), "F2/portal/R00412");
    }

    #[test]
    fn a_finding_says_the_same_wherever_it_stands_and_in_whatever_order() {
        let (first, city) = (finding(Cell::text("Rome")), Cell::text("Rome"));
        let check =
            |other: Finding, same: bool| assert_eq!(other.content() == first.content(), same, "{other:?}");
        check(Finding { place: "Leads!A18".into(), ..finding(city.clone()) }, true);
        check(Finding { remotes: vec!["102".into(), "101".into()], ..finding(city.clone()) }, true);
        check(Finding { remotes: vec!["101".into()], ..finding(city.clone()) }, false);
        check(Finding { entity: None, ..finding(city.clone()) }, false);
        check(Finding { what: "three records carry one token".into(), ..finding(city) }, false);
        check(finding(Cell::text("Oslo")), false);
        let unreadable = |why: &str, place: &str| finding(Cell::unreadable(why, place)).content();
        assert_eq!(unreadable("#REF!", "Leads!C17"), unreadable("#REF!", "Leads!C18"));
        assert_ne!(unreadable("#REF!", "Leads!C17"), unreadable("#N/A", "Leads!C17"));
    }
}
