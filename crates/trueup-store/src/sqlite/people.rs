//! What waits for people or was said by them: findings, conflicts, parked and held fields, decisions,
//! the alarm.

use std::collections::BTreeMap;

use serde::{Serialize, de::DeserializeOwned};
use trueup_core::{
    memory::{Alarm, Conflict, Decision, FieldKey, LinkKey, Memory, Note, Opened},
    name::{ClassId, EntityKey, FieldName, RunId, SystemName},
    plan::{Finding, FindingKey},
    value::PrintKey,
};

use super::{
    codec::{Columns, json, parse_json},
    commit::run,
    error::DbResult,
    pipeline::PipelineRow,
    transaction::Transaction,
};

/// A table of one value for each field of each entity in each system.
pub(super) struct FieldTable(&'static str);

pub(super) const PARKED: FieldTable = FieldTable("parked");
pub(super) const HOLD: FieldTable = FieldTable("hold");

impl FieldTable {
    pub(super) fn put(
        &self,
        tx: &Transaction<'_>,
        row: PipelineRow,
        key: &FieldKey,
        value: &impl Serialize,
    ) -> DbResult<()> {
        let sql = format!(
            "INSERT OR REPLACE INTO {} (pipeline, system, entity, field, body) VALUES (?1, ?2, ?3, ?4, ?5)",
            self.0
        );
        let (system, entity, field) = columns(key);
        run(tx, &sql, (row, system, entity, field, json(value)?))
    }

    /// Removes a value; tells whether there was one.
    pub(super) fn take(&self, tx: &Transaction<'_>, row: PipelineRow, key: &FieldKey) -> DbResult<bool> {
        let sql = format!(
            "DELETE FROM {} WHERE pipeline = ?1 AND system = ?2 AND entity = ?3 AND field = ?4",
            self.0
        );
        let (system, entity, field) = columns(key);
        Ok(tx.prepare_cached(&sql)?.execute((row, system, entity, field))? > 0)
    }

    pub(super) fn load<T: DeserializeOwned>(
        &self,
        tx: &Transaction<'_>,
        row: PipelineRow,
    ) -> DbResult<BTreeMap<FieldKey, T>> {
        let sql = format!("SELECT system, entity, field, body FROM {} WHERE pipeline = ?1", self.0);
        let mut query = tx.prepare_cached(&sql)?;
        let rows = query.query_and_then([row], |row| -> DbResult<_> {
            let mut columns = Columns::of(row);
            Ok((field_key(&mut columns)?, parse_json(self.0, columns.text()?)?))
        })?;
        rows.collect()
    }
}

fn columns(key: &FieldKey) -> (&str, &str, &str) {
    (key.link.system.as_str(), key.link.entity.as_str(), key.field.as_str())
}

/// System, entity, field.
fn field_key(columns: &mut Columns<'_>) -> DbResult<FieldKey> {
    let link = LinkKey { system: SystemName::new(columns.text()?), entity: EntityKey::new(columns.text()?) };
    Ok(FieldKey { link, field: FieldName::new(columns.text()?) })
}

/// Class, system, subject.
fn finding_key(columns: &mut Columns<'_>) -> DbResult<FindingKey> {
    Ok(FindingKey {
        class: ClassId::new(columns.text()?),
        system: SystemName::new(columns.text()?),
        subject: columns.get()?,
    })
}

/// Replaces the open findings, by the meaning that [`Memory::apply`] gives to the note.
pub(super) fn replace_findings(tx: &Transaction<'_>, row: PipelineRow, note: &Note) -> DbResult<()> {
    let mut memory = Memory::new(String::new(), PrintKey::new([0; 32]));
    memory.findings = findings(tx, row)?;
    memory.apply(note);
    run(tx, "DELETE FROM finding WHERE pipeline = ?1", [row])?;
    memory.findings.values().try_for_each(|Opened { item, since }| add_finding(tx, row, since, item))
}

/// Adds one to the open findings. One that is still there keeps the run that first saw it.
pub(super) fn add_finding(
    tx: &Transaction<'_>,
    row: PipelineRow,
    since: &RunId,
    finding: &Finding,
) -> DbResult<()> {
    let FindingKey { class, system, subject } = &finding.key;
    run(
        tx,
        "INSERT INTO finding (pipeline, class, system, subject, since, body) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT (pipeline, class, system, subject) DO UPDATE SET body = excluded.body",
        (row, class.as_str(), system.as_str(), subject, since.as_str(), json(finding)?),
    )
}

pub(super) fn findings(
    tx: &Transaction<'_>,
    row: PipelineRow,
) -> DbResult<BTreeMap<FindingKey, Opened<Finding>>> {
    let mut query =
        tx.prepare_cached("SELECT class, system, subject, since, body FROM finding WHERE pipeline = ?1")?;
    let rows = query.query_and_then([row], |row| -> DbResult<_> {
        let mut columns = Columns::of(row);
        let (key, since) = (finding_key(&mut columns)?, RunId::new(columns.text()?));
        Ok((key, Opened { item: parse_json("finding", columns.text()?)?, since }))
    })?;
    rows.collect()
}

/// Shows an open conflict again, closes it, or opens a new one above those that were closed.
pub(super) fn put_conflict(
    tx: &Transaction<'_>,
    row: PipelineRow,
    key: &FieldKey,
    conflict: &Conflict,
) -> DbResult<()> {
    let Conflict { claims, why, opened, closed } = conflict;
    let (system, entity, field) = columns(key);
    let params = (row, system, entity, field, json(claims)?, why, opened.as_str(), closed);
    let updated = tx
        .prepare_cached(
            "UPDATE conflict SET claims = ?5, why = ?6, opened = ?7, closed = ?8
             WHERE id = (SELECT max(id) FROM conflict
                         WHERE pipeline = ?1 AND system = ?2 AND entity = ?3 AND field = ?4)
               AND (closed IS NULL OR opened = ?7)",
        )?
        .execute(params.clone())?;
    if updated > 0 {
        return Ok(());
    }
    run(
        tx,
        "INSERT INTO conflict (pipeline, system, entity, field, claims, why, opened, closed)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        params,
    )
}

/// The newest conflict of each field.
pub(super) fn conflicts(tx: &Transaction<'_>, row: PipelineRow) -> DbResult<BTreeMap<FieldKey, Conflict>> {
    let mut query = tx.prepare_cached(
        "SELECT system, entity, field, claims, why, opened, closed FROM conflict WHERE pipeline = ?1 ORDER BY id",
    )?;
    let rows = query.query_and_then([row], |row| -> DbResult<_> {
        let mut columns = Columns::of(row);
        let key = field_key(&mut columns)?;
        let conflict = Conflict {
            claims: parse_json("conflict", columns.text()?)?,
            why: columns.get()?,
            opened: RunId::new(columns.text()?),
            closed: columns.get()?,
        };
        Ok((key, conflict))
    })?;
    rows.collect()
}

pub(super) fn decide(
    tx: &Transaction<'_>,
    row: PipelineRow,
    key: &FindingKey,
    decision: &Decision,
) -> DbResult<()> {
    run(
        tx,
        "INSERT OR REPLACE INTO decision (pipeline, class, system, subject, body) VALUES (?1, ?2, ?3, ?4, ?5)",
        (row, key.class.as_str(), key.system.as_str(), &key.subject, json(decision)?),
    )
}

pub(super) fn decisions(tx: &Transaction<'_>, row: PipelineRow) -> DbResult<BTreeMap<FindingKey, Decision>> {
    let mut query =
        tx.prepare_cached("SELECT class, system, subject, body FROM decision WHERE pipeline = ?1")?;
    let rows = query.query_and_then([row], |row| -> DbResult<_> {
        let mut columns = Columns::of(row);
        Ok((finding_key(&mut columns)?, parse_json("decision", columns.text()?)?))
    })?;
    rows.collect()
}

pub(super) fn set_alarm(
    tx: &Transaction<'_>,
    row: PipelineRow,
    channel: &str,
    alarm: Option<&Alarm>,
) -> DbResult<()> {
    match alarm {
        Some(Alarm { what, since }) => run(
            tx,
            "INSERT OR REPLACE INTO alarm (pipeline, channel, what, since) VALUES (?1, ?2, ?3, ?4)",
            (row, channel, what, since.as_str()),
        ),
        None => run(tx, "DELETE FROM alarm WHERE pipeline = ?1 AND channel = ?2", (row, channel)),
    }
}
