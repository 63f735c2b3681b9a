//! `history`: what runs did, or the journal of one record.

use serde_json::{Value, json};
use trueup_core::{
    journal::Entry,
    memory::{Approval, Beat},
    name::{ClassId, EntityKey, FieldName},
    value::Cell,
};
use trueup_engine::Account;
use trueup_ports::JournalAsk;

use super::context::{Context, Line};
use crate::{
    args::History,
    output::{
        Answer, Failure, Report, count,
        table::{Column, Table},
    },
};

pub(super) async fn run(context: &Context<'_>, args: &History) -> Result<Answer, Failure> {
    let wired = context.wired_to_memory()?;
    let lines = context.lines(&wired)?;
    match &args.key {
        Some(key) => journal(context, &lines, key, args.limit).await,
        None => runs(context, &lines, args).await,
    }
}

async fn runs(context: &Context<'_>, lines: &[Line], args: &History) -> Result<Answer, Failure> {
    let (mut all, mut has_older) = (Vec::new(), false);
    for line in lines {
        let (store, pipeline) = (&line.engine.store, line.engine.setup.pipeline());
        let mut beats = store.beats(pipeline, args.limit.saturating_add(1)).await?;
        has_older |= beats.len() > args.limit;
        beats.truncate(args.limit);
        for beat in beats {
            let approvals = match &beat.plan {
                Some(plan) => store.approvals(pipeline, plan).await?,
                None => Vec::new(),
            };
            all.push(Op { pipeline: pipeline.to_string(), beat, approvals });
        }
    }
    let text = ops_text(context, &all, args.ops, has_older);
    Ok(Report::done(
        text,
        json!({ "schema": "trueup.history/v1", "runs": all.iter().map(Op::json).collect::<Vec<_>>(), "entries": [] }),
    ))
}

/// One run, with the approvals its plan had.
struct Op {
    pipeline: String,
    beat: Beat,
    approvals: Vec<Approval>,
}

impl Op {
    fn account(&self) -> Option<Account> {
        serde_json::from_value(self.beat.account.clone()).ok()
    }

    fn changes(&self) -> usize {
        self.account().map_or(0, |account| account.changes.values().sum())
    }

    fn undo(&self) -> Option<String> {
        (self.changes() > 0).then(|| format!("trueup undo --run {}", self.beat.run))
    }

    fn json(&self) -> Value {
        json!({
            "pipeline": self.pipeline,
            "run": self.beat.run,
            "command": self.beat.command,
            "started": self.beat.started,
            "ended": self.beat.ended,
            "outcome": self.beat.outcome,
            "plan": self.beat.plan,
            "changes": self.account().map(|account| account.changes),
            "approvals": self.approvals,
            "undo": self.undo(),
        })
    }
}

fn ops_text(context: &Context<'_>, all: &[Op], with_undo: bool, has_older: bool) -> String {
    let last = if with_undo { "UNDO" } else { "PLAN" };
    let mut table = Table::new(&[
        ("RUN", Column::Keep),
        ("PIPELINE", Column::Cut),
        ("DID", Column::Keep),
        ("OUTCOME", Column::Keep),
        ("CHANGES", Column::Keep),
        (last, Column::Keep),
    ]);
    for op in all {
        let plan = op.beat.plan.as_deref().and_then(|plan| plan.get(..8)).unwrap_or("-").to_owned();
        let end = if with_undo { op.undo().unwrap_or_else(|| "-".to_owned()) } else { plan };
        let outcome = word(op.beat.outcome);
        table.row([
            op.beat.run.as_str(),
            &op.pipeline,
            &op.beat.command,
            &outcome,
            &op.changes().to_string(),
            &end,
        ]);
    }
    let mut approvals: Vec<&Approval> = Vec::new();
    for one in all.iter().flat_map(|op| &op.approvals) {
        if !approvals.contains(&one) {
            approvals.push(one);
        }
    }
    let approvals = approvals.into_iter().map(|one| {
        let short = one.plan.get(..8).unwrap_or(&one.plan);
        let about = one.about.as_ref().map(|about| format!(":{about}")).unwrap_or_default();
        format!(
            "{}{about} of plan {short} approved up to {} by {} at {}: {}\n",
            one.halt, one.max, one.by, one.at, one.reason
        )
    });
    let approvals: String = approvals.map(|line| crate::output::shown(line.trim_end()) + "\n").collect();
    table.told(context.terminal, &(approvals + &total(all, has_older)))
}

/// How many runs there are, and how the last change is taken back.
fn total(all: &[Op], has_older: bool) -> String {
    let runs = count(all.len(), "run");
    match all.iter().find_map(Op::undo) {
        None if all.is_empty() => "nothing ran yet: trueup plan".to_owned(),
        Some(undo) => format!("{runs}; the last change is taken back by `{undo}`"),
        None if has_older && all.len() == 1 => "nothing was changed in the newest run".to_owned(),
        None if has_older => format!("nothing was changed in the {} newest runs", all.len()),
        None => format!("{runs}; nothing was changed"),
    }
}

/// A value of an enumeration, as JSON spells it.
pub(super) fn word(value: impl serde::Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

async fn journal(context: &Context<'_>, lines: &[Line], key: &str, limit: usize) -> Result<Answer, Failure> {
    let ask = JournalAsk { entity: Some(EntityKey::new(key)), limit: Some(limit), ..JournalAsk::default() };
    let mut entries: Vec<Entry> = Vec::new();
    for line in lines {
        entries.extend(line.engine.store.journal(line.engine.setup.pipeline(), ask.clone()).await?);
    }
    let mut table = Table::new(&[
        ("WHEN", Column::Keep),
        ("SYSTEM", Column::Keep),
        ("FIELD", Column::Keep),
        ("EVENT", Column::Keep),
        ("CLASS", Column::Keep),
        ("BEFORE", Column::Cut),
        ("AFTER", Column::Cut),
        ("RUN", Column::Keep),
    ]);
    for entry in &entries {
        let draft = &entry.draft;
        let or_dash = |name: Option<&str>| name.unwrap_or("-").to_owned();
        table.row([
            format!("{:.3}", draft.at),
            draft.system.to_string(),
            or_dash(draft.field.as_ref().map(FieldName::as_str)),
            word(draft.event),
            or_dash(draft.class.as_ref().map(ClassId::as_str)),
            cell_text(&draft.before),
            cell_text(&draft.after),
            draft.run.to_string(),
        ]);
    }
    let last = match entries.len() {
        0 => format!("nothing was ever written for {key}"),
        number => format!("{} of {key}", count(number, "entry").replace("entrys", "entries")),
    };
    let text = table.told(context.terminal, &last);
    Ok(Report::done(
        text,
        json!({ "schema": "trueup.history/v1", "runs": [], "entries": entries.iter().map(entry_json).collect::<Vec<_>>() }),
    ))
}

/// A journal entry for programs.
pub(super) fn entry_json(entry: &Entry) -> Value {
    let draft = &entry.draft;
    json!({
        "seq": entry.seq,
        "run": draft.run,
        "at": draft.at,
        "system": draft.system,
        "entity": draft.entity,
        "remote": draft.remote,
        "field": draft.field,
        "column": draft.column,
        "class": draft.class,
        "event": draft.event,
        "before": cell_json(&draft.before),
        "after": cell_json(&draft.after),
        "canonical": cell_json(&draft.canonical),
        "request": draft.intent,
        "evidence": draft.evidence,
    })
}

/// A cell for programs: what is not known says so.
pub(super) fn cell_json(cell: &Cell) -> Value {
    let (is, value) = match cell {
        Cell::Absent => ("absent", None),
        Cell::Unreadable(_) => ("unreadable", None),
        Cell::Null => ("null", None),
        Cell::Empty => ("empty", None),
        Cell::Value(_) => ("value", cell.to_text()),
    };
    json!({ "is": is, "value": value, "why": cell.trouble().map(|trouble| &trouble.why) })
}

/// A cell for people.
pub(super) fn cell_text(cell: &Cell) -> String {
    match cell {
        Cell::Absent => "(not known)".to_owned(),
        Cell::Unreadable(trouble) => format!("(unreadable: {})", trouble.why),
        Cell::Null | Cell::Empty => "(nothing)".to_owned(),
        Cell::Value(value) => format!("\"{value}\""),
    }
}
