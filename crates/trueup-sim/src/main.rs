//! The simulation from the command line: plays seeds on every core, and tells the story of one.
//!
//! Deliberately absent: anything that decides how a seed goes. This is the only file of the crate that knows
//! files; threads are known by `seeds` and `planted` besides.

mod planted;
mod progress;
mod refused;
mod seeds;

use std::{
    io::Write,
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::{Parser, Subcommand};
use mimalloc::MiMalloc;
use trueup_sim::{
    report::story,
    run::{Replayed, replay, shrink},
    swarm::Options,
};

use refused::Refused;

/// A seed is millions of small values that live for a moment: the system's allocator takes a fifth of the time.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// Plays the whole engine under seeds, and says what did not hold.
#[derive(Parser)]
#[command(name = "trueup-sim", version)]
struct Args {
    /// Prints one JSON object instead of text.
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Plays seeds, on all cores.
    Run(seeds::Args),
    /// Plants one defect after the other and counts the seeds until an oracle notices.
    Defects(planted::Args),
    /// Tells the story of one seed, record by record.
    Replay {
        /// The seed.
        seed: u64,
        /// Makes the seed smaller first, if it fails.
        #[arg(long)]
        shrink: bool,
        /// Writes what `trueup-audit` reads to this file.
        #[arg(long)]
        log: Option<PathBuf>,
    },
}

fn main() -> ExitCode {
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) if error.use_stderr() => {
            let json = std::env::args_os().any(|argument| argument == "--json");
            return Refused::usage(&error).tell(json);
        }
        // Help and the version were asked for.
        Err(error) => error.exit(),
    };
    let answer = match args.command {
        Command::Run(asked) => seeds::run(&asked, args.json),
        Command::Defects(asked) => planted::run(&asked, args.json),
        Command::Replay { seed, shrink: smaller, log } => Ok(tell(seed, smaller, log.as_deref(), args.json)),
    };
    let (text, good) = match answer {
        Ok(told) => told,
        Err(refused) => return refused.tell(args.json),
    };
    let mut out = std::io::stdout().lock();
    // Who closed the other end of the pipe wants to hear no more.
    let _ = writeln!(out, "{}", text.trim_end());
    if good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The text of a file.
fn text(path: &Path) -> std::io::Result<String> {
    std::fs::read_to_string(path)
}

/// A file to append to, which is made if it is not there.
fn appending(path: &Path) -> std::io::Result<impl Write + use<>> {
    std::fs::OpenOptions::new().create(true).append(true).open(path)
}

/// Writes what the auditor reads; false when that cannot be done.
fn write_evidence(path: &Path, evidence: &[trueup_audit::line::Line]) -> bool {
    let written = trueup_audit::write(evidence).map_err(std::io::Error::from);
    let written = written.and_then(|text| std::fs::write(path, text));
    if let Err(error) = &written {
        let _ = writeln!(std::io::stderr(), "the evidence cannot be written to {}: {error}", path.display());
    }
    written.is_ok()
}

fn tell(seed: u64, smaller: bool, log: Option<&Path>, json: bool) -> (String, bool) {
    let mut options = Options::of(seed);
    let mut off = Vec::new();
    if let Some(shrunk) = smaller.then(|| shrink(&options)).flatten() {
        (options, off) = (shrunk.options, shrunk.off);
    }
    let Replayed { told, story: lines, evidence } = replay(&options);
    let written = log.is_none_or(|log| write_evidence(log, &evidence));
    let good = written && told.broken.is_empty();
    let text = if json {
        story::json(seed, &off, &told, &lines).to_string()
    } else {
        story::text(&options, &off, &told, &lines)
    };
    (text, good)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(line: &[&str]) {
        let error = Args::try_parse_from([&["trueup-sim"], line].concat()).err().unwrap();
        let refused = Refused::usage(&error);
        assert!(!refused.message.starts_with("error") && !refused.message.is_empty(), "{refused:?}");
    }

    #[test]
    fn no_seeds_and_no_starting_points_are_wrong_use() {
        check(&["run", "--seeds", "0"]);
        check(&["defects", "--seeds", "0"]);
        check(&["defects", "--starts", "0"]);
        check(&["run"]);
    }

    #[cfg(not(feature = "planted-defects"))]
    #[test]
    fn a_build_without_defects_refuses_to_look_for_them() {
        let args = Args::try_parse_from(["trueup-sim", "defects"]).unwrap();
        let Command::Defects(asked) = args.command else { panic!("another command") };
        assert_eq!(planted::run(&asked, true).unwrap_err().code, "no_defects");
    }
}
