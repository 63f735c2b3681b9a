//! A short look at a state file for a shell that completes a word: it writes nothing, waits for nobody,
//! and reads no more rows than it offers.

use std::{
    fs,
    os::unix::ffi::OsStrExt,
    path::{Path, PathBuf},
};

use rusqlite::{Connection, OpenFlags, OptionalExtension, Params};
use trueup_core::name::{PipelineName, SystemName};

use super::place::with_suffix;

/// What stands in an address without being written as a number.
const PLAIN: &[u8] = b"/-._~";

/// A state file, opened to look at and never to write.
///
/// Made for shells that complete a word: whatever goes wrong is an empty answer, since there is nobody to
/// tell. An answer may be a moment old.
#[derive(Debug)]
pub struct Glance {
    db: Connection,
}

impl Glance {
    /// Opens a state file; `None` when there is none, or it cannot be read.
    #[must_use]
    pub fn at(file: &Path) -> Option<Self> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
        let db = Connection::open_with_flags(address(file), flags).ok()?;
        Some(Self { db })
    }

    /// Keys of linked entities that begin with `prefix`, in order, at most `limit` for each system.
    #[must_use]
    pub fn keys(
        &self,
        pipeline: &PipelineName,
        systems: &[SystemName],
        prefix: &str,
        limit: usize,
    ) -> Vec<String> {
        let sql = "SELECT entity FROM link WHERE pipeline = ?1 AND system = ?2 AND entity >= ?3
                   ORDER BY entity LIMIT ?4";
        let Some(row) = self.pipeline(pipeline) else { return Vec::new() };
        let of = |system: &SystemName| self.texts(sql, (row, system.as_str(), prefix, rows(limit)));
        let found = systems.iter().flat_map(of);
        let mut keys: Vec<String> = found.filter(|key| key.starts_with(prefix)).collect();
        keys.sort();
        keys.dedup();
        keys
    }

    /// Ids of runs that begin with `prefix`, the newest first, at most `limit`.
    #[must_use]
    pub fn runs(&self, pipeline: &PipelineName, prefix: &str, limit: usize) -> Vec<String> {
        // A run's id begins with its time, so the order of the index is that of time.
        let sql = "SELECT run FROM heartbeat WHERE pipeline = ?1 AND run >= ?2 AND run < ?3
                   ORDER BY run DESC LIMIT ?4";
        let Some(row) = self.pipeline(pipeline) else { return Vec::new() };
        self.texts(sql, (row, prefix, format!("{prefix}{}", char::MAX), rows(limit)))
    }

    /// Ids of the newest `limit` plans, as far as they begin with `prefix`, the newest first.
    #[must_use]
    pub fn plans(&self, pipeline: &PipelineName, prefix: &str, limit: usize) -> Vec<String> {
        let sql = "SELECT id FROM plan WHERE pipeline = ?1 ORDER BY seq DESC LIMIT ?2";
        let Some(row) = self.pipeline(pipeline) else { return Vec::new() };
        let newest = self.texts(sql, (row, rows(limit)));
        newest.into_iter().filter(|id| id.starts_with(prefix)).collect()
    }

    fn pipeline(&self, name: &PipelineName) -> Option<i64> {
        let sql = "SELECT id FROM pipeline WHERE name = ?1";
        self.db.query_row(sql, [name.as_str()], |row| row.get(0)).optional().ok().flatten()
    }

    fn texts(&self, sql: &str, params: impl Params) -> Vec<String> {
        let Ok(mut query) = self.db.prepare(sql) else { return Vec::new() };
        let texts = query.query_map(params, |row| row.get(0)).and_then(Iterator::collect);
        texts.unwrap_or_default()
    }
}

fn rows(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

/// The address under which SQLite makes no file beside this one.
///
/// Opened the plain way, a reader makes an empty log and an index of it where there are none, and cannot
/// remove them. Without a log nobody is writing, so the file can be taken as one that does not change.
fn address(file: &Path) -> PathBuf {
    let log = fs::metadata(with_suffix(file, "-wal")).is_ok_and(|log| log.len() > 0);
    let how = if log { "readonly_shm=1" } else { "immutable=1" };
    PathBuf::from(format!("file:{}?{how}", escaped(file)))
}

fn escaped(file: &Path) -> String {
    let letter = |byte: &u8| match byte {
        byte if byte.is_ascii_alphanumeric() || PLAIN.contains(byte) => char::from(*byte).to_string(),
        byte => format!("%{byte:02X}"),
    };
    file.as_os_str().as_bytes().iter().map(letter).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    };

    use super::*;
    use crate::{Options, SqliteStore, conformance::TestClock, sqlite::unpoisoned};

    /// Opens the store at a path and fills it with what `sql` says, for pipeline 1, `leads`.
    fn filled(file: &Path, sql: &str) -> SqliteStore {
        let store = SqliteStore::open(file, Options::new(TestClock::default().host())).unwrap();
        let pipeline = "INSERT INTO pipeline (name, journal_head) VALUES ('leads', '');";
        unpoisoned(&store.db).execute_batch(&format!("{pipeline}{sql}")).unwrap();
        store
    }

    /// Links of `portal` with keys from R000001 on, each with a base of some length.
    fn links(number: u32) -> String {
        format!(
            "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {number})
             INSERT INTO link (pipeline, system, entity, remote, how, state, gone, aliases)
             SELECT 1, 'portal', printf('R%06d', i), i, 'created', '\"active\"', 0, '[]' FROM n;
             INSERT INTO base (link, fields) SELECT id, hex(zeroblob(200)) FROM link"
        )
    }

    fn leads() -> PipelineName {
        "leads".into()
    }

    fn portal() -> [SystemName; 1] {
        ["portal".into()]
    }

    fn names(folder: &Path) -> Vec<PathBuf> {
        let mut names: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|one| one.unwrap().path()).collect();
        names.sort();
        names
    }

    #[test]
    fn keys_are_found_by_their_beginning_and_the_work_does_not_grow_with_the_state() {
        let folder = tempfile::tempdir().unwrap();
        let mut steps = Vec::new();
        for number in [1_000, 100_000] {
            let file = folder.path().join(format!("{number}.db"));
            drop(filled(&file, &links(number)));
            let mut glance = Glance::at(&file).unwrap();
            let count = Arc::new(AtomicU64::new(0));
            let counted = Arc::clone(&count);
            let counting = move || counted.fetch_add(1, Ordering::Relaxed) == u64::MAX;
            glance.db.progress_handler(1, Some(counting)).unwrap();
            let keys = glance.keys(&leads(), &portal(), "R0009", 20);
            assert_eq!((keys.len(), keys[0].as_str(), keys[19].as_str()), (20, "R000900", "R000919"));
            steps.push(count.load(Ordering::Relaxed));
        }
        assert!(steps[0] == steps[1] && steps[0] < 500, "{steps:?}");
    }

    #[test]
    fn a_look_changes_no_file_and_makes_none() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("100 % of it?#.db");
        drop(filled(&file, &links(3)));
        let (before, bytes) = (names(folder.path()), fs::read(&file).unwrap());
        let glance = Glance::at(&file).unwrap();
        assert_eq!(glance.keys(&leads(), &portal(), "", 9), ["R000001", "R000002", "R000003"]);
        drop(glance);
        assert_eq!((names(folder.path()), fs::read(&file).unwrap()), (before, bytes));
    }

    #[test]
    fn what_a_running_program_has_only_in_its_log_is_seen() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("trueup.db");
        let open = filled(&file, &links(2));
        let before = names(folder.path());
        let glance = Glance::at(&file).unwrap();
        assert_eq!(glance.keys(&leads(), &portal(), "R", 9).len(), 2);
        drop(glance);
        assert_eq!(names(folder.path()), before);
        drop(open);
    }

    #[test]
    fn runs_and_plans_come_newest_first() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("trueup.db");
        let runs = "INSERT INTO heartbeat (pipeline, run, body) VALUES
                    (1, '20260504T0900', ''), (1, '20260504T1000', ''), (1, '20260505T0900', '');";
        let plans =
            "INSERT INTO plan (pipeline, id, body) VALUES (1, 'aa1', ''), (1, 'aa2', ''), (1, 'b', '')";
        drop(filled(&file, &format!("{runs}{plans}")));
        let glance = Glance::at(&file).unwrap();
        assert_eq!(glance.runs(&leads(), "20260504", 9), ["20260504T1000", "20260504T0900"]);
        assert_eq!(glance.runs(&leads(), "", 2), ["20260505T0900", "20260504T1000"]);
        assert_eq!(glance.plans(&leads(), "aa", 9), ["aa2", "aa1"]);
        assert_eq!(glance.plans(&leads(), "", 1), ["b"]);
    }

    #[test]
    fn what_cannot_be_read_is_an_empty_answer() {
        let folder = tempfile::tempdir().unwrap();
        assert!(Glance::at(&folder.path().join("nothing.db")).is_none());
        assert!(!folder.path().join("nothing.db").exists());
        let file = folder.path().join("trueup.db");
        for content in ["", "no database at all, but quite a long text"] {
            fs::write(&file, content).unwrap();
            let keys = Glance::at(&file).map(|glance| glance.keys(&leads(), &portal(), "", 9));
            assert!(keys.is_none_or(|keys| keys.is_empty()));
        }
    }

    #[test]
    fn an_unknown_pipeline_or_system_has_no_keys() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("trueup.db");
        drop(filled(&file, &links(3)));
        let glance = Glance::at(&file).unwrap();
        assert!(glance.keys(&"other".into(), &portal(), "", 9).is_empty());
        assert!(glance.keys(&leads(), &["ledger".into()], "", 9).is_empty());
    }
}
