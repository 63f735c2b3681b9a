//! Names out of a workbook, made fit for matching and for messages.

use trueup_core::text::clean::escape_for_display;

/// A header as it is compared: without outer spaces, inner runs of any white space as one space.
///
/// Headers wrap in narrow columns, so a line break in one is layout, not meaning. Case is kept: a
/// respelled header is a change that a person should see.
#[must_use]
pub(super) fn header_name(raw: &str) -> String {
    raw.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A foreign text as it may stand in a message: what hides, reorders or commands is escaped, long texts
/// are cut.
///
/// A cell can hold terminal escape sequences; they must not reach a terminal.
#[must_use]
pub(super) fn shown(raw: &str) -> String {
    const LONGEST: usize = 80;
    match raw.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", escape_for_display(raw.get(..end).unwrap_or_default())),
        None => escape_for_display(raw).into_owned(),
    }
}

/// The name most like the wanted one, if any is alike enough to be what was meant; 1 is the same.
#[must_use]
pub(super) fn nearest<'a>(
    wanted: &str,
    names: impl IntoIterator<Item = &'a str>,
    alike: f64,
) -> Option<String> {
    let folded = wanted.to_lowercase();
    let scored = names.into_iter().map(|name| (strsim::jaro_winkler(&folded, &name.to_lowercase()), name));
    let best = scored.max_by(|a, b| a.0.total_cmp(&b.0))?;
    (best.0 >= alike).then(|| best.1.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrapped_header_is_the_same_header() {
        assert_eq!(header_name(" EMAIL\r\n ALL\u{a0}"), "EMAIL ALL");
    }

    #[test]
    fn escape_sequences_never_reach_a_message() {
        assert_eq!(shown("a\u{1b}[2Jb\u{9b}"), "a\\u{1b}[2Jb\\u{9b}");
        assert_eq!(shown("a\u{202e}b\u{2066}c\u{200f}"), "a\\u{202e}b\\u{2066}c\\u{200f}");
        assert_eq!(shown(&"x".repeat(200)).chars().count(), 81);
    }

    #[test]
    fn the_nearest_name_is_offered_only_when_it_is_near() {
        assert_eq!(nearest("email all", ["Phone", "EMAIL_ALL"], 0.7), Some("EMAIL_ALL".to_owned()));
        assert_eq!(nearest("Commission", ["Zip"], 0.7), None);
    }
}
