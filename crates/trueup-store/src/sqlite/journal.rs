//! The journal: sealed into the chain where it is written, opened where it is verified (I-30).

use rusqlite::{OptionalExtension, Row, named_params, params_from_iter};
use trueup_core::{
    journal::{Draft, Entry, Salt},
    name::{ClassId, EntityKey, FieldName, IntentId, PipelineName, RemoteId},
    value::Cell,
};
use trueup_ports::JournalAsk;

use super::{
    codec::{Columns, int, json, parse_int, parse_json, parse_time, parse_word, time, word},
    commit::run,
    error::{DbError, DbResult},
    pipeline::{self, PipelineRow},
    transaction::Transaction,
};

const TABLE: &str = "journal";
const SELECT: &str = "SELECT value.seq, salt, before, after, canonical,
     journal.seq, prev, hash, run, at, intent, system, entity, remote, field, \"column\", class, event, evidence,
     before_commitment, after_commitment, canonical_commitment
     FROM journal LEFT JOIN journal_value AS value
     ON value.pipeline = journal.pipeline AND value.seq = journal.seq";

/// Where the chain ends: how many entries there are, and the hash of the last.
struct Head {
    length: u64,
    hash: String,
}

pub(super) fn append(tx: &Transaction<'_>, row: PipelineRow, draft: Draft, salt: Salt) -> DbResult<()> {
    let head = head(tx, row)?;
    let sealed = Entry::seal(draft, head.length + 1, &head.hash, salt)
        .map_err(|error| DbError::broken(error.to_string()))?;
    insert(tx, row, &sealed.entry)?;
    let Entry { seq, hash, draft, .. } = &sealed.entry;
    run(
        tx,
        "INSERT INTO journal_value (pipeline, seq, salt, before, after, canonical) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        (row, int(*seq), sealed.salt, json(&draft.before)?, json(&draft.after)?, json(&draft.canonical)?),
    )?;
    run(
        tx,
        "UPDATE pipeline SET journal_length = ?2, journal_head = ?3 WHERE id = ?1",
        (row, int(*seq), hash),
    )
}

fn insert(tx: &Transaction<'_>, row: PipelineRow, entry: &Entry) -> DbResult<()> {
    let Entry { seq, prev, hash, draft, commitments: [before, after, canonical] } = entry;
    tx.prepare_cached(
        "INSERT INTO journal VALUES (:pipeline, :seq, :prev, :hash, :run, :at, :intent, :system, :entity, :remote,
           :field, :column, :class, :event, :evidence, :before, :after, :canonical)",
    )?
    .execute(named_params! {
        ":pipeline": row,
        ":seq": int(*seq),
        ":prev": prev,
        ":hash": hash,
        ":run": draft.run.as_str(),
        ":at": time(draft.at),
        ":intent": draft.intent.as_ref().map(IntentId::as_str),
        ":system": draft.system.as_str(),
        ":entity": draft.entity.as_str(),
        ":remote": draft.remote.as_ref().map(RemoteId::as_str),
        ":field": draft.field.as_ref().map(FieldName::as_str),
        ":column": draft.column,
        ":class": draft.class.as_ref().map(ClassId::as_str),
        ":event": word(&draft.event)?,
        ":evidence": draft.evidence,
        ":before": before,
        ":after": after,
        ":canonical": canonical,
    })?;
    Ok(())
}

pub(super) fn read(tx: &Transaction<'_>, pipeline: &PipelineName, ask: &JournalAsk) -> DbResult<Vec<Entry>> {
    let Some(row) = pipeline::find(tx, pipeline)? else { return Ok(Vec::new()) };
    let filters = [
        ("run =", ask.run.as_ref().map(ToString::to_string)),
        ("entity =", ask.entity.as_ref().map(ToString::to_string)),
        ("field =", ask.field.as_ref().map(ToString::to_string)),
        ("at >=", ask.since.map(time)),
    ];
    let limit = int(ask.limit.map_or(u64::MAX, |limit| limit as u64));
    // Only the filters that are asked for stand in the statement, so that their indexes are used.
    let (tests, params): (Vec<_>, Vec<_>) = filters
        .into_iter()
        .filter_map(|(test, value)| Some((format!(" AND journal.{test} ?"), value?)))
        .unzip();
    let sql = format!(
        "{SELECT} WHERE journal.pipeline = {}{} ORDER BY journal.seq DESC LIMIT {limit}",
        row.0,
        tests.concat()
    );
    let mut query = tx.prepare_cached(&sql)?;
    let entries =
        query.query_and_then(params_from_iter(params), |row| decode(row).map(|(entry, _)| entry))?;
    let mut entries: Vec<Entry> = entries.collect::<DbResult<_>>()?;
    entries.reverse();
    Ok(entries)
}

/// Walks the chain and opens every commitment whose values were not erased.
pub(super) fn verify(tx: &Transaction<'_>, pipeline: &PipelineName) -> DbResult<u64> {
    let Some(row) = pipeline::find(tx, pipeline)? else { return Ok(0) };
    let mut query =
        tx.prepare_cached(&format!("{SELECT} WHERE journal.pipeline = ?1 ORDER BY journal.seq"))?;
    let mut rows = query.query([row])?;
    let (mut seq, mut prev) = (0, Entry::START.to_owned());
    while let Some(row) = rows.next()? {
        seq += 1;
        let (entry, salt) = decode(row).map_err(|_| broken(seq, "cannot be read"))?;
        check(&entry, salt.as_ref(), seq, &prev)?;
        prev = entry.hash;
    }
    let head = head(tx, row)?;
    if seq < head.length {
        return Err(broken(seq + 1, "is missing"));
    }
    if seq > head.length || prev != head.hash {
        return Err(broken(seq, "is not the one the journal ended with"));
    }
    Ok(seq)
}

fn check(entry: &Entry, salt: Option<&Salt>, seq: u64, prev: &str) -> DbResult<()> {
    if entry.seq != seq {
        return Err(broken(seq, "is missing"));
    }
    if !entry.follows(prev) {
        return Err(broken(seq, "was changed"));
    }
    match salt {
        Some(salt) if !entry.opens(salt) => Err(broken(seq, "has values that were changed")),
        _ => Ok(()),
    }
}

fn broken(seq: u64, what: &str) -> DbError {
    DbError::broken(format!("journal entry {seq} {what}"))
}

/// Whether the journal still ends where it was last written; cheap enough for every start.
pub(super) fn check_head(tx: &Transaction<'_>, row: PipelineRow) -> DbResult<()> {
    let head = head(tx, row)?;
    let last: Option<(i64, String)> = tx
        .prepare_cached("SELECT seq, hash FROM journal WHERE pipeline = ?1 ORDER BY seq DESC LIMIT 1")?
        .query_row([row], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let (seq, hash) = last.unwrap_or_else(|| (0, Entry::START.to_owned()));
    if seq == int(head.length) && hash == head.hash {
        return Ok(());
    }
    Err(DbError::broken(format!("the journal ends with entry {seq}, but {} were written", head.length)))
}

/// Erases the values and salts of one entity; gives the number of entries that still had some.
pub(super) fn erase(tx: &Transaction<'_>, row: PipelineRow, entity: &EntityKey) -> DbResult<u64> {
    let erased = tx
        .prepare_cached(
            "UPDATE journal_value SET salt = NULL, before = NULL, after = NULL, canonical = NULL
             WHERE pipeline = ?1 AND salt IS NOT NULL
               AND seq IN (SELECT seq FROM journal WHERE pipeline = ?1 AND entity = ?2)",
        )?
        .execute((row, entity.as_str()))?;
    Ok(erased as u64)
}

fn head(tx: &Transaction<'_>, row: PipelineRow) -> DbResult<Head> {
    let (length, hash) = tx
        .prepare_cached("SELECT journal_length, journal_head FROM pipeline WHERE id = ?1")?
        .query_row([row], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(Head { length: parse_int("pipeline", length)?, hash })
}

/// An entry, and the salt of its values unless they were erased.
fn decode(row: &Row<'_>) -> DbResult<(Entry, Option<Salt>)> {
    let mut columns = Columns::of(row);
    if columns.get::<Option<i64>>()?.is_none() {
        return Err(DbError::row(TABLE, "its values are missing"));
    }
    let salt = columns.get()?;
    let [before, after, canonical] = [cell(&mut columns)?, cell(&mut columns)?, cell(&mut columns)?];
    let entry = Entry {
        seq: parse_int(TABLE, columns.get()?)?,
        prev: columns.get()?,
        hash: columns.get()?,
        draft: Draft {
            run: columns.text()?.into(),
            at: parse_time(TABLE, columns.text()?)?,
            intent: columns.maybe_text()?.map(Into::into),
            system: columns.text()?.into(),
            entity: columns.text()?.into(),
            remote: columns.maybe_text()?.map(Into::into),
            field: columns.maybe_text()?.map(Into::into),
            column: columns.get()?,
            class: columns.maybe_text()?.map(Into::into),
            event: parse_word(TABLE, columns.text()?)?,
            before,
            after,
            canonical,
            evidence: columns.get()?,
        },
        commitments: [columns.get()?, columns.get()?, columns.get()?],
    };
    Ok((entry, salt))
}

fn cell(columns: &mut Columns<'_>) -> DbResult<Cell> {
    match columns.maybe_text()? {
        Some(text) => parse_json("journal_value", text),
        None => Ok(Cell::Absent),
    }
}
