//! Programs from outside that a test needs: found, or the test is skipped and says so.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Where the build keeps its results; peers are installed below it.
fn target_dir() -> PathBuf {
    let binary = std::env::current_exe().unwrap();
    // target/<profile>/deps/<binary>
    binary.ancestors().nth(3).unwrap().to_path_buf()
}

/// A Python that can import `module`, which the `PyPI` package `package` provides. Without it the test is skipped with
/// one line, or fails when `TRUEUP_REQUIRE_PEERS=1`.
pub(crate) fn python_with(module: &str, package: &str) -> Option<PathBuf> {
    let root = std::env::var_os("TRUEUP_PEERS").map_or_else(|| target_dir().join("peers"), PathBuf::from);
    let python = root.join("python").join("bin").join("python");
    if can_import(&python, module) {
        return Some(python);
    }
    let line = format!("skipped: needs PyPI {package}");
    assert!(std::env::var("TRUEUP_REQUIRE_PEERS").as_deref() != Ok("1"), "{line}");
    println!("{line}");
    let list = target_dir().join("skipped-peers.txt");
    let mut list = OpenOptions::new().create(true).append(true).open(list).unwrap();
    writeln!(list, "{line}").unwrap();
    None
}

fn can_import(python: &Path, module: &str) -> bool {
    let probe = Command::new(python).args(["-c", &format!("import {module}")]).output();
    probe.is_ok_and(|output| output.status.success())
}
