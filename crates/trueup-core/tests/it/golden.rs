//! Plans kept as files: their diff is the review of a change of policy.

use std::{fs, path::PathBuf};

/// Compares a text with `plans/NAME.txt`; `UPDATE=1 cargo test` writes it instead.
#[track_caller]
pub(crate) fn check(name: &str, got: &str) {
    let path = folder().join(format!("{name}.txt"));
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&path, got).unwrap();
    }
    let want = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        got == want,
        "{name} is not as in {}; UPDATE=1 rewrites it\n--- got\n{got}\n--- want\n{want}",
        path.display()
    );
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/it/plans")
}

#[test]
fn no_golden_plan_is_forgotten() {
    let sources = [include_str!("policy.rs"), include_str!("shown.rs")].concat();
    for entry in fs::read_dir(folder()).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let stem = name.strip_suffix(".txt").unwrap();
        assert!(sources.contains(&format!("\"{stem}\"")), "{name} belongs to no test");
    }
}
