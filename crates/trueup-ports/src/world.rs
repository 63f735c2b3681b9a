//! What the engine may ask of the host: time, waiting, chance, a log. Nothing else.

use std::{fmt, time::Duration};

use async_trait::async_trait;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The host, as the engine may know it. The simulation is another one.
#[async_trait]
pub trait World: Send + Sync {
    /// The time of this host. Never compared with another machine's.
    fn now(&self) -> Timestamp;

    /// Waits.
    async fn sleep(&self, time: Duration);

    /// 64 random bits.
    fn random(&self) -> u64;

    /// This process, as a holder of leases.
    fn holder(&self) -> Holder;

    /// Whether a holder still lives; `None` when this host cannot tell.
    fn is_alive(&self, holder: &Holder) -> Option<bool>;

    /// Whether somebody asked to stop: the request in flight is finished, nothing new is sent.
    fn stopping(&self) -> bool {
        false
    }

    /// Tells the log. Carries record ids and field names, never values.
    fn log(&self, event: LogEvent);
}

/// A process that can hold a lease.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Holder {
    /// The host's name.
    pub host: String,
    /// The process id.
    pub pid: u32,
    /// What tells two processes with one id apart, such as the start time.
    pub born: String,
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "process {} on {}", self.pid, self.host)
    }
}

/// One thing for the log and for progress.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LogEvent {
    /// A stage began, with the number of steps it will take where known.
    Stage {
        /// Its name, such as `gather portal`.
        name: String,
        /// How many steps it takes.
        steps: Option<u64>,
    },
    /// Steps of the current stage were done.
    Step(u64),
    /// Something a reader of the log wants to know.
    Say(String),
    /// Something that should not be so.
    Warn(String),
}
