//! The rules of the tree. Each check is a test, and `cargo xtask tidy` runs them all.

pub mod connectors;
pub mod defects;
pub mod dependencies;
pub mod documents;
pub mod doors;
pub mod exercised;
pub mod fresh;
pub mod independence;
pub mod invariants;
pub mod kept;
pub mod modules;
pub mod names;
pub mod proven;
pub mod purity;
pub mod seeds;
pub mod sizes;
pub mod survivors;
pub mod text;
pub mod traps;

use std::fmt;

use anyhow::Result;

use crate::tree::Tree;

/// One rule.
pub struct Check {
    /// What holds when nothing is found.
    pub name: &'static str,
    /// Finds where it does not hold.
    pub run: fn(&Tree) -> Result<Vec<Finding>>,
}

/// Every rule, in the order in which they are shown.
pub const CHECKS: &[Check] = &[
    Check { name: "crates depend on what ARCHITECTURE.md says", run: dependencies::crates },
    Check { name: "the core uses pure crates only", run: dependencies::pure },
    Check { name: "outside crates stay with their keepers", run: dependencies::keepers },
    Check { name: "core and engine reach nothing outside", run: purity::check },
    Check { name: "no build has planted defects by itself", run: defects::check },
    Check { name: "files and functions are small", run: sizes::check },
    Check { name: "permits and clearances are made in one place", run: doors::check },
    Check { name: "verifying shares nothing with what it verifies", run: independence::check },
    Check { name: "connectors look alike", run: connectors::check },
    Check { name: "every module is compiled", run: modules::check },
    Check { name: "misuse files, scenarios and examples are run", run: exercised::check },
    Check { name: "tests are sentences", run: names::check },
    Check { name: "what docs/seeds.md names exists", run: seeds::check },
    Check { name: "every trap of docs/traps.md is met", run: traps::check },
    Check { name: "every invariant that is named is explained and shown", run: invariants::check },
    Check { name: "what documents name exists", run: documents::check },
    Check { name: "generated documents are fresh", run: fresh::check },
    Check { name: "the proof is of this history", run: proven::check },
    Check { name: "kept seeds are of this history", run: kept::check },
    Check { name: "mutants that may live are in the tree", run: survivors::check },
    Check { name: "text is clean", run: text::check },
];

/// A place where a rule does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The file.
    pub path: String,
    /// The line, from 1; 0 for the file as a whole.
    pub line: usize,
    /// What is wrong, and what to do.
    pub what: String,
}

impl Finding {
    /// A place where a rule does not hold.
    #[must_use]
    pub fn new(path: &str, line: usize, what: impl Into<String>) -> Self {
        Self { path: path.to_owned(), line, what: what.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.path, self.line, self.what)
    }
}

#[cfg(test)]
pub(crate) mod support {
    use super::*;

    /// What a check finds in a tree of these files, as `path:line`.
    #[track_caller]
    pub(crate) fn check(run: fn(&Tree) -> Result<Vec<Finding>>, files: &[(&str, &str)], want: &[&str]) {
        let found = run(&Tree::of(files)).unwrap();
        let places: Vec<String> = found.iter().map(|one| format!("{}:{}", one.path, one.line)).collect();
        assert_eq!(places, want, "{found:#?}");
    }
}
