//! `undo`: takes a run, a record, a field or a time back, as a plan through the same guard.

use trueup_core::{
    journal::Event,
    name::{EntityKey, FieldName, RunId},
    plan::Plan,
    render::Detail,
};
use trueup_ports::JournalAsk;

use super::{
    apply,
    context::{Context, Line},
    told,
};
use crate::{
    args::Undo,
    output::{Answer, Failure, Report, shown},
};

/// How many entries of the journal are looked through for one that changed something.
const ENTRIES: usize = 10_000;

pub(super) async fn run(context: &Context<'_>, args: &Undo) -> Result<Answer, Failure> {
    let wired = context.wired()?;
    let line = context.line(&wired)?;
    let Some(ask) = ask(&line, args).await? else {
        return Ok(nothing(&line, "nothing to undo: no run changed anything"));
    };
    let planned = line.engine.plan_undo(ask).await?;
    let left = left_alone(&planned.plan);
    if planned.plan.is_empty() {
        let mut text = left.join("\n");
        text += if left.is_empty() {
            "nothing to undo: every field was restored or never changed"
        } else {
            "\nnothing can be undone"
        };
        return Ok(nothing(&line, &text));
    }
    if !context.terminal.json() {
        let text = told::plan_text(
            &planned.plan,
            Some(&planned.verdict),
            &line.engine.setup,
            context.terminal,
            Detail::Folded,
        );
        context.terminal.print(&(text + &left.join("\n")));
    }
    apply::one(context, &line, &planned.plan, args.yes).await
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
    let last = entries.into_iter().rev().find(|entry| changed_something(entry.draft.event));
    Ok(last.map(|entry| JournalAsk { run: Some(entry.draft.run), ..JournalAsk::default() }))
}

const fn changed_something(event: Event) -> bool {
    matches!(event, Event::Landed | Event::Created | Event::Archived)
}

/// What cannot be undone, and why.
fn left_alone(plan: &Plan) -> Vec<String> {
    let notes = plan
        .report
        .notes
        .iter()
        .map(|note| format!("cannot undo {}: {}", shown(&note.subject), shown(&note.what)));
    let conflicts = plan.conflicts.iter().map(|one| {
        format!(
            "cannot undo {} of {} on {}: it was changed since",
            shown(one.field.as_str()),
            shown(one.entity.as_str()),
            one.system
        )
    });
    notes.chain(conflicts).collect()
}

fn nothing(line: &Line, text: &str) -> Answer {
    let json = serde_json::json!({
        "schema": "trueup.applied/v1",
        "exit": 0,
        "pipeline": line.engine.setup.pipeline(),
        "applied_before": false,
        "run": null,
    });
    Report::done(text, json)
}
