//! How runs and plans are told.

use serde_json::Value;
use trueup_core::{
    guard::{Halt, Verdict},
    memory::Outcome,
    plan::Plan,
    render::{self, Detail, Options, Ruling},
    setup::Setup,
};
use trueup_engine::Account;

use crate::output::{Terminal, count, shown};

/// A plan as text.
pub(super) fn plan_text(
    plan: &Plan,
    verdict: Option<&Verdict>,
    setup: &Setup,
    terminal: &Terminal,
    detail: Detail,
) -> String {
    let options = Options { width: terminal.width(), style: terminal.style(), detail, redacted: false };
    let ruling = verdict.map(Ruling::from);
    render::text(plan, ruling.as_ref(), setup, &options)
}

/// A plan as JSON.
pub(super) fn plan_json(plan: &Plan, verdict: Option<&Verdict>, setup: &Setup) -> Value {
    let ruling = verdict.map(Ruling::from);
    render::json(plan, ruling.as_ref(), setup, false)
}

/// A run as JSON.
pub(super) fn account_json(account: &Account) -> Value {
    serde_json::to_value(account).unwrap_or_default()
}

/// A run as text; the last line says what to do next.
pub(super) fn account_text(account: &Account, pipeline: &str) -> String {
    let mut lines = vec![done(account, pipeline)];
    lines.extend(account.error.iter().map(|error| format!("error: {}", shown(error))));
    if account.outcome == Outcome::Failed {
        lines.push("help: trueup check --connect".to_owned());
    }
    lines.extend(account.halts.iter().map(|halt| halt_text(halt, account.plan.as_deref())));
    lines.extend(unfinished(account));
    lines.extend(waiting(account));
    lines.join("\n")
}

fn done(account: &Account, pipeline: &str) -> String {
    let of = |verb: &str| account.changes.get(verb).copied().unwrap_or_default();
    if account.changes.values().all(|count| *count == 0) {
        return format!("{pipeline}: nothing was changed");
    }
    let classes: Vec<String> =
        account.classes.iter().map(|(class, count)| format!("{class} {count}")).collect();
    let classes = if classes.is_empty() { String::new() } else { format!(" · {}", classes.join(", ")) };
    format!(
        "{pipeline}: {} updated, {} created, {} archived{classes}",
        of("update"),
        of("create"),
        of("archive")
    )
}

/// A halt with the command that lets it pass, where one does.
pub(super) fn halt_text(halt: &Halt, plan: Option<&str>) -> String {
    let verb = halt.verb.as_deref().unwrap_or("everything");
    let what = format!("{}: {} ({verb} on {})", halt.rule, shown(&halt.what), halt.system);
    // A changed configuration asks for the plan to be read, which `run` says, and not for an approval.
    let approvable = halt.rule.can_be_approved() && halt.rule.name() != "config_changed";
    match (&halt.approved, plan) {
        (Some(approval), _) => {
            format!("passed {what}, approved by {} up to {}", shown(&approval.by), approval.max)
        }
        (None, Some(plan)) if approvable => {
            let short = plan.get(..8).unwrap_or(plan);
            format!(
                "halted by {what}\nhelp: trueup approve {short} --halt {} --max {} --reason \"…\"",
                halt.rule, halt.count
            )
        }
        (None, _) => format!("halted by {what}"),
    }
}

fn unfinished(account: &Account) -> Vec<String> {
    let parts = [
        (account.superseded, "superseded: somebody else changed it first, nothing was sent"),
        (account.open, "may still land and is looked at again first"),
        (account.not_done, "not done, planned anew by `trueup run`"),
    ];
    parts
        .into_iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, what)| format!("{number} {what}"))
        .collect()
}

fn waiting(account: &Account) -> Option<String> {
    let findings: usize = account.findings.values().sum();
    let parts = [(findings, "finding"), (account.conflicts, "conflict")]
        .map(|(number, noun)| (number, count(number, noun)));
    let more = [
        (account.parked, format!("{} parked", account.parked)),
        (account.held, format!("{} held", account.held)),
    ];
    let parts: Vec<String> =
        parts.into_iter().chain(more).filter(|(number, _)| *number > 0).map(|(_, text)| text).collect();
    (!parts.is_empty()).then(|| format!("for a person: {}; see `trueup review`", parts.join(", ")))
}
