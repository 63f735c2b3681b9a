//! The host as a simulation makes it: a clock that may be wrong, seeded chance, no log.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use jiff::Timestamp;
use trueup_ports::{Holder, LogEvent, World};

use crate::{chance::Chance, executor::HostClock, store::Ledger, trace::Trace};

/// Which processes live, on all hosts together.
#[derive(Clone, Debug, Default)]
pub struct Living(Arc<Mutex<BTreeSet<u32>>>);

impl Living {
    /// A process was born.
    pub fn born(&self, pid: u32) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(pid);
    }

    /// A process died.
    pub fn died(&self, pid: u32) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&pid);
    }

    fn has(&self, pid: u32) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains(&pid)
    }
}

/// One simulated process on a simulated host.
pub struct SimWorld {
    clock: HostClock,
    chance: Chance,
    holder: Holder,
    living: Living,
    trace: Trace,
    ledger: Ledger,
}

impl SimWorld {
    /// A process on a host; it lives until [`Living`] is told otherwise.
    #[must_use]
    pub fn new(clock: HostClock, chance: Chance, host: &str, pid: u32, living: &Living) -> Self {
        living.born(pid);
        let holder = Holder { host: host.to_owned(), pid, born: String::new() };
        Self {
            clock,
            chance,
            holder,
            living: living.clone(),
            trace: Trace::default(),
            ledger: Ledger::default(),
        }
    }

    /// The same, and what it logs stands in the story and is witnessed.
    #[must_use]
    pub fn heard(self, trace: Trace, ledger: Ledger) -> Self {
        Self { trace, ledger, ..self }
    }
}

#[async_trait]
impl World for SimWorld {
    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    async fn sleep(&self, time: Duration) {
        self.clock.truth().sleep(time).await;
    }

    fn random(&self) -> u64 {
        self.chance.next()
    }

    fn holder(&self) -> Holder {
        self.holder.clone()
    }

    // Of a process of another host nothing can be told.
    fn is_alive(&self, holder: &Holder) -> Option<bool> {
        (holder.host == self.holder.host).then(|| self.living.has(holder.pid))
    }

    fn log(&self, event: LogEvent) {
        let (LogEvent::Say(what) | LogEvent::Warn(what)) = event else { return };
        self.ledger.witness(|witness| witness.heard(&what));
        let who = format!("{}/{}", self.holder.host, self.holder.pid);
        self.trace.tell(self.clock.truth().now(), &who, None, "says", || what);
    }
}
