//! One file a command.

mod apply;
mod approve;
mod check;
mod completions;
mod connect;
mod context;
pub(crate) mod demo;
mod history;
mod init;
mod kept;
mod plan;
mod prove;
mod rehearse;
mod review;
mod rollback;
mod run;
mod sandbox;
mod show;
mod status;
mod told;
mod undo;
mod verify;
mod why;

use crate::{
    args::{Args, Command},
    output::{Answer, Failure, Terminal},
};
use context::Context;

/// Does what was asked for.
///
/// # Errors
/// [`Failure`], with the exit code it means.
pub(crate) async fn run(args: Args, terminal: &Terminal) -> Result<Answer, Failure> {
    let Some(command) = args.command else {
        return Err(Failure::usage("no_command", "no command was given"));
    };
    let context = Context::new(&args.global, terminal, command.finishes());
    match command {
        Command::Demo(demo) => demo::run(&context, &demo).await,
        Command::Init(init) => init::run(&init),
        Command::Check(check) => check::run(&context, &check).await,
        Command::Plan(plan) => plan::run(&context, &plan).await,
        Command::Apply(apply) => apply::run(&context, &apply).await,
        Command::Approve(approve) => approve::run(&context, &approve).await,
        Command::Run(run) => run::run(&context, &run).await,
        Command::Status(status) => status::run(&context, &status).await,
        Command::Review(review) => review::run(&context, review.act).await,
        Command::Why(why) => why::run(&context, &why).await,
        Command::Show(show) => show::run(&context, &show).await,
        Command::History(history) => history::run(&context, &history).await,
        Command::Undo(undo) => undo::run(&context, &undo).await,
        Command::Verify(verify) => verify::run(&context, &verify).await,
        Command::Prove(prove) => prove::run(&context, &prove).await,
        Command::Rehearse(rehearse) => rehearse::run(&context, &rehearse).await,
        Command::Sandbox(sandbox) => sandbox::run(&context, sandbox.kind).await,
        Command::Completions(completions) => completions::run(&completions),
    }
}
