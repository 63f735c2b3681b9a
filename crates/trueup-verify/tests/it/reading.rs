//! What could not be read is never agreement.

use std::{sync::Mutex, time::Duration};

use async_trait::async_trait;
use jiff::Timestamp;
use trueup_core::{
    journal::Entry,
    memory::{Approval, Beat, Memory, Note},
    merge::{Flow, Survivor},
    name::{CreateKey, PipelineName},
    plan::Plan,
    value::Kind,
};
use trueup_ports::{Fault, Fence, Holder, JournalAsk, Open, Store, StoreError};
use trueup_store::MemoryStore;
use trueup_verify::Unproven;

use crate::support::{Bench, Odd, Shape, record};

/// Five entities, so that every view has three pages and every read by id three batches.
fn bench() -> Bench {
    let shape = Shape::new(Kind::Text, Survivor::Canonical, Flow::Out);
    let ours = (1..=5).map(|at| record(&format!("E{at}"), "x")).collect();
    let theirs = (1..=5).map(|at| record(&at.to_string(), "x")).collect();
    Bench::new(&shape, ours, vec![("mirror", theirs)])
}

/// What comes of one odd answer of a system.
#[track_caller]
fn check(system: &str, at: usize, odd: &Odd) {
    let mut bench = bench();
    let table =
        if system == "source" { &mut bench.source } else { bench.mirrors.get_mut(&system.into()).unwrap() };
    table.odd = Some((at, odd.clone()));
    match bench.verify() {
        Err(Unproven::Unreadable { system: blamed, .. }) => assert_eq!(blamed.as_str(), system),
        other => panic!("{system} {at} {odd:?}: {other:?}"),
    }
}

#[test]
fn a_failure_at_any_page_ends_the_verification() {
    assert!(bench().verify().unwrap().is_proven());
    for at in 1..=3 {
        check("source", at, &Odd::Fails(Fault::Unknown("no answer".into())));
    }
    // Three pages of the scope, then three batches by id.
    for at in 1..=6 {
        check("mirror", at, &Odd::Fails(Fault::Unreadable("half of an answer".into())));
    }
}

#[test]
fn a_listing_that_is_not_whole_or_leads_back_is_not_believed() {
    for at in 1..=3 {
        check("source", at, &Odd::Partial);
        check("mirror", at, &Odd::Partial);
    }
    for at in 2..=3 {
        check("source", at, &Odd::LeadsBack);
        check("mirror", at, &Odd::LeadsBack);
    }
}

#[test]
fn a_record_that_was_asked_for_and_not_mentioned_is_not_taken_for_gone() {
    for at in 4..=6 {
        check("mirror", at, &Odd::Forgets);
    }
}

#[test]
fn a_system_that_names_a_short_wait_is_asked_again() {
    let busy =
        |wait| Fault::Busy { retry_after: Some(Duration::from_secs(wait)), what: "it is saved".into() };
    let mut patient = bench();
    patient.source.odd = Some((1, Odd::Fails(busy(2))));
    assert!(patient.verify().unwrap().is_proven());
    assert_eq!(*patient.world.waited.lock().unwrap(), Duration::from_secs(2));
    check("source", 1, &Odd::Fails(busy(3_600)));
}

#[test]
fn nothing_is_proven_by_a_verification_that_was_stopped() {
    let mut bench = bench();
    bench.world.stopping = true;
    assert_eq!(bench.verify(), Err(Unproven::Stopped));
}

#[test]
fn another_account_is_not_believed() {
    let bench = bench();
    bench.note(Note::Tenant("mirror".into(), "T0".into()));
    assert!(matches!(bench.verify(), Err(Unproven::Tenant { .. })));
}

#[test]
fn a_run_in_between_has_everything_read_again_and_one_that_never_rests_ends_it() {
    let bench = bench();
    let restless = |runs| Restless { store: bench.store.clone(), runs: Mutex::new(runs) };
    assert!(bench.verify_with(&restless(1)).unwrap().is_proven());
    assert_eq!(bench.verify_with(&restless(usize::MAX)), Err(Unproven::Moving));
}

/// A store that a run changes each time it is read, so many times.
struct Restless {
    store: MemoryStore,
    runs: Mutex<usize>,
}

#[async_trait]
impl Store for Restless {
    async fn now(&self) -> Result<Timestamp, StoreError> {
        panic!("a verification looks at no clock")
    }

    async fn memory(&self, pipeline: &PipelineName) -> Result<Memory, StoreError> {
        let memory = self.store.memory(pipeline).await?;
        let mut left = self.runs.lock().unwrap();
        let serial = memory.serial + u64::try_from(usize::MAX - *left).unwrap();
        *left = left.saturating_sub(1);
        Ok(Memory { serial, ..memory })
    }

    async fn open(&self, _: &PipelineName) -> Result<Open, StoreError> {
        panic!("a verification ends no run")
    }

    async fn commit(&self, _: &PipelineName, _: Option<&Fence>, _: Vec<Note>) -> Result<u64, StoreError> {
        panic!("a verification writes nothing")
    }

    async fn lease(&self, _: &PipelineName, _: &Holder, _: Duration) -> Result<Fence, StoreError> {
        panic!("a verification takes no lease")
    }

    async fn lease_create(
        &self,
        _: &PipelineName,
        _: &CreateKey,
        _: &Holder,
        _: Duration,
    ) -> Result<Fence, StoreError> {
        panic!("a verification takes no lease")
    }

    async fn holder(&self, _: &PipelineName) -> Result<Option<Holder>, StoreError> {
        Ok(None)
    }

    async fn release(&self, _: &PipelineName, _: &Fence) -> Result<(), StoreError> {
        panic!("a verification takes no lease")
    }

    async fn bury(&self, _: &PipelineName, _: &Holder) -> Result<(), StoreError> {
        panic!("a verification writes nothing")
    }

    async fn journal(&self, pipeline: &PipelineName, ask: JournalAsk) -> Result<Vec<Entry>, StoreError> {
        self.store.journal(pipeline, ask).await
    }

    async fn verify(&self, pipeline: &PipelineName) -> Result<u64, StoreError> {
        self.store.verify(pipeline).await
    }

    async fn beats(&self, pipeline: &PipelineName, limit: usize) -> Result<Vec<Beat>, StoreError> {
        self.store.beats(pipeline, limit).await
    }

    async fn plan(&self, pipeline: &PipelineName, id: &str) -> Result<Option<Plan>, StoreError> {
        self.store.plan(pipeline, id).await
    }

    async fn plans(&self, pipeline: &PipelineName, limit: usize) -> Result<Vec<String>, StoreError> {
        self.store.plans(pipeline, limit).await
    }

    async fn approvals(&self, pipeline: &PipelineName, plan: &str) -> Result<Vec<Approval>, StoreError> {
        self.store.approvals(pipeline, plan).await
    }
}
