//! Creates: one record per entity in every state, and two of them without each rule.

use trueup_models::{
    create::{
        Bounds, CALM, Creates, Identity, LOST, NO_PHANTOM, ONE_RECORD, ONLY_UNIQUE, Request, Rules, Times,
        WITNESSED,
    },
    explore::{every_state, until_broken},
};

const TWO_RECORDS: Bounds = Bounds { records: 2, edits: 1, crashes: 2 };
const SMALL: Bounds = Bounds { records: 1, edits: 1, crashes: 1 };
const LAWS: [&str; 4] = [ONE_RECORD, NO_PHANTOM, LOST, CALM];

#[expect(clippy::print_stdout, reason = "the number of states is what a reader of the log wants")]
#[track_caller]
fn check_all(identity: Identity, bounds: Bounds, fold: bool, states: usize) {
    let visit = every_state(Creates { rules: Rules::all(identity), times: Times::default(), bounds, fold });
    println!("{identity:?} {bounds:?}: {} states", visit.states);
    let mut due: Vec<&str> = WITNESSED.to_vec();
    due.retain(|name| identity == Identity::Unique || !ONLY_UNIQUE.contains(name));
    due.sort_unstable();
    // What is seen and what should be, in one: no law is broken, and nothing the model is about is missing.
    assert_eq!(visit.paths.keys().copied().collect::<Vec<_>>(), due, "{:#?}", visit.paths);
    assert_eq!(visit.states, states, "the model changed size: say why, then change the number");
}

/// How many actions the shortest path to a broken law has; `None` when it holds in every state.
#[track_caller]
fn check(identity: Identity, law: &'static str, without: impl FnOnce(&mut Creates), then: Option<usize>) {
    let rules = Rules::all(identity);
    let mut model = Creates { rules, times: Times::default(), bounds: SMALL, fold: false };
    without(&mut model);
    let visit = until_broken(model, law);
    let path = visit.paths.get(law);
    assert_eq!(path.map(Vec::len), then, "{path:#?}");
}

#[test]
fn a_unique_id_gives_each_entity_one_record_and_a_link() {
    check_all(Identity::Unique, TWO_RECORDS, true, 599_744);
}

#[test]
fn a_quiet_period_gives_each_entity_one_record_and_a_link() {
    check_all(Identity::Token, TWO_RECORDS, true, 112_534);
}

#[test]
fn no_create_rests_on_how_states_were_folded() {
    check_all(Identity::Unique, SMALL, false, 58_619);
    check_all(Identity::Token, SMALL, false, 30_123);
}

#[test]
fn without_a_unique_id_each_rule_is_needed() {
    check(Identity::Token, ONE_RECORD, |model| model.rules.lease = false, Some(16));
    // m1: search, then create. m3: the intent is kept, and the retry asks a listing that lags.
    check(Identity::Token, ONE_RECORD, |model| model.rules.intent = false, Some(15));
    check(Identity::Token, ONE_RECORD, |model| model.rules.quiet = false, Some(18));
    check(Identity::Token, ONE_RECORD, |model| model.rules.permits_end = false, Some(21));
}

/// Time is in ticks, so "longer than" is one tick more: it takes two to fall short.
#[test]
fn a_quiet_period_that_is_too_short_makes_two_records() {
    let short = |model: &mut Creates| (model.times.counted, model.times.flight) = (0, 0);
    check(Identity::Token, ONE_RECORD, short, Some(19));
    check(Identity::Token, ONE_RECORD, |model| model.times.guard = 3, Some(21));
    // What cannot be promised: a request that lives longer than `max_in_flight`.
    check(Identity::Token, ONE_RECORD, |model| model.times.really = 3, Some(21));
}

/// m10: a create that lands late must not write over what a person made of the record.
#[test]
fn a_create_that_overwrites_loses_values() {
    check(Identity::Unique, LOST, |model| model.rules.request = Request::Upsert, Some(19));
}

/// The system itself refuses a twin, and a refusal is answered by reading: whoever sends what how often.
#[test]
fn a_unique_id_masks_every_other_rule_of_creates() {
    let masked = |without: fn(&mut Creates)| {
        let rules = Rules::all(Identity::Unique);
        let mut model = Creates { rules, times: Times::default(), bounds: SMALL, fold: true };
        without(&mut model);
        let paths = every_state(model).paths;
        assert!(LAWS.iter().all(|law| !paths.contains_key(law)), "{paths:#?}");
    };
    masked(|model| model.rules.lease = false);
    masked(|model| model.rules.intent = false);
    masked(|model| model.rules.permits_end = false);
    masked(|model| model.times.really = 3);
}
