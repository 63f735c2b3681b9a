//! What a connection to HubSpot is made of.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    str::FromStr,
    time::Duration,
};

use secrecy::{ExposeSecret, SecretString};
use thiserror::Error;
use trueup_core::{card::Rate, name::SystemName};
use trueup_ports::wire::{BaseUrl, Policy};

/// The budget of ordinary requests.
pub(super) const BURST: &str = "burst";
/// The budget of searches, which has no rate headers and is shared by all apps of the account.
pub(super) const SEARCH: &str = "search";

/// A connection to one HubSpot account for one kind of object.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The system, as the configuration calls it.
    pub system: SystemName,
    /// Where the API lives; `https://api.hubapi.com` unless it is a sandbox.
    pub base: BaseUrl,
    /// A private-app token or a service key.
    pub token: SecretString,
    /// Which paths are used.
    pub version: ApiVersion,
    /// Which objects are read and written.
    pub object: &'static ObjectType,
    /// The owner whose records are in scope; checked by [`inspect`](trueup_ports::Source::inspect).
    pub owner: Option<String>,
    /// The unique property that carries our external id, if there is one.
    pub ext_id_column: Option<String>,
    /// The account's budgets.
    pub limits: Limits,
    /// When requests are repeated.
    pub policy: Policy,
    /// The longest time after which a sent request can still take effect.
    pub max_in_flight: Duration,
    /// The longest time by which search may lag behind.
    pub max_index_lag: Duration,
}

/// The account's budgets of requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Requests in a window: 100 in a free or starter account, 190 above (facts 6).
    pub burst: u32,
    /// The window of the burst; HubSpot's own is ten seconds.
    pub window: Duration,
    /// Searches in a second.
    pub search: u32,
}

/// One kind of object, as data: what differs between contacts and the others.
#[derive(Debug, PartialEq, Eq)]
pub struct ObjectType {
    /// Its name in paths.
    pub name: &'static str,
    /// Its name for people, singular.
    pub label: &'static str,
    /// Columns whose values HubSpot keeps unique over all records: what a conflict is about.
    pub identities: &'static [&'static str],
    /// The identity column that has secondary values, and the column that lists them.
    pub secondary: Option<(&'static str, &'static str)>,
}

/// Contacts. An address is unique over the primary and the additional ones of all contacts (trap 22).
pub static CONTACTS: ObjectType = ObjectType {
    name: "contacts",
    label: "contact",
    identities: &["email", "hs_additional_emails"],
    secondary: Some(("email", "hs_additional_emails")),
};

/// Which of HubSpot's two path families is used: `v3`, or a dated release such as `2026-03`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiVersion(String);

/// A version that no path has.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("api version {0:?} is not known; write v3 or a dated release such as 2026-03")]
pub struct BadVersion(String);

impl Settings {
    /// A connection with HubSpot's published defaults.
    #[must_use]
    pub fn new(system: SystemName, base: BaseUrl, token: SecretString) -> Self {
        Self {
            system,
            base,
            token,
            version: ApiVersion::default(),
            object: &CONTACTS,
            owner: None,
            ext_id_column: None,
            limits: Limits::default(),
            policy: Policy::default(),
            max_in_flight: Duration::from_mins(2),
            max_index_lag: Duration::from_mins(1),
        }
    }

    /// The budgets, the one for ordinary requests first.
    pub(super) fn rates(&self) -> Vec<Rate> {
        let rate = |bucket: &str, requests, window| Rate { bucket: bucket.into(), requests, window };
        let limits = &self.limits;
        vec![rate(BURST, limits.burst, limits.window), rate(SEARCH, limits.search, Duration::from_secs(1))]
    }

    /// What the budgets are shared by: the credential at this address. Stays in the process.
    pub(super) fn account(&self) -> String {
        let mut hasher = DefaultHasher::new();
        self.token.expose_secret().hash(&mut hasher);
        format!("hubspot {} {:016x}", self.base.as_str(), hasher.finish())
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self { burst: 100, window: Duration::from_secs(10), search: 5 }
    }
}

impl Default for ApiVersion {
    fn default() -> Self {
        Self("2026-03".into())
    }
}

impl FromStr for ApiVersion {
    type Err = BadVersion;

    fn from_str(text: &str) -> Result<Self, BadVersion> {
        let digits =
            |part: &str, count: usize| part.len() == count && part.bytes().all(|b| b.is_ascii_digit());
        let dated = text.split_once('-').is_some_and(|(year, month)| digits(year, 4) && digits(month, 2));
        if text == "v3" || dated { Ok(Self(text.to_owned())) } else { Err(BadVersion(text.to_owned())) }
    }
}

impl ApiVersion {
    /// Its part of a path.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the version stands behind the product in a path, not before it.
    pub(super) fn is_dated(&self) -> bool {
        self.0 != "v3"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_v3_or_a_month() {
        for good in ["v3", "2026-03", "2027-09"] {
            assert_eq!(good.parse::<ApiVersion>().unwrap().as_str(), good);
        }
        for bad in ["", "v4", "2026", "2026-3", "26-03", "2026-03/..", "20२6-03"] {
            assert!(bad.parse::<ApiVersion>().is_err(), "{bad}");
        }
    }

    #[test]
    fn the_budget_is_kept_in_the_window_it_was_given_for() {
        let base = BaseUrl::parse("https://api.hubapi.com").unwrap();
        let mut settings = Settings::new("portal".into(), base, SecretString::from("x"));
        settings.limits = Limits { burst: 5, window: Duration::from_mins(1), ..settings.limits };
        let rates = settings.rates();
        assert_eq!((rates[0].requests, rates[0].window), (5, Duration::from_mins(1)));
    }

    #[test]
    fn debug_output_of_settings_holds_no_token() {
        let base = BaseUrl::parse("https://api.hubapi.com").unwrap();
        let settings = Settings::new("portal".into(), base, SecretString::from("pat-na1-canary"));
        assert!(!format!("{settings:?} {}", settings.account()).contains("canary"));
    }
}
