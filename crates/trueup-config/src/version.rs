//! A version of the HubSpot API, read once.

use std::{borrow::Cow, fmt};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, de::Error as _};

/// A version of the HubSpot API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HubspotVersion {
    /// The last numbered version.
    V3,
    /// A dated version, such as that of March 2026.
    Dated {
        /// The year, of four digits.
        year: u16,
        /// The month, from 1 to 12.
        month: u8,
    },
}

/// A text that is no version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct NoVersion;

impl fmt::Display for NoVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a version is `v3`, or a year and a month such as `2026-03`")
    }
}

impl Default for HubspotVersion {
    fn default() -> Self {
        Self::Dated { year: 2026, month: 3 }
    }
}

impl HubspotVersion {
    fn read(text: &str) -> Result<Self, NoVersion> {
        if text == "v3" {
            return Ok(Self::V3);
        }
        let (year, month) = text.split_once('-').ok_or(NoVersion)?;
        let digits = |part: &str, count| part.len() == count && part.bytes().all(|b| b.is_ascii_digit());
        if !digits(year, 4) || !digits(month, 2) {
            return Err(NoVersion);
        }
        let (year, month) = (year.parse().map_err(|_| NoVersion)?, month.parse().map_err(|_| NoVersion)?);
        if (1..=12).contains(&month) { Ok(Self::Dated { year, month }) } else { Err(NoVersion) }
    }
}

impl fmt::Display for HubspotVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::V3 => f.write_str("v3"),
            Self::Dated { year, month } => write!(f, "{year:04}-{month:02}"),
        }
    }
}

impl<'de> Deserialize<'de> for HubspotVersion {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::read(&String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

impl JsonSchema for HubspotVersion {
    fn schema_name() -> Cow<'static, str> {
        "HubspotVersion".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": "`v3`, or a year and a month such as `2026-03`.",
            "pattern": "^(v3|[0-9]{4}-(0[1-9]|1[0-2]))$"
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_v3_or_a_month_and_reads_back_as_it_is_shown() {
        for good in ["v3", "2026-03", "2026-09", "2031-12"] {
            assert_eq!(HubspotVersion::read(good).unwrap().to_string(), good);
        }
        assert_eq!(HubspotVersion::default().to_string(), "2026-03");
        for bad in ["", "v4", "2026", "2026-3", "26-03", "2026-00", "2026-13", "2026-03/..", "+026-03"] {
            assert_eq!(HubspotVersion::read(bad), Err(NoVersion), "{bad}");
        }
    }
}
