//! One recorded chunk.

use std::{fs, path::Path};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::kept;

/// Some seeds in a row, and what they came to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Chunk {
    /// The name of this shape.
    pub schema: String,
    /// The commit the program was built from.
    pub commit: String,
    /// The first seed.
    pub from: u64,
    /// How many.
    pub seeds: u64,
    /// The day it was recorded, such as `2026-11-21`.
    pub day: String,
    /// What it was played on.
    pub machine: String,
    /// What the program was asked.
    pub command: String,
    /// What the program told.
    pub run: Value,
}

/// The name of the shape.
pub(super) const SCHEMA: &str = "trueup.proof-chunk/v1";

impl Chunk {
    /// The name of its file.
    pub(super) fn file_name(from: u64, seeds: u64) -> String {
        format!("chunk-{from:020}-{seeds}.json")
    }

    /// Keeps it.
    pub(super) fn keep(&self, folder: &Path) -> Result<()> {
        kept::keep(self, folder, &Self::file_name(self.from, self.seeds))
    }
}

/// Every chunk of a folder, in the order of their seeds.
///
/// # Errors
/// When one cannot be read.
pub(super) fn read_all(folder: &Path) -> Result<Vec<Chunk>> {
    let mut chunks = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name.starts_with("chunk-") {
            let text = fs::read_to_string(&path)?;
            let chunk: Chunk = serde_json::from_str(&text).with_context(|| format!("{name} is no chunk"))?;
            chunks.push(chunk);
        }
    }
    chunks.sort_by_key(|chunk| chunk.from);
    Ok(chunks)
}
