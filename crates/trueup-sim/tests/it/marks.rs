//! What seeds reach, and that asking for it changes nothing.

use std::collections::BTreeSet;

use trueup_core::setup::Action;
use trueup_sim::{
    marks::Mark,
    run::{Told, play},
    swarm::Options,
};

/// The first seed in which people may come to the terminal.
const NEWER: u64 = 2_000;

/// From this seed on everything may be switched on.
const WILDEST: u64 = 100_000_000;

#[test]
fn asking_those_who_are_killed_where_they_wait_changes_nothing_of_the_story() {
    for seed in (0..400).step_by(57) {
        let told = play(&Options::of(seed));
        let asked = play(&Options { asks: true, ..Options::of(seed) });
        assert!(told.awaits.is_empty());
        assert_eq!(Told { awaits: told.awaits.clone(), ..asked }, told, "seed {seed}");
    }
}

#[test]
fn people_who_come_to_the_terminal_apply_plans_and_take_runs_back() {
    let seeds = (NEWER..).map(Options::of).filter(|options| options.errands).take(12);
    let marks: BTreeSet<Mark> = seeds.flat_map(|options| play(&options).marks).collect();
    for mark in [Mark::PlanApplied, Mark::PlanVoid, Mark::UndoApplied, Mark::FieldUndone] {
        assert!(marks.contains(&mark), "{} never happened: {}", mark.name(), mark.meaning());
    }
}

#[test]
fn seeds_that_are_named_in_documents_know_no_errands_and_no_cursors_that_expire() {
    for options in (0..NEWER).map(Options::of) {
        let forgets = options.mirrors.iter().chain([&options.truth]).any(|one| one.cursors_kept.is_some());
        assert!(!options.errands && !options.hunts && !forgets, "seed {}", options.seed);
        assert!(options.low_ceilings == 0 && !options.deltas_only, "seed {}", options.seed);
    }
}

#[test]
fn people_who_let_too_little_pass_are_asked_once_more() {
    let archives = |options: &Options| options.scene.is_mutual() && options.rules.gone == Action::Fix;
    let strict = |options: &Options| options.low_ceilings > 0 && (archives(options) || options.caps);
    let seeds = (WILDEST..).map(Options::of).filter(strict).take(24);
    let told: Vec<Told> = seeds.map(|options| play(&options)).collect();
    assert!(told.iter().all(|told| told.broken.is_empty()));
    for mark in [Mark::CeilingTooLow, Mark::ArchiveApproved] {
        assert!(told.iter().any(|told| told.marks.contains(&mark)), "{} never happened", mark.name());
    }
}

#[test]
fn where_only_a_whole_run_is_missing_what_changed_is_enough_to_agree() {
    let seeds = (WILDEST..).map(Options::of).filter(|options| options.deltas_only).take(12);
    let told: Vec<Told> = seeds.map(|options| play(&options)).collect();
    assert!(told.iter().all(|told| told.broken.is_empty() && !told.marks.contains(&Mark::NothingToDo)));
    assert!(told.iter().any(|told| told.marks.contains(&Mark::DeltaAlone)));
}
