//! The lease row, read and written within one transaction under the store's clock.

use std::time::Duration;

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, named_params};
use trueup_core::name::PipelineName;
use trueup_ports::{Fence, Holder, Lane, StoreError};

use super::{
    codec::{int, json, parse_int, parse_json, parse_time, time},
    creates,
    error::{DbError, DbResult},
    pipeline::{self, PipelineRow},
    transaction::Transaction,
};
use crate::{Host, lease::Lease};

/// The store's clock: the host's if one was given, else SQLite's, to the millisecond.
pub(super) fn now(tx: &Transaction<'_>, host: &Host) -> DbResult<Timestamp> {
    if let Some(now) = host.now() {
        return Ok(now);
    }
    let text: String = tx.query_row("SELECT strftime('%Y-%m-%dT%H:%M:%fZ', 'now')", [], |row| row.get(0))?;
    parse_time("time", &text)
}

pub(super) fn take(
    tx: &Transaction<'_>,
    host: &Host,
    pipeline: &PipelineName,
    holder: &Holder,
    ttl: Duration,
) -> DbResult<Fence> {
    let row = pipeline::id(tx, pipeline)?;
    let now = now(tx, host)?;
    let lease = Lease::take(load(tx, row)?, holder, ttl, now)?;
    save(tx, row, &lease)?;
    Ok(lease.fence(Lane::Cycle, holder, now))
}

pub(super) fn holder(tx: &Transaction<'_>, pipeline: &PipelineName) -> DbResult<Option<Holder>> {
    let Some(row) = pipeline::find(tx, pipeline)? else { return Ok(None) };
    Ok(load(tx, row)?.and_then(Lease::last_holder))
}

/// Gives the lease of a lane back.
pub(super) fn release(tx: &Transaction<'_>, pipeline: &PipelineName, fence: &Fence) -> DbResult<()> {
    match &fence.lane {
        Lane::Cycle => change(tx, pipeline, |lease| lease.released(fence)),
        Lane::Create(key) => creates::release(tx, pipeline, key, fence),
    }
}

pub(super) fn change(
    tx: &Transaction<'_>,
    pipeline: &PipelineName,
    change: impl FnOnce(Lease) -> Lease,
) -> DbResult<()> {
    let Some(row) = pipeline::find(tx, pipeline)? else { return Ok(()) };
    match load(tx, row)? {
        Some(lease) => save(tx, row, &change(lease)),
        None => Ok(()),
    }
}

/// Refuses unless the fence still stands.
pub(super) fn check(tx: &Transaction<'_>, row: PipelineRow, fence: &Fence, now: Timestamp) -> DbResult<()> {
    let lease = match &fence.lane {
        Lane::Cycle => load(tx, row)?,
        Lane::Create(key) => creates::lease(tx, row, key)?,
    };
    match lease {
        Some(lease) if lease.stands(fence, now) => Ok(()),
        _ => Err(StoreError::Fenced.into()),
    }
}

fn load(tx: &Transaction<'_>, row: PipelineRow) -> DbResult<Option<Lease>> {
    tx.prepare_cached("SELECT epoch, holder, until, buried, taken_over FROM lease WHERE pipeline = ?1")?
        .query_row([row], |row| Ok(decode(row)))
        .optional()?
        .transpose()
}

pub(super) fn decode(row: &Row<'_>) -> DbResult<Lease> {
    let holder: Option<String> = row.get("holder")?;
    Ok(Lease {
        epoch: parse_int("lease", row.get("epoch")?)?,
        holder: holder.map(|text| parse_json("lease", &text)).transpose()?,
        until: parse_time("lease", &row.get::<_, String>("until")?)?,
        buried: row.get("buried")?,
        taken_over: row.get("taken_over")?,
    })
}

fn save(tx: &Transaction<'_>, row: PipelineRow, lease: &Lease) -> DbResult<()> {
    tx.prepare_cached(
        "INSERT OR REPLACE INTO lease (pipeline, epoch, holder, until, buried, taken_over)
         VALUES (:pipeline, :epoch, :holder, :until, :buried, :taken_over)",
    )?
    .execute(named_params! {
        ":pipeline": row,
        ":epoch": int(lease.epoch),
        ":holder": lease.holder.as_ref().map(json).transpose()?,
        ":until": time(lease.until),
        ":buried": lease.buried,
        ":taken_over": lease.taken_over,
    })
    .map(drop)
    .map_err(DbError::from)
}
