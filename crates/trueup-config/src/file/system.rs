//! A system as the file describes it.

use schemars::JsonSchema;
use serde::Deserialize;

use super::Period;
use crate::{version::HubspotVersion, yaml::At};

/// A system that holds a copy of the records; `kind` says which connector reads it.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename = "trueup::ByKind", rename_all = "lowercase")]
#[schemars(rename = "System", tag = "kind")]
pub(crate) enum SystemFile {
    /// A sheet of an Excel workbook, read only.
    Xlsx(XlsxFile),
    /// The records of one object type of a HubSpot account.
    Hubspot(HubspotFile),
}

/// A sheet of an Excel workbook, read only.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Xlsx")]
pub(crate) struct XlsxFile {
    /// The workbook, relative to this file.
    pub(crate) path: At<String>,
    /// The sheet's name.
    pub(crate) sheet: At<String>,
    /// The column that holds each record's unique key; never the row number.
    pub(crate) key: At<String>,
    /// The row that holds the column names, counted from 1; 1 by default.
    pub(crate) header_row: Option<At<u32>>,
}

/// The records of one object type of a HubSpot account.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Hubspot")]
pub(crate) struct HubspotFile {
    /// The access token, by reference: `${NAME}` or `file:PATH`.
    pub(crate) token: At<String>,
    /// The API's address; `https://api.hubapi.com` by default.
    pub(crate) url: Option<At<String>>,
    /// The API version: `v3`, or a dated one such as `2026-03`, which is the default.
    pub(crate) version: Option<At<HubspotVersion>>,
    /// The object type; `contacts` by default.
    pub(crate) object: Option<At<ObjectWord>>,
    /// The account's budget of requests, shared by all that use it.
    pub(crate) rate: Option<At<RateFile>>,
}

/// A kind of HubSpot records.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "HubspotObject")]
pub(crate) enum ObjectWord {
    /// People.
    Contacts,
}

/// So many requests per so long.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Rate")]
pub(crate) struct RateFile {
    /// How many requests.
    pub(crate) requests: At<u32>,
    /// In how long, such as `10s`.
    pub(crate) per: At<Period>,
}
