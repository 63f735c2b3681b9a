//! Every example is played from end to end, with the real program.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use super::say;

/// Plays every `examples/*/run --json`.
pub(super) fn run_all(root: &Path, program: &Path) -> Result<()> {
    for script in scripts(root)? {
        play(&script, program).with_context(|| script.display().to_string())?;
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

fn play(script: &Path, program: &Path) -> Result<()> {
    say(&format!("\n=== example: {} --json", script.display()));
    let output = Command::new(script).arg("--json").env("TRUEUP_BIN", program).output()?;
    say(String::from_utf8_lossy(&output.stdout).trim_end());
    if !output.status.success() {
        bail!("ended with {}: {}", output.status, String::from_utf8_lossy(&output.stderr).trim_end());
    }
    went_well(&output.stdout)
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
