//! `plan`: shows what would change; nothing is written to any system.

use serde_json::json;
use trueup_core::render::{self, Detail, Options, Ruling};
use trueup_engine::{Planned, Warrant};

use super::{
    context::{Context, Line},
    kept,
};
use crate::{
    args::PlanArgs,
    output::{Answer, Exit, Failure, Report},
};

pub(super) async fn run(context: &Context<'_>, args: &PlanArgs) -> Result<Answer, Failure> {
    let wired = context.wired()?;
    let lines = context.lines(&wired)?;
    if args.output.is_some() {
        context.line(&wired)?;
    }
    let (mut text, mut plans, mut exit) = (String::new(), Vec::new(), Exit::Done);
    for line in &lines {
        let planned = made(context, line).await?;
        if let Some(path) = &args.output {
            kept::write(path, &planned.plan)?;
        }
        exit = exit.max(judged(&planned, args.detect));
        text += &shown(context, line, &planned, args);
        plans.push(render::json(
            &planned.plan,
            Some(&Ruling::from(&planned.verdict)),
            &line.engine.setup,
            args.redacted,
        ));
    }
    Ok(Report::ended(exit, text, json!({ "schema": "trueup.plans/v1", "exit": exit.code(), "plans": plans })))
}

async fn made(context: &Context<'_>, line: &Line) -> Result<Planned, Failure> {
    let progress = context.terminal.progress();
    progress.begin(&format!("plan {}", line.engine.setup.pipeline()));
    // Only reads are under way, so there is nothing to finish.
    let planned = tokio::select! {
        planned = line.engine.plan(Warrant { first: false, reviewed: true }) => planned.map_err(Failure::from),
        () = context.stopping.wait() => Err(stopped()),
    };
    progress.end();
    planned
}

fn stopped() -> Failure {
    Failure::failed("stopped", "no plan was made, since it was stopped; nothing was written")
        .help("trueup plan")
}

fn judged(planned: &Planned, detect: bool) -> Exit {
    let halted = planned.verdict.halts.iter().any(|halt| halt.approved.is_none());
    match () {
        () if halted => Exit::Halted,
        () if detect && !planned.plan.is_empty() => Exit::Pending,
        () => Exit::Done,
    }
}

fn shown(context: &Context<'_>, line: &Line, planned: &Planned, args: &PlanArgs) -> String {
    let (plan, setup) = (&planned.plan, &line.engine.setup);
    let ruling = Ruling::from(&planned.verdict);
    if args.markdown {
        return render::markdown(plan, Some(&ruling), setup, args.redacted);
    }
    let detail = match () {
        () if args.summary => Detail::Summary,
        () if args.all => Detail::All,
        () => Detail::Folded,
    };
    let options = Options {
        width: context.terminal.width(),
        style: context.terminal.style(),
        detail,
        redacted: args.redacted,
    };
    let mut text = render::text(plan, Some(&ruling), setup, &options);
    let halted = ruling.halts.iter().any(|halt| halt.approved.is_none());
    if !plan.is_empty() && !halted && detail != Detail::Summary {
        text = format!("{text}next: trueup apply {}\n", plan.short_id());
    }
    text
}
