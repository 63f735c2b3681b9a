//! What the scene calls a column, and what the portal calls it.

use std::collections::BTreeMap;

use super::{OURS, THEIRS};
use crate::scene::OWNER;

/// The property that says whose a record is.
const OWNER_PROPERTY: &str = "hubspot_owner_id";

/// Who stands for others in a scene.
const OTHERS: &str = "theirs";

/// The columns of a scene by the portal's names for them, and the values that differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words {
    /// By column of the scene.
    properties: BTreeMap<String, String>,
    /// Whose records are in scope, by the portal's word.
    ours: String,
}

impl Words {
    /// These columns, with the property of each, where this owner's records are ours.
    #[must_use]
    pub const fn new(properties: BTreeMap<String, String>, ours: String) -> Self {
        Self { properties, ours }
    }

    /// Those of a book's mirrors.
    #[must_use]
    pub fn of_the_book() -> Self {
        let named = |column: &str| match column {
            "more" => "hs_additional_emails".to_owned(),
            "owner" => OWNER_PROPERTY.to_owned(),
            same => same.to_owned(),
        };
        let columns = crate::scene::CRM.map(|column| (column.to_owned(), named(column)));
        Self::new(columns.into(), OURS.to_owned())
    }

    /// Columns with their properties.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.properties.iter().map(|(column, property)| (column.as_str(), property.as_str()))
    }

    /// The property of a column.
    #[must_use]
    pub fn property<'a>(&'a self, column: &'a str) -> &'a str {
        self.properties.get(column).map_or(column, String::as_str)
    }

    /// The column of a property.
    #[must_use]
    pub fn column<'a>(&'a self, property: &'a str) -> &'a str {
        self.pairs().find(|(_, own)| *own == property).map_or(property, |(column, _)| column)
    }

    /// A value of the scene as the portal takes it.
    #[must_use]
    pub fn told(&self, column: &str, value: &str) -> String {
        match (self.property(column), value) {
            (OWNER_PROPERTY, OWNER) => self.ours.clone(),
            (OWNER_PROPERTY, OTHERS) => THEIRS.to_owned(),
            (_, value) => value.to_owned(),
        }
    }

    /// A value of the portal as the scene knows it.
    #[must_use]
    pub fn heard(&self, column: &str, value: &str) -> String {
        match (self.property(column), value) {
            (OWNER_PROPERTY, owner) if owner == self.ours => OWNER.to_owned(),
            (OWNER_PROPERTY, THEIRS) => OTHERS.to_owned(),
            (_, value) => value.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn owners_and_columns_are_told_in_the_portals_words_and_heard_in_ours() {
        let words = Words::of_the_book();
        assert_eq!((words.property("more"), words.column("hs_additional_emails")), ("hs_additional_emails", "more"));
        assert_eq!((words.property("city"), words.column("city")), ("city", "city"));
        for (ours, theirs) in [(OWNER, OURS), (OTHERS, THEIRS), ("", "")] {
            assert_eq!(words.told("owner", ours), theirs);
            assert_eq!(words.heard("owner", theirs), ours);
        }
        assert_eq!(words.told("city", OWNER), OWNER);
    }
}
