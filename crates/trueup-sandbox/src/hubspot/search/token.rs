//! `CONTAINS_TOKEN`: words of a value, with `*` as wildcard.

use super::super::settings::{SearchWildcards, SearchWords};

/// How a portal understands `CONTAINS_TOKEN`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rules {
    pub(super) words: SearchWords,
    pub(super) wildcards: SearchWildcards,
}

/// Whether every word of the pattern is a token of the value. Both are compared in lower case.
pub(super) fn contains(value: &str, pattern: &str, rules: Rules) -> bool {
    let value = value.to_lowercase();
    let known = |word: &str| rules.wildcards == SearchWildcards::Anywhere || !word.starts_with('*');
    pattern
        .split_whitespace()
        .all(|word| known(word) && tokens(&value, rules.words).any(|token| fits(token, word)))
}

/// The words of a value.
fn tokens(value: &str, words: SearchWords) -> impl Iterator<Item = &str> {
    let (spaces, punctuation) = match words {
        SearchWords::Both => (true, true),
        SearchWords::AtSpaces => (true, false),
        SearchWords::AtPunctuation => (false, true),
    };
    let parts = value.split(|c: char| c.is_whitespace() || c == ';').filter(move |_| spaces);
    let runs = value.split(|c: char| !c.is_alphanumeric()).filter(move |_| punctuation);
    let whole = spaces.then_some(value).into_iter();
    whole.chain(parts).chain(runs).filter(|token| !token.is_empty())
}

/// Whether a pattern with `*` covers the whole token.
fn fits(token: &str, pattern: &str) -> bool {
    let Some((head, rest)) = pattern.split_once('*') else { return token == pattern };
    let Some(mut left) = token.strip_prefix(head) else { return false };
    let mut parts: Vec<&str> = rest.split('*').collect();
    let tail = parts.pop().unwrap_or("");
    for part in parts {
        match left.find(part) {
            Some(at) => left = left.get(at + part.len()..).unwrap_or(""),
            None => return false,
        }
    }
    left.ends_with(tail)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOTH: Rules = Rules { words: SearchWords::Both, wildcards: SearchWildcards::Anywhere };

    #[track_caller]
    fn check(value: &str, pattern: &str, expected: bool) {
        assert_eq!(contains(value, pattern, BOTH), expected, "{value} ~ {pattern}");
    }

    #[test]
    fn words_end_where_the_portal_says_and_wildcards_stand_where_it_takes_them() {
        let spaces = Rules { words: SearchWords::AtSpaces, ..BOTH };
        let punctuation = Rules { words: SearchWords::AtPunctuation, ..BOTH };
        let at_end = Rules { wildcards: SearchWildcards::AtEnd, ..BOTH };
        for (rules, pattern, expected) in [
            (spaces, "id:r*", true),
            (spaces, "r00412", false),
            (punctuation, "id:r*", false),
            (punctuation, "id*", true),
            (punctuation, "r00412", true),
            (at_end, "*412", false),
            (at_end, "r004*", true),
        ] {
            assert_eq!(contains("VIP ID:R00412", pattern, rules), expected, "{pattern} {rules:?}");
        }
    }

    #[test]
    fn tokens_are_words_parts_and_the_whole_value() {
        check("VIP; ID:R00412", "id:r00412", true);
        check("VIP; ID:R00412", "r00412", true);
        check("VIP; ID:R00412", "r0041", false);
        check("VIP; ID:R00412", "id:r*", true);
        check("a@b.co;c@d.co", "c@d.co", true);
        check("Ada Lovelace", "lovelace ada", true);
        check("Ada Lovelace", "grace", false);
    }

    #[test]
    fn wildcards_cover_any_run() {
        check("someone@example.com", "*@example.com", true);
        check("someone@example.com", "*@example.org", false);
        check("abcabc", "a*c*c", true);
        check("ac", "a*c*c", false);
    }
}
