//! A generated document that lags behind its source is worse than none.

use anyhow::Result;

use super::Finding;
use crate::{docs, tree::Tree};

/// Finds generated documents that are not what `cargo xtask docs` would write.
///
/// # Errors
/// When a source of a document is missing.
pub fn check(tree: &Tree) -> Result<Vec<Finding>> {
    let stale = docs::from_text(tree)?
        .into_iter()
        .filter(|document| tree.file(document.path).is_none_or(|file| file.text != document.text));
    let stale = stale.map(|document| document.path.to_owned()).chain(docs::unprinted(tree));
    Ok(stale.map(|path| Finding::new(&path, 0, "is not fresh: run `cargo xtask docs`")).collect())
}
