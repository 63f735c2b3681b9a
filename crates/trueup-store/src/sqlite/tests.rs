//! What only a file can break, with a hand on the connection beneath the store.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use tempfile::TempDir;
use trueup_core::{
    journal::{Draft, Event},
    link::{How, Link},
    memory::Note,
    name::PipelineName,
    value::Cell,
};
use trueup_ports::{JournalAsk, Store, StoreError};

use super::{Options, SqliteStore, unpoisoned};
use crate::{
    Host,
    conformance::{TestClock, now},
};

struct Bench {
    folder: TempDir,
    clock: TestClock,
}

impl Bench {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), clock: TestClock::default() }
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("state/trueup.db")
    }

    fn try_open(&self, file: &Path) -> Result<SqliteStore, StoreError> {
        let mut options = Options::new(self.clock.host());
        options.busy_timeout = std::time::Duration::ZERO;
        SqliteStore::open(file, options)
    }

    fn open(&self) -> SqliteStore {
        self.try_open(&self.file()).unwrap()
    }
}

fn leads() -> PipelineName {
    "leads".into()
}

fn draft(entity: &str, value: &str) -> Note {
    Note::Journal(Box::new(Draft {
        run: "r1".into(),
        at: jiff::Timestamp::UNIX_EPOCH,
        intent: Some("i1".into()),
        system: "portal".into(),
        entity: entity.into(),
        remote: Some("101".into()),
        field: Some("phone".into()),
        column: Some("phone".to_owned()),
        class: Some("D6".into()),
        event: Event::Landed,
        before: Cell::Null,
        after: Cell::text(value),
        canonical: Cell::text(value),
        evidence: "request 7".to_owned(),
    }))
}

fn link(entity: &str) -> Note {
    Note::Link(Box::new(Link::new(&"portal".into(), &entity.into(), &entity.into(), How::Created)))
}

fn commit(store: &SqliteStore, notes: Vec<Note>) -> Result<u64, StoreError> {
    now(store.commit(&leads(), None, notes))
}

fn sql(store: &SqliteStore, sql: &str) {
    unpoisoned(&store.db).execute_batch(sql).unwrap();
}

fn full(answer: &Result<impl Sized, StoreError>) -> bool {
    matches!(answer, Err(StoreError::Full(_)))
}

#[test]
fn only_the_owner_can_read_the_state_and_its_companions() {
    let bench = Bench::new();
    let store = bench.open();
    commit(&store, vec![link("R1")]).unwrap();
    let folder = bench.file().parent().unwrap().to_owned();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&folder), 0o700);
    let files: Vec<PathBuf> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(files.len(), 5, "state, log, index of the log, serial, lock: {files:?}");
    for file in files {
        assert_eq!(mode(&file), 0o600, "{}", file.display());
    }
}

#[test]
fn a_file_that_others_could_read_is_closed_to_them() {
    let bench = Bench::new();
    drop(bench.open());
    fs::set_permissions(bench.file(), fs::Permissions::from_mode(0o644)).unwrap();
    drop(bench.open());
    assert_eq!(fs::metadata(bench.file()).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn every_commit_outlives_a_crash_and_a_lease_does_too() {
    let bench = Bench::new();
    let (first, second) = (bench.open(), [link("R2"), draft("R2", "b")].to_vec());
    commit(&first, vec![link("R1")]).unwrap();
    let before = now(first.memory(&leads())).unwrap();
    // A process that dies runs no destructor: the log is left as it is.
    std::mem::forget(first);
    let next = bench.open();
    assert_eq!(now(next.memory(&leads())).unwrap(), before);
    commit(&next, second).unwrap();
    std::mem::forget(next);
    let last = bench.open();
    assert_eq!(now(last.memory(&leads())).unwrap().serial, 2);
    assert_eq!(now(last.verify(&leads())).unwrap(), 1);
}

#[test]
fn a_disk_that_fills_at_any_write_takes_the_whole_commit_back() {
    let bench = Bench::new();
    let store = bench.open();
    commit(&store, vec![link("R0")]).unwrap();
    let mut refused = 0;
    for extra in 0..40 {
        let pages: i64 = unpoisoned(&store.db).query_row("PRAGMA page_count", [], |row| row.get(0)).unwrap();
        sql(&store, &format!("PRAGMA max_page_count = {}", pages + extra));
        let before = now(store.memory(&leads())).unwrap();
        let long = "x".repeat(9000);
        let notes = (0..6).flat_map(|n| [link(&format!("R{extra}.{n}")), draft("R1", &long)]).collect();
        let answer = commit(&store, notes);
        if answer.is_err() {
            assert!(full(&answer), "{answer:?}");
            assert_eq!(now(store.memory(&leads())).unwrap(), before);
            refused += 1;
        }
        now(store.verify(&leads())).unwrap();
    }
    assert!((10..40).contains(&refused), "{refused} refused");
}

#[test]
fn a_place_that_cannot_be_written_is_full_not_broken() {
    let bench = Bench::new();
    let blocked = bench.folder.path().join("file");
    fs::write(&blocked, "").unwrap();
    for place in [Path::new("/proc/trueup/trueup.db"), &blocked.join("trueup.db")] {
        let answer = bench.try_open(place);
        assert!(full(&answer), "{answer:?}");
        assert!(answer.unwrap_err().to_string().contains(place.parent().unwrap().to_str().unwrap()));
    }
}

#[test]
fn a_store_that_became_read_only_is_full() {
    let bench = Bench::new();
    let store = bench.open();
    sql(&store, "PRAGMA query_only = ON");
    assert!(full(&commit(&store, vec![link("R1")])));
}

#[test]
fn a_file_that_is_no_store_is_broken() {
    let bench = Bench::new();
    let file = bench.folder.path().join("notes.txt");
    fs::write(&file, "these are some notes, long enough to be looked at as a database\n".repeat(99)).unwrap();
    assert!(matches!(bench.try_open(&file), Err(StoreError::Broken(_))));
}

#[test]
fn a_state_that_a_newer_version_wrote_is_refused_with_the_way_out() {
    let bench = Bench::new();
    sql(&bench.open(), "INSERT INTO migration (checksum) VALUES ('of a step to come')");
    let error = bench.try_open(&bench.file()).unwrap_err().to_string();
    assert!(
        error.contains("it has schema 7 and this version knows 6; use the version that wrote it"),
        "{error}"
    );
}

#[test]
fn another_writer_makes_a_commit_wait_and_then_fail_without_harm() {
    let bench = Bench::new();
    let (first, second) = (bench.open(), bench.open());
    sql(&first, "BEGIN IMMEDIATE");
    assert!(full(&commit(&second, vec![link("R1")])));
    now(second.memory(&leads())).unwrap();
    sql(&first, "ROLLBACK");
    assert_eq!(commit(&second, vec![link("R1")]).unwrap(), 1);
    assert_eq!(commit(&first, vec![link("R2")]).unwrap(), 2);
    assert_eq!(now(first.memory(&leads())).unwrap(), now(second.memory(&leads())).unwrap());
}

#[test]
fn many_that_open_one_new_file_at_once_get_one_store() {
    for _ in 0..10 {
        let bench = Bench::new();
        let file = &bench.file();
        let lineages: Vec<String> = std::thread::scope(|scope| {
            let open = |seed: u64| {
                let store = SqliteStore::open(file, Options::new(Host::new(move || seed))).unwrap();
                commit(&store, vec![draft("R1", "a")]).unwrap();
                now(store.memory(&leads())).unwrap().lineage
            };
            let threads: Vec<_> = (0..4).map(|seed| scope.spawn(move || open(seed))).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert!(lineages.iter().all(|lineage| *lineage == lineages[0]));
        assert_eq!(now(bench.open().verify(&leads())).unwrap(), 4);
    }
}

// Each case starts from a copy, since a flip is committed like any other change.
#[test]
fn a_flipped_bit_anywhere_in_the_journal_is_found_and_named() {
    let names = "SELECT group_concat(name) FROM pragma_table_info";
    for table in ["journal", "journal_value"] {
        let columns: String = unpoisoned(&four_entries().db)
            .query_row(&format!("{names}('{table}')"), [], |row| row.get(0))
            .unwrap();
        for column in columns.split(',') {
            check_flip(table, column);
        }
    }
}

fn four_entries() -> SqliteStore {
    let store = SqliteStore::open_in_memory(TestClock::default().host()).unwrap();
    commit(&store, (1..=4).map(|n| draft("R1", &format!("value {n}"))).collect()).unwrap();
    store
}

/// Flips one bit in one column of entry 3, behind the back of triggers and constraints.
#[track_caller]
fn check_flip(table: &str, column: &str) {
    let store = four_entries();
    let flip = match column {
        "pipeline" | "seq" => format!("{column} | 64"),
        "salt" => "CAST(iif(hex(salt) LIKE '00%', X'01', X'00') || substr(salt, 2) AS BLOB)".to_owned(),
        text => {
            format!(r#"char(unicode("{text}") + iif(unicode("{text}") % 2, -1, 1)) || substr("{text}", 2)"#)
        }
    };
    sql(
        &store,
        &format!(
            r#"DROP TRIGGER journal_keeps_its_words; PRAGMA foreign_keys = OFF;
               UPDATE {table} SET "{column}" = {flip} WHERE seq = 3"#
        ),
    );
    let answer = now(store.verify(&leads()));
    let named = matches!(&answer, Err(StoreError::Broken(what)) if what.starts_with("journal entry 3 "));
    assert!(named, "{table}.{column}: {answer:?}");
}

#[test]
fn entries_cut_off_the_end_are_missed() {
    for (cut, missing) in [("seq = 4", 4), ("seq > 1", 2), ("true", 1)] {
        let store = four_entries();
        sql(&store, "DROP TRIGGER journal_keeps_its_entries; PRAGMA foreign_keys = OFF");
        sql(&store, &format!("DELETE FROM journal WHERE {cut}; DELETE FROM journal_value WHERE {cut}"));
        let error = now(store.verify(&leads())).unwrap_err().to_string();
        assert!(error.contains(&format!("journal entry {missing} is missing")), "{error}");
        assert!(matches!(now(store.memory(&leads())), Err(StoreError::Broken(_))), "a start notices as well");
    }
}

#[test]
fn no_statement_deletes_or_rewrites_an_entry_or_deletes_a_conflict() {
    let store = four_entries();
    sql(
        &store,
        "INSERT INTO conflict VALUES (1, 1, 'portal', 'R1', 'phone', '[]', 'both moved', 'r1', NULL)",
    );
    for (statement, refusal) in [
        ("DELETE FROM journal", "a journal entry is never deleted"),
        ("UPDATE journal SET evidence = ''", "a journal entry is never changed"),
        ("DELETE FROM conflict", "a conflict is never deleted"),
    ] {
        let error = unpoisoned(&store.db).execute_batch(statement).unwrap_err().to_string();
        assert!(error.contains(refusal), "{error}");
    }
}

#[test]
fn one_persons_values_are_erased_from_the_file_and_the_chain_still_verifies() {
    let bench = Bench::new();
    let store = bench.open();
    commit(&store, vec![draft("R1", "ada@example.org"), draft("R2", "grace@example.org")]).unwrap();
    assert_eq!(store.erase(&leads(), &"R1".into()), Ok(1));
    assert_eq!(store.erase(&leads(), &"R1".into()), Ok(0));
    assert_eq!(now(store.verify(&leads())), Ok(2));
    let entries = now(store.journal(&leads(), JournalAsk::default())).unwrap();
    assert!(entries[0].draft.after == Cell::Absent);
    assert!(entries[1].draft.after == Cell::text("grace@example.org"));
    for file in fs::read_dir(bench.file().parent().unwrap()).unwrap() {
        let bytes = fs::read(file.unwrap().path()).unwrap();
        assert!(!bytes.windows(15).any(|window| window == b"ada@example.org"));
    }
}

#[test]
fn a_closed_conflict_stays_below_the_one_that_is_opened_after_it() {
    use trueup_core::memory::{Conflict, FieldKey, LinkKey};
    let store = four_entries();
    let key =
        FieldKey { link: LinkKey { system: "portal".into(), entity: "R1".into() }, field: "phone".into() };
    let conflict = |opened: &str, closed: Option<&str>| Conflict {
        claims: Vec::new(),
        why: "both moved".to_owned(),
        opened: opened.into(),
        closed: closed.map(str::to_owned),
    };
    for shown in [conflict("r1", None), conflict("r1", Some("decided")), conflict("r2", None)] {
        commit(&store, vec![Note::Conflict(key.clone(), shown)]).unwrap();
    }
    let rows: i64 =
        unpoisoned(&store.db).query_row("SELECT count(*) FROM conflict", [], |row| row.get(0)).unwrap();
    assert_eq!(rows, 2);
    assert_eq!(now(store.memory(&leads())).unwrap().conflicts[&key], conflict("r2", None));
}

#[test]
fn a_backup_is_the_whole_state_and_never_replaces_a_file() {
    let bench = Bench::new();
    let store = bench.open();
    commit(&store, vec![link("R1"), draft("R1", "a")]).unwrap();
    let copy = bench.folder.path().join("backup/copy.db");
    store.backup(&copy).unwrap();
    assert!(full(&store.backup(&copy)));
    let opened = bench.try_open(&copy).unwrap();
    assert_eq!(now(opened.memory(&leads())), now(store.memory(&leads())));
    assert_eq!(now(opened.verify(&leads())), Ok(1));
}

#[test]
fn an_old_copy_put_back_is_seen_until_a_person_accepts_it_under_a_new_lineage() {
    let bench = Bench::new();
    let copy = bench.folder.path().join("copy.db");
    let store = bench.open();
    assert_eq!(store.regressed(), None);
    commit(&store, vec![link("R1")]).unwrap();
    store.backup(&copy).unwrap();
    commit(&store, vec![link("R2")]).unwrap();
    let lineage = now(store.memory(&leads())).unwrap().lineage;
    drop(store);
    fs::copy(&copy, bench.file()).unwrap();

    let old = bench.open();
    assert_eq!(old.regressed(), Some((1, 2)));
    assert_eq!(now(old.memory(&leads())).unwrap().serial, 1, "it can still be looked at");
    commit(&old, vec![link("R3")]).unwrap();
    commit(&old, vec![link("R4")]).unwrap();
    drop(old);

    let old = bench.open();
    assert_eq!(old.regressed(), Some((3, 2)), "going on does not make it true");
    old.accept_rollback().unwrap();
    assert_eq!(old.regressed(), None);
    assert_ne!(now(old.memory(&leads())).unwrap().lineage, lineage);
    drop(old);
    assert_eq!(bench.open().regressed(), None);
}

#[test]
fn a_side_file_that_is_gone_or_empty_tells_nothing_and_garbage_in_it_is_named() {
    let bench = Bench::new();
    let side = bench.file().with_extension("db.serial");
    commit(&bench.open(), vec![link("R1")]).unwrap();
    fs::remove_file(&side).unwrap();
    assert_eq!(bench.open().regressed(), None);
    fs::write(&side, "").unwrap();
    assert_eq!(bench.open().regressed(), None);
    fs::write(&side, "{").unwrap();
    let error = bench.try_open(&bench.file()).unwrap_err().to_string();
    assert!(error.contains("trueup.db.serial is no serial of a state; remove it"), "{error}");
}
