//! `approve`: lets one halt of one plan pass, up to a ceiling, with a reason.

use serde_json::json;
use trueup_core::{
    guard::{Halt, Rule, handle, named},
    memory::{Approval, Note},
    plan::Plan,
};

use super::{context::Context, kept};
use crate::{
    args::Approve,
    host::person,
    output::{Answer, Failure, Report, shown},
};

pub(super) async fn run(context: &Context<'_>, args: &Approve) -> Result<Answer, Failure> {
    let wired = context.wired()?;
    let lines = context.lines(&wired)?;
    can_be_approved(&args.halt)?;
    if args.reason.trim().is_empty() {
        return Err(
            Failure::usage("no_reason", "an approval needs a reason").help("--reason \"why it is right\"")
        );
    }
    let (line, plan) = kept::need(&lines, &args.plan).await?;
    let halts = line.engine.halts(&plan).await?;
    let halt = one(&args.halt, &halts, &plan)?;
    if args.max < halt.count {
        return Err(too_low(args, halt, &plan));
    }
    let approval = Approval {
        plan: plan.id.clone(),
        halt: halt.rule.name().to_owned(),
        system: halt.system.clone(),
        about: halt.about.clone(),
        max: args.max,
        reason: args.reason.clone(),
        by: person(),
        at: wired.world.now(),
    };
    let notes = vec![Note::Approve(approval.clone())];
    line.engine.store.commit(line.engine.setup.pipeline(), None, notes).await?;
    let short = plan.short_id();
    let text = format!(
        "{} of plan {short} may pass up to {}, by {}: {}\nnext: trueup apply {short}",
        handle(halt, &halts),
        approval.max,
        shown(&approval.by),
        shown(&approval.reason),
    );
    Ok(Report::done(text, json!({ "schema": "trueup.approval/v1", "approval": approval })))
}

/// What can be known of a name without looking at any system.
fn can_be_approved(name: &str) -> Result<(), Failure> {
    let rule = name.split([':', '@']).next().unwrap_or(name);
    match Rule::by_name(rule) {
        Some(rule) if rule.can_be_approved() => Ok(()),
        Some(rule) => Err(Failure::usage(
            "never_approved",
            format!("a halt by {rule} cannot be approved: what was read cannot be believed"),
        )
        .help("trueup check --connect")),
        None => {
            let all: Vec<&str> =
                Rule::ALL.into_iter().filter(|rule| rule.can_be_approved()).map(Rule::name).collect();
            Err(Failure::usage("unknown_halt", format!("there is no halt '{rule}'"))
                .help(format!("use one of: {}", all.join(", "))))
        }
    }
}

/// The one halt that is meant.
fn one<'a>(name: &str, halts: &'a [Halt], plan: &Plan) -> Result<&'a Halt, Failure> {
    let short = plan.short_id();
    let handles = |halts: &[&Halt], all: &[Halt]| {
        let names: Vec<String> = halts.iter().map(|halt| handle(halt, all)).collect();
        names.join(", ")
    };
    match named(name, halts).as_slice() {
        [one] => Ok(one),
        [] => {
            let all: Vec<&Halt> = halts.iter().collect();
            let has = if all.is_empty() { "none".to_owned() } else { handles(&all, halts) };
            Err(Failure::usage("no_such_halt", format!("plan {short} has no halt '{name}'; it has: {has}"))
                .help(format!("trueup show {short}")))
        }
        several => Err(Failure::usage(
            "which_halt",
            format!("plan {short} has {} halts '{name}', and an approval is for one", several.len()),
        )
        .help(format!("name one of: {}", handles(several, halts)))),
    }
}

fn too_low(args: &Approve, halt: &Halt, plan: &Plan) -> Failure {
    let text = format!("a ceiling of {} does not let it pass: {}", args.max, halt.what);
    Failure::usage("ceiling_too_low", text).help(format!(
        "trueup approve {} --halt {} --max {} --reason \"…\"",
        plan.short_id(),
        args.halt,
        halt.count
    ))
}
