//! What many seeds came to, and the story of one.

pub mod failures;
pub mod story;
mod timed;

pub use timed::timed;

use std::{collections::BTreeMap, fmt::Write as _};

use serde_json::{Value, json};

use crate::{
    executor::Place,
    marks::{self, Mark},
    run::Told,
    swarm::Kind,
};

/// Seconds of a year.
const YEAR_S: f64 = 365.25 * 24.0 * 3600.0;

/// What many seeds came to.
#[derive(Clone, Debug, Default)]
pub struct Sum {
    seeds: u64,
    twice: u64,
    kills: usize,
    runs: usize,
    whole: usize,
    requests: usize,
    steps: usize,
    events: usize,
    virtual_s: i64,
    edits_timed: usize,
    oldest_drift_s: i64,
    faults: BTreeMap<String, u64>,
    marks: BTreeMap<Mark, u64>,
    awaits: BTreeMap<Place, u64>,
    broken: BTreeMap<u64, Vec<String>>,
    kinds: BTreeMap<Kind, Played>,
}

/// How many seeds of a kind were played, and how many seconds of a core they took.
#[derive(Clone, Copy, Debug, Default)]
struct Played {
    seeds: u64,
    seconds: f64,
}

impl Sum {
    /// Adds a seed.
    pub fn add(&mut self, seed: u64, told: Told) {
        self.seeds += 1;
        self.twice += u64::from(told.twice);
        self.kills += told.kills;
        self.runs += told.runs;
        self.whole += told.whole;
        self.requests += told.requests;
        self.steps += told.steps;
        self.events += told.events;
        self.virtual_s += told.virtual_s;
        self.edits_timed += told.edits_timed;
        self.oldest_drift_s = self.oldest_drift_s.max(told.oldest_drift_s);
        for (name, count) in told.faults {
            *self.faults.entry(name).or_default() += count;
        }
        for (place, count) in told.awaits {
            *self.awaits.entry(place).or_default() += count;
        }
        for mark in told.marks {
            *self.marks.entry(mark).or_default() += 1;
        }
        if !told.broken.is_empty() {
            self.broken.insert(seed, told.broken);
        }
    }

    /// Adds how many seconds of a core a seed of a kind took.
    pub fn took(&mut self, kind: Kind, seconds: f64) {
        let played = self.kinds.entry(kind).or_default();
        played.seeds += 1;
        played.seconds += seconds;
    }

    /// Every kind that was played, with the seeds that one core plays of it in a second.
    fn by_kind(&self) -> impl Iterator<Item = (&'static str, u64, f64)> {
        let rate = |played: &Played| float(played.seeds) / played.seconds.max(f64::MIN_POSITIVE);
        self.kinds.iter().map(move |(kind, played)| (kind.name(), played.seeds, rate(played)))
    }

    /// Whether nothing was broken, and something was played.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.broken.is_empty() && self.seeds > 0
    }

    /// How many seeds hit each mark, by name.
    #[must_use]
    pub fn marks(&self) -> BTreeMap<&'static str, u64> {
        Mark::ALL.iter().map(|mark| (mark.name(), self.hits(*mark))).collect()
    }

    fn hits(&self, mark: Mark) -> u64 {
        self.marks.get(&mark).copied().unwrap_or_default()
    }

    /// Marks that too few seeds hit: then what was generated is too tame, and proves less than it seems to. Fewer
    /// seeds than [`marks::ONE_IN`] say nothing about that.
    #[must_use]
    pub fn missed(&self) -> Vec<Mark> {
        let wanted = self.seeds / marks::ONE_IN;
        Mark::ALL.iter().copied().filter(|mark| self.hits(*mark) < wanted).collect()
    }

    /// Seeds in which something was broken.
    pub fn failing(&self) -> impl Iterator<Item = u64> {
        self.broken.keys().copied()
    }

    /// How many seeds were played.
    #[must_use]
    pub const fn seeds(&self) -> u64 {
        self.seeds
    }

    /// How often each fault happened, by its full name.
    pub fn faults(&self) -> impl Iterator<Item = (&str, u64)> {
        self.faults.iter().map(|(name, count)| (name.as_str(), *count))
    }

    /// How many seeds one core played in a second of its time.
    fn per_core(&self) -> f64 {
        let seconds: f64 = self.kinds.values().map(|played| played.seconds).sum();
        float(self.seeds) / seconds.max(f64::MIN_POSITIVE)
    }

    fn years(&self) -> f64 {
        float(self.virtual_s.unsigned_abs()) / YEAR_S
    }

    /// As one JSON object.
    #[must_use]
    pub fn json(&self) -> Value {
        let hundredths = |number: f64| (number * 100.0).round() / 100.0;
        json!({
            "schema": "trueup-sim.run/v1",
            "seeds": self.seeds,
            "twice": self.twice,
            "violations": self.broken.values().map(Vec::len).sum::<usize>(),
            "failing": self.broken,
            "virtual_years": hundredths(self.years()),
            "kills": self.kills,
            "runs": self.runs,
            "whole_cycles": self.whole,
            "requests": self.requests,
            "steps": self.steps,
            "events": self.events,
            "edits_timed": self.edits_timed,
            "oldest_drift_s": self.oldest_drift_s,
            "faults": self.faults,
            "marks": self.marks(),
            "marks_missed": self.missed().iter().map(|mark| mark.name()).collect::<Vec<_>>(),
            "awaits": self.awaits,
            "sims_per_s_core": hundredths(self.per_core()),
            "by_kind": self.by_kind().map(|(kind, seeds, rate)| {
                (kind.to_owned(), json!({ "seeds": seeds, "sims_per_s_core": hundredths(rate) }))
            }).collect::<serde_json::Map<String, Value>>(),
        })
    }

    /// The marks that too few seeds hit, one a line, for people.
    #[must_use]
    pub fn missed_text(&self) -> String {
        let line = |mark: &Mark| format!("mark {} was missed: {}\n", mark.name(), mark.meaning());
        self.missed().iter().map(line).collect()
    }

    /// For people.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        for (seed, broken) in &self.broken {
            for what in broken {
                let _ = writeln!(text, "seed {seed}: {what}");
            }
        }
        let _ = writeln!(
            text,
            "{} seeds, {} failing, {:.1} virtual years, {} runs ({} whole), {} kills, {} requests, {} events, {:.1} seeds/s a core",
            self.seeds,
            self.broken.len(),
            self.years(),
            self.runs,
            self.whole,
            self.kills,
            self.requests,
            self.events,
            self.per_core()
        );
        for (kind, seeds, rate) in self.by_kind() {
            let _ = writeln!(text, "{kind}: {seeds} seeds, {rate:.1} seeds/s a core");
        }
        text
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts of seeds and seconds are far below 2^52")]
const fn float(number: u64) -> f64 {
    number as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeds_are_summed_and_one_that_failed_is_named() {
        let mut sum = Sum::default();
        assert!(!sum.is_good(), "nothing played proves nothing");
        let faults = BTreeMap::from([("fault.crm.late".to_owned(), 2)]);
        let good = Told { kills: 2, virtual_s: 31_557_600, faults, ..Told::default() };
        sum.add(1, good.clone());
        assert!(sum.is_good());
        sum.add(7, Told { broken: vec!["O2: lost".into()], ..good });
        sum.took(Kind::Wire, 0.5);
        sum.took(Kind::Wire, 1.5);
        let json = sum.json();
        assert_eq!(
            (&json["seeds"], &json["violations"], &json["kills"], &json["virtual_years"]),
            (&json!(2), &json!(1), &json!(4), &json!(2.0))
        );
        assert_eq!((&json["faults"]["fault.crm.late"], &json["sims_per_s_core"]), (&json!(4), &json!(1.0)));
        assert!(sum.text().starts_with("seed 7: O2: lost\n"));
        sum.seeds += marks::ONE_IN;
        assert!(sum.missed_text().starts_with("mark ") && !sum.text().contains("mark "));
        assert_eq!(json["by_kind"], json!({ "wire": { "seeds": 2, "sims_per_s_core": 1.0 } }));
        assert_eq!(sum.failing().collect::<Vec<_>>(), [7]);
    }
}
