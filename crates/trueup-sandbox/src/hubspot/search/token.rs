//! `CONTAINS_TOKEN`: words of a value, with `*` as wildcard.

/// Whether every word of the pattern is a token of the value. Both are compared in lower case.
pub(super) fn contains(value: &str, pattern: &str) -> bool {
    let value = value.to_lowercase();
    pattern.split_whitespace().all(|word| tokens(&value).any(|token| fits(token, word)))
}

/// The whole value, its parts between spaces and `;`, and its runs of letters and digits.
fn tokens(value: &str) -> impl Iterator<Item = &str> {
    let parts = value.split(|c: char| c.is_whitespace() || c == ';');
    let words = value.split(|c: char| !c.is_alphanumeric());
    std::iter::once(value).chain(parts).chain(words).filter(|token| !token.is_empty())
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

    #[track_caller]
    fn check(value: &str, pattern: &str, expected: bool) {
        assert_eq!(contains(value, pattern), expected, "{value} ~ {pattern}");
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
