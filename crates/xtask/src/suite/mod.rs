//! Everything a change has to pass, in one command. CI runs the same.
//!
//! One profile builds all of it: clippy and the documentation share one set of checked dependencies,
//! tests, examples and the program another. Only the crates with planted defects are built twice.

mod examples;
mod peers;
mod step;

pub use peers::Peers;

use std::{
    env,
    ffi::OsString,
    io::Write,
    path::{Path, PathBuf},
    time::Instant,
};

use anyhow::{Context, Result, bail};

use crate::docs;
use step::{Step, run};

/// Says a line to the person who waits.
pub fn say(line: &str) {
    let _gone = writeln!(std::io::stdout().lock(), "{line}");
}

/// Where the project lies.
#[must_use]
pub fn root() -> PathBuf {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.ancestors().nth(2).unwrap_or(own).to_path_buf()
}

/// The cargo that runs us.
#[must_use]
pub fn cargo() -> OsString {
    env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

/// Where cargo puts what it builds.
#[must_use]
pub fn target(root: &Path) -> PathBuf {
    let target = env::var_os("CARGO_TARGET_DIR").map_or_else(|| "target".into(), PathBuf::from);
    root.join(target)
}

/// Builds the program and says where it is.
///
/// # Errors
/// When it cannot be built.
pub fn program(root: &Path) -> Result<PathBuf> {
    run(root, &Step::cargo("the program is built", &["build", "--profile", "ci", "-p", "trueup"]))?;
    Ok(target(root).join("ci").join(format!("trueup{}", env::consts::EXE_SUFFIX)))
}

/// The steps that are one call of cargo each.
fn steps(peers: &Path, required: bool) -> Vec<Step> {
    let tests = ["test", "--profile", "ci", "--workspace", "--no-fail-fast"];
    let defects =
        ["-p", "trueup-core", "-p", "trueup", "--features", "trueup/planted-defects", "--no-fail-fast"];
    let defects: Vec<&str> = ["test", "--profile", "ci", "--tests"].into_iter().chain(defects).collect();
    let with_peers = |step: Step| {
        let step = step.with("TRUEUP_PEERS", peers);
        if required { step.with("TRUEUP_REQUIRE_PEERS", "1") } else { step }
    };
    vec![
        Step::cargo("format", &["fmt", "--all", "--check"]),
        Step::cargo(
            "clippy",
            &["clippy", "--profile", "ci", "--workspace", "--all-targets", "--", "-D", "warnings"],
        ),
        with_peers(Step::cargo("tests", &tests)),
        with_peers(Step::cargo("tests with planted defects", &defects)),
        Step::cargo("documentation", &["doc", "--profile", "ci", "--workspace", "--no-deps"])
            .with("RUSTDOCFLAGS", "-D warnings"),
    ]
}

/// Installs what the tests need and runs everything.
///
/// # Errors
/// When anything fails; every step is tried first.
pub fn test(root: &Path, peers: Peers) -> Result<()> {
    let start = Instant::now();
    let required = peers == Peers::Required || env::var("TRUEUP_REQUIRE_PEERS").as_deref() == Ok("1");
    let target = target(root);
    let installed = target.join("peers");
    peers::forget_skipped(&target)?;
    if let Err(error) = peers::install(root, &installed) {
        say(&format!("peers: {error:#}; tests that need them are skipped"));
    }
    let mut failed: Vec<String> = Vec::new();
    for step in steps(&installed, required) {
        note(&mut failed, step.name, run(root, &step));
    }
    note(&mut failed, "examples and generated documents", with_program(root));
    let skipped = peers::skipped(&target);
    say(&format!("\n{} tests skipped for want of a peer", skipped.len()));
    for line in &skipped {
        say(&format!("  {line}"));
    }
    if required && !skipped.is_empty() {
        failed.push("a peer is missing".to_owned());
    }
    say(&format!("{} minutes", start.elapsed().as_secs().div_ceil(60)));
    if failed.is_empty() { Ok(()) } else { bail!("failed: {}", failed.join(", ")) }
}

fn note(failed: &mut Vec<String>, name: &str, result: Result<()>) {
    if let Err(error) = result {
        say(&format!("error: {name}: {error:#}"));
        failed.push(name.to_owned());
    }
}

/// What needs the program as it is shipped: built last, since the step before it planted defects.
fn with_program(root: &Path) -> Result<()> {
    let program = program(root)?;
    let stale = docs::stale(root, &program)?;
    if !stale.is_empty() {
        bail!("not fresh, run `cargo xtask docs`: {}", stale.join(", "));
    }
    examples::run_all(root, &program).context("an example failed")
}
