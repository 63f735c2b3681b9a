//! The shape of every help page: what it does, how it is called, two examples, the flags, the exit codes,
//! and where to read on.

use clap::{Command, CommandFactory};

use super::options::Args;

const TEMPLATE: &str = "{about}\n\n{usage-heading} {usage}\n\n{before-help}{all-args}{after-help}";
const WIDTH: usize = 80;
const LINK: &str = "https://github.com/trueup/trueup/tree/main/docs";
const CODES: &str = "Exit codes:\n  0 done, 1 failed, 2 wrong use or configuration, 3 halted by a guard,\n  4 done, but a person is needed";

/// Two examples for each command.
const EXAMPLES: [(&str, [&str; 2]); 21] = [
    ("trueup", ["trueup plan", "trueup run --every 15m"]),
    ("demo", ["trueup demo", "trueup demo --once --json"]),
    ("init", ["trueup init --template a", "trueup init --template a leads/"]),
    ("check", ["trueup check", "trueup check --connect"]),
    ("plan", ["trueup plan", "trueup plan -o plan.json --summary"]),
    ("apply", ["trueup apply 7f3a91c2", "trueup apply plan.json --yes"]),
    (
        "approve",
        [
            "trueup approve 7f3a91c2 --halt too_many_updates --max 120 \\\n      --reason \"new phone plan\"",
            "trueup approve 7f3a91c2 --halt blanking:fax --max 60 --reason \"column retired\"",
        ],
    ),
    ("run", ["trueup run --first", "trueup run --every 15m --json"]),
    ("status", ["trueup status", "trueup status --max-age 30m"]),
    ("review", ["trueup review", "trueup review decide F2/portal/R00412 --choose 557"]),
    ("list", ["trueup review list", "trueup review list --plain"]),
    (
        "decide",
        ["trueup review decide F2/portal/R00412 --choose 557", "trueup review decide 'F1/*' --accept"],
    ),
    ("why", ["trueup why R00412 phone", "trueup why R00412 phone --json"]),
    ("show", ["trueup show R00412", "trueup show 7f3a91c2 --all"]),
    ("history", ["trueup history", "trueup history R00412"]),
    ("undo", ["trueup undo", "trueup undo --record R00412 --field phone"]),
    ("verify", ["trueup verify", "trueup verify --json --redacted"]),
    ("prove", ["trueup prove", "trueup prove --json"]),
    ("rehearse", ["trueup rehearse", "trueup rehearse --seeds 1000 --from 200 --json"]),
    ("sandbox", ["trueup sandbox hubspot --port 8077", "trueup sandbox ntfy"]),
    ("completions", ["trueup completions bash", "trueup completions fish | source"]),
];

/// The whole command with its help pages in shape.
pub(super) fn command() -> Command {
    shaped(Args::command(), "trueup")
}

fn shaped(command: Command, parent: &str) -> Command {
    let name = command.get_name().to_owned();
    let codes = if name == "plan" {
        format!("{CODES},\n  5 there is something to do (with --detect)")
    } else {
        CODES.to_owned()
    };
    let command = command
        .help_template(TEMPLATE)
        .term_width(WIDTH)
        .before_help(format!("Examples:\n{}", examples(&name, parent)))
        .after_help(format!("{codes}\n\nRead on: {LINK}"))
        .disable_help_flag(true)
        .disable_help_subcommand(true);
    command.mut_subcommands(|inner| shaped(inner, &name))
}

fn examples(name: &str, parent: &str) -> String {
    let own = EXAMPLES.iter().find(|(command, _)| *command == name);
    let of = own.or_else(|| EXAMPLES.iter().find(|(command, _)| *command == parent));
    of.map(|(_, lines)| lines.map(|line| format!("  {line}")).join("\n")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clap_finds_nothing_wrong_with_the_arguments() {
        command().debug_assert();
    }
}
