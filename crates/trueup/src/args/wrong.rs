//! Wrong use: what, and the nearest right use. Nothing is ever executed by guess.

use clap::error::{ContextKind, ContextValue, Error, ErrorKind};

use crate::output::Failure;

/// Nothing was asked for.
pub(super) fn nothing_asked() -> Failure {
    Failure::usage("no_command", "no command was given").help("trueup --help")
}

/// What clap found wrong, in our words.
pub(super) fn failure(error: &Error) -> Failure {
    let code = match error.kind() {
        ErrorKind::InvalidSubcommand => "unknown_command",
        ErrorKind::UnknownArgument => "unknown_flag",
        ErrorKind::MissingRequiredArgument | ErrorKind::MissingSubcommand => "missing_argument",
        ErrorKind::ArgumentConflict => "conflicting_flags",
        _ => "bad_argument",
    };
    Failure::usage(code, message(error)).help(hint(error))
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

fn hint(error: &Error) -> String {
    if let Some(name) = suggestion(error, ContextKind::SuggestedSubcommand) {
        return format!("did you mean `trueup {name}`?");
    }
    if let Some(flag) = suggestion(error, ContextKind::SuggestedArg) {
        return format!("did you mean `{flag}`?");
    }
    if let Some(value) = suggestion(error, ContextKind::SuggestedValue) {
        return format!("did you mean `{value}`?");
    }
    usage(error).map_or_else(|| "trueup --help".to_owned(), |command| format!("{command} --help"))
}

fn suggestion(error: &Error, kind: ContextKind) -> Option<String> {
    match error.get(kind)? {
        ContextValue::String(one) => Some(one.clone()),
        ContextValue::Strings(all) => all.first().cloned(),
        _ => None,
    }
}

/// The command of the usage line, such as `trueup plan`.
fn usage(error: &Error) -> Option<String> {
    let text = error.render().to_string();
    let line = text.lines().find_map(|line| line.strip_prefix("Usage: "))?;
    let words = line.split_whitespace().take_while(|word| word.chars().all(|c| c.is_ascii_lowercase()));
    Some(words.collect::<Vec<_>>().join(" ")).filter(|command| !command.is_empty())
}
