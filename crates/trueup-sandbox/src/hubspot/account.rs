//! The account: which portal this is, and who may use it.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::time::DAY_MS;

/// What `GET /account-info/{v}/details` reports; a client pins itself to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Account {
    /// The portal's number.
    pub portal_id: u64,
    /// Name of the time zone; daily limits end at its midnight.
    pub time_zone: String,
    /// Minutes that the time zone is ahead of UTC.
    pub utc_offset_minutes: i32,
    /// Host of the user interface.
    pub ui_domain: String,
    /// Where the data lie: `na1`, `eu1`.
    pub data_hosting_location: String,
}

impl Default for Account {
    fn default() -> Self {
        Self {
            portal_id: 44_237_313,
            time_zone: "UTC".into(),
            utc_offset_minutes: 0,
            ui_domain: "app.hubspot.com".into(),
            data_hosting_location: "na1".into(),
        }
    }
}

const MINUTE_MS: i64 = 60_000;

impl Account {
    /// The number of the account's day that holds this instant.
    pub(crate) fn day(&self, at_ms: i64) -> i64 {
        (at_ms + i64::from(self.utc_offset_minutes) * MINUTE_MS).div_euclid(DAY_MS)
    }

    pub(crate) fn render(&self) -> Value {
        let minutes = self.utc_offset_minutes;
        let sign = if minutes < 0 { '-' } else { '+' };
        let offset = format!("{sign}{:02}:{:02}", minutes.abs() / 60, minutes.abs() % 60);
        json!({
            "portalId": self.portal_id, "accountType": "STANDARD", "timeZone": self.time_zone,
            "companyCurrency": "USD", "additionalCurrencies": [], "utcOffset": offset,
            "utcOffsetMilliseconds": i64::from(minutes) * MINUTE_MS, "uiDomain": self.ui_domain,
            "dataHostingLocation": self.data_hosting_location,
        })
    }
}
