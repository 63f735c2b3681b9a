//! What recorded chunks come to together.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Result, bail};
use serde_json::{Map, Value};

use super::{Chunk, SEEDS};
use crate::awaits::Histogram;

/// Each mark is hit by one of so many seeds.
const MARKS_ONE_IN: u64 = 10_000;

/// What is added up under its own name.
const COUNTED: [&str; 8] =
    ["kills", "runs", "whole_cycles", "requests", "steps", "events", "violations", "edits_timed"];
/// How a violation begins that says of a seed that its trace was another one the second time.
const ANOTHER_TRACE: &str = "O15:";

/// What recorded chunks of one commit come to together.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Merged {
    /// The commit.
    pub commit: String,
    /// How many seeds were played, each once.
    pub seeds: u64,
    /// The first one.
    pub from: u64,
    /// How many chunks.
    pub chunks: usize,
    /// How many seeds were played twice, to compare the stories.
    pub twice: u64,
    /// Virtual years.
    pub years: f64,
    /// Whole numbers by name: kills, runs, requests and the like.
    pub counts: BTreeMap<String, u64>,
    /// How many seconds at most a person's edit took to stand where it was to arrive, where that was told.
    pub oldest_drift_s: Option<u64>,
    /// How often each fault happened.
    pub faults: BTreeMap<String, u64>,
    /// How many seeds hit each mark.
    pub marks: BTreeMap<String, u64>,
    /// Kills by await.
    pub awaits: Histogram,
    /// What did not hold, by seed.
    pub failing: BTreeMap<String, Value>,
    /// Seeds and seconds of one core, by kind.
    pub kinds: BTreeMap<String, (u64, f64)>,
    /// Seconds of one core in all.
    pub core_s: f64,
    /// What it was played on.
    pub machines: BTreeSet<String>,
    /// The days.
    pub days: BTreeSet<String>,
    /// The first command.
    pub command: String,
}

/// Merges chunks of one commit, which begin at its first seed and leave none out.
///
/// # Errors
/// When there are none, when one is of another commit, when two hold the same seeds, or when seeds before or between
/// them are in none.
pub fn merge(commit: &str, base: u64, chunks: &[Chunk]) -> Result<Merged> {
    let Some(first) = chunks.first() else {
        bail!("nothing is recorded of {commit}: `cargo xtask proof --record`")
    };
    let mut merged =
        Merged { commit: commit.to_owned(), from: base, command: first.command.clone(), ..Merged::default() };
    let mut end = base;
    for chunk in chunks {
        if chunk.commit != commit {
            bail!(
                "seeds from {} are of {}, not of {commit}: commits are not mixed",
                chunk.from,
                chunk.commit
            );
        }
        if chunk.from < end {
            bail!("the seeds from {} on were played in two chunks: remove one", chunk.from);
        }
        if chunk.from > end {
            bail!(
                "the seeds from {end} to {} are in no chunk: `cargo xtask proof --record` plays what is missing",
                chunk.from - 1
            );
        }
        end = chunk.from.saturating_add(chunk.seeds);
        merged.add(chunk);
    }
    Ok(merged)
}

impl Merged {
    fn add(&mut self, chunk: &Chunk) {
        let run = &chunk.run;
        let whole = |name: &str| run.get(name).and_then(Value::as_u64).unwrap_or_default();
        let float = |name: &str| run.get(name).and_then(Value::as_f64).unwrap_or_default();
        self.seeds += chunk.seeds;
        self.chunks += 1;
        self.twice += whole("twice");
        self.years += float("virtual_years");
        for name in COUNTED {
            *self.counts.entry(name.to_owned()).or_default() += whole(name);
        }
        self.oldest_drift_s = self.oldest_drift_s.max(run.get("oldest_drift_s").and_then(Value::as_u64));
        sum(&mut self.faults, run.get("faults"));
        sum(&mut self.marks, run.get("marks"));
        self.awaits.add(run);
        self.failing.extend(object(run.get("failing")).map(|(seed, what)| (seed.clone(), what.clone())));
        self.core_s += seconds(chunk.seeds, float("sims_per_s_core"));
        for (kind, told) in object(run.get("by_kind")) {
            let seeds = told.get("seeds").and_then(Value::as_u64).unwrap_or_default();
            let rate = told.get("sims_per_s_core").and_then(Value::as_f64).unwrap_or_default();
            let own = self.kinds.entry(kind.clone()).or_default();
            *own = (own.0 + seeds, own.1 + seconds(seeds, rate));
        }
        self.machines.insert(chunk.machine.clone());
        self.days.insert(chunk.day.clone());
    }

    /// Why this proves nothing yet, a line each; awaits are asked for elsewhere. A violation is no hole: the proof tells
    /// it, and the rules of the tree ask for the seed among those that every change has to pass.
    #[must_use]
    pub fn holes(&self) -> Vec<String> {
        let wanted = (self.seeds / MARKS_ONE_IN).max(1);
        let missed = self.marks.iter().filter(|(_, seeds)| **seeds < wanted);
        let missed = missed.map(|(mark, seeds)| format!("mark {mark}: {seeds} of {wanted} seeds"));
        let none = self.marks.is_empty().then(|| "no marks are recorded".to_owned());
        let once = (self.twice == 0).then(|| "no seed was played twice".to_owned());
        let few = (self.seeds < SEEDS).then(|| {
            format!(
                "{} of {SEEDS} seeds are recorded: `cargo xtask proof --record` plays the rest",
                self.seeds
            )
        });
        few.into_iter().chain(missed).chain(none).chain(once).collect()
    }

    /// How many of the seeds that were played twice told another story the second time.
    #[must_use]
    pub fn apart(&self) -> usize {
        let of = |what: &&Value| {
            let lines = what.as_array().into_iter().flatten().filter_map(Value::as_str);
            lines.into_iter().any(|line| line.starts_with(ANOTHER_TRACE))
        };
        self.failing.values().filter(of).count()
    }

    /// Seeds a second and core.
    #[must_use]
    pub fn rate(seeds: u64, core_s: f64) -> f64 {
        if core_s > 0.0 { float(seeds) / core_s } else { 0.0 }
    }
}

fn sum(into: &mut BTreeMap<String, u64>, counts: Option<&Value>) {
    for (name, count) in object(counts) {
        *into.entry(name.clone()).or_default() += count.as_u64().unwrap_or_default();
    }
}

fn object(value: Option<&Value>) -> impl Iterator<Item = (&String, &Value)> {
    value.and_then(Value::as_object).into_iter().flat_map(Map::iter)
}

fn seconds(seeds: u64, rate: f64) -> f64 {
    if rate > 0.0 { float(seeds) / rate } else { 0.0 }
}

#[expect(clippy::cast_precision_loss, reason = "counts of seeds are far below 2^52")]
const fn float(number: u64) -> f64 {
    number as f64
}

#[cfg(test)]
pub(super) mod tests {
    use serde_json::json;

    use super::*;

    pub(in crate::proof) fn chunk(from: u64, seeds: u64) -> Chunk {
        Chunk {
            schema: super::super::chunk::SCHEMA.into(),
            commit: "abc".into(),
            from,
            seeds,
            day: "2026-11-21".into(),
            machine: "Some CPU, 2 cores, linux".into(),
            command: format!("trueup-sim run --json --histogram --seeds {seeds} --from {from}"),
            run: json!({
                "seeds": seeds, "twice": 1, "violations": 0, "failing": {}, "virtual_years": 1.5, "kills": 7,
                "edits_timed": 5, "oldest_drift_s": from,
                "faults": {"fault.crm.late": 2}, "marks": {"cap_hit": 1}, "awaits": {"a.rs:1:5": 60},
                "sims_per_s_core": 50.0,
                "by_kind": {"memory": {"seeds": seeds, "sims_per_s_core": 50.0}},
            }),
        }
    }

    #[test]
    fn chunks_of_one_commit_are_added_up() {
        let mut silent = chunk(115, 5);
        silent.run["oldest_drift_s"].take();
        let merged = merge("abc", 100, &[chunk(100, 10), chunk(110, 5)]).unwrap();
        assert_eq!((merged.seeds, merged.from, merged.chunks, merged.twice), (15, 100, 2, 2));
        assert_eq!((merged.counts["edits_timed"], merged.oldest_drift_s), (10, Some(110)));
        let more = merge("abc", 100, &[chunk(100, 10), chunk(110, 5), silent.clone()]).unwrap();
        assert_eq!(more.oldest_drift_s, Some(110), "what a chunk does not tell takes nothing away");
        assert_eq!(merge("abc", 115, &[silent]).unwrap().oldest_drift_s, None);
        assert_eq!((merged.counts["kills"], merged.faults["fault.crm.late"]), (14, 4));
        assert_eq!((merged.marks["cap_hit"], merged.awaits.0["a.rs:1:5"]), (2, 120));
        assert!((merged.years - 3.0).abs() < 1e-9);
        let (seeds, core_s) = merged.kinds["memory"];
        assert!(seeds == 15 && (Merged::rate(seeds, core_s) - 50.0).abs() < 1e-9);
    }

    #[test]
    fn a_proof_is_of_a_million_seeds() {
        let mut last = chunk(500_000, 500_000);
        last.run["marks"]["cap_hit"] = json!(99);
        let of = |chunks: &[Chunk]| merge("abc", 0, chunks).unwrap().holes();
        assert_eq!(of(&[chunk(0, 500_000), last.clone()]), [""; 0]);
        last.seeds -= 1;
        let few = of(&[chunk(0, 500_000), last]);
        assert!(few.len() == 1 && few[0].starts_with("999999 of 1000000 seeds are recorded"), "{few:?}");
    }

    #[test]
    fn seeds_that_told_another_story_the_second_time_are_counted_each_once() {
        let mut bad = chunk(100, 10);
        bad.run["failing"] = json!({
            "101": ["O2: lost", "O15: the trace was 1, and 2 the second time"],
            "102": ["O1: the trace of O15: is quoted"],
            "103": ["O15: the trace was 3, and 4 the second time"],
        });
        assert_eq!(merge("abc", 100, &[bad]).unwrap().apart(), 2);
        assert_eq!(merge("abc", 100, &[chunk(100, 10)]).unwrap().apart(), 0);
    }

    #[test]
    fn commits_are_not_mixed_and_no_seed_counts_twice() {
        let other = Chunk { commit: "def".into(), ..chunk(110, 5) };
        let why = |chunks: &[Chunk]| merge("abc", 100, chunks).unwrap_err().to_string();
        assert!(why(&[chunk(100, 10), other]).contains("commits are not mixed"));
        assert!(why(&[chunk(100, 10), chunk(105, 10)]).contains("two chunks"));
        assert!(why(&[]).contains("--record"));
    }

    #[test]
    fn seeds_before_or_between_chunks_that_nobody_played_are_named() {
        let gap = merge("abc", 100, &[chunk(100, 10), chunk(115, 10)]).unwrap_err().to_string();
        assert!(gap.starts_with("the seeds from 110 to 114 are in no chunk"), "{gap}");
        let gap = merge("abc", 100, &[chunk(110, 10)]).unwrap_err().to_string();
        assert!(gap.starts_with("the seeds from 100 to 109 are in no chunk"), "{gap}");
    }

    #[test]
    fn a_missed_mark_and_seeds_that_were_never_compared_are_holes() {
        let mut bad = chunk(100, 10);
        bad.run["marks"]["cap_hit"] = json!(0);
        bad.run["twice"] = json!(0);
        let holes = merge("abc", 100, &[bad]).unwrap().holes();
        let want = ["mark cap_hit: 0 of 1 seeds", "no seed was played twice"];
        assert_eq!(holes[1..], want);
    }
}
