//! One seed: chaos, then calm, then the oracles, an undo, and the oracles again.

mod accident;
mod calm;
mod cast;
mod chaos;
mod errands;
mod fault;
mod place;
mod post;
mod shrink;
mod stage;
mod twice;

pub use cast::Cast;
pub use shrink::{Shrunk, shrink};
pub use twice::play_checked;

use std::{
    collections::{BTreeMap, BTreeSet},
    panic::{AssertUnwindSafe, catch_unwind},
};

use stage::Stage;

use crate::{
    executor::Place,
    marks::Mark,
    swarm::Options,
    trace::{Line, Trace},
};

/// What one seed came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// What must not be, in words, with the oracle that says so.
    pub broken: Vec<String>,
    /// How often an instance was killed.
    pub kills: usize,
    /// How many runs ended, in whatever way.
    pub runs: usize,
    /// How many runs ended as whole cycles.
    pub whole: usize,
    /// How many requests arrived at the systems.
    pub requests: usize,
    /// How many times instances were let go on.
    pub steps: usize,
    /// How many virtual seconds passed.
    pub virtual_s: i64,
    /// How often each fault happened, by its full name; and what else was done to the instances.
    pub faults: BTreeMap<String, u64>,
    /// How many events became durable in the inbox, each once, however often it was brought.
    pub events: usize,
    /// At which awaits instances were killed, and how often; asked for by [`Options::asks`].
    pub awaits: BTreeMap<Place, u64>,
    /// Whether it was played twice, to compare the stories.
    pub twice: bool,
    /// Which situations occurred.
    pub marks: BTreeSet<Mark>,
    /// How many edits of people could be timed.
    pub edits_timed: usize,
    /// After how many seconds at most such an edit stood where it was to arrive.
    pub oldest_drift_s: i64,
    /// The whole story as one number.
    pub hash: u64,
}

/// Plays one seed.
#[must_use]
pub fn run(seed: u64) -> Told {
    play(&Options::of(seed))
}

/// Plays what is switched on.
#[must_use]
pub fn play(options: &Options) -> Told {
    played(options, Cast::of(options), &Trace::default()).0
}

/// Plays somebody's own pipeline.
#[must_use]
pub fn rehearse(options: &Options, cast: Cast) -> Told {
    played(options, cast, &Trace::default()).0
}

/// A seed that was played for somebody to read.
#[derive(Clone, Debug)]
pub struct Replayed {
    /// What it came to.
    pub told: Told,
    /// The story.
    pub story: Vec<Line>,
    /// What the independent auditor is given; empty when the seed ended before its end.
    pub evidence: Vec<trueup_audit::line::Line>,
}

/// Plays what is switched on, and tells the story.
#[must_use]
pub fn replay(options: &Options) -> Replayed {
    let trace = Trace::told();
    let (told, evidence) = played(options, Cast::of(options), &trace);
    Replayed { told, story: trace.lines(), evidence }
}

/// O14: whatever the engine asserts or panics at is a violation like any other, and ends the seed.
fn played(options: &Options, cast: Cast, trace: &Trace) -> (Told, Vec<trueup_audit::line::Line>) {
    let played = catch_unwind(AssertUnwindSafe(|| Stage::new(options, cast, trace.clone()).play()));
    played.unwrap_or_else(|cause| {
        let words = cause.downcast_ref::<String>().cloned();
        let words = words.or_else(|| cause.downcast_ref::<&str>().map(|text| (*text).to_owned()));
        let broken = vec![format!("O14: it panicked: {}", words.unwrap_or_default())];
        (Told { broken, hash: trace.hash(), ..Told::default() }, Vec::new())
    })
}
