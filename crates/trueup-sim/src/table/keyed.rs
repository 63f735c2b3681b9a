//! A table read by its key column: what a source of truth is.

use async_trait::async_trait;
use trueup_core::{card::Card, name::RemoteId, plan::Requests};
use trueup_ports::{Ask, Fault, Inspection, Page, Source};

use super::TableSystem;

/// A table read by its key column: what a source of truth is.
pub struct KeyedSystem(TableSystem);

impl KeyedSystem {
    /// The first column is the key.
    #[must_use]
    pub const fn new(table: TableSystem) -> Self {
        Self(table)
    }
}

#[async_trait]
impl Source for KeyedSystem {
    fn card(&self) -> &Card {
        self.0.card()
    }

    async fn inspect(&self) -> Result<Inspection, Fault> {
        self.0.inspect().await
    }

    async fn read(&self, ask: Ask) -> Result<Page, Fault> {
        let mut page = self.0.read(ask).await?;
        for record in &mut page.records {
            if let Some(key) = record.cell(0).to_text() {
                record.id = RemoteId::new(key);
            }
        }
        Ok(page)
    }

    fn requests(&self) -> Requests {
        self.0.requests()
    }
}
