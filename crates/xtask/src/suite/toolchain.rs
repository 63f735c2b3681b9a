//! The toolchain that runs all of this: whether it has what is needed, and whether it is the one that was checked with.
//!
//! It is not pinned: a machine that has the very version under another name, and no network, would have to download it.

use std::process::{Command, Stdio};

use anyhow::{Result, bail};

use super::{cargo, say};

/// The version that the linter is satisfied with, and whose errors the cases of misuse show.
const CHECKED: &str = env!("CARGO_PKG_RUST_VERSION");
/// What a toolchain may lack, and the command of cargo that needs it.
const COMPONENTS: [(&str, &str); 2] = [("rustfmt", "fmt"), ("clippy", "clippy")];

/// Says which toolchain it is.
///
/// # Errors
/// When a component is missing: found out now and not after half an hour.
pub(super) fn check() -> Result<()> {
    let missing = COMPONENTS.iter().filter(|(_, command)| !runs(&[command, "--version"]));
    let missing: Vec<&str> = missing.map(|(component, _)| *component).collect();
    if !missing.is_empty() {
        bail!("the toolchain lacks {0}: `rustup component add {0}`", missing.join(" "));
    }
    let told = Command::new("rustc").arg("--version").output();
    let told =
        told.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).unwrap_or_default();
    say(&remark(&told));
    Ok(())
}

fn runs(arguments: &[&str]) -> bool {
    let mut asked = Command::new(cargo());
    asked.args(arguments).stdout(Stdio::null()).stderr(Stdio::null());
    asked.status().is_ok_and(|status| status.success())
}

/// `told` is what the compiler says of itself.
fn remark(told: &str) -> String {
    let version = told.split(' ').nth(1).unwrap_or_default();
    let same = version == CHECKED || version.strip_prefix(CHECKED).is_some_and(|rest| rest.starts_with('.'));
    let other = format!(
        "{told}: checked with {CHECKED}; lints and the errors in crates/trueup-ports/fail may be told otherwise"
    );
    if same { told.to_owned() } else { other }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_version_than_the_checked_one_is_remarked_on() {
        let own = format!("rustc {CHECKED}.3 (59807616e 2026-04-14)");
        assert_eq!(remark(&own), own);
        for other in [format!("rustc {CHECKED}1.0 (a b)"), "rustc 1.2.0 (a b)".into(), String::new()] {
            assert!(remark(&other).contains(&format!("checked with {CHECKED}")), "{other}");
        }
    }

    #[test]
    fn a_command_that_the_toolchain_lacks_is_noticed() {
        assert!(runs(&["--version"]));
        assert!(!runs(&["no-such-command", "--version"]));
    }
}
