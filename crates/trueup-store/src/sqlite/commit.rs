//! A commit: the fence, the rules, every note, the serial, in one transaction.

use trueup_core::{
    journal::Intent,
    memory::{FieldKey, Note},
    name::{IntentId, PipelineName},
};
use trueup_ports::Fence;

use super::{
    codec::{int, json, parse_int, time},
    creates,
    error::DbResult,
    hints, journal, lease, links, load, people,
    pipeline::{self, PipelineRow},
    plans,
    side::Mark,
    transaction::Transaction,
};
use crate::{
    Host,
    admit::{Standing, admit, needs_standing},
};

/// Gives the pipeline's serial, and the store's mark if the serial moved.
pub(super) fn commit(
    tx: &Transaction<'_>,
    host: &Host,
    pipeline: &PipelineName,
    fence: Option<&Fence>,
    notes: &[Note],
) -> DbResult<(u64, Option<Mark>)> {
    let row = pipeline::id(tx, pipeline)?;
    let now = lease::now(tx, host)?;
    if let Some(fence) = fence {
        lease::check(tx, row, fence, now)?;
    }
    if needs_standing(notes) {
        let open = load::intents(tx, row)?;
        let intents = open.iter().map(|(id, intent)| (id.clone(), intent.link_key())).collect();
        let (creates, links) = (creates::concerned(tx, row, notes)?, links::of_creates(tx, row, notes)?);
        admit(Standing { intents, creates, links }, fence, notes)?;
    }
    let writer = Writer { tx, row, host, now: time(now) };
    notes.iter().try_for_each(|note| writer.note(note))?;
    links::refuse_shared_records(tx, row, notes)?;
    let mark = if notes.iter().any(Note::moves_serial) { Some(move_serial(tx, row)?) } else { None };
    let serial =
        tx.prepare_cached("SELECT serial FROM pipeline WHERE id = ?1")?.query_row([row], |row| row.get(0))?;
    Ok((parse_int("pipeline", serial)?, mark))
}

fn move_serial(tx: &Transaction<'_>, row: PipelineRow) -> DbResult<Mark> {
    run(tx, "UPDATE pipeline SET serial = serial + 1 WHERE id = ?1", [row])?;
    run(tx, "UPDATE meta SET serial = serial + 1", [])?;
    Mark::of(tx)
}

struct Writer<'a> {
    tx: &'a Transaction<'a>,
    row: PipelineRow,
    host: &'a Host,
    now: String,
}

impl Writer<'_> {
    fn note(&self, note: &Note) -> DbResult<()> {
        let (tx, row) = (self.tx, self.row);
        match note {
            Note::Tenant(system, account) => self.run(
                "INSERT OR IGNORE INTO tenant (pipeline, system, account) VALUES (?1, ?2, ?3)",
                (row, system.as_str(), account),
            ),
            Note::Applied { config_hash, canonical_count } => self.run(
                "UPDATE pipeline SET config_hash = ?2, canonical_count = ?3 WHERE id = ?1",
                (row, config_hash, int(*canonical_count as u64)),
            ),
            Note::Layout(layout) => self.run("UPDATE pipeline SET layout = ?2 WHERE id = ?1", (row, layout)),
            Note::Cursor(system, position) => hints::set_cursor(tx, row, system, position),
            Note::Event(event) => hints::take_in(tx, row, event),
            Note::Touch(key, at) => hints::touch(tx, row, key, *at),
            Note::Looked(key, told) => hints::looked(tx, row, key, *told),
            Note::Vain(key, told, at) => hints::vain(tx, row, (key, *told), *at),
            Note::ForgetEvents(before) => hints::forget_events(tx, row, *before),
            Note::Link(link) | Note::Observed(link) => links::save(tx, row, link),
            Note::ForgetBase(key) => links::forget_base(tx, row, key),
            Note::Intend(intent) => self.intend(intent),
            Note::Sent(intent) => self.sent(intent),
            Note::Settle(id) => self.settle(id),
            Note::Journal(draft) => journal::append(tx, row, (**draft).clone(), self.host.salt()),
            Note::Findings(..) => people::replace_findings(tx, row, note),
            Note::Found(run, finding) => people::add_finding(tx, row, run, finding),
            Note::Conflict(key, conflict) => people::put_conflict(tx, row, key, conflict),
            Note::Park(key, parked) => people::PARKED.put(tx, row, key, parked),
            Note::Unpark(key) => people::PARKED.take(tx, row, key).map(drop),
            Note::Hold(key, hold) => people::HOLD.put(tx, row, key, hold),
            Note::Release(key) => self.release(key),
            Note::Decide(key, decision) => people::decide(tx, row, key, decision),
            Note::Alarm(channel, alarm) => people::set_alarm(tx, row, channel, alarm.as_ref()),
            Note::Plan(plan) => plans::keep(tx, row, plan),
            Note::Beat(beat) => plans::beat(tx, row, beat),
            Note::Approve(approval) => plans::approve(tx, row, approval),
            Note::Create(create) => creates::put(tx, row, create),
            Note::Forget(key) => creates::forget(tx, row, key),
        }
    }

    fn intend(&self, intent: &Intent) -> DbResult<()> {
        self.put_intent(
            "INSERT INTO intent (pipeline, id, run, system, entity, epoch, verb, watermark, sent, body)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
            intent,
        )
    }

    fn sent(&self, intent: &Intent) -> DbResult<()> {
        self.put_intent(
            "UPDATE intent SET run = ?3, system = ?4, entity = ?5, epoch = ?6, verb = ?7, watermark = ?8, sent = ?9,
             body = ?10 WHERE pipeline = ?1 AND id = ?2 AND settled IS NULL",
            intent,
        )
    }

    fn put_intent(&self, sql: &str, intent: &Intent) -> DbResult<()> {
        let Intent { id, run, epoch, change, watermark, sent } = intent;
        self.run(
            sql,
            (
                self.row,
                id.as_str(),
                run.as_str(),
                change.system.as_str(),
                change.entity.as_str(),
                int(*epoch),
                change.act.verb(),
                watermark.map(time),
                sent.map(time),
                json(change)?,
            ),
        )
    }

    fn settle(&self, id: &IntentId) -> DbResult<()> {
        self.run(
            "UPDATE intent SET settled = ?3, body = NULL WHERE pipeline = ?1 AND id = ?2 AND settled IS NULL",
            (self.row, id.as_str(), &self.now),
        )
    }

    // A hold on a whole record stands for an undone create: with it goes the tombstone it left.
    fn release(&self, key: &FieldKey) -> DbResult<()> {
        let held = people::HOLD.take(self.tx, self.row, key)?;
        if held && key.field.as_str().is_empty() {
            links::forget_gone(self.tx, self.row, &key.link)
        } else {
            Ok(())
        }
    }

    fn run(&self, sql: &str, params: impl rusqlite::Params) -> DbResult<()> {
        run(self.tx, sql, params)
    }
}

/// Runs one prepared statement that gives no rows.
pub(super) fn run(tx: &Transaction<'_>, sql: &str, params: impl rusqlite::Params) -> DbResult<()> {
    tx.prepare_cached(sql)?.execute(params)?;
    Ok(())
}
