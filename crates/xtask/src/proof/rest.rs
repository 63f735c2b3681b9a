//! What stands in the proof and is recorded otherwise: sweeps, planted defects, mutants, the decision table.

use std::{fs, path::Path};

use anyhow::{Context, Result};

use super::{Defects, Mutants, RECORDED, SURVIVORS, Survivor, Sweeps, defects, mutants, survivors, sweeps};

/// Where the hash of the decision table stands.
const TABLE: &str = "docs/reference/decisions-table.md";

/// What is recorded otherwise.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rest {
    /// Sweeps of the same commit, recorded beside its chunks.
    pub sweeps: Option<Sweeps>,
    /// Planted defects of the same commit, recorded beside its chunks.
    pub defects: Option<Defects>,
    /// Mutants of the core, of this commit or one before it.
    pub mutants: Option<Mutants>,
    /// Why mutants may live.
    pub survivors: Vec<Survivor>,
    /// The line of the decision table that counts it and names its hash.
    pub table: String,
}

impl Rest {
    /// Reads it: the reasons and what was recorded from the tree, the decision table from the commit's own.
    ///
    /// # Errors
    /// When a file is not what was to be recorded there, or the decision table tells no hash.
    pub fn read(root: &Path, own: &Path, commit: &str) -> Result<Self> {
        let text = |tree: &Path, path: &str| {
            fs::read_to_string(tree.join(path)).with_context(|| format!("cannot read {path}"))
        };
        let table = text(own, TABLE)?;
        let table = hash_line(&table).with_context(|| format!("{TABLE} tells no hash"))?;
        let proofs = root.join(RECORDED);
        Ok(Self {
            sweeps: sweeps::read(commit, &proofs.join(commit))?,
            defects: defects::read(commit, &proofs.join(commit))?,
            mutants: mutants::read(&proofs)?,
            survivors: survivors(&text(root, SURVIVORS)?)?,
            table: table.to_owned(),
        })
    }

    /// Why this proves nothing yet, a line each.
    #[must_use]
    pub fn holes(&self) -> Vec<String> {
        let mut holes = sweeps::holes(self.sweeps.as_ref());
        holes.extend(defects::holes(self.defects.as_ref()));
        holes.extend(mutants::holes(self.mutants.as_ref(), &self.survivors));
        holes
    }
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
