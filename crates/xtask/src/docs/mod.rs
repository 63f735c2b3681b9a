//! Documents that are derived from the code.

mod commands;
mod decisions;
mod faults;
mod oracles;
mod rules;

use std::{fs, path::Path};

use anyhow::{Context, Result};

use crate::{suite, tree::Tree};

/// A document and where it lies.
#[derive(Debug)]
pub struct Document {
    /// Its path from the root.
    pub path: &'static str,
    /// Its text.
    pub text: String,
}

/// The documents that follow from the text of the sources alone.
///
/// # Errors
/// When a source is not where it is expected.
pub fn from_text(tree: &Tree) -> Result<Vec<Document>> {
    Ok(vec![
        Document { path: "docs/reference/guard-rules.md", text: rules::text(tree)? },
        Document { path: "docs/reference/faults.md", text: faults::text(tree)? },
        Document { path: "docs/reference/oracles.md", text: oracles::text(tree)? },
    ])
}

/// The documents that built programs tell: the program itself, and what plays the decision table.
///
/// # Errors
/// When a program cannot be asked.
pub fn from_program(program: &Path) -> Result<Vec<Document>> {
    Ok(vec![
        Document { path: "docs/reference/commands.md", text: commands::text(program)? },
        Document { path: decisions::PRINTED, text: decisions::text(program)? },
    ])
}

/// Says which rules of the decision table are not printed as they stand in the specs.
#[must_use]
pub fn unprinted(tree: &Tree) -> Vec<String> {
    decisions::unprinted(tree)
}

/// Writes every document; those of the program after building it.
///
/// # Errors
/// When something cannot be built, read or written.
pub fn write(root: &Path) -> Result<()> {
    put(root, &from_text(&Tree::read(root)?)?)?;
    put(root, &from_program(&suite::program(root)?)?)
}

fn put(root: &Path, documents: &[Document]) -> Result<()> {
    for document in documents {
        let path = root.join(document.path);
        fs::create_dir_all(path.parent().unwrap_or(root))?;
        fs::write(&path, &document.text).with_context(|| format!("cannot write {}", document.path))?;
        suite::say(document.path);
    }
    Ok(())
}

/// Says which documents of the program are not what it tells today.
///
/// # Errors
/// When the program cannot be asked.
pub fn stale(root: &Path, program: &Path) -> Result<Vec<&'static str>> {
    let documents = from_program(program)?.into_iter();
    let stale = documents.filter(|document| {
        fs::read_to_string(root.join(document.path)).ok().as_ref() != Some(&document.text)
    });
    Ok(stale.map(|document| document.path).collect())
}
