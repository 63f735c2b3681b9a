//! A source of truth that nothing is asked of: commands that read memory alone need neither a workbook nor a secret.

use std::time::Duration;

use async_trait::async_trait;
use trueup_core::{
    card::{BatchSizes, Card, Verbs},
    name::SystemName,
    plan::Requests,
};
use trueup_ports::{Ask, Fault, Inspection, Page, Source};

/// Refuses whatever it is asked.
pub(super) struct Unasked(Card);

impl Unasked {
    pub(super) fn new(system: &SystemName) -> Self {
        Self(Card {
            system: system.clone(),
            kind: "unasked".into(),
            batch: BatchSizes { read: 0, read_history: 0, create: 0, update: 0, archive: 0 },
            verbs: Verbs::default(),
            delta: false,
            history: false,
            compare_and_set: false,
            merges: false,
            unique_ext_id: false,
            max_in_flight: Duration::ZERO,
            max_index_lag: Duration::ZERO,
            rates: Vec::new(),
        })
    }
}

fn refused<T>() -> Result<T, Fault> {
    Err(Fault::Denied("this command asks no system".to_owned()))
}

#[async_trait]
impl Source for Unasked {
    fn card(&self) -> &Card {
        &self.0
    }

    async fn inspect(&self) -> Result<Inspection, Fault> {
        refused()
    }

    async fn read(&self, _ask: Ask) -> Result<Page, Fault> {
        refused()
    }

    fn requests(&self) -> Requests {
        Requests::default()
    }
}
