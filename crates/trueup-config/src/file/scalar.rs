//! Single values with a meaning of their own.

use std::{borrow::Cow, time::Duration};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, de::Error as _};

/// A length of time, such as `15m`, `60s` or `120ms`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Period(pub(crate) Duration);

const UNITS_MS: [(&str, u64); 5] =
    [("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000)];

fn period(text: &str) -> Option<Duration> {
    let digits = text.find(|c: char| !c.is_ascii_digit())?;
    let (number, unit) = text.split_at(digits);
    let (_, factor) = UNITS_MS.iter().find(|(name, _)| *name == unit.trim())?;
    number.parse::<u64>().ok()?.checked_mul(*factor).map(Duration::from_millis)
}

/// Words a length of time as it would be written in the file.
pub(crate) fn word(time: Duration) -> String {
    let ms = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    let fits = UNITS_MS.iter().rev().find(|(_, factor)| ms > 0 && ms % factor == 0);
    fits.map_or_else(|| format!("{ms}ms"), |(unit, factor)| format!("{}{unit}", ms / factor))
}

impl<'de> Deserialize<'de> for Period {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let bad = || D::Error::custom(format!("'{text}' is not a length of time such as 15m, 60s or 120ms"));
        period(&text).map(Self).ok_or_else(bad)
    }
}

impl JsonSchema for Period {
    fn schema_name() -> Cow<'static, str> {
        "Period".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": "A length of time, such as 15m, 60s or 120ms.",
            "pattern": "^[0-9]+ *(ms|s|m|h|d)$"
        })
    }
}

/// A share between 0 and 100 percent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Percent(pub(crate) f64);

impl<'de> Deserialize<'de> for Percent {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let share = f64::deserialize(deserializer)?;
        let bad = || D::Error::custom(format!("{share} is not a share between 0 and 100 percent"));
        (0.0..=100.0).contains(&share).then_some(Self(share)).ok_or_else(bad)
    }
}

impl JsonSchema for Percent {
    fn schema_name() -> Cow<'static, str> {
        "Percent".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "number", "minimum": 0, "maximum": 100 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_time_are_read_and_worded_alike() {
        for (text, ms) in
            [("15m", 900_000), ("90s", 90_000), ("120ms", 120), ("2h", 7_200_000), ("1d", 86_400_000)]
        {
            assert_eq!(period(text), Some(Duration::from_millis(ms)));
            assert_eq!(word(Duration::from_millis(ms)), text);
        }
    }

    #[test]
    fn what_is_no_length_of_time_is_refused() {
        for text in ["", "15", "m", "1.5m", "-1s", "15 minutes", "99999999999999999d"] {
            assert_eq!(period(text), None, "{text}");
        }
    }
}
