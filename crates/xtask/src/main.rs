//! `cargo xtask ci|test|tidy|docs|awaits|proof`.

use std::{env, process::ExitCode};

use anyhow::{Result, bail};
use xtask::{awaits, docs, proof, suite, tidy, tree::Tree};

const HELP: &str = "\
cargo xtask COMMAND

  test   install what the tests need, then run all of them
  ci     the same, and a test that had to be skipped is a failure
  tidy   check the rules of the tree only; seconds
  docs   write the generated documents anew
  awaits list every await of engine, ports and store; with --histogram FILE... say where the seeds of
         these recorded chunks killed too rarely
  proof  merge what was recorded of this commit into PROOF.md; with --record [--seeds N] [--chunk N] play
         the seeds that are missing first, with --sweeps strike every call of the real program, with
         --defects plant every defect and look for it, with --mutants COMMIT put together what
         cargo-mutants left of that commit; --of COMMIT does so of an earlier one, checked out apart
";

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            suite::say(&format!("error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[String]) -> Result<()> {
    let root = suite::root();
    let rest = arguments.get(1..).unwrap_or_default();
    match arguments.first().map(String::as_str) {
        Some("test") => suite::test(&root, suite::Peers::Wanted),
        Some("ci") => suite::test(&root, suite::Peers::Required),
        Some("tidy") => report(&Tree::read(&root)?),
        Some("docs") => docs::write(&root),
        Some("awaits") => awaits::run(&root, rest),
        Some("proof") => proof::run(&root, rest),
        Some("-h" | "--help" | "help") => {
            suite::say(HELP);
            Ok(())
        }
        _ => bail!("ask for one of test, ci, tidy, docs, awaits, proof\n\n{HELP}"),
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
