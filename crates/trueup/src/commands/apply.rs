//! `apply`: does exactly what a plan says, or nothing.

use trueup_core::{
    memory::{Beat, Outcome},
    plan::Plan,
    render::Detail,
};
use trueup_engine::{Account, Warrant};

use super::{
    context::{Context, Line},
    kept, told,
};
use crate::{
    args::Apply,
    output::{Answer, Exit, Failure, Report},
};

/// How many runs are looked through for an earlier one of the same plan.
const RUNS: usize = 1_000;

pub(super) async fn run(context: &Context<'_>, args: &Apply) -> Result<Answer, Failure> {
    let wired = context.wired()?;
    let lines = context.lines(&wired)?;
    if let Some(name) = &args.plan {
        let (line, plan) = kept::need(&lines, name).await?;
        return one(context, line, &plan, args.yes).await;
    }
    let line = context.line(&wired)?;
    let planned = line.engine.plan(Warrant { first: false, reviewed: true }).await?;
    one(context, &line, &planned.plan, args.yes).await
}

/// Applies one plan, after it was shown and agreed to.
pub(super) async fn one(
    context: &Context<'_>,
    line: &Line,
    plan: &Plan,
    yes: bool,
) -> Result<Answer, Failure> {
    if let Some(beat) = applied_before(line, plan).await? {
        return Ok(nothing(line, &beat, plan));
    }
    if !plan.is_empty() && !agreed(context, line, plan, yes).await? {
        return Err(Failure::usage("not_agreed", "nothing was applied")
            .help(format!("trueup apply {}", plan.short_id())));
    }
    let progress = context.terminal.progress();
    progress.begin(&format!("apply {}", plan.short_id()));
    let account = line.engine.apply(plan).await;
    progress.end();
    Ok(report(line, &account?))
}

async fn agreed(context: &Context<'_>, line: &Line, plan: &Plan, yes: bool) -> Result<bool, Failure> {
    let engine = &line.engine;
    let approved = !engine.store.approvals(engine.setup.pipeline(), &plan.id).await?.is_empty();
    if yes || approved {
        return Ok(true);
    }
    if !context.terminal.can_ask() {
        return Err(Failure::usage("needs_yes", "nobody is there to ask, so nothing was applied")
            .help(format!("trueup apply {} --yes", plan.short_id())));
    }
    let summary = told::plan_text(plan, None, &engine.setup, context.terminal, Detail::Summary);
    context.terminal.print(&summary);
    Ok(context.terminal.ask(&format!("apply plan {}?", plan.short_id())))
}

async fn applied_before(line: &Line, plan: &Plan) -> Result<Option<Beat>, Failure> {
    let beats = line.engine.store.beats(line.engine.setup.pipeline(), RUNS).await?;
    let did = |beat: &Beat| beat.plan.as_deref() == Some(&plan.id) && beat.outcome.is_good();
    Ok(beats.into_iter().find(did))
}

fn nothing(line: &Line, beat: &Beat, plan: &Plan) -> Answer {
    let text = format!("nothing to do: plan {} was applied by run {}", plan.short_id(), beat.run);
    let mut account = Account::begin(beat.run.clone(), "apply", beat.started);
    account.plan = Some(plan.id.clone());
    account.outcome = Outcome::Done;
    let json = applied(line, &account, true);
    Report::done(text, json)
}

fn report(line: &Line, account: &Account) -> Answer {
    let mut text = told::account_text(account, line.engine.setup.pipeline().as_str());
    if account.error.as_ref().is_some_and(|error| error.starts_with("the plan is void")) {
        text += "\nhelp: trueup plan";
    }
    Report::ended(Exit::from(account.outcome), text, applied(line, account, false))
}

fn applied(line: &Line, account: &Account, before: bool) -> serde_json::Value {
    serde_json::json!({
        "schema": "trueup.applied/v1",
        "exit": account.outcome.exit_code(),
        "pipeline": line.engine.setup.pipeline(),
        "applied_before": before,
        "run": told::account_json(account),
    })
}
