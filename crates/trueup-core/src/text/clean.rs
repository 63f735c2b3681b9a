//! Takes what nobody sees out of a text, and makes it visible on a terminal.

use std::{borrow::Cow, fmt::Write};

use compact_str::CompactString;
use unicode_normalization::{UnicodeNormalization, is_nfc};

/// Trims a text, drops control, zero-width and bidi characters, and composes it (NFC).
///
/// Line breaks and tabs inside stay, since notes have lines; `\r\n` becomes `\n`. A joiner stays where
/// it shapes what it joins (Persian, Devanagari, emoji), and goes beside white space and ASCII, where
/// it is debris.
#[must_use]
pub fn clean(text: &str) -> CompactString {
    if is_plain(text) {
        return CompactString::new(text.trim());
    }
    let seen = without_hidden(&compose(text));
    CompactString::new(compose(&seen).trim())
}

/// As [`clean`], and no joiners either: for identifiers and comparison.
#[must_use]
pub(super) fn bare(text: &str) -> CompactString {
    let mut cleaned = clean(text);
    if cleaned.contains(is_joiner) {
        cleaned.retain(|c| !is_joiner(c));
        return clean(&cleaned);
    }
    cleaned
}

/// Makes every character visible that could hide, reorder or command: control characters (so ANSI
/// sequences and line breaks too), bidi, zero-width and tag characters appear as `\u{202e}`.
///
/// Threat T-16. All text that comes from outside goes through this on its way to a person.
#[must_use]
pub fn escape_for_display(text: &str) -> Cow<'_, str> {
    if !text.contains(hides_on_screen) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '\n' => shown.push_str("\\n"),
            '\r' => shown.push_str("\\r"),
            '\t' => shown.push_str("\\t"),
            c if hides_on_screen(c) => _ = write!(shown, "{}", c.escape_unicode()),
            c => shown.push(c),
        }
    }
    Cow::Owned(shown)
}

// Nearly every value takes this way, and it allocates nothing.
fn is_plain(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b' '..=b'~'))
}

fn compose(text: &str) -> Cow<'_, str> {
    if is_nfc(text) { Cow::Borrowed(text) } else { Cow::Owned(text.nfc().collect()) }
}

fn without_hidden(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut held = None;
    for c in text.chars().filter(|c| !is_debris(*c)) {
        if is_joiner(c) {
            held = held.or_else(|| kept.chars().next_back().filter(|last| can_join(*last)).map(|_| c));
            continue;
        }
        kept.extend(held.take().filter(|_| can_join(c)));
        kept.push(c);
    }
    kept
}

const fn is_joiner(c: char) -> bool {
    matches!(c, '\u{200c}' | '\u{200d}')
}

const fn can_join(c: char) -> bool {
    !c.is_ascii() && !c.is_whitespace()
}

fn is_debris(c: char) -> bool {
    (c.is_control() && !matches!(c, '\n' | '\t')) || is_bidi(c) || is_zero_width(c)
}

// Unicode 16, property Bidi_Control.
const fn is_bidi(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

// Soft hyphen, Mongolian vowel separator, zero-width space, word joiner and invisible operators, byte order mark.
const fn is_zero_width(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{180e}' | '\u{200b}' | '\u{2060}'..='\u{2064}' | '\u{feff}')
}

/// Whether a character could hide, reorder or command on a screen; [`escape_for_display`] shows it by
/// its number.
#[must_use]
pub fn hides_on_screen(c: char) -> bool {
    c.is_control() || is_bidi(c) || is_zero_width(c) || is_joiner(c) || is_invisible(c)
}

// Line and paragraph separator, grapheme joiner, the fillers of Hangul, Khmer and braille, deprecated
// format characters, interlinear annotation, and tags (which can spell hidden words).
const fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{2028}' | '\u{2029}' | '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{2065}'
        | '\u{206a}'..='\u{206f}' | '\u{2800}' | '\u{3164}' | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(raw: &str, want: &str) {
        assert_eq!(clean(raw), want);
    }

    #[test]
    fn what_nobody_sees_goes() {
        check("  Ada ", "Ada");
        check("\u{a0}Ada\u{2003}", "Ada");
        check("\u{feff}A\u{200b}da\u{ad}", "Ada");
        check("Ada\0\u{7}\u{1b}[31m", "Ada[31m");
        check("\u{202e}Ada\u{2069}", "Ada");
        check("A\u{200d}da", "Ada");
        check("\u{200b} \u{feff}", "");
    }

    #[test]
    fn composed_and_decomposed_letters_are_one() {
        check("Rene\u{301}", "Ren\u{e9}");
        check("Rene\u{200b}\u{301}", "Ren\u{e9}");
        check("\u{301}", "\u{301}");
    }

    #[test]
    fn lines_stay_lines() {
        check("one\r\ntwo\tthree\n", "one\ntwo\tthree");
    }

    #[test]
    fn joiners_that_shape_letters_and_emoji_stay() {
        let emoji = "\u{1f469}\u{200d}\u{1f467}";
        check(emoji, emoji);
        let persian = "\u{645}\u{6cc}\u{200c}\u{62e}\u{648}\u{627}\u{647}\u{645}";
        check(persian, persian);
        assert_eq!(bare(emoji), "\u{1f469}\u{1f467}");
    }

    #[test]
    fn right_to_left_letters_stay_in_their_order() {
        check("\u{200f}\u{5d0}\u{5d3}\u{5d4}\u{200f}", "\u{5d0}\u{5d3}\u{5d4}");
    }

    #[test]
    fn a_terminal_gets_no_commands_and_no_reordering() {
        for (raw, want) in [
            ("plain \u{e9} \u{5d0}", "plain \u{e9} \u{5d0}"),
            ("\u{1b}[2J", "\\u{1b}[2J"),
            ("a\rb\nc\td", "a\\rb\\nc\\td"),
            ("a\u{202e}b\u{9b}", "a\\u{202e}b\\u{9b}"),
            ("a\u{200b}\u{200d}\u{2028}\u{e0041}", "a\\u{200b}\\u{200d}\\u{2028}\\u{e0041}"),
        ] {
            assert_eq!(escape_for_display(raw), want);
            assert!(matches!(escape_for_display(want), Cow::Borrowed(_)), "{want}");
        }
    }
}
