//! The body of a search and its limits.

use serde::Deserialize;
use serde_json::Value;

use super::super::errors::ApiError;
use super::super::object_type::CREATED;

const BODY_MAX: usize = 3_000;
const GROUPS_MAX: usize = 5;
const FILTERS_PER_GROUP_MAX: usize = 6;
const FILTERS_MAX: usize = 18;
const LIMIT_DEFAULT: usize = 10;
const LIMIT_MAX: usize = 200;

/// A search as the client sent it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SearchRequest {
    #[serde(default)]
    filter_groups: Vec<Group>,
    /// Filters without groups are one group.
    #[serde(default)]
    filters: Vec<FilterRequest>,
    #[serde(default)]
    sorts: Vec<Value>,
    pub(super) query: Option<String>,
    #[serde(default)]
    pub(super) properties: Vec<String>,
    limit: Option<usize>,
    after: Option<Value>,
}

#[derive(Debug, Deserialize)]
struct Group {
    #[serde(default)]
    filters: Vec<FilterRequest>,
}

/// One condition as the client sent it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct FilterRequest {
    pub(super) property_name: String,
    pub(super) operator: String,
    pub(super) value: Option<Value>,
    pub(super) values: Option<Vec<Value>>,
    pub(super) high_value: Option<Value>,
}

/// The order of the results.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sort {
    pub(super) property: String,
    pub(super) descending: bool,
}

/// A search within its limits.
#[derive(Debug)]
pub(super) struct Search {
    /// Any of the groups, all of the filters of a group; no group means every record.
    pub(super) groups: Vec<Vec<FilterRequest>>,
    pub(super) sort: Sort,
    pub(super) query: Option<String>,
    pub(super) properties: Vec<String>,
    pub(super) limit: usize,
    pub(super) offset: usize,
}

impl Search {
    /// Reads a body; 400 beyond any of the limits.
    pub(super) fn parse(body: &[u8]) -> Result<Self, ApiError> {
        if String::from_utf8_lossy(body).chars().count() > BODY_MAX {
            return Err(ApiError::invalid(format!("The search body is longer than {BODY_MAX} characters")));
        }
        let request: SearchRequest = super::super::call::parse(body)?;
        let mut groups: Vec<Vec<FilterRequest>> =
            request.filter_groups.into_iter().map(|group| group.filters).collect();
        if !request.filters.is_empty() {
            groups.push(request.filters);
        }
        check_size(&groups)?;
        let limit = request.limit.unwrap_or(LIMIT_DEFAULT);
        if !(1..=LIMIT_MAX).contains(&limit) {
            return Err(ApiError::invalid(format!("limit must be between 1 and {LIMIT_MAX}, not {limit}")));
        }
        let offset = offset(request.after.as_ref())?;
        let sort = sort(&request.sorts)?;
        let query = request.query.filter(|query| !query.trim().is_empty());
        Ok(Self { groups, sort, query, properties: request.properties, limit, offset })
    }
}

fn check_size(groups: &[Vec<FilterRequest>]) -> Result<(), ApiError> {
    let total: usize = groups.iter().map(Vec::len).sum();
    let widest = groups.iter().map(Vec::len).max().unwrap_or(0);
    if groups.len() > GROUPS_MAX || widest > FILTERS_PER_GROUP_MAX || total > FILTERS_MAX {
        let message = format!(
            "at most {GROUPS_MAX} filter groups, {FILTERS_PER_GROUP_MAX} filters in one and {FILTERS_MAX} in all; \
             these are {} groups with up to {widest} and {total} in all",
            groups.len()
        );
        return Err(ApiError::invalid(message));
    }
    Ok(())
}

/// An integer as text; a list cursor is refused (trap 15).
fn offset(after: Option<&Value>) -> Result<usize, ApiError> {
    let text = match after {
        None | Some(Value::Null) => return Ok(0),
        Some(Value::String(text)) if text.is_empty() => return Ok(0),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    };
    text.parse().map_err(|_| ApiError::invalid(format!("after={text} is not a search offset")))
}

/// One sort, as text (`-createdate` is descending) or as an object.
fn sort(sorts: &[Value]) -> Result<Sort, ApiError> {
    let oldest_first = Sort { property: CREATED.into(), descending: false };
    match sorts {
        [] => Ok(oldest_first),
        [Value::String(text)] => {
            let property = text.strip_prefix('-').unwrap_or(text).to_owned();
            Ok(Sort { property, descending: text.starts_with('-') })
        }
        [Value::Object(sort)] => {
            let property = sort.get("propertyName").and_then(Value::as_str);
            let property = property.ok_or_else(|| ApiError::invalid("a sort needs propertyName"))?.to_owned();
            let descending = sort.get("direction").and_then(Value::as_str) == Some("DESCENDING");
            Ok(Sort { property, descending })
        }
        [_] => Err(ApiError::invalid("a sort is a property name or an object")),
        _ => Err(ApiError::invalid("only one sort is allowed")),
    }
}
