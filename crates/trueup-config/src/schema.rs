//! The published JSON Schema of the configuration file.

use schemars::generate::SchemaSettings;

use crate::file::File;

/// The JSON Schema of the configuration file, generated from the very types that read it.
///
/// Put `# yaml-language-server: $schema=…` at the head of a file and an editor completes and checks it.
#[must_use]
pub fn json_schema() -> serde_json::Value {
    SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<File>().to_value()
}
