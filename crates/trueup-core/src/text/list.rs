//! Ledgers: lists of entries in one text, the first of which is primary.

use std::collections::BTreeSet;

use compact_str::CompactString;

use super::clean::clean;

/// Splits a ledger at `;`, `,`, `|` and line breaks into its cleaned entries.
///
/// Their order is kept, since the first is primary; empty ones and exact repetitions are dropped.
#[must_use]
pub fn split(text: &str) -> Vec<CompactString> {
    // Cleaned before it is split: the Greek question mark composes into a semicolon.
    let text = clean(text);
    let mut seen = BTreeSet::new();
    text.split(parts_at).map(clean).filter(|entry| !entry.is_empty() && seen.insert(entry.clone())).collect()
}

/// Whether [`split`] parts entries at this character.
#[must_use]
pub const fn parts_at(c: char) -> bool {
    matches!(c, ';' | ',' | '|' | '\n' | '\r')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(raw: &str, want: &[&str]) {
        assert_eq!(split(raw), want, "{raw:?}");
        assert_eq!(split(&want.join(";")), want);
    }

    #[test]
    fn every_delimiter_parts_entries_and_their_order_stays() {
        check(
            "b@x.org; a@x.org ,c@x.org|d@x.org\r\ne@x.org",
            &["b@x.org", "a@x.org", "c@x.org", "d@x.org", "e@x.org"],
        );
    }

    #[test]
    fn empty_entries_and_repetitions_go_and_the_first_stays() {
        check(";; a ;b;; a;\u{200b};", &["a", "b"]);
        check("a\u{37e}b", &["a", "b"]);
        check("", &[]);
        check(" \n ; ", &[]);
    }

    #[test]
    fn case_parts_entries_since_only_their_kind_knows_better() {
        check("A@x.org;a@x.org", &["A@x.org", "a@x.org"]);
    }
}
