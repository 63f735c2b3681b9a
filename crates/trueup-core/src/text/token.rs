//! Tokens: keys of ours amid other people's free text, each behind a prefix, such as `ID:R00412`.

use compact_str::CompactString;

/// Whether a text can be found again as a token: ASCII letters and digits, `_` and `-`, not all of
/// them punctuation.
#[must_use]
pub fn is_key(key: &str) -> bool {
    key.chars().all(is_key_char) && key.contains(|c: char| c.is_ascii_alphanumeric())
}

/// Finds the keys that stand behind a prefix, in order, each once.
///
/// The prefix counts only at the start of a word: `GRID:R1` holds no `ID:` token. An empty prefix
/// finds nothing.
#[must_use]
pub fn find(text: &str, prefix: &str) -> Vec<CompactString> {
    let mut keys: Vec<CompactString> = Vec::new();
    for key in starts(text, prefix).map(leading_key) {
        if is_key(key) && !keys.iter().any(|known| known == key) {
            keys.push(CompactString::new(key));
        }
    }
    keys
}

/// Adds a token at the end, after the separator the text uses already (`; ` if none). A text that
/// holds the token is given back as it is, so adding twice is adding once.
#[must_use]
pub fn add(text: &str, prefix: &str, key: &str) -> String {
    if holds(text, prefix, key) {
        return text.to_owned();
    }
    let kept = text.trim_end();
    let separator = match kept.chars().next_back() {
        None => "",
        Some(';' | ',' | '|') => " ",
        Some(_) => separator_of(kept),
    };
    format!("{kept}{separator}{prefix}{key}")
}

fn holds(text: &str, prefix: &str, key: &str) -> bool {
    starts(text, prefix)
        .any(|rest| if is_key(key) { leading_key(rest) == key } else { rest.starts_with(key) })
}

// What follows each prefix that starts a word.
fn starts<'a>(text: &'a str, prefix: &'a str) -> impl Iterator<Item = &'a str> {
    let matches = if prefix.is_empty() { None } else { Some(text.match_indices(prefix)) };
    matches.into_iter().flatten().filter_map(move |(at, found)| {
        let (before, rest) = text.split_at_checked(at)?;
        let inside = before.chars().next_back().is_some_and(char::is_alphanumeric)
            && prefix.starts_with(char::is_alphanumeric);
        if inside { None } else { rest.strip_prefix(found) }
    })
}

fn leading_key(text: &str) -> &str {
    text.split(|c| !is_key_char(c)).next().unwrap_or_default()
}

const fn is_key_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-')
}

fn separator_of(text: &str) -> &'static str {
    match text.chars().rev().find(|c| matches!(c, ';' | '|' | '\n' | ',')) {
        Some('|') => " | ",
        Some('\n') => "\n",
        Some(',') => ", ",
        _ => "; ",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, want: &[&str]) {
        assert_eq!(find(text, "ID:"), want, "{text:?}");
    }

    #[track_caller]
    fn check_add(text: &str, want: &str) {
        let added = add(text, "ID:", "R00412");
        assert_eq!(added, want);
        assert_eq!(add(&added, "ID:", "R00412"), added);
    }

    #[test]
    fn tokens_are_found_amid_other_text_in_order_and_once() {
        check("BV; ID:R00412; postcard", &["R00412"]);
        check("ID:R2,ID:R1 ID:R2\nID:a_b-c.", &["R2", "R1", "a_b-c"]);
        check("(ID:R1)\u{e9}ID:", &["R1"]);
    }

    #[test]
    fn what_only_resembles_a_token_is_none() {
        for text in ["", "ID:", "ID: R1", "GRID:R1", "id:R1", "ID:--", "ID:\u{e9}"] {
            check(text, &[]);
        }
        assert!(find("R1 R2", "").is_empty());
    }

    #[test]
    fn a_longer_key_is_another_key() {
        check_add("ID:R004123", "ID:R004123; ID:R00412");
    }

    #[test]
    fn adding_keeps_the_rest_and_follows_its_separator() {
        check_add("", "ID:R00412");
        check_add("  ", "ID:R00412");
        check_add("BV import 2024", "BV import 2024; ID:R00412");
        check_add("BV;", "BV; ID:R00412");
        check_add("BV; postcard", "BV; postcard; ID:R00412");
        check_add("BV, postcard", "BV, postcard, ID:R00412");
        check_add("BV | postcard ", "BV | postcard | ID:R00412");
        check_add("BV\npostcard\n", "BV\npostcard\nID:R00412");
        check_add("a; ID:R00412", "a; ID:R00412");
    }

    #[test]
    fn even_a_key_that_cannot_be_found_again_is_added_only_once() {
        assert!(!is_key("R 1") && !is_key("") && !is_key("-") && is_key("R-1"));
        let once = add("BV", "ID:", "R 1");
        assert_eq!(add(&once, "ID:", "R 1"), once);
    }
}
