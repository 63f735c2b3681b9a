//! What a refusal by HubSpot means, for one row or for a whole batch.

use trueup_core::{
    plan::Edit,
    value::{Cell, Value},
};
use trueup_ports::{Fault, Refusal, wire::Answer};

use super::{
    super::{config::ObjectType, error::ApiError},
    Ending, Row,
};

/// A batch that was refused as a whole: only one that has a single row says which row is to blame.
///
/// A refusal is believed in HubSpot's own words only: a page of a gateway proves nothing.
pub(super) fn whole(kind: &ObjectType, rows: &[Row], answer: &Answer) -> Vec<Ending> {
    let Some(error) = ApiError::read(answer.body()) else {
        let fault = answer.garbled("the answer is not HubSpot's own");
        return rows.iter().map(|_| Ending::failed(fault.clone())).collect();
    };
    if let [row] = rows {
        return vec![ending(kind, row, &error, true)];
    }
    let words = rows.iter().fold(error.words().to_owned(), |words, row| scrubbed(&words, &row.edits));
    let fault = Fault::BatchRefused(format!("{} answered {}: {words}", answer.name(), answer.status()));
    rows.iter().map(|_| Ending { outcome: Err(fault.clone()), detail: correlation(&error) }).collect()
}

/// A row that was refused. An error of a kind nobody documented proves something only when it is `proven`
/// by the status of the whole answer.
pub(super) fn ending(kind: &ObjectType, row: &Row, error: &ApiError, proven: bool) -> Ending {
    let existing = error.existing().map(|id| format!(" existing {id}")).unwrap_or_default();
    Ending {
        outcome: Err(fault(kind, row, error, proven)),
        detail: format!("{}{existing}", correlation(error)),
    }
}

fn fault(kind: &ObjectType, row: &Row, error: &ApiError, proven: bool) -> Fault {
    match error.category.as_deref() {
        Some("OBJECT_NOT_FOUND") if row.remote().is_some() => Fault::Missing,
        Some("CONFLICT") => Fault::Rejected(conflict(kind, row, error)),
        Some("VALIDATION_ERROR") => Fault::Rejected(problems(row, error)),
        Some("RATE_LIMITS") => Fault::Busy { retry_after: None, what: error.words().to_owned() },
        Some("MISSING_SCOPES") => Fault::Denied(error.words().to_owned()),
        _ if proven => Fault::Rejected(problems(row, error)),
        _ => Fault::Unknown(format!(
            "the row failed for a reason that proves nothing: {}",
            scrubbed(error.words(), &row.edits)
        )),
    }
}

/// Another record holds a value that must be unique: HubSpot does not say which one, so every identity
/// column that is written is to blame (traps 3 and 22).
fn conflict(kind: &ObjectType, row: &Row, error: &ApiError) -> Vec<Refusal> {
    let reason = format!("another record holds the value: {}", scrubbed(error.words(), &row.edits));
    let written = row.edits.iter().map(|edit| edit.column.as_str());
    let blamed: Vec<&str> = written.filter(|column| kind.identities.contains(column)).collect();
    if blamed.is_empty() {
        return vec![Refusal { column: None, reason }];
    }
    blamed
        .into_iter()
        .map(|column| Refusal { column: Some(column.to_owned()), reason: reason.clone() })
        .collect()
}

fn problems(row: &Row, error: &ApiError) -> Vec<Refusal> {
    let refusal = |problem: super::super::error::Problem| Refusal {
        column: problem.column,
        reason: scrubbed(&problem.message, &row.edits),
    };
    error.problems().into_iter().map(refusal).collect()
}

fn correlation(error: &ApiError) -> String {
    error.correlation_id.as_deref().map(|id| format!(" correlation {id}")).unwrap_or_default()
}

/// Shorter values would blot out half of every message.
const SCRUBBED_CHARS_MIN: usize = 3;

/// A message without the values that were sent: reasons are kept and shown, people's data is not.
fn scrubbed(message: &str, edits: &[Edit]) -> String {
    let mut message = message.to_owned();
    for value in edits.iter().flat_map(|edit| values(&edit.after)) {
        if value.chars().count() >= SCRUBBED_CHARS_MIN {
            message = without(&message, &value);
        }
    }
    message
}

fn values(cell: &Cell) -> Vec<String> {
    let mut all: Vec<String> = cell.to_text().into_iter().collect();
    if let Some(Value::List(items)) = cell.value() {
        all.extend(items.iter().map(ToString::to_string));
    }
    all
}

/// Replaces a value in any case: HubSpot speaks of addresses in lower case.
fn without(message: &str, value: &str) -> String {
    let (lower, wanted) = (message.to_ascii_lowercase(), value.to_ascii_lowercase());
    let mut out = String::with_capacity(message.len());
    let mut from = 0;
    for (at, found) in lower.match_indices(&wanted) {
        out.push_str(message.get(from..at).unwrap_or_default());
        out.push('…');
        from = at + found.len();
    }
    out.push_str(message.get(from..).unwrap_or_default());
    out
}

#[cfg(test)]
mod tests {
    use super::{
        super::{super::config::CONTACTS, tests},
        *,
    };

    fn refused(row: &Row, json: serde_json::Value, proven: bool) -> Ending {
        ending(&CONTACTS, row, &serde_json::from_value(json).unwrap(), proven)
    }

    #[track_caller]
    fn check(json: serde_json::Value, expected: &[Option<&str>]) {
        let edits = vec![
            tests::edit("email", Cell::text("Ada@Example.org")),
            tests::edit("hs_additional_emails", Cell::list(["b@example.org", "c@example.org"])),
            tests::edit("city", Cell::text("Grand Lake")),
        ];
        let ending = refused(&tests::update("t", "101", edits), json, true);
        let Err(Fault::Rejected(refusals)) = ending.outcome else { panic!("{ending:?}") };
        let columns: Vec<_> = refusals.iter().map(|refusal| refusal.column.as_deref()).collect();
        assert_eq!(columns, expected);
        let shown = format!("{refusals:?}").to_lowercase();
        assert!(!shown.contains("example.org"), "{shown}");
    }

    #[test]
    fn a_conflict_blames_every_identity_column_that_is_written() {
        let message = "Contact already exists. Existing ID: 171591000198";
        check(
            serde_json::json!({"category": "CONFLICT", "message": message}),
            &[Some("email"), Some("hs_additional_emails")],
        );
    }

    #[test]
    fn an_invalid_value_blames_its_column_and_is_not_repeated_in_the_reason() {
        let problem =
            serde_json::json!([{"name": "email", "message": "Email address ada@example.org is invalid"}]);
        let message = format!("Property values were not valid: {problem}");
        check(serde_json::json!({"category": "VALIDATION_ERROR", "message": message}), &[Some("email")]);
    }

    #[test]
    fn a_refusal_without_a_column_blames_none() {
        check(serde_json::json!({"category": "VALIDATION_ERROR", "message": "no: b@example.org"}), &[None]);
        check(serde_json::json!({"message": "Unable to infer object type from: butterflies"}), &[None]);
    }

    #[test]
    fn the_existing_record_and_the_correlation_stand_in_the_evidence() {
        let row = tests::create("t", "ext", vec![tests::edit("email", Cell::text("a@b.co"))]);
        let ending = refused(
            &row,
            serde_json::json!({
                "category": "CONFLICT", "message": "Contact already exists", "correlationId": "c-1",
                "context": {"existingId": ["17"]}
            }),
            true,
        );
        assert_eq!(ending.detail, " correlation c-1 existing 17");
    }

    #[test]
    fn a_row_that_failed_for_an_unheard_of_reason_is_unknown() {
        let row = tests::update("t", "101", Vec::new());
        let ending = refused(&row, serde_json::json!({"category": "INTERNAL", "message": "oops"}), false);
        assert!(matches!(ending.outcome, Err(Fault::Unknown(_))), "{ending:?}");
    }
}
