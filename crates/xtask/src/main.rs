//! `cargo xtask ci|test|tidy|docs`.

use std::{env, process::ExitCode};

use anyhow::{Result, bail};
use xtask::{docs, suite, tidy, tree::Tree};

const HELP: &str = "\
cargo xtask COMMAND

  test   install what the tests need, then run all of them
  ci     the same, and a test that had to be skipped is a failure
  tidy   check the rules of the tree only; seconds
  docs   write the generated documents anew
";

fn main() -> ExitCode {
    match run(env::args().nth(1).as_deref()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            suite::say(&format!("error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn run(command: Option<&str>) -> Result<()> {
    let root = suite::root();
    match command {
        Some("test") => suite::test(&root, suite::Peers::Wanted),
        Some("ci") => suite::test(&root, suite::Peers::Required),
        Some("tidy") => report(&Tree::read(&root)?),
        Some("docs") => docs::write(&root),
        Some("-h" | "--help" | "help") => {
            suite::say(HELP);
            Ok(())
        }
        _ => bail!("ask for one of test, ci, tidy, docs\n\n{HELP}"),
    }
}

fn report(tree: &Tree) -> Result<()> {
    let mut found = 0;
    for check in tidy::CHECKS {
        for finding in (check.run)(tree)? {
            suite::say(&format!("{finding}  [{}]", check.name));
            found += 1;
        }
    }
    if found > 0 {
        bail!("tidy found {found} places");
    }
    suite::say(&format!("tidy: {} checks, nothing found", tidy::CHECKS.len()));
    Ok(())
}
