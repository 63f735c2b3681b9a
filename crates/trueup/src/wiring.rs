//! Turns a configuration into engines: the only place that names concrete systems and stores.

mod unasked;

use std::{
    collections::BTreeMap,
    env::VarError,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use secrecy::SecretString;
use trueup_config::{
    Config, Endpoint, HubspotConfig, HubspotObject, Pipeline, SecretRef, SystemConfig, XlsxConfig,
};
use trueup_connectors::{
    hubspot::{BadVersion, CONTACTS, Hubspot, Settings},
    xlsx::{Caps, HeaderRow, Limits, Parser, Place, XlsxSource, steady},
};
use trueup_core::{
    name::SystemName,
    setup::{MirrorSide, Setup},
};
use trueup_engine::{
    Engine, Systems, Truth,
    alert::{Ntfy, Pager, Webhook},
};
use trueup_ports::{
    Source, Target, World,
    wire::{BadWiring, BaseUrl, Paces, Transport},
};
use trueup_store::{Options, SqliteStore};

use crate::{
    host::{Http, random},
    output::Failure,
};
use unasked::Unasked;

/// How long an alert or a heartbeat may take.
const CALL: Duration = Duration::from_secs(15);
/// The property of HubSpot that says whose a record is.
const OWNER: &str = "hubspot_owner_id";
/// The file of the state store within the state directory.
const STATE: &str = "trueup.db";

/// A configuration with everything it needs to work.
pub(crate) struct Wired {
    /// The configuration.
    pub(crate) config: Config,
    /// The state store of all pipelines.
    pub(crate) store: Arc<SqliteStore>,
    /// The world.
    pub(crate) world: Arc<dyn World>,
    paces: Paces,
    /// Whether systems may be asked; their secrets are needed then.
    asks: bool,
}

/// Reads a configuration whose secrets are wanted; those that are not there are mistakes of it.
///
/// # Errors
/// Every mistake in it.
pub(crate) fn load(path: &Path) -> Result<Config, Failure> {
    Ok(trueup_config::load(path, &|secret| found(secret).map(drop))?)
}

/// Reads a configuration with which no system will be asked: no secret is looked at, and none needs to be there.
///
/// # Errors
/// Every other mistake in it.
pub(crate) fn load_without_secrets(path: &Path) -> Result<Config, Failure> {
    Ok(trueup_config::load(path, &|_| Ok(()))?)
}

/// Where the state of all pipelines lies.
pub(crate) fn state_file(config: &Config) -> PathBuf {
    config.state.join(STATE)
}

impl Wired {
    /// Opens the state store of a configuration.
    ///
    /// # Errors
    /// When the store cannot be opened.
    pub(crate) fn new(config: Config, world: Arc<dyn World>) -> Result<Self, Failure> {
        Self::open(config, world, true)
    }

    /// As [`Self::new`], with engines that know none of their systems: whatever is asked is refused.
    ///
    /// # Errors
    /// When the store cannot be opened.
    pub(crate) fn to_memory(config: Config, world: Arc<dyn World>) -> Result<Self, Failure> {
        Self::open(config, world, false)
    }

    fn open(config: Config, world: Arc<dyn World>, asks: bool) -> Result<Self, Failure> {
        let options = Options::new(trueup_store::Host::new(random));
        let store = Arc::new(SqliteStore::open(&state_file(&config), options)?);
        Ok(Self { config, store, world, paces: Paces::default(), asks })
    }

    /// The engine of one pipeline.
    ///
    /// # Errors
    /// When a secret cannot be read, or a system cannot be used as the pipeline wants it.
    pub(crate) fn engine(&self, pipeline: &Pipeline) -> Result<Engine, Failure> {
        Ok(Engine {
            world: Arc::clone(&self.world),
            store: self.store.clone(),
            setup: Arc::clone(&pipeline.setup),
            systems: if self.asks { self.systems(&pipeline.setup)? } else { unasked(&pipeline.setup) },
        })
    }

    fn systems(&self, setup: &Setup) -> Result<Systems, Failure> {
        let mut mirrors: BTreeMap<SystemName, Arc<dyn Target>> = BTreeMap::new();
        for side in setup.mirrors() {
            mirrors.insert(side.side.system.clone(), self.target(setup, side)?);
        }
        Ok(Systems { canonical: Truth::Read(self.source(setup)?), mirrors })
    }

    fn source(&self, setup: &Setup) -> Result<Arc<dyn Source>, Failure> {
        let name = &setup.canonical().system;
        Ok(match self.system(name)? {
            SystemConfig::Xlsx(xlsx) => Arc::new(workbook(name, xlsx)?),
            SystemConfig::Hubspot(hubspot) => Arc::new(self.hubspot(name, hubspot, setup, None)?),
        })
    }

    fn target(&self, setup: &Setup, side: &MirrorSide) -> Result<Arc<dyn Target>, Failure> {
        let name = &side.side.system;
        match self.system(name)? {
            SystemConfig::Hubspot(hubspot) => Ok(Arc::new(self.hubspot(name, hubspot, setup, Some(side))?)),
            SystemConfig::Xlsx(_) => {
                Err(Failure::usage("read_only", "a workbook is only read and cannot be a mirror")
                    .at(name.as_str()))
            }
        }
    }

    fn system(&self, name: &SystemName) -> Result<&SystemConfig, Failure> {
        let found = self.config.systems.get(name);
        found.ok_or_else(|| Failure::usage("unknown_system", "no such system").at(name.as_str()))
    }

    fn hubspot(
        &self,
        name: &SystemName,
        config: &HubspotConfig,
        setup: &Setup,
        side: Option<&MirrorSide>,
    ) -> Result<Hubspot, Failure> {
        let timing = setup.timing();
        let unusable = |error: BadWiring| Failure::usage("bad_wiring", error.to_string()).at(name.as_str());
        let base = BaseUrl::parse(config.url.as_str()).map_err(unusable)?;
        let mut settings = Settings::new(name.clone(), base, secret(&config.token)?);
        let unknown = |error: BadVersion| Failure::usage("bad_version", error.to_string()).at(name.as_str());
        settings.version = config.version.to_string().parse().map_err(unknown)?;
        settings.object = match config.object {
            HubspotObject::Contacts => &CONTACTS,
        };
        settings.owner = side.and_then(owner);
        settings.ext_id_column = side.and_then(|side| side.ext_id_column.clone());
        settings.max_in_flight = Duration::from_millis(timing.max_in_flight_ms);
        settings.max_index_lag = Duration::from_millis(timing.max_index_lag_ms);
        settings.policy.write_patience = Duration::from_millis(timing.guard_age_ms);
        if let Some(rate) = config.rate {
            settings.limits.burst = rate.requests;
            settings.limits.window = rate.per;
        }
        let transport = transport(&config.url, Duration::from_millis(timing.call_timeout_ms))?;
        Hubspot::new(settings, transport, Arc::clone(&self.world), &self.paces).map_err(unusable)
    }

    /// Who is told when a run needs a person.
    ///
    /// # Errors
    /// When a secret cannot be read.
    pub(crate) fn pagers(&self) -> Result<Vec<Box<dyn Pager>>, Failure> {
        let mut pagers: Vec<Box<dyn Pager>> = Vec::new();
        if let Some(ntfy) = &self.config.alerts.ntfy {
            pagers.push(Box::new(Ntfy {
                url: format!("{}/{}", ntfy.url, ntfy.topic),
                token: ntfy.token.as_ref().map(secret).transpose()?,
                transport: transport(&ntfy.url, CALL)?,
            }));
        }
        if let Some(url) = &self.config.alerts.webhook {
            pagers.push(Box::new(Webhook { url: url.to_string(), transport: transport(url, CALL)? }));
        }
        Ok(pagers)
    }
}

/// No system of a pipeline.
fn unasked(setup: &Setup) -> Systems {
    let truth = Unasked::new(&setup.canonical().system);
    Systems { canonical: Truth::Read(Arc::new(truth)), mirrors: BTreeMap::new() }
}

/// Real HTTP to an address.
///
/// # Errors
/// When no client can be made.
pub(crate) fn transport(url: &Endpoint, timeout: Duration) -> Result<Arc<dyn Transport>, Failure> {
    Ok(Arc::new(Http::to(url, timeout)?))
}

fn workbook(name: &SystemName, config: &XlsxConfig) -> Result<XlsxSource, Failure> {
    let parser = Parser::this_program(Limits::default()).map_err(|error| {
        Failure::failed("parser", format!("the workbook parser cannot be started: {error}"))
    })?;
    let place = Place {
        path: config.path.clone(),
        sheet: config.sheet.clone(),
        key: config.key.clone(),
        header_row: HeaderRow::Row(config.header_row),
        caps: Caps::default(),
        max_bytes: steady::MAX_BYTES,
    };
    Ok(XlsxSource::new(name.clone(), place, parser))
}

fn owner(side: &MirrorSide) -> Option<String> {
    let scope = side.scope.as_ref()?;
    let by_owner = side.side.columns.get(scope.column).is_some_and(|column| column == OWNER);
    by_owner.then(|| scope.equals.clone())
}

/// A secret that was there when the configuration was read.
fn secret(reference: &SecretRef) -> Result<SecretString, Failure> {
    let place = match reference {
        SecretRef::Env(name) => format!("environment variable {name}"),
        SecretRef::File(path) => path.display().to_string(),
    };
    found(reference).map_err(|why| {
        Failure::usage("missing_secret", format!("the secret {why}")).at(place).help("trueup check")
    })
}

/// The secret behind a reference, or why there is none.
fn found(reference: &SecretRef) -> Result<SecretString, String> {
    let text = match reference {
        SecretRef::Env(name) => std::env::var(name).map_err(|error| match error {
            VarError::NotPresent => "is not set".to_owned(),
            VarError::NotUnicode(_) => "is not text".to_owned(),
        }),
        SecretRef::File(path) => fs::read_to_string(path).map_err(|error| format!("cannot be read: {error}")),
    }?;
    let text = text.trim();
    if text.is_empty() { Err("is empty".to_owned()) } else { Ok(SecretString::from(text)) }
}
