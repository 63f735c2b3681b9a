//! `undo`: takes a run, a record, a field or a time back, as a plan through the same guard.

use trueup_core::{
    name::{EntityKey, FieldName, RunId},
    render::Detail,
    undo::is_effect,
};
use trueup_engine::{Engine, account::left_alone};
use trueup_ports::JournalAsk;

use super::{
    apply::{self, Read},
    context::{Context, Line},
    rollback,
    show::unknown,
    told,
    why::field,
};
use crate::{
    args::Undo,
    output::{Answer, Failure, Report, shown},
};

/// How many runs are looked through for one that was named and changed nothing.
const RUNS: usize = 1_000;
/// How many entries of the journal are looked through for one that changed something.
const ENTRIES: usize = 10_000;

pub(super) async fn run(context: &Context<'_>, args: &Undo) -> Result<Answer, Failure> {
    let wired = context.wired()?;
    rollback::refuse(&wired)?;
    let line = context.line(&wired)?;
    known(&line.engine, args).await?;
    let Some(ask) = ask(&line, args).await? else {
        return Ok(nothing(&line, "nothing to undo: no run changed anything"));
    };
    let planned = line.engine.plan_undo(ask).await?;
    let left: Vec<String> =
        left_alone(&planned.plan).iter().map(|one| format!("cannot undo {}\n", shown(one))).collect();
    if planned.plan.is_empty() && left.is_empty() {
        return Ok(nothing(&line, "nothing to undo: every field was restored or never changed"));
    }
    if !context.terminal.json() {
        let text = told::plan_text(
            &planned.plan,
            Some(&planned.verdict),
            &line.engine.setup,
            context.terminal,
            Detail::Folded,
        );
        context.terminal.print(&(text + &left.concat()));
    }
    apply::one(context, &line, &planned.plan, args.yes, Read::Shown(&planned.verdict)).await
}

/// Refuses a run, a record or a field that does not exist: nothing to undo would be said of any of them.
async fn known(engine: &Engine, args: &Undo) -> Result<(), Failure> {
    if let Some(run) = &args.run {
        known_run(engine, run).await?;
    }
    if let Some(record) = &args.record {
        known_record(engine, &EntityKey::new(record)).await?;
    }
    args.field.as_deref().map_or(Ok(()), |name| field(&engine.setup, name).map(drop))
}

async fn known_run(engine: &Engine, run: &str) -> Result<(), Failure> {
    let pipeline = engine.setup.pipeline();
    let beats = engine.store.beats(pipeline, RUNS).await?;
    // What was killed left no account, and a person's decision none either.
    let ask = JournalAsk { run: Some(RunId::new(run)), limit: Some(1), ..JournalAsk::default() };
    if beats.iter().any(|beat| beat.run.as_str() == run)
        || !engine.store.journal(pipeline, ask).await?.is_empty()
    {
        return Ok(());
    }
    Err(Failure::usage("unknown_run", format!("there is no run '{run}'")).help("trueup history --ops"))
}

async fn known_record(engine: &Engine, key: &EntityKey) -> Result<(), Failure> {
    let pipeline = engine.setup.pipeline();
    let memory = engine.store.memory(pipeline).await?;
    let ask = JournalAsk { entity: Some(key.clone()), limit: Some(1), ..JournalAsk::default() };
    let is_known = memory.links.keys().any(|link| link.entity == *key)
        || !engine.store.journal(pipeline, ask).await?.is_empty();
    if is_known { Ok(()) } else { Err(unknown(&memory, key)) }
}

async fn ask(line: &Line, args: &Undo) -> Result<Option<JournalAsk>, Failure> {
    let chosen = JournalAsk {
        run: args.run.as_deref().map(RunId::new),
        entity: args.record.as_deref().map(EntityKey::new),
        field: args.field.as_deref().map(FieldName::new),
        since: args.since,
        limit: None,
    };
    if chosen != JournalAsk::default() {
        return Ok(Some(chosen));
    }
    // The journal knows a run by what it changed, also one that was killed, or whose writes a later run
    // saw land: neither could count them itself.
    let newest = JournalAsk { limit: Some(ENTRIES), ..JournalAsk::default() };
    let entries = line.engine.store.journal(line.engine.setup.pipeline(), newest).await?;
    let last = entries.into_iter().rev().find(|entry| is_effect(&entry.draft));
    Ok(last.map(|entry| JournalAsk { run: Some(entry.draft.run), ..JournalAsk::default() }))
}

fn nothing(line: &Line, text: &str) -> Answer {
    let json = serde_json::json!({
        "schema": "trueup.applied/v1",
        "exit": 0,
        "pipeline": line.engine.setup.pipeline(),
        "applied_before": false,
        "left_alone": [],
        "run": null,
    });
    Report::done(text, json)
}
