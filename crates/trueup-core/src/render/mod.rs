//! Shows a plan: as text for a terminal or a file, as JSON for programs, as Markdown for a pull request.
//!
//! Pure: the caller knows the terminal and says so in [`Options`]. Every text that comes from outside is
//! escaped on its way out (threat T-16), and a redacted rendering holds record ids, field names and
//! classes, but no value and no name of a person (safety rule 7).

mod fit;
mod json;
mod markdown;
mod style;
mod text;
mod view;

pub use json::{SCHEMA, json};
pub use markdown::markdown;
pub use style::{Style, Tone};
pub use text::text;

use std::collections::BTreeMap;

use crate::{
    guard::{Halt, Verdict},
    name::SystemName,
    plan::Held,
};

/// How a plan is shown as text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// How many columns there are; `None` for a file or a pipe, where nothing is shortened.
    pub width: Option<usize>,
    /// Whether colours are wanted.
    pub style: Style,
    /// How much is shown.
    pub detail: Detail,
    /// Whether values and people's names are left out.
    pub redacted: bool,
}

/// How much of a plan is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// Counts only, on at most 24 lines whatever the plan holds.
    Summary,
    /// Every change, but of more than twenty alike only the first.
    Folded,
    /// Everything, also what new records are made with and what was left alone.
    All,
}

/// What the guard said of the plan that is shown.
#[derive(Clone, Copy, Debug)]
pub struct Ruling<'a> {
    /// Single changes a rule holds.
    pub held: &'a [Held],
    /// Kinds of action a rule halts, approved ones included.
    pub halts: &'a [Halt],
    /// What shares are measured against on each system.
    pub base: &'a BTreeMap<SystemName, usize>,
}

impl<'a> From<&'a Verdict> for Ruling<'a> {
    fn from(verdict: &'a Verdict) -> Self {
        Self { held: &verdict.held, halts: &verdict.halts, base: &verdict.base }
    }
}
