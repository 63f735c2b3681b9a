//! Mutants that no test notices, each with the reason why it may live.

use std::collections::BTreeMap;

use anyhow::{Result, bail};

/// Where the reasons stand.
pub const SURVIVORS: &str = "docs/survivors.txt";

/// A mutant that may live.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Survivor {
    /// The line of the list, from 1.
    pub line: usize,
    /// The file and what is changed in it, without line and column: those move with every edit.
    pub mutant: String,
    /// Why no test need notice it.
    pub reason: String,
}

/// `PATH: what is changed # reason`, a line each; a line that begins with `#` is for people.
///
/// # Errors
/// When a line gives no reason.
pub fn survivors(text: &str) -> Result<Vec<Survivor>> {
    let lines = text.lines().enumerate().filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
    let read = |(at, line): (usize, &str)| match line.split_once(" # ") {
        Some((mutant, reason)) if !reason.trim().is_empty() => {
            Ok(Survivor { line: at + 1, mutant: mutant.trim().into(), reason: reason.trim().into() })
        }
        _ => {
            bail!("{SURVIVORS}:{}: a mutant lives for a reason only: PATH: what is changed # reason", at + 1)
        }
    };
    lines.map(read).collect()
}

/// What is changed, and in which function, of a mutant as it is printed or as the list names it. Files are left out:
/// the mutants may be of an earlier commit, and functions move since then.
fn change(mutant: &str) -> &str {
    mutant.split_once(": ").map_or(mutant, |(_, change)| change)
}

/// Where mutants that live and reasons do not meet one to one, a line each.
pub(super) fn unmatched(survivors: &[Survivor], missed: &[String]) -> Vec<String> {
    let mut counts: BTreeMap<&str, (usize, usize, &str)> = BTreeMap::new();
    for mutant in missed {
        counts.entry(change(mutant)).or_insert((0, 0, mutant)).0 += 1;
    }
    for Survivor { mutant, .. } in survivors {
        counts.entry(change(mutant)).or_insert((0, 0, mutant)).1 += 1;
    }
    let unmatched = counts.into_values().filter(|(live, reasons, _)| live != reasons);
    let told = |(live, reasons, mutant)| {
        format!("mutant {mutant}: {live} such live, {SURVIVORS} has {reasons} reasons")
    };
    unmatched.map(told).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_mutant_that_lives_has_one_reason_wherever_it_has_moved() {
        let text = "# for people\n\ncrates/a.rs: replace && with || in f # both are asked\n\
                    crates/a.rs: replace && with || in f # the same\ncrates/a.rs: delete ! in g # gone\n";
        let list = survivors(text).unwrap();
        let missed = |lines: &[&str]| lines.iter().map(|&line| line.to_owned()).collect::<Vec<_>>();
        let twice =
            missed(&["crates/a.rs:1:2: replace && with || in f", "crates/c.rs:9:2: replace && with || in f"]);
        assert_eq!(unmatched(&list[..2], &twice), [""; 0]);
        let stale = unmatched(&list, &twice);
        assert!(stale.len() == 1 && stale[0].contains("delete ! in g: 0 such live"), "{stale:?}");
        let new = missed(&["crates/b.rs:1:1: replace h -> bool with true"]);
        let found = unmatched(&[], &new);
        assert!(found[0].contains("h -> bool with true: 1 such live, docs/survivors.txt has 0"), "{found:?}");
        assert_eq!(unmatched(&list[..1], &twice).len(), 1);
    }

    #[test]
    fn no_mutant_lives_without_a_reason() {
        for bad in ["crates/a.rs: delete ! in f\n", "crates/a.rs: delete ! in f # \n"] {
            assert!(survivors(bad).unwrap_err().to_string().contains("docs/survivors.txt:1"));
        }
    }
}
