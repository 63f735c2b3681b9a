//! Phone numbers.

use std::{cell::RefCell, collections::BTreeMap, fmt, str::FromStr};

use compact_str::{CompactString, format_compact};
use rlibphonenumber::{
    NumberLengthType, PHONE_NUMBER_UTIL, ParseError, PhoneNumber, PhoneNumberFormat, ValidationError,
    get_national_significant_number_owned,
};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{BadText, clean::bare};

const WHAT: &str = "a phone number";

// What libphonenumber itself accepts at most.
const MAX_BYTES: usize = 250;

/// The country in which numbers without a country code are read, such as `US`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Region(rlibphonenumber::Region);

impl Region {
    /// The United States.
    pub const US: Self = Self(rlibphonenumber::Region::US);
}

impl FromStr for Region {
    type Err = BadText;

    fn from_str(code: &str) -> Result<Self, BadText> {
        let region = rlibphonenumber::Region::from_str(code).ok();
        region
            .filter(|region| PHONE_NUMBER_UTIL.get_country_code_for_region(*region).is_some())
            .map(Self)
            .ok_or(BadText::new("a region", "it is no ISO 3166 code of two letters, such as US"))
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.0.as_region_str().as_str())
    }
}

impl Serialize for Region {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Region {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let code = CompactString::deserialize(deserializer)?;
        code.parse().map_err(serde::de::Error::custom)
    }
}

/// Brings a phone number into E.164, such as `+19705550100`; an extension follows as `;ext=12`.
///
/// The number must have a possible length for its country; it need not be in the number plan as this
/// build knows it, since plans grow and a real phone must never be called garbage.
///
/// # Errors
/// When the text is anything but one phone number, or says more than the number.
pub fn normalise(text: &str, region: Region) -> Result<CompactString, BadText> {
    let text = text.trim();
    if text.len() > MAX_BYTES {
        return Err(bad("it is too long"));
    }
    let text = bare(text);
    if !starts_as_number(&text) {
        return Err(bad("it does not start with a number"));
    }
    REMEMBERED.with_borrow_mut(|remembered| remembered.read(text, region))
}

fn parse(text: &str, region: Region) -> Result<CompactString, BadText> {
    let number = PHONE_NUMBER_UTIL.parse(text, Some(region.0)).map_err(|error| bad(unparsed(&error)))?;
    match PHONE_NUMBER_UTIL.is_possible_number_with_reason(&number) {
        Ok(NumberLengthType::IsPossible) if digits(text) < digits(&national(&number)) => {
            Err(bad("it holds letters in place of digits"))
        }
        Ok(NumberLengthType::IsPossible) => Ok(spell(&number)),
        Ok(NumberLengthType::IsPossibleLocalOnly) => Err(bad("it lacks the area code")),
        Err(error) => Err(bad(impossible(error))),
    }
}

/// How many numbers are remembered at most.
const MOST: usize = 4_096;

thread_local! {
    /// What was read lately: every cycle reads the same numbers again, and to read one takes microseconds.
    static REMEMBERED: RefCell<Remembered> = const { RefCell::new(Remembered(BTreeMap::new())) };
}

/// What each text was read as last, and in which region.
struct Remembered(BTreeMap<CompactString, (Region, Result<CompactString, BadText>)>);

impl Remembered {
    fn read(&mut self, text: CompactString, region: Region) -> Result<CompactString, BadText> {
        if let Some((_, number)) = self.0.get(&text).filter(|(then, _)| *then == region) {
            return number.clone();
        }
        if self.0.len() >= MOST {
            self.0.clear();
        }
        let number = parse(&text, region);
        self.0.insert(text, (region, number.clone()));
        number
    }
}

// libphonenumber skips whatever stands before the first digit; a label such as "home" would be lost.
fn starts_as_number(text: &str) -> bool {
    let number = text.strip_prefix("tel:").unwrap_or(text);
    number.starts_with(|c: char| c.is_numeric() || matches!(c, '+' | '\u{ff0b}' | '(' | '\u{ff08}'))
}

// libphonenumber reads letters as the keys they stand on, and so would make a number of `970 call joe`.
fn national(number: &PhoneNumber) -> String {
    get_national_significant_number_owned(number) + number.extension.as_deref().unwrap_or_default()
}

fn digits(text: &str) -> usize {
    text.chars().filter(|c| c.is_numeric()).count()
}

fn spell(number: &PhoneNumber) -> CompactString {
    let digits = PHONE_NUMBER_UTIL.format(number, PhoneNumberFormat::E164);
    match number.extension.as_deref() {
        None | Some("") => CompactString::new(digits),
        Some(extension) => format_compact!("{digits};ext={extension}"),
    }
}

const fn bad(why: &'static str) -> BadText {
    BadText::new(WHAT, why)
}

const fn unparsed(error: &ParseError) -> &'static str {
    match error {
        ParseError::InvalidCountryCode => "its country code does not exist",
        ParseError::NotANumber(_) => "it holds more or less than one number",
        ParseError::TooShortAfterIdd | ParseError::TooShortNsn => "it has too few digits",
        ParseError::TooLongNsn => "it has too many digits",
    }
}

const fn impossible(error: ValidationError) -> &'static str {
    match error {
        ValidationError::InvalidCountryCode => "its country code does not exist",
        ValidationError::TooShort => "it has too few digits",
        ValidationError::InvalidLength => "its country has no numbers of this length",
        ValidationError::TooLong => "it has too many digits",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(raw: &str, want: &str) {
        assert_eq!(normalise(raw, Region::US).as_deref(), Ok(want), "{raw}");
        assert_eq!(normalise(want, Region::US).as_deref(), Ok(want));
    }

    #[track_caller]
    fn refused(raw: &str, why: &str) {
        assert_eq!(normalise(raw, Region::US).unwrap_err().why, why, "{raw}");
    }

    #[test]
    fn spellings_of_one_number_come_together() {
        for raw in [
            "970-555-0100",
            "(970) 555-0100",
            " 970.555.0100\u{a0}",
            "+1 970 555 0100",
            "1-970-555-0100",
            "tel:+1-970-555-0100",
            "011 1 970 555 0100",
            "970\u{2011}555\u{2011}0100",
            "\u{202a}+1 970 555 0100\u{202c}",
            "\u{ff0b}\u{ff11} 970 555 0100",
        ] {
            check(raw, "+19705550100");
        }
    }

    #[test]
    fn other_countries_need_their_code_or_their_region() {
        check("+44 20 7946 0958", "+442079460958");
        check("+39 06 698 82 4425", "+3906698824425");
        let gb = "GB".parse().unwrap();
        assert_eq!(normalise("020 7946 0958", gb).as_deref(), Ok("+442079460958"));
    }

    #[test]
    fn an_extension_is_kept() {
        check("970-555-0100 x12", "+19705550100;ext=12");
        check("970-555-0100 ext. 12", "+19705550100;ext=12");
        check("+19705550100;ext=0012", "+19705550100;ext=0012");
    }

    #[test]
    fn a_number_newer_than_the_number_plan_is_still_a_number() {
        check("+1 555 010 0199", "+15550100199");
    }

    #[test]
    fn what_was_read_in_one_region_is_read_anew_in_another() {
        let gb = "GB".parse().unwrap();
        for _ in 0..2 {
            assert_eq!(normalise("020 7946 0958", gb).as_deref(), Ok("+442079460958"));
            assert!(normalise("020 7946 0958", Region::US).is_err());
        }
    }

    #[test]
    fn a_text_is_read_up_to_its_longest_length() {
        let hidden = |count: usize| format!("970-555-0100{}", "\u{ad}".repeat(count));
        assert_eq!(hidden(119).len(), MAX_BYTES);
        assert!(normalise(&hidden(119), Region::US).is_ok());
        refused(&hidden(120), "it is too long");
    }

    #[test]
    fn what_was_read_is_remembered_and_never_more_than_there_is_room_for() {
        let mut remembered = Remembered(BTreeMap::new());
        let mut read = |at: usize| {
            assert!(remembered.read(format_compact!("{at}x"), Region::US).is_err());
            remembered.0.len()
        };
        assert_eq!([read(0), read(0), read(1)], [1, 1, 2]);
        assert_eq!((2..MOST).map(&mut read).max(), Some(MOST));
        assert_eq!([read(MOST), read(MOST + 1)], [1, 2]);
    }

    #[test]
    fn what_is_no_single_number_is_refused_with_its_reason() {
        refused("", "it does not start with a number");
        refused("call me", "it does not start with a number");
        refused("home 970-555-0100", "it does not start with a number");
        refused("970-555-0100 after five", "it has too many digits");
        refused("970 call joe", "it holds letters in place of digits");
        refused("1-800-FLOWERS", "it holds letters in place of digits");
        refused("970-555-0100; 970-555-0101", "it holds more or less than one number");
        refused("970-555-0100, 970-555-0101", "it holds more or less than one number");
        refused("970-555-0100 / 970-555-0101", "it has too many digits");
        refused("970-555-0100 970-555-0101", "it has too many digits");
        refused("555-0100", "it lacks the area code");
        refused("97", "it has too few digits");
        refused("970-555-01001", "it has too many digits");
        refused("+999 555 0100", "its country code does not exist");
        refused(&"9".repeat(1 << 20), "it is too long");
    }

    #[test]
    fn regions_are_two_letters_that_have_a_number_plan() {
        assert_eq!("US".parse(), Ok(Region::US));
        assert_eq!(Region::US.to_string(), "US");
        assert_eq!(serde_json::to_string(&Region::US).unwrap(), "\"US\"");
        assert_eq!(serde_json::from_str::<Region>("\"US\"").unwrap(), Region::US);
        for code in ["", "U", "USA", "QX", "001", "\u{e9}\u{e9}"] {
            assert!(code.parse::<Region>().is_err(), "{code}");
        }
    }
}
