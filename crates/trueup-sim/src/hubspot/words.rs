//! What the scene calls a column, and what the portal calls it.

use std::collections::BTreeMap;

use super::{OURS, THEIRS};
use crate::scene::OWNER;

/// The property that says whose a record is, in a portal.
pub(super) const OWNER_PROPERTY: &str = "hubspot_owner_id";

/// Who stands for others in a scene.
const OTHERS: &str = "theirs";

/// The columns of a scene by the portal's names for them, and the values that differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words {
    /// By column of the scene.
    properties: BTreeMap<String, String>,
    /// Whose records are in scope: the property and the text it must hold; every record without.
    scope: Option<(String, String)>,
    /// What stands before a token.
    prefix: String,
}

/// What stands before a token in a scene.
const PREFIX: &str = "ID:";

impl Words {
    /// These columns, with the property of each.
    #[must_use]
    pub fn new(
        properties: BTreeMap<String, String>,
        scope: Option<(String, String)>,
        prefix: Option<String>,
    ) -> Self {
        Self { properties, scope, prefix: prefix.unwrap_or_else(|| PREFIX.to_owned()) }
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
        Self::new(columns.into(), Some((OWNER_PROPERTY.to_owned(), OURS.to_owned())), None)
    }

    /// The owner of the records in scope, where it is owners that tell.
    #[must_use]
    pub fn owner(&self) -> Option<&str> {
        self.scope
            .as_ref()
            .filter(|(property, _)| property == OWNER_PROPERTY)
            .map(|(_, owner)| owner.as_str())
    }

    /// Whether every record is in scope.
    #[must_use]
    pub const fn is_boundless(&self) -> bool {
        self.scope.is_none()
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
        match (column, &self.scope, value) {
            ("owner", Some((_, ours)), OWNER) => ours.clone(),
            ("owner", Some(_), OTHERS) => THEIRS.to_owned(),
            ("note", ..) => value.replace(PREFIX, &self.prefix),
            _ => value.to_owned(),
        }
    }

    /// A value of the portal as the scene knows it.
    #[must_use]
    pub fn heard(&self, column: &str, value: &str) -> String {
        match (column, &self.scope) {
            ("owner", Some((_, ours))) if value == ours => OWNER.to_owned(),
            ("owner", Some(_)) if value == THEIRS => OTHERS.to_owned(),
            ("note", _) if !self.prefix.is_empty() => value.replace(&self.prefix, PREFIX),
            _ => value.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn owners_and_columns_are_told_in_the_portals_words_and_heard_in_ours() {
        let words = Words::of_the_book();
        assert_eq!(
            (words.property("more"), words.column("hs_additional_emails")),
            ("hs_additional_emails", "more")
        );
        assert_eq!((words.property("city"), words.column("city")), ("city", "city"));
        for (ours, theirs) in [(OWNER, OURS), (OTHERS, THEIRS), ("", "")] {
            assert_eq!(words.told("owner", ours), theirs);
            assert_eq!(words.heard("owner", theirs), ours);
        }
        assert_eq!(words.told("city", OWNER), OWNER);
    }
}
