//! The published schema agrees with the reader.

use crate::{changed, template};

fn validates(text: &str) -> bool {
    let value: serde_json::Value = serde_saphyr::from_str(text).unwrap();
    jsonschema::validator_for(&trueup_config::json_schema()).unwrap().is_valid(&value)
}

#[test]
fn the_schema_takes_the_template() {
    let value: serde_json::Value = serde_saphyr::from_str(template()).unwrap();
    let validator = jsonschema::validator_for(&trueup_config::json_schema()).unwrap();
    let errors: Vec<String> =
        validator.iter_errors(&value).map(|e| format!("{}: {e}", e.instance_path())).collect();
    assert!(errors.is_empty(), "{errors:#?}");
}

#[test]
fn the_schema_refuses_what_the_reader_refuses() {
    for (from, to) in [
        ("canonical: workbook", "cannonical: workbook"),
        ("sheet: Lead Details", "sheat: Lead Details"),
        ("kind: xlsx", "kind: xslx"),
        ("every: 15m", "every: often"),
        ("updates_percent: 30", "updates_percent: 130"),
        ("do: flag", "do: nothing"),
        ("city: city", "city: { prop: city }"),
        ("entity: lead", "entity: [lead]"),
    ] {
        let text = changed(from, to);
        assert!(!validates(&text), "{to}");
        assert!(crate::read(&text).is_err(), "{to}");
    }
}

#[test]
fn every_key_of_the_schema_is_described() {
    let schema = trueup_config::json_schema();
    let mut bare = Vec::new();
    undescribed(&schema, "", &mut bare);
    assert!(bare.is_empty(), "{bare:#?}");
}

fn undescribed(schema: &serde_json::Value, path: &str, bare: &mut Vec<String>) {
    let Some(object) = schema.as_object() else { return };
    for (name, property) in object.get("properties").and_then(|p| p.as_object()).into_iter().flatten() {
        let described = property.get("description").is_some() || property.get("const").is_some();
        if !described {
            bare.push(format!("{path}/{name}"));
        }
    }
    for (key, inner) in object {
        undescribed(inner, &format!("{path}/{key}"), bare);
    }
}
