//! Files of what was recorded: never half-written, whenever somebody pulls the plug.

use std::{fs, io::ErrorKind, path::Path};

use anyhow::{Context, Result, bail};
use serde::{Serialize, de::DeserializeOwned};

/// What is not written to its end yet; no name that anything recorded has.
const HALF: &str = "half-written";

/// Keeps what was recorded.
pub(super) fn keep(recorded: &impl Serialize, folder: &Path, name: &str) -> Result<()> {
    fs::create_dir_all(folder)?;
    let half = folder.join(HALF);
    fs::write(&half, serde_json::to_string_pretty(recorded)? + "\n")?;
    let whole = folder.join(name);
    fs::rename(&half, &whole).with_context(|| format!("cannot keep {}", whole.display()))
}

/// What was recorded, if it was.
pub(super) fn read<T: DeserializeOwned>(path: &Path) -> Result<Option<T>> {
    let text = match fs::read_to_string(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        read => read.with_context(|| format!("cannot read {}", path.display()))?,
    };
    let recorded = serde_json::from_str(&text);
    recorded.map(Some).with_context(|| format!("{} is not what was to be recorded there", path.display()))
}

/// The same of what has to be of one commit: `of` says which it is of.
pub(super) fn read_of<T: DeserializeOwned>(
    path: &Path,
    commit: &str,
    of: impl Fn(&T) -> &str,
) -> Result<Option<T>> {
    let recorded: Option<T> = read(path)?;
    if let Some(other) = recorded.as_ref().map(of).filter(|other| *other != commit) {
        bail!("{} is of {other}, not of {commit}: commits are not mixed", path.display());
    }
    Ok(recorded)
}
