//! Bounds on the source alone, checked before anything parses it.

use super::node::Fault;

const MAX_BYTES: usize = 4096;

// Each bracket takes the recursive parser a dozen frames deeper.
const MAX_NESTING: usize = 24;

// Each operator, dot or bracket makes the tree at most one level deeper: 256 levels fit any stack.
const MAX_OPERATORS: usize = 256;

/// Refuses a source that is too long or too deep to parse and walk on an ordinary stack.
pub(super) fn check(source: &str) -> Result<(), Fault> {
    if source.len() > MAX_BYTES {
        return Err(Fault::at(0, "it is longer than 4 KiB"));
    }
    if source.trim().is_empty() {
        return Err(Fault::at(0, "it is empty"));
    }
    let (mut nesting, mut operators) = (0_usize, 0_usize);
    for (at, c) in outside_texts(source) {
        operators += usize::from(!c.is_alphanumeric() && !c.is_whitespace() && c != '_');
        match c {
            '(' | '[' | '{' => nesting += 1,
            ')' | ']' | '}' => nesting = nesting.saturating_sub(1),
            _ => {}
        }
        if nesting > MAX_NESTING {
            return Err(Fault::at(at, "its brackets are nested more than 24 deep"));
        }
        if operators > MAX_OPERATORS {
            return Err(Fault::at(at, "it has more than 256 operators; split it into several fields"));
        }
    }
    Ok(())
}

// Characters that stand in no text literal. A literal that this reads otherwise than the parser (raw or
// triple-quoted ones) shifts the count, and the count is only a bound: it can refuse, never harm.
fn outside_texts(source: &str) -> impl Iterator<Item = (usize, char)> {
    let mut quote = None;
    let mut escaped = false;
    source.char_indices().filter(move |(_, c)| match quote {
        None => {
            quote = matches!(c, '"' | '\'').then_some(*c);
            true
        }
        Some(_) if escaped => {
            escaped = false;
            false
        }
        Some(open) => {
            escaped = *c == '\\';
            if *c == open {
                quote = None;
            }
            false
        }
    })
}
