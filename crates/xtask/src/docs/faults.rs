//! The faults that a sandbox, a simulation or a sweep counts: each with its name and what it does.

use std::fmt::Write;

use anyhow::{Context, Result, ensure};

use super::rules::{name, variants};
use crate::tree::Tree;

const NAMES: &str = "crates/trueup-sandbox/src/faults/names.rs";
const SYSTEMS: &str = "crates/trueup-sim/src/table/faults.rs";
const ENGINE: &str = "crates/trueup-sim/src/run/fault.rs";
const STATE: &str = "crates/trueup/tests/it/sweep/state_fault.rs";
/// What befalls the way to a portal, so that the sandbox cannot count it.
const ON_THE_WAY: [&str; 2] = ["Slow", "Denied"];
const HEAD: &str = "<!-- written by `cargo xtask docs` -->\n# Faults\n\n## Of the sandbox\n\nWhat can be made to go wrong with a call to `trueup sandbox hubspot`. A fault is switched on by its name, at the n-th\nmatching call or by chance (thousandths, and a seed that says which calls):\n\n```text\nPOST /_sandbox/faults {\"name\":\"fault.hubspot.gzip\",\"when\":{\"path\":\"search\",\"occurrence\":{\"nth\":2}}}\nPOST /_sandbox/faults {\"name\":\"fault.hubspot.dropped_after\",\"when\":{\"occurrence\":{\"chance\":{\"permille\":50,\"seed\":7}}}}\n```\n\n`GET /_sandbox/requests` tells under `fault` which call was struck by what.\n";

const PORTAL: &str = "\n## Of the way to a portal of the sandbox\n\nWhat the simulation and `trueup rehearse` do to a call besides, and count under the portal's name.\n";
const TABLE: &str =
    "\n## Of a system that the simulation made up\n\n`SYSTEM` is its name in the scene, such as `crm`.\n";
const HOST: &str = "\n## Of the engine\n\nWhat the simulation and `trueup rehearse` do to an instance and to what it stands on. Kills are counted apart.\n";
const FILE: &str = "\n## Of the state file\n\nWhat the sweeps of the program do to it.\n";

pub(super) fn text(tree: &Tree) -> Result<String> {
    let mut out = HEAD.to_owned();
    table(&mut out, tree, (NAMES, "FaultName"), |_, name| Some(name.to_owned()))?;
    out += PORTAL;
    let on_the_way =
        |variant: &str, name: &str| ON_THE_WAY.contains(&variant).then(|| format!("fault.hubspot.{name}"));
    table(&mut out, tree, (SYSTEMS, "FaultName"), on_the_way)?;
    out += TABLE;
    table(&mut out, tree, (SYSTEMS, "FaultName"), |_, name| Some(format!("fault.SYSTEM.{name}")))?;
    out += HOST;
    table(&mut out, tree, (ENGINE, "EngineFault"), |_, name| Some(name.to_owned()))?;
    out += FILE;
    table(&mut out, tree, (STATE, "StateFault"), |_, name| Some(name.to_owned()))?;
    Ok(out)
}

/// Tells the variants of an enum in a file, each under the full name that `full` makes of its own, if it is told here.
fn table(
    out: &mut String,
    tree: &Tree,
    (path, list): (&str, &str),
    full: impl Fn(&str, &str) -> Option<String>,
) -> Result<()> {
    let text = &tree.file(path).with_context(|| format!("{path} is missing"))?.text;
    let variants = variants(text, &format!("enum {list} {{"));
    ensure!(!variants.is_empty(), "{path} has no list of faults");
    *out += "\n| fault | what happens |\n|---|---|\n";
    for (variant, about) in variants {
        let name = name(text, &variant).with_context(|| format!("{path} gives {variant} no name"))?;
        if let Some(name) = full(&variant, name) {
            writeln!(out, "| `{name}` | {about} |")?;
        }
    }
    Ok(())
}
