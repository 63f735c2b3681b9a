//! Where a state file may lie, and who may read it: it holds people's values (T-11).

use std::{
    ffi::OsString,
    fs::{self, DirBuilder, File, OpenOptions, Permissions},
    io,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use trueup_ports::StoreError;

/// Makes the directory if it is missing, for the owner only, and refuses a disk on which SQLite's locks
/// cannot be trusted. An existing directory keeps its mode: it may be somebody's project.
pub(super) fn prepare_folder(file: &Path) -> Result<(), StoreError> {
    let folder = match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(|error| full(folder, &error))?;
    refuse_network(folder)
}

/// Waits until nobody else is opening the same state, and keeps others waiting while the answer lives.
///
/// SQLite does not wait for its own lock where a new file is switched to its write-ahead log.
pub(super) fn wait_for_others(file: &Path) -> Result<File, StoreError> {
    let path = with_suffix(file, ".lock");
    let open = || {
        let lock = OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(&path)?;
        lock.lock()?;
        Ok(lock)
    };
    open().map_err(|error| full(&path, &error))
}

/// Closes a state file to everybody but its owner, making it if it is missing. SQLite gives its
/// companions (`-wal`, `-shm`) the mode of the file.
///
/// An existing file is never opened here: closing it again would take away the locks that another
/// store of this process holds on it.
pub(super) fn close_to_others(file: &Path) -> Result<(), StoreError> {
    if file.exists() {
        return fs::set_permissions(file, Permissions::from_mode(0o600)).map_err(|error| full(file, &error));
    }
    make_new(file)
}

/// Makes an empty file that only its owner can read.
pub(super) fn make_new(file: &Path) -> Result<(), StoreError> {
    let made = OpenOptions::new().create_new(true).write(true).mode(0o600).open(file);
    made.map(drop).map_err(|error| full(file, &error))
}

/// A path beside another one.
pub(super) fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    PathBuf::from(name)
}

pub(super) fn full(path: &Path, error: &io::Error) -> StoreError {
    StoreError::Full(format!("{}: {error}", path.display()))
}

#[cfg(target_os = "linux")]
fn refuse_network(folder: &Path) -> Result<(), StoreError> {
    let info = rustix::fs::statfs(folder).map_err(|error| full(folder, &error.into()))?;
    match network_name(info.f_type) {
        None => Ok(()),
        Some(name) => Err(StoreError::Full(format!(
            "{} lies on {name}, where locks cannot be trusted; put the state on a local disk",
            folder.display()
        ))),
    }
}

// Other systems do not say by a number what a file system is.
#[cfg(not(target_os = "linux"))]
const fn refuse_network(_folder: &Path) -> Result<(), StoreError> {
    Ok(())
}

/// The name of a file system that several machines may share, by its number in `statfs(2)`.
#[cfg(target_os = "linux")]
fn network_name(number: impl Into<i64>) -> Option<&'static str> {
    // The kernel keeps these numbers in 32 bits; some machines widen them with the sign.
    match number.into() & 0xffff_ffff {
        0x6969 => Some("NFS"),
        0x517b | 0xfe53_4d42 | 0xff53_4d42 => Some("SMB"),
        0x6573_5546 => Some("FUSE"),
        0x5346_414f => Some("AFS"),
        0x00c3_6400 => Some("Ceph"),
        _ => None,
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn shared_file_systems_are_known_by_their_numbers_and_local_ones_are_not() {
        for (number, name) in [
            (0x6969_i64, Some("NFS")),
            (0x517b, Some("SMB")),
            (0xff53_4d42, Some("SMB")),
            (-0x00ac_b2be, Some("SMB")),
            (0x6573_5546, Some("FUSE")),
            (0xef53, None),
            (0x9123_683e, None),
            (0x0102_1994, None),
        ] {
            assert_eq!(network_name(number), name, "{number:#x}");
        }
    }
}
