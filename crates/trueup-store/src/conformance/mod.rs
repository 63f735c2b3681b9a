//! What every store promises, stated once and run unchanged on each of them.
//!
//! A store's test hands a maker of [`Rig`]s to [`check`]; each case starts from an empty store.

mod cases;
mod creates;
mod journal;
mod lease;
mod model;
mod notes;
mod plans;

use std::{
    future::Future,
    pin::pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll, Waker},
    time::Duration,
};

use jiff::Timestamp;
use trueup_core::{
    memory::{Memory, Note},
    name::PipelineName,
};
use trueup_ports::{Fence, Holder, JournalAsk, Open, Store, StoreError};

use crate::Host;

/// An empty store and the hands of its clock.
pub struct Rig {
    /// The store under test.
    pub store: Box<dyn Store>,
    /// The clock it was made with.
    pub clock: TestClock,
}

/// A clock that stands still until it is moved.
#[derive(Clone, Debug, Default)]
pub struct TestClock(Arc<Mutex<Timestamp>>);

impl TestClock {
    /// What the clock says.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Moves the clock on.
    pub fn advance(&self, time: Duration) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) += time;
    }

    /// A host with this clock and a fixed sequence of random numbers.
    #[must_use]
    pub fn host(&self) -> Host {
        let (clock, dice) = (self.clone(), Mutex::new(notes::Dice::new(7)));
        Host::new(move || dice.lock().unwrap_or_else(PoisonError::into_inner).next())
            .with_clock(move || clock.now())
    }
}

/// One promise.
type Case = fn(&Rig);

const CASES: &[(&str, Case)] = &[
    ("a pipeline that never ran has an empty memory", cases::a_pipeline_that_never_ran_has_an_empty_memory),
    ("every note means what memory says", model::every_note_means_what_memory_says),
    ("a refused commit leaves nothing behind", cases::a_refused_commit_leaves_nothing_behind),
    ("looking never moves the serial", cases::looking_never_moves_the_serial),
    ("a finding is added to those that are open", cases::a_finding_is_added_to_those_that_are_open),
    ("pipelines do not see each other", cases::pipelines_do_not_see_each_other),
    ("two entities never share a record", cases::two_entities_never_share_a_record),
    ("one intent is open per entity and system", cases::one_intent_is_open_per_entity_and_system),
    ("beyond so many touched records of a system all of it is touched", cases::too_many_touches_become_one),
    ("an intent needs a fence that stands", lease::an_intent_needs_a_fence_that_stands),
    ("a live lease is held, a late one is taken over", lease::a_live_lease_is_held_a_late_one_is_taken_over),
    ("the time of a store is that of its leases", lease::the_time_of_a_store_is_that_of_its_leases),
    ("a lease given back is taken at once", lease::a_lease_given_back_is_taken_at_once),
    ("a dead holder is buried and its calls are waited for", lease::a_dead_holder_is_buried),
    ("nobody else's lease can be ended", lease::nobody_elses_lease_can_be_ended),
    ("the first decision about a create stands", creates::the_first_decision_about_a_create_stands),
    ("one create of a record is open at a time", creates::one_create_of_a_record_is_open_at_a_time),
    ("no create begins where a link is", creates::no_create_begins_where_a_link_is),
    ("a create has a lease of its own", creates::a_create_has_a_lease_of_its_own),
    ("only its own fence writes for an open create", creates::only_its_own_fence_writes_for_an_open_create),
    ("a forgotten create leaves nothing behind", creates::a_forgotten_create_leaves_nothing_behind),
    ("the journal is chained and can be asked", journal::the_journal_is_chained_and_can_be_asked),
    ("a plan is found by the beginning of its id", plans::a_plan_is_found_by_the_beginning_of_its_id),
    ("old plans go unless somebody needs them", plans::old_plans_go_unless_somebody_needs_them),
    ("a beat replaces the beat of its run", plans::a_beat_replaces_the_beat_of_its_run),
    ("approvals stay with their plan", plans::approvals_stay_with_their_plan),
];

/// Runs every case on a store of its own.
///
/// # Panics
/// When a store breaks a promise; the last line of the output names it.
pub fn check(make: impl Fn() -> Rig, say: impl Fn(&str)) {
    for (name, case) in CASES {
        say(name);
        case(&make());
    }
}

/// The answer of a store that runs inline.
///
/// # Panics
/// When the future waits for anything.
pub fn now<T>(answer: impl Future<Output = T>) -> T {
    match pin!(answer).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(answer) => answer,
        Poll::Pending => panic!("a store runs inline and never waits"),
    }
}

/// The pipeline most cases use.
fn leads() -> PipelineName {
    "leads".into()
}

const TTL: Duration = Duration::from_mins(1);

fn holder(pid: u32) -> Holder {
    Holder { host: "box".to_owned(), pid, born: "1".to_owned() }
}

#[track_caller]
fn ok<T>(answer: Result<T, StoreError>) -> T {
    match answer {
        Ok(value) => value,
        Err(error) => panic!("the store refused: {error}"),
    }
}

impl Rig {
    #[track_caller]
    fn commit(&self, fence: Option<&Fence>, notes: Vec<Note>) -> u64 {
        ok(self.try_commit(fence, notes))
    }

    fn try_commit(&self, fence: Option<&Fence>, notes: Vec<Note>) -> Result<u64, StoreError> {
        now(self.store.commit(&leads(), fence, notes))
    }

    #[track_caller]
    fn memory(&self) -> Memory {
        ok(now(self.store.memory(&leads())))
    }

    #[track_caller]
    fn open(&self) -> Open {
        ok(now(self.store.open(&leads())))
    }

    #[track_caller]
    fn lease(&self, pid: u32) -> Fence {
        ok(self.try_lease(pid))
    }

    fn try_lease(&self, pid: u32) -> Result<Fence, StoreError> {
        now(self.store.lease(&leads(), &holder(pid), TTL))
    }

    #[track_caller]
    fn entries(&self, ask: JournalAsk) -> Vec<trueup_core::journal::Entry> {
        ok(now(self.store.journal(&leads(), ask)))
    }
}
