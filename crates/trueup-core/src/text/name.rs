//! Names of people and places.

use compact_str::CompactString;
use unicode_normalization::UnicodeNormalization;

use super::clean::{bare, clean};

/// Cleans a name and folds each run of white space into one space; case stays.
#[must_use]
pub fn normalise(text: &str) -> CompactString {
    single_spaced(&clean(text))
}

/// The form in which two spellings of a name are compared: no case, no joiners, single spaces.
///
/// Not for writing. Upper-casing in between makes `Straße` and `STRASSE`, final and inner sigma, the same; the capital
/// `ẞ`, which is no upper case of anything, needs lower-casing before.
#[must_use]
pub fn fold(text: &str) -> CompactString {
    let text = bare(text);
    let raised = text.chars().flat_map(char::to_lowercase).flat_map(char::to_uppercase);
    let folded: CompactString = raised.flat_map(char::to_lowercase).nfc().collect();
    single_spaced(&folded)
}

fn single_spaced(text: &str) -> CompactString {
    let mut out = CompactString::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(raw: &str, name: &str, folded: &str) {
        assert_eq!(normalise(raw), name);
        assert_eq!(fold(raw), folded);
    }

    #[test]
    fn white_space_is_folded_and_case_is_kept() {
        check("  Ada \u{a0}\n Lovelace ", "Ada Lovelace", "ada lovelace");
        check("Mary-Ann O\u{2019}Neil", "Mary-Ann O\u{2019}Neil", "mary-ann o\u{2019}neil");
        check("", "", "");
    }

    #[test]
    fn folding_makes_spellings_equal() {
        for (a, b) in [
            ("GRACE HOPPER", "Grace  hopper"),
            ("Stra\u{df}e", "STRASSE"),
            ("STRA\u{1e9e}E", "STRASSE"),
            ("Rene\u{301}", "REN\u{c9}"),
            ("A\u{200d}da", "ada"),
            ("\u{3a3}\u{391}\u{3a3}", "\u{3c3}\u{3b1}\u{3c2}"),
        ] {
            assert_eq!(fold(a), fold(b), "{a} {b}");
        }
        assert_ne!(fold("Ren\u{e9}"), fold("Rene"));
    }
}
