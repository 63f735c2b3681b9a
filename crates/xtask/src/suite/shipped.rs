//! Whether the program that was built is the one that is shipped.

use std::{path::Path, process::Command};

use anyhow::{Context, Result, bail};
use serde_json::Value;

/// Asks the program which features it was built with. One with planted defects leaves a guard rule out when
/// it is told to; it must never be what somebody finds under `target/`.
pub(super) fn check(program: &Path) -> Result<()> {
    let output = Command::new(program).args(["--version", "--json"]).output();
    let output = output.with_context(|| format!("{} cannot be started", program.display()))?;
    judge(&output.stdout)
}

fn judge(told: &[u8]) -> Result<()> {
    let told: Value = serde_json::from_slice(told).context("its version is no JSON")?;
    match told.get("features").and_then(Value::as_array) {
        Some(features) if features.is_empty() => Ok(()),
        Some(features) => bail!("it is built with {features:?}"),
        None => bail!("it does not say which features it has"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_program_without_features_is_the_one_that_is_shipped() {
        assert!(judge(br#"{"version":"0.1.0","features":[]}"#).is_ok());
        assert!(judge(br#"{"version":"0.1.0","features":["planted-defects"]}"#).is_err());
        assert!(judge(br#"{"version":"0.1.0"}"#).is_err());
        assert!(judge(b"trueup 0.1.0").is_err());
    }
}
