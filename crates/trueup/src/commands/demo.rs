//! `demo`: a whole rehearsal with no set-up, through the real engine over real HTTP.

use std::{path::PathBuf, time::Duration};

use trueup_core::render::Detail;
use trueup_engine::{Account, Engine, facts::Warrant, schedule};

use super::{context::Context, told};
use crate::{
    demo::{Behaviour, Figures, Outcome, Place, Stage, write_files},
    host::Host,
    output::{Answer, Exit, Failure, Report},
    wiring::{Wired, load},
};

/// Between two cycles of the scheduler that stays.
const EVERY: Duration = Duration::from_secs(30);

/// Rehearse everything on invented data: no account, no set-up
#[derive(Debug, clap::Args)]
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
    let (wired, engine) = wire(context, stage)?;
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
        show(context, &engine, &account, at + 1, title).await?;
    }
    let outcome = Outcome::new(figures, stage.foreign_records_unchanged());
    if !outcome.foreign_records_unchanged {
        exit = Exit::Failed;
    }
    let json = serde_json::to_value_in_order(&outcome);
    if once {
        return Ok(Report::ended(exit, closing(&outcome), json));
    }
    context.terminal.print(&closing(&outcome));
    stay(context, stage, &engine).await?;
    drop(wired);
    Ok(Answer::Shown(exit))
}
