//! Whoever knows one connector finds their way in all of them.

use std::collections::BTreeSet;

use anyhow::Result;

use super::Finding;
use crate::tree::Tree;

const CONNECTORS: &str = "crates/trueup-connectors/src/";
const TESTS: &str = "crates/trueup-connectors/tests/it/";

/// What every connector has: its face, its settings, its reads.
const ALL: [&str; 3] = ["mod", "config", "read"];
/// What one that writes has besides: what it can do, its requests, its writes.
const WRITING: [&str; 3] = ["card", "wire", "write"];

/// Finds connectors without the files the others have, or without tests.
///
/// # Errors
/// Never.
pub fn check(tree: &Tree) -> Result<Vec<Finding>> {
    Ok(connectors(tree).into_iter().flat_map(|name| lacking(tree, name)).collect())
}

fn connectors(tree: &Tree) -> BTreeSet<&str> {
    let inside = tree.files.iter().filter_map(|file| file.path.strip_prefix(CONNECTORS));
    inside.filter_map(|path| path.split_once('/').map(|(folder, _)| folder)).collect()
}

fn lacking(tree: &Tree, connector: &str) -> Vec<Finding> {
    let folder = format!("{CONNECTORS}{connector}");
    let own = |path: &str| path.starts_with(&format!("{folder}/"));
    let writes = tree.rust().any(|(file, code)| own(&file.path) && code.masked.contains("impl Target for"));
    let has = |name: &&&str| {
        tree.has(&format!("{folder}/{name}.rs"))
            || (**name != "mod" && tree.has(&format!("{folder}/{name}/mod.rs")))
    };
    let wanted = ALL.iter().chain(WRITING.iter().filter(|_| writes));
    let mut found: Vec<Finding> = wanted
        .filter(|name| !has(name))
        .map(|name| {
            Finding::new(&folder, 0, format!("lacks `{name}.rs`, which every connector of its kind has"))
        })
        .collect();
    if !tree.files.iter().any(|file| file.path.starts_with(&format!("{TESTS}{connector}_"))) {
        found.push(Finding::new(&folder, 0, format!("no `tests/it/{connector}_….rs` shows it at work")));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::{super::support, *};

    #[test]
    fn a_connector_without_the_common_files_is_found() {
        let at = |name: &str| format!("{CONNECTORS}{name}");
        let files = [
            (at("csv/mod.rs"), "impl Source for Csv {}"),
            (at("csv/config.rs"), ""),
            (at("csv/read/mod.rs"), ""),
            (format!("{TESTS}csv_reads.rs"), ""),
            (at("crm/mod.rs"), "impl Target for Crm {}"),
            (at("crm/config.rs"), ""),
            (at("crm/read.rs"), ""),
            (at("crm/write.rs"), ""),
        ];
        let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), *text)).collect();
        let crm = "crates/trueup-connectors/src/crm:0";
        support::check(check, &files, &[crm, crm, crm]);
    }
}
