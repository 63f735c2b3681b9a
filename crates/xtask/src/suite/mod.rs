//! Everything a change has to pass, in one command. CI runs the same.
//!
//! One profile builds all of it: clippy and the documentation share one set of checked dependencies,
//! tests, examples and the program another. Only the crates with planted defects are built twice.

mod examples;
mod peers;
mod seeds;
mod shipped;
mod step;
mod toolchain;

pub use peers::Peers;

use std::{
    env,
    ffi::OsString,
    io::Write,
    path::{Path, PathBuf},
    time::Instant,
};

use anyhow::{Result, bail};

use crate::docs;
pub(crate) use step::{Step, run};

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

/// Builds the program, and beside it what plays the decision table, and says where it is.
///
/// # Errors
/// When it cannot be built.
pub fn program(root: &Path) -> Result<PathBuf> {
    let build = ["build", "--profile", "ci", "-p", "trueup", "-p", "trueup-spec"];
    run(root, &Step::cargo("the program is built", &build))?;
    Ok(built(&target(root)))
}

fn built(target: &Path) -> PathBuf {
    target.join("ci").join(format!("trueup{}", env::consts::EXE_SUFFIX))
}

/// Format, lints and tests. The tests leave the program behind as it is shipped.
fn checks(peers: &Path, required: bool) -> Vec<Step> {
    let clippy = ["clippy", "--profile", "ci", "--workspace", "--all-targets", "--", "-D", "warnings"];
    let tests = Step::cargo("tests", &["test", "--profile", "ci", "--workspace", "--no-fail-fast"]);
    let tests = tests.with("TRUEUP_PEERS", peers);
    vec![
        Step::cargo("format", &["fmt", "--all", "--check"]),
        Step::cargo("clippy", &clippy),
        if required { tests.with("TRUEUP_REQUIRE_PEERS", "1") } else { tests },
    ]
}

/// The documentation, and the tests that need a build with planted defects. It takes the place of the
/// program, so the program as it is shipped is put back at once: whoever looks for it later finds that one.
fn last_checks() -> Vec<Step> {
    let planted = ["test", "--profile", "ci", "-p", "trueup-core", "-p", "trueup", "-p", "trueup-sim"];
    let features = ["--test", "it", "--no-fail-fast", "--features", "trueup/planted-defects"];
    let simulated = ["--features", "trueup-sim/planted-defects", "--", "planted", "proof"];
    let planted: Vec<&str> = planted.into_iter().chain(features).chain(simulated).collect();
    let doc = Step::cargo("documentation", &["doc", "--profile", "ci", "--workspace", "--no-deps"]);
    let back = ["test", "--profile", "ci", "--workspace", "--no-run"];
    vec![
        doc.with("RUSTDOCFLAGS", "-D warnings"),
        Step::cargo("tests with planted defects", &planted),
        Step::cargo("the program is put back", &back),
    ]
}

/// Installs what the tests need and runs everything.
///
/// # Errors
/// When anything fails; every step is tried first, unless the toolchain lacks something.
pub fn test(root: &Path, peers: Peers) -> Result<()> {
    let start = Instant::now();
    toolchain::check()?;
    let asked = env::var("TRUEUP_REQUIRE_PEERS").as_deref() == Ok("1");
    let peers = if asked { Peers::Required } else { peers };
    let required = peers == Peers::Required;
    let target = target(root);
    let installed = target.join("peers");
    peers::forget_skipped(&target)?;
    if let Err(error) = peers::install(root, &installed) {
        say(&format!("peers: {error:#}; tests that need them are skipped"));
    }
    let mut failed: Vec<String> = Vec::new();
    note(&mut failed, "dependencies", dependencies(root, &target, &installed, peers));
    for step in checks(&installed, required) {
        note(&mut failed, step.name, run(root, &step));
    }
    let program = built(&target);
    note(&mut failed, "generated documents", fresh(root, &program));
    note(&mut failed, "seeds", seeds::play(root));
    note(&mut failed, "examples", examples::run_all(root, &target, &program));
    for step in last_checks() {
        note(&mut failed, step.name, run(root, &step));
    }
    note(&mut failed, "the program", shipped::check(&program));
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

/// Licences and sources of every crate. Advisories need the network, so they are no part of this.
fn dependencies(root: &Path, target: &Path, installed: &Path, peers: Peers) -> Result<()> {
    match peers::deny(root, installed, peers)? {
        Some(program) => {
            run(root, &Step::of("dependencies", program, &["check", "bans", "licenses", "sources"]))
        }
        None => {
            peers::skip(target, "skipped: dependencies are not checked: cargo install --locked cargo-deny")
        }
    }
}

fn note(failed: &mut Vec<String>, name: &str, result: Result<()>) {
    if let Err(error) = result {
        say(&format!("error: {name}: {error:#}"));
        failed.push(name.to_owned());
    }
}

fn fresh(root: &Path, program: &Path) -> Result<()> {
    let stale = docs::stale(root, program)?;
    if stale.is_empty() { Ok(()) } else { bail!("run `cargo xtask docs`: {} is stale", stale.join(", ")) }
}
