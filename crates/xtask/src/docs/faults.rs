//! The faults of the sandbox: each with its name and what it does.

use std::fmt::Write;

use anyhow::{Context, Result};

use super::rules::{name, variants};
use crate::tree::Tree;

const NAMES: &str = "crates/trueup-sandbox/src/faults/names.rs";
const HEAD: &str = "<!-- written by `cargo xtask docs` -->\n# Faults of the sandbox\n\nWhat can be made to go wrong with a call to `trueup sandbox hubspot`. A fault is switched on by its name, at the n-th\nmatching call or by chance (thousandths, and a seed that says which calls):\n\n```text\nPOST /_sandbox/faults {\"name\":\"fault.hubspot.gzip\",\"when\":{\"path\":\"search\",\"occurrence\":{\"nth\":2}}}\nPOST /_sandbox/faults {\"name\":\"fault.hubspot.dropped_after\",\"when\":{\"occurrence\":{\"chance\":{\"permille\":50,\"seed\":7}}}}\n```\n\n`GET /_sandbox/requests` tells under `fault` which call was struck by what.\n";

pub(super) fn text(tree: &Tree) -> Result<String> {
    let names = &tree.file(NAMES).with_context(|| format!("{NAMES} is missing"))?.text;
    let mut out = format!("{HEAD}\n| fault | what happens |\n|---|---|\n");
    for (variant, about) in variants(names, "pub enum FaultName {") {
        let name = name(names, &variant).with_context(|| format!("{NAMES} gives {variant} no name"))?;
        writeln!(out, "| `{name}` | {about} |")?;
    }
    Ok(out)
}
