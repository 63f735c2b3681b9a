//! Reads YAML into typed values that know where they stand, and goes on after a mistake.
//!
//! The text first becomes a tree of nodes with places; serde then reads the types of [`crate::file`]
//! out of the tree. Unlike a stream, a tree can be read on after a mistake, so a file with five
//! mistakes gets five messages.

mod at;
mod de;
mod entries;
mod node;
mod short;

pub(crate) use at::At;
pub(crate) use entries::Entries;
pub(crate) use short::Short;

use serde::Deserialize as _;

use crate::report::{Fault, Report};

/// Reads a typed value out of YAML text; what is wrong goes to the report.
pub(crate) fn read<T: serde::de::DeserializeOwned>(text: &str, report: &Report) -> Option<At<T>> {
    let root = report.keep(node::parse(text))?;
    let read: Result<At<T>, Fault> = At::deserialize(de::De::new(&root, report));
    report.keep(read)
}
