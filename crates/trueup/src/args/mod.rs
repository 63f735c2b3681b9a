//! The arguments: what can be asked for, and how wrong use is answered.

mod help;
#[cfg(test)]
mod hints;
mod options;
mod secrets;
mod wrong;

pub(crate) use options::{
    Apply, Approve, Args, CONFIG, CONFIG_VARIABLE, Check, ColorChoice, Command, Completions, Global, History,
    Init, PlanArgs, Prove, Rehearse, ReviewAct, Run, SandboxKind, Show, Status, Undo, Verify, Why,
};

use std::{ffi::OsString, io::Write};

use clap::{FromArgMatches, error::ErrorKind};
use serde_json::json;

use crate::output::{Exit, Failure};

/// What the arguments ask for.
pub(crate) enum Asked {
    /// A command.
    Command(Box<Args>),
    /// Help or an error, which was printed.
    Printed(Exit),
}

/// Reads the arguments. Help goes to standard output, wrong use to standard error.
pub(crate) fn read(arguments: &[OsString]) -> Asked {
    let wants_json = arguments.iter().any(|argument| argument == "--json");
    if let Some(failure) = secrets::refuse(arguments) {
        return refuse(&failure, wants_json);
    }
    let parsed =
        help::command().try_get_matches_from(arguments).and_then(|found| Args::from_arg_matches(&found));
    match parsed {
        Ok(args) if args.version => version(wants_json),
        Ok(args) if args.command.is_none() => refuse(&wrong::nothing_asked(), wants_json),
        Ok(args) => Asked::Command(Box::new(args)),
        Err(error) if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) => {
            print(&error.render().to_string());
            Asked::Printed(Exit::Done)
        }
        Err(error) => refuse(&wrong::failure(&error, arguments, help::command()), wants_json),
    }
}

/// The command as clap knows it, for completions.
pub(crate) fn command() -> clap::Command {
    help::command()
}

/// Whether it is the name of a command that reads a configuration.
pub(crate) fn reads_configuration(name: &str) -> bool {
    const OTHERS: [&str; 4] = ["demo", "init", "sandbox", "completions"];
    !OTHERS.contains(&name) && command().get_subcommands().any(|one| one.get_name() == name)
}

fn refuse(failure: &Failure, wants_json: bool) -> Asked {
    if wants_json {
        print(&format!("{}\n", failure.json()));
    }
    let _gone = writeln!(std::io::stderr().lock(), "{}", failure.text());
    Asked::Printed(failure.exit())
}

fn version(wants_json: bool) -> Asked {
    let version = env!("CARGO_PKG_VERSION");
    let features: &[&str] = if cfg!(feature = "planted-defects") { &["planted-defects"] } else { &[] };
    let commit = option_env!("TRUEUP_COMMIT");
    if wants_json {
        let json = json!({ "schema": "trueup.version/v1", "version": version, "commit": commit, "features": features });
        print(&format!("{json}\n"));
    } else {
        print(&format!("trueup {version}\n"));
    }
    Asked::Printed(Exit::Done)
}

fn print(text: &str) {
    let _gone = std::io::stdout().lock().write_all(text.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_command_or_does_without_a_configuration_reads_none() {
        for name in ["plan", "history", "rehearse"] {
            assert!(reads_configuration(name), "{name}");
        }
        for name in ["demo", "init", "sandbox", "completions", "plans", ""] {
            assert!(!reads_configuration(name), "{name}");
        }
    }
}
