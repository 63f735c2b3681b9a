//! The schema, in numbered steps that are never edited once they were released.

use rusqlite::Connection;
use trueup_ports::StoreError;

use super::{
    error::{DbError, DbResult},
    transaction::{Mode, Transaction, transact},
};

/// The steps, in order; the first is number 1.
const STEPS: &[&str] = &[
    include_str!("../../migrations/0001_memory.sql"),
    include_str!("../../migrations/0002_hints.sql"),
    include_str!("../../migrations/0003_creates.sql"),
    include_str!("../../migrations/0004_prints.sql"),
    include_str!("../../migrations/0005_unseen.sql"),
    include_str!("../../migrations/0006_given_up.sql"),
];

/// Brings a database to the newest schema.
///
/// A database that a newer version wrote is refused: what that version remembers there, this one
/// would not see, and would act on half a memory.
pub(super) fn migrate(db: &mut Connection) -> DbResult<()> {
    run(db, STEPS)
}

fn run(db: &mut Connection, steps: &[&str]) -> DbResult<()> {
    // With the right to write: two processes that open a new file at once must not both see it empty.
    transact(db, Mode::Write, |tx| take(tx, steps))
}

fn take(tx: &Transaction<'_>, steps: &[&str]) -> DbResult<()> {
    tx.execute_batch(
        "CREATE TABLE IF NOT EXISTS migration (step INTEGER PRIMARY KEY, checksum TEXT NOT NULL) STRICT",
    )?;
    let done = done(tx)?;
    if done.len() > steps.len() {
        return Err(StoreError::Broken(format!(
            "it has schema {} and this version knows {}; use the version that wrote it, or a newer one",
            done.len(),
            steps.len()
        ))
        .into());
    }
    for (at, sql) in steps.iter().enumerate() {
        match done.get(at) {
            Some(checksum) if *checksum == self::checksum(sql) => {}
            Some(_) => {
                return Err(DbError::broken(format!("schema step {} is not the one that was run", at + 1)));
            }
            None => {
                tx.execute_batch(sql)?;
                tx.execute("INSERT INTO migration (checksum) VALUES (?1)", [checksum(sql)])?;
            }
        }
    }
    Ok(())
}

fn done(tx: &Transaction<'_>) -> DbResult<Vec<String>> {
    let mut rows = tx.prepare("SELECT checksum FROM migration ORDER BY step")?;
    let done = rows.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    Ok(done)
}

fn checksum(sql: &str) -> String {
    blake3::hash(sql.as_bytes()).to_hex().to_string()
}

#[cfg(test)]
mod tests {
    use trueup_core::value::{Cell, Print};

    use super::{
        super::{links, pipeline::PipelineRow},
        *,
    };

    const FIRST: &str = "CREATE TABLE a (x INTEGER) STRICT";
    const SECOND: &str = "CREATE TABLE b (x INTEGER) STRICT";

    #[track_caller]
    fn check(first: &[&str], then: &[&str], want: Result<(), &str>) {
        let mut db = Connection::open_in_memory().unwrap();
        run(&mut db, first).unwrap();
        match (run(&mut db, then).map_err(StoreError::from), want) {
            (Ok(()), Ok(())) => {}
            (Err(got), Err(want)) => assert!(got.to_string().contains(want), "{got}"),
            (got, want) => panic!("{got:?} is not {want:?}"),
        }
    }

    #[test]
    fn a_database_moves_up_step_by_step_and_never_down() {
        check(&[], &[FIRST], Ok(()));
        check(&[FIRST], &[FIRST], Ok(()));
        check(&[FIRST], &[FIRST, SECOND], Ok(()));
        check(&[FIRST, SECOND], &[FIRST], Err("it has schema 2 and this version knows 1"));
        check(&[FIRST], &[SECOND], Err("schema step 1 is not the one that was run"));
    }

    #[test]
    fn bases_with_their_prints_in_the_json_are_read_as_before() {
        let print =
            |byte: u8| Print::kept([byte, 0, 1, 9, 10, 15, 16, 99, 100, 127, 128, 200, 255, 3, 2, byte]);
        let cells = [None, Some(Cell::list(["a \"b\"", "é"]))];
        let old = [
            ("phone", 7, print(250), print(3), &cells[0], &cells[0]),
            ("tags", 4_000_000_000_u32, print(1), print(2), &cells[1], &cells[0]),
        ];
        let mut db = Connection::open_in_memory().unwrap();
        run(&mut db, &STEPS[..3]).unwrap();
        db.execute_batch(
            "INSERT INTO pipeline (id, name, journal_head) VALUES (1, 'leads', '');
             INSERT INTO link VALUES (1, 1, 'crm', 'R1', '7', 'key', '\"active\"', 0, '[]', NULL);
             INSERT INTO link VALUES (2, 1, 'crm', 'R2', '8', 'key', '\"active\"', 0, '[]', NULL);
             INSERT INTO base (link, fields) VALUES (2, '[]')",
        )
        .unwrap();
        db.execute("INSERT INTO base (link, fields) VALUES (1, ?1)", [serde_json::to_string(&old).unwrap()])
            .unwrap();
        run(&mut db, STEPS).unwrap();
        let links = transact(&mut db, Mode::Read, |tx| links::load(tx, PipelineRow(1))).unwrap();
        let bases: Vec<_> = links.values().map(|link| link.bases.as_slice()).collect();
        let read = bases[0].iter().map(|base| {
            let (ours, theirs) = (&base.canonical, &base.mirror);
            (base.field.as_str(), base.mapping, ours.print, theirs.print, &ours.cell, &theirs.cell)
        });
        assert_eq!(read.collect::<Vec<_>>(), old);
        assert_eq!(bases[1], []);
    }

    #[test]
    fn a_step_that_fails_leaves_nothing_behind() {
        let mut db = Connection::open_in_memory().unwrap();
        assert!(run(&mut db, &[FIRST, "CREATE TABLE broken ("]).is_err());
        let tables: i64 = db.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0)).unwrap();
        assert_eq!(tables, 0);
    }
}
