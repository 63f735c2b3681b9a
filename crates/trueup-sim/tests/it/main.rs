//! The whole engine: under seeds, and case by case.
//!
//! `cfg(test)` is always true here; it is how clippy knows that helpers are tests too.

#[cfg(test)]
mod apply;
#[cfg(test)]
mod delta;
#[cfg(test)]
mod failures;
#[cfg(test)]
mod gate;
#[cfg(test)]
mod hub;
#[cfg(test)]
mod leases;
#[cfg(test)]
mod office;
#[cfg(test)]
mod races;
#[cfg(test)]
mod told;
#[cfg(test)]
mod undone;

use trueup_sim::run::run;

/// What the test command plays each time; each seed is some ten runs under faults and kills.
const SEEDS: u64 = 2_000;

#[test]
fn two_thousand_seeds_keep_every_invariant() {
    let mut broken = Vec::new();
    let (mut kills, mut runs) = (0, 0);
    for seed in 0..SEEDS {
        let told = run(seed);
        kills += told.kills;
        runs += told.runs;
        broken.extend(told.broken.into_iter().map(|what| format!("seed {seed}: {what}")));
    }
    assert!(
        broken.is_empty(),
        "{} broken:\n{}",
        broken.len(),
        broken.iter().take(20).cloned().collect::<Vec<_>>().join("\n")
    );
    assert!(kills > 1_000 && runs > 10_000, "the seeds did too little: {kills} kills, {runs} runs");
}

#[test]
fn a_seed_always_tells_the_same_story() {
    for seed in (0..SEEDS).step_by(97) {
        assert_eq!(run(seed), run(seed), "seed {seed}");
    }
}

/// Seeds that found a mistake once, kept for ever: 124 planned a create over an open one, 973 and 1759
/// made a record twice that somebody had reassigned before its answer came.
const ONCE_BROKEN: [u64; 4] = [124, 563, 973, 1759];

/// `SEED=n` plays one more.
#[test]
fn seeds_that_once_broke_an_invariant_keep_it_now() {
    let asked = std::env::var("SEED").ok().and_then(|seed| seed.parse().ok());
    for seed in ONCE_BROKEN.into_iter().chain(asked) {
        let told = run(seed);
        assert!(told.broken.is_empty(), "seed {seed}: {told:#?}");
    }
}
