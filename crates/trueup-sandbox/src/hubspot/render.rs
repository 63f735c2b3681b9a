//! A record as JSON (facts section 3): every value is a string or null.

use serde_json::{Map, Value, json};

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

impl Portal {
    /// Renders a record: defined but empty is null, not defined is absent (trap 18).
    pub(crate) fn render(&self, store: &ObjectStore, record: &Record, fields: &Fields) -> Value {
        let mut body = json!({
            "id": record.id.to_string(),
            "properties": values(store, record, &fields.properties),
            "createdAt": iso(record.created_ms),
            "updatedAt": iso(record.updated_ms),
            "archived": record.archived_ms.is_some(),
            "url": format!("https://{}/contacts/{}/record/{}/{}",
                self.account.ui_domain, self.account.portal_id, store.kind.id, record.id),
        });
        if let Value::Object(body) = &mut body {
            if let Some(at_ms) = record.archived_ms {
                body.insert("archivedAt".into(), iso(at_ms).into());
            }
            if !fields.history.is_empty() {
                body.insert("propertiesWithHistory".into(), self.histories(store, record, &fields.history));
            }
        }
        body
    }

    fn histories(&self, store: &ObjectStore, record: &Record, names: &[String]) -> Value {
        let entry = |name: &String| {
            let versions = store.history(record, name, self.settings.history_depth)?;
            Some((name.clone(), versions))
        };
        Value::Object(names.iter().filter_map(entry).collect())
    }
}

fn values(store: &ObjectStore, record: &Record, asked: &[String]) -> Map<String, Value> {
    let always = [CREATED, store.kind.modified, OBJECT_ID];
    let defaults = store.kind.default_properties.iter().copied().filter(|_| asked.is_empty());
    let names = asked.iter().map(String::as_str).chain(always).chain(defaults);
    let entry = |name: &str| {
        let value = store.text(record, store.definitions.live(name)?);
        Some((name.to_owned(), value.map_or(Value::Null, Value::String)))
    };
    names.filter_map(entry).collect()
}
