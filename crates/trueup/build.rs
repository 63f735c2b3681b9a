//! Tells the program which commit it was built from, where that is known.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-env-changed=TRUEUP_COMMIT");
    let folder = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    if env::var_os("TRUEUP_COMMIT").is_some() || !is_ours(&folder) {
        return;
    }
    // Grows with every commit, whatever branch it is made on.
    if let Some(log) = git(&folder, &["rev-parse", "--path-format=absolute", "--git-path", "logs/HEAD"]) {
        println!("cargo:rerun-if-changed={log}");
    }
    if let Some(commit) = git(&folder, &["rev-parse", "--short=12", "HEAD"]) {
        println!("cargo:rustc-env=TRUEUP_COMMIT={commit}");
    }
}

/// Whether the repository is that of this program: a copy of the sources may lie in somebody else's.
fn is_ours(folder: &Path) -> bool {
    let root = git(folder, &["rev-parse", "--show-toplevel"]).map(PathBuf::from);
    let root = root.and_then(|root| root.canonicalize().ok());
    root.is_some() && root == folder.join("../..").canonicalize().ok()
}

/// What git says; nothing where there is no git, or no repository.
fn git(folder: &Path, words: &[&str]) -> Option<String> {
    let output = Command::new("git").arg("-C").arg(folder).args(words).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?.trim().to_owned();
    (output.status.success() && !text.is_empty()).then_some(text)
}
