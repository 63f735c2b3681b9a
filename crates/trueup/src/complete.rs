//! What a shell offers when a person presses Tab: record keys, run ids, plan ids, out of the state.
//!
//! Nothing is written and no system is asked. Whatever goes wrong, a missing configuration above all, is no
//! offer: a message would end up in the middle of the line that is being typed.

use std::{
    env,
    ffi::{OsStr, OsString},
    path::PathBuf,
};

use clap_complete::{
    CompleteEnv, PathCompleter,
    engine::{CompletionCandidate as Candidate, ValueCompleter},
    env::{EnvCompleter, Shells},
};
use trueup_config::Config;
use trueup_core::{name::SystemName, setup::Setup};
use trueup_store::Glance;

use crate::{args, wiring};

/// The variable by which the script of the shell asks.
const VARIABLE: &str = "TRUEUP_COMPLETE";
/// How many of each kind are offered: more than anybody reads, and soon read from the state.
const OFFERED: usize = 100;
/// The letters of a plan's id that people get to see.
const SHORT: usize = 8;

/// Answers a shell that asks how a word may go on; says whether one did.
pub(crate) fn was_asked() -> bool {
    let is_asking = env::var_os(VARIABLE).is_some_and(|shell| !shell.is_empty());
    if is_asking {
        let folder = env::current_dir().ok();
        let asked = CompleteEnv::with_factory(args::command).var(VARIABLE);
        let _silent = asked.try_complete(env::args_os(), folder.as_deref());
    }
    is_asking
}

/// The script that makes a shell ask.
pub(crate) fn script(shell: &str) -> Option<String> {
    let shells = Shells::builtins();
    let shell: &dyn EnvCompleter = shells.completer(shell)?;
    let mut script = Vec::new();
    shell.write_registration(VARIABLE, "trueup", "trueup", "trueup", &mut script).ok()?;
    String::from_utf8(script).ok()
}

/// Keys of records.
pub(crate) fn keys(word: &OsStr) -> Vec<Candidate> {
    offered(word, |look, prefix| {
        let systems: Vec<SystemName> =
            look.setup.mirrors().iter().map(|side| side.side.system.clone()).collect();
        look.state.keys(look.setup.pipeline(), &systems, prefix, OFFERED)
    })
}

/// Runs, the newest first.
pub(crate) fn runs(word: &OsStr) -> Vec<Candidate> {
    offered(word, |look, prefix| look.state.runs(look.setup.pipeline(), prefix, OFFERED))
}

/// Plans, the newest first, as they are shown: by the beginning of their ids.
pub(crate) fn plans(word: &OsStr) -> Vec<Candidate> {
    offered(word, |look, prefix| {
        let ids = look.state.plans(look.setup.pipeline(), prefix, OFFERED);
        let short = |id: String| id.get(..SHORT.max(prefix.len())).map_or(id.clone(), str::to_owned);
        ids.into_iter().map(short).collect()
    })
}

/// Plans, and files that may hold one.
pub(crate) fn plans_and_files(word: &OsStr) -> Vec<Candidate> {
    let mut all = plans(word);
    all.extend(PathCompleter::file().complete(word));
    all
}

/// Plans, files, and keys of records.
pub(crate) fn everything(word: &OsStr) -> Vec<Candidate> {
    let mut all = keys(word);
    all.extend(plans_and_files(word));
    all
}

/// Names of fields.
pub(crate) fn fields(word: &OsStr) -> Vec<Candidate> {
    named(word, |setup| setup.fields().iter().map(|field| field.name.to_string()).collect())
}

/// Names of pipelines.
pub(crate) fn pipelines(word: &OsStr) -> Vec<Candidate> {
    named(word, |setup| vec![setup.pipeline().to_string()])
}

/// One pipeline and the state of all.
struct Look<'a> {
    setup: &'a Setup,
    state: &'a Glance,
}

fn offered(word: &OsStr, find: impl Fn(&Look<'_>, &str) -> Vec<String>) -> Vec<Candidate> {
    let offer = || {
        let (config, prefix) = (config()?, word.to_str()?);
        let state = Glance::at(&wiring::state_file(&config))?;
        let of = |pipeline: &trueup_config::Pipeline| {
            find(&Look { setup: &pipeline.setup, state: &state }, prefix)
        };
        Some(candidates(config.pipelines.iter().flat_map(of)))
    };
    offer().unwrap_or_default()
}

fn named(word: &OsStr, names: impl Fn(&Setup) -> Vec<String>) -> Vec<Candidate> {
    let offer = || {
        let (config, prefix) = (config()?, word.to_str()?);
        let all = config.pipelines.iter().flat_map(|pipeline| names(&pipeline.setup));
        Some(candidates(all.filter(|name| name.starts_with(prefix))))
    };
    offer().unwrap_or_default()
}

/// Each once; a name that a terminal would take as a command is not offered.
fn candidates(names: impl Iterator<Item = String>) -> Vec<Candidate> {
    let mut all: Vec<String> = Vec::new();
    for name in names.filter(|name| !name.contains(char::is_control)) {
        if !all.contains(&name) {
            all.push(name);
        }
    }
    all.into_iter().map(Candidate::new).collect()
}

/// The configuration. A token is not needed to look into the state.
fn config() -> Option<Config> {
    wiring::load_without_secrets(&config_path(env::args_os())).ok()
}

/// The configuration that the line being typed names, or the usual one.
fn config_path(arguments: impl Iterator<Item = OsString>) -> PathBuf {
    let mut words = arguments.skip_while(|word| word != "--").skip(1);
    while let Some(word) = words.next() {
        let text = word.to_string_lossy();
        if text == "-c" || text == "--config" {
            return words.next().map(PathBuf::from).unwrap_or_default();
        }
        if let Some(path) = text.strip_prefix("--config=") {
            return PathBuf::from(path);
        }
    }
    env::var_os(args::CONFIG_VARIABLE).map_or_else(|| PathBuf::from(args::CONFIG), PathBuf::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(line: &str, want: &str) {
        let words = line.split(' ').map(OsString::from);
        assert_eq!(config_path(words), PathBuf::from(want), "{line}");
    }

    #[test]
    fn the_configuration_is_the_one_of_the_line() {
        check("trueup -- trueup -c other.yaml why R", "other.yaml");
        check("trueup -- trueup why --config other.yaml R", "other.yaml");
        check("trueup -- trueup why --config=other.yaml R", "other.yaml");
        check("trueup -- trueup why R", "trueup.yaml");
    }

    #[test]
    fn what_would_command_the_terminal_and_what_was_offered_is_not_offered() {
        let names = ["R1", "R2\u{1b}[2J", "R1", "R3\n"].map(str::to_owned);
        assert_eq!(candidates(names.into_iter()), [Candidate::new("R1")]);
    }

    #[test]
    fn every_shell_gets_a_script() {
        for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
            let script = script(shell).unwrap();
            assert!(script.contains(VARIABLE) && script.contains("trueup"), "{shell}: {script}");
        }
    }
}
