//! `run`: one cycle, or one every so often until somebody stops it.

use std::{collections::BTreeSet, time::Duration};

use bytes::Bytes;
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::time::Instant;
use trueup_core::{
    memory::Outcome,
    name::{PipelineName, RunId},
};
use trueup_engine::{
    Account, Warrant,
    alert::{Alert, Level, Pager},
    schedule,
};
use trueup_ports::StoreError;

use super::{
    apply,
    context::{Context, Line},
    rollback, told,
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
    let mut shift = Shift {
        context,
        wired: &wired,
        lines: &lines,
        // Whom to tell must be known before anything is written, not when it went wrong.
        pagers: wired.pagers()?,
        is_first: args.first,
        told: BTreeSet::new(),
        unwell: lines.iter().map(|line| line.engine.setup.pipeline().clone()).collect(),
    };
    if let Some(reason) = &args.accept_rollback {
        rollback::accept(&wired, &lines, reason).await?;
    }
    if let Err(failure) = rollback::refuse(&wired) {
        for line in &lines {
            shift.halted(line, &failure).await;
        }
        return Err(failure);
    }
    match args.every {
        None => {
            let cycle = shift.cycle(&lines.iter().collect::<Vec<_>>()).await?;
            Ok(Report::ended(cycle.exit, cycle.text, cycle.json))
        }
        Some(every) => shift.go_on(every).await,
    }
}

/// The cycles of one process, over all pipelines.
struct Shift<'a> {
    context: &'a Context<'a>,
    wired: &'a Wired,
    lines: &'a [Line],
    pagers: Vec<Box<dyn Pager>>,
    is_first: bool,
    /// Pipelines whose failure was told without the help of memory, so that it is told once.
    told: BTreeSet<PipelineName>,
    /// Pipelines whose newest cycle was not whole, or that had none yet: the heartbeat waits for them.
    unwell: BTreeSet<PipelineName>,
}

/// When a pipeline runs.
struct Turn<'a> {
    line: &'a Line,
    every: Duration,
    next: Instant,
}

/// What one cycle of the pipelines whose turn it is came to.
struct Cycle {
    exit: Exit,
    text: String,
    json: Value,
}

impl Shift<'_> {
    /// Cycles on a grid, each pipeline on its own. A fault ends a cycle, never the loop.
    async fn go_on(&mut self, every: Option<Duration>) -> Result<Answer, Failure> {
        let (first, start) = (Timestamp::now(), Instant::now());
        let turn = |line| Turn { line, every: every.unwrap_or(line.every), next: start };
        let mut turns: Vec<Turn<'_>> = self.lines.iter().map(turn).collect();
        let mut exit = Exit::Done;
        while !self.context.stopping.asked() {
            let now = Instant::now();
            let mut due: Vec<_> = turns.iter_mut().filter(|turn| turn.next <= now).collect();
            let lines: Vec<&Line> = due.iter().map(|turn| turn.line).collect();
            let cycle = self.cycle(&lines).await;
            exit = self.tell(cycle);
            // All pipelines start together, so the first turn of one is the first of all.
            self.is_first = false;
            for turn in &mut due {
                turn.next = Instant::now() + schedule::wait(first, Timestamp::now(), turn.every);
            }
            let next = turns.iter().map(|turn| turn.next).min().unwrap_or(now);
            tokio::select! {
                () = tokio::time::sleep_until(next) => {}
                () = self.context.stopping.wait() => {}
            }
        }
        Ok(Answer::Shown(exit))
    }

    fn tell(&self, cycle: Result<Cycle, Failure>) -> Exit {
        let terminal = self.context.terminal;
        match cycle {
            Ok(cycle) => {
                terminal.print(&if terminal.json() { cycle.json.to_string() } else { cycle.text });
                cycle.exit
            }
            Err(failure) => {
                if terminal.json() {
                    terminal.print(&failure.json().to_string());
                }
                terminal.say(&failure.text());
                failure.exit()
            }
        }
    }

    /// One pipeline after the other: one that fails keeps none of the others from its work.
    async fn cycle(&mut self, lines: &[&Line]) -> Result<Cycle, Failure> {
        let (mut exit, mut texts) = (Exit::Done, Vec::new());
        let (mut runs, mut failures) = (Vec::new(), Vec::new());
        for line in lines {
            let pipeline = line.engine.setup.pipeline();
            self.unwell.insert(pipeline.clone());
            match self.pipeline(line).await {
                Ok((account, text)) => {
                    exit = exit.max(Exit::from(account.outcome));
                    if account.is_whole_cycle() {
                        self.unwell.remove(pipeline);
                    }
                    texts.push(text);
                    runs.push(told::account_json(&account));
                }
                Err(failure) if self.lines.len() == 1 => return Err(failure),
                Err(failure) => {
                    exit = exit.max(failure.exit());
                    texts.push(format!("{pipeline}: {}", failure.text()));
                    failures.push(json!({ "pipeline": pipeline, "error": failure.json() }));
                }
            }
            if self.context.stopping.asked() {
                break;
            }
        }
        if self.unwell.is_empty() {
            beat(self.context, self.wired).await;
        }
        let json =
            json!({ "schema": "trueup.cycle/v1", "exit": exit.code(), "runs": runs, "failures": failures });
        Ok(Cycle { exit, text: texts.join("\n"), json })
    }

    async fn pipeline(&mut self, line: &Line) -> Result<(Account, String), Failure> {
        let (engine, pipeline) = (&line.engine, line.engine.setup.pipeline());
        let progress = self.context.terminal.progress();
        progress.begin(&format!("run {pipeline}"));
        let ran = engine.run(Warrant { first: self.is_first, reviewed: false }).await;
        progress.end();
        let account = match ran {
            Ok(account) => account,
            Err(error) => {
                // Another run at work is no news; whether any gets through is what the heartbeat tells.
                let is_news = !matches!(error, StoreError::Held { .. });
                let failure = Failure::from(error);
                if is_news && self.told.insert(pipeline.clone()) {
                    self.call(pipeline, &failure).await;
                }
                return Err(failure);
            }
        };
        self.told.remove(pipeline);
        self.alert(line, &account).await;
        let stands = apply::stands(engine, &account).await.unwrap_or(false);
        let text = told::account_text(&account, pipeline.as_str(), stands);
        Ok((account, text))
    }

    /// Tells people, once, that no run will do anything before they looked.
    async fn halted(&self, line: &Line, failure: &Failure) {
        let now = self.wired.world.now();
        let run = RunId::new(now.strftime("%Y%m%dT%H%M%S%.3f").to_string());
        let mut account = Account::begin(run, "run", now);
        account.outcome = Outcome::Halted;
        account.error = Some(failure.text());
        self.alert(line, &account).await;
    }

    async fn alert(&self, line: &Line, account: &Account) {
        if let Err(error) = line.engine.alert(account, &self.pagers).await {
            self.context.terminal.say(&format!("warning: whom an alert reached is not remembered: {error}"));
        }
    }

    /// Tells people of a failure that memory cannot keep.
    async fn call(&self, pipeline: &PipelineName, failure: &Failure) {
        let alert = Alert {
            title: format!("trueup {pipeline}: error"),
            body: failure.text(),
            level: Level::Error,
            run: String::new(),
            pipeline: pipeline.to_string(),
        };
        for pager in &self.pagers {
            if let Err(why) = pager.push(&alert).await {
                self.context.terminal.say(&format!("warning: an alert could not be sent: {why}"));
            }
        }
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
