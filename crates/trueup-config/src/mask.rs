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
    use super::secrets;

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
}
