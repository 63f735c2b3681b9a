//! `run`: one cycle, or one every so often until somebody stops it.

use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::time::Instant;
use trueup_engine::{Account, Warrant, schedule};

use super::{
    context::{Context, Line},
    told,
};
use crate::{
    args::Run,
    output::{Answer, Exit, Failure, Report},
    wiring::{Wired, transport},
};

/// How long the heartbeat may take.
const HEARTBEAT: Duration = Duration::from_secs(15);

pub(super) async fn run(context: &Context<'_>, args: &Run) -> Result<Answer, Failure> {
    let wired = context.wired()?;
    let lines = context.lines(&wired)?;
    match args.every {
        None => {
            let all: Vec<&Line> = lines.iter().collect();
            let cycle = cycle(context, &wired, &all, args.first).await?;
            Ok(Report::ended(cycle.exit, cycle.text, cycle.json))
        }
        Some(every) => go_on(context, &wired, &lines, args.first, every).await,
    }
}

/// What one cycle of all pipelines came to.
struct Cycle {
    exit: Exit,
    text: String,
    json: Value,
}

/// When a pipeline runs.
struct Turn<'a> {
    line: &'a Line,
    every: Duration,
    next: Instant,
}

/// Cycles on a grid, each pipeline on its own. A fault ends a cycle, never the loop.
async fn go_on(
    context: &Context<'_>,
    wired: &Wired,
    lines: &[Line],
    mut is_first: bool,
    every: Option<Duration>,
) -> Result<Answer, Failure> {
    let (first, start) = (Timestamp::now(), Instant::now());
    let turn = |line| Turn { line, every: every.unwrap_or(line.every), next: start };
    let mut turns: Vec<Turn<'_>> = lines.iter().map(turn).collect();
    let mut exit = Exit::Done;
    while !context.stopping.asked() {
        let now = Instant::now();
        let (mut due, _): (Vec<_>, Vec<_>) = turns.iter_mut().partition(|turn| turn.next <= now);
        let chosen: Vec<&Line> = due.iter().map(|turn| turn.line).collect();
        exit = tell(context, cycle(context, wired, &chosen, is_first).await);
        // All pipelines start together, so the first turn of one is the first of all.
        is_first = false;
        for turn in &mut due {
            turn.next = Instant::now() + schedule::wait(first, Timestamp::now(), turn.every);
        }
        let next = turns.iter().map(|turn| turn.next).min().unwrap_or(now);
        tokio::select! {
            () = tokio::time::sleep_until(next) => {}
            () = context.stopping.wait() => {}
        }
    }
    Ok(Answer::Shown(exit))
}

fn tell(context: &Context<'_>, cycle: Result<Cycle, Failure>) -> Exit {
    let json = context.terminal.json();
    match cycle {
        Ok(cycle) => {
            context.terminal.print(&if json { cycle.json.to_string() } else { cycle.text });
            cycle.exit
        }
        Err(failure) => {
            if json {
                context.terminal.print(&failure.json().to_string());
            }
            context.terminal.say(&failure.text());
            failure.exit()
        }
    }
}

async fn cycle(
    context: &Context<'_>,
    wired: &Wired,
    lines: &[&Line],
    is_first: bool,
) -> Result<Cycle, Failure> {
    let (mut exit, mut texts, mut runs) = (Exit::Done, Vec::new(), Vec::new());
    for line in lines {
        let account = pipeline(context, wired, line, is_first).await?;
        exit = exit.max(Exit::from(account.outcome));
        texts.push(text(&account, line.engine.setup.pipeline().as_str()));
        runs.push(told::account_json(&account));
        if context.stopping.asked() {
            break;
        }
    }
    if matches!(exit, Exit::Done | Exit::Person) {
        beat(context, wired).await;
    }
    Ok(Cycle {
        exit,
        text: texts.join("\n"),
        json: json!({ "schema": "trueup.cycle/v1", "exit": exit.code(), "runs": runs }),
    })
}

async fn pipeline(
    context: &Context<'_>,
    wired: &Wired,
    line: &Line,
    is_first: bool,
) -> Result<Account, Failure> {
    let progress = context.terminal.progress();
    progress.begin(&format!("run {}", line.engine.setup.pipeline()));
    let account = line.engine.run(Warrant { first: is_first, reviewed: false }).await;
    progress.end();
    let account = account?;
    line.engine.alert(&account, &wired.pagers()?).await?;
    Ok(account)
}

fn text(account: &Account, pipeline: &str) -> String {
    let text = told::account_text(account, pipeline);
    let first =
        account.halts.iter().any(|halt| halt.approved.is_none() && halt.rule.name() == "config_changed");
    match &account.plan {
        Some(plan) if first => {
            format!("{text}\nhelp: trueup show {0}, then trueup apply {0}", plan.get(..8).unwrap_or(plan))
        }
        _ => text,
    }
}

/// Tells the dead-man switch that a cycle went well. Its silence is what alarms, so a failure is only said.
async fn beat(context: &Context<'_>, wired: &Wired) {
    let Some(url) = &wired.config.heartbeat else { return };
    let request = http::Request::get(url.as_str()).body(Bytes::new());
    let (Ok(request), Ok(transport)) = (request, transport(url, HEARTBEAT)) else { return };
    match transport.call(request).await {
        Ok(answer) if answer.status().is_success() => {}
        Ok(answer) => context
            .terminal
            .say(&format!("warning: the heartbeat was answered with {}", answer.status().as_u16())),
        Err(lost) => context.terminal.say(&format!("warning: the heartbeat was lost: {lost}")),
    }
}
