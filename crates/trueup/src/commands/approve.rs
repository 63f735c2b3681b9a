//! `approve`: lets one halt of one plan pass, up to a ceiling, with a reason.

use serde_json::json;
use trueup_core::{
    guard::Rule,
    memory::{Approval, Note},
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
    let rule = rule(&args.halt)?;
    if args.reason.trim().is_empty() {
        return Err(
            Failure::usage("no_reason", "an approval needs a reason").help("--reason \"why it is right\"")
        );
    }
    let (line, plan) = kept::need(&lines, &args.plan).await?;
    let approval = Approval {
        plan: plan.id.clone(),
        halt: rule.name().to_owned(),
        max: args.max,
        reason: args.reason.clone(),
        by: person(),
        at: wired.world.now(),
    };
    line.engine
        .store
        .commit(line.engine.setup.pipeline(), None, vec![Note::Approve(approval.clone())])
        .await?;
    let short = plan.short_id();
    let text = format!(
        "{} of plan {short} may pass up to {}, by {}: {}\nnext: trueup apply {short}",
        approval.halt,
        approval.max,
        shown(&approval.by),
        shown(&approval.reason),
    );
    Ok(Report::done(text, json!({ "schema": "trueup.approval/v1", "approval": approval })))
}

fn rule(name: &str) -> Result<Rule, Failure> {
    let all: Vec<&str> =
        Rule::ALL.into_iter().filter(|rule| rule.can_be_approved()).map(Rule::name).collect();
    match Rule::by_name(name) {
        Some(rule) if rule.can_be_approved() => Ok(rule),
        Some(rule) => Err(Failure::usage(
            "never_approved",
            format!("a halt by {rule} cannot be approved: what was read cannot be believed"),
        )
        .help("trueup check --connect")),
        None => Err(Failure::usage("unknown_halt", format!("there is no halt '{name}'"))
            .help(format!("use one of: {}", all.join(", ")))),
    }
}
