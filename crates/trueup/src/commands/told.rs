//! How runs and plans are told.

use serde_json::Value;
use trueup_core::{
    guard::{Halt, Rule, Verdict, handle},
    memory::{Beat, Outcome},
    name::FieldName,
    plan::Plan,
    render::{self, Detail, Options, Ruling},
    setup::Setup,
};
use trueup_engine::{Account, account::Overtaken};

use crate::output::{Failure, Terminal, count, shown};

/// So many superseded records are named; a run rarely meets more than one.
const NAMED: usize = 20;

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

/// What a recorded run told of itself; `None` for one that another version of the program recorded.
pub(super) fn account_of(beat: &Beat) -> Option<Account> {
    serde_json::from_value(beat.account.clone()).ok()
}

/// A run as JSON.
pub(super) fn account_json(account: &Account) -> Value {
    serde_json::to_value(account).unwrap_or_default()
}

/// A run as text; the last line says what to do next. `stands` says whether its plan can still be applied.
pub(super) fn account_text(account: &Account, pipeline: &str, stands: bool) -> String {
    let mut lines = vec![done(account, pipeline)];
    lines.extend(account.error.iter().map(|error| format!("error: {}", shown(error))));
    if account.outcome == Outcome::Failed {
        lines.push("help: trueup check --connect".to_owned());
    }
    lines.extend(account.halts.iter().map(halt_text));
    lines.extend(unfinished(account));
    lines.extend(waiting(account));
    lines.extend(help(account, stands));
    lines.join("\n")
}

fn done(account: &Account, pipeline: &str) -> String {
    let of = |verb: &str| account.changes.get(verb).copied().unwrap_or_default();
    if !account.changed_anything() {
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

/// A halt, and who let it pass if somebody did.
fn halt_text(halt: &Halt) -> String {
    let verb = halt.verb.as_deref().unwrap_or("everything");
    let what = format!("{}: {} ({verb} on {})", halt.rule, shown(&halt.what), halt.system);
    match &halt.approved {
        Some(approval) => {
            format!("passed {what}, approved by {} up to {}", shown(&approval.by), approval.max)
        }
        None => format!("halted by {what}"),
    }
}

/// Why a plan is not applied, with the command that lets this halt pass.
pub(super) fn halted(plan: &Plan, halt: &Halt, all: &[Halt]) -> Failure {
    let text = format!("nothing was applied: {}", halt_text(halt));
    let help = if halt.rule.can_be_approved() {
        approve(plan.short_id(), halt, all)
    } else {
        "trueup plan".to_owned()
    };
    Failure::halted("halted", text).help(help)
}

fn approve(short: &str, halt: &Halt, all: &[Halt]) -> String {
    format!("trueup approve {short} --halt {} --max {} --reason \"…\"", handle(halt, all), halt.count)
}

/// The commands that let what was halted pass.
fn help(account: &Account, stands: bool) -> Vec<String> {
    let short = account.plan.as_deref().map(|plan| plan.get(..8).unwrap_or(plan));
    let halted: Vec<&Halt> = account.halts.iter().filter(|halt| halt.approved.is_none()).collect();
    let approvable = halted.iter().filter(|halt| halt.rule.can_be_approved());
    match short {
        Some(_) if halted.is_empty() => Vec::new(),
        // What cannot be approved stops all the rest as well.
        Some(_) if approvable.clone().next().is_none() => vec!["help: trueup plan".to_owned()],
        Some(short) if !stands => {
            let what = if account.changed_anything() { "the rest was done, so " } else { "" };
            vec![format!("help: {what}plan {short} is over; make and read a new one: trueup plan")]
        }
        // A changed configuration asks for the plan to be read, and not for an approval.
        Some(short) if halted.iter().any(|halt| halt.rule == Rule::ConfigChanged) => {
            vec![format!("help: trueup show {short}, then trueup apply {short}")]
        }
        Some(short) => {
            approvable.map(|halt| format!("help: {}", approve(short, halt, &account.halts))).collect()
        }
        None => Vec::new(),
    }
}

fn unfinished(account: &Account) -> Vec<String> {
    let overtaken = account.overtaken.iter().take(NAMED).map(overtaken);
    let more = account.overtaken.len().saturating_sub(NAMED);
    let more = (more > 0).then(|| format!("… and {more} more; `--json` names them all"));
    let parts = [
        (account.superseded, "superseded: somebody else changed it first, nothing was sent"),
        (account.open, "may still land and is looked at again first"),
        (account.not_done, "not done, planned anew by `trueup run`"),
    ];
    let counts = parts.into_iter().filter(|(number, _)| *number > 0);
    let counts = counts.map(|(number, what)| format!("{number} {what}"));
    overtaken.chain(more).chain(counts).collect()
}

fn overtaken(one: &Overtaken) -> String {
    let fields: Vec<&str> = one.fields.iter().map(FieldName::as_str).collect();
    let fields = if fields.is_empty() { String::new() } else { format!("{} of ", fields.join(", ")) };
    format!("superseded {fields}{} on {}", shown(one.entity.as_str()), one.system)
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
