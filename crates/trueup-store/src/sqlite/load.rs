//! Memory, read back in one snapshot.

use std::collections::BTreeMap;

use rusqlite::Row;
use trueup_core::{
    journal::Intent,
    memory::{Alarm, Memory},
    name::{IntentId, PipelineName, RunId, SystemName},
    value::PrintKey,
};
use trueup_ports::Open;

use super::{
    codec::{parse_int, parse_json, parse_time},
    creates,
    error::{DbError, DbResult},
    hints, journal, links, people,
    pipeline::{self, PipelineRow},
    transaction::Transaction,
};

pub(super) fn memory(tx: &Transaction<'_>, pipeline: &PipelineName) -> DbResult<Memory> {
    let (lineage, key) = tx
        .prepare_cached("SELECT lineage, print_key FROM meta")?
        .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let memory = Memory::new(lineage, PrintKey::new(key));
    match pipeline::find(tx, pipeline)? {
        None => Ok(memory),
        Some(row) => fill(tx, row, memory),
    }
}

fn fill(tx: &Transaction<'_>, row: PipelineRow, empty: Memory) -> DbResult<Memory> {
    journal::check_head(tx, row)?;
    let (serial, config_hash, count, layout): (i64, _, Option<i64>, _) = tx
        .prepare_cached("SELECT serial, config_hash, canonical_count, layout FROM pipeline WHERE id = ?1")?
        .query_row([row], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))?;
    Ok(Memory {
        serial: parse_int("pipeline", serial)?,
        config_hash,
        layout,
        canonical_count: count
            .map(usize::try_from)
            .transpose()
            .map_err(|error| DbError::row("pipeline", error))?,
        tenants: tenants(tx, row)?,
        cursors: hints::cursors(tx, row)?,
        touches: hints::touches(tx, row)?,
        events: hints::events(tx, row)?,
        links: links::load(tx, row)?,
        intents: intents(tx, row)?,
        findings: people::findings(tx, row)?,
        conflicts: people::conflicts(tx, row)?,
        parked: people::PARKED.load(tx, row)?,
        holds: people::HOLD.load(tx, row)?,
        decisions: people::decisions(tx, row)?,
        alarms: alarms(tx, row)?,
        creates: creates::load(tx, row)?,
        ..empty
    })
}

/// Counts what is open, by the meaning that [`Open::of`] gives to it, and reads no link.
pub(super) fn open(tx: &Transaction<'_>, pipeline: &PipelineName) -> DbResult<Open> {
    let Some(row) = pipeline::find(tx, pipeline)? else { return Ok(Open::default()) };
    journal::check_head(tx, row)?;
    let count = |sql: &str| -> DbResult<usize> {
        let count: i64 = tx.prepare_cached(sql)?.query_row([row], |row| row.get(0))?;
        usize::try_from(count).map_err(|error| DbError::row("pipeline", error))
    };
    Ok(Open {
        conflicts: count("SELECT count(*) FROM conflict WHERE pipeline = ?1 AND closed IS NULL")?,
        parked: count("SELECT count(*) FROM parked WHERE pipeline = ?1")?,
        intents: count(
            "SELECT count(*) FROM intent WHERE pipeline = ?1 AND settled IS NULL
             AND (system, entity) NOT IN (SELECT system, entity FROM \"create\" WHERE pipeline = ?1 AND open = 1)",
        )?,
    })
}

fn tenants(tx: &Transaction<'_>, row: PipelineRow) -> DbResult<BTreeMap<SystemName, String>> {
    let mut query = tx.prepare_cached("SELECT system, account FROM tenant WHERE pipeline = ?1")?;
    let rows = query.query_and_then([row], |row| -> DbResult<_> {
        Ok((SystemName::new(row.get::<_, String>(0)?), row.get(1)?))
    })?;
    rows.collect()
}

/// The intents without an outcome.
pub(super) fn intents(tx: &Transaction<'_>, row: PipelineRow) -> DbResult<BTreeMap<IntentId, Intent>> {
    let mut query = tx.prepare_cached(
        "SELECT id, run, epoch, watermark, sent, body FROM intent WHERE pipeline = ?1 AND settled IS NULL",
    )?;
    let intents = query.query_and_then([row], intent)?;
    intents.map(|intent| intent.map(|intent| (intent.id.clone(), intent))).collect()
}

fn intent(row: &Row<'_>) -> DbResult<Intent> {
    let time = |name: &str| {
        let text: Option<String> = row.get(name)?;
        text.map(|text| parse_time("intent", &text)).transpose()
    };
    Ok(Intent {
        id: IntentId::new(row.get::<_, String>("id")?),
        run: RunId::new(row.get::<_, String>("run")?),
        epoch: parse_int("intent", row.get("epoch")?)?,
        change: parse_json("intent", &row.get::<_, String>("body")?)?,
        watermark: time("watermark")?,
        sent: time("sent")?,
    })
}

fn alarms(tx: &Transaction<'_>, row: PipelineRow) -> DbResult<BTreeMap<String, Alarm>> {
    let mut query = tx.prepare_cached("SELECT channel, what, since FROM alarm WHERE pipeline = ?1")?;
    let alarm = |row: &Row<'_>| {
        let since = RunId::new(row.get::<_, String>(2)?);
        Ok((row.get(0)?, Alarm { what: row.get(1)?, since }))
    };
    Ok(query.query_map([row], alarm)?.collect::<Result<_, _>>()?)
}
