//! Plans that can be shown and applied by id, what runs did, and approvals.

use serde::de::DeserializeOwned;
use trueup_core::{
    memory::{Approval, Beat},
    name::PipelineName,
    plan::Plan,
};

use super::{
    codec::{int, json, parse_json},
    commit::run,
    error::DbResult,
    pipeline::{self, PipelineRow},
    transaction::Transaction,
};
use crate::PLANS_KEPT;

/// Keeps a plan as the newest, and lets go of old ones that nobody needs any more.
pub(super) fn keep(tx: &Transaction<'_>, row: PipelineRow, plan: &Plan) -> DbResult<()> {
    run(tx, "DELETE FROM plan WHERE pipeline = ?1 AND id = ?2", (row, &plan.id))?;
    run(tx, "INSERT INTO plan (pipeline, id, body) VALUES (?1, ?2, ?3)", (row, &plan.id, json(plan)?))?;
    run(
        tx,
        "DELETE FROM plan WHERE pipeline = ?1
         AND seq <= (SELECT seq FROM plan WHERE pipeline = ?1 ORDER BY seq DESC LIMIT 1 OFFSET ?2)
         AND id NOT IN (SELECT plan FROM heartbeat WHERE pipeline = ?1 AND plan IS NOT NULL
                        ORDER BY seq DESC LIMIT ?2)
         AND id NOT IN (SELECT plan FROM approval WHERE pipeline = ?1)
         AND id NOT IN (SELECT heartbeat.plan FROM intent JOIN heartbeat USING (pipeline, run)
                        WHERE intent.pipeline = ?1 AND settled IS NULL AND heartbeat.plan IS NOT NULL)",
        (row, int(PLANS_KEPT as u64)),
    )
}

/// Records what a run did, in the place of an earlier word about it.
pub(super) fn beat(tx: &Transaction<'_>, row: PipelineRow, beat: &Beat) -> DbResult<()> {
    run(
        tx,
        "INSERT INTO heartbeat (pipeline, run, plan, body) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (pipeline, run) DO UPDATE SET plan = excluded.plan, body = excluded.body",
        (row, beat.run.as_str(), &beat.plan, json(beat)?),
    )
}

pub(super) fn approve(tx: &Transaction<'_>, row: PipelineRow, approval: &Approval) -> DbResult<()> {
    run(
        tx,
        "INSERT INTO approval (pipeline, plan, body) VALUES (?1, ?2, ?3)",
        (row, &approval.plan, json(approval)?),
    )
}

pub(super) fn plan(tx: &Transaction<'_>, pipeline: &PipelineName, prefix: &str) -> DbResult<Option<Plan>> {
    let Some(row) = pipeline::find(tx, pipeline)? else { return Ok(None) };
    let sql = "SELECT body FROM plan WHERE pipeline = ?1 AND substr(id, 1, length(?2)) = ?2 LIMIT 2";
    let mut found = texts(tx, sql, (row, prefix))?;
    match (found.pop(), found.is_empty()) {
        (Some(body), true) => parse_json("plan", &body).map(Some),
        _ => Ok(None),
    }
}

pub(super) fn plans(tx: &Transaction<'_>, pipeline: &PipelineName, limit: usize) -> DbResult<Vec<String>> {
    let Some(row) = pipeline::find(tx, pipeline)? else { return Ok(Vec::new()) };
    texts(tx, "SELECT id FROM plan WHERE pipeline = ?1 ORDER BY seq DESC LIMIT ?2", (row, int(limit as u64)))
}

pub(super) fn beats(tx: &Transaction<'_>, pipeline: &PipelineName, limit: usize) -> DbResult<Vec<Beat>> {
    let Some(row) = pipeline::find(tx, pipeline)? else { return Ok(Vec::new()) };
    let sql = "SELECT body FROM heartbeat WHERE pipeline = ?1 ORDER BY seq DESC LIMIT ?2";
    parse_all("heartbeat", &texts(tx, sql, (row, int(limit as u64)))?)
}

pub(super) fn approvals(
    tx: &Transaction<'_>,
    pipeline: &PipelineName,
    plan: &str,
) -> DbResult<Vec<Approval>> {
    let Some(row) = pipeline::find(tx, pipeline)? else { return Ok(Vec::new()) };
    let sql = "SELECT body FROM approval WHERE pipeline = ?1 AND plan = ?2 ORDER BY seq";
    parse_all("approval", &texts(tx, sql, (row, plan))?)
}

fn texts(tx: &Transaction<'_>, sql: &str, params: impl rusqlite::Params) -> DbResult<Vec<String>> {
    let mut query = tx.prepare_cached(sql)?;
    let texts = query.query_map(params, |row| row.get(0))?.collect::<Result<_, _>>()?;
    Ok(texts)
}

fn parse_all<T: DeserializeOwned>(table: &str, bodies: &[String]) -> DbResult<Vec<T>> {
    bodies.iter().map(|body| parse_json(table, body)).collect()
}
