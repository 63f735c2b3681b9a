//! Colours, without knowing terminals.

use std::borrow::Cow;

/// Whether colours are wanted; who asks knows the terminal and `NO_COLOR`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// No escape sequence at all.
    Plain,
    /// ANSI colours.
    Ansi,
}

/// What a sign means, and so its colour. The sign itself always says the same without colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// `+`: a record is made.
    Create,
    /// `~`: a record is changed.
    Update,
    /// `-`: a record is put away.
    Archive,
    /// `?`: a person must look.
    Finding,
    /// `!`: a conflict, or a change that is held back.
    Held,
}

impl Tone {
    /// The sign at the beginning of a line.
    #[must_use]
    pub const fn glyph(self) -> &'static str {
        match self {
            Self::Create => "+",
            Self::Update => "~",
            Self::Archive => "-",
            Self::Finding => "?",
            Self::Held => "!",
        }
    }

    const fn code(self) -> &'static str {
        match self {
            Self::Create => "32",
            Self::Update => "33",
            Self::Archive => "31",
            Self::Finding => "36",
            Self::Held => "1;35",
        }
    }
}

impl Style {
    /// Colours a text of ours, never one from outside.
    #[must_use]
    pub fn paint(self, tone: Tone, text: &str) -> Cow<'_, str> {
        match self {
            Self::Plain => Cow::Borrowed(text),
            Self::Ansi => Cow::Owned(format!("\u{1b}[{}m{text}\u{1b}[0m", tone.code())),
        }
    }
}
