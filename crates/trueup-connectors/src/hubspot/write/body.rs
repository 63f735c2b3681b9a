//! The body of a batch.

use std::collections::BTreeMap;

use compact_str::CompactString;
use trueup_core::{
    name::RemoteId,
    plan::Edit,
    value::{Cell, Value},
};
use trueup_ports::Refusal;

use super::{
    super::wire::{BatchWrite, Input},
    Row, Verb,
};

/// The rows as HubSpot takes them, each with its trace id; an archive takes none.
pub(super) fn body(verb: Verb, rows: &[Row]) -> BatchWrite<'_> {
    let input = |row| match verb {
        Verb::Create => Input { associations: Some([]), ..written(row) },
        Verb::Update => written(row),
        Verb::Archive => Input { id: row.remote().map(RemoteId::as_str), ..Input::default() },
    };
    BatchWrite { inputs: rows.iter().map(input).collect() }
}

fn written(row: &Row) -> Input<'_> {
    let mut properties: BTreeMap<&str, String> =
        row.edits.iter().filter_map(|edit| Some((edit.column.as_str(), text(&edit.after)?))).collect();
    properties.extend(row.ext_id().map(|(column, ext_id)| (column, ext_id.to_owned())));
    Input {
        id: row.remote().map(RemoteId::as_str),
        object_write_trace_id: Some(row.id.as_str()),
        properties: Some(properties),
        associations: None,
    }
}

/// The edits that hold nothing that could be sent.
pub(super) fn unsendable(edits: &[Edit]) -> Vec<Refusal> {
    let unknown = edits.iter().filter(|edit| text(&edit.after).is_none());
    unknown
        .map(|edit| Refusal { column: Some(edit.column.clone()), reason: "the value is not known".into() })
        .collect()
}

/// A value as text. Nothing is sent as `""`, never as null, which no document allows (facts 8).
fn text(cell: &Cell) -> Option<String> {
    match cell {
        Cell::Null | Cell::Empty => Some(String::new()),
        Cell::Value(Value::List(items)) => {
            // A list that began with `;` would be added to what is there instead of replacing it (trap 19).
            let items: Vec<&str> =
                items.iter().map(CompactString::as_str).filter(|item| !item.is_empty()).collect();
            Some(items.join(";"))
        }
        Cell::Value(value) => Some(value.to_string()),
        Cell::Absent | Cell::Unreadable(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{super::tests, *};

    #[track_caller]
    fn check(verb: Verb, row: Row, expected: &serde_json::Value) {
        let json = serde_json::to_value(body(verb, &[row])).unwrap();
        assert_eq!(json, serde_json::json!({"inputs": [expected]}));
    }

    #[test]
    fn an_update_carries_id_trace_id_and_only_what_changes_and_a_clear_is_an_empty_text() {
        let edits = vec![tests::edit("city", Cell::text("Grand Lake")), tests::edit("phone", Cell::Null)];
        check(
            Verb::Update,
            tests::update("t1", "101", edits),
            &serde_json::json!({
                "id": "101", "objectWriteTraceId": "t1", "properties": {"city": "Grand Lake", "phone": ""}
            }),
        );
    }

    #[test]
    fn a_create_carries_its_external_id_and_no_record_id() {
        let edits = vec![tests::edit("email", Cell::text("ada@example.org"))];
        check(
            Verb::Create,
            tests::create("t2", "ext-1", edits),
            &serde_json::json!({
                "objectWriteTraceId": "t2", "associations": [],
                "properties": {"email": "ada@example.org", "trueup_id": "ext-1"}
            }),
        );
    }

    #[test]
    fn an_archive_carries_the_id_alone() {
        check(Verb::Archive, tests::archive("t3", "101"), &serde_json::json!({"id": "101"}));
    }

    #[test]
    fn trap_19_a_list_never_begins_with_a_separator() {
        for (items, expected) in [(vec!["", "b", "c"], "b;c"), (vec!["b", "", "c"], "b;c"), (vec![""], "")] {
            assert_eq!(text(&Cell::list(items)).as_deref(), Some(expected));
        }
    }

    #[test]
    fn what_is_not_known_is_not_sent() {
        let edits = [tests::edit("a", Cell::Absent), tests::edit("b", Cell::unreadable("#REF!", "A1"))];
        let columns: Vec<_> = unsendable(&edits).into_iter().filter_map(|refusal| refusal.column).collect();
        assert_eq!(columns, ["a", "b"]);
    }
}
