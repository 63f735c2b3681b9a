//! Just enough of Rust's grammar to count: what is code, where functions begin and end, which are tests.
//!
//! A parser would be exact and would take longer to build than all checks take to run.

mod function;
mod mask;

pub use function::Function;

/// A Rust file.
#[derive(Debug)]
pub struct Code {
    /// The text with comments and the insides of literals blanked, line for line as long as it was.
    pub masked: String,
    /// Every function with a body.
    pub functions: Vec<Function>,
}

impl Code {
    /// Reads a file's text.
    #[must_use]
    pub fn read(text: &str) -> Self {
        let masked = mask::mask(text);
        let functions = function::functions(&masked);
        Self { masked, functions }
    }
}

/// The line of a place in a text, from 1.
#[must_use]
pub fn line_at(text: &str, at: usize) -> usize {
    text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1
}

/// Where the block that opens at `open` ends: the place of its closing brace.
#[must_use]
pub fn block_end(masked: &str, open: usize) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, byte) in masked.bytes().enumerate().skip(open) {
        match byte {
            b'{' => depth += 1,
            b'}' if depth == 1 => return Some(at),
            b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    None
}

/// Every place where a word stands alone.
pub fn words<'a>(masked: &'a str, word: &'a str) -> impl Iterator<Item = usize> + 'a {
    let part = |byte: Option<u8>| byte.is_some_and(|byte| byte == b'_' || byte.is_ascii_alphanumeric());
    masked.match_indices(word).map(|(at, _)| at).filter(move |at| {
        let before = at.checked_sub(1).and_then(|before| masked.as_bytes().get(before).copied());
        let after = masked.as_bytes().get(at + word.len()).copied();
        !part(before) && !part(after)
    })
}
