//! The records of one object type, with the keys that identify them.

use std::collections::{BTreeMap, BTreeSet};

use super::history::Authors;
use super::index::SearchIndex;
use super::object_type::ObjectType;
use super::properties::{Definitions, PropertyIx};
use super::record::{AuthorIx, Record, Version};

/// New values of a record, as the service stores them; none clears.
pub(crate) type Changes = BTreeMap<PropertyIx, Option<Box<str>>>;

/// Records, definitions and keys of one object type.
#[derive(Debug, Clone)]
pub(crate) struct ObjectStore {
    pub(crate) kind: &'static ObjectType,
    pub(crate) definitions: Definitions,
    pub(crate) authors: Authors,
    pub(crate) index: SearchIndex,
    records: BTreeMap<u64, Record>,
    /// Ids that were merged away, and the record that answers for them.
    aliases: BTreeMap<u64, u64>,
    /// For each identifying property, which record holds which value. Primary and additional e-mails are one
    /// namespace, held under the primary property.
    holders: BTreeMap<PropertyIx, BTreeMap<Box<str>, u64>>,
    next_id: u64,
    /// Records changed since it was last asked.
    touched: BTreeSet<u64>,
}

/// The value of a property as a reader sees it, without a copy.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Field<'a> {
    Empty,
    Text(&'a str),
    /// The record's own number.
    Id(u64),
    /// An instant in milliseconds.
    Instant(i64),
}

/// The first id of a fresh portal.
const FIRST_ID: u64 = 1_001;

impl ObjectStore {
    pub(crate) fn new(kind: &'static ObjectType) -> Self {
        Self {
            kind,
            definitions: Definitions::standard(kind),
            authors: Authors::default(),
            index: SearchIndex::default(),
            records: BTreeMap::new(),
            aliases: BTreeMap::new(),
            holders: BTreeMap::new(),
            next_id: FIRST_ID,
            touched: BTreeSet::new(),
        }
    }

    pub(crate) fn take_touched(&mut self) -> BTreeSet<u64> {
        std::mem::take(&mut self.touched)
    }

    /// The record of exactly this id, archived or not.
    pub(crate) fn record(&self, id: u64) -> Option<&Record> {
        self.records.get(&id)
    }

    /// The id that answers for this one: itself, or the survivor of a merge.
    pub(crate) fn resolve(&self, id: u64) -> u64 {
        self.aliases.get(&id).copied().unwrap_or(id)
    }

    /// Whether the id was merged away.
    pub(crate) fn is_merged_away(&self, id: u64) -> bool {
        self.aliases.contains_key(&id)
    }

    pub(crate) fn aliases(&self) -> impl Iterator<Item = (u64, u64)> {
        self.aliases.iter().map(|(old, new)| (*old, *new))
    }

    pub(crate) fn set_alias(&mut self, old: u64, new: u64) {
        for survivor in self.aliases.values_mut().filter(|survivor| **survivor == old) {
            *survivor = new;
        }
        self.aliases.insert(old, new);
    }

    /// Records from this id on, in order.
    pub(crate) fn from(&self, id: u64) -> impl DoubleEndedIterator<Item = &Record> {
        self.records.range(id..).map(|(_, record)| record)
    }

    pub(crate) fn field<'a>(&self, record: &'a Record, property: PropertyIx) -> Field<'a> {
        let definitions = &self.definitions;
        if property == definitions.object_id {
            Field::Id(record.id)
        } else if property == definitions.created {
            Field::Instant(record.created_ms)
        } else if property == definitions.modified {
            Field::Instant(record.updated_ms)
        } else {
            record.value(property).map_or(Field::Empty, Field::Text)
        }
    }

    /// Whether a property is one whose value follows from the record itself.
    pub(crate) fn is_derived(&self, property: PropertyIx) -> bool {
        let definitions = &self.definitions;
        [definitions.object_id, definitions.created, definitions.modified].contains(&property)
    }

    /// The property under which an identifying property's values are held; none when it identifies nothing.
    pub(crate) fn key_of(&self, property: PropertyIx) -> Option<PropertyIx> {
        match self.definitions.emails {
            Some(emails) if property == emails.primary || property == emails.additional => {
                Some(emails.primary)
            }
            _ => self
                .definitions
                .get(property)
                .filter(|definition| definition.has_unique_value)
                .map(|_| property),
        }
    }

    /// The record that holds an identifying value.
    pub(crate) fn holder(&self, key: PropertyIx, value: &str) -> Option<u64> {
        self.holders.get(&key)?.get(value).copied()
    }

    /// The identifying values of a record, with the property that holds each.
    pub(crate) fn keys(&self, record: &Record) -> Vec<(PropertyIx, Box<str>)> {
        let held = record.properties().filter_map(|property| {
            let key = self.key_of(property)?;
            let value = record.value(property)?;
            let several = self.definitions.emails.is_some_and(|emails| emails.additional == property);
            Some(split_key(key, value, several))
        });
        held.flatten().collect()
    }

    /// A number that no record has or had.
    pub(crate) fn fresh_id(&mut self) -> u64 {
        self.next_id += 1;
        self.next_id - 1
    }

    /// Puts a record in place as it is, without telling the search index.
    pub(crate) fn load(&mut self, record: Record) {
        self.next_id = self.next_id.max(record.id + 1);
        self.hold(&record);
        self.records.insert(record.id, record);
    }

    pub(crate) fn reserve_id(&mut self, id: u64) {
        self.next_id = self.next_id.max(id + 1);
    }

    /// Creates a record with these values.
    pub(crate) fn insert(&mut self, changes: &Changes, author: AuthorIx, now_ms: i64) -> u64 {
        let id = self.fresh_id();
        let mut record = Record::new(id, now_ms);
        write(&mut record, changes, author);
        self.put(record, now_ms);
        id
    }

    /// Puts a record in place of what is there.
    pub(crate) fn put(&mut self, record: Record, now_ms: i64) {
        let id = record.id;
        let before = self.records.remove(&id);
        if let Some(before) = &before {
            self.release(before);
        }
        self.index.remember(id, now_ms, before);
        self.hold(&record);
        self.records.insert(id, record);
        self.touched.insert(id);
    }

    /// Writes those values that differ; a write of equal values changes nothing, not even the time.
    pub(crate) fn change(&mut self, id: u64, changes: &Changes, author: AuthorIx, now_ms: i64) {
        let Some(record) = self.records.get(&id) else { return };
        let differing =
            changes.iter().filter(|(property, value)| record.value(**property) != value.as_deref());
        let differing: Changes = differing.map(|(property, value)| (*property, value.clone())).collect();
        if !differing.is_empty() {
            let mut record = record.clone();
            record.touch(now_ms);
            write(&mut record, &differing, author);
            self.put(record, now_ms);
        }
    }

    /// Changes a record's state in place: archive, restore, a recalculation of the service.
    pub(crate) fn amend(&mut self, id: u64, now_ms: i64, change: impl FnOnce(&mut Record)) {
        if let Some(record) = self.records.get(&id) {
            let mut record = record.clone();
            record.touch(now_ms);
            change(&mut record);
            self.put(record, now_ms);
        }
    }

    /// Takes a record out of the portal.
    pub(crate) fn remove(&mut self, id: u64, now_ms: i64) -> Option<Record> {
        let record = self.records.remove(&id)?;
        self.release(&record);
        self.index.remember(id, now_ms, Some(record.clone()));
        self.touched.insert(id);
        Some(record)
    }

    fn hold(&mut self, record: &Record) {
        for (key, value) in self.keys(record) {
            let held = self.holders.entry(key).or_default();
            // An archived record keeps its addresses only while nobody else has them.
            if record.archived_ms.is_none() || !held.contains_key(&value) {
                held.insert(value, record.id);
            }
        }
    }

    fn release(&mut self, record: &Record) {
        for (key, value) in self.keys(record) {
            if let Some(held) = self.holders.get_mut(&key)
                && held.get(&value) == Some(&record.id)
            {
                held.remove(&value);
            }
        }
    }

    /// Whether the record is archived now.
    pub(crate) fn is_archived(&self, id: u64) -> bool {
        self.records.get(&id).is_some_and(|record| record.archived_ms.is_some())
    }

    /// Writes an owned copy of a field.
    pub(crate) fn text(&self, record: &Record, property: PropertyIx) -> Option<String> {
        match self.field(record, property) {
            Field::Empty => None,
            Field::Text(text) => Some(text.to_owned()),
            Field::Id(id) => Some(id.to_string()),
            Field::Instant(at_ms) => Some(crate::time::iso(at_ms)),
        }
    }
}

fn split_key(key: PropertyIx, value: &str, several: bool) -> Vec<(PropertyIx, Box<str>)> {
    let parts = value.split(|c| several && c == ';').map(str::trim).filter(|part| !part.is_empty());
    parts.map(|part| (key, Box::from(part))).collect()
}

fn write(record: &mut Record, changes: &Changes, author: AuthorIx) {
    let at_ms = record.updated_ms;
    for (property, value) in changes {
        record.write(*property, Version { value: value.clone(), at_ms, author });
    }
}
