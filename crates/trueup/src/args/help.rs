//! The shape of every help page: what it does, how it is called, two examples, the flags, the exit codes,
//! and where to read on.

use clap::{Command, CommandFactory};

use super::options::Args;

const TEMPLATE: &str = "{about}\n\n{usage-heading} {usage}\n\n{before-help}{all-args}{after-help}";
const WIDTH: usize = 80;
const LINK: &str = "https://github.com/trueup/trueup/tree/main/docs";
const CODES: &str = "Exit codes:\n  0 done, 1 failed, 2 wrong use or configuration, 3 halted by a guard,\n  4 done, but a person is needed";

/// Two examples for each command, by the words with which it is called.
const EXAMPLES: [(&str, [&str; 2]); 24] = [
    ("trueup", ["trueup plan", "trueup run --every 15m"]),
    ("trueup demo", ["trueup demo", "trueup demo --once --json"]),
    ("trueup init", ["trueup init --template a", "trueup init --template a leads/"]),
    ("trueup check", ["trueup check", "trueup check --connect"]),
    ("trueup plan", ["trueup plan", "trueup plan -o plan.json --summary"]),
    ("trueup apply", ["trueup apply 7f3a91c2", "trueup apply plan.json --yes"]),
    (
        "trueup approve",
        [
            "trueup approve 7f3a91c2 --halt too_many_updates --max 120 \\\n      --reason \"new phone plan\"",
            "trueup approve 7f3a91c2 --halt blanking:fax --max 60 --reason \"column retired\"",
        ],
    ),
    ("trueup run", ["trueup run --first", "trueup run --every 15m --json"]),
    ("trueup status", ["trueup status", "trueup status --max-age 30m"]),
    ("trueup review", ["trueup review", "trueup review decide F2/portal/R00412 --choose 557"]),
    ("trueup review list", ["trueup review list", "trueup review list --plain"]),
    ("trueup review show", ["trueup review show F2/portal/R00412", "trueup review show 'F1/*' --json"]),
    (
        "trueup review decide",
        ["trueup review decide F2/portal/R00412 --choose 557", "trueup review decide 'F1/*' --accept"],
    ),
    ("trueup why", ["trueup why R00412 phone", "trueup why R00412 phone --json"]),
    ("trueup show", ["trueup show R00412", "trueup show 7f3a91c2 --all"]),
    ("trueup history", ["trueup history", "trueup history R00412"]),
    ("trueup undo", ["trueup undo", "trueup undo --record R00412 --field phone"]),
    ("trueup verify", ["trueup verify", "trueup verify --json --redacted"]),
    ("trueup prove", ["trueup prove", "trueup prove --json"]),
    ("trueup rehearse", ["trueup rehearse", "trueup rehearse --seeds 1000 --from 200 --json"]),
    ("trueup sandbox", ["trueup sandbox hubspot --port 8077", "trueup sandbox ntfy"]),
    (
        "trueup sandbox hubspot",
        ["trueup sandbox hubspot --port 8077", "trueup sandbox hubspot --state portal.json --lag 30s"],
    ),
    ("trueup sandbox ntfy", ["trueup sandbox ntfy", "trueup sandbox ntfy --port 8078"]),
    ("trueup completions", ["trueup completions bash", "trueup completions fish | source"]),
];

/// What a command does not do and people might rely on, by the words with which it is called.
const LIMITS: [(&str, &str); 1] = [(
    "trueup rehearse",
    "Not played:\n  a source of truth that fails or cannot be read, and what happens to a whole\n  \
     side at once, such as a column that is gone or a listing that is empty",
)];

/// The whole command with its help pages in shape.
pub(super) fn command() -> Command {
    shaped(Args::command(), "")
}

/// `before` are the words of the commands that this one belongs to.
fn shaped(command: Command, before: &str) -> Command {
    let words = format!("{before} {}", command.get_name()).trim_start().to_owned();
    let codes = if words == "trueup plan" {
        format!("{CODES},\n  5 there is something to do (with --detect)")
    } else {
        CODES.to_owned()
    };
    let command = command
        .help_template(TEMPLATE)
        .term_width(WIDTH)
        .before_help(format!("Examples:\n{}{}", examples(&words), limits(&words)))
        .after_help(format!("{codes}\n\nRead on: {LINK}"))
        .disable_help_flag(true)
        .disable_help_subcommand(true);
    command.mut_subcommands(|inner| shaped(inner, &words))
}

fn examples(words: &str) -> String {
    let own = EXAMPLES.iter().find(|(command, _)| *command == words);
    own.map(|(_, lines)| lines.map(|line| format!("  {line}")).join("\n")).unwrap_or_default()
}

fn limits(words: &str) -> String {
    let own = LIMITS.iter().find(|(command, _)| *command == words);
    own.map(|(_, text)| format!("\n\n{text}")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every command with the words that lead to it.
    fn all(command: &Command, before: &str) -> Vec<(String, Command)> {
        let words = format!("{before} {}", command.get_name()).trim_start().to_owned();
        let inner = command.get_subcommands().flat_map(|inner| all(inner, &words));
        [(words.clone(), command.clone())].into_iter().chain(inner).collect()
    }

    #[test]
    fn every_command_has_two_examples_that_call_it_and_that_the_program_takes() {
        let commands = all(&command(), "");
        for (words, _) in &commands {
            let Some((_, examples)) = EXAMPLES.iter().find(|(command, _)| command == words) else {
                panic!("`{words}` has no examples");
            };
            for example in examples {
                assert!(example.starts_with(words), "{words}: {example}");
                let line = example.split(" | ").next().unwrap_or_default().replace("\\\n", "");
                let words = super::super::hints::words(&line).into_iter().filter(|word| !word.is_empty());
                let parsed = command().try_get_matches_from(words);
                assert!(parsed.is_ok(), "{example}: {}", parsed.unwrap_err());
            }
        }
        assert_eq!(EXAMPLES.len(), commands.len());
    }

    #[test]
    fn clap_finds_nothing_wrong_with_the_arguments() {
        command().debug_assert();
    }
}
