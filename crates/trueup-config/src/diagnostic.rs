//! One problem of a configuration file: what, where, and how to fix it.

use std::fmt;

use trueup_core::text::clean::escape_for_display as shown;
use unicode_width::UnicodeWidthStr;

/// The sort of a problem, for programs; its text form never changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Code {
    /// The file cannot be read at all.
    Unreadable,
    /// The text is not YAML.
    Syntax,
    /// The file is larger, deeper or more self-referring than any honest one.
    Budget,
    /// A key is there twice.
    DuplicateKey,
    /// A key means nothing here.
    UnknownKey,
    /// A key that must be there is not.
    MissingKey,
    /// A value is of the wrong type.
    WrongType,
    /// A value is of the right type but cannot be.
    BadValue,
    /// A name refers to nothing.
    UnknownName,
    /// Two settings exclude each other.
    Contradiction,
    /// An environment variable is not set.
    MissingEnv,
    /// A file that should hold a secret cannot be read, or is empty.
    MissingSecret,
    /// A secret stands in the file itself.
    LiteralSecret,
    /// A URL leads where nothing may be sent.
    UnsafeUrl,
    /// A duration is outside what keeps the protocols safe.
    UnsafeTiming,
    /// An expression does not compile, or names what it must not.
    BadExpression,
}

impl Code {
    /// The stable text form, such as `config_unknown_key`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unreadable => "config_unreadable",
            Self::Syntax => "config_syntax",
            Self::Budget => "config_budget",
            Self::DuplicateKey => "config_duplicate_key",
            Self::UnknownKey => "config_unknown_key",
            Self::MissingKey => "config_missing_key",
            Self::WrongType => "config_wrong_type",
            Self::BadValue => "config_bad_value",
            Self::UnknownName => "config_unknown_name",
            Self::Contradiction => "config_contradiction",
            Self::MissingEnv => "config_missing_env",
            Self::MissingSecret => "config_missing_secret",
            Self::LiteralSecret => "config_literal_secret",
            Self::UnsafeUrl => "config_unsafe_url",
            Self::UnsafeTiming => "config_unsafe_timing",
            Self::BadExpression => "config_bad_expression",
        }
    }
}

/// One problem of a configuration file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// The sort of problem.
    pub code: Code,
    /// The file as the caller named it.
    pub file: String,
    /// The line, counted from 1.
    pub line: usize,
    /// The column in characters, counted from 1.
    pub col: usize,
    /// What is wrong: lower case, no full stop.
    pub message: String,
    /// How to fix it.
    pub help: Option<String>,
    /// The offending line; secrets in it are masked. None where the file has no such line.
    pub snippet: Option<Snippet>,
}

/// The part of a line that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snippet {
    /// The line, or the part of a very long one around the place.
    pub text: String,
    /// How many characters of `text` stand before the offending ones.
    pub start: usize,
    /// How many characters are wrong; at least one.
    pub len: usize,
}

impl Diagnostic {
    /// The place as `file:line:col`.
    #[must_use]
    pub fn place(&self) -> String {
        format!("{}:{}:{}", self.file, self.line, self.col)
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Messages repeat names of the file, and a file may hold what a terminal would obey.
        write!(f, "error: {}\n  --> {}", shown(&self.message), shown(&self.place()))?;
        if let Some(snippet) = &self.snippet {
            snippet.write(f, self.line)?;
        }
        self.help.iter().try_for_each(|help| write!(f, "\nhelp: {}", shown(help)))
    }
}

impl std::error::Error for Diagnostic {}

impl Snippet {
    fn write(&self, f: &mut fmt::Formatter<'_>, line: usize) -> fmt::Result {
        let number = line.to_string();
        let margin = " ".repeat(number.len());
        let before: String = self.text.chars().take(self.start).collect();
        let marked: String = self.text.chars().skip(self.start).take(self.len).collect();
        let indent = " ".repeat(before.width());
        let carets = "^".repeat(marked.width().max(1));
        write!(f, "\n{margin} |\n{number} | {}\n{margin} | {indent}{carets}", shown(&self.text))
    }
}
