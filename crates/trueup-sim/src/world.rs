//! The host as a simulation makes it: virtual time, seeded chance, no log.

use std::time::Duration;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use trueup_ports::{Holder, LogEvent, World};

use crate::{
    chance::Chance,
    executor::{Clock, step},
};

/// One simulated process on a simulated host.
pub struct SimWorld {
    clock: Clock,
    chance: Chance,
    life: u32,
}

impl SimWorld {
    /// A process; `life` counts how often the engine was started, as a process id would.
    #[must_use]
    pub const fn new(clock: Clock, chance: Chance, life: u32) -> Self {
        Self { clock, chance, life }
    }
}

#[async_trait]
impl World for SimWorld {
    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    async fn sleep(&self, time: Duration) {
        self.clock.advance(SignedDuration::try_from(time).unwrap_or(SignedDuration::ZERO));
        step().await;
    }

    fn random(&self) -> u64 {
        self.chance.next()
    }

    fn holder(&self) -> Holder {
        Holder { host: "sim".into(), pid: self.life, born: String::new() }
    }

    // Only one process lives at a time; every earlier one was killed.
    fn is_alive(&self, holder: &Holder) -> Option<bool> {
        Some(holder.pid == self.life)
    }

    fn log(&self, _: LogEvent) {}
}
