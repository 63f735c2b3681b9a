//! Calendar days.

use std::str::FromStr;

use jiff::{Timestamp, civil};

use super::{BadText, clean::clean};

const WHAT: &str = "a date";

// The longest date with a time of day, nanoseconds and offset has 35 bytes.
const MAX_BYTES: usize = 64;

/// Reads a calendar day: `2026-11-21`, `11/21/2026` (month first, as in the United States), or an
/// ISO 8601 date with a time of day, whose day is taken as written, in whatever zone.
///
/// # Errors
/// For every other form, above all those that can be read in two ways: two-digit years, days first,
/// names of months, bare digits (which spreadsheets use as serial numbers).
pub fn normalise(text: &str) -> Result<civil::Date, BadText> {
    if text.trim().len() > MAX_BYTES {
        return Err(bad("it is too long"));
    }
    let text = clean(text);
    match text.split_once(['T', 't', ' ']) {
        Some((day, time)) if has_time(day, time) => iso(day),
        Some(_) => Err(bad("what follows the day is no ISO 8601 time of day")),
        None if text.contains('/') => month_first(&text),
        None => iso(&text),
    }
}

fn iso(day: &str) -> Result<civil::Date, BadText> {
    let parts = numbers(day, '-', [4..=4, 2..=2, 2..=2]);
    let [year, month, day] = parts.ok_or(bad("it is neither yyyy-mm-dd nor m/d/yyyy"))?;
    exists(year, month, day)
}

fn month_first(day: &str) -> Result<civil::Date, BadText> {
    let parts = numbers(day, '/', [1..=2, 1..=2, 4..=4]);
    let [month, day, year] =
        parts.ok_or(bad("with slashes it must be m/d/yyyy with a year of four digits"))?;
    exists(year, month, day)
}

fn has_time(day: &str, time: &str) -> bool {
    let text = format!("{day}T{time}");
    civil::DateTime::from_str(&text).is_ok() || Timestamp::from_str(&text).is_ok()
}

fn numbers(text: &str, separator: char, widths: [std::ops::RangeInclusive<usize>; 3]) -> Option<[i16; 3]> {
    let mut parts = text.split(separator);
    let mut found = [0; 3];
    for (slot, width) in found.iter_mut().zip(widths) {
        let part = parts.next()?;
        let digits = width.contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
        *slot = digits.then(|| part.parse().ok()).flatten()?;
    }
    parts.next().is_none().then_some(found)
}

fn exists(year: i16, month: i16, day: i16) -> Result<civil::Date, BadText> {
    let date = i8::try_from(month).ok().zip(i8::try_from(day).ok());
    date.and_then(|(month, day)| civil::Date::new(year, month, day).ok())
        .ok_or(bad("the calendar has no such day"))
}

const fn bad(why: &'static str) -> BadText {
    BadText::new(WHAT, why)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(raw: &str, want: &str) {
        assert_eq!(normalise(raw).map(|date| date.to_string()).as_deref(), Ok(want), "{raw}");
        assert_eq!(normalise(want), normalise(raw));
    }

    #[track_caller]
    fn refused(raw: &str, why: &str) {
        let shown = normalise(raw).unwrap_err().why;
        assert!(shown.contains(why), "{raw}: {shown}");
    }

    #[test]
    fn iso_and_american_days_are_read() {
        check("2026-11-21", "2026-11-21");
        check(" 11/21/2026\u{a0}", "2026-11-21");
        check("1/2/2026", "2026-01-02");
        check("01/02/2026", "2026-01-02");
        check("2/29/2024", "2024-02-29");
    }

    #[test]
    fn a_time_of_day_is_left_out_and_the_day_is_taken_as_written() {
        for time in ["T10:00", " 10:00:00", "T23:59:59.123", "T00:30:00Z", "T23:30:00-07:00"] {
            check(&format!("2026-11-21{time}"), "2026-11-21");
        }
    }

    #[test]
    fn a_text_is_read_up_to_its_longest_length() {
        let hidden = |count: usize| format!("2026-11-21{}", "\u{200b}".repeat(count));
        assert_eq!(hidden(18).len(), MAX_BYTES);
        assert!(normalise(&hidden(18)).is_ok());
        refused(&hidden(19), "too long");
    }

    #[test]
    fn what_can_be_read_in_two_ways_is_refused() {
        refused("11/21/26", "four digits");
        refused("2026/11/21", "four digits");
        refused("21.11.2026", "neither");
        refused("20261121", "neither");
        refused("45982", "neither");
        refused("2026-1-5", "neither");
        refused("Nov 21, 2026", "time of day");
        refused("2026-11-21 morning", "time of day");
        refused("2026-11-21T25:00", "time of day");
    }

    #[test]
    fn days_that_do_not_exist_are_refused() {
        refused("21/11/2026", "no such day");
        refused("2026-02-29", "no such day");
        refused("0/0/2026", "no such day");
        refused("", "neither");
        refused(&"1".repeat(1 << 20), "too long");
    }
}
