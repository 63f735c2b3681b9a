//! Wrong use: what, and the nearest right use. Nothing is ever executed by guess.

use std::ffi::OsString;

use clap::{
    Command,
    error::{ContextKind, ContextValue, Error, ErrorKind},
};

use crate::output::Failure;

/// Nothing was asked for.
pub(super) fn nothing_asked() -> Failure {
    Failure::usage("no_command", "no command was given").help("trueup --help")
}

/// What clap found wrong, in our words.
pub(super) fn failure(error: &Error, arguments: &[OsString], command: Command) -> Failure {
    let called = called(arguments, command);
    let code = match error.kind() {
        ErrorKind::InvalidSubcommand => "unknown_command",
        ErrorKind::UnknownArgument => "unknown_flag",
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand | ErrorKind::MissingSubcommand => {
            return incomplete(&called);
        }
        ErrorKind::MissingRequiredArgument => "missing_argument",
        ErrorKind::ArgumentConflict => "conflicting_flags",
        _ => "bad_argument",
    };
    Failure::usage(code, message(error)).help(hint(error, &called))
}

/// A command that is only a word before others.
fn incomplete(called: &Called) -> Failure {
    let names = called.command.get_subcommands().map(Command::get_name);
    let all: Vec<String> = names.map(|name| format!("`{} {name}`", called.words)).collect();
    Failure::usage("no_command", format!("no command was given after `{}`", called.words))
        .help(format!("use {}", all.join(" or ")))
}

/// The command that was called, as far as its words are right.
struct Called {
    words: String,
    command: Command,
}

fn called(arguments: &[OsString], mut command: Command) -> Called {
    command.build();
    let mut called = Called { words: command.get_name().to_owned(), command };
    let mut words = arguments.iter().skip(1).filter_map(|word| word.to_str());
    while let Some(word) = words.next() {
        if takes_next(&called.command, word) {
            words.next();
        } else if let Some(inner) = called.command.find_subcommand(word).cloned() {
            called = Called { words: format!("{} {word}", called.words), command: inner };
        }
    }
    called
}

/// Whether a word is a flag whose value is the word after it.
fn takes_next(command: &Command, word: &str) -> bool {
    let is_meant = |arg: &clap::Arg| {
        let long = word.strip_prefix("--").is_some_and(|name| arg.get_long() == Some(name));
        let mut letters = word.chars();
        let short = letters.next() == Some('-') && arg.get_short().is_some_and(|own| letters.eq([own]));
        long || short
    };
    command.get_arguments().any(|arg| is_meant(arg) && arg.get_action().takes_values())
}

fn message(error: &Error) -> String {
    let text = error.render().to_string();
    let body = text.strip_prefix("error: ").unwrap_or(&text);
    let first: Vec<&str> = body.lines().take_while(|line| !line.trim().is_empty()).map(str::trim).collect();
    let joined = first.join(" ");
    let mut letters = joined.chars();
    let lower: String = letters.next().map(|c| c.to_lowercase().collect()).unwrap_or_default();
    format!("{lower}{}", letters.as_str()).trim_end_matches('.').to_owned()
}

fn hint(error: &Error, called: &Called) -> String {
    if let Some(name) = suggestion(error, ContextKind::SuggestedSubcommand) {
        return format!("did you mean `trueup {name}`?");
    }
    if let Some(flag) = suggestion(error, ContextKind::SuggestedArg) {
        return format!("did you mean `{flag}`?");
    }
    if let Some(value) = suggestion(error, ContextKind::SuggestedValue) {
        return format!("did you mean `{value}`?");
    }
    format!("{} --help", called.words)
}

fn suggestion(error: &Error, kind: ContextKind) -> Option<String> {
    match error.get(kind)? {
        ContextValue::String(one) => Some(one.clone()),
        ContextValue::Strings(all) => all.first().cloned(),
        _ => None,
    }
}
