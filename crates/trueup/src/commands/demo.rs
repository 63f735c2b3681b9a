//! `demo`: a whole rehearsal with no set-up, through the real engine over real HTTP.

use std::{path::PathBuf, sync::Arc, time::Duration};

use jiff::Timestamp;
use trueup_core::render::Detail;
use trueup_engine::{Account, Engine, facts::Warrant, schedule};
use trueup_ports::StoreError;

use super::{apply::stands, context::Context, told};
use crate::{
    demo::{Behaviour, Figures, Outcome, Place, Stage, write_files},
    host::Host,
    output::{Answer, Exit, Failure, Report, naming_config},
    wiring::{Wired, load},
};

/// Between two cycles of the scheduler that stays.
const EVERY: Duration = Duration::from_secs(30);

/// How the demonstration is played.
#[derive(Debug, clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "independent switches of a command line")]
pub(crate) struct Demo {
    /// Stop after the four cycles; without it sandbox and scheduler stay, to play with
    #[arg(long)]
    once: bool,
    /// Where workbook, configuration and state lie; a temporary directory without it
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// The sandbox's port; a free one without it
    #[arg(long, value_name = "N", default_value_t = 0)]
    port: u16,
    /// Only write the files of the story into DIR, for others to play
    #[arg(long, requires = "dir", conflicts_with = "once")]
    files_only: bool,
    /// A portal that adds to additional e-mails instead of replacing them
    #[arg(long)]
    emails_append: bool,
    /// A portal that forgets an old primary e-mail instead of keeping it
    #[arg(long)]
    primary_lost: bool,
}

/// What happens before each cycle, as people read it.
const CYCLES: [&str; 4] = [
    "first cycle: the portal as years of imports left it",
    "second cycle, seconds later: nothing was touched, and search still shows the old rows",
    "the next morning: three streets pasted into cities, two new leads, six commissions renegotiated",
    "fourth cycle, seconds later: nothing was touched",
];
/// The night lies before this cycle.
const MORNING: usize = 2;

/// Plays the story.
///
/// # Errors
/// When the stage cannot be set or a cycle cannot be recorded.
pub(super) async fn run(context: &Context<'_>, args: &Demo) -> Result<Answer, Failure> {
    let behaviour = Behaviour::new(args.emails_append, args.primary_lost);
    let place = Place::new(args.dir.as_deref())?;
    if args.files_only {
        write_files(&place, behaviour)?;
        let config = place.path("trueup.yaml").display().to_string();
        let json = serde_json::json!({ "schema": "trueup.demo-files/v1", "config": config });
        return Ok(Report::done(config, json));
    }
    let mut stage = Stage::set(place, behaviour, args.port).await?;
    let played = play(context, &mut stage, args.once).await;
    stage.strike().await;
    played
}

async fn play(context: &Context<'_>, stage: &mut Stage, once: bool) -> Result<Answer, Failure> {
    let engine = wire(context, stage)?;
    introduce(context, stage);
    let (mut figures, mut exit) = (Vec::new(), Exit::Done);
    for (at, title) in CYCLES.into_iter().enumerate() {
        if at == MORNING {
            stage.night()?;
        }
        let account = cycle(context, &engine, at == 0, title).await?;
        exit = exit.max(Exit::from(account.outcome));
        figures.push(Figures::of(&account));
        if context.stopping.asked() {
            return Ok(Answer::Shown(exit));
        }
        show(context, stage, &engine, &account, at + 1).await?;
    }
    let outcome = Outcome::new(figures, stage.foreign_records_unchanged());
    if !outcome.foreign_records_unchanged {
        exit = Exit::Failed;
    }
    let closing = if context.terminal.json() { outcome.json() } else { closing(&outcome) };
    context.terminal.print(&closing);
    if !once {
        stay(context, stage, &engine).await?;
    }
    Ok(Answer::Shown(exit))
}

fn wire(context: &Context<'_>, stage: &Stage) -> Result<Engine, Failure> {
    let world = Host::new(context.stopping.clone(), context.terminal.progress());
    let wired = Wired::new(load(&stage.place.path("trueup.yaml"))?, Arc::new(world))?;
    let pipeline = wired.config.pipelines.first();
    let none = || Failure::failed("no_pipeline", "the configuration of the demonstration has no pipeline");
    wired.engine(pipeline.ok_or_else(none)?)
}

fn introduce(context: &Context<'_>, stage: &Stage) {
    if !context.terminal.json() {
        let text = format!(
            "workbook    {}: 866 leads, 48 columns, all invented\n\
             portal      {}: a sandbox of HubSpot whose search lags 30 s behind\n\
             the rule    only the 931 contacts of owner 88361194 may be touched\n",
            stage.place.path("leads.xlsx").display(),
            stage.url()
        );
        context.terminal.print(&text);
    }
}

async fn cycle(context: &Context<'_>, engine: &Engine, first: bool, title: &str) -> Result<Account, Failure> {
    let progress = context.terminal.progress();
    progress.begin(title);
    let account = engine.run(Warrant { first, reviewed: false }).await;
    progress.end();
    Ok(account?)
}

/// Shows what a cycle meant to do, what came of it, and what it took.
async fn show(
    context: &Context<'_>,
    stage: &Stage,
    engine: &Engine,
    account: &Account,
    number: usize,
) -> Result<(), Failure> {
    if context.terminal.json() {
        return Ok(());
    }
    let title = number.checked_sub(1).and_then(|at| CYCLES.get(at)).copied().unwrap_or_default();
    context.terminal.print(&format!("\n=== {title}\n\n"));
    let changed = account.changes.values().any(|count| *count > 0);
    if let Some(id) = account.plan.as_deref().filter(|_| changed)
        && let Some(plan) = engine.store.plan(engine.setup.pipeline(), id).await?
    {
        context.terminal.print(&told::plan_text(
            &plan,
            None,
            &engine.setup,
            context.terminal,
            Detail::Summary,
        ));
    }
    let (sent, said) = (account.requests, account.planned_requests);
    context.terminal.print(&format!(
        "{}\n{} reads and {} writes were sent; the plan had said {} and {}\n",
        account_text(stage, account, "what came of it", stands(engine, account).await?),
        sent.read,
        sent.write,
        said.read,
        said.write
    ));
    Ok(())
}

/// What came of a run; its commands are pasted in another terminal.
fn account_text(stage: &Stage, account: &Account, title: &str, stands: bool) -> String {
    naming_config(&told::account_text(account, title, stands), &stage.place.path("trueup.yaml"))
}

fn closing(outcome: &Outcome) -> String {
    let foreign = if outcome.foreign_records_unchanged {
        "every contact of others is the same to the byte, and no write named one"
    } else {
        "error: a contact of others changed, or a write named one"
    };
    format!("\n{}\n\n{foreign}", outcome.table())
}

/// Keeps sandbox and scheduler running until somebody stops them.
async fn stay(context: &Context<'_>, stage: &Stage, engine: &Engine) -> Result<(), Failure> {
    invite(context, stage);
    let began = Timestamp::now();
    loop {
        tokio::select! {
            () = tokio::time::sleep(schedule::wait(began, Timestamp::now(), EVERY)) => {}
            () = context.stopping.wait() => return Ok(()),
        }
        match engine.run(Warrant::default()).await {
            Ok(account) => {
                let stands = stands(engine, &account).await.unwrap_or(false);
                let title = Timestamp::now().to_string();
                context.terminal.say(&account_text(stage, &account, &title, stands));
            }
            // Somebody runs a command of their own just now.
            Err(error @ StoreError::Held { .. }) => {
                context.terminal.say(&format!("this cycle is left out: {error}"));
            }
            Err(error) => return Err(error.into()),
        }
    }
}

fn invite(context: &Context<'_>, stage: &Stage) {
    let config = stage.place.path("trueup.yaml");
    let (config, url) = (config.display(), stage.url());
    // Whoever plays the demo from the source tree has no `trueup` on the path yet.
    let trueup = std::env::current_exe().unwrap_or_else(|_| "trueup".into());
    let trueup = trueup.display();
    context.terminal.say(&format!(
        "\nthe sandbox and a scheduler ({} s) go on; in another terminal try\n\
         \x20 {trueup} -c {config} review\n\
         \x20 {trueup} -c {config} why R00412 phone\n\
         \x20 {trueup} -c {config} undo\n\
         \x20 curl {url}/_sandbox/people -d '{{\"act\":\"set\",\"id\":{},\"properties\":{{\"phone\":\"970-555-0199\"}}}}'\n\
         \x20 curl {url}/_sandbox/clock -d '{{\"advance_ms\":60000}}'\n\
         or edit {} and save it; Ctrl-C stops",
        EVERY.as_secs(),
        stage.example_contact(),
        stage.place.path("leads.xlsx").display()
    ));
}
