//! A document that names what is not there any more sends its reader into the woods.

use std::collections::BTreeSet;

use anyhow::Result;

use super::Finding;
use crate::{
    proof::PROOF,
    tree::{File, Tree},
};

/// Folders whose paths documents name in backticks.
const FOLDERS: [&str; 5] = ["crates/", "docs/", "examples/", "scenarios/", "changes/"];
/// A name of so many words is a test's.
const WORDS: usize = 5;

/// Finds paths, links and tests that documents name and that do not exist.
///
/// # Errors
/// Never.
pub fn check(tree: &Tree) -> Result<Vec<Finding>> {
    let functions = tree.rust().flat_map(|(_, code)| &code.functions);
    let tests: BTreeSet<&str> =
        functions.filter(|function| function.test).map(|one| one.name.as_str()).collect();
    let documents = tree.files.iter().filter(|file| file.ends_in("md"));
    Ok(documents.flat_map(|file| lost(tree, &tests, file)).collect())
}

fn lost(tree: &Tree, tests: &BTreeSet<&str>, file: &File) -> Vec<Finding> {
    let mut found = Vec::new();
    for (at, line) in file.text.lines().enumerate() {
        let spans = line.split('`').skip(1).step_by(2);
        let names = spans.filter(|name| is_lost_path(tree, name) || is_lost_test(tests, name));
        let links = line.split("](").skip(1).filter_map(|rest| rest.split([')', '#']).next());
        let links = links.filter(|link| is_lost_link(tree, &file.path, link));
        let documents = documents(line).filter(|name| !tree.has(name) && *name != PROOF);
        found.extend(
            names
                .chain(links)
                .chain(documents)
                .map(|name| Finding::new(&file.path, at + 1, format!("there is no {name}"))),
        );
    }
    found
}

fn is_lost_path(tree: &Tree, name: &str) -> bool {
    let path = name.split("::").next().unwrap_or(name);
    let placeholder = path.contains(['<', '*', '…', '{', ' ']);
    FOLDERS.iter().any(|folder| path.starts_with(folder) && path != *folder)
        && !placeholder
        && !tree.has(path)
}

fn is_lost_test(tests: &BTreeSet<&str>, name: &str) -> bool {
    let plain = name.chars().all(|c| c == '_' || c.is_ascii_lowercase() || c.is_ascii_digit());
    plain && name.split('_').count() >= WORDS && !tests.contains(name)
}

/// Documents that are named by their capitals, such as README.md; the proof is one that need not be there yet.
fn documents(line: &str) -> impl Iterator<Item = &str> {
    let words = line.split(|c: char| !c.is_ascii_alphanumeric() && !['.', '_', '-', '/'].contains(&c));
    let names = words.map(|word| word.trim_end_matches('.'));
    names.filter(|name| {
        let capitals = |stem: &str| !stem.is_empty() && stem.bytes().all(|byte| byte.is_ascii_uppercase());
        name.strip_suffix(".md").is_some_and(capitals)
    })
}

fn is_lost_link(tree: &Tree, from: &str, link: &str) -> bool {
    if link.is_empty() || link.contains(':') {
        return false;
    }
    let folder = from.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in link.split('/') {
        match part {
            ".." => drop(parts.pop()),
            "." | "" => {}
            _ => parts.push(part),
        }
    }
    !tree.has(&parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::{super::support, *};

    #[test]
    fn a_document_outside_of_the_project_is_found() {
        let readme = ("README.md", "See CONTRIBUTING.md.\n");
        support::check(check, &[readme, ("CONTRIBUTING.md", "PROOF.md (README.md), `what.kind.md`\n")], &[]);
        support::check(check, &[readme], &["README.md:1"]);
    }

    #[test]
    fn what_a_document_names_and_nobody_has_is_found() {
        let code = ("crates/a/src/lib.rs", "#[test]\nfn all_that_is_said_is_so() {}\n");
        let right = "`crates/a/src/lib.rs` `crates/<name>/x.rs` [a](../crates/a) [b](https://x.test/y) [c](#top)\n\
                     `all_that_is_said_is_so`, `too_many_updates`\n";
        support::check(check, &[code, ("docs/a.md", right)], &[]);
        let wrong = "`crates/b`\n[a](lost.md)\n`all_that_was_said_was_so`\n";
        support::check(check, &[code, ("docs/a.md", wrong)], &["docs/a.md:1", "docs/a.md:2", "docs/a.md:3"]);
    }
}
