//! What is wrong with an expression, and where.

use thiserror::Error;

use super::node::Fault;
use crate::text::clean::escape_for_display;

/// What is wrong with an expression, and where. It names types and columns, never a value.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("expression `{}`, column {}: {}", shown(.source_text), column(.source_text, *.offset), .why)]
pub struct ExprError {
    source_text: String,
    offset: usize,
    why: String,
}

impl ExprError {
    /// Where in the source the trouble starts, in bytes from 0.
    #[must_use]
    pub const fn offset(&self) -> usize {
        self.offset
    }

    /// The reason alone, for messages that show the source themselves.
    #[must_use]
    pub fn why(&self) -> &str {
        &self.why
    }
}

impl Fault {
    pub(super) fn within(self, source: &str) -> ExprError {
        let offset = source.floor_char_boundary(self.at as usize);
        ExprError { source_text: source.to_owned(), offset, why: self.why.into_owned() }
    }
}

/// The first thing the parser did not understand.
pub(super) fn syntax(source: &str, errors: &cel::ParseErrors) -> ExprError {
    let Some(first) = errors.errors.first() else {
        return Fault::at(0, "it is no expression").within(source);
    };
    // The parser reports its own depth limit without a place.
    if first.msg.contains("Recursion limit") {
        return Fault::at(0, "it is nested too deeply").within(source);
    }
    let (line, column) = first.pos;
    Fault::at(offset(source, line, column), plain(&first.msg)).within(source)
}

// The parser counts lines, and characters within them, from 1.
fn offset(source: &str, line: isize, column: isize) -> usize {
    let line = usize::try_from(line - 1).unwrap_or_default();
    let column = usize::try_from(column - 1).unwrap_or_default();
    let before: usize = source.split_inclusive('\n').take(line).map(str::len).sum();
    let rest = source.get(before..).unwrap_or_default();
    before + rest.chars().take(column).map(char::len_utf8).sum::<usize>()
}

// The parser generator speaks of its grammar; a person wants to know what stood in the way.
fn plain(message: &str) -> String {
    let message = message.strip_prefix("Syntax error: ").unwrap_or(message);
    let message = message.split(" expecting ").next().unwrap_or(message);
    let known = [
        "mismatched input ",
        "extraneous input ",
        "no viable alternative at input ",
        "token recognition error at: ",
    ];
    let found = known.iter().find_map(|start| message.strip_prefix(start));
    let text = found.map_or_else(|| message.to_owned(), |found| format!("unexpected {found}"));
    escape_for_display(&text.replace("'<EOF>'", "end")).into_owned()
}

fn column(source: &str, offset: usize) -> usize {
    source.get(..offset).map_or(0, |before| before.chars().count()) + 1
}

fn shown(source: &str) -> String {
    const MOST: usize = 120;
    let source = escape_for_display(source);
    match source.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", source.get(..end).unwrap_or_default()),
        None => source.into_owned(),
    }
}
