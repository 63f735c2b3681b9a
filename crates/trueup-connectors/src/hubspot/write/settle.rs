//! What a batch answer means for each row.

use trueup_core::name::RemoteId;
use trueup_ports::Fault;

use super::{
    super::{
        config::ObjectType,
        error::ApiError,
        wire::{Batch, Object},
    },
    Ending, Row, refusal,
};

/// Matches results and errors to rows by trace id, record id or external id; never by position.
pub(super) fn settle(kind: &ObjectType, rows: &[Row], batch: Batch, name: &str) -> Vec<Ending> {
    let results = batch.results.unwrap_or_default();
    let settle = |row: &Row| {
        let written = results.iter().find(|object| is_of(object, row));
        let refused = batch.errors.iter().find(|error| is_about(error, row));
        match (written, refused) {
            (Some(object), None) => Ending { outcome: Ok(RemoteId::new(&object.id)), detail: String::new() },
            (None, Some(error)) => refusal::ending(kind, row, error, false),
            (Some(_), Some(_)) => unknown(name, "both gives the record and refuses it"),
            (None, None) => unknown(name, "does not mention the record"),
        }
    };
    rows.iter().map(settle).collect()
}

/// Whether a result is this row's. An id that is not the row's own is never taken for it, whatever
/// else fits: that is a merge, and the record is not the one that was looked at before.
fn is_of(object: &Object, row: &Row) -> bool {
    if let Some(remote) = row.remote() {
        return object.id == remote.as_str();
    }
    if let Some(trace) = &object.trace {
        return trace == row.id.as_str();
    }
    let value = |column| object.properties.get(column).and_then(serde_json::Value::as_str);
    row.ext_id().is_some_and(|(column, ext_id)| value(column) == Some(ext_id))
}

/// Whether an error names this row; one error can name several (facts 4).
fn is_about(error: &ApiError, row: &Row) -> bool {
    let named = |key: &str, text: &str| error.names(key).iter().any(|name| name == text);
    named("objectWriteTraceId", row.id.as_str()) || row.remote().is_some_and(|id| named("ids", id.as_str()))
}

fn unknown(name: &str, why: &str) -> Ending {
    Ending::failed(Fault::Unknown(format!("the answer to {name} {why}")))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{
        super::{super::config::CONTACTS, tests},
        *,
    };

    /// Settles and says in one word per row what came of it.
    #[track_caller]
    fn check(rows: &[Row], answer: Value, expected: &[&str]) {
        let batch: Batch = serde_json::from_value(answer).unwrap();
        let endings = settle(&CONTACTS, rows, batch, "POST /x");
        let words: Vec<String> = endings
            .into_iter()
            .map(|ending| match ending.outcome {
                Ok(id) => id.to_string(),
                Err(Fault::Missing) => "missing".into(),
                Err(Fault::Rejected(_)) => "rejected".into(),
                Err(Fault::Unknown(_)) => "unknown".into(),
                Err(other) => format!("{other:?}"),
            })
            .collect();
        assert_eq!(words, expected);
    }

    fn two_updates() -> [Row; 2] {
        [tests::update("t1", "101", Vec::new()), tests::update("t2", "102", Vec::new())]
    }

    #[test]
    fn trap_8_results_in_another_order_are_matched_by_id() {
        check(&two_updates(), json!({"results": [{"id": "102"}, {"id": 101}]}), &["101", "102"]);
    }

    #[test]
    fn trap_1_a_row_that_is_silently_missing_is_unknown() {
        check(&two_updates(), json!({"status": "COMPLETE", "results": [{"id": "102"}]}), &["unknown", "102"]);
        check(&two_updates(), json!({"status": "COMPLETE"}), &["unknown", "unknown"]);
    }

    #[test]
    fn trap_5_failures_inside_a_success_are_failures() {
        let errors = json!([
            {"category": "OBJECT_NOT_FOUND", "message": "m", "context": {"ids": ["101"]}},
            {"category": "VALIDATION_ERROR", "message": "m", "context": {"objectWriteTraceId": ["t2"]}},
        ]);
        check(
            &two_updates(),
            json!({"results": [], "numErrors": 2, "errors": errors}),
            &["missing", "rejected"],
        );
    }

    #[test]
    fn one_error_can_name_several_rows() {
        let errors =
            json!([{"category": "OBJECT_NOT_FOUND", "message": "m", "context": {"ids": ["101", "102"]}}]);
        check(&two_updates(), json!({"results": [], "errors": errors}), &["missing", "missing"]);
    }

    #[test]
    fn an_error_that_names_no_row_leaves_all_others_unknown() {
        let errors = json!([{"category": "VALIDATION_ERROR", "message": "m"}]);
        check(&two_updates(), json!({"results": [{"id": "101"}], "errors": errors}), &["101", "unknown"]);
    }

    #[test]
    fn an_answer_that_contradicts_itself_is_unknown() {
        let errors = json!([{"category": "VALIDATION_ERROR", "message": "m", "context": {"ids": ["101"]}}]);
        check(&two_updates(), json!({"results": [{"id": "101"}], "errors": errors}), &["unknown", "unknown"]);
    }

    #[test]
    fn trap_2_a_result_under_another_id_is_not_the_record_that_was_looked_at() {
        let results =
            json!([{"id": "900", "objectWriteTraceId": "t1"}, {"id": "102", "objectWriteTraceId": "t2"}]);
        check(&two_updates(), json!({"results": results}), &["unknown", "102"]);
    }

    #[test]
    fn a_created_record_is_known_by_its_trace_id_or_else_by_its_external_id_but_never_by_position() {
        let rows = [tests::create("t1", "e1", Vec::new()), tests::create("t2", "e2", Vec::new())];
        let traced =
            json!([{"id": "8", "objectWriteTraceId": "t2"}, {"id": "7", "objectWriteTraceId": "t1"}]);
        check(&rows, json!({"results": traced}), &["7", "8"]);
        let named = json!([{"id": "8", "properties": {"trueup_id": "e2"}}, {"id": "7", "properties": {"trueup_id": "e1"}}]);
        check(&rows, json!({"results": named}), &["7", "8"]);
        check(&rows, json!({"results": [{"id": "7"}, {"id": "8"}]}), &["unknown", "unknown"]);
    }
}
