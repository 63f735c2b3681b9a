//! A record as JSON (facts section 3): every value is a string or null.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use super::Portal;
use super::object_type::{CREATED, OBJECT_ID};
use super::query::Query;
use super::record::Record;
use super::store::ObjectStore;
use crate::time::iso;

/// Which properties of a record an answer holds.
#[derive(Debug, Clone, Default)]
pub(crate) struct Fields {
    /// The names asked for; the defaults of the type when empty.
    pub(crate) properties: Vec<String>,
    /// The names whose history was asked for.
    pub(crate) history: Vec<String>,
}

impl Fields {
    pub(crate) fn of(query: &Query) -> Self {
        Self { properties: query.list("properties"), history: query.list("propertiesWithHistory") }
    }

    /// The names that were written, as the answer to a write shows them.
    pub(crate) fn written(names: &[String]) -> Self {
        let standard = || vec![OBJECT_ID.to_owned()];
        Self { properties: if names.is_empty() { standard() } else { names.to_vec() }, history: Vec::new() }
    }
}

/// A record as an answer shows it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Shown<'a> {
    id: String,
    properties: BTreeMap<&'a str, Option<String>>,
    created_at: String,
    updated_at: String,
    archived: bool,
    url: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    archived_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    properties_with_history: Option<Value>,
}

impl Portal {
    /// Renders a record, as a value to which more may be added.
    pub(crate) fn render(&self, store: &ObjectStore, record: &Record, fields: &Fields) -> Value {
        serde_json::to_value(self.shown(store, record, fields)).unwrap_or_default()
    }

    /// Shows a record: defined but empty is null, not defined is absent (trap 18).
    pub(crate) fn shown<'a>(&self, store: &'a ObjectStore, record: &Record, fields: &'a Fields) -> Shown<'a> {
        let history = Some(&fields.history).filter(|names| !names.is_empty());
        Shown {
            id: record.id.to_string(),
            properties: values(store, record, &fields.properties),
            created_at: iso(record.created_ms),
            updated_at: iso(record.updated_ms),
            archived: record.archived_ms.is_some(),
            url: format!(
                "https://{}/contacts/{}/record/{}/{}",
                self.account.ui_domain, self.account.portal_id, store.kind.id, record.id
            ),
            archived_at: record.archived_ms.map(iso),
            properties_with_history: history.map(|names| self.histories(store, record, names)),
        }
    }

    fn histories(&self, store: &ObjectStore, record: &Record, names: &[String]) -> Value {
        let entry = |name: &String| {
            let versions = store.history(record, name, self.settings.history_depth)?;
            Some((name.clone(), versions))
        };
        Value::Object(names.iter().filter_map(entry).collect())
    }
}

fn values<'a>(
    store: &'a ObjectStore,
    record: &Record,
    asked: &'a [String],
) -> BTreeMap<&'a str, Option<String>> {
    let always = [CREATED, store.kind.modified, OBJECT_ID];
    let defaults = store.kind.default_properties.iter().copied().filter(|_| asked.is_empty());
    let names = asked.iter().map(String::as_str).chain(always).chain(defaults);
    let entry = |name: &'a str| Some((name, store.text(record, store.definitions.live(name)?)));
    names.filter_map(entry).collect()
}
