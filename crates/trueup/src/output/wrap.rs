//! Sentences on a narrow terminal: broken between words, a further line indented by two.
//!
//! A command that may be pasted is left to the terminal, which joins its pieces again when they are copied.

use unicode_width::UnicodeWidthStr;

const INDENT: &str = "  ";

/// The text with no line wider than the terminal, as far as its words allow.
pub(super) fn wrapped(text: &str, width: usize) -> String {
    let lines = text.split_inclusive('\n').map(|line| match line.strip_suffix('\n') {
        Some(line) => self::line(line, width) + "\n",
        None => self::line(line, width),
    });
    lines.collect()
}

fn line(line: &str, width: usize) -> String {
    let is_command = line.starts_with("help: ") || line.starts_with("next: ");
    if is_command || bare(line).width() <= width {
        return line.to_owned();
    }
    let (mut done, mut room) = (String::new(), width);
    for word in words(line) {
        let wide = bare(word.trim_end()).width();
        if wide > room && !done.trim().is_empty() {
            done.truncate(done.trim_end().len());
            done = done + "\n" + INDENT;
            room = width.saturating_sub(INDENT.len());
        }
        done += word;
        room = room.saturating_sub(bare(word).width());
    }
    done
}

/// The words, each with the blanks after it; what stands between backquotes is one.
fn words(line: &str) -> Vec<&str> {
    let (mut words, mut from, mut quoted, mut blank) = (Vec::new(), 0, false, false);
    for (at, letter) in line.char_indices() {
        if blank && letter != ' ' {
            words.extend(line.get(from..at));
            from = at;
        }
        quoted ^= letter == '`';
        blank = letter == ' ' && !quoted;
    }
    words.extend(line.get(from..));
    words
}

/// The text without its colours.
pub(super) fn bare(text: &str) -> String {
    let mut parts = text.split("\u{1b}[");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |bare, part| bare + part.split_once('m').map_or(part, |(_, rest)| rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, want: &str) {
        assert_eq!(wrapped(text, 20), want);
    }

    #[test]
    fn lines_break_between_words() {
        check("short\n\nlines stay\n", "short\n\nlines stay\n");
        check("one two three four five six", "one two three four\n  five six");
        check("exactly twenty wide!\nx", "exactly twenty wide!\nx");
        check("exactly twenty wide! x\n", "exactly twenty wide!\n  x\n");
        check("a  b  columns  stay  apart", "a  b  columns  stay\n  apart");
        check("東京 東京 東京 東京 東京", "東京 東京 東京 東京\n  東京");
    }

    #[test]
    fn what_can_be_pasted_stays_whole() {
        check("help: trueup approve 7f3a91c2 --max 4", "help: trueup approve 7f3a91c2 --max 4");
        check("1 finding; see `trueup review`", "1 finding; see\n  `trueup review`");
        check("AVeryLongWordWithoutAnyBlank x", "AVeryLongWordWithoutAnyBlank\n  x");
    }

    #[test]
    fn colours_have_no_width() {
        let line = "\u{1b}[31m-\u{1b}[0m exactly 20 so wide";
        check(line, line);
    }
}
