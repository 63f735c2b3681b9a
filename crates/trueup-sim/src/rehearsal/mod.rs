//! Somebody's own pipeline under seeds: its mirrors are portals of the sandbox, and its source of truth stands in as a
//! table with its columns, filled with invented people.
//!
//! Deliberately absent: files, sockets, credentials, and the state store of the pipeline. Read next: [`Rehearsal`],
//! then `terms`.

mod terms;

use std::{sync::Arc, time::Duration};

use trueup_core::setup::Setup;

use crate::{
    run::{self, Cast, Told},
    swarm::{Mirror, Options},
};

/// The latest that a lost write may land, in milliseconds: a seed's calm begins with ten quiet minutes.
const IN_FLIGHT_MS_MAX: u64 = 9 * 60 * 1000;
/// Cycles that fit into the chaos of a seed, at the least.
const CYCLES: u64 = 6;

/// A pipeline, ready to be played under any seed.
#[derive(Clone, Debug)]
pub struct Rehearsal {
    cast: Cast,
    every_min: u64,
    bursts: Vec<Option<u32>>,
}

impl Rehearsal {
    /// Makes a pipeline ready that runs this often.
    ///
    /// `key` is the column that names the records of the source of truth. `bursts` are the mirrors' budgets of requests
    /// in ten seconds, in the order of the configuration; the vendor's own where there is none.
    #[must_use]
    pub fn new(setup: &Arc<Setup>, every: Duration, key: &str, bursts: Vec<Option<u32>>) -> Self {
        let terms = Arc::new(terms::of(setup, key));
        let every_min = every.as_secs().div_euclid(60).max(1);
        Self { cast: Cast { setup: Arc::clone(setup), terms }, every_min, bursts }
    }

    /// What a seed switches on for this pipeline.
    #[must_use]
    pub fn options(&self, seed: u64) -> Options {
        let mut options = Options::wired_book(seed);
        let drawn = options.mirrors.clone();
        let mirrors = self.cast.setup.mirrors().iter().zip(drawn.iter().cycle()).enumerate();
        let timing = self.cast.setup.timing();
        options.mirrors = mirrors
            .map(|(at, (side, drawn))| Mirror {
                unique: side.ext_id_column.is_some(),
                max_in_flight_ms: timing.max_in_flight_ms.min(IN_FLIGHT_MS_MAX),
                lag_ms: drawn.lag_ms.min(timing.max_index_lag_ms),
                rate: self.bursts.get(at).copied().flatten().map_or(drawn.rate, u64::from),
                ..drawn.clone()
            })
            .collect();
        options.every_min = self.every_min;
        options.hours = options.hours.max((CYCLES * self.every_min).div_ceil(60));
        // The limits are those of the configuration.
        options.caps = true;
        options
    }

    /// Plays one seed.
    #[must_use]
    pub fn play(&self, seed: u64) -> Told {
        run::rehearse(&self.options(seed), self.cast.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        hubspot::{OURS, Words},
        scene::{self, Variant, terms::Terms},
    };

    fn setup() -> Arc<Setup> {
        let variant = Variant { unique: true, max_in_flight_ms: 20_000, lag_ms: 10_000 };
        scene::portal::setup(&[variant], scene::no_caps(), "sim").unwrap()
    }

    fn rehearsal() -> Rehearsal {
        Rehearsal::new(&setup(), Duration::from_hours(2), "KEY", vec![Some(50)])
    }

    #[test]
    fn a_scene_that_is_read_as_a_configuration_has_the_terms_of_the_scene() {
        let (ours, read) = (Terms::of_the_book(true), terms::of(&setup(), "KEY"));
        assert_eq!((&read.key, &read.mirrors[..]), (&ours.key, &ours.mirrors[..1]));
        assert!(
            ours.book.iter().all(|column| read.book.contains(column)) && read.book.len() == ours.book.len()
        );
    }

    #[test]
    fn any_pipeline_can_be_played_and_a_seed_always_plays_the_same() {
        let rehearsal = rehearsal();
        for seed in 0..4 {
            let told = rehearsal.play(seed);
            assert!(told.broken.is_empty() && told.whole > 0 && told.requests > 0, "seed {seed}: {told:#?}");
            assert_eq!(told.hash, rehearsal.play(seed).hash, "seed {seed}");
        }
    }

    #[test]
    fn the_auditor_is_asked_of_a_rehearsal_too() {
        let mut rehearsal = rehearsal();
        let mut terms = Terms::clone(&rehearsal.cast.terms);
        for mirror in &mut terms.mirrors {
            // What the portal holds of a city is told to nobody.
            let words = mirror.words.take().unwrap();
            let pairs = words.pairs().filter(|(column, _)| *column != "city");
            let pairs = pairs.map(|(column, property)| (column.to_owned(), property.to_owned())).collect();
            let scope = Some((words.property("owner").to_owned(), OURS.to_owned()));
            mirror.words = Some(Words::new(pairs, scope, None));
        }
        rehearsal.cast.terms = Arc::new(terms);
        let broken = rehearsal.play(1).broken;
        assert!(broken.iter().any(|what| what.starts_with("O16: A4: ")), "{broken:#?}");
    }

    #[test]
    fn what_is_agreed_and_not_brought_about_is_found() {
        let mut rehearsal = rehearsal();
        let mut terms = Terms::clone(&rehearsal.cast.terms);
        for agreement in terms.mirrors.iter_mut().flat_map(|mirror| &mut mirror.agreements) {
            if agreement.field == "city" {
                agreement.canonical = "PHONE".to_owned();
            }
        }
        rehearsal.cast.terms = Arc::new(terms);
        let broken = rehearsal.play(1).broken;
        assert!(broken.iter().any(|what| what.starts_with("O1: city of crm/")), "{broken:#?}");
    }
}
