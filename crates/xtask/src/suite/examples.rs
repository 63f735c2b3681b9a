//! Every example is played from end to end, with the real program.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use super::{peers, say};

/// What `env` says when the program that plays a script is not installed.
const NOT_INSTALLED: i32 = 127;

/// Plays every `examples/*/run --json`; one whose language is not installed is skipped and counted.
pub(super) fn run_all(root: &Path, target: &Path, program: &Path) -> Result<()> {
    for script in scripts(root)? {
        let name = script.strip_prefix(root).unwrap_or(&script).display().to_string();
        if !play(&script, &name, program).with_context(|| name.clone())? {
            peers::skip(target, &format!("skipped: {name} needs Debian python3"))?;
        }
    }
    Ok(())
}

fn scripts(root: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(root.join("examples")).context("there are no examples")?;
    let mut scripts = Vec::new();
    for entry in entries {
        let script = entry?.path().join("run");
        if script.is_file() {
            scripts.push(script);
        }
    }
    scripts.sort();
    Ok(scripts)
}

/// Plays one; says whether it could be.
fn play(script: &Path, name: &str, program: &Path) -> Result<bool> {
    say(&format!("\n=== example: {name} --json"));
    let output = Command::new(script).arg("--json").env("TRUEUP", program).output()?;
    say(String::from_utf8_lossy(&output.stdout).trim_end());
    if output.status.code() == Some(NOT_INSTALLED) {
        return Ok(false);
    }
    if !output.status.success() {
        bail!("ended with {}: {}", output.status, String::from_utf8_lossy(&output.stderr).trim_end());
    }
    went_well(&output.stdout).map(|()| true)
}

fn went_well(stdout: &[u8]) -> Result<()> {
    let said: Value = serde_json::from_slice(stdout).context("it has to print exactly one JSON object")?;
    match said.get("ok") {
        Some(Value::Bool(true)) => Ok(()),
        _ => bail!("it does not say that it is ok"),
    }
}

#[cfg(test)]
mod tests {
    use super::went_well;

    #[test]
    fn an_example_is_only_well_when_it_says_so_in_one_object() {
        assert!(went_well(br#"{"ok":true,"cycles":4}"#).is_ok());
        for bad in [&br#"{"ok":false}"#[..], b"{}", b"", b"{\"ok\":true} {\"ok\":true}", b"fine"] {
            assert!(went_well(bad).is_err());
        }
    }
}
