//! Transactional creates and their leases.

use std::{collections::BTreeMap, time::Duration};

use rusqlite::{OptionalExtension, Params, Row, named_params};
use trueup_core::{
    create::Create,
    memory::Note,
    name::{CreateKey, PipelineName},
};
use trueup_ports::{Fence, Holder, Lane};

use super::{
    codec::{int, json, parse_json, time},
    commit::run,
    error::{DbError, DbResult},
    lease::{decode, now},
    pipeline::{self, PipelineRow},
    transaction::Transaction,
};
use crate::{Host, lease::Lease};

type Creates = BTreeMap<CreateKey, Create>;

pub(super) fn put(tx: &Transaction<'_>, row: PipelineRow, create: &Create) -> DbResult<()> {
    let Create { key, system, entity, .. } = create;
    run(
        tx,
        "INSERT INTO \"create\" (pipeline, key, system, entity, open, body) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT (pipeline, key) DO UPDATE SET open = excluded.open, body = excluded.body",
        (row, key.as_str(), system.as_str(), entity.as_str(), create.is_open(), json(create)?),
    )
}

pub(super) fn forget(tx: &Transaction<'_>, row: PipelineRow, key: &CreateKey) -> DbResult<()> {
    run(tx, "DELETE FROM \"create\" WHERE pipeline = ?1 AND key = ?2", (row, key.as_str()))?;
    run(tx, "DELETE FROM create_lease WHERE pipeline = ?1 AND key = ?2", (row, key.as_str()))
}

pub(super) fn load(tx: &Transaction<'_>, row: PipelineRow) -> DbResult<Creates> {
    read(tx, "SELECT body FROM \"create\" WHERE pipeline = ?1", [row])
}

/// What decides about a commit: open creates, and those that the commit names.
pub(super) fn concerned(tx: &Transaction<'_>, row: PipelineRow, notes: &[Note]) -> DbResult<Creates> {
    let mut found = read(tx, "SELECT body FROM \"create\" WHERE pipeline = ?1 AND open = 1", [row])?;
    for create in notes.iter().filter_map(Note::create) {
        let named = "SELECT body FROM \"create\" WHERE pipeline = ?1 AND key = ?2";
        found.extend(read(tx, named, (row, create.key.as_str()))?);
    }
    Ok(found)
}

fn read(tx: &Transaction<'_>, sql: &str, params: impl Params) -> DbResult<Creates> {
    let mut query = tx.prepare_cached(sql)?;
    let create = |row: &Row<'_>| -> DbResult<_> {
        let create: Create = parse_json("create", &row.get::<_, String>(0)?)?;
        Ok((create.key.clone(), create))
    };
    query.query_and_then(params, create)?.collect()
}

pub(super) fn take(
    tx: &Transaction<'_>,
    host: &Host,
    (pipeline, key): (&PipelineName, &CreateKey),
    holder: &Holder,
    ttl: Duration,
) -> DbResult<Fence> {
    let row = pipeline::id(tx, pipeline)?;
    let now = now(tx, host)?;
    let taken = Lease::take(lease(tx, row, key)?, holder, ttl, now)?;
    save(tx, row, key, &taken)?;
    Ok(taken.fence(Lane::Create(key.clone()), holder, now))
}

pub(super) fn release(
    tx: &Transaction<'_>,
    pipeline: &PipelineName,
    key: &CreateKey,
    fence: &Fence,
) -> DbResult<()> {
    let Some(row) = pipeline::find(tx, pipeline)? else { return Ok(()) };
    match lease(tx, row, key)? {
        Some(lease) => save(tx, row, key, &lease.released(fence)),
        None => Ok(()),
    }
}

/// The lease of a create.
pub(super) fn lease(tx: &Transaction<'_>, row: PipelineRow, key: &CreateKey) -> DbResult<Option<Lease>> {
    tx.prepare_cached(
        "SELECT epoch, holder, until, buried, taken_over FROM create_lease WHERE pipeline = ?1 AND key = ?2",
    )?
    .query_row((row, key.as_str()), |row| Ok(decode(row)))
    .optional()?
    .transpose()
}

fn save(tx: &Transaction<'_>, row: PipelineRow, key: &CreateKey, lease: &Lease) -> DbResult<()> {
    tx.prepare_cached(
        "INSERT OR REPLACE INTO create_lease (pipeline, key, epoch, holder, until, buried, taken_over)
         VALUES (:pipeline, :key, :epoch, :holder, :until, :buried, :taken_over)",
    )?
    .execute(named_params! {
        ":pipeline": row,
        ":key": key.as_str(),
        ":epoch": int(lease.epoch),
        ":holder": lease.holder.as_ref().map(json).transpose()?,
        ":until": time(lease.until),
        ":buried": lease.buried,
        ":taken_over": lease.taken_over,
    })
    .map(drop)
    .map_err(DbError::from)
}
