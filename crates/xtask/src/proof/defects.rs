//! Planted defects: what a build that has them told of each, and what is a hole in a proof.

use std::{collections::BTreeMap, path::Path};

use anyhow::Result;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{
    Commit, kept,
    machine::{machine, today},
    record,
};
use crate::suite::say;

/// Where it lies, beside the chunks of the same commit.
pub(super) const FILE: &str = "defects.json";

const SCHEMA: &str = "trueup.proof-defects/v1";

/// What came of all planted defects.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Defects {
    /// The name of this shape.
    pub schema: String,
    /// The commit the program was built from.
    pub commit: String,
    /// The day it was recorded, such as `2026-11-21`.
    pub day: String,
    /// What it was played on.
    pub machine: String,
    /// What the program was asked.
    pub command: String,
    /// What the program told.
    pub run: Told,
}

/// What `trueup-sim defects --json` tells.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Told {
    /// Each defect.
    pub defects: Vec<Defect>,
    /// What else it tells.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// What came of one defect.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Defect {
    /// Its name.
    pub name: String,
    /// Why nobody can notice it, where something else stops what it lets through.
    pub masked: Option<String>,
    /// How many seeds it took in the middle of all starting points; none where it was not caught from most.
    pub median_seeds: Option<u64>,
    /// How many of them were played, in the middle: the others could not show it.
    pub median_played: Option<u64>,
    /// Who noticed it most often.
    pub oracle: Option<String>,
    /// Everybody who noticed it, and from how many starting points.
    #[serde(default)]
    pub oracles: BTreeMap<String, u64>,
    /// Whether it is as it must be: caught from every starting point, or if it is masked from none.
    pub good: bool,
    /// What else is told of it.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// Builds the program with defects to plant, lets it look for each, and keeps what it tells.
pub(super) fn record(root: &Path, commit: &Commit, folder: &Path) -> Result<()> {
    if folder.join(FILE).exists() {
        say("planted defects: recorded already");
        return Ok(());
    }
    let program = record::build(root, commit, &["--features", "planted-defects"])?;
    let arguments = ["defects", "--json"];
    let run: Told = serde_json::from_value(record::told(&program, &arguments)?)?;
    let recorded = Defects {
        schema: SCHEMA.into(),
        commit: commit.hash.clone(),
        day: today(),
        machine: machine(),
        command: format!("trueup-sim {}", arguments.join(" ")),
        run,
    };
    kept::keep(&recorded, folder, FILE)
}

/// What was recorded of a commit, if it was.
pub(super) fn read(commit: &str, folder: &Path) -> Result<Option<Defects>> {
    kept::read_of(&folder.join(FILE), commit, |recorded: &Defects| &recorded.commit)
}

/// Why planted defects prove nothing yet, a line each.
pub(super) fn holes(recorded: Option<&Defects>) -> Vec<String> {
    let unrecorded = || vec!["no planted defects are recorded: `cargo xtask proof --defects`".to_owned()];
    let Some(recorded) = recorded.filter(|recorded| !recorded.run.defects.is_empty()) else {
        return unrecorded();
    };
    let bad = recorded.run.defects.iter().filter(|defect| !defect.good);
    bad.map(|defect| format!("planted defect {}: {}", defect.name, defect.fault())).collect()
}

impl Defect {
    fn fault(&self) -> &'static str {
        if self.masked.is_some() {
            "noticed, although something else is said to stop it"
        } else {
            "not caught from every starting point"
        }
    }

    /// Everybody who noticed it, who did so most often first.
    fn noticed_by(&self) -> String {
        let first = self.oracle.as_deref().unwrap_or_default();
        let others = self.oracles.keys().map(String::as_str).filter(|other| *other != first);
        std::iter::once(first).chain(others).collect::<Vec<_>>().join(", ")
    }

    /// How it was caught, or why nobody can notice it.
    pub(super) fn outcome(&self) -> String {
        match (&self.masked, self.median_seeds) {
            (Some(why), _) => format!("masked: {why}"),
            (None, Some(median)) => format!(
                "by {}, after {median} seeds, {} of them played (medians)",
                self.noticed_by(),
                self.median_played.unwrap_or_default()
            ),
            (None, None) => "**not caught**".into(),
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use serde_json::json;

    use super::*;

    pub(in crate::proof) fn recorded(defects: &Value) -> Defects {
        let told = json!({
            "schema": SCHEMA, "commit": "abc", "day": "2026-11-21", "machine": "Some CPU",
            "command": "trueup-sim defects --json", "run": {"defects": defects, "good": true},
        });
        serde_json::from_value(told).unwrap()
    }

    #[test]
    fn a_defect_that_is_not_as_it_must_be_is_a_hole_and_so_is_none_at_all() {
        let defects = recorded(&json!([
            {"name": "m7", "masked": null, "median_seeds": 12, "median_played": 9, "oracle": "O2", "good": true},
            {"name": "m8", "masked": null, "median_seeds": 12, "median_played": 9, "oracle": "O2", "good": false},
            {"name": "m9", "masked": "a wall", "median_seeds": null, "median_played": null, "oracle": null, "good": true},
            {"name": "m10", "masked": "a wall", "median_seeds": 3, "median_played": 3, "oracle": "O2", "good": false},
        ]));
        let want = [
            "planted defect m8: not caught from every starting point",
            "planted defect m10: noticed, although something else is said to stop it",
        ];
        assert_eq!(holes(Some(&defects)), want);
        for none in [None, Some(&recorded(&json!([])))] {
            assert!(holes(none)[0].contains("--defects"));
        }
    }

    #[test]
    fn what_is_told_of_a_defect_beside_is_kept_as_it_was_told() {
        let told = json!([{"name": "m7", "masked": null, "median_seeds": 12, "median_played": 9, "oracle": "O2", "oracles": {"O2": 5}, "good": true,
            "seeds": [1_000_021, null], "said": ["O2: lost"]}]);
        let again = serde_json::to_value(recorded(&told)).unwrap();
        assert_eq!(again["run"]["defects"], told);
        assert_eq!(again["run"]["good"], json!(true));
    }
}
