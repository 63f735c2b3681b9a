//! The systems.

use std::{collections::BTreeMap, time::Duration};

use trueup_core::name::SystemName;

use super::Builder;
use crate::{
    config::{HubspotConfig, HubspotObject, Rate, SystemConfig, XlsxConfig},
    diagnostic::Code,
    endpoint::Endpoint,
    file::{HubspotFile, ObjectWord, RateFile, SystemFile, XlsxFile},
    report::Fault,
    version::HubspotVersion,
    yaml::{At, Entries},
};

const HUBSPOT_URL: &str = "https://api.hubapi.com";

/// The systems by name, in the order of the file; one that could not be read is known by name only,
/// so that it is not reported as unknown where it is used.
pub(super) struct Systems(Vec<(SystemName, Option<SystemConfig>)>);

impl Systems {
    pub(super) fn names(&self) -> impl Iterator<Item = &str> + Clone {
        self.0.iter().map(|(name, _)| name.as_str())
    }

    pub(super) fn contains(&self, name: &str) -> bool {
        self.names().any(|known| known == name)
    }

    pub(super) fn get(&self, name: &str) -> Option<&SystemConfig> {
        self.0.iter().find(|(known, _)| known.as_str() == name).and_then(|(_, system)| system.as_ref())
    }

    pub(super) fn ready(self) -> BTreeMap<SystemName, SystemConfig> {
        self.0.into_iter().filter_map(|(name, system)| Some((name, system?))).collect()
    }
}

impl Builder<'_> {
    pub(super) fn systems(self, file: &At<Entries<SystemFile>>) -> Option<Systems> {
        let built = file.get()?.iter().map(|(name, system)| {
            self.visible(name);
            let name = SystemName::new(name.text());
            let system = system.get().and_then(|system| self.system(system));
            (name, system)
        });
        Some(Systems(built.collect()))
    }

    fn system(self, file: &SystemFile) -> Option<SystemConfig> {
        match file {
            SystemFile::Xlsx(file) => self.xlsx(file).map(SystemConfig::Xlsx),
            SystemFile::Hubspot(file) => self.hubspot(file).map(SystemConfig::Hubspot),
        }
    }

    fn xlsx(self, file: &XlsxFile) -> Option<XlsxConfig> {
        let path = self.filled(&file.path, "the path");
        let sheet = self.filled(&file.sheet, "the sheet");
        let key = self.filled(&file.key, "the key column");
        let header_row = file.header_row.as_ref().map_or(Some(1), |row| self.counted(row, "the header row"));
        Some(XlsxConfig { path: self.base.join(path?), sheet: sheet?, key: key?, header_row: header_row? })
    }

    fn hubspot(self, file: &HubspotFile) -> Option<HubspotConfig> {
        let token = self.secret(&file.token, "HUBSPOT_TOKEN");
        let url = match &file.url {
            Some(url) => self.endpoint(url),
            None => Endpoint::parse(HUBSPOT_URL).ok(),
        };
        let version =
            file.version.as_ref().map_or(Some(HubspotVersion::default()), |version| version.get().copied());
        let object = file.object.as_ref().map_or(Some(ObjectWord::Contacts), |object| object.get().copied());
        let rate = file.rate.as_ref().map(|rate| self.rate(rate));
        Some(HubspotConfig {
            token: token?,
            url: url?,
            version: version?,
            object: match object? {
                ObjectWord::Contacts => HubspotObject::Contacts,
            },
            rate: rate.flatten(),
        })
    }

    fn rate(self, file: &At<RateFile>) -> Option<Rate> {
        let file = file.get()?;
        let requests = self.counted(&file.requests, "the number of requests");
        let per = file.per.get()?.0;
        if per == Duration::ZERO {
            return self.fail(
                file.per.span,
                Fault::new(Code::BadValue, "the time is zero").help("write `per: 10s`"),
            );
        }
        Some(Rate { requests: requests?, per })
    }

    fn counted(self, number: &At<u32>, what: &str) -> Option<u32> {
        let value = *number.get()?;
        let zero =
            || Fault::new(Code::BadValue, format!("{what} must be at least 1")).help("write 1 or more");
        if value == 0 { self.fail(number.span, zero()) } else { Some(value) }
    }
}
