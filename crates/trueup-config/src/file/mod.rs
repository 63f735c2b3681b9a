//! The shape of the configuration file: what may be written, not yet whether it makes sense.
//!
//! These types give both the reader and the published JSON Schema, so the two cannot differ. The doc
//! comments are the descriptions editors show.

mod class;
mod limits;
mod mirror;
mod pipeline;
mod scalar;
mod system;

pub(crate) use class::{ActionWord, ClassFile, On};
pub(crate) use limits::{CapsFile, TimingFile};
pub(crate) use mirror::{FlowWord, MappedFile, MirrorFile, ScopeFile, TokenFile};
pub(crate) use pipeline::{FieldFile, KindWord, PipelineFile, Take};
pub(crate) use scalar::{Percent, Period, word};
pub(crate) use system::{HubspotFile, ObjectWord, RateFile, SystemFile, XlsxFile};

use schemars::JsonSchema;
use serde::Deserialize;

use crate::yaml::{At, Entries};

/// A trueup configuration.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Configuration")]
pub(crate) struct File {
    /// The version of this format; it is 1.
    pub(crate) version: At<u64>,
    /// The directory of the state store, relative to this file; `.trueup` by default.
    pub(crate) state: Option<At<String>>,
    /// The systems that hold copies of the records, by the names the pipelines use.
    pub(crate) systems: At<Entries<SystemFile>>,
    /// What is kept in agreement with what.
    pub(crate) pipelines: At<Entries<PipelineFile>>,
    /// Who is told when a run needs a person.
    pub(crate) alerts: Option<At<AlertsFile>>,
    /// A URL called after each good cycle.
    pub(crate) heartbeat: Option<At<HookFile>>,
}

/// Who is told when a run needs a person.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Alerts")]
pub(crate) struct AlertsFile {
    /// Push to an ntfy topic.
    pub(crate) ntfy: Option<At<NtfyFile>>,
    /// Post JSON to a URL.
    pub(crate) webhook: Option<At<HookFile>>,
}

/// An ntfy topic.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Ntfy")]
pub(crate) struct NtfyFile {
    /// The server, such as `https://ntfy.sh`.
    pub(crate) url: At<String>,
    /// The topic; who knows it can read it, unless the server wants a token.
    pub(crate) topic: At<String>,
    /// An access token, by reference: `${NAME}` or `file:PATH`.
    pub(crate) token: Option<At<String>>,
}

/// A URL that is called.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Hook")]
pub(crate) struct HookFile {
    /// The URL; plain http only on this machine.
    pub(crate) url: At<String>,
}
