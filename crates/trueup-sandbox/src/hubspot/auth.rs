//! Tokens and scopes (facts section 2).

use serde::{Deserialize, Serialize};

use super::errors::ApiError;
use super::object_type::OBJECT_TYPES;
use crate::time::{DAY_MS, iso};

/// The scope for reading owners.
pub(crate) const OWNERS_READ: &str = "crm.objects.owners.read";
/// The token of a fresh portal; it has every scope.
pub const DEFAULT_TOKEN: &str = "sandbox-token";

/// One access token of the portal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Token {
    /// What follows `Bearer `.
    pub token: String,
    /// What it may do.
    pub scopes: Vec<String>,
    /// The app it belongs to; property history names it in `sourceId`.
    pub app_id: String,
}

impl Token {
    /// A token with every scope the portal knows.
    #[must_use]
    pub fn with_all_scopes(token: &str) -> Self {
        let kinds = OBJECT_TYPES.into_iter();
        let scopes = kinds.flat_map(|kind| {
            [kind.read_scope, kind.write_scope, kind.schema_read_scope, kind.schema_write_scope]
        });
        let scopes = scopes.chain([OWNERS_READ]).map(str::to_owned).collect();
        Self { token: token.to_owned(), scopes, app_id: "19083857".into() }
    }
}

/// The token that a request carries.
pub(crate) fn authenticate<'a>(
    tokens: &'a [Token],
    headers: &http::HeaderMap,
    now_ms: i64,
) -> Result<&'a Token, ApiError> {
    let header = headers.get(http::header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let Some(given) =
        header.and_then(|value| value.strip_prefix("Bearer ")).filter(|given| !given.is_empty())
    else {
        return Err(ApiError::new(401, "INVALID_AUTHENTICATION", NO_CREDENTIALS));
    };
    tokens.iter().find(|token| token.token == given).ok_or_else(|| expired(now_ms))
}

const NO_CREDENTIALS: &str = "Authentication credentials not found. This API supports OAuth 2.0 authentication and \
    you can find more details at https://developers.hubspot.com/docs/methods/auth/oauth-overview";

/// A token that means nothing is reported as expired since 1970 (trap 28).
fn expired(now_ms: i64) -> ApiError {
    let message = format!("The OAuth token used to make this call expired {} day(s) ago.", now_ms / DAY_MS);
    ApiError::new(401, "EXPIRED_AUTHENTICATION", message).with("expire time", vec![iso(0)])
}

/// 403 unless the token has the scope.
pub(crate) fn require(token: &Token, scope: Option<&str>) -> Result<(), ApiError> {
    match scope {
        Some(scope) if !token.scopes.iter().any(|held| held == scope) => {
            let message = "This app hasn't been granted all required scopes to make this call.";
            Err(ApiError::new(403, "MISSING_SCOPES", message)
                .with("requiredGranularScopes", vec![scope.to_owned()]))
        }
        _ => Ok(()),
    }
}
