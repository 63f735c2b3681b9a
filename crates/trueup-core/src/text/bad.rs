//! Why a text is not what its field calls for.

use thiserror::Error;

/// A text that cannot be read as what its field calls for.
///
/// It never holds the text: values are personal data, and this goes into logs and reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("not {what}: {why}")]
pub struct BadText {
    /// What was called for, with its article, such as `a phone number`.
    pub what: &'static str,
    /// What is wrong, such as `it has too few digits`.
    pub why: &'static str,
}

impl BadText {
    /// Says what was called for, and what is wrong.
    #[must_use]
    pub const fn new(what: &'static str, why: &'static str) -> Self {
        Self { what, why }
    }
}
