//! HubSpot's JSON as a record: null, empty and absent stay apart (trap 18).

use jiff::Timestamp;
use serde_json::Value;
use trueup_core::{
    name::RemoteId,
    record::{Past, Record},
    value::Cell,
};

use super::{
    config::ObjectType,
    wire::{Object, Version},
};

/// The sort of writer that an app is in a history (facts 3).
const APP: &str = "INTEGRATION";

/// Turns an answer into a record over these columns.
///
/// The error says what cannot be understood; it holds no value.
pub(super) fn record(kind: &ObjectType, object: Object, columns: &[String]) -> Result<Record, String> {
    let version = object.updated_at.as_deref().map(|text| time(text, &object.id)).transpose()?;
    let mut properties = object.properties;
    let cells = columns.iter().map(|column| cell(properties.remove(column), column)).collect();
    let mut past = object.properties_with_history;
    let history = if past.is_empty() {
        Vec::new()
    } else {
        let of = |column: &String| past.remove(column).unwrap_or_default();
        columns.iter().map(of).map(|versions| history(versions, &object.id)).collect::<Result<_, _>>()?
    };
    let place = format!("{} {}", kind.label, object.id);
    Ok(Record { id: RemoteId::new(object.id), asked: None, cells, version, place, history })
}

fn cell(value: Option<Value>, column: &str) -> Cell {
    match value {
        None => Cell::Absent,
        Some(Value::Null) => Cell::Null,
        Some(Value::String(text)) => Cell::text(text),
        Some(Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) => {
            Cell::unreadable("the value is neither text nor null", column)
        }
    }
}

fn history(versions: Vec<Version>, id: &str) -> Result<Vec<Past>, String> {
    let past = |version: Version| {
        let at = time(&version.timestamp, id)?;
        let foreign = version.source_type.as_deref().is_some_and(|kind| kind != APP);
        let writer = [version.source_type, version.source_id];
        let by = writer.into_iter().flatten().collect::<Vec<_>>().join(" ");
        Ok(Past { cell: cell(Some(version.value), "history"), at, by, foreign })
    };
    let mut all = versions.into_iter().map(past).collect::<Result<Vec<_>, String>>()?;
    // Newest first is how HubSpot lists them; the order is made sure of, for the audit depends on it.
    all.sort_by_key(|past| std::cmp::Reverse(past.at));
    Ok(all)
}

fn time(text: &str, id: &str) -> Result<Timestamp, String> {
    text.parse().map_err(|_| format!("record {id} has a time that is no time"))
}

#[cfg(test)]
mod tests {
    use super::{super::config::CONTACTS, *};

    fn read(json: &str, columns: &[&str]) -> Result<Record, String> {
        let columns: Vec<String> = columns.iter().map(|&column| column.to_owned()).collect();
        record(&CONTACTS, serde_json::from_str(json).unwrap(), &columns)
    }

    #[test]
    fn null_empty_absent_and_text_stay_apart_and_a_number_is_unreadable() {
        let json = r#"{"id":"7","properties":{"a":null,"b":"","c":"x","e":5}}"#;
        let record = read(json, &["a", "b", "c", "d", "e"]).unwrap();
        assert_eq!(&record.cells[..4], [Cell::Null, Cell::Empty, Cell::text("x"), Cell::Absent]);
        assert!(record.cells[4].trouble().is_some());
    }

    #[test]
    fn history_is_newest_first_whatever_the_order_of_the_answer() {
        let json = r#"{"id":7,"properties":{},"updatedAt":"2026-01-02T00:00:00.000Z","propertiesWithHistory":{"a":[
            {"value":"old","timestamp":"2026-01-01T00:00:00.000Z","sourceType":"IMPORT"},
            {"value":"","timestamp":"2026-01-02T00:00:00.000Z","sourceType":"INTEGRATION","sourceId":"19"}]}}"#;
        let record = read(json, &["b", "a"]).unwrap();
        let told = |past: &Past| (past.cell.clone(), past.by.clone(), past.foreign);
        let seen: Vec<_> = record.past(1).iter().map(told).collect();
        let of = |cell, by: &str, foreign| (cell, by.to_owned(), foreign);
        assert_eq!(seen, [of(Cell::Empty, "INTEGRATION 19", false), of(Cell::text("old"), "IMPORT", true)]);
        assert!(record.past(0).is_empty());
        assert!(record.version.is_some());
    }

    #[test]
    fn a_time_that_is_no_time_is_not_taken_for_none() {
        assert!(read(r#"{"id":"7","updatedAt":"yesterday"}"#, &[]).is_err());
    }
}
