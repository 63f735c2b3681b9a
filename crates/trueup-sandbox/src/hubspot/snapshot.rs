//! The raw state of a portal: what a test loads and what it compares afterwards.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Portal;
use super::account::Account;
use super::auth::Token;
use super::history::Author;
use super::object_type::{OBJECT_TYPES, ObjectType};
use super::owners::Owner;
use super::properties::{PropertyDefinition, PropertyIx};
use super::record::{Record, Version};
use super::settings::Settings;
use super::store::ObjectStore;
use crate::time::instant;

/// Everything a portal holds. Loading what was dumped gives the same portal.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Snapshot {
    /// Which portal it is.
    pub account: Account,
    /// The selected behaviours.
    pub settings: Settings,
    /// The tokens; the default token when the list is empty.
    pub tokens: Vec<Token>,
    /// The owners, in order of number.
    pub owners: Vec<Owner>,
    /// Per name of the object type: definitions and records.
    pub objects: BTreeMap<String, ObjectsSnapshot>,
}

/// Definitions and records of one object type.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct ObjectsSnapshot {
    /// Definitions; those every portal has need not be listed, a listed one replaces them.
    pub properties: Vec<PropertyDefinition>,
    /// Records, in order of id; archived ones included.
    pub records: Vec<RecordSeed>,
    /// Ids that were merged away, and the id that answers for each.
    pub aliases: BTreeMap<u64, u64>,
}

/// One record as raw state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RecordSeed {
    /// The record's id; read from a number or digits as text.
    #[serde(with = "id")]
    pub id: u64,
    /// When it was created.
    #[serde(with = "instant", default = "seed_time")]
    pub created_at: i64,
    /// When it last changed; when it was created, if missing.
    #[serde(with = "instant::option", default)]
    pub updated_at: Option<i64>,
    /// When it was archived.
    #[serde(with = "instant::option", default)]
    pub archived_at: Option<i64>,
    /// The current values.
    #[serde(default)]
    pub properties: BTreeMap<String, Option<String>>,
    /// All versions of those properties that were written more than once or by somebody other than an import, newest
    /// first. The newest is the current value.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub history: BTreeMap<String, Vec<SeedVersion>>,
}

/// One version in the history of a property.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SeedVersion {
    /// The value; none when it was cleared.
    pub value: Option<String>,
    /// Since when.
    #[serde(with = "instant")]
    pub timestamp: i64,
    /// Who wrote it.
    #[serde(flatten)]
    pub author: Author,
}

/// Why a state cannot be loaded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LoadError {
    /// An object type the sandbox does not emulate.
    #[error("unknown object type `{0}`; the sandbox knows `contacts`")]
    UnknownObjectType(String),
    /// A record has a value for a property without a definition.
    #[error("record {id}: no definition of property `{property}`; add it to `properties`")]
    UnknownProperty {
        /// The record.
        id: u64,
        /// The property.
        property: String,
    },
    /// An id stands twice, or is both a record and merged away.
    #[error("record {id} stands twice; give each record an id of its own")]
    DuplicateId {
        /// The id.
        id: u64,
    },
    /// Two records hold one e-mail or one value of a unique property.
    #[error("records {first} and {second} both hold `{value}`; it must be unique")]
    DuplicateKey {
        /// The record that holds it already.
        first: u64,
        /// The record that was to be loaded.
        second: u64,
        /// The value.
        value: String,
    },
    /// An owner's id is no number.
    #[error("owner id `{0}` is not a number")]
    BadOwnerId(String),
    /// More definitions than a portal can hold.
    #[error("too many properties at `{0}`")]
    TooManyProperties(String),
}

/// The first of January 2026, for records that do not say when they were created.
const fn seed_time() -> i64 {
    1_767_225_600_000
}

impl RecordSeed {
    /// A record without values, created on the first of January 2026.
    #[must_use]
    pub const fn new(id: u64) -> Self {
        Self {
            id,
            created_at: seed_time(),
            updated_at: None,
            archived_at: None,
            properties: BTreeMap::new(),
            history: BTreeMap::new(),
        }
    }

    /// The same record with one more value.
    #[must_use]
    pub fn value(mut self, property: &str, value: &str) -> Self {
        self.properties.insert(property.to_owned(), Some(value.to_owned()));
        self
    }
}

impl Portal {
    /// A portal in this state.
    pub fn from_snapshot(snapshot: Snapshot) -> Result<Self, LoadError> {
        let mut portal = Self { account: snapshot.account, ..Self::default() };
        if !snapshot.tokens.is_empty() {
            portal.tokens = snapshot.tokens;
        }
        for owner in snapshot.owners {
            portal.add_owner(owner)?;
        }
        for (object, content) in snapshot.objects {
            for definition in content.properties {
                portal.define_property(&object, definition)?;
            }
            portal.add_records(&object, content.records)?;
            let store = portal.store_named(&object)?;
            for (old, new) in content.aliases {
                if store.record(old).is_some() {
                    return Err(LoadError::DuplicateId { id: old });
                }
                store.reserve_id(old);
                store.set_alias(old, new);
            }
        }
        portal.set_settings(snapshot.settings, seed_time());
        Ok(portal)
    }

    /// Adds or replaces an owner.
    pub fn add_owner(&mut self, owner: Owner) -> Result<(), LoadError> {
        let id = owner.id.clone();
        if self.owners.put(owner) { Ok(()) } else { Err(LoadError::BadOwnerId(id)) }
    }

    /// Adds a property definition to an object type, or replaces the one of the same name.
    pub fn define_property(&mut self, object: &str, definition: PropertyDefinition) -> Result<(), LoadError> {
        let name = definition.name.clone();
        let added = self.store_named(object)?.definitions.put(definition);
        added.map(|_| ()).ok_or(LoadError::TooManyProperties(name))
    }

    /// Adds records as they are: values are not checked, only that their properties exist and that keys are unique.
    /// The search index shows them at once.
    pub fn add_records(&mut self, object: &str, records: Vec<RecordSeed>) -> Result<(), LoadError> {
        let store = self.store_named(object)?;
        for seed in records {
            let record = build(store, seed)?;
            if record.archived_ms.is_none() {
                refuse_held_keys(store, &record)?;
            }
            store.load(record);
        }
        Ok(())
    }

    fn store_named(&mut self, object: &str) -> Result<&mut ObjectStore, LoadError> {
        let kind = ObjectType::named(object);
        let store = kind.and_then(|kind| self.stores.get_mut(kind.id));
        store.ok_or_else(|| LoadError::UnknownObjectType(object.to_owned()))
    }

    /// The whole state, records in order of id.
    #[must_use]
    pub fn dump(&self) -> Snapshot {
        let objects = OBJECT_TYPES.into_iter().filter_map(|kind| {
            let store = self.stores.get(kind.id)?;
            Some((kind.plural.to_owned(), dump_store(store)))
        });
        Snapshot {
            account: self.account.clone(),
            settings: self.settings.clone(),
            tokens: self.tokens.clone(),
            owners: self.owners.iter().cloned().collect(),
            objects: objects.collect(),
        }
    }

    /// The raw state of one record; none when there is no record of exactly this id.
    #[must_use]
    pub fn dump_record(&self, object: &str, id: u64) -> Option<RecordSeed> {
        let store = self.stores.get(ObjectType::named(object)?.id)?;
        store.record(id).map(|record| dump_record(store, record))
    }
}

fn build(store: &mut ObjectStore, seed: RecordSeed) -> Result<Record, LoadError> {
    let id = seed.id;
    if store.record(id).is_some() || store.is_merged_away(id) {
        return Err(LoadError::DuplicateId { id });
    }
    let mut record = Record::new(id, seed.created_at);
    record.updated_ms = seed.updated_at.unwrap_or(seed.created_at);
    record.archived_ms = seed.archived_at;
    let import = store.authors.place(&Author::default());
    for (name, value) in seed.properties {
        let property = known(store, id, &name)?;
        if !seed.history.contains_key(&name) && !store.is_derived(property) {
            let value = value.filter(|value| !value.is_empty()).map(String::into_boxed_str);
            record.write(property, Version { value, at_ms: seed.created_at, author: import });
        }
    }
    for (name, versions) in seed.history {
        let property = known(store, id, &name)?;
        for version in versions.into_iter().rev() {
            let author = store.authors.place(&version.author);
            let value = version.value.filter(|value| !value.is_empty()).map(String::into_boxed_str);
            record.write(property, Version { value, at_ms: version.timestamp, author });
        }
    }
    record.shrink();
    Ok(record)
}

fn known(store: &ObjectStore, id: u64, name: &str) -> Result<PropertyIx, LoadError> {
    store.definitions.find(name).ok_or_else(|| LoadError::UnknownProperty { id, property: name.to_owned() })
}

fn refuse_held_keys(store: &ObjectStore, record: &Record) -> Result<(), LoadError> {
    for (key, value) in store.keys(record) {
        if let Some(first) = store.holder(key, &value).filter(|first| !store.is_archived(*first)) {
            return Err(LoadError::DuplicateKey { first, second: record.id, value: value.into() });
        }
    }
    Ok(())
}

fn dump_store(store: &ObjectStore) -> ObjectsSnapshot {
    ObjectsSnapshot {
        properties: store.definitions.iter().cloned().collect(),
        records: store.from(0).map(|record| dump_record(store, record)).collect(),
        aliases: store.aliases().collect(),
    }
}

fn dump_record(store: &ObjectStore, record: &Record) -> RecordSeed {
    let mut seed = RecordSeed {
        created_at: record.created_ms,
        updated_at: Some(record.updated_ms),
        archived_at: record.archived_ms,
        ..RecordSeed::new(record.id)
    };
    for property in record.properties() {
        let name = store.definitions.name(property).to_owned();
        seed.properties.insert(name.clone(), record.value(property).map(str::to_owned));
        let versions: Vec<SeedVersion> =
            record.versions(property).map(|version| dump_version(store, version)).collect();
        if !is_import_only(&versions, record.created_ms) {
            seed.history.insert(name, versions);
        }
    }
    seed
}

fn is_import_only(versions: &[SeedVersion], created_ms: i64) -> bool {
    matches!(versions, [only] if only.author == Author::default() && only.timestamp == created_ms)
}

fn dump_version(store: &ObjectStore, version: &Version) -> SeedVersion {
    SeedVersion {
        value: version.value.as_deref().map(str::to_owned),
        timestamp: version.at_ms,
        author: store.authors.get(version.author).cloned().unwrap_or_default(),
    }
}

/// Ids are digits as text, as in the API; a number is understood too.
mod id {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Given {
        Number(u64),
        Text(String),
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
    pub(super) fn serialize<S: Serializer>(id: &u64, out: S) -> Result<S::Ok, S::Error> {
        out.serialize_str(&id.to_string())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(input: D) -> Result<u64, D::Error> {
        match Given::deserialize(input)? {
            Given::Number(id) => Ok(id),
            Given::Text(text) => {
                text.parse().map_err(|_| D::Error::custom(format!("`{text}` is not a record id")))
            }
        }
    }
}
