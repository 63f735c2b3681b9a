//! `apply`: does exactly what a plan says, or nothing.

use trueup_core::{
    guard::{Halt, Rule, Verdict},
    memory::{Beat, Outcome},
    plan::Plan,
    render::Detail,
};
use trueup_engine::{Account, Engine, Warrant};

use super::{
    context::{Context, Line},
    kept, rollback, told,
};
use crate::{
    args::Apply,
    output::{Answer, Exit, Failure, Report, count},
};

/// How many runs are looked through for an earlier one of the same plan.
const RUNS: usize = 1_000;

pub(super) async fn run(context: &Context<'_>, args: &Apply) -> Result<Answer, Failure> {
    let wired = context.wired()?;
    rollback::refuse(&wired)?;
    let lines = context.lines(&wired)?;
    if let Some(name) = &args.plan {
        let (line, plan) = kept::need(&lines, name).await?;
        return one(context, line, &plan, args.yes, Read::Named).await;
    }
    let line = context.line(&wired)?;
    let planned = line.engine.plan(Warrant::default()).await?;
    one(context, &line, &planned.plan, args.yes, Read::NotYet(&planned.verdict)).await
}

/// How far a person knows a plan that is to be applied, with what the guard said when it was made.
#[derive(Clone, Copy)]
pub(super) enum Read<'a> {
    /// It was named by its id or file.
    Named,
    /// It stands on the screen.
    Shown(&'a Verdict),
    /// It was made this very moment.
    NotYet(&'a Verdict),
}

/// Applies one plan, after it was shown and agreed to.
pub(super) async fn one(
    context: &Context<'_>,
    line: &Line,
    plan: &Plan,
    yes: bool,
    read: Read<'_>,
) -> Result<Answer, Failure> {
    // An undo that has nothing to send still tells what it leaves alone, each time it is asked.
    let is_told_again = matches!(read, Read::Shown(_)) && plan.is_empty();
    if let Some((beat, account)) = applied_before(line, plan).await?.filter(|_| !is_told_again) {
        return Ok(nothing(line, &beat, &account, plan));
    }
    // Whoever waved a plan through unseen has not read what a changed configuration makes of it.
    let is_read = match (read, plan.is_empty() || yes) {
        (Read::Named, true) => true,
        (Read::Shown(_) | Read::NotYet(_), true) => false,
        (_, false) => agreed(context, line, plan, read).await?,
    };
    let progress = context.terminal.progress();
    progress.begin(&format!("apply {}", plan.short_id()));
    let engine = &line.engine;
    let account = if is_read { engine.apply(plan).await } else { engine.apply_unread(plan).await };
    progress.end();
    report(line, &account?).await
}

/// Asks, where nobody agreed yet; says whether a person has read the plan.
async fn agreed(context: &Context<'_>, line: &Line, plan: &Plan, read: Read<'_>) -> Result<bool, Failure> {
    let engine = &line.engine;
    if !engine.store.approvals(engine.setup.pipeline(), &plan.id).await?.is_empty() {
        return Ok(matches!(read, Read::Named));
    }
    refuse_halted(engine, plan, read).await?;
    let short = plan.short_id();
    if !context.terminal.can_ask() {
        return Err(Failure::usage("needs_yes", "nobody is there to ask, so nothing was applied")
            .help(format!("trueup apply {short} --yes")));
    }
    let detail = match read {
        Read::Named => Some(Detail::Summary),
        Read::Shown(_) => None,
        Read::NotYet(_) => Some(Detail::Folded),
    };
    if let Some(detail) = detail {
        context.terminal.print(&told::plan_text(plan, None, &engine.setup, context.terminal, detail));
    }
    if context.terminal.ask(&format!("apply plan {short}?")) {
        Ok(true)
    } else {
        Err(Failure::usage("not_agreed", "nothing was applied").help(format!("trueup apply {short}")))
    }
}

/// Refuses what a guard halts: a yes would not be the word that lets it pass.
async fn refuse_halted(engine: &Engine, plan: &Plan, read: Read<'_>) -> Result<(), Failure> {
    let halts = match read {
        Read::Named => engine.halts(plan).await?,
        Read::Shown(verdict) | Read::NotYet(verdict) => verdict.halts.clone(),
    };
    // Whoever says yes to a plan has read it, and that is all that these two ask for.
    let stops = |halt: &&Halt| {
        halt.approved.is_none() && !matches!(halt.rule, Rule::ConfigChanged | Rule::SchemaMoved)
    };
    let refusals = halts.iter().filter(stops).map(|halt| told::halted(plan, halt, &halts));
    refusals.reduce(Failure::and).map_or(Ok(()), Err)
}

/// The run that carried this very plan out to its end, if one did, with its account.
async fn applied_before(line: &Line, plan: &Plan) -> Result<Option<(Beat, Account)>, Failure> {
    let beats = line.engine.store.beats(line.engine.setup.pipeline(), RUNS).await?;
    let of_plan = beats.into_iter().filter(|beat| beat.plan.as_deref() == Some(&plan.id));
    let mut told = of_plan.filter_map(|beat| told::account_of(&beat).map(|account| (beat, account)));
    Ok(told.find(|(_, account)| account.is_finished()))
}

/// A second time nothing is done, and what the first time left out is still left out.
fn nothing(line: &Line, beat: &Beat, before: &Account, plan: &Plan) -> Answer {
    let (short, run) = (plan.short_id(), &beat.run);
    let mut account = Account::begin(run.clone(), "apply", beat.started);
    account.plan = Some(plan.id.clone());
    account.outcome = if before.superseded > 0 { Outcome::NeedsPerson } else { Outcome::Done };
    account.superseded = before.superseded;
    account.overtaken.clone_from(&before.overtaken);
    let left = format!("{} of it superseded; next: trueup plan", count(before.superseded, "change"));
    let text = match (before.superseded, before.changed_anything()) {
        (0, _) => format!("nothing to do: plan {short} was applied by run {run}"),
        (_, true) => format!("nothing to do: plan {short} was applied by run {run}, with {left}"),
        (_, false) => format!("nothing to do: run {run} sent nothing of plan {short}, with {left}"),
    };
    Report::ended(Exit::from(account.outcome), text, applied(line, &account, true))
}

async fn report(line: &Line, account: &Account) -> Result<Answer, Failure> {
    let mut text = told::account_text(
        account,
        line.engine.setup.pipeline().as_str(),
        stands(&line.engine, account).await?,
    );
    if account.error.as_ref().is_some_and(|error| error.starts_with("the plan is void")) {
        text += "\nhelp: trueup plan";
    }
    Ok(Report::ended(Exit::from(account.outcome), text, applied(line, account, false)))
}

/// Whether the plan of a run can still be applied.
pub(super) async fn stands(engine: &Engine, account: &Account) -> Result<bool, Failure> {
    let Some(id) = &account.plan else { return Ok(false) };
    let Some(plan) = engine.store.plan(engine.setup.pipeline(), id).await? else { return Ok(false) };
    let memory = engine.store.memory(engine.setup.pipeline()).await?;
    Ok(kept::void(&plan, &memory, engine.setup.config_hash()).is_none())
}

fn applied(line: &Line, account: &Account, before: bool) -> serde_json::Value {
    serde_json::json!({
        "schema": "trueup.applied/v1",
        "exit": account.outcome.exit_code(),
        "pipeline": line.engine.setup.pipeline(),
        "applied_before": before,
        "left_alone": account.left_alone,
        "run": told::account_json(account),
    })
}
