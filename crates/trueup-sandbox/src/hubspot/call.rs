//! One request while it is being answered.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::errors::ApiError;
use super::history::Author;
use super::write::Values;

/// What an operation knows about the request besides its body.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    /// Sandbox time.
    pub(crate) now_ms: i64,
    /// The app whose token came along.
    pub(crate) author: Author,
    /// The path version enforces the administrator's rules, and is one that may have lost the 207.
    pub(crate) enforces_rules: bool,
    /// What a fault does to a batch.
    pub(crate) fault: BatchFault,
}

/// What a fault does to a batch.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) enum BatchFault {
    #[default]
    None,
    /// The whole batch is refused.
    RefuseAll,
    /// These rows fail.
    FailRows(Vec<String>),
}

/// Reads a JSON body.
pub(crate) fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, ApiError> {
    serde_json::from_slice(body).map_err(|cause| ApiError::invalid(format!("Invalid input JSON: {cause}")))
}

/// Property values of a body. Numbers and booleans become text; null is refused, since nobody documents it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(transparent)]
pub(crate) struct GivenValues(BTreeMap<String, Value>);

impl GivenValues {
    pub(crate) fn into_values(self) -> Result<Values, ApiError> {
        let text = |(name, value): (String, Value)| match value {
            Value::String(text) => Ok((name, text)),
            Value::Number(number) => Ok((name, number.to_string())),
            Value::Bool(flag) => Ok((name, flag.to_string())),
            Value::Null | Value::Array(_) | Value::Object(_) => {
                Err(ApiError::invalid(format!("Invalid input JSON: the value of {name} must be a string")))
            }
        };
        self.0.into_iter().map(text).collect()
    }
}
