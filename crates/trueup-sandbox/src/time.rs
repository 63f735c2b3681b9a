//! Milliseconds since 1970 in UTC, and how HubSpot writes them.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// Length of a day in milliseconds.
pub(crate) const DAY_MS: i64 = 86_400_000;

/// Writes an instant as HubSpot does: `2025-11-04T03:44:52.657Z`.
pub(crate) fn iso(at_ms: i64) -> String {
    let instant = Timestamp::from_millisecond(at_ms).unwrap_or(Timestamp::UNIX_EPOCH);
    format!("{instant:.3}")
}

/// Writes the UTC day of an instant: `2020-02-29`.
pub(crate) fn iso_day(at_ms: i64) -> String {
    let instant = Timestamp::from_millisecond(at_ms).unwrap_or(Timestamp::UNIX_EPOCH);
    instant.strftime("%Y-%m-%d").to_string()
}

/// Writes an instant as a header of HTTP does: `Sun, 06 Nov 1994 08:49:37 GMT`.
pub(crate) fn http_date(at_ms: i64) -> String {
    let instant = Timestamp::from_millisecond(at_ms).unwrap_or(Timestamp::UNIX_EPOCH);
    instant.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

/// Reads what HubSpot accepts as an instant: an ISO date and time with offset, a day (its midnight in UTC), or
/// milliseconds as text.
pub(crate) fn parse(text: &str) -> Option<i64> {
    if let Ok(at_ms) = text.parse::<i64>() {
        return Some(at_ms);
    }
    if let Ok(instant) = text.parse::<Timestamp>() {
        return Some(instant.as_millisecond());
    }
    let midnight = text.parse::<Date>().ok()?.to_zoned(TimeZone::UTC).ok()?;
    (text.len() == 10).then(|| midnight.timestamp().as_millisecond())
}

/// Serialises an instant as ISO text and reads it back from ISO text or a number of milliseconds.
pub(crate) mod instant {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Given {
        Millis(i64),
        Text(String),
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
    pub(crate) fn serialize<S: Serializer>(at_ms: &i64, out: S) -> Result<S::Ok, S::Error> {
        out.serialize_str(&super::iso(*at_ms))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(input: D) -> Result<i64, D::Error> {
        read(Given::deserialize(input)?)
    }

    fn read<E: Error>(given: Given) -> Result<i64, E> {
        match given {
            Given::Millis(at_ms) => Ok(at_ms),
            Given::Text(text) => super::parse(&text)
                .ok_or_else(|| E::custom(format!("`{text}` is not a time; write 2026-03-01T09:00:00.000Z"))),
        }
    }

    /// The same for an instant that may be missing.
    pub(crate) mod option {
        use serde::{Deserialize, Deserializer, Serializer};

        #[expect(clippy::ref_option, reason = "serde passes a reference")]
        pub(crate) fn serialize<S: Serializer>(at_ms: &Option<i64>, out: S) -> Result<S::Ok, S::Error> {
            match at_ms {
                Some(at_ms) => super::serialize(at_ms, out),
                None => out.serialize_none(),
            }
        }

        pub(crate) fn deserialize<'de, D: Deserializer<'de>>(input: D) -> Result<Option<i64>, D::Error> {
            Option::<super::Given>::deserialize(input)?.map(super::read).transpose()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Option<&str>) {
        assert_eq!(parse(text).map(iso).as_deref(), expected, "{text}");
    }

    #[test]
    fn instants_are_read_from_iso_days_and_milliseconds() {
        check("2025-11-04T03:44:52.657Z", Some("2025-11-04T03:44:52.657Z"));
        check("2025-11-04T03:44:52Z", Some("2025-11-04T03:44:52.000Z"));
        check("2025-11-04T03:44:52+01:00", Some("2025-11-04T02:44:52.000Z"));
        check("2020-02-29", Some("2020-02-29T00:00:00.000Z"));
        check("1582934400000", Some("2020-02-29T00:00:00.000Z"));
        check("29.02.2020", None);
        check("", None);
    }

    #[test]
    fn a_day_is_written_in_utc() {
        assert_eq!(iso_day(1_582_934_400_000), "2020-02-29");
    }
}
