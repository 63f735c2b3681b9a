//! An evidence file becomes lines, or says where it cannot be read.

use thiserror::Error;

use crate::line::{FORMAT, Line};

/// Why an evidence file cannot be read.
#[derive(Debug, Error)]
pub enum ReadError {
    /// A line is none of the format.
    #[error("line {at} cannot be read: {why}")]
    Line {
        /// Its number, from 1.
        at: usize,
        /// Why.
        why: String,
    },
    /// The first line does not say that this is an evidence file.
    #[error("the first line must be the terms, with the format {FORMAT}")]
    Format,
}

/// Reads an evidence file; blank lines are nothing.
///
/// # Errors
/// [`ReadError`] for a line that is none of the format, and when the first one is not its terms.
pub fn read(text: &str) -> Result<Vec<Line>, ReadError> {
    let mut lines = Vec::new();
    for (at, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let refused = |error: serde_json::Error| ReadError::Line { at: at + 1, why: error.to_string() };
        lines.push(serde_json::from_str(line).map_err(refused)?);
    }
    match lines.first() {
        Some(Line::Terms(terms)) if terms.format == FORMAT => Ok(lines),
        _ => Err(ReadError::Format),
    }
}

/// Writes an evidence file.
///
/// # Errors
/// When a line cannot be written down; none of the format is such a line.
pub fn write(lines: &[Line]) -> Result<String, serde_json::Error> {
    let mut text = String::new();
    for line in lines {
        text.push_str(&serde_json::to_string(line)?);
        text.push('\n');
    }
    Ok(text)
}
