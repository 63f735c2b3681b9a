//! Arrows point down only. The tables in ARCHITECTURE.md are the law, in both directions: what is not
//! listed may not be used, and what is listed must be.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result};

use super::Finding;
use crate::{
    markdown::{self, Row},
    metadata::{Metadata, Package},
    tree::Tree,
};

const LAW: &str = "ARCHITECTURE.md";
const CORE: &str = "trueup-core";

/// Finds crates whose dependencies on each other are not those of the table.
///
/// # Errors
/// When `cargo metadata` fails or there is no ARCHITECTURE.md.
pub fn crates(tree: &Tree) -> Result<Vec<Finding>> {
    Ok(differences(&rows(tree, "tidy: crates")?, &Metadata::of(&tree.root)?))
}

/// Finds outside crates of the core that are not listed as pure, and listed ones it does not use.
///
/// # Errors
/// When `cargo metadata` fails or there is no ARCHITECTURE.md.
pub fn pure(tree: &Tree) -> Result<Vec<Finding>> {
    let rows = rows(tree, "tidy: pure")?;
    let metadata = Metadata::of(&tree.root)?;
    let listed: BTreeSet<String> = rows.iter().flat_map(|row| row.names(0)).collect();
    let line = rows.first().map_or(0, |row| row.line);
    let core = metadata.ours().get(CORE).copied().cloned().context("there is no trueup-core")?;
    let used: BTreeSet<String> = normal(&core).collect();
    Ok(both_ways(line, &format!("`{CORE}`"), &used, &listed))
}

/// Finds outside crates that end up in a crate which is not their keeper.
///
/// # Errors
/// When `cargo metadata` fails or there is no ARCHITECTURE.md.
pub fn keepers(tree: &Tree) -> Result<Vec<Finding>> {
    Ok(strayed(&rows(tree, "tidy: keepers")?, &Metadata::of(&tree.root)?))
}

fn rows(tree: &Tree, marker: &str) -> Result<Vec<Row>> {
    let law = tree.file(LAW).with_context(|| format!("{LAW} is missing"))?;
    let rows = markdown::table(&law.text, marker);
    (!rows.is_empty()).then_some(rows).with_context(|| format!("{LAW} has no table marked `{marker}`"))
}

fn differences(rows: &[Row], metadata: &Metadata) -> Vec<Finding> {
    let ours = metadata.ours();
    let law: BTreeMap<String, &Row> =
        rows.iter().filter_map(|row| Some((row.names(0).pop()?, row))).collect();
    let unlisted = ours.keys().filter(|name| !law.contains_key(**name));
    let mut found: Vec<Finding> =
        unlisted.map(|name| Finding::new(LAW, 0, format!("crate `{name}` is not in the table"))).collect();
    for (name, row) in law {
        let Some(package) = ours.get(name.as_str()) else {
            found.push(Finding::new(LAW, row.line, format!("there is no crate `{name}`")));
            continue;
        };
        let (built, tested) = uses(package, &ours.keys().copied().collect());
        found.extend(both_ways(row.line, &format!("`{name}`"), &built, &row.names(2).into_iter().collect()));
        found.extend(both_ways(
            row.line,
            &format!("tests of `{name}`"),
            &tested,
            &row.names(3).into_iter().collect(),
        ));
    }
    found
}

/// Which of our crates a package is built on, and which its tests use besides. That tests ask for more
/// features of a crate, or of their own, is no arrow.
fn uses(package: &Package, ours: &BTreeSet<&str>) -> (BTreeSet<String>, BTreeSet<String>) {
    let of = |dev: bool| {
        let kind = move |kind: &Option<String>| (kind.as_deref() == Some("dev")) == dev;
        let lines = package
            .dependencies
            .iter()
            .filter(move |line| kind(&line.kind) && ours.contains(line.name.as_str()));
        lines.map(|line| line.name.clone()).collect::<BTreeSet<_>>()
    };
    let (built, mut tested) = (of(false), of(true));
    tested.retain(|name| !built.contains(name) && *name != package.name);
    (built, tested)
}

fn normal(package: &Package) -> impl Iterator<Item = String> + '_ {
    package.dependencies.iter().filter(|line| line.kind.is_none()).map(|line| line.name.clone())
}

fn both_ways(line: usize, who: &str, used: &BTreeSet<String>, listed: &BTreeSet<String>) -> Vec<Finding> {
    let against = used.difference(listed).map(|name| format!("{who} may not depend on `{name}`"));
    let idle = listed.difference(used).map(|name| format!("{who} is said to use `{name}`, and does not"));
    against.chain(idle).map(|what| Finding::new(LAW, line, what)).collect()
}

fn strayed(rows: &[Row], metadata: &Metadata) -> Vec<Finding> {
    let reached: Vec<(&str, BTreeSet<&str>)> =
        metadata.ours().into_iter().map(|(name, package)| (name, metadata.reached(package))).collect();
    let mut found = Vec::new();
    for row in rows {
        let keepers = row.names(1);
        for kept in row.names(0) {
            let users: BTreeSet<String> = reached
                .iter()
                .filter(|(_, all)| all.contains(kept.as_str()))
                .map(|(name, _)| (*name).to_owned())
                .collect();
            let keepers = keepers.iter().cloned().collect();
            let strays = users
                .difference(&keepers)
                .map(|user| format!("`{kept}` ends up in `{user}`, which is not its keeper"));
            let idle = keepers
                .difference(&users)
                .map(|keeper| format!("`{keeper}` is said to keep `{kept}`, and does not use it"));
            found.extend(strays.chain(idle).map(|what| Finding::new(LAW, row.line, what)));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn package(name: &str, uses: &[(&str, Option<&str>)]) -> Value {
        let lines: Vec<Value> =
            uses.iter().map(|(name, kind)| json!({ "name": name, "kind": kind })).collect();
        json!({ "id": name, "name": name, "dependencies": lines })
    }

    fn metadata() -> Metadata {
        let edge = |to: &str| json!({ "pkg": to, "dep_kinds": [{ "kind": null }] });
        serde_json::from_value(json!({
            "packages": [
                package("core", &[("serde", None)]),
                package("engine", &[("core", None), ("core", Some("dev")), ("engine", Some("dev")), ("sandbox", Some("dev")), ("axum", None)]),
                package("sandbox", &[]), package("serde", &[]), package("axum", &[]), package("tokio", &[]),
            ],
            "workspace_members": ["core", "engine", "sandbox"],
            "resolve": { "nodes": [
                { "id": "core", "deps": [edge("serde")] },
                { "id": "engine", "deps": [edge("core"), edge("axum")] },
                { "id": "axum", "deps": [edge("tokio")] },
                { "id": "sandbox", "deps": [] }, { "id": "serde", "deps": [] }, { "id": "tokio", "deps": [] },
            ] },
        }))
        .unwrap()
    }

    #[track_caller]
    fn check(find: impl Fn(&[Row], &Metadata) -> Vec<Finding>, table: &str, want: &[&str]) {
        let rows = markdown::table(&format!("here\n{table}"), "here");
        let found: Vec<String> = find(&rows, &metadata()).into_iter().map(|one| one.what).collect();
        assert_eq!(found, want);
    }

    const HEAD: &str = "| crate | does | on | tests |\n|---|---|---|---|\n";

    #[test]
    fn a_table_that_says_what_is_so_is_obeyed() {
        check(
            differences,
            &format!(
                "{HEAD}| `core` | x | | |\n| `sandbox` | x | | |\n| `engine` | x | `core` | `sandbox` |\n"
            ),
            &[],
        );
    }

    #[test]
    fn an_arrow_the_table_lacks_and_one_it_invents_are_found() {
        check(
            differences,
            &format!("{HEAD}| `core` | x | `engine` | |\n| `sandbox` | x | | |\n| `engine` | x | | |\n"),
            &[
                "`core` is said to use `engine`, and does not",
                "`engine` may not depend on `core`",
                "tests of `engine` may not depend on `sandbox`",
            ],
        );
        check(
            differences,
            &format!("{HEAD}| `core` | x | | |\n| `gone` | x | | |\n"),
            &[
                "crate `engine` is not in the table",
                "crate `sandbox` is not in the table",
                "there is no crate `gone`",
            ],
        );
    }

    #[test]
    fn an_outside_crate_is_found_where_it_ends_up_not_only_where_it_is_named() {
        let head = "| kept | by |\n|---|---|\n";
        check(strayed, &format!("{head}| `axum`, `tokio` | `engine` |\n"), &[]);
        check(
            strayed,
            &format!("{head}| `tokio` | `core` |\n"),
            &[
                "`tokio` ends up in `engine`, which is not its keeper",
                "`core` is said to keep `tokio`, and does not use it",
            ],
        );
    }
}
