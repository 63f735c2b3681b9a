//! Lease, intent, audit: the protocol keeps its laws in every state, and breaks one without each rule.

use trueup_models::{
    explore::{Visit, every_state, until_broken},
    update::{
        Audit, Bounds, CALM, Deadline, LOST, OBSERVED, ONE_INTENT, Rules, STALE, Times, Updates, WITNESSED,
    },
};

const TWO_RECORDS: Bounds = Bounds { records: 2, edits: 2, sources: 0, crashes: 2 };
const ONE_RECORD: Bounds = Bounds { records: 1, edits: 2, sources: 1, crashes: 2 };
const SMALL: Bounds = Bounds { records: 1, edits: 1, sources: 0, crashes: 1 };

fn protocol(bounds: Bounds) -> Updates {
    Updates { rules: Rules::all(), times: Times::default(), bounds, fold: true, calm: true }
}

#[expect(clippy::print_stdout, reason = "the number of states is what a reader of the log wants")]
#[track_caller]
fn check_all(model: Updates, states: usize) {
    let Visit { states: seen, paths } = every_state(model);
    println!("{:?}: {seen} states", model.bounds);
    let broken: Vec<_> = paths.iter().filter(|(law, _)| !WITNESSED.contains(law)).collect();
    assert!(broken.is_empty(), "{broken:#?}");
    let missing: Vec<_> = WITNESSED.into_iter().filter(|name| !paths.contains_key(name)).collect();
    assert!(missing.is_empty(), "never seen: {missing:?}");
    assert_eq!(seen, states, "the model changed size: say why, then change the number");
}

/// What becomes of a law without a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Then {
    /// It is broken, by a path of so many actions and no shorter one.
    Broken(usize),
    /// It holds all the same in every state, of which there are so many.
    Masked(usize),
}
use Then::{Broken, Masked};

#[track_caller]
fn check(law: &'static str, without: impl FnOnce(&mut Updates), then: Then) {
    let mut model = Updates { fold: false, calm: law == CALM, ..protocol(SMALL) };
    without(&mut model);
    let visit = until_broken(model, law);
    let path = visit.paths.get(law);
    assert_eq!(path.map_or(Masked(visit.states), |path| Broken(path.len())), then, "{path:#?}");
}

#[test]
fn two_engines_two_records_and_two_crashes_lose_nothing_and_settle_everything() {
    check_all(protocol(TWO_RECORDS), 1_020_023);
}

#[test]
fn a_source_that_moves_again_opens_conflicts_and_loses_nothing() {
    check_all(protocol(ONE_RECORD), 296_706);
}

#[test]
fn a_request_that_lives_longer_than_a_lease_loses_nothing() {
    let times = Times { flight: 2, ..Times::default() };
    let bounds = Bounds { edits: 1, ..TWO_RECORDS };
    check_all(Updates { times, ..protocol(bounds) }, 171_523);
}

#[test]
fn nothing_rests_on_how_states_were_folded() {
    check_all(Updates { fold: false, ..protocol(SMALL) }, 171_446);
}

#[test]
fn each_rule_is_needed() {
    // The other engine closes an intent whose mark is about to be made.
    check(LOST, |model| model.rules.lease = false, Broken(12));
    // m15: two engines overwrite each other's open intent.
    let neither = |model: &mut Updates| (model.rules.lease, model.rules.one_intent) = (false, false);
    check(ONE_INTENT, neither, Broken(11));
    check(LOST, |model| model.rules.fence = false, Broken(15));
    check(STALE, |model| model.rules.fence = false, Broken(10));
    check(LOST, |model| model.rules.guard = false, Broken(10));
    check(LOST, |model| model.rules.mark = false, Broken(11));
    check(LOST, |model| model.rules.permits_end = false, Broken(17));
    // m7, m8.
    check(LOST, |model| model.rules.audit = Audit::None, Broken(12));
    check(LOST, |model| model.rules.audit = Audit::Afterwards, Broken(13));
    check(LOST, |model| model.rules.observed = false, Broken(12));
    check(OBSERVED, |model| model.rules.observed = false, Broken(11));
    // A person typed the same, and then something else.
    let typed = |model: &mut Updates| (model.rules.own, model.bounds.edits) = (false, 2);
    check(LOST, typed, Broken(13));
    // m9.
    check(LOST, |model| model.rules.deadline = Deadline::None, Broken(12));
    check(CALM, |model| model.rules.deadline = Deadline::None, Broken(11));
}

#[test]
fn a_deadline_that_forgets_the_age_of_a_look_loses_values() {
    check(LOST, |model| model.times.counted = 0, Broken(16));
    check(LOST, |model| model.times.guard = 2, Broken(17));
}

/// What `recover::updated` does: it asks whether the deadline has passed when the answer is there. A request
/// can land between the read and the answer, and is then closed as one that never landed.
#[test]
fn a_deadline_that_is_judged_after_a_slow_read_loses_values() {
    check(LOST, |model| model.rules.deadline = Deadline::AfterRead, Broken(17));
}

/// Under a lease whose every commit is fenced only one engine opens intents, and its plan leaves records with
/// an open intent alone. The store's own refusal is the second lock, which counts when the first one is gone.
#[test]
fn one_open_intent_is_masked_by_the_lease() {
    let without = |model: &mut Updates| model.rules.one_intent = false;
    check(LOST, without, Masked(171_446));
    check(ONE_INTENT, without, Masked(171_446));
}

/// The call of the engine that lost its lease is journaled, so its record waits for the deadline anyway.
#[test]
fn the_wait_after_a_lease_ran_out_is_masked_by_the_open_intent() {
    check(LOST, |model| model.rules.wait = false, Masked(160_930));
}
