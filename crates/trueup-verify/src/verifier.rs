//! The verification of one pipeline, from the first read to the report.

use std::collections::BTreeMap;

use thiserror::Error;
use trueup_core::{memory::Memory, name::SystemName, setup::Setup};
use trueup_ports::{Fault, LogEvent, Source, Store, StoreError, World};

use crate::{
    Difference, Journal, Report, account, judge::Judge, known::Known, mirror::Theirs, ours::Ours,
    read::Reader, trail,
};

/// How often everything is read before it is given up that memory stands still.
const TRIES: usize = 3;

/// One pipeline, to be verified.
pub struct Verifier<'a> {
    /// Waiting, stopping, the log.
    pub world: &'a dyn World,
    /// What the engine remembers; only read.
    pub store: &'a dyn Store,
    /// The configuration.
    pub setup: &'a Setup,
    /// The source of truth.
    pub canonical: &'a dyn Source,
    /// The mirrors.
    pub mirrors: BTreeMap<SystemName, &'a dyn Source>,
}

/// Why nothing was proven. None of it is agreement.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Unproven {
    /// A system could not be read to its end.
    #[error("{system}: {fault}")]
    Unreadable {
        /// The system.
        system: SystemName,
        /// What it did.
        fault: Fault,
    },
    /// A system is not set up as the configuration needs it.
    #[error("{system}: {what}")]
    Unfit {
        /// The system.
        system: SystemName,
        /// What is missing, with the fix.
        what: String,
    },
    /// The credential opens another account than the pinned one, whose records say nothing about ours (I-29).
    #[error("the credential belongs to {found}, but {system} is pinned to {pinned}")]
    Tenant {
        /// The system.
        system: SystemName,
        /// The account it was first seen with.
        pinned: String,
        /// The account the credential opens now.
        found: String,
    },
    /// A run changed what is remembered while the systems were read, each time anew.
    #[error("a run was at work all the time, so that nothing could be compared")]
    Moving,
    /// Somebody asked to stop.
    #[error("it was stopped before everything was read")]
    Stopped,
    /// Our own memory cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Verifier<'_> {
    /// Reads everything anew and compares it.
    ///
    /// # Errors
    /// [`Unproven`] when something could not be read: that is never agreement. A broken journal is no error but a
    /// difference in the report.
    pub async fn verify(&self) -> Result<Report, Unproven> {
        let before = self.requests();
        for _ in 0..TRIES {
            let chain = trail::walk(self.store, self.setup.pipeline()).await?;
            let (memory, chain) = match (self.store.memory(self.setup.pipeline()).await, chain) {
                // A journal so broken that memory cannot be read: that is all that can be said.
                (Err(StoreError::Broken(_)), Err(broken)) => {
                    return Ok(Report { differences: vec![broken], ..Report::default() });
                }
                (memory, chain) => (memory?, chain),
            };
            let report = self.compare(&memory, chain).await?;
            // What is compared must have stood still: a run in between would look like differences.
            if self.store.memory(self.setup.pipeline()).await? == memory {
                return Ok(Report { requests: self.requests() - before, ..report });
            }
            self.world.log(LogEvent::Say("a run was at work meanwhile; everything is read again".into()));
        }
        Err(Unproven::Moving)
    }

    async fn compare(&self, memory: &Memory, chain: Result<u64, Difference>) -> Result<Report, Unproven> {
        let known = Known::of(self.setup, memory, self.store).await?;
        let ours =
            Ours::read(&self.reader(&self.setup.canonical().system, self.canonical), self.setup, memory)
                .await?;
        let mut report = Report {
            compared: true,
            bases_compared: known.bases_count(),
            canonical_records: ours.records.len(),
            ..Report::default()
        };
        match chain {
            Ok(entries) => report.journal = Journal { entries: Some(entries) },
            Err(broken) => report.differences.push(broken),
        }
        report.differences.extend(account::sums(self.store, self.setup.pipeline(), known.last()).await?);
        ours.troubles(self.setup, &known, &mut report);
        for side in self.setup.mirrors() {
            let system = &side.side.system;
            let Some(source) = self.mirrors.get(system) else { continue };
            let theirs = Theirs::read(&self.reader(system, *source), side, memory).await?;
            let mut judge = Judge::new(self.setup, side, &known, &ours, &theirs);
            for one in judge.judge() {
                if !trail::bears_out(self.store, self.setup, &one).await? {
                    judge.differs(one.difference);
                }
            }
            judge.close(&mut report);
        }
        report.differences.sort_by(|a, b| a.order().cmp(&b.order()));
        Ok(report)
    }

    fn reader<'a>(&'a self, system: &'a SystemName, source: &'a dyn Source) -> Reader<'a> {
        Reader { world: self.world, system, source }
    }

    fn requests(&self) -> usize {
        let all = self.mirrors.values().copied().chain([self.canonical]);
        all.map(Source::requests).map(|sent| sent.read + sent.write).sum()
    }
}
