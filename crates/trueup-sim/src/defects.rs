//! Planted defects under seeds: how many seeds it takes until an oracle notices one.
//!
//! A catch counts only if the very same seed holds without the defect. Read next: [`trueup_core::planted`].

mod shows;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use trueup_core::{
    guard::Rule,
    planted::{Defect, plant},
};

pub use shows::shows;

use crate::run::Told;

/// The first starting point, above which everything is switched on that a seed may have.
const FROM: u64 = 200_000_000;

/// How far apart starting points lie at the least: none of them plays another one's seeds.
const APART: u64 = 1_000_000;

/// How many seeds are played at a time; of those that fail the first one counts.
const BATCH: usize = 16;

/// How a search goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Search {
    /// How many seeds are played from each starting point at most.
    pub seeds: u64,
    /// From how many starting points a defect is looked for.
    pub starts: u64,
}

/// Where a defect was noticed first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Catch {
    /// The seed.
    pub seed: u64,
    /// How many seeds were there by then, that one included, whether or not they could show it.
    pub after: u64,
    /// How many of them were played, that one included; the others could not show it.
    pub played: u64,
    /// What the oracles said, each with its number.
    pub said: Vec<String>,
}

/// What came of one defect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The defect.
    pub defect: Defect,
    /// Whether something else hides it, and why.
    pub masked: Option<&'static str>,
    /// The first catch from each starting point; `None` where the seeds were used up.
    pub catches: Vec<Option<Catch>>,
}

/// Looks for a defect from every starting point. `shows` says of a seed whether it could show it at all: one that could
/// not is counted, and not played. `play` plays seeds, in any order and with whatever is planted.
#[must_use]
pub fn search(
    search: Search,
    defect: Defect,
    shows: impl Fn(u64) -> bool,
    play: impl Fn(&[u64]) -> Vec<(u64, Told)>,
) -> Found {
    let masked = masked(defect);
    // What must never be noticed is looked for once.
    let starts = if masked.is_some() { 1 } else { search.starts };
    let first = |start: u64| {
        let from = FROM + start * search.seeds.max(APART);
        let mut seeds = (from..from + search.seeds).filter(|seed| shows(*seed));
        first(defect, &mut seeds, &play).map(|(played, seed, said)| {
            let after = seed + 1 - from;
            Catch { seed, after, played, said }
        })
    };
    Found { defect, masked, catches: (0..starts).map(first).collect() }
}

fn first(
    defect: Defect,
    seeds: &mut impl Iterator<Item = u64>,
    play: impl Fn(&[u64]) -> Vec<(u64, Told)>,
) -> Option<(u64, u64, Vec<String>)> {
    let holds = |seed: u64| play(&[seed]).iter().all(|(_, told)| told.broken.is_empty());
    let mut before = 0;
    loop {
        let batch: Vec<u64> = seeds.by_ref().take(BATCH).collect();
        if batch.is_empty() {
            return None;
        }
        plant(Some(defect));
        let mut failing = play(&batch);
        plant(None);
        failing.retain(|(_, told)| is_noticed(defect, &told.broken));
        failing.sort_by_key(|(seed, _)| *seed);
        if let Some((seed, told)) = failing.into_iter().find(|(seed, _)| holds(*seed)) {
            let played = (1..).zip(&batch).find(|(_, own)| **own == seed).map_or(0, |(place, _)| place);
            return Some((before + played, seed, told.broken));
        }
        before += BATCH as u64;
    }
}

/// Who must notice a defect that others notice by the mere traces it leaves: what it does to records is judged there
/// (RELIABILITY.md 4.2).
const fn anomaly(defect: Defect) -> Option<&'static str> {
    match defect {
        Defect::CreateThenCommit => Some("O3"),
        Defect::UpsertAsCreate => Some("O2"),
        _ => None,
    }
}

fn is_noticed(defect: Defect, broken: &[String]) -> bool {
    let mut own = broken.iter().map(|said| oracle_of(said));
    match anomaly(defect) {
        Some(oracle) => own.any(|one| one == oracle),
        None => own.next().is_some(),
    }
}

/// The number of the oracle that said it.
fn oracle_of(said: &str) -> &str {
    said.split(':').next().unwrap_or_default()
}

/// Why a defect cannot be noticed from outside: another layer stops what it lets through.
#[must_use]
pub const fn masked(defect: Defect) -> Option<&'static str> {
    match defect {
        Defect::CursorFirstHealed => Some("every whole run looks at everything again"),
        Defect::Rule(Rule::Scope) => Some("the gate asks for the scope again right before each write"),
        Defect::Rule(Rule::Authority) => Some("no plan goes against the direction of a field"),
        Defect::Rule(Rule::TenantChanged) => {
            Some("each look asks for the account before it believes anything")
        }
        // It opens conflicts that nobody can settle before the rule holds anything.
        Defect::Behind(Rule::Authority) => None,
        Defect::Behind(_) => Some("the guard rule of its name holds what it lets through"),
        _ => None,
    }
}

impl Found {
    /// How many seeds it took in the middle of all starting points; `None` if most found nothing.
    #[must_use]
    pub fn median(&self) -> Option<u64> {
        self.middle(|catch| catch.after)
    }

    /// How many of them were played in the middle of all starting points.
    #[must_use]
    pub fn median_played(&self) -> Option<u64> {
        self.middle(|catch| catch.played)
    }

    fn middle(&self, count: impl Fn(&Catch) -> u64) -> Option<u64> {
        let mut counts: Vec<u64> =
            self.catches.iter().map(|catch| catch.as_ref().map_or(u64::MAX, &count)).collect();
        counts.sort_unstable();
        counts.get(counts.len() / 2).copied().filter(|count| *count != u64::MAX)
    }

    /// Whether it is as it must be: caught from every starting point, or if it is masked from none.
    #[must_use]
    pub fn is_good(&self) -> bool {
        !self.catches.is_empty() && self.catches.iter().all(|catch| catch.is_some() == self.masked.is_none())
    }

    /// The number of the oracle that noticed it in most of the catches.
    #[must_use]
    pub fn oracle(&self) -> Option<&str> {
        let all = self.oracles();
        // Of several that noticed it as often the one that must, and the first one else.
        let most = all.values().max().copied()?;
        let often: Vec<&str> = all.into_iter().filter(|one| one.1 == most).map(|one| one.0).collect();
        let must = often.iter().find(|oracle| Some(**oracle) == anomaly(self.defect));
        must.or_else(|| often.first()).copied()
    }

    /// Every oracle that noticed it, and in how many catches.
    fn oracles(&self) -> BTreeMap<&str, usize> {
        let mut counts = BTreeMap::new();
        for catch in self.catches.iter().flatten() {
            let own: BTreeSet<&str> = catch.said.iter().map(|said| oracle_of(said)).collect();
            for oracle in own {
                *counts.entry(oracle).or_default() += 1;
            }
        }
        counts
    }

    fn catch(&self) -> Option<&Catch> {
        self.catches.iter().flatten().next()
    }

    /// As one JSON object.
    #[must_use]
    pub fn json(&self) -> Value {
        let seeds: Vec<Option<u64>> =
            self.catches.iter().map(|catch| catch.as_ref().map(|catch| catch.seed)).collect();
        json!({
            "name": self.defect.name(),
            "row": self.defect.row(),
            "broken": self.defect.broken(),
            "masked": self.masked,
            "caught": self.median().is_some(),
            "median_seeds": self.median(),
            "median_played": self.median_played(),
            "oracle": self.oracle(),
            "oracles": self.oracles(),
            "said": self.catch().map(|catch| &catch.said),
            "seeds": seeds,
            "good": self.is_good(),
        })
    }

    /// As one line.
    #[must_use]
    pub fn line(&self) -> String {
        let name = self.defect.name();
        match (self.median(), self.catch(), self.masked) {
            (Some(median), Some(catch), None) => format!(
                "{name:<32} caught after {median:>6} seeds, {:>6} of them played, by {:<3} ({}; seed {})",
                self.median_played().unwrap_or_default(),
                self.oracle().unwrap_or_default(),
                catch.said.join("; "),
                catch.seed
            ),
            (None, None, Some(why)) => format!("{name:<32} masked: {why}"),
            (_, Some(catch), Some(_)) => {
                format!("{name:<32} NOT MASKED: {} in seed {}", catch.said.join("; "), catch.seed)
            }
            _ => format!("{name:<32} NOT CAUGHT"),
        }
    }
}

/// What came of all defects, as one JSON object.
#[must_use]
pub fn json(found: &[Found]) -> Value {
    json!({
        "schema": "trueup-sim.defects/v1",
        "defects": found.iter().map(Found::json).collect::<Vec<_>>(),
        "good": found.iter().all(Found::is_good),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(broken: bool) -> Told {
        Told { broken: broken.then(|| "O2: lost".to_owned()).into_iter().collect(), ..Told::default() }
    }

    fn play(seeds: &[u64], fails: impl Fn(u64) -> bool) -> Vec<(u64, Told)> {
        seeds.iter().map(|seed| (*seed, told(fails(*seed)))).collect()
    }

    #[test]
    fn only_a_seed_that_holds_without_the_defect_is_a_catch() {
        // Seed 3 fails always, seeds from 20 on with the defect only: each is played alone then; 20 shows nothing.
        let play =
            |seeds: &[u64]| play(seeds, |seed| seed % 100 == 3 || (seed % 100 >= 20 && seeds.len() > 1));
        let shows = |seed: u64| seed % 100 != 20;
        let found = search(Search { seeds: 40, starts: 3 }, Defect::NoAudit, shows, play);
        let seeds: Vec<u64> = found.catches.iter().flatten().map(|catch| catch.seed).collect();
        assert_eq!(seeds, [200_000_021, 201_000_021, 202_000_021]);
        assert_eq!((found.median(), found.median_played()), (Some(22), Some(21)));
        assert_eq!((found.oracle(), found.is_good()), (Some("O2"), true));
    }

    #[test]
    fn a_defect_that_does_something_to_records_is_caught_only_by_who_judges_that() {
        let said = |traces: &str, seed: u64| Told {
            broken: if seed % 100 < 5 {
                vec![traces.to_owned()]
            } else {
                vec![traces.into(), "O3: two".into()]
            },
            ..Told::default()
        };
        let play = |seeds: &[u64]| {
            let told =
                |seed: u64| if seeds.len() > 1 { said("O16: no intent", seed) } else { Told::default() };
            seeds.iter().map(|seed| (*seed, told(*seed))).collect()
        };
        let wanted = Search { seeds: 20, starts: 1 };
        let found = search(wanted, Defect::CreateThenCommit, |_| true, play);
        assert_eq!((found.median(), found.oracle()), (Some(6), Some("O3")));
        let other = search(wanted, Defect::NoAudit, |_| true, play);
        assert_eq!((other.median(), other.oracle()), (Some(1), Some("O16")));
    }

    #[test]
    fn what_is_found_from_some_starting_points_only_is_not_good_and_what_is_masked_must_never_be() {
        let early = |seeds: &[u64]| play(seeds, |seed| seeds.len() > 1 && seed < 201_000_000);
        let wanted = Search { seeds: 20, starts: 3 };
        let some = search(wanted, Defect::NoAudit, |_| true, early);
        assert_eq!((some.median(), some.is_good()), (None, false));
        let masked = search(wanted, Defect::CursorFirstHealed, |_| true, early);
        assert!(!masked.is_good(), "{}", masked.line());
        let hidden = |seeds: &[u64]| play(seeds, |_| false);
        assert!(search(wanted, Defect::CursorFirstHealed, |_| true, hidden).is_good());
    }
}
