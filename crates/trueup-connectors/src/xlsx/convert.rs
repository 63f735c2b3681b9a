//! From the parser's cell to ours.

use calamine::{CellErrorType, DataRef};
use compact_str::CompactString;
use jiff::{SignedDuration, ToSpan, civil};

use super::cell::{CellErrorKind, RawCell};

const DAY_MS: f64 = 86_400_000.0;
// The first whole number that an Excel cell cannot have been typed as: it keeps 15 digits.
const SIXTEEN_DIGITS: f64 = 1e15;

/// What the whole workbook says about its cells.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rules {
    /// Days are counted from 1904 (old Mac workbooks), not from 1900.
    pub(super) from_1904: bool,
    /// The longest text taken, in characters.
    pub(super) text_chars: usize,
}

/// Reads one cell; `calculated` says that it holds a formula.
pub(super) fn convert(data: &DataRef<'_>, calculated: bool, rules: Rules) -> Result<RawCell, CellErrorKind> {
    match data {
        DataRef::Empty if calculated => Err(CellErrorKind::NotCalculated),
        DataRef::Empty => Ok(RawCell::Blank),
        DataRef::String(text) => to_text(text, rules),
        DataRef::SharedString(text) => to_text(text, rules),
        DataRef::Bool(flag) => Ok(RawCell::Bool(*flag)),
        DataRef::Int(number) => Ok(RawCell::Number(number.to_string().into())),
        DataRef::Float(number) => to_number(*number),
        DataRef::DateTime(at) if at.is_duration() => to_duration(at.as_f64()),
        DataRef::DateTime(at) => to_moment(at.as_f64(), rules.from_1904),
        DataRef::DateTimeIso(text) => from_iso(text),
        DataRef::DurationIso(text) => text.parse().map(RawCell::Duration).map_err(|_| CellErrorKind::BadDate),
        DataRef::Error(error) => Err(kind_of(error)),
    }
}

fn to_text(text: &str, rules: Rules) -> Result<RawCell, CellErrorKind> {
    // Bytes first: counting characters of every cell would cost more than reading it.
    if text.len() > rules.text_chars && text.chars().count() > rules.text_chars {
        return Err(CellErrorKind::LongText);
    }
    Ok(RawCell::Text(CompactString::new(text)))
}

fn to_number(number: f64) -> Result<RawCell, CellErrorKind> {
    if !number.is_finite() {
        return Err(CellErrorKind::NotFinite);
    }
    // Excel keeps and shows 15 digits; what a formula leaves behind them is noise of the binary arithmetic:
    // `=0.7-0.2` is stored as 0.49999999999999994.
    let number: f64 = format!("{number:.14e}").parse().map_err(|_| CellErrorKind::NotFinite)?;
    if number.abs() >= SIXTEEN_DIGITS {
        return Err(CellErrorKind::LongNumber);
    }
    // Adding zero turns -0 into 0; `Display` gives the shortest text that reads back the same.
    Ok(RawCell::Number(CompactString::from((number + 0.0).to_string())))
}

fn to_duration(days: f64) -> Result<RawCell, CellErrorKind> {
    let length = SignedDuration::try_from_secs_f64((days * DAY_MS).round() / 1000.0);
    length.map(RawCell::Duration).map_err(|_| CellErrorKind::BadDate)
}

// Serials below 1 show a time of day: as a day they would be "0 January 1900".
fn to_moment(serial: f64, from_1904: bool) -> Result<RawCell, CellErrorKind> {
    if !(0.0..3_000_000.0).contains(&serial) {
        return Err(CellErrorKind::BadDate);
    }
    let ms = whole((serial * DAY_MS).round());
    let (day, in_day) = (ms.div_euclid(86_400_000), ms.rem_euclid(86_400_000));
    let time = civil::Time::midnight() + SignedDuration::from_millis(in_day);
    if day == 0 && !from_1904 || serial < 1.0 {
        return Ok(RawCell::Time(time));
    }
    let date = to_date(day, from_1904).ok_or(CellErrorKind::BadDate)?;
    Ok(if in_day == 0 { RawCell::Date(date) } else { RawCell::DateTime(date.to_datetime(time)) })
}

// 1900 was no leap year, but day 60 is its 29th of February: a fault kept for Lotus 1-2-3, so the days
// before it count from one day later.
fn to_date(day: i64, from_1904: bool) -> Option<civil::Date> {
    let epoch = match day {
        _ if from_1904 => civil::date(1904, 1, 1),
        60 => return None,
        ..60 => civil::date(1899, 12, 31),
        _ => civil::date(1899, 12, 30),
    };
    epoch.checked_add(day.days()).ok()
}

#[expect(clippy::cast_possible_truncation, reason = "the caller bounds it to 3,000,000 days of milliseconds")]
const fn whole(number: f64) -> i64 {
    number as i64
}

fn from_iso(text: &str) -> Result<RawCell, CellErrorKind> {
    if let Ok(time) = text.parse::<civil::Time>()
        && !text.contains('-')
    {
        return Ok(RawCell::Time(time));
    }
    let at: civil::DateTime = text.parse().map_err(|_| CellErrorKind::BadDate)?;
    let day_only = !text.contains([':', 'T']);
    Ok(if day_only { RawCell::Date(at.date()) } else { RawCell::DateTime(at) })
}

const fn kind_of(error: &CellErrorType) -> CellErrorKind {
    match error {
        CellErrorType::Div0 => CellErrorKind::Div0,
        CellErrorType::NA | CellErrorType::GettingData => CellErrorKind::NotAvailable,
        CellErrorType::Name => CellErrorKind::Name,
        CellErrorType::Null => CellErrorKind::Null,
        CellErrorType::Num => CellErrorKind::Num,
        CellErrorType::Ref => CellErrorKind::Ref,
        CellErrorType::Value => CellErrorKind::Value,
    }
}

#[cfg(test)]
mod tests {
    use calamine::{ExcelDateTime, ExcelDateTimeType};

    use super::*;

    const RULES: Rules = Rules { from_1904: false, text_chars: 10 };

    #[track_caller]
    fn check(data: &DataRef<'_>, expected: Result<&str, CellErrorKind>) {
        let got = convert(data, false, RULES).map(|cell| cell.to_text().unwrap());
        assert_eq!(got, expected.map(CompactString::new));
    }

    fn moment(serial: f64, from_1904: bool) -> Result<RawCell, CellErrorKind> {
        let at = ExcelDateTime::new(serial, ExcelDateTimeType::DateTime, from_1904);
        convert(&DataRef::DateTime(at), false, Rules { from_1904, ..RULES })
    }

    #[test]
    fn numbers_keep_their_shortest_spelling() {
        for (number, text) in [(5.0, "5"), (0.1, "0.1"), (-0.0, "0"), (1e-7, "0.0000001"), (970.5, "970.5")] {
            check(&DataRef::Float(number), Ok(text));
        }
        check(&DataRef::Float(999_999_999_999_999.0), Ok("999999999999999"));
        for number in [1e15, -1e15, 1e300] {
            check(&DataRef::Float(number), Err(CellErrorKind::LongNumber));
        }
        check(&DataRef::Float(f64::NAN), Err(CellErrorKind::NotFinite));
    }

    #[test]
    fn a_calculated_number_is_what_excel_shows_to_its_fifteenth_digit() {
        for (number, text) in [
            (0.7 - 0.2, "0.5"),
            (0.1 + 0.2, "0.3"),
            (1.0 - 0.9, "0.1"),
            (2.0 / 3.0, "0.666666666666667"),
            (123_456_789_012_345.0, "123456789012345"),
            (-(0.1 + 0.7) * 10.0, "-8"),
        ] {
            check(&DataRef::Float(number), Ok(text));
        }
        check(&DataRef::Float(999_999_999_999_999.9), Err(CellErrorKind::LongNumber));
    }

    #[test]
    fn texts_keep_their_spaces_and_are_capped_by_characters() {
        check(&DataRef::SharedString(" a\r\n "), Ok(" a\r\n "));
        check(&DataRef::String("ä".repeat(10)), Ok(&"ä".repeat(10)));
        check(&DataRef::String("ä".repeat(11)), Err(CellErrorKind::LongText));
    }

    #[test]
    fn serials_are_days_of_their_epoch() {
        let date = |y, m, d| Ok(RawCell::Date(civil::date(y, m, d)));
        for (serial, from_1904, expected) in [
            (1.0, false, date(1900, 1, 1)),
            (59.0, false, date(1900, 2, 28)),
            (60.0, false, Err(CellErrorKind::BadDate)),
            (61.0, false, date(1900, 3, 1)),
            (45_943.0, false, date(2025, 10, 13)),
            (44_481.0, true, date(2025, 10, 13)),
            (2_958_465.0, false, date(9999, 12, 31)),
            (2_958_466.0, false, Err(CellErrorKind::BadDate)),
            (-1.0, false, Err(CellErrorKind::BadDate)),
            (f64::NAN, false, Err(CellErrorKind::BadDate)),
        ] {
            assert_eq!(moment(serial, from_1904), expected, "{serial} {from_1904}");
        }
    }

    #[test]
    fn fractions_are_times_and_never_roll_into_the_wrong_day() {
        let at = civil::date(2025, 10, 13).at(12, 59, 2, 400_000_000);
        assert_eq!(moment(45_943.541, false), Ok(RawCell::DateTime(at)));
        assert_eq!(moment(0.5, false), Ok(RawCell::Time(civil::time(12, 0, 0, 0))));
        assert_eq!(moment(45_942.999_999_999_99, false), Ok(RawCell::Date(civil::date(2025, 10, 13))));
        let long = ExcelDateTime::new(1.25, ExcelDateTimeType::TimeDelta, false);
        let hours = Ok(RawCell::Duration(SignedDuration::from_hours(30)));
        assert_eq!(convert(&DataRef::DateTime(long), false, RULES), hours);
    }

    #[test]
    fn spelled_dates_are_read_and_misspelt_ones_are_errors() {
        for (text, expected) in [
            ("2025-10-13", Ok("2025-10-13")),
            ("2025-10-13T12:00:00", Ok("2025-10-13T12:00:00")),
            ("12:30:00", Ok("12:30:00")),
            ("2025-13-10", Err(CellErrorKind::BadDate)),
        ] {
            check(&DataRef::DateTimeIso(text.to_owned()), expected);
        }
    }

    #[test]
    fn a_formula_without_result_is_not_a_blank() {
        assert_eq!(convert(&DataRef::Empty, true, RULES), Err(CellErrorKind::NotCalculated));
        assert_eq!(convert(&DataRef::Empty, false, RULES), Ok(RawCell::Blank));
    }
}
