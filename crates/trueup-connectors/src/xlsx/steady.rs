//! Takes a private copy of a workbook that nobody was writing meanwhile.
//!
//! Spreadsheet programs save in place or by renaming; a read in between sees half a file. So the copy
//! counts only if two looks at the file agree: its size, times and inode, and its content by hash, since
//! a network share can answer from a stale cache and a restored version can carry an old time.

use std::{
    fs::{self, File, Metadata},
    io::{self, Read, Seek, Write},
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

use thiserror::Error;

/// A private copy of a workbook. It has no name on disk, so nobody else can open it and nothing is left
/// behind, however this process ends.
#[derive(Debug)]
pub struct SteadyCopy {
    file: File,
}

/// Why there is no copy.
#[derive(Debug, Error)]
pub enum SteadyError {
    /// There is no file of that name.
    #[error("workbook {path} does not exist: check the path")]
    Missing {
        /// The workbook.
        path: PathBuf,
    },
    /// There is something else than a file.
    #[error("{path} is not a file: name the workbook itself")]
    NotAFile {
        /// The path.
        path: PathBuf,
    },
    /// The file may not be read.
    #[error("workbook {path} may not be read: grant read permission to this user")]
    Denied {
        /// The workbook.
        path: PathBuf,
    },
    /// The file changed while it was read; it can be tried again at once.
    #[error("workbook {path} changed while it was read ({what}): it is being saved, try again")]
    Unsteady {
        /// The workbook.
        path: PathBuf,
        /// What differed between the two looks.
        what: &'static str,
    },
    /// The file is larger than allowed.
    #[error("workbook {path} is larger than {limit} bytes")]
    TooLarge {
        /// The workbook.
        path: PathBuf,
        /// How large it may be.
        limit: u64,
    },
    /// Anything else, such as a full disk.
    #[error("workbook {path} cannot be copied")]
    Io {
        /// The workbook.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// The largest workbook taken by default, as packed.
pub const MAX_BYTES: u64 = 256 << 20;

/// Takes a private copy of the workbook at `path`, of at most `max_bytes`.
///
/// # Errors
/// [`SteadyError`]; of these only [`SteadyError::Unsteady`] is worth an early second try.
pub fn copy(path: &Path, max_bytes: u64) -> Result<SteadyCopy, SteadyError> {
    copy_with(path, max_bytes, || {})
}

// `between` runs between the two looks: what a saving program does there, tests do in it.
fn copy_with(path: &Path, max_bytes: u64, between: impl FnOnce()) -> Result<SteadyCopy, SteadyError> {
    let named = |error| classify(path, error);
    // Before opening: opening a pipe would wait for its other end.
    let before = fs::metadata(path).map_err(named)?;
    if !before.is_file() {
        return Err(SteadyError::NotAFile { path: path.to_owned() });
    }
    let mut copy = tempfile::tempfile().map_err(named)?;
    let first = transfer(path, max_bytes, &mut copy)?;
    between();
    let second = transfer(path, max_bytes, &mut io::sink())?;
    let after = fs::metadata(path).map_err(named)?;
    if let Some(what) = difference(&before, &after, first, second) {
        return Err(SteadyError::Unsteady { path: path.to_owned(), what });
    }
    copy.rewind().map_err(named)?;
    Ok(SteadyCopy { file: copy })
}

fn transfer(path: &Path, max_bytes: u64, to: &mut impl Write) -> Result<blake3::Hash, SteadyError> {
    let named = |error| classify(path, error);
    let mut from = File::open(path).map_err(named)?.take(max_bytes.saturating_add(1));
    let mut hasher = blake3::Hasher::new();
    let mut buffer = vec![0; 1 << 16];
    let mut total = 0_u64;
    loop {
        let count = from.read(&mut buffer).map_err(named)?;
        let Some(part) = buffer.get(..count).filter(|part| !part.is_empty()) else { break };
        hasher.update(part);
        to.write_all(part).map_err(named)?;
        total += part.len() as u64;
    }
    if total > max_bytes {
        return Err(SteadyError::TooLarge { path: path.to_owned(), limit: max_bytes });
    }
    Ok(hasher.finalize())
}

fn difference(a: &Metadata, b: &Metadata, first: blake3::Hash, second: blake3::Hash) -> Option<&'static str> {
    if a.len() != b.len() {
        Some("its size moved")
    } else if (a.dev(), a.ino()) != (b.dev(), b.ino()) {
        Some("another file took its place")
    } else if (a.mtime(), a.mtime_nsec()) != (b.mtime(), b.mtime_nsec()) {
        Some("its time moved")
    } else {
        (first != second).then_some("its content moved")
    }
}

fn classify(path: &Path, source: io::Error) -> SteadyError {
    let path = path.to_owned();
    match source.kind() {
        io::ErrorKind::NotFound => SteadyError::Missing { path },
        io::ErrorKind::PermissionDenied => SteadyError::Denied { path },
        _ => SteadyError::Io { path, source },
    }
}

impl SteadyCopy {
    /// Gives up the copy for its file, at its start.
    #[must_use]
    pub fn into_file(self) -> File {
        self.file
    }
}

#[cfg(test)]
mod tests {
    use std::{
        fs::{OpenOptions, Permissions, set_permissions},
        os::unix::fs::PermissionsExt,
    };

    use tempfile::TempDir;

    use super::*;

    fn workbook() -> (TempDir, PathBuf) {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("leads.xlsx");
        fs::write(&path, b"as saved").unwrap();
        (folder, path)
    }

    #[track_caller]
    fn check(between: impl FnOnce(&Path), what: &str) {
        let (_folder, path) = workbook();
        let error = copy_with(&path, MAX_BYTES, || between(&path)).unwrap_err();
        assert!(error.to_string().contains(what), "{error}");
    }

    #[test]
    fn a_file_at_rest_is_copied_and_the_copy_has_no_name() {
        let (folder, path) = workbook();
        let copy = copy(&path, MAX_BYTES).unwrap();
        let mut text = String::new();
        let mut file = copy.into_file();
        assert_eq!(file.metadata().unwrap().nlink(), 0);
        file.read_to_string(&mut text).unwrap();
        assert_eq!((text.as_str(), fs::read_dir(&folder).unwrap().count()), ("as saved", 1));
    }

    #[test]
    fn a_workbook_that_somebody_has_open_is_copied_all_the_same() {
        let (folder, path) = workbook();
        fs::write(folder.path().join("~$leads.xlsx"), b"").unwrap();
        assert!(copy(&path, MAX_BYTES).is_ok());
    }

    #[test]
    fn a_file_that_is_being_saved_is_not_believed() {
        check(|path| fs::write(path, b"as saved again").unwrap(), "its size moved");
        check(
            |path| {
                let new = path.with_extension("tmp");
                fs::write(&new, b"AS SAVED").unwrap();
                fs::rename(new, path).unwrap();
            },
            "another file took its place",
        );
        check(
            |path| {
                let old = fs::metadata(path).unwrap().modified().unwrap();
                fs::write(path, b"AS SAVED").unwrap();
                OpenOptions::new().write(true).open(path).unwrap().set_modified(old).unwrap();
            },
            "its content moved",
        );
        check(
            |path| {
                let file = OpenOptions::new().write(true).open(path).unwrap();
                file.set_modified(std::time::UNIX_EPOCH).unwrap();
            },
            "its time moved",
        );
        check(|path| fs::remove_file(path).unwrap(), "does not exist");
    }

    #[test]
    fn what_is_no_readable_file_says_what_to_do() {
        let (folder, path) = workbook();
        let missing = copy(&folder.path().join("nobody.xlsx"), MAX_BYTES).unwrap_err();
        assert!(matches!(missing, SteadyError::Missing { .. }), "{missing}");
        let not_a_file = copy(folder.path(), MAX_BYTES).unwrap_err();
        assert!(matches!(not_a_file, SteadyError::NotAFile { .. }), "{not_a_file}");
        assert!(matches!(copy(&path, 7).unwrap_err(), SteadyError::TooLarge { limit: 7, .. }));
        set_permissions(&path, Permissions::from_mode(0o000)).unwrap();
        // The superuser may read anything, so only others can see the refusal.
        if File::open(&path).is_err() {
            assert!(matches!(copy(&path, MAX_BYTES).unwrap_err(), SteadyError::Denied { .. }));
        }
        let denied = classify(&path, io::ErrorKind::PermissionDenied.into());
        assert!(matches!(denied, SteadyError::Denied { .. }), "{denied}");
    }
}
