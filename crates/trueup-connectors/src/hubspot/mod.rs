//! HubSpot contacts: read, searched, written in batches.
//!
//! What the API does is taken from HubSpot's documents and from recorded traffic; each of its traps has a
//! test named after it. The three that shape the code:
//! - search lags and is never proof of anything; paging through it goes by id, not by offset (`search.rs`);
//! - a batch that succeeds may have failed for some rows, or left rows out without a word (`write/`, `ids.rs`);
//! - everything is text, null and `""` are one nothing, and a key that is not there is neither (`record.rs`).
//!
//! Deliberately absent: upserts (a repeated one overwrites newer edits), merges, and any decision.
//!
//! Read next: [`Settings`], then `card.rs`.

mod card;
mod config;
mod error;
mod ids;
mod inspect;
mod list;
mod paths;
mod read;
mod record;
mod search;
mod unique;
mod wire;
mod write;

use std::{fmt, sync::Arc};

use async_trait::async_trait;
use trueup_core::{card::Card, plan::Requests};
use trueup_ports::{
    Ask, Fault, Inspection, Page, Permit, Settled, Source, Target, World,
    wire::{Auth, BadWiring, Dialect, Paces, Transport, Wire, Wiring},
};

pub use config::{ApiVersion, BadVersion, CONTACTS, Limits, ObjectType, Settings};
use paths::Paths;

/// A HubSpot account, for one kind of object.
pub struct Hubspot {
    settings: Settings,
    card: Card,
    paths: Paths,
    wire: Wire,
}

impl Hubspot {
    /// Connects the settings with the host. No I/O.
    ///
    /// # Errors
    /// [`BadWiring`] when no header can carry the token.
    pub fn new(
        settings: Settings,
        transport: Arc<dyn Transport>,
        world: Arc<dyn World>,
        paces: &Paces,
    ) -> Result<Self, BadWiring> {
        let paths = Paths::of(&settings);
        let wire = Wire::new(Wiring {
            transport,
            world,
            pace: paces.of(&settings.account(), &settings.rates()),
            base: settings.base.clone(),
            auth: Auth::bearer(&settings.token)?,
            reads: card::reads(&paths),
            policy: settings.policy.clone(),
            dialect: Dialect { words: error::words, is_final: error::is_daily },
        });
        Ok(Self { card: card::card(&settings), paths, settings, wire })
    }
}

#[async_trait]
impl Source for Hubspot {
    fn card(&self) -> &Card {
        &self.card
    }

    async fn inspect(&self) -> Result<Inspection, Fault> {
        inspect::inspect(self).await
    }

    async fn read(&self, ask: Ask) -> Result<Page, Fault> {
        read::read(self, ask).await
    }

    fn requests(&self) -> Requests {
        self.wire.requests()
    }
}

#[async_trait]
impl Target for Hubspot {
    async fn write(&self, permits: Vec<Permit>) -> Vec<Settled> {
        write::write(self, permits).await
    }
}

impl fmt::Debug for Hubspot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hubspot")
            .field("system", &self.settings.system)
            .field("wire", &self.wire)
            .finish_non_exhaustive()
    }
}
