//! Collects problems while the file is read, and places them in its text when all are known.

use std::{cell::RefCell, fmt};

use serde::de;
use trueup_core::text::clean::hides_on_screen;

use crate::{
    diagnostic::{Code, Diagnostic, Snippet},
    mask, suggest,
};

// A line longer than this is shown as a window around the place.
const WINDOW_CHARS: usize = 100;

/// A stretch of the file, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Span {
    pub(crate) start: usize,
    pub(crate) len: usize,
}

/// A problem, placed as soon as somebody knows where it is.
#[derive(Debug)]
pub(crate) struct Fault {
    pub(crate) span: Option<Span>,
    pub(crate) code: Code,
    pub(crate) message: String,
    pub(crate) help: Option<String>,
}

impl Fault {
    pub(crate) fn new(code: Code, message: impl Into<String>) -> Self {
        Self { span: None, code, message: message.into(), help: None }
    }

    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Places the fault, unless something nearer to it already has.
    pub(crate) fn at(mut self, span: Span) -> Self {
        self.span.get_or_insert(span);
        self
    }

    pub(crate) fn wrong_type(expected: &str, found: &str) -> Self {
        let help = match expected {
            "text" => "write a single value",
            "a number" | "a whole number" => "write digits without quotes, such as 30",
            "true or false" => "write `true` or `false`",
            "a single character" => "write one character in quotes, such as \";\"",
            _ => "write `key: value` pairs",
        };
        Self::new(Code::WrongType, format!("expected {expected}, found {found}")).help(help)
    }

    pub(crate) fn unknown<'a>(
        what: &str,
        name: &str,
        choice: impl IntoIterator<Item = &'a str> + Clone,
    ) -> Self {
        Self::new(Code::UnknownName, format!("there is no {what} '{name}'")).help(suggest::hint(name, choice))
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Fault {}

impl de::Error for Fault {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::new(Code::BadValue, message.to_string())
    }

    fn missing_field(field: &'static str) -> Self {
        Self::new(Code::MissingKey, format!("the key '{field}' is missing here"))
            .help(format!("add `{field}: …`"))
    }

    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> Self {
        let choice = suggest::hint(variant, expected.iter().copied());
        Self::new(Code::BadValue, format!("'{variant}' is not a value this key can have")).help(choice)
    }
}

/// The problems found so far.
#[derive(Debug, Default)]
pub(crate) struct Report(RefCell<Vec<Fault>>);

impl Report {
    pub(crate) fn add(&self, fault: Fault) {
        self.0.borrow_mut().push(fault);
    }

    /// Notes a failure and goes on without the value.
    pub(crate) fn keep<T>(&self, result: Result<T, Fault>) -> Option<T> {
        result.map_err(|fault| self.add(fault)).ok()
    }

    pub(crate) fn len(&self) -> usize {
        self.0.borrow().len()
    }

    /// Places every problem in the file, in the order of the file.
    pub(crate) fn diagnostics(self, file: &str, text: &str) -> Vec<Diagnostic> {
        let mut faults = self.0.into_inner();
        faults.sort_by_key(|fault| fault.span);
        faults.into_iter().map(|fault| place(fault, file, text)).collect()
    }
}

fn place(fault: Fault, file: &str, text: &str) -> Diagnostic {
    let span = fault.span.unwrap_or_default();
    let start = floor(text, span.start);
    let before = text.get(..start).unwrap_or_default();
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let line = text.get(line_start..).unwrap_or_default().lines().next().unwrap_or_default();
    let col = before.get(line_start..).unwrap_or_default().chars().count();
    let hidden = fault.code == Code::LiteralSecret;
    Diagnostic {
        code: fault.code,
        file: file.to_owned(),
        line: before.matches('\n').count() + 1,
        col: col + 1,
        message: fault.message,
        help: fault.help,
        snippet: (!line.trim().is_empty()).then(|| {
            let above = text.get(..line_start).unwrap_or_default();
            snippet(&mask::secrets_below(above, line), col, span_chars(text, start, span.len), hidden)
        }),
    }
}

fn floor(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default()
}

// The first line of the span: what goes on below is seen in the file.
fn span_chars(text: &str, start: usize, len: usize) -> usize {
    let end = floor(text, start.saturating_add(len));
    let marked = text.get(start..end).unwrap_or_default();
    marked.lines().next().unwrap_or_default().trim_end().chars().count().max(1)
}

fn snippet(masked: &str, col: usize, len: usize, hidden: bool) -> Snippet {
    let shown = masked.chars().enumerate().map(|(at, c)| match c {
        c if hidden && at >= col && !c.is_whitespace() => '*',
        c if hides_on_screen(c) => ' ',
        c => c,
    });
    let from = if masked.chars().count() > WINDOW_CHARS { col.saturating_sub(WINDOW_CHARS / 2) } else { 0 };
    let text: String = shown.skip(from).take(WINDOW_CHARS).collect();
    let room = text.chars().count().saturating_sub(col - from);
    Snippet { len: len.min(room).max(1), start: col - from, text }
}
