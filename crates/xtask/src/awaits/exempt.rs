//! Awaits at which no kill is asked for, each with a reason.

use anyhow::{Result, bail};

use super::{Await, list};
use crate::tree::Tree;

/// Where they are listed.
pub const EXEMPT: &str = "crates/trueup-sim/tests/awaits-exempt.txt";

/// A file or folder, some words of the line where only part of it is meant, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exempt {
    /// What the path begins with.
    pub path: String,
    /// What the line says; empty for every await below the path.
    pub words: String,
    /// Why no kill is asked for.
    pub reason: String,
}

impl Exempt {
    /// Whether an await is meant.
    #[must_use]
    pub fn covers(&self, place: &Await) -> bool {
        place.path.starts_with(&self.path) && place.code.contains(&self.words)
    }
}

/// The list of the tree.
///
/// # Errors
/// When a line gives no reason.
pub fn exempts(tree: &Tree) -> Result<Vec<Exempt>> {
    tree.file(EXEMPT).map_or_else(|| Ok(Vec::new()), |file| parse(&file.text))
}

/// The reasons of today's tree that say anything of an earlier one's awaits: those for awaits that came since are left
/// out, and those that mean no await of either stay, for nothing to hide.
///
/// # Errors
/// When a line gives no reason.
pub fn exempts_of(then: &[Await], now: &Tree) -> Result<Vec<Exempt>> {
    let mut exempts = exempts(now)?;
    let today = list(now);
    let means = |exempt: &Exempt, list: &[Await]| list.iter().any(|place| exempt.covers(place));
    exempts.retain(|exempt| means(exempt, then) || !means(exempt, &today));
    Ok(exempts)
}

/// `PATH # reason` or `PATH | words of the line # reason`; a line that begins with `#` is for people.
fn parse(text: &str) -> Result<Vec<Exempt>> {
    let lines = text.lines().enumerate().filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
    let read = |(at, line): (usize, &str)| {
        let Some((place, reason)) = line.split_once(" # ") else {
            bail!("{EXEMPT}:{}: an await is exempt for a reason only: PATH # reason", at + 1)
        };
        let (path, words) = place.split_once(" | ").unwrap_or((place, ""));
        let trimmed = |text: &str| text.trim().to_owned();
        Ok(Exempt { path: trimmed(path), words: trimmed(words), reason: trimmed(reason) })
    };
    lines.map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::File;

    #[test]
    fn a_reason_for_an_await_that_came_since_says_nothing_of_an_earlier_tree() {
        let path = "crates/trueup-engine/src/a.rs";
        let tree = |code: &str, reasons: &str| Tree {
            files: vec![File::new(path, code), File::new(EXEMPT, reasons)],
            ..Tree::default()
        };
        let reasons = ["old()", "new()", "none()"].map(|words| format!("{path} | {words} # rare\n")).concat();
        let then = list(&tree("async fn a() { old().await }\n", ""));
        let now = tree("async fn a() { new().await }\n", &reasons);
        let of = exempts_of(&then, &now).unwrap();
        assert_eq!(of.iter().map(|exempt| &*exempt.words).collect::<Vec<_>>(), ["old()", "none()"]);
        let of = exempts_of(&list(&now), &now).unwrap();
        assert_eq!(of.len(), 3, "of today's own tree each has to say something");
    }

    #[test]
    fn an_await_is_exempt_by_path_or_by_the_words_of_its_line_and_never_without_a_reason() {
        let list = parse("# for people\n\na/ # never suspends\na/b.rs | lock() # one task only\n").unwrap();
        let place =
            |path: &str, code: &str| Await { path: path.into(), line: 1, column: 1, code: code.into() };
        assert!(list[0].covers(&place("a/c.rs", "x().await")));
        assert!(list[1].covers(&place("a/b.rs", "self.lock().await")));
        assert!(!list[1].covers(&place("a/b.rs", "x().await")) && !list[0].covers(&place("b.rs", "")));
        assert_eq!((&*list[1].reason, list.len()), ("one task only", 2));
        let error = parse("a/b.rs\n").unwrap_err().to_string();
        assert!(error.contains("awaits-exempt.txt:1"), "{error}");
    }
}
