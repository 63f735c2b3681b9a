//! The real world: this host's clock, its entropy, its processes.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use jiff::Timestamp;
use trueup_ports::{Holder, LogEvent, World};

use super::{holder, random, stop::Stopping};
use crate::output::progress::Progress;

/// The real world.
#[derive(Debug)]
pub(crate) struct Host {
    own: Holder,
    stopping: Stopping,
    progress: Arc<Progress>,
}

impl Host {
    /// The world of this process.
    pub(crate) fn new(stopping: Stopping, progress: Arc<Progress>) -> Self {
        Self { own: holder::own(), stopping, progress }
    }
}

#[async_trait]
impl World for Host {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    async fn sleep(&self, time: Duration) {
        tokio::time::sleep(time).await;
    }

    fn random(&self) -> u64 {
        random()
    }

    fn holder(&self) -> Holder {
        self.own.clone()
    }

    fn is_alive(&self, holder: &Holder) -> Option<bool> {
        holder::is_alive(&self.own, holder)
    }

    fn stopping(&self) -> bool {
        self.stopping.asked()
    }

    fn log(&self, event: LogEvent) {
        self.progress.event(event);
    }
}
