//! Where the sources wait.

use std::{fmt, ops::Range};

use crate::{
    rust::{block_end, line_at, words},
    tree::{File, Tree},
};

/// The sources a kill may strike.
const SOURCES: [&str; 3] =
    ["crates/trueup-engine/src/", "crates/trueup-ports/src/", "crates/trueup-store/src/"];
/// Parts of them that no product has.
const TESTS: [&str; 3] = ["/tests/", "/tests.rs", "/conformance/"];

/// One `.await`; `Display` names it as a histogram does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Await {
    /// The file, from the root.
    pub path: String,
    /// The line of the word `await`, from 1.
    pub line: usize,
    /// The byte of the line it begins at, from 1.
    pub column: usize,
    /// The line, without its indentation.
    pub code: String,
}

impl fmt::Display for Await {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.path, self.line, self.column)
    }
}

/// Every await of engine, ports and store, in the order of the sources.
#[must_use]
pub fn list(tree: &Tree) -> Vec<Await> {
    let product = |file: &&File| {
        SOURCES.iter().any(|source| file.path.starts_with(source))
            && !TESTS.iter().any(|test| file.path.contains(test))
    };
    tree.files.iter().filter(product).flat_map(awaits).collect()
}

fn awaits(file: &File) -> Vec<Await> {
    let Some(code) = &file.code else { return Vec::new() };
    let tests = test_blocks(&code.masked);
    let postfix = |at: &usize| code.masked.get(..*at).is_some_and(|before| before.ends_with('.'));
    let own = words(&code.masked, "await").filter(postfix);
    own.filter(|at| !tests.iter().any(|test| test.contains(at))).map(|at| place(file, at)).collect()
}

fn place(file: &File, at: usize) -> Await {
    let before = file.text.get(..at).unwrap_or_default();
    let start = before.rfind('\n').map_or(0, |end| end + 1);
    let code = file.text.get(start..).and_then(|rest| rest.lines().next()).unwrap_or_default();
    Await {
        path: file.path.clone(),
        line: line_at(&file.text, at),
        column: at - start + 1,
        code: code.trim().to_owned(),
    }
}

/// What is compiled for tests only.
fn test_blocks(masked: &str) -> Vec<Range<usize>> {
    let attributes = masked.match_indices("#[cfg(test)]").map(|(at, _)| at);
    let block = |at: usize| {
        let open = at + masked.get(at..)?.find(['{', ';'])?;
        Some(at..block_end(masked, open)?)
    };
    attributes.filter_map(block).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, text: &str) -> Vec<(usize, usize, String)> {
        let tree = Tree { files: vec![File::new(path, text)], ..Tree::default() };
        list(&tree).into_iter().map(|place| (place.line, place.column, place.code)).collect()
    }

    #[test]
    fn awaits_are_found_where_their_word_stands() {
        let text = "async fn a() {\n    b()\n        .await?;\n    c().await.d().await; // e().await\n}\n";
        let code = "c().await.d().await; // e().await".to_owned();
        let want = [(3, 10, ".await?;".to_owned()), (4, 9, code.clone()), (4, 19, code)];
        assert_eq!(found("crates/trueup-engine/src/a.rs", text), want);
    }

    #[test]
    fn tests_conformance_and_other_crates_are_left_out() {
        let text =
            "async fn a() { b().await }\n#[cfg(test)]\nmod tests {\n    async fn c() { d().await }\n}\n";
        assert_eq!(found("crates/trueup-store/src/a.rs", text).len(), 1);
        assert!(found("crates/trueup-store/src/conformance/a.rs", text).is_empty());
        assert!(found("crates/trueup-ports/src/wire/tests/mod.rs", text).is_empty());
        assert!(found("crates/trueup-sim/src/a.rs", text).is_empty());
    }
}
