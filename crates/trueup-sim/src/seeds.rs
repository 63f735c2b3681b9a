//! `trueup-sim run`: plays many seeds, on all cores.

use std::{
    io::Write,
    ops::Range,
    path::{Path, PathBuf},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    thread,
};

use trueup_sim::{
    report::{Sum, failures, timed},
    run::{Told, play_checked, shrink},
    swarm::Options,
};

use crate::{appending, progress::Progress, refused::Refused, text};

/// What is played, and what becomes of it.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// How many.
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..))]
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
    /// Appends failing seeds to this file, with the commit and with what they fail without.
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
}

/// The seeds that are played: so many in a row, and those of a file. Never a list of the former: they may be 2^64.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Seeds {
    row: Range<u64>,
    also: Vec<u64>,
}

/// Plays what is asked for, and says what came of it and whether that is good.
pub(crate) fn run(args: &Args, json: bool) -> Result<(String, bool), Refused> {
    let seeds = Seeds::of(args)?;
    // Before hours of playing, not after them.
    let keep = args.keep.as_deref().map(kept).transpose()?;
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let threads = args.threads.unwrap_or(cores).max(1);
    let sum = play(&seeds, args, threads);
    if sum.seeds() == 0 {
        return Err(none(args));
    }
    let kept = keep.is_none_or(|file| self::keep(file, &sum, &args.commit));
    // Seeds of one kind alone need not reach everything.
    let good = sum.is_good() && (args.variant.is_some() || sum.missed().is_empty());
    let text = if json { sum.json().to_string() } else { sum.missed_text() + &sum.text() };
    Ok((text, good && kept))
}

fn none(args: &Args) -> Refused {
    let variant = args.variant.as_deref().unwrap_or_default();
    Refused::new(
        "no_seed",
        format!("of {} seeds from {} on none is of the kind '{variant}'", args.seeds, args.from),
        format!("trueup-sim run --seeds 100 --variant {variant}"),
    )
}

impl Seeds {
    fn of(args: &Args) -> Result<Self, Refused> {
        let beyond = || {
            let what = format!("there are no {} seeds from {} on", args.seeds, args.from);
            let from = u64::MAX - args.seeds;
            Refused::new("no_seed", what, format!("trueup-sim run --seeds {} --from {from}", args.seeds))
        };
        let end = args.from.checked_add(args.seeds).ok_or_else(beyond)?;
        let also = args.also.as_deref().map_or_else(|| Ok(Vec::new()), listed)?;
        Ok(Self { row: args.from..end, also })
    }

    fn at(&self, place: u64) -> Option<u64> {
        match place.checked_sub(self.row.end - self.row.start) {
            None => Some(self.row.start + place),
            Some(beyond) => self.also.get(usize::try_from(beyond).ok()?).copied(),
        }
    }
}

/// The seeds of a file.
fn listed(path: &Path) -> Result<Vec<u64>, Refused> {
    let refused = |what| Refused::new("seeds_unreadable", what, "name a file with one seed a line");
    let text = text(path).map_err(|error| refused(format!("cannot read {}: {error}", path.display())))?;
    failures::seeds(&text).map_err(|error| refused(format!("{}: {error}", path.display())))
}

/// Opens what failing seeds are appended to.
fn kept(path: &Path) -> Result<impl Write + use<>, Refused> {
    appending(path).map_err(|error| {
        let what = format!("failing seeds cannot be kept in {}: {error}", path.display());
        Refused::new("keep_unwritable", what, "name a file that can be written")
    })
}

/// Failing seeds are kept for ever; false when that cannot be done.
fn keep(mut file: impl Write, sum: &Sum, commit: &str) -> bool {
    let lines: String =
        sum.failing().map(|seed| failures::line(seed, &shrink(&Options::of(seed)), commit)).collect();
    let written = file.write_all(lines.as_bytes());
    if let Err(error) = &written {
        let _ = writeln!(std::io::stderr(), "error: failing seeds cannot be kept: {error}");
    }
    written.is_ok()
}

/// Each simulation is of one thread; threads take one seed after the other.
fn play(seeds: &Seeds, args: &Args, threads: usize) -> Sum {
    let next = AtomicU64::new(0);
    let sum = Mutex::new(Sum::default());
    let progress = Progress::new(format!("{} seeds from {} on", args.seeds, args.from));
    // What panics is told like any other violation; its own message would only be in the way.
    std::panic::set_hook(Box::new(|_| {}));
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(seed) = seeds.at(next.fetch_add(1, Ordering::Relaxed)) {
                    let options = Options { asks: args.histogram, ..Options::of(seed) };
                    if !is_wanted(&options, args.variant.as_deref()) {
                        continue;
                    }
                    let (told, seconds): (Told, f64) = timed(|| play_checked(&options));
                    let mut sum = sum.lock().unwrap_or_else(PoisonError::into_inner);
                    sum.add(seed, told);
                    sum.took(options.kind(), seconds);
                    progress.step();
                }
            });
        }
    });
    let _ = std::panic::take_hook();
    progress.clear();
    sum.into_inner().unwrap_or_else(PoisonError::into_inner)
}

fn is_wanted(options: &Options, variant: Option<&str>) -> bool {
    variant.is_none_or(|name| options.kind().name() == name || options.scene.name() == name)
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        args: Args,
    }

    fn args(line: &[&str]) -> Args {
        Line::try_parse_from([&["run"], line].concat()).map(|line| line.args).unwrap()
    }

    #[track_caller]
    fn check(line: &[&str], code: &str) {
        assert_eq!(run(&args(line), true).unwrap_err().code, code, "{line:?}");
    }

    #[test]
    fn what_cannot_be_played_or_kept_is_refused_before_anything_is_played() {
        check(&["--seeds", "1", "--from", "3", "--variant", "wire"], "no_seed");
        check(&["--seeds", "2", "--from", "18446744073709551615"], "no_seed");
        check(&["--seeds", "1", "--also", "no such file"], "seeds_unreadable");
        check(&["--seeds", "1", "--keep", "no such folder/seeds.txt"], "keep_unwritable");
        assert!(Line::try_parse_from(["run", "--seeds", "0"]).is_err());
    }

    #[test]
    fn all_seeds_there_are_can_be_asked_for_and_those_of_a_file_come_last() {
        let all = Seeds::of(&args(&["--seeds", "18446744073709551615"])).unwrap();
        assert_eq!((all.at(0), all.at(u64::MAX - 1), all.at(u64::MAX)), (Some(0), Some(u64::MAX - 1), None));
        let some = Seeds { row: 5..7, also: vec![1, 9] };
        assert_eq!((0..5).map_while(|place| some.at(place)).collect::<Vec<_>>(), [5, 6, 1, 9]);
    }

    #[test]
    fn a_seed_that_cannot_be_kept_is_told() {
        struct Full;
        impl Write for Full {
            fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
                Err(std::io::Error::other("no room"))
            }
            fn flush(&mut self) -> std::io::Result<()> {
                Ok(())
            }
        }
        let mut sum = Sum::default();
        sum.add(7, Told { broken: vec!["O2: lost".to_owned()], ..Told::default() });
        assert!(!keep(Full, &sum, "abc"));
        let mut file = Vec::new();
        assert!(keep(&mut file, &sum, "abc"));
        assert!(file.starts_with(b"7 # abc"));
    }
}
