//! The table as a document: one line a rule.

use std::fmt::Write;

use crate::{
    rule::{Cases, Rule},
    table::{Checked, hash},
};

const HEAD: &str = "<!-- written by `cargo xtask docs` -->\n# Decision table\n\nWhat the core decides, for every combination of what it can meet. The rules are those of `crates/trueup-spec/spec`, written from\nthe design and the requirements and not from the code; the first rule that fits decides. Each is followed by how many\ncombinations it decides and by the sentence it is taken from. Tests play every combination through the planner and the guard.\n";

/// The document.
#[must_use]
pub fn markdown(sections: &[Checked]) -> String {
    let rows: usize = sections.iter().map(|section| section.rows).sum();
    let rules: usize = sections.iter().map(|section| section.spec.rules.len()).sum();
    let mut out =
        format!("{HEAD}\n{rules} rules, {rows} combinations, hash of all outcomes `{}`.\n", hash(sections));
    for section in sections {
        one(&mut out, section);
    }
    out
}

fn one(out: &mut String, section: &Checked) {
    let _ = write!(
        out,
        "\n## {}\n\n{}: {} combinations, hash `{}`.\n",
        section.name, section.about, section.rows, section.hash
    );
    out.push_str("\n| when | comes to | combinations | because |\n|---|---|---:|---|\n");
    for (rule, taken) in section.spec.rules.iter().zip(&section.taken) {
        let _ = writeln!(
            out,
            "| {} | {} | {taken} | {} |",
            when(&section.spec.columns, rule),
            rule.then,
            rule.source
        );
    }
    let known = section.spec.rules.iter().filter_map(|rule| Some((rule, rule.known.as_ref()?)));
    for (at, (rule, known)) in known.enumerate() {
        let head = if at == 0 { "\nKnown to be otherwise today:\n\n" } else { "" };
        let cases = when(&section.spec.columns, rule);
        let _ =
            writeln!(out, "{head}- {cases}: comes to {}, not to {}: {}.", known.comes, rule.then, known.why);
    }
}

fn when(columns: &[String], rule: &Rule) -> String {
    let told = columns.iter().zip(&rule.when).filter(|(_, cases)| **cases != Cases::Any);
    let told: Vec<String> = told.map(|(column, cases)| format!("{column} {}", or(cases))).collect();
    if told.is_empty() { "anything else".to_owned() } else { told.join(", ") }
}

fn or(cases: &Cases) -> String {
    let names: Vec<String> = cases.text().split('/').map(|name| format!("`{name}`")).collect();
    names.join(" or ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::{Row, Section, Tell};

    #[test]
    fn a_rule_is_one_line_and_what_is_known_of_it_follows() {
        let rows = |row: &mut Tell<'_>| {
            row(Row { case: "1", facts: &["x", "z"], outcome: "in" });
            Ok(())
        };
        let spec = "columns a | b\nx/y | * => out ; design\n    known: in ; not yet built\n";
        let checked = Section { name: "s", about: "What x is", spec, rows }.check().unwrap();
        let text = markdown(&[checked]);
        assert!(text.contains("\n1 rules, 1 combinations, hash of all outcomes `"), "{text}");
        assert!(text.contains("\n| a `x` or `y` | out | 1 | design |\n"), "{text}");
        assert!(text.ends_with("- a `x` or `y`: comes to in, not to out: not yet built.\n"), "{text}");
    }
}
