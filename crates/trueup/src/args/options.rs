//! Every command and flag. What stands here in comments is the help people read.

use std::{path::PathBuf, time::Duration};

use clap::{ArgGroup, Parser, Subcommand, ValueEnum};
use clap_complete::ArgValueCompleter as Completer;

use crate::{complete, output::Manner};

/// The configuration file where none is named.
pub(crate) const CONFIG: &str = "trueup.yaml";
/// The environment variable that names another one.
pub(crate) const CONFIG_VARIABLE: &str = "TRUEUP_CONFIG";

/// Keeps business records in agreement with one source of truth
#[derive(Debug, Parser)]
#[command(name = "trueup", disable_version_flag = true, disable_help_flag = true)]
pub(crate) struct Args {
    #[command(flatten)]
    pub(crate) global: Global,
    /// Print the version
    #[arg(short = 'V', long)]
    pub(crate) version: bool,
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

/// Flags that every command takes.
#[derive(Clone, Debug, clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "independent switches of a command line")]
#[command(next_help_heading = "Flags of every command")]
pub(crate) struct Global {
    /// Configuration file
    #[arg(
        short,
        long,
        global = true,
        value_name = "FILE",
        default_value = CONFIG,
        env = CONFIG_VARIABLE,
        value_hint = clap::ValueHint::FilePath
    )]
    pub(crate) config: PathBuf,
    /// Only this pipeline of the configuration
    #[arg(long, global = true, value_name = "NAME", add = Completer::new(complete::pipelines))]
    pub(crate) pipeline: Option<String>,
    /// Print one JSON document
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Print tables with a tab between the cells
    #[arg(long, global = true)]
    pub(crate) plain: bool,
    /// Print all at once, also what is longer than the screen
    #[arg(long, global = true)]
    pub(crate) no_pager: bool,
    /// Say nothing on success
    #[arg(short, long, global = true)]
    pub(crate) quiet: bool,
    /// Colours
    #[arg(long, global = true, value_enum, value_name = "WHEN", default_value_t = ColorChoice::Auto)]
    pub(crate) color: ColorChoice,
    /// Say more
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub(crate) verbose: u8,
    /// Print this page
    #[arg(short, long, global = true, action = clap::ArgAction::HelpShort)]
    pub(crate) help: Option<bool>,
}

/// When colours are used; on its own, on a terminal that wants them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ColorChoice {
    Auto,
    Always,
    Never,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Rehearse everything on invented data, with no set-up
    Demo(crate::commands::demo::Demo),
    /// Write a configuration to start from
    Init(Init),
    /// Check the configuration, and with --connect the systems behind it
    Check(Check),
    /// Show what would change; nothing is written to any system
    Plan(PlanArgs),
    /// Do exactly what a plan says
    Apply(Apply),
    /// Let one halt of one plan pass, up to a ceiling
    Approve(Approve),
    /// Plan and apply, once or every so often
    Run(Run),
    /// Show how well the systems agree and what waits
    Status(Status),
    /// List, show and decide what waits for a person
    Review(Review),
    /// Explain one field of one record
    Why(Why),
    /// Show one record in all systems side by side, or a kept plan
    Show(Show),
    /// Show what was done: runs, or the journal of one record
    History(History),
    /// Take a run, a record, a field or a time back
    Undo(Undo),
    /// Read everything anew, by another path, and prove agreement or list what differs
    Verify(Verify),
    /// Attack this configuration on a sandbox and see every guard hold
    Prove(Prove),
    /// Play this configuration on a sandbox under faults, in virtual time
    Rehearse(Rehearse),
    /// Serve an emulator of an outside system on this machine
    Sandbox(Sandbox),
    /// Print shell completions
    Completions(Completions),
}

impl Command {
    /// What it finishes when somebody asks it to stop.
    pub(crate) const fn finishes(&self) -> &'static str {
        match self {
            Self::Rehearse(_) => "the seeds under way",
            _ => "the request in flight",
        }
    }

    /// How its report is shown.
    pub(crate) const fn manner(&self) -> Manner {
        match self {
            Self::Completions(_) => Manner::Verbatim,
            Self::Plan(plan) if plan.markdown => Manner::Verbatim,
            Self::Plan(_)
            | Self::Why(_)
            | Self::Show(_)
            | Self::History(_)
            | Self::Verify(_)
            | Self::Review(Review { act: None | Some(ReviewAct::List | ReviewAct::Show { .. }) }) => {
                Manner::Paged
            }
            _ => Manner::Told,
        }
    }
}

#[derive(Debug, clap::Args)]
pub(crate) struct Init {
    /// Template: a (an Excel workbook leads, HubSpot follows)
    #[arg(long, value_name = "NAME", default_value = "a")]
    pub(crate) template: String,
    /// Replace a configuration that is there already
    #[arg(long)]
    pub(crate) force: bool,
    /// Where to write it
    #[arg(value_name = "DIR", default_value = ".")]
    pub(crate) dir: PathBuf,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Check {
    /// Also connect to every system: names, keys, scope, columns, permissions
    #[arg(long)]
    pub(crate) connect: bool,
}

#[derive(Debug, clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "independent switches of a command line")]
pub(crate) struct PlanArgs {
    /// Also write the plan to a file, to be applied later
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Counts only
    #[arg(long, conflicts_with = "all")]
    pub(crate) summary: bool,
    /// Everything, nothing folded
    #[arg(long)]
    pub(crate) all: bool,
    /// Exit with 5 when there is anything to do
    #[arg(long)]
    pub(crate) detect: bool,
    /// Print Markdown, for a ticket or a pull request
    #[arg(long, conflicts_with = "json")]
    pub(crate) markdown: bool,
    /// Leave values and people's names out
    #[arg(long)]
    pub(crate) redacted: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Apply {
    /// A plan's id or file; without it a fresh plan is made and shown
    #[arg(value_name = "PLAN|FILE", add = Completer::new(complete::plans_and_files))]
    pub(crate) plan: Option<String>,
    /// Do not ask; covers neither halts nor archives
    #[arg(short, long)]
    pub(crate) yes: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Approve {
    /// The plan's id
    #[arg(value_name = "PLAN", add = Completer::new(complete::plans))]
    pub(crate) plan: String,
    /// The halt, such as `too_many_updates` or `blanking:city`
    #[arg(long, value_name = "HALT")]
    pub(crate) halt: String,
    /// How many records it may concern at most
    #[arg(long, value_name = "N")]
    pub(crate) max: usize,
    /// Why
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: String,
}

#[derive(Debug, clap::Args)]
#[expect(clippy::option_option, reason = "no flag, a flag without a time and one with it are three answers")]
pub(crate) struct Run {
    /// This is the first run of this configuration: apply without a plan read before
    #[arg(long)]
    pub(crate) first: bool,
    /// The state was rolled back and is right all the same: why
    #[arg(long, value_name = "TEXT")]
    pub(crate) accept_rollback: Option<String>,
    /// Go on, one cycle every so often, such as 15m; without TIME, as the configuration says
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub(crate) every: Option<Option<Duration>>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Status {
    /// Exit with 1 when no cycle went well for that long, such as 30m
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub(crate) max_age: Option<Duration>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Review {
    #[command(subcommand)]
    pub(crate) act: Option<ReviewAct>,
}

/// The heading of what can be decided.
const CHOICE: &str = "Choice, one of these";

/// What to do with what waits for a person.
#[derive(Debug, Subcommand)]
pub(crate) enum ReviewAct {
    /// List what waits for a person
    List,
    /// Show one item, side by side
    Show {
        /// Its handle, such as F2/portal/R00412
        handle: String,
    },
    /// Decide one item, or several at once with a star
    #[command(
        group(ArgGroup::new("choice").required(true)),
        override_usage = "trueup review decide [OPTIONS] <HANDLE> <CHOICE>"
    )]
    Decide {
        /// A handle such as F2/portal/R00412, or a pattern such as 'F1/*'
        handle: String,
        /// Of several records this one is right
        #[arg(long, value_name = "ID", group = "choice", help_heading = CHOICE)]
        choose: Option<String>,
        /// It is fine as it is
        #[arg(long, group = "choice", help_heading = CHOICE)]
        accept: bool,
        /// The record is not this entity's: cut the link
        #[arg(long, group = "choice", help_heading = CHOICE)]
        exclude: bool,
        /// Try the refused write again
        #[arg(long, group = "choice", help_heading = CHOICE)]
        retry: bool,
        /// End the hold of an undo
        #[arg(long, group = "choice", help_heading = CHOICE)]
        release: bool,
        /// Close the conflict
        #[arg(long, group = "choice", help_heading = CHOICE)]
        close: bool,
    },
}

#[derive(Debug, clap::Args)]
pub(crate) struct Why {
    /// The record's key in the source of truth
    #[arg(add = Completer::new(complete::keys))]
    pub(crate) key: String,
    /// The field, as the configuration calls it
    #[arg(add = Completer::new(complete::fields))]
    pub(crate) field: String,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Show {
    /// A record's key, a plan's id, or a plan's file
    #[arg(value_name = "KEY|PLAN|FILE", add = Completer::new(complete::everything))]
    pub(crate) what: String,
    /// Of a plan everything, nothing folded
    #[arg(long)]
    pub(crate) all: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct History {
    /// Only this record: its journal
    #[arg(add = Completer::new(complete::keys))]
    pub(crate) key: Option<String>,
    /// Runs with the command that would undo each
    #[arg(long, conflicts_with = "key")]
    pub(crate) ops: bool,
    /// How many at most
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = at_least_one)]
    pub(crate) limit: usize,
}

#[derive(Debug, clap::Args)]
#[command(group(ArgGroup::new("what")))]
pub(crate) struct Undo {
    /// This run; without any choice the last one that changed something
    #[arg(long, value_name = "RUN", group = "what", add = Completer::new(complete::runs))]
    pub(crate) run: Option<String>,
    /// This record
    #[arg(long, value_name = "KEY", group = "what", add = Completer::new(complete::keys))]
    pub(crate) record: Option<String>,
    /// Of the record only this field
    #[arg(long, requires = "record", add = Completer::new(complete::fields))]
    pub(crate) field: Option<String>,
    /// Everything since this moment, such as 2026-05-04T12:00:00Z
    #[arg(long, value_name = "TIME", group = "what", value_parser = moment)]
    pub(crate) since: Option<jiff::Timestamp>,
    /// Do not ask
    #[arg(short, long)]
    pub(crate) yes: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Verify {
    /// Leave values out
    #[arg(long)]
    pub(crate) redacted: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Prove {
    /// Leave a guard rule out, to see that the proof notices
    #[cfg(feature = "planted-defects")]
    #[arg(long, hide = true, value_name = "RULE")]
    pub(crate) plant: Option<String>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Rehearse {
    /// How many seeds, each a day of runs, faults and people
    #[arg(long, value_name = "N", default_value_t = 200, value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) seeds: u64,
    /// The first seed; the same seed always plays the same
    #[arg(long, value_name = "SEED", default_value_t = 0)]
    pub(crate) from: u64,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Sandbox {
    #[command(subcommand)]
    pub(crate) kind: SandboxKind,
}

/// The emulators.
#[derive(Debug, Subcommand)]
pub(crate) enum SandboxKind {
    /// A HubSpot portal
    Hubspot {
        /// Port; a free one without it
        #[arg(long, value_name = "N", default_value_t = 0)]
        port: u16,
        /// The portal's state to begin with, as JSON
        #[arg(long, value_name = "FILE")]
        state: Option<PathBuf>,
        /// How far search lags behind, such as 30s
        #[arg(long, value_name = "TIME", value_parser = duration)]
        lag: Option<Duration>,
    },
    /// An ntfy server that keeps what is pushed
    Ntfy {
        /// Port; a free one without it
        #[arg(long, value_name = "N", default_value_t = 0)]
        port: u16,
    },
}

#[derive(Debug, clap::Args)]
pub(crate) struct Completions {
    /// The shell
    #[arg(value_enum)]
    pub(crate) shell: clap_complete::Shell,
}

/// A time such as `250ms`, `30s`, `15m`, `2h` or `1d`.
fn duration(text: &str) -> Result<Duration, String> {
    let unit_at = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(unit_at);
    let bad = || "write a time such as 30s, 15m or 2h".to_owned();
    let number: u64 = number.parse().map_err(|_| bad())?;
    let millis = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return Err(bad()),
    };
    match number.checked_mul(millis) {
        Some(0) => Err("it must be longer than nothing".to_owned()),
        time => time.map(Duration::from_millis).ok_or_else(bad),
    }
}

/// A moment with its offset from UTC: without one, it would be another on each host.
fn moment(text: &str) -> Result<jiff::Timestamp, String> {
    let bad = |_| "write the day, the time and the offset, such as 2026-05-04T12:00:00Z".to_owned();
    text.parse().map_err(bad)
}

/// How many of something, and not none.
fn at_least_one(text: &str) -> Result<usize, String> {
    let number = text.parse().ok().filter(|number| *number > 0);
    number.ok_or_else(|| "write a whole number from 1 on".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, millis: Option<u64>) {
        assert_eq!(duration(text).ok(), millis.map(Duration::from_millis), "{text}");
    }

    #[test]
    fn a_time_needs_a_number_and_a_unit() {
        check("250ms", Some(250));
        check("30s", Some(30_000));
        check("15m", Some(900_000));
        check("2h", Some(7_200_000));
        check("1d", Some(86_400_000));
        for bad in
            ["", "15", "m", "0s", "-5m", "1w", "1.5h", "99999999999999999999s", "18446744073709551615d"]
        {
            check(bad, None);
        }
    }
}
