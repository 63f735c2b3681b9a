//! The command line. It reads arguments, wires concrete systems to the engine, and shows what came of it.
//!
//! Deliberately absent: any decision about records. What should change is decided in `trueup-core`, when
//! in `trueup-engine`; only [`wiring`] names concrete connectors and stores.
//!
//! Read next: [`commands`], one file a command.

mod args;
mod commands;
mod complete;
mod demo;
mod host;
mod output;
mod wiring;

use std::process::ExitCode;

use output::{Exit, Failure};

fn main() -> ExitCode {
    if let Some(code) = trueup_connectors::xlsx::run_if_child() {
        return code;
    }
    if complete::was_asked() {
        return ExitCode::SUCCESS;
    }
    // Fails only when a provider is installed already, which is as good.
    let _installed = rustls::crypto::ring::default_provider().install_default();
    let arguments: Vec<_> = std::env::args_os().collect();
    match args::read(&arguments) {
        args::Asked::Printed(exit) => exit.into(),
        args::Asked::Command(args) => run(*args).into(),
    }
}

fn run(args: args::Args) -> Exit {
    let terminal = output::Terminal::new(&args.global);
    let manner = args.command.as_ref().map_or(output::Manner::Told, args::Command::manner);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let answer = match runtime {
        Ok(runtime) => runtime.block_on(commands::run(args, &terminal)),
        Err(error) => Err(Failure::failed("runtime", format!("no thread can be started: {error}"))),
    };
    terminal.conclude(answer, manner)
}
