//! `trueup-sim defects`: a build without the feature has nothing to plant, and says how one is made that has.

use trueup_core::planted::Defect;

use crate::refused::Refused;

/// What is looked for, and for how long.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// How many seeds are played from each starting point at most.
    #[arg(long, default_value_t = 20_000, value_parser = clap::value_parser!(u64).range(1..))]
    seeds: u64,
    /// From how many starting points each defect is looked for.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..))]
    starts: u64,
    /// Only this defect; may be given several times.
    #[arg(long, value_parser = named)]
    name: Vec<Defect>,
    /// How many threads; every core by default.
    #[arg(long)]
    threads: Option<usize>,
}

fn named(name: &str) -> Result<Defect, String> {
    let names = || Defect::all().map(Defect::name).collect::<Vec<_>>().join(", ");
    Defect::by_name(name).ok_or_else(|| format!("there is no such defect; there are: {}", names()))
}

#[cfg(not(feature = "planted-defects"))]
pub(crate) fn run(_: &Args, _: bool) -> Result<(String, bool), Refused> {
    Err(Refused::new(
        "no_defects",
        "this build has no defects to plant",
        "cargo run --profile ci -p trueup-sim --features planted-defects -- defects",
    ))
}

#[cfg(feature = "planted-defects")]
pub(crate) use on::run;

#[cfg(feature = "planted-defects")]
mod on {
    use std::{
        io::Write,
        sync::{
            Mutex, PoisonError,
            atomic::{AtomicUsize, Ordering},
        },
        thread,
    };

    use trueup_core::planted::Defect;
    use trueup_sim::{
        defects::{Found, Search, json, search, shows},
        run::{Told, play},
        swarm::Options,
    };

    use super::{Args, Refused};
    use crate::progress::Progress;

    #[expect(clippy::unnecessary_wraps, reason = "a build without defects refuses")]
    pub(crate) fn run(args: &Args, as_json: bool) -> Result<(String, bool), Refused> {
        let threads = args.threads.unwrap_or_else(|| thread::available_parallelism().map_or(1, usize::from));
        let defects: Vec<Defect> =
            if args.name.is_empty() { Defect::all().collect() } else { args.name.clone() };
        // What panics is told like any other violation; its own message would only be in the way.
        std::panic::set_hook(Box::new(|_| {}));
        let mut found: Vec<Found> = Vec::new();
        for (at, defect) in defects.iter().enumerate() {
            let progress = Progress::new(format!("{} of {}: {defect}", at + 1, defects.len()));
            let wanted = Search { seeds: args.seeds, starts: args.starts };
            let may = |seed| shows(*defect, &Options::of(seed));
            let one = search(wanted, *defect, may, |seeds| play_all(seeds, threads.max(1), &progress));
            progress.clear();
            if !as_json {
                say(&one.line());
            }
            found.push(one);
        }
        let _ = std::panic::take_hook();
        let good = found.iter().all(Found::is_good);
        let last =
            || format!("{} of {} as they must be", found.iter().filter(|f| f.is_good()).count(), found.len());
        Ok((if as_json { json(&found).to_string() } else { last() }, good))
    }

    fn play_all(seeds: &[u64], threads: usize, progress: &Progress) -> Vec<(u64, Told)> {
        let next = AtomicUsize::new(0);
        let played = Mutex::new(Vec::new());
        thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(|| {
                    while let Some(&seed) = seeds.get(next.fetch_add(1, Ordering::Relaxed)) {
                        let told = play(&Options::of(seed));
                        played.lock().unwrap_or_else(PoisonError::into_inner).push((seed, told));
                        progress.step();
                    }
                });
            }
        });
        played.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    fn say(line: &str) {
        let _ = writeln!(std::io::stdout().lock(), "{line}");
    }
}
