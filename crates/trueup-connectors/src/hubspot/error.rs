//! HubSpot's errors: every field of them is optional, and some are no JSON at all (trap 32).

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

/// An error, as a whole answer or as one entry of a 207.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct ApiError {
    pub(super) status: Option<String>,
    pub(super) message: Option<String>,
    pub(super) correlation_id: Option<String>,
    pub(super) category: Option<String>,
    pub(super) policy_name: Option<String>,
    pub(super) context: BTreeMap<String, Value>,
    pub(super) errors: Vec<Detail>,
}

/// One entry of an error's own list.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Detail {
    pub(super) message: Option<String>,
    #[serde(rename = "in")]
    pub(super) place: Option<String>,
    pub(super) context: BTreeMap<String, Value>,
}

/// A value that was not accepted.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Problem {
    pub(super) column: Option<String>,
    pub(super) message: String,
}

/// A problem as the message of a validation error embeds it.
#[derive(Deserialize)]
struct Embedded {
    name: String,
    message: String,
}

impl ApiError {
    /// Reads a body; `None` when it is not HubSpot's own, such as a gateway's page.
    pub(super) fn read(body: &[u8]) -> Option<Self> {
        let error: Self = serde_json::from_slice(body).ok()?;
        (error.status.as_deref() == Some("error") || error.message.is_some()).then_some(error)
    }

    /// What it says.
    pub(super) fn words(&self) -> &str {
        self.message.as_deref().unwrap_or("no reason was given")
    }

    /// The texts under a key of its context.
    pub(super) fn names(&self, key: &str) -> Vec<String> {
        texts(self.context.get(key))
    }

    /// The record that holds the value already, from the context or from the text (facts 4 and 7).
    pub(super) fn existing(&self) -> Option<String> {
        let named = self.names("existingId").into_iter().next();
        named.or_else(|| {
            let (_, rest) = self.words().split_once("Existing ID: ")?;
            let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
            (!digits.is_empty()).then_some(digits)
        })
    }

    /// The values that were not accepted. The list embedded in the message is longer than `errors` (trap 6).
    pub(super) fn problems(&self) -> Vec<Problem> {
        let mut problems = self.embedded();
        if problems.is_empty() {
            problems = self.errors.iter().map(Detail::problem).collect();
        }
        if problems.is_empty() {
            problems.push(Problem { column: None, message: self.words().to_owned() });
        }
        problems.sort();
        problems.dedup();
        problems
    }

    fn embedded(&self) -> Vec<Problem> {
        let list = self.message.as_deref().and_then(|text| text.get(text.find('[')?..));
        let parsed: Option<Vec<Embedded>> = list.and_then(|list| serde_json::from_str(list).ok());
        let problem = |one: Embedded| Problem { column: Some(one.name), message: one.message };
        parsed.unwrap_or_default().into_iter().map(problem).collect()
    }

    /// Scopes that are missing, in either of the two shapes (facts 2).
    fn scopes(&self) -> Vec<String> {
        let mut scopes = self.names("requiredGranularScopes");
        scopes.extend(
            self.errors.iter().flat_map(|detail| texts(detail.context.get("requiredGranularScopes"))),
        );
        scopes.sort();
        scopes.dedup();
        scopes
    }
}

impl Detail {
    fn problem(&self) -> Problem {
        let named = texts(self.context.get("propertyName")).into_iter().next();
        let message = self.message.clone().unwrap_or_else(|| "no reason was given".into());
        Problem { column: named.or_else(|| self.place.clone()), message }
    }
}

/// One text or several.
fn texts(value: Option<&Value>) -> Vec<String> {
    match value {
        Some(Value::String(text)) => vec![text.clone()],
        Some(Value::Number(number)) => vec![number.to_string()],
        Some(Value::Array(list)) => list.iter().flat_map(|one| texts(Some(one))).collect(),
        Some(Value::Null | Value::Bool(_) | Value::Object(_)) | None => Vec::new(),
    }
}

/// What an answer that concerns every request says, with what to do about it.
pub(super) fn words(body: &[u8]) -> Option<String> {
    let error = ApiError::read(body)?;
    let scopes = error.scopes();
    if !scopes.is_empty() {
        return Some(format!(
            "the token lacks {}; add it to the app's or service key's scopes",
            scopes.join(", ")
        ));
    }
    // A token that never existed is said to have expired in 1970: nothing to refresh (trap 28).
    let hint = match error.category.as_deref() {
        Some("INVALID_AUTHENTICATION" | "EXPIRED_AUTHENTICATION") => {
            "; check the token, it is wrong or revoked"
        }
        _ => "",
    };
    let correlation =
        error.correlation_id.as_deref().map(|id| format!(" (correlation {id})")).unwrap_or_default();
    Some(format!("{}{hint}{correlation}", error.words()))
}

/// Whether a 429 ends the day: it must stop the run, not be repeated (trap 13).
pub(super) fn is_daily(body: &[u8]) -> bool {
    ApiError::read(body).is_some_and(|error| error.policy_name.as_deref() == Some("DAILY"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(json: &str) -> ApiError {
        ApiError::read(json.as_bytes()).unwrap()
    }

    #[test]
    fn the_list_in_the_message_is_longer_than_errors() {
        let problems = error(
            r#"{"status":"error","category":"VALIDATION_ERROR","message":"Property values were not valid: [{\"isValid\":false,\"message\":\"Property \\\"x1\\\" does not exist\",\"error\":\"PROPERTY_DOESNT_EXIST\",\"name\":\"x1\"},{\"isValid\":false,\"message\":\"bad\",\"error\":\"INVALID_EMAIL\",\"name\":\"email\"}]","errors":[{"message":"Property \"x1\" does not exist","context":{"propertyName":["x1"]}}]}"#,
        )
        .problems();
        let columns: Vec<_> = problems.iter().map(|problem| problem.column.as_deref()).collect();
        assert_eq!(columns, [Some("email"), Some("x1")]);
    }

    #[test]
    fn without_a_list_in_the_message_errors_are_used_and_without_those_the_message() {
        let listed =
            error(r#"{"status":"error","message":"no","errors":[{"message":"bad","in":"city"}]}"#).problems();
        assert_eq!(listed, [Problem { column: Some("city".into()), message: "bad".into() }]);
        let bare = error(r#"{"status":"error","message":"Unable to infer [ from: x"}"#).problems();
        assert_eq!(bare, [Problem { column: None, message: "Unable to infer [ from: x".into() }]);
    }

    #[test]
    fn missing_scopes_are_found_in_both_shapes() {
        for json in [
            r#"{"status":"error","category":"MISSING_SCOPES","errors":[{"message":"m","context":{"requiredGranularScopes":["crm.a"]}}]}"#,
            r#"{"status":"error","category":"MISSING_SCOPES","context":{"requiredGranularScopes":["crm.a"]}}"#,
        ] {
            assert!(words(json.as_bytes()).unwrap().contains("lacks crm.a;"), "{json}");
        }
    }

    #[test]
    fn the_record_that_holds_the_value_is_found_in_context_or_text() {
        let context = error(r#"{"message":"Contact already exists","context":{"existingId":["17"]}}"#);
        let text = error(r#"{"message":"Contact already exists. Existing ID: 18"}"#);
        assert_eq!((context.existing(), text.existing()), (Some("17".into()), Some("18".into())));
        assert_eq!(error(r#"{"message":"Contact already exists"}"#).existing(), None);
    }

    #[test]
    fn a_page_of_a_gateway_is_no_error_of_hubspot() {
        for body in ["", "<html></html>", "[]", "{}", "\"x\""] {
            assert!(ApiError::read(body.as_bytes()).is_none(), "{body}");
        }
    }

    #[test]
    fn only_the_daily_limit_ends_the_day() {
        assert!(is_daily(br#"{"status":"error","message":"m","policyName":"DAILY"}"#));
        assert!(!is_daily(br#"{"status":"error","message":"m","policyName":"TEN_SECONDLY_ROLLING"}"#));
        assert!(!is_daily(b""));
    }
}
