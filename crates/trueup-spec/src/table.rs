//! The check: every combination against the first rule that takes it.

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};

use crate::{SECTIONS, rule::Spec};

/// A part of the table: a spec file, and the combinations it speaks of.
#[derive(Debug)]
pub struct Section {
    /// Its name, such as `merge`.
    pub name: &'static str,
    /// What it is about, for its readers.
    pub about: &'static str,
    /// The text of its spec file.
    pub spec: &'static str,
    /// Plays every combination and gives each to the check.
    pub rows: fn(&mut Tell<'_>) -> Result<()>,
}

/// Takes each combination that a section has played.
pub type Tell<'a> = dyn FnMut(Row<'_>) + 'a;

/// One combination, and what the core made of it.
#[derive(Debug)]
pub struct Row<'a> {
    /// What was put in, whole: the row's name in messages and in the hash.
    pub case: &'a str,
    /// What each column of the spec says of it.
    pub facts: &'a [&'a str],
    /// What came out.
    pub outcome: &'a str,
}

/// A section after the check.
#[derive(Debug)]
pub struct Checked {
    /// The section's name.
    pub name: &'static str,
    /// What it is about.
    pub about: &'static str,
    /// Its spec.
    pub spec: Spec,
    /// How many combinations each rule took, in the order of the rules.
    pub taken: Vec<usize>,
    /// How many combinations there were.
    pub rows: usize,
    /// The hash over every combination and its outcome.
    pub hash: blake3::Hash,
    /// Where code and spec disagree, folded: `line`, the rule, what came, an example, how many.
    pub wrong: Vec<String>,
}

/// Checks every section.
///
/// # Errors
/// When a spec file cannot be read or a combination cannot be set up.
pub fn check() -> Result<Vec<Checked>> {
    SECTIONS.iter().map(Section::check).collect()
}

/// The hash over all sections: it changes with every outcome of every combination.
#[must_use]
pub fn hash(sections: &[Checked]) -> blake3::Hash {
    let mut hasher = blake3::Hasher::new();
    for section in sections {
        hasher.update(section.name.as_bytes()).update(section.hash.as_bytes());
    }
    hasher.finalize()
}

impl Section {
    /// Plays every combination of the section.
    ///
    /// # Errors
    /// When the spec file cannot be read or a combination cannot be set up.
    pub fn check(&self) -> Result<Checked> {
        let spec = Spec::parse(self.spec).with_context(|| format!("{}.spec", self.name))?;
        let mut tally = Tally::new(&spec);
        (self.rows)(&mut |row| tally.add(&row))?;
        ensure!(tally.rows > 0, "{} has no combination", self.name);
        let (taken, rows, hash, wrong) = tally.finish();
        Ok(Checked { name: self.name, about: self.about, spec, taken, rows, hash, wrong })
    }
}

struct Tally<'a> {
    spec: &'a Spec,
    taken: Vec<usize>,
    rows: usize,
    hasher: blake3::Hasher,
    wrong: BTreeMap<(Option<usize>, String), (usize, String)>,
}

impl<'a> Tally<'a> {
    fn new(spec: &'a Spec) -> Self {
        let (taken, hasher) = (vec![0; spec.rules.len()], blake3::Hasher::new());
        Self { spec, taken, rows: 0, hasher, wrong: BTreeMap::new() }
    }

    fn add(&mut self, row: &Row<'_>) {
        self.rows += 1;
        self.hasher.update(format!("{}\t{}\n", row.case, row.outcome).as_bytes());
        let first = self.spec.first(row.facts);
        if let Some(taken) = first.and_then(|at| self.taken.get_mut(at)) {
            *taken += 1;
        }
        let rule = first.and_then(|at| self.spec.rules.get(at));
        if rule.is_none_or(|rule| rule.comes() != row.outcome) {
            let key = (rule.map(|rule| rule.line), row.outcome.to_owned());
            let example = || format!("{} ({})", row.case, row.facts.join(" | "));
            self.wrong.entry(key).or_insert_with(|| (0, example())).0 += 1;
        }
    }

    fn finish(self) -> (Vec<usize>, usize, blake3::Hash, Vec<String>) {
        let mut wrong: Vec<String> = Vec::new();
        for ((line, came), (count, example)) in self.wrong {
            let place = line.map_or("no rule".to_owned(), |line| format!("line {line}"));
            wrong.push(format!("{place}: comes to `{came}` {count} times, such as {example}"));
        }
        let unused = self.spec.rules.iter().zip(&self.taken).filter(|(_, taken)| **taken == 0);
        wrong.extend(unused.map(|(rule, _)| format!("line {}: no combination needs this rule", rule.line)));
        (self.taken, self.rows, self.hasher.finalize(), wrong)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[expect(clippy::unnecessary_wraps, reason = "every section has the same signature")]
    fn rows(row: &mut Tell<'_>) -> Result<()> {
        for (case, fact, outcome) in [("1", "x", "in"), ("2", "y", "out"), ("3", "z", "in")] {
            row(Row { case, facts: &[fact], outcome });
        }
        Ok(())
    }

    #[track_caller]
    fn check(spec: &'static str, want: &[&str]) -> Checked {
        let checked = Section { name: "s", about: "", spec, rows }.check().unwrap();
        let places: Vec<&str> = checked.wrong.iter().filter_map(|w| w.split(": ").next()).collect();
        assert_eq!(places, want, "{:?}", checked.wrong);
        checked
    }

    #[test]
    fn a_table_that_says_what_comes_is_right() {
        let checked = check("columns a\ny => out ; s\n* => in ; s\n", &[]);
        assert_eq!((checked.rows, checked.taken), (3, vec![1, 2]));
    }

    #[test]
    fn a_wrong_outcome_a_missing_and_an_unused_rule_are_found() {
        check("columns a\ny => in ; s\n* => in ; s\n", &["line 2"]);
        check("columns a\ny => out ; s\nx => in ; s\n", &["no rule"]);
        check("columns a\n* => in ; s\n    known: in ; s\nw => out ; s\n", &["line 2", "line 4"]);
    }

    #[test]
    fn a_deviation_that_was_mended_is_found() {
        check("columns a\ny => in ; s\n    known: out ; s\n* => in ; s\n", &[]);
        check("columns a\ny => out ; s\n    known: in ; s\n* => in ; s\n", &["line 2"]);
    }
}
