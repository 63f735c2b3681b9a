//! A field of the entity.

use crate::{merge::Survivor, name::FieldName, value::Kind};

/// A field of the entity, in our words, whatever the systems call it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its name.
    pub name: FieldName,
    /// What sort of value it holds.
    pub kind: Kind,
    /// Who survives when sides moved apart.
    pub survivor: Survivor,
    /// Whether it may never change after it was first seen.
    pub immutable: bool,
    /// Whether it says who somebody is: e-mail addresses that a link can be found by.
    pub identity: bool,
    /// Whether it names the record to people in plans.
    pub label: bool,
}

impl Field {
    /// A field with the ordinary settings: canonical wins, changeable, no identity.
    #[must_use]
    pub fn new(name: &str, kind: Kind) -> Self {
        Self {
            name: FieldName::new(name),
            kind,
            survivor: Survivor::Canonical,
            immutable: false,
            identity: false,
            label: false,
        }
    }
}
