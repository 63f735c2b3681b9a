//! Property definitions of one object type (facts section 8).

use std::collections::BTreeMap;
use std::sync::OnceLock;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::object_type::{CREATED, OBJECT_ID, ObjectType};

/// A place in the list of definitions; records refer to properties by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct PropertyIx(u16);

/// What kind of value a property holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PropertyType {
    /// Text of up to 65,536 characters.
    #[default]
    String,
    /// A number without thousands separators.
    Number,
    /// A day.
    Date,
    /// An instant.
    Datetime,
    /// One of the options, or several joined by `;` when the field type is `checkbox`.
    Enumeration,
    /// `true` or `false`.
    Bool,
    /// Text; stored as sent.
    PhoneNumber,
}

/// One choice of an enumeration.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PropertyOption {
    /// What people see.
    pub label: String,
    /// What the API reads and writes; upper and lower case matter.
    pub value: String,
    /// The place in the list; for `lifecyclestage` the order of the stages.
    pub display_order: i64,
    /// Not offered to people.
    pub hidden: bool,
}

/// A property definition, as the state of the portal holds it. The API publishes all but `privateOptions`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "the vendor's shape")]
pub struct PropertyDefinition {
    /// The internal name.
    pub name: String,
    /// The name people see; the internal one when empty.
    pub label: String,
    /// What it is for.
    pub description: String,
    /// The kind of value.
    #[serde(rename = "type")]
    pub kind: PropertyType,
    /// The form field, such as `text`, `select` or `checkbox`.
    pub field_type: String,
    /// The group it is listed under.
    pub group_name: String,
    /// The published options.
    pub options: Vec<PropertyOption>,
    /// The options come from elsewhere and `options` is empty.
    pub external_options: bool,
    /// The values that are allowed although no option publishes them; with `external_options` only.
    pub private_options: Vec<String>,
    /// No two records share a value; the property can be used as `idProperty`.
    pub has_unique_value: bool,
    /// The service computes it.
    pub calculated: bool,
    /// Writing it is refused.
    pub read_only_value: bool,
    /// Not shown to people.
    pub hidden: bool,
    /// Part of every portal; cannot be archived.
    pub hubspot_defined: bool,
    /// Archived: it can neither be read nor written.
    pub archived: bool,
}

impl PropertyDefinition {
    /// A text property of this name.
    #[must_use]
    pub fn text(name: &str) -> Self {
        Self { name: name.into(), field_type: "text".into(), ..Self::default() }
    }

    /// A property of this name and kind.
    #[must_use]
    pub fn of(name: &str, kind: PropertyType) -> Self {
        let field_type = match kind {
            PropertyType::String => "text",
            PropertyType::Number => "number",
            PropertyType::Date | PropertyType::Datetime => "date",
            PropertyType::Enumeration => "select",
            PropertyType::Bool => "booleancheckbox",
            PropertyType::PhoneNumber => "phonenumber",
        };
        Self { kind, field_type: field_type.into(), ..Self::text(name) }
    }

    /// An enumeration of this name with these options, in order; `checkbox` allows several at once.
    #[must_use]
    pub fn choice(name: &str, values: &[&str], checkbox: bool) -> Self {
        let option = |(place, value): (i64, &&str)| PropertyOption {
            label: (*value).to_owned(),
            value: (*value).to_owned(),
            display_order: place,
            hidden: false,
        };
        let field_type = if checkbox { "checkbox" } else { "select" };
        let options = (0..).zip(values).map(option).collect();
        Self { options, field_type: field_type.into(), ..Self::of(name, PropertyType::Enumeration) }
    }

    /// Several options at once, joined by `;`.
    pub(crate) fn is_multiple(&self) -> bool {
        self.kind == PropertyType::Enumeration && self.field_type == "checkbox"
    }
}

/// The definitions of one object type, found by name or place.
#[derive(Debug, Clone)]
pub(crate) struct Definitions {
    list: Vec<PropertyDefinition>,
    by_name: BTreeMap<String, PropertyIx>,
    pub(crate) object_id: PropertyIx,
    pub(crate) created: PropertyIx,
    pub(crate) modified: PropertyIx,
    pub(crate) emails: Option<EmailProperties>,
    /// The list of all in use, as it was last written out.
    published: OnceLock<Bytes>,
}

/// The places of the two e-mail properties.
#[derive(Debug, Clone, Copy)]
pub(crate) struct EmailProperties {
    pub(crate) primary: PropertyIx,
    pub(crate) additional: PropertyIx,
}

/// More definitions than this would not fit a place; the service allows 1,000 custom ones.
const DEFINITIONS_MAX: usize = u16::MAX as usize;

impl Definitions {
    /// The definitions every portal has for this type.
    pub(crate) fn standard(kind: &'static ObjectType) -> Self {
        let none = PropertyIx(u16::MAX);
        let mut all = Self {
            list: Vec::new(),
            by_name: BTreeMap::new(),
            object_id: none,
            created: none,
            modified: none,
            emails: None,
            published: OnceLock::new(),
        };
        all.object_id = all.put(system(OBJECT_ID, PropertyType::Number)).unwrap_or(none);
        all.created = all.put(system(CREATED, PropertyType::Datetime)).unwrap_or(none);
        all.modified = all.put(system(kind.modified, PropertyType::Datetime)).unwrap_or(none);
        for definition in super::standard_properties::of(kind) {
            all.put(definition);
        }
        all.emails = kind.emails.as_ref().and_then(|names| {
            Some(EmailProperties {
                primary: all.find(names.primary)?,
                additional: all.find(names.additional)?,
            })
        });
        all
    }

    /// Adds a definition, or replaces the one of the same name; none when there are too many.
    pub(crate) fn put(&mut self, definition: PropertyDefinition) -> Option<PropertyIx> {
        self.published = OnceLock::new();
        if let Some(place) = self.find(&definition.name) {
            if let Some(known) = self.list.get_mut(usize::from(place.0)) {
                *known = definition;
            }
            return Some(place);
        }
        let place =
            PropertyIx(u16::try_from(self.list.len()).ok().filter(|_| self.list.len() < DEFINITIONS_MAX)?);
        self.by_name.insert(definition.name.clone(), place);
        self.list.push(definition);
        Some(place)
    }

    /// The place of a definition, archived or not.
    pub(crate) fn find(&self, name: &str) -> Option<PropertyIx> {
        self.by_name.get(name).copied()
    }

    /// The place of a definition that is in use.
    pub(crate) fn live(&self, name: &str) -> Option<PropertyIx> {
        self.find(name).filter(|place| self.get(*place).is_some_and(|definition| !definition.archived))
    }

    pub(crate) fn get(&self, place: PropertyIx) -> Option<&PropertyDefinition> {
        self.list.get(usize::from(place.0))
    }

    pub(crate) fn get_mut(&mut self, name: &str) -> Option<&mut PropertyDefinition> {
        self.published = OnceLock::new();
        let place = self.find(name)?;
        self.list.get_mut(usize::from(place.0))
    }

    pub(crate) fn name(&self, place: PropertyIx) -> &str {
        self.get(place).map_or("", |definition| definition.name.as_str())
    }

    /// The list of all in use; written out anew when a definition may have changed.
    pub(crate) fn published(&self, write: impl FnOnce() -> Bytes) -> Bytes {
        self.published.get_or_init(write).clone()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &PropertyDefinition> {
        self.list.iter()
    }
}

fn system(name: &str, kind: PropertyType) -> PropertyDefinition {
    PropertyDefinition { read_only_value: true, hubspot_defined: true, ..PropertyDefinition::of(name, kind) }
}
