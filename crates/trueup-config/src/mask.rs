//! Hides secrets in a line that is about to be shown (RELIABILITY.md T-10).
//!
//! An error may stand on the same line as a secret somebody wrote into the file, so every shown line
//! goes through here, whatever the error is about.

const SECRET_KEYS: [&str; 4] = ["token", "secret", "password", "api_key"];
const SECRET_STARTS: [&str; 3] = ["pat-", "tk_", "Bearer "];

/// Replaces what looks like a secret by as many stars, so that columns stay where they are.
pub(crate) fn secrets(line: &str) -> String {
    let mut shown: Vec<char> = line.chars().collect();
    for (start, end) in suspects(line) {
        let from = line.get(..start).unwrap_or_default().chars().count();
        let count = line.get(start..end).unwrap_or_default().chars().count();
        shown.iter_mut().skip(from).take(count).for_each(|c| *c = '*');
    }
    shown.into_iter().collect()
}

/// As [`secrets`], for a line of a file below these: the value of a secret key may go on or stand on
/// lines of its own, and then the whole line is hidden.
pub(crate) fn secrets_below(above: &str, line: &str) -> String {
    if !is_setting(line) && goes_on(above, line) {
        return line.chars().map(|c| if c.is_whitespace() { c } else { '*' }).collect();
    }
    secrets(line)
}

// What the file format lets stand below a key named `token`: the token's field, and where it is written.
const SETTINGS: [&str; 12] = [
    "from",
    "take",
    "expr",
    "kind",
    "region",
    "survivor",
    "immutable",
    "identity",
    "label",
    "field",
    "property",
    "prefix",
];

fn is_setting(line: &str) -> bool {
    let Some((key, value)) = line.split_once(':') else { return false };
    let key = key.trim().trim_matches(['"', '\'']);
    SETTINGS.contains(&key) && (value.is_empty() || value.starts_with(char::is_whitespace))
}

fn goes_on(above: &str, line: &str) -> bool {
    // The entries of a list may stand as far left as their key.
    let mut level = indent(line) + usize::from(line.trim_start().starts_with('-'));
    let seen = |line: &&str| !line.trim().is_empty() && !line.trim_start().starts_with('#');
    for (distance, line) in above.lines().rev().filter(seen).enumerate() {
        let nested = indent(line) < level;
        if (nested && starts_secret(line)) || (distance == 0 && ends_secret(line)) {
            return true;
        }
        level = level.min(indent(line));
        if level == 0 {
            break;
        }
    }
    false
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

// `token: …` of a block; what is indented below belongs to it.
fn starts_secret(line: &str) -> bool {
    let key = line.trim_start().trim_start_matches("- ").split(':').next().unwrap_or_default();
    line.contains(':') && !key.trim().contains(char::is_whitespace) && is_secret_key(key.trim_end())
}

// `{ kind: hubspot, token:`; braces make indentation meaningless.
fn ends_secret(line: &str) -> bool {
    line.contains('{') && line.trim_end().strip_suffix(':').is_some_and(is_secret_key)
}

fn suspects(line: &str) -> Vec<(usize, usize)> {
    let mut found: Vec<(usize, usize)> = Vec::new();
    for (colon, _) in line.match_indices(':') {
        let value = line.get(colon + 1..).unwrap_or_default();
        let start = colon + 1 + value.len() - value.trim_start().len();
        if is_secret_key(line.get(..colon).unwrap_or_default()) && !is_harmless(value.trim_start()) {
            found.push((start, value_end(line, start)));
        }
    }
    let marked = SECRET_STARTS.iter().flat_map(|mark| line.match_indices(mark).map(|(start, _)| start));
    found.extend(marked.map(|start| (start, value_end(line, start))));
    // User names and passwords before the host of a URL.
    found.extend(line.match_indices("://").filter_map(|(at, _)| credentials(line, at + 3)));
    found
}

fn is_secret_key(before: &str) -> bool {
    let key = before.rsplit([' ', '{', ',', '\t']).find(|word| !word.is_empty()).unwrap_or_default();
    let key = key.trim_matches(['"', '\'']).to_lowercase();
    SECRET_KEYS.iter().any(|secret| key.ends_with(secret) || strsim::damerau_levenshtein(&key, secret) == 1)
}

// A reference, a mapping, a column in capitals such as `LEAD_ID`, or nothing.
fn is_harmless(value: &str) -> bool {
    let word = value.split([',', '}', ' ', '#']).next().unwrap_or_default();
    let constant = word.chars().all(|c| c.is_ascii_uppercase() || c == '_');
    value.starts_with("${") || value.starts_with("file:") || value.starts_with('{') || constant
}

fn value_end(line: &str, start: usize) -> usize {
    let rest = line.get(start..).unwrap_or_default();
    let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''));
    let end = match quote {
        Some(quote) => rest.get(1..).and_then(|inner| inner.find(quote)).map(|at| at + 2),
        None => rest.find([',', '}', '#']),
    };
    start + end.unwrap_or(rest.len())
}

fn credentials(line: &str, start: usize) -> Option<(usize, usize)> {
    let authority = line.get(start..)?.split(['/', ' ', '"', '\'']).next()?;
    authority.rfind('@').map(|at| (start, start + at))
}

#[cfg(test)]
mod tests {
    use super::{secrets, secrets_below};

    #[track_caller]
    fn check(line: &str, want: &str) {
        assert_eq!(secrets(line), want);
    }

    #[test]
    fn a_secret_is_hidden_wherever_it_stands_and_columns_stay() {
        check("  token: abc-123", "  token: *******");
        check("{ kind: hubspot, tokn: abc1, url: x }", "{ kind: hubspot, tokn: ****, url: x }");
        check("note: pat-na1-77", "note: **********");
        check("url: https://me:pw@example.org/x", "url: https://*****@example.org/x");
        check("token: \"a, b\" # say", "token: ****** # say");
    }

    #[test]
    fn references_and_bindings_are_shown() {
        for line in
            ["token: ${HUBSPOT_TOKEN}", "token: file:secret.txt", "token: { from: LEAD_ID }", "key: LEAD_ID"]
        {
            check(line, line);
        }
    }

    #[track_caller]
    fn check_below(above: &str, line: &str, hidden: bool) {
        assert_eq!(secrets_below(above, line).contains("s3cr3t"), !hidden, "{above}\n{line}");
    }

    #[test]
    fn a_secret_below_its_key_is_hidden_however_it_is_written() {
        for (above, line) in [
            ("    token:\n", "      s3cr3t-canary:"),
            ("    token:\n", "      s3cr3t-canary"),
            ("    token: |\n      first\n", "      s3cr3t"),
            ("    token: >-\n\n      # note\n", "      s3cr3t"),
            ("    token: \"abc\n", "      s3cr3t\""),
            ("    token: abc\n", "      s3cr3t"),
            ("    token:\n", "    - s3cr3t"),
            ("    token:\n      deeper:\n", "        s3cr3t: x"),
            ("    token:\n      prefix:\n", "        s3cr3t: x"),
            ("  - token:\n", "      s3cr3t"),
            ("  portal: { kind: hubspot, token:\n", "s3cr3t }"),
        ] {
            check_below(above, line, true);
        }
    }

    #[test]
    fn what_only_stands_near_a_secret_is_shown() {
        for (above, line) in [
            ("    token: ${HUBSPOT_TOKEN}\n", "    url: s3cr3t"),
            ("    token:\n      field: token\n", "      property: s3cr3t"),
            ("systems:\n  portal:\n    token: x\npipelines:\n", "  s3cr3t:"),
        ] {
            check_below(above, line, false);
        }
    }
}
