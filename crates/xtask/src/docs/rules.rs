//! The guard's rules: each with the accident it exists for, as its file opens.

use std::fmt::Write;

use anyhow::{Context, Result};

use crate::tree::Tree;

const GUARD: &str = "crates/trueup-core/src/guard/mod.rs";
const RULES: &str = "crates/trueup-core/src/guard/rules/";
const HEAD: &str = "<!-- written by `cargo xtask docs` -->\n# Guard rules\n\nEvery plan passes these rules before anything is sent. A rule either holds single changes back, or halts one kind\nof action on one system; the others go on. `trueup approve` lets a halt pass where the table says so.\n";

pub(super) fn text(tree: &Tree) -> Result<String> {
    let guard = &tree.file(GUARD).with_context(|| format!("{GUARD} is missing"))?.text;
    let mut out = format!("{HEAD}\n| rule | what it asks | can be approved |\n|---|---|---|\n");
    for (variant, about) in variants(guard, "pub enum Rule {") {
        let name = name(guard, &variant).with_context(|| format!("{GUARD} gives {variant} no name"))?;
        let approved = if can_be_approved(guard, &variant) { "yes" } else { "no" };
        writeln!(out, "| `{name}` | {about} | {approved} |")?;
    }
    out.push_str("\n## The accidents\n");
    for (file, accident) in accidents(tree) {
        write!(out, "\n### {file}\n\n{accident}\n")?;
    }
    Ok(out)
}

/// The variants of an enum, from its opening line on, with their comments.
pub(super) fn variants(text: &str, open: &str) -> Vec<(String, String)> {
    let mut about: Vec<&str> = Vec::new();
    let mut found = Vec::new();
    for line in between(text, open, "\n}").lines().map(str::trim).filter(|line| !line.is_empty()) {
        if let Some(comment) = line.strip_prefix("///") {
            about.push(comment.trim());
        } else {
            found.push((line.trim_end_matches(',').to_owned(), std::mem::take(&mut about).join(" ")));
        }
    }
    found
}

/// The text that a variant is written as, in a `match` over all of them.
pub(super) fn name<'a>(text: &'a str, variant: &str) -> Option<&'a str> {
    let (_, after) = text.split_once(&format!("Self::{variant} => \""))?;
    after.split('"').next()
}

fn can_be_approved(guard: &str, variant: &str) -> bool {
    let body = between(guard, "fn can_be_approved", "\n    }");
    body.split(|c: char| !c.is_alphanumeric()).any(|word| word == variant)
}

fn between<'a>(text: &'a str, open: &str, close: &str) -> &'a str {
    let after = text.split_once(open).map_or("", |(_, after)| after);
    after.split_once(close).map_or(after, |(body, _)| body)
}

/// The opening comment of every file that tells an accident.
fn accidents(tree: &Tree) -> Vec<(String, String)> {
    let rules = tree.files.iter().filter_map(|file| Some((file.path.strip_prefix(RULES)?, &file.text)));
    let told = rules.filter_map(|(name, text)| {
        let comment: Vec<&str> =
            text.lines().map_while(|line| line.strip_prefix("//!")).map(str::trim).collect();
        let comment = comment.join("\n");
        let accident = comment.strip_prefix("The accident: ")?;
        let (first, rest) = accident.split_at(accident.chars().next()?.len_utf8());
        Some((name.trim_end_matches(".rs").to_owned(), first.to_uppercase() + rest))
    });
    told.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_is_told_with_its_name_and_its_accident() {
        let guard = "pub enum Rule {\n    /// Too many\n    /// would go.\n    TooMany,\n    /// Outside.\n    Scope,\n}\nSelf::TooMany => \"too_many\",\nSelf::Scope => \"scope\",\npub const fn can_be_approved(self) -> bool {\n        matches!(self, Self::TooMany)\n    }\n";
        let rule = "//! The accident: a filter\n//! fails.\n\nuse x;\n";
        let text = text(&Tree::of(&[(GUARD, guard), (&format!("{RULES}scope.rs"), rule)])).unwrap();
        assert!(
            text.contains("| `too_many` | Too many would go. | yes |\n| `scope` | Outside. | no |\n"),
            "{text}"
        );
        assert!(text.ends_with("### scope\n\nA filter\nfails.\n"), "{text}");
    }
}
