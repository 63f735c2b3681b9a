//! What a configuration file means: systems, pipelines, and who is told.

use std::{collections::BTreeMap, path::PathBuf, sync::Arc, time::Duration};

use trueup_core::{name::SystemName, setup::Setup};

use crate::{endpoint::Endpoint, secret::SecretRef, version::HubspotVersion};

/// A whole configuration, free of known mistakes.
#[derive(Debug)]
pub struct Config {
    /// The directory of the state store.
    pub state: PathBuf,
    /// The systems, by the names the setups use.
    pub systems: BTreeMap<SystemName, SystemConfig>,
    /// The pipelines, in the order of the file.
    pub pipelines: Vec<Pipeline>,
    /// Who is told when a run needs a person.
    pub alerts: Alerts,
    /// Called after each good cycle.
    pub heartbeat: Option<Endpoint>,
}

/// A pipeline and when it runs.
#[derive(Clone, Debug)]
pub struct Pipeline {
    /// What it means.
    pub setup: Arc<Setup>,
    /// How often a cycle runs.
    pub every: Duration,
}

/// A system: which connector reads it, and where it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SystemConfig {
    /// A sheet of an Excel workbook, read only.
    Xlsx(XlsxConfig),
    /// The records of one object type of a HubSpot account.
    Hubspot(HubspotConfig),
}

/// A sheet of an Excel workbook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct XlsxConfig {
    /// The workbook; relative paths were resolved against the configuration file.
    pub path: PathBuf,
    /// The sheet's name.
    pub sheet: String,
    /// The column that holds each record's unique key.
    pub key: String,
    /// The row that holds the column names, counted from 1.
    pub header_row: u32,
}

/// One object type of a HubSpot account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HubspotConfig {
    /// Where the access token is found.
    pub token: SecretRef,
    /// The API's address.
    pub url: Endpoint,
    /// The API version.
    pub version: HubspotVersion,
    /// The kind of records.
    pub object: HubspotObject,
    /// The account's budget of requests; the connector's own where there is none.
    pub rate: Option<Rate>,
}

/// The kinds of HubSpot records that can be kept in agreement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HubspotObject {
    /// People.
    Contacts,
}

/// So many requests per so long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// How many requests; at least one.
    pub requests: u32,
    /// In how long; never zero.
    pub per: Duration,
}

/// Who is told when a run needs a person.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Alerts {
    /// Push to an ntfy topic.
    pub ntfy: Option<Ntfy>,
    /// Post JSON to a URL.
    pub webhook: Option<Endpoint>,
}

/// An ntfy topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ntfy {
    /// The server.
    pub url: Endpoint,
    /// The topic.
    pub topic: String,
    /// Where the access token is found, if the server wants one.
    pub token: Option<SecretRef>,
}

impl HubspotObject {
    /// The name HubSpot has for it, such as `contacts`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Contacts => "contacts",
        }
    }
}

impl SystemConfig {
    /// The kind of connector, as the file words it.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Xlsx(_) => "xlsx",
            Self::Hubspot(_) => "hubspot",
        }
    }

    /// Whether reading and writing it stays on this machine.
    #[must_use]
    pub const fn is_local(&self) -> bool {
        match self {
            Self::Xlsx(_) => true,
            Self::Hubspot(hubspot) => hubspot.url.is_loopback(),
        }
    }
}
