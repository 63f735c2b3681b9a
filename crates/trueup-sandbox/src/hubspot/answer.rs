//! What an operation answers, before it becomes HTTP.

use bytes::Bytes;
use serde_json::Value;

use super::errors::ApiError;

/// A status and a JSON body, or none.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Option<Body>,
}

/// A JSON body.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Body {
    Json(Value),
    /// Its text.
    Written(Bytes),
}

/// What every operation returns.
pub(crate) type Outcome = Result<Answer, ApiError>;

impl Answer {
    pub(crate) const fn ok(body: Value) -> Self {
        Self::with(200, body)
    }

    pub(crate) const fn with(status: u16, body: Value) -> Self {
        Self { status, body: Some(Body::Json(body)) }
    }

    pub(crate) const fn written(body: Bytes) -> Self {
        Self { status: 200, body: Some(Body::Written(body)) }
    }

    pub(crate) const fn no_content() -> Self {
        Self { status: 204, body: None }
    }
}
