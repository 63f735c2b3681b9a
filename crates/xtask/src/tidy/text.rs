//! What a reader stumbles over: control characters, trailing blanks, leftovers, switched-off lints and tests.

use anyhow::Result;

use super::Finding;
use crate::tree::{File, Tree};

/// Paths that only exist on one machine.
const MACHINE: [&str; 5] = [
    concat!("/", "work/"),
    concat!("/", "root/"),
    concat!("/", "Users/"),
    concat!("/", "home/"),
    concat!("/", "farm/"),
];
/// Notes that something is unfinished.
const UNFINISHED: [&str; 4] =
    [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X:"), concat!("HA", "CK")];
/// Files cargo or a vendor writes.
const FOREIGN: [&str; 3] = ["Cargo.lock", "LICENSE-APACHE", "LICENSE-MIT"];

/// Finds lines that should not be in any file.
///
/// # Errors
/// Never.
pub fn check(tree: &Tree) -> Result<Vec<Finding>> {
    let own = tree.files.iter().filter(|file| !FOREIGN.contains(&file.path.as_str()));
    let mut found = Vec::new();
    for file in own {
        found.extend(lines(file));
        found.extend(switched_off(file));
        if !file.text.is_empty() && (!file.text.ends_with('\n') || file.text.ends_with("\n\n")) {
            found.push(Finding::new(
                &file.path,
                file.text.lines().count(),
                "a file ends with one line break",
            ));
        }
    }
    Ok(found)
}

fn lines(file: &File) -> Vec<Finding> {
    let complaints =
        file.text.split('\n').enumerate().filter_map(|(at, line)| Some((at + 1, complaint(line)?)));
    complaints.map(|(line, what)| Finding::new(&file.path, line, what)).collect()
}

fn complaint(line: &str) -> Option<String> {
    if let Some(control) = line.chars().find(|c| c.is_control() && *c != '\t') {
        return Some(format!("control character {control:?}; write it as an escape"));
    }
    if line.ends_with([' ', '\t']) {
        return Some("trailing blank".into());
    }
    let word =
        |words: &[&str]| words.iter().find(|word| line.contains(**word)).map(|word| (*word).to_owned());
    let machine = word(&MACHINE).map(|path| format!("{path} is a path of one machine"));
    machine.or_else(|| word(&UNFINISHED).map(|mark| format!("{mark}: finish it, or open an issue")))
}

/// Lints and tests that are switched off in code, not in comments or texts.
fn switched_off(file: &File) -> Vec<Finding> {
    let Some(code) = &file.code else { return Vec::new() };
    let lines: Vec<&str> = code.masked.lines().collect();
    let attributes = lines.iter().enumerate().filter(|(_, line)| line.trim_start().starts_with('#'));
    let off = attributes.filter_map(|(at, _)| Some((at + 1, switch(&attribute(&lines, at))?)));
    off.map(|(line, what)| Finding::new(&file.path, line, what)).collect()
}

/// The attribute that begins on a line, without blanks.
fn attribute(lines: &[&str], at: usize) -> String {
    let mut whole = String::new();
    for line in lines.iter().skip(at) {
        whole.extend(line.split_whitespace());
        if whole.matches('[').count() <= whole.matches(']').count() {
            break;
        }
    }
    whole
}

fn switch(attribute: &str) -> Option<&'static str> {
    let ignores = ["[ignore]", "[ignore=", ",ignore]", ",ignore=", ",ignore)"];
    if ignores.iter().any(|form| attribute.contains(form)) {
        return Some("a test is never ignored: assert what is wrong today");
    }
    let allows = attribute.contains("[allow(") || attribute.contains(",allow(");
    (allows && !attribute.contains("reason="))
        .then_some("an `allow` without a reason; better an `expect` with one")
}

#[cfg(test)]
mod tests {
    use super::{super::support, *};

    #[test]
    fn lines_that_should_not_be_are_found() {
        let text = format!("ok\u{7}\nblank \nin {}me\n{} later\nfine\n", MACHINE[0], UNFINISHED[0]);
        support::check(check, &[("a.md", &text)], &["a.md:1", "a.md:2", "a.md:3", "a.md:4"]);
        support::check(check, &[("a.md", "x"), ("b.md", "x\n\n"), ("c.md", "x\n")], &["a.md:1", "b.md:2"]);
    }

    #[test]
    fn what_is_switched_off_is_found_in_code_only() {
        let text = "#[allow(dead_code)]\nfn a() {}\n#[test]\n#[ignore = \"slow\"]\nfn b() {}\n// #[ignore]\n#[expect(x, reason = \"y\")]\nfn c() {}\n#[cfg_attr(\n    test,\n    allow(x)\n)]\nfn d() {}\n#[allow(\n    x,\n    reason = \"y\"\n)]\nfn e() {}\n";
        support::check(check, &[("a.rs", text)], &["a.rs:1", "a.rs:4", "a.rs:9"]);
    }
}
