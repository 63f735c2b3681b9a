//! Prints the decision table; fails when the core decides otherwise than the specs say.

use std::io::{Write, stdout};

use anyhow::{Result, ensure};
use trueup_spec::{print, table};

fn main() -> Result<()> {
    let sections = table::check()?;
    let wrong: Vec<&str> = sections.iter().flat_map(|one| &one.wrong).map(String::as_str).collect();
    ensure!(wrong.is_empty(), "the core decides otherwise than the specs say:\n{}", wrong.join("\n"));
    Ok(stdout().write_all(print::markdown(&sections).as_bytes())?)
}
