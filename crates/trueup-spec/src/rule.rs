//! A rule of the spec, and how a table of them is read.

use anyhow::{Context, Result, bail, ensure};

/// One line of a spec: in these cases, this must come out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Its line in the file, from 1.
    pub line: usize,
    /// What each column must say, in the order of the columns.
    pub when: Vec<Cases>,
    /// What must come out.
    pub then: String,
    /// The sentence it is taken from.
    pub source: String,
    /// What the code does instead, where that is known and not yet mended.
    pub known: Option<Known>,
}

/// A deviation of the code that somebody has written down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// What comes out instead.
    pub comes: String,
    /// Why it is so.
    pub why: String,
}

/// What one column may say for a rule to hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cases {
    /// Anything.
    Any,
    /// One of these.
    OneOf(Vec<String>),
}

/// A whole spec file: its columns and its rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spec {
    /// What the columns are called.
    pub columns: Vec<String>,
    /// The rules, in their order.
    pub rules: Vec<Rule>,
}

impl Spec {
    /// Reads a spec file.
    ///
    /// # Errors
    /// When a line is neither a comment, the columns, a rule nor what is known of one.
    pub fn parse(text: &str) -> Result<Self> {
        let mut spec = Self { columns: Vec::new(), rules: Vec::new() };
        for (at, line) in text.lines().enumerate().filter(|(_, line)| !is_comment(line)) {
            spec.take(at + 1, line).with_context(|| format!("line {}", at + 1))?;
        }
        ensure!(!spec.rules.is_empty(), "a spec without rules");
        Ok(spec)
    }

    fn take(&mut self, at: usize, line: &str) -> Result<()> {
        if let Some(columns) = line.strip_prefix("columns ") {
            self.columns = cells(columns);
        } else if let Some(known) = line.strip_prefix("    known: ") {
            let last = self.rules.last_mut().context("`known` belongs under a rule")?;
            let (comes, why) = known.split_once(" ; ").context("`known: WHAT ; WHY`")?;
            last.known = Some(Known { comes: comes.trim().to_owned(), why: why.trim().to_owned() });
        } else {
            let rule = rule(at, line)?;
            ensure!(rule.when.len() == self.columns.len(), "the rule has {} columns", rule.when.len());
            self.rules.push(rule);
        }
        Ok(())
    }

    /// The position of the first rule that takes these facts.
    #[must_use]
    pub fn first(&self, facts: &[&str]) -> Option<usize> {
        self.rules.iter().position(|rule| rule.takes(facts))
    }
}

impl Rule {
    /// Whether the rule is about these facts.
    #[must_use]
    pub fn takes(&self, facts: &[&str]) -> bool {
        self.when.len() == facts.len() && self.when.iter().zip(facts).all(|(cases, fact)| cases.take(fact))
    }

    /// What the code does: what must come out, or the known deviation.
    #[must_use]
    pub fn comes(&self) -> &str {
        self.known.as_ref().map_or(&self.then, |known| &known.comes)
    }
}

impl Cases {
    fn take(&self, fact: &str) -> bool {
        match self {
            Self::Any => true,
            Self::OneOf(cases) => cases.iter().any(|case| case == fact),
        }
    }

    /// As the file spells it.
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Self::Any => "*".to_owned(),
            Self::OneOf(cases) => cases.join("/"),
        }
    }
}

fn is_comment(line: &str) -> bool {
    line.trim().is_empty() || line.starts_with('#')
}

fn cells(text: &str) -> Vec<String> {
    text.split('|').map(|cell| cell.trim().to_owned()).collect()
}

fn rule(line: usize, text: &str) -> Result<Rule> {
    let (when, rest) = text.split_once(" => ").context("a rule reads `CASES => OUTCOME ; SOURCE`")?;
    let (then, source) = rest.split_once(" ; ").context("a rule names its source after ` ; `")?;
    let (then, source) = (then.trim().to_owned(), source.trim().to_owned());
    if then.is_empty() || source.is_empty() {
        bail!("a rule has an outcome and a source");
    }
    let when = cells(when).iter().map(|cell| cases(cell)).collect();
    Ok(Rule { line, when, then, source, known: None })
}

fn cases(cell: &str) -> Cases {
    match cell {
        "*" => Cases::Any,
        cell => Cases::OneOf(cell.split('/').map(str::to_owned).collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn refused(text: &str, why: &str) {
        let error = format!("{:#}", Spec::parse(text).unwrap_err());
        assert!(error.contains(why), "{error}");
    }

    #[test]
    fn the_first_rule_that_fits_is_taken() {
        let spec = Spec::parse("columns a | b\nx | * => 1 ; s\n* | y/z => 2 ; s\n").unwrap();
        assert_eq!(spec.first(&["x", "y"]), Some(0));
        assert_eq!(spec.first(&["w", "z"]), Some(1));
        assert_eq!(spec.first(&["w", "w"]), None);
    }

    #[test]
    fn a_known_deviation_belongs_to_the_rule_above_it() {
        let spec = Spec::parse("columns a\nx => 1 ; s\n    known: 2 ; not built\n").unwrap();
        let rule = &spec.rules[0];
        assert_eq!((rule.then.as_str(), rule.comes()), ("1", "2"));
    }

    #[test]
    fn a_line_that_is_no_rule_is_refused_with_its_number() {
        refused("columns a\nx 1 ; s\n", "line 2: a rule reads");
        refused("columns a\nx => 1\n", "names its source");
        refused("columns a | b\nx => 1 ; s\n", "the rule has 1 columns");
        refused("columns a\n    known: 2 ; why\n", "belongs under a rule");
        refused("columns a\n", "a spec without rules");
    }
}
