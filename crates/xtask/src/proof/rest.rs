//! What stands in the proof and is recorded otherwise: planted defects, mutants, the decision table.

use std::{fs, path::Path};

use anyhow::{Context, Result};
use serde_json::Value;

/// Where the hash of the decision table stands.
const TABLE: &str = "docs/reference/decisions-table.md";

/// What is recorded otherwise.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rest {
    /// What `trueup-sim defects --json` told, kept as `defects.json` beside the chunks.
    pub defects: Option<Value>,
    /// What `cargo mutants` told (its `outcomes.json`), kept as `mutants.json` beside the chunks.
    pub mutants: Option<Value>,
    /// The line of the decision table that counts it and names its hash.
    pub table: String,
}

impl Rest {
    /// Reads it.
    ///
    /// # Errors
    /// When a file is no JSON, or the decision table tells no hash.
    pub fn read(root: &Path, folder: &Path) -> Result<Self> {
        let text = fs::read_to_string(root.join(TABLE)).with_context(|| format!("cannot read {TABLE}"))?;
        let table = hash_line(&text).with_context(|| format!("{TABLE} tells no hash"))?;
        let json = |name: &str| recorded(&folder.join(name));
        Ok(Self { defects: json("defects.json")?, mutants: json("mutants.json")?, table: table.to_owned() })
    }
}

fn recorded(path: &Path) -> Result<Option<Value>> {
    let Ok(text) = fs::read_to_string(path) else { return Ok(None) };
    serde_json::from_str(&text).map(Some).with_context(|| format!("{} is no JSON", path.display()))
}

fn hash_line(text: &str) -> Option<&str> {
    text.lines().find(|line| line.contains("hash of all outcomes"))
}

#[cfg(test)]
mod tests {
    use super::hash_line;

    #[test]
    fn the_table_is_known_by_the_line_that_names_its_hash() {
        let line = "3 rules, 9 combinations, hash of all outcomes `ab`.";
        assert_eq!(hash_line(&format!("# Decision table\n\n{line}\n")), Some(line));
        assert_eq!(hash_line("# Decision table\n"), None);
    }
}
