//! The real connector, wired to the portal in process.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use secrecy::SecretString;
use trueup_connectors::hubspot::{Hubspot, Limits, Settings};
use trueup_core::{name::SystemName, setup::MirrorSide};
use trueup_ports::{
    World,
    wire::{BadWiring, BaseUrl, Paces},
};
use trueup_sandbox::hubspot::DEFAULT_TOKEN;

use super::{Server, transport::Line, words::OWNER_PROPERTY};
use crate::{
    chance::Chance,
    executor::Clock,
    store::Ledger,
    swarm::Mirror,
    table::{Faults, Table},
    trace::Trace,
};

/// What lies between an instance and a portal.
#[derive(Clone, Debug)]
pub struct Link {
    /// What the configuration calls the system.
    pub system: SystemName,
    /// The portal.
    pub server: Arc<Mutex<Server>>,
    /// Where it is shown.
    pub table: Arc<Mutex<Table>>,
    /// What goes wrong on the way.
    pub faults: Arc<Mutex<Faults>>,
    /// The true clock.
    pub clock: Clock,
    /// Seeded chance.
    pub chance: Chance,
    /// What passed on the way to the store.
    pub ledger: Ledger,
    /// Who asks, for the story.
    pub asker: String,
    /// Which process asks.
    pub process: u32,
    /// The story.
    pub trace: Trace,
}

/// Wires a connector as the product does: its pace is its own and dies with the instance.
///
/// # Errors
/// Never for the sandbox's own token and address.
pub fn connect(
    link: Link,
    own: &Mirror,
    side: &MirrorSide,
    world: Arc<dyn World>,
) -> Result<Hubspot, BadWiring> {
    let base = BaseUrl::parse("https://api.hubapi.com")?;
    let burst = u32::try_from(own.rate).unwrap_or(u32::MAX);
    let settings = Settings {
        owner: owner(side),
        ext_id_column: side.ext_id_column.clone(),
        limits: Limits { burst, ..Limits::default() },
        max_in_flight: Duration::from_millis(own.max_in_flight_ms),
        max_index_lag: Duration::from_millis(own.lag_ms),
        ..Settings::new(link.system.clone(), base, SecretString::from(DEFAULT_TOKEN))
    };
    let transport = Line {
        system: link.system,
        server: link.server,
        table: link.table,
        clock: link.clock,
        chance: link.chance,
        ledger: link.ledger,
        faults: link.faults,
        max_in_flight_ms: own.max_in_flight_ms,
        asker: link.asker,
        process: link.process,
        trace: link.trace,
    };
    Hubspot::new(settings, Arc::new(transport), world, &Paces::default())
}

/// The owner whose records are in scope, where it is owners that tell.
fn owner(side: &MirrorSide) -> Option<String> {
    let scope = side.scope.as_ref()?;
    let by_owner = side.side.columns.get(scope.column).is_some_and(|column| column == OWNER_PROPERTY);
    by_owner.then(|| scope.equals.clone())
}
