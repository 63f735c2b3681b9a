//! Plays the cases of a sweep side by side, and counts.

use std::{
    any::Any,
    collections::{BTreeMap, VecDeque},
    fmt::Debug,
    fs,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    sync::Mutex,
    thread,
};

use serde_json::json;

use super::blow::Blow;

/// How many cases run at a time: most of their time is waiting.
const WORKERS: usize = 4;

/// What a case of a sweep was struck by.
pub(crate) trait Strike {
    /// How it is counted.
    fn name(&self) -> &'static str;
    /// How often the program was killed.
    fn kills(&self) -> usize;
}

impl Strike for Blow {
    fn name(&self) -> &'static str {
        (*self).name()
    }

    fn kills(&self) -> usize {
        (*self).kills()
    }
}

impl Strike for &'static str {
    fn name(&self) -> &'static str {
        self
    }

    fn kills(&self) -> usize {
        0
    }
}

/// The counts of one sweep.
#[derive(Default)]
struct Tally {
    cases: usize,
    kills: usize,
    strikes: BTreeMap<&'static str, usize>,
    /// How many runs were needed after the one that was struck → in how many cases.
    runs: BTreeMap<usize, usize>,
    failed: Vec<String>,
}

/// Plays all cases; a case gives by what it was struck and how many runs were needed.
pub(crate) fn play_all<C, S>(name: &str, cases: Vec<C>, play: impl Fn(C) -> (S, usize) + Sync)
where
    C: Clone + Debug + Send,
    S: Strike,
{
    let (queue, tally) = (Mutex::new(VecDeque::from(cases)), Mutex::new(Tally::default()));
    thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                while let Some(case) = { queue.lock().unwrap().pop_front() } {
                    let played = catch_unwind(AssertUnwindSafe(|| play(case.clone())));
                    tally.lock().unwrap().add(&case, played);
                }
            });
        }
    });
    tally.into_inner().unwrap().tell(name);
}

impl Tally {
    fn add<S: Strike>(&mut self, case: &impl Debug, played: thread::Result<(S, usize)>) {
        self.cases += 1;
        match played {
            Ok((strike, runs)) => {
                self.kills += strike.kills();
                *self.strikes.entry(strike.name()).or_default() += 1;
                *self.runs.entry(runs).or_default() += 1;
            }
            Err(panic) => self.failed.push(format!("{case:?}: {}", said(panic.as_ref()))),
        }
    }

    /// Says what came of it, and writes it down for whoever prints the proof: one file a sweep.
    fn tell(self, name: &str) {
        let Self { cases, kills, strikes, runs, failed } = self;
        println!(
            "{name}: {cases} cases, {kills} kills, settled after so many runs: {runs:?}, failed {}",
            failed.len()
        );
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("sweeps");
        fs::create_dir_all(&folder).unwrap();
        let json = json!({
            "sweep": name, "cases": cases, "kills": kills, "strikes": strikes, "runs": runs, "failed": failed.len(),
        });
        fs::write(folder.join(format!("{}.json", name.replace(' ', "_"))), format!("{json:#}\n")).unwrap();
        assert!(failed.is_empty(), "{} of {cases} cases failed:\n{}", failed.len(), failed.join("\n"));
    }
}

/// The words of a panic.
pub(crate) fn said(cause: &(dyn Any + Send)) -> String {
    let text = cause.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| cause.downcast_ref::<&str>().copied()).unwrap_or("no words").chars().take(1_500).collect()
}
