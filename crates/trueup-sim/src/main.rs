//! The simulation from the command line: plays seeds on every core, and tells the story of one.
//!
//! Deliberately absent: anything that decides how a seed goes. This is the only file of the crate that knows
//! threads, files and real time.

mod planted;

use std::{
    io::Write,
    path::{Path, PathBuf},
    process::ExitCode,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Instant,
};

use clap::{Parser, Subcommand};
use mimalloc::MiMalloc;
use trueup_sim::{
    report::{Sum, failures, story},
    run::{Replayed, Told, play_checked, replay, shrink},
    swarm::Options,
};

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
    Run {
        /// How many.
        #[arg(long)]
        seeds: u64,
        /// The first one.
        #[arg(long, default_value_t = 0)]
        from: u64,
        /// Plays only seeds of this scene (`book_to_crm`, `hub`, `pair`, `fields`) or this kind (`memory`, `sqlite`,
        /// `wire`).
        #[arg(long, value_parser = ["book_to_crm", "hub", "pair", "fields", "memory", "sqlite", "wire"])]
        variant: Option<String>,
        /// Plays the seeds of this file as well, whatever their kind.
        #[arg(long)]
        also: Option<PathBuf>,
        /// Appends failing seeds to this file, made smaller, with the commit.
        #[arg(long)]
        keep: Option<PathBuf>,
        /// The commit, as it is kept with failing seeds.
        #[arg(long, default_value = "unknown")]
        commit: String,
        /// Counts at which awaits instances are killed; only a build with line tables knows (profile `proof`).
        #[arg(long)]
        histogram: bool,
        /// How many threads; every core by default.
        #[arg(long)]
        threads: Option<usize>,
    },
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
    let args = Args::parse();
    let (text, good) = match args.command {
        Command::Run { seeds, from, variant, also, keep, commit, histogram, threads } => {
            let seeds = match played(from..from.saturating_add(seeds), also.as_deref()) {
                Ok(seeds) => seeds,
                Err(error) => return refused(&error),
            };
            let cores = thread::available_parallelism().map_or(1, usize::from);
            let threads = threads.unwrap_or(cores).max(1);
            let (sum, seconds) = timed(|| run(&seeds, variant.as_deref(), histogram, threads));
            let per_core = sum.per_second(seconds) / threads_f64(threads);
            // Seeds of one kind alone need not reach everything.
            let good = sum.is_good() && (variant.is_some() || sum.missed().is_empty());
            if let Some(keep) = keep {
                self::keep(&keep, &sum, &commit);
            }
            (if args.json { sum.json(per_core).to_string() } else { sum.text(per_core) }, good)
        }
        Command::Defects(asked) => planted::run(&asked, args.json),
        Command::Replay { seed, shrink: smaller, log } => tell(seed, smaller, log.as_deref(), args.json),
    };
    let mut out = std::io::stdout().lock();
    // Who closed the other end of the pipe wants to hear no more.
    let _ = writeln!(out, "{}", text.trim_end());
    if good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The seeds that are played: so many in a row, and those of a file.
fn played(row: std::ops::Range<u64>, also: Option<&Path>) -> Result<Vec<u64>, String> {
    let Some(path) = also else { return Ok(row.collect()) };
    let text = std::fs::read_to_string(path);
    let text = text.map_err(|error| format!("cannot read {}: {error}", path.display()))?;
    let kept = failures::seeds(&text).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(row.chain(kept).collect())
}

fn refused(error: &str) -> ExitCode {
    let _ = writeln!(std::io::stderr(), "error: {error}");
    ExitCode::FAILURE
}

/// How long something takes, in seconds.
#[expect(clippy::disallowed_methods, reason = "how fast seeds are played is told, and decides nothing")]
fn timed<T>(work: impl FnOnce() -> T) -> (T, f64) {
    let began = Instant::now();
    (work(), began.elapsed().as_secs_f64())
}

fn threads_f64(threads: usize) -> f64 {
    f64::from(u32::try_from(threads).unwrap_or(u32::MAX))
}

/// Each simulation is of one thread; threads take one seed after the other.
fn run(seeds: &[u64], variant: Option<&str>, asks: bool, threads: usize) -> Sum {
    let next = AtomicUsize::new(0);
    let sum = Mutex::new(Sum::default());
    // What panics is told like any other violation; its own message would only be in the way.
    std::panic::set_hook(Box::new(|_| {}));
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(&seed) = seeds.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let options = Options { asks, ..Options::of(seed) };
                    if !is_wanted(&options, variant) {
                        continue;
                    }
                    let (told, seconds): (Told, f64) = timed(|| play_checked(&options));
                    let mut sum = sum.lock().unwrap_or_else(PoisonError::into_inner);
                    sum.add(seed, told);
                    sum.took(options.kind(), seconds);
                }
            });
        }
    });
    let _ = std::panic::take_hook();
    sum.into_inner().unwrap_or_else(PoisonError::into_inner)
}

fn is_wanted(options: &Options, variant: Option<&str>) -> bool {
    variant.is_none_or(|name| options.kind().name() == name || options.scene.name() == name)
}

/// Failing seeds are kept for ever.
fn keep(path: &PathBuf, sum: &Sum, commit: &str) {
    let lines: String =
        sum.failing().map(|seed| failures::line(seed, &shrink(&Options::of(seed)), commit)).collect();
    let opened = std::fs::OpenOptions::new().create(true).append(true).open(path);
    if let Err(error) = opened.and_then(|mut file| file.write_all(lines.as_bytes())) {
        let _ = writeln!(std::io::stderr(), "failing seeds cannot be kept in {}: {error}", path.display());
    }
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
