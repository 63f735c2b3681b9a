//! Outside programs that some tests talk to.
//!
//! They are installed below the build directory and nowhere else, except for the one Debian package
//! without which Python cannot make an environment of its own.

use std::{
    env, fs,
    io::Write,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail};

use super::step::{Step, run};

/// HubSpot's own client.
const CLIENT: &str = "hubspot-api-client==12.0.0";
/// What checks licences and where crates come from; `deny.toml` is written for it.
const DENY: &str = "cargo-deny@0.20.2";

/// What a missing peer means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Peers {
    /// Tests that need it are skipped, and counted.
    Wanted,
    /// A skipped test is a failure.
    Required,
}

/// Installs what is not there yet.
pub(super) fn install(root: &Path, peers: &Path) -> Result<()> {
    let python = peers.join("python");
    if imports(&python, "hubspot") {
        return Ok(());
    }
    fs::create_dir_all(peers)?;
    environment(root, peers, &python)?;
    let install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", CLIENT];
    run(root, &Step::of("HubSpot's Python client is installed", inside(&python), &install))
}

/// The program that checks dependencies: one that is there already, or, where it is required, one that is
/// built now, which takes minutes.
pub(super) fn deny(root: &Path, folder: &Path, peers: Peers) -> Result<Option<PathBuf>> {
    let own = folder.join("deny");
    let program = own.join("bin").join(format!("cargo-deny{}", env::consts::EXE_SUFFIX));
    let path = env::var_os("PATH").unwrap_or_default();
    let on_path = env::split_paths(&path).map(|folder| folder.join("cargo-deny"));
    if let Some(there) = on_path.chain([program.clone()]).find(|candidate| candidate.is_file()) {
        return Ok(Some(there));
    }
    if peers == Peers::Wanted {
        return Ok(None);
    }
    let (own, build) = (own.to_string_lossy(), folder.join("deny-build"));
    let build = build.to_string_lossy();
    let install = ["install", "--quiet", "--locked", DENY, "--root", &own, "--target-dir", &build];
    run(root, &Step::cargo("cargo-deny is installed", &install))?;
    fs::remove_dir_all(&*build)?;
    Ok(Some(program))
}

/// Makes a Python environment: with `venv`, after installing it where we may, else with `virtualenv`.
fn environment(root: &Path, peers: &Path, at: &Path) -> Result<()> {
    let folder = at.to_string_lossy();
    let venv = Step::of("a Python environment is made", "python3", &["-m", "venv", "--clear", &folder]);
    if run(root, &venv).is_ok() {
        return Ok(());
    }
    if may_install() {
        let install = ["install", "--yes", "--no-install-recommends", "python3", "python3-venv"];
        run(root, &Step::of("the package lists are fetched", "apt-get", &["update"]))?;
        run(root, &Step::of("python3-venv is installed", "apt-get", &install))?;
        return run(root, &venv);
    }
    let tool = peers.join("virtualenv");
    let target = ["-m", "pip", "install", "--quiet", "--target", &tool.to_string_lossy(), "virtualenv"];
    run(root, &Step::of("virtualenv is installed", "python3", &target))
        .context("python3 with venv or pip is needed (Debian: apt-get install python3-venv)")?;
    let make = Step::of("a Python environment is made", "python3", &["-m", "virtualenv", "--clear", &folder]);
    run(root, &make.with("PYTHONPATH", &tool))
}

/// Whether Debian packages can be installed: the superuser of a system that has them.
fn may_install() -> bool {
    let superuser =
        Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout.trim_ascii() == b"0");
    let path = env::var_os("PATH").unwrap_or_default();
    superuser && env::split_paths(&path).any(|folder| folder.join("apt-get").is_file())
}

fn inside(environment: &Path) -> PathBuf {
    environment.join("bin").join("python")
}

fn imports(environment: &Path, module: &str) -> bool {
    let probe = Command::new(inside(environment)).args(["-c", &format!("import {module}")]).output();
    probe.is_ok_and(|output| output.status.success())
}

/// Starts the list of skipped tests anew.
pub(super) fn forget_skipped(target: &Path) -> Result<()> {
    match fs::remove_file(list(target)) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            bail!("the list of skipped tests stays: {error}")
        }
        _ => Ok(()),
    }
}

/// Adds a line to the list of skipped tests.
pub(super) fn skip(target: &Path, line: &str) -> Result<()> {
    super::say(line);
    let mut list = fs::OpenOptions::new().create(true).append(true).open(list(target))?;
    Ok(writeln!(list, "{line}")?)
}

/// What tests wrote about being skipped.
pub(super) fn skipped(target: &Path) -> Vec<String> {
    let text = fs::read_to_string(list(target)).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}

fn list(target: &Path) -> PathBuf {
    target.join("skipped-peers.txt")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn skipped_tests_are_counted_from_a_fresh_start() {
        let target = env::temp_dir().join(format!("xtask-skipped-{}", std::process::id()));
        fs::create_dir_all(&target).unwrap();
        skip(&target, "skipped: needs PyPI a").unwrap();
        skip(&target, "skipped: needs Node b").unwrap();
        assert_eq!(skipped(&target), ["skipped: needs PyPI a", "skipped: needs Node b"]);
        forget_skipped(&target).unwrap();
        forget_skipped(&target).unwrap();
        assert_eq!(skipped(&target), [""; 0]);
        fs::remove_dir_all(&target).unwrap();
    }
}
