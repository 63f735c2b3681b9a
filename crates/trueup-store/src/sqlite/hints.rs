//! Cursors, touches and the ids of events.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rusqlite::OptionalExtension;
use trueup_core::{
    hint::{Event, MOST, Touch, TouchKey},
    name::{RemoteId, SystemName},
};

use super::{
    codec::{Columns, json, parse_json, parse_time, time},
    commit::run,
    error::DbResult,
    pipeline::PipelineRow,
    transaction::Transaction,
};

pub(super) fn set_cursor(
    tx: &Transaction<'_>,
    row: PipelineRow,
    system: &SystemName,
    position: &str,
) -> DbResult<()> {
    let sql = "INSERT OR REPLACE INTO cursor (pipeline, system, position) VALUES (?1, ?2, ?3)";
    run(tx, sql, (row, system.as_str(), position))
}

pub(super) fn cursors(tx: &Transaction<'_>, row: PipelineRow) -> DbResult<BTreeMap<SystemName, String>> {
    let mut query = tx.prepare_cached("SELECT system, position FROM cursor WHERE pipeline = ?1")?;
    let rows = query.query_and_then([row], |row| -> DbResult<_> {
        Ok((SystemName::new(row.get::<_, String>(0)?), row.get(1)?))
    })?;
    rows.collect()
}

/// Takes an event in, unless it is known: then nothing is touched either.
pub(super) fn take_in(tx: &Transaction<'_>, row: PipelineRow, event: &Event) -> DbResult<()> {
    let sql = "INSERT OR IGNORE INTO event (pipeline, id, at) VALUES (?1, ?2, ?3)";
    let new = tx.prepare_cached(sql)?.execute((row, &event.id, time(event.at)))?;
    if new == 0 { Ok(()) } else { touch(tx, row, &event.touch, event.at) }
}

pub(super) fn events(tx: &Transaction<'_>, row: PipelineRow) -> DbResult<BTreeMap<String, Timestamp>> {
    let mut query = tx.prepare_cached("SELECT id, at FROM event WHERE pipeline = ?1")?;
    let rows = query.query_and_then([row], |row| -> DbResult<_> {
        let mut columns = Columns::of(row);
        Ok((columns.get()?, parse_time("event", columns.text()?)?))
    })?;
    rows.collect()
}

pub(super) fn forget_events(tx: &Transaction<'_>, row: PipelineRow, before: Timestamp) -> DbResult<()> {
    run(tx, "DELETE FROM event WHERE pipeline = ?1 AND at < ?2", (row, time(before)))
}

/// Says that a record may have changed; beyond so many of one system, that anything may have.
pub(super) fn touch(tx: &Transaction<'_>, row: PipelineRow, key: &TouchKey, at: Timestamp) -> DbResult<()> {
    let mut key = key.clone();
    if find(tx, row, &key)?.is_none() && named(tx, row, &key.system)? >= MOST {
        let sql = "DELETE FROM touch WHERE pipeline = ?1 AND system = ?2 AND remote <> ''";
        run(tx, sql, (row, key.system.as_str()))?;
        key.remote = None;
    }
    let touch = find(tx, row, &key)?.map_or_else(|| Touch::new(at), |touch| touch.again(at));
    put(tx, row, &key, &touch)
}

fn named(tx: &Transaction<'_>, row: PipelineRow, system: &SystemName) -> DbResult<usize> {
    let sql = "SELECT count(*) FROM touch WHERE pipeline = ?1 AND system = ?2 AND remote <> ''";
    let count: i64 = tx.prepare_cached(sql)?.query_row((row, system.as_str()), |row| row.get(0))?;
    Ok(usize::try_from(count).unwrap_or(usize::MAX))
}

/// Ends a touch that was told so many times.
pub(super) fn looked(tx: &Transaction<'_>, row: PipelineRow, key: &TouchKey, told: u64) -> DbResult<()> {
    if find(tx, row, key)?.is_none_or(|touch| touch.told != told) {
        return Ok(());
    }
    let sql = "DELETE FROM touch WHERE pipeline = ?1 AND system = ?2 AND remote = ?3";
    run(tx, sql, (row, key.system.as_str(), remote(key)))
}

/// Puts a touch off that was looked at in vain, as it was told so many times.
pub(super) fn vain(
    tx: &Transaction<'_>,
    row: PipelineRow,
    (key, told): (&TouchKey, u64),
    at: Timestamp,
) -> DbResult<()> {
    match find(tx, row, key)? {
        Some(touch) if touch.told == told => put(tx, row, key, &touch.failed(at)),
        Some(_) | None => Ok(()),
    }
}

pub(super) fn touches(tx: &Transaction<'_>, row: PipelineRow) -> DbResult<BTreeMap<TouchKey, Touch>> {
    let mut query = tx.prepare_cached("SELECT system, remote, body FROM touch WHERE pipeline = ?1")?;
    let rows = query.query_and_then([row], |row| -> DbResult<_> {
        let mut columns = Columns::of(row);
        let system = SystemName::new(columns.text()?);
        let remote = Some(columns.text()?).filter(|remote| !remote.is_empty()).map(RemoteId::new);
        Ok((TouchKey { system, remote }, parse_json("touch", columns.text()?)?))
    })?;
    rows.collect()
}

fn remote(key: &TouchKey) -> &str {
    key.remote.as_ref().map_or("", RemoteId::as_str)
}

fn find(tx: &Transaction<'_>, row: PipelineRow, key: &TouchKey) -> DbResult<Option<Touch>> {
    let sql = "SELECT body FROM touch WHERE pipeline = ?1 AND system = ?2 AND remote = ?3";
    let mut query = tx.prepare_cached(sql)?;
    let body: Option<String> =
        query.query_row((row, key.system.as_str(), remote(key)), |row| row.get(0)).optional()?;
    body.map(|body| parse_json("touch", &body)).transpose()
}

fn put(tx: &Transaction<'_>, row: PipelineRow, key: &TouchKey, touch: &Touch) -> DbResult<()> {
    let sql = "INSERT OR REPLACE INTO touch (pipeline, system, remote, body) VALUES (?1, ?2, ?3, ?4)";
    run(tx, sql, (row, key.system.as_str(), remote(key), json(touch)?))
}
