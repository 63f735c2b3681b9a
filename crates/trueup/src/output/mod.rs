//! What a person and a program get to see: text or one JSON document on standard output, talk on standard
//! error, and an exit code.

mod exit;
mod failure;
mod pager;
mod paste;
pub(crate) mod progress;
pub(crate) mod table;
mod terminal;
mod wrap;

pub(crate) use exit::Exit;
pub(crate) use failure::Failure;
pub(crate) use terminal::{Terminal, naming_config};

/// What a command came to.
#[derive(Debug)]
pub(crate) enum Answer {
    /// Something to show, once, in the form that was asked for.
    Report(Report),
    /// It was shown as it came.
    Shown(Exit),
}

/// How the text of a report is shown on a terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Manner {
    /// With its sentences broken where the terminal ends.
    Told,
    /// The same, in a pager when it is longer than the screen.
    Paged,
    /// As it is: a program reads it in the end.
    Verbatim,
}

/// Something to show, in both forms.
#[derive(Debug)]
pub(crate) struct Report {
    /// How it ended.
    pub(crate) exit: Exit,
    /// For people: the most important line is the last one.
    pub(crate) text: String,
    /// For programs.
    pub(crate) json: serde_json::Value,
}

impl Report {
    /// A report of something that went well.
    pub(crate) fn done(text: impl Into<String>, json: serde_json::Value) -> Answer {
        Self::ended(Exit::Done, text, json)
    }

    /// A report with its exit code.
    pub(crate) fn ended(exit: Exit, text: impl Into<String>, json: serde_json::Value) -> Answer {
        Answer::Report(Self { exit, text: text.into(), json })
    }
}

/// `1 finding`, `2 findings`.
pub(crate) fn count(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

/// A text from outside, safe to show.
pub(crate) fn shown(text: &str) -> String {
    trueup_core::text::clean::escape_for_display(text).into_owned()
}
