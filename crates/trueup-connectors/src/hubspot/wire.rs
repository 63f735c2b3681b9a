//! The JSON that goes over the wire, as far as it is used.
//!
//! Tolerant of fields to come, never of a missing list: an answer without `results` is not an empty one.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use super::error::ApiError;

/// One record.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Object {
    #[serde(deserialize_with = "id")]
    pub(super) id: String,
    #[serde(default)]
    pub(super) properties: BTreeMap<String, Value>,
    #[serde(default)]
    pub(super) properties_with_history: BTreeMap<String, Vec<Version>>,
    pub(super) updated_at: Option<String>,
    #[serde(default)]
    pub(super) archived: bool,
    #[serde(rename = "objectWriteTraceId")]
    pub(super) trace: Option<String>,
}

/// One value a property had.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Version {
    #[serde(default)]
    pub(super) value: Value,
    pub(super) timestamp: String,
    pub(super) source_type: Option<String>,
    pub(super) source_id: Option<String>,
}

/// A page of a listing.
#[derive(Debug, Deserialize)]
pub(super) struct Listing {
    pub(super) results: Vec<Object>,
    pub(super) paging: Option<Paging>,
}

/// A page of a search.
#[derive(Debug, Deserialize)]
pub(super) struct Found {
    pub(super) total: u64,
    pub(super) results: Vec<Object>,
    pub(super) paging: Option<Paging>,
}

/// Where the next page is; missing on the last one.
#[derive(Debug, Deserialize)]
pub(super) struct Paging {
    pub(super) next: Option<Next>,
}

/// The cursor of the next page.
#[derive(Debug, Deserialize)]
pub(super) struct Next {
    pub(super) after: String,
}

impl Paging {
    pub(super) fn after(paging: Option<Self>) -> Option<String> {
        paging?.next.map(|next| next.after)
    }
}

/// The answer to a batch of any verb: what went well, and what did not.
#[derive(Debug, Deserialize)]
pub(super) struct Batch {
    pub(super) results: Option<Vec<Object>>,
    #[serde(default)]
    pub(super) errors: Vec<ApiError>,
}

/// A batch that reads.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct BatchRead<'a> {
    pub(super) inputs: Vec<Id<'a>>,
    pub(super) properties: Vec<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) properties_with_history: Vec<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) id_property: Option<&'a str>,
}

/// One id, or one value of a unique property.
#[derive(Debug, Serialize)]
pub(super) struct Id<'a> {
    pub(super) id: &'a str,
}

/// A batch that writes.
#[derive(Debug, Serialize)]
pub(super) struct BatchWrite<'a> {
    pub(super) inputs: Vec<Input<'a>>,
}

/// One row of a batch that writes.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Input<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) object_write_trace_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) properties: Option<BTreeMap<&'a str, String>>,
    /// The published shape of a create requires it, empty or not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) associations: Option<[(); 0]>,
}

/// A search: one group of conditions, all of which must hold.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Search<'a> {
    pub(super) filter_groups: Vec<Group<'a>>,
    pub(super) sorts: [Sort; 1],
    pub(super) properties: Vec<&'a str>,
    pub(super) limit: usize,
}

/// Conditions that must all hold.
#[derive(Debug, Serialize)]
pub(super) struct Group<'a> {
    pub(super) filters: Vec<Filter<'a>>,
}

/// One condition.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Filter<'a> {
    pub(super) property_name: &'a str,
    pub(super) operator: &'static str,
    /// Must be left out where the operator takes none (trap 14).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) value: Option<String>,
}

/// The order of a search.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Sort {
    pub(super) property_name: &'static str,
    pub(super) direction: &'static str,
}

/// Whose account it is.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Account {
    pub(super) portal_id: u64,
}

/// The definitions of all columns.
#[derive(Debug, Deserialize)]
pub(super) struct Definitions {
    pub(super) results: Vec<Definition>,
}

/// The definition of one column.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Definition {
    pub(super) name: String,
    #[serde(rename = "type")]
    pub(super) kind: String,
    #[serde(default)]
    pub(super) options: Vec<Choice>,
    #[serde(default)]
    pub(super) calculated: bool,
    #[serde(default)]
    pub(super) has_unique_value: bool,
    #[serde(default)]
    pub(super) archived: bool,
    #[serde(default)]
    pub(super) modification_metadata: Modification,
}

/// One value a column accepts.
#[derive(Debug, Deserialize)]
pub(super) struct Choice {
    pub(super) value: String,
}

/// What can be changed about a column.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Modification {
    pub(super) read_only_value: bool,
}

/// One owner.
#[derive(Debug, Deserialize)]
pub(super) struct Owner {
    #[serde(deserialize_with = "id")]
    pub(super) id: String,
    #[serde(default)]
    pub(super) archived: bool,
}

/// Ids are text here and numbers there (trap 24).
fn id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    match Value::deserialize(deserializer)? {
        Value::String(text) => Ok(text),
        Value::Number(number) => Ok(number.to_string()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => {
            Err(serde::de::Error::custom("an id is neither text nor a number"))
        }
    }
}
