//! Append logs: entries in one text, each of which begins with its time.

use compact_str::CompactString;

use super::clean::clean;

/// How much of a line tells that an entry begins there: a date, as ISO 8601 writes it.
const DATE: &str = "0000-00-00";

/// Splits a log into its entries, in the order of the text.
///
/// An entry begins with a line that begins with a date, and goes on until the next one. What somebody typed above
/// the first date is an entry for each paragraph.
#[must_use]
pub fn split(text: &str) -> Vec<CompactString> {
    let mut entries: Vec<Vec<&str>> = vec![Vec::new()];
    let mut dated = false;
    for line in text.lines() {
        dated |= is_dated(line);
        let blank = line.trim().is_empty();
        if is_dated(line) || (blank && !dated) {
            entries.push(Vec::new());
        }
        entries.last_mut().into_iter().filter(|_| !blank).for_each(|entry| entry.push(line));
    }
    entries.iter().map(|lines| normalise(&lines.join("\n"))).filter(|entry| !entry.is_empty()).collect()
}

/// Brings an entry into the form in which it is compared: each of its lines cleaned.
#[must_use]
pub fn normalise(entry: &str) -> CompactString {
    let lines: Vec<String> = entry.lines().map(|line| clean(line).to_string()).collect();
    CompactString::from(lines.join("\n").trim())
}

/// Puts entries into one text: those without a date above, a paragraph each, and then one dated entry a line.
#[must_use]
pub fn join(entries: &[CompactString]) -> String {
    let (dated, undated): (Vec<&str>, Vec<&str>) =
        entries.iter().map(CompactString::as_str).partition(|entry| is_dated(entry));
    let parts = [undated.join("\n\n"), dated.join("\n")];
    parts.iter().filter(|part| !part.is_empty()).map(String::as_str).collect::<Vec<_>>().join("\n\n")
}

fn is_dated(line: &str) -> bool {
    let begins = line.as_bytes().get(..DATE.len());
    begins.is_some_and(|begins| {
        begins.iter().zip(DATE.bytes()).all(|(byte, shape)| match shape {
            b'0' => byte.is_ascii_digit(),
            shape => *byte == shape,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, want: &[&str]) {
        let entries = split(text);
        assert_eq!(entries, want, "{text:?}");
        let mut sorted = entries;
        sorted.sort();
        let mut again = split(&join(&sorted));
        again.sort();
        assert_eq!(again, sorted, "{text:?} does not come back");
    }

    #[test]
    fn an_entry_goes_on_until_the_next_date() {
        check(
            "2026-03-01 10:00 ada: called\nno answer\n2026-03-02 grace: mailed  ",
            &["2026-03-01 10:00 ada: called\nno answer", "2026-03-02 grace: mailed"],
        );
        check("", &[]);
        check("\n\n2026-03-01 ada: called\n\n", &["2026-03-01 ada: called"]);
    }

    #[test]
    fn what_has_no_date_is_an_entry_too() {
        check("ring the bell twice\nthen wait", &["ring the bell twice\nthen wait"]);
        check("ask ada\n\nring twice", &["ask ada", "ring twice"]);
        check("2026-03-01 ada: called\n\nand once more", &["2026-03-01 ada: called\nand once more"]);
        check("zoe knows\n2026-03-01 ada: called", &["zoe knows", "2026-03-01 ada: called"]);
    }
}
