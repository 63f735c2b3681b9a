//! Fits lines into columns: what may be shortened is, ids and field names never are.
//!
//! Widths are those of a terminal's cells, so wide (CJK, emoji) and right-to-left texts keep columns
//! straight.

use unicode_width::UnicodeWidthStr;

/// The width below which class titles are left out.
const NARROW: usize = 60;
/// Where the classes stand when there is room (DESIGN.md 11).
const CLASS_COLUMN: usize = 54;
/// What stands between two columns at the least.
const GAP: usize = 2;
/// What stands before the second line of what is wrapped.
const NEXT: &str = "  ";
/// What stands before a sentence below its line.
const INDENT: &str = "    ";

/// A part of a line.
#[derive(Clone, Debug)]
pub(super) enum Piece {
    /// Never shortened: ids, names of fields and systems.
    Keep(String),
    /// Shortened with `…` when there is no room: values, names of people, sentences.
    Cut(String),
    /// Blanks up to a column; at least `min` of them.
    Pad {
        /// The column to reach.
        to: usize,
        /// How many blanks there are in any case.
        min: usize,
    },
}

/// What a line says at its right: a class or rule, and its title.
#[derive(Clone, Debug, Default)]
pub(super) struct Right {
    pub(super) id: String,
    pub(super) title: String,
}

/// Where the right column begins, if there is a limit at all.
#[derive(Clone, Copy, Debug)]
pub(super) struct Columns {
    width: Option<usize>,
    class: usize,
}

/// The width of a text in cells.
pub(super) fn width(text: &str) -> usize {
    UnicodeWidthStr::width(text)
}

/// Shortens a text to a width; `…` stands for what is left out.
pub(super) fn shorten(text: &str, room: usize) -> String {
    // Marks have no width, so a text may hold thousands of them in one cell: count them too.
    let bounded = text.chars().nth(room.saturating_mul(4)).is_none();
    if bounded && width(text) <= room {
        return text.to_owned();
    }
    let mut kept = String::new();
    for c in text.chars().take(room.saturating_mul(4)) {
        kept.push(c);
        if width(&kept) >= room {
            kept.pop();
            break;
        }
    }
    kept.push('…');
    kept
}

impl Right {
    fn whole(&self) -> String {
        if self.title.is_empty() { self.id.clone() } else { format!("{} {}", self.id, self.title) }
    }
}

impl Columns {
    /// Finds the column of the classes; each line comes as the width of its left side, and its class.
    pub(super) fn new<'a>(limit: Option<usize>, lines: impl Iterator<Item = (usize, &'a Right)>) -> Self {
        let Some(limit) = limit else { return Self { width: None, class: CLASS_COLUMN } };
        let (mut left, mut right) = (CLASS_COLUMN, 0);
        for (natural, class) in lines.filter(|(_, class)| !class.id.is_empty()) {
            left = left.max(natural + GAP);
            right = right.max(if limit < NARROW { width(&class.id) } else { width(&class.whole()) });
        }
        let reserved = right.min(limit * 2 / 5);
        Self { width: Some(limit), class: left.min(limit.saturating_sub(reserved)) }
    }

    /// Lays a line out that ends in a sentence; the sentence goes below, indented, if it must.
    pub(super) fn lines(self, pieces: &[Piece], sentence: &str, right: &Right) -> Vec<String> {
        let room = self.room(right);
        if sentence.is_empty() || natural(pieces) + width(sentence) <= room {
            let whole: Vec<Piece> =
                pieces.iter().cloned().chain([Piece::Keep(sentence.to_owned())]).collect();
            return vec![self.line(&whole, right)];
        }
        let below = wrap_words(sentence, Some(self.width.unwrap_or(usize::MAX).saturating_sub(INDENT.len())));
        let below = below.iter().map(|line| format!("{INDENT}{}", line.trim_start()));
        let head = self.line(pieces, right);
        Some(head).filter(|head| !head.is_empty()).into_iter().chain(below).collect()
    }

    /// Lays one line out.
    pub(super) fn line(self, pieces: &[Piece], right: &Right) -> String {
        let mut line = lay(pieces, self.room(right));
        if right.id.is_empty() {
            return line;
        }
        let begin = self.class.max(width(&line) + GAP);
        line.push_str(&" ".repeat(begin - width(&line)));
        line.push_str(&right.id);
        let limit = self.width.unwrap_or(usize::MAX);
        let room = limit.saturating_sub(begin + width(&right.id) + 1);
        if limit >= NARROW && !right.title.is_empty() && room > 1 {
            line.push(' ');
            line.push_str(&shorten(&right.title, room));
        }
        line
    }

    /// How much the left side may take.
    fn room(self, right: &Right) -> usize {
        match self.width {
            None => usize::MAX,
            Some(limit) if right.id.is_empty() => limit,
            Some(_) => self.class.saturating_sub(GAP),
        }
    }
}

/// The width the pieces have when nothing is shortened.
pub(super) fn natural(pieces: &[Piece]) -> usize {
    pieces.iter().fold(0, |at, piece| match piece {
        Piece::Keep(text) | Piece::Cut(text) => at + width(text),
        Piece::Pad { to, min } => (*to).max(at + min),
    })
}

/// Blanks go first, then the longest texts that may be shortened.
fn lay(pieces: &[Piece], room: usize) -> String {
    if natural(pieces) <= room {
        return join(pieces, true, usize::MAX);
    }
    let fixed: usize = pieces.iter().map(least).sum();
    let cuts: Vec<usize> = pieces.iter().filter_map(cut_width).collect();
    join(pieces, false, water_level(cuts, room.saturating_sub(fixed)))
}

fn least(piece: &Piece) -> usize {
    match piece {
        Piece::Keep(text) => width(text),
        Piece::Pad { min, .. } => *min,
        Piece::Cut(_) => 0,
    }
}

fn cut_width(piece: &Piece) -> Option<usize> {
    match piece {
        Piece::Cut(text) => Some(width(text)),
        Piece::Keep(_) | Piece::Pad { .. } => None,
    }
}

/// The width that no text may exceed so that all of them fit: short ones stay whole.
fn water_level(mut widths: Vec<usize>, room: usize) -> usize {
    widths.sort_unstable();
    let (mut left, mut room) = (widths.len(), room);
    for width in widths {
        let share = room / left.max(1);
        if width > share {
            return share.max(1);
        }
        room -= width;
        left -= 1;
    }
    usize::MAX
}

fn join(pieces: &[Piece], padded: bool, longest: usize) -> String {
    let mut line = String::new();
    for piece in pieces {
        match piece {
            Piece::Keep(text) => line.push_str(text),
            Piece::Cut(text) => line.push_str(&shorten(text, longest)),
            Piece::Pad { to, min } => {
                let blanks = if padded { to.saturating_sub(width(&line)).max(*min) } else { *min };
                line.push_str(&" ".repeat(blanks));
            }
        }
    }
    line.truncate(line.trim_end().len());
    line
}

/// Joins parts into lines; what does not fit goes on in the next, indented. Nothing is shortened, but a
/// part that is longer than a line is broken at its blanks.
pub(super) fn wrap<'a>(
    parts: impl IntoIterator<Item = &'a str>,
    between: &str,
    limit: Option<usize>,
) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for part in parts {
        let fits =
            |line: &String| limit.is_none_or(|limit| width(line) + width(between) + width(part) <= limit);
        if let Some(line) = lines.last_mut().filter(|line| fits(line)) {
            line.push_str(between);
            line.push_str(part);
        } else {
            let indent = if lines.is_empty() { "" } else { NEXT };
            lines.extend(broken(part, limit).into_iter().map(|line| format!("{indent}{line}")));
        }
    }
    lines
}

fn broken(part: &str, limit: Option<usize>) -> Vec<String> {
    let limit = limit.map(|limit| limit.saturating_sub(NEXT.len()));
    if part.contains(' ') && limit.is_some_and(|limit| width(part) > limit) {
        return wrap_words(part, limit);
    }
    vec![part.to_owned()]
}

/// Wraps a sentence at its blanks.
pub(super) fn wrap_words(text: &str, limit: Option<usize>) -> Vec<String> {
    wrap(text.split(' '), " ", limit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, room: usize, want: &str) {
        let got = shorten(text, room);
        assert_eq!(got, want);
        assert!(width(&got) <= room.max(1), "{got}");
    }

    #[test]
    fn what_is_too_long_ends_in_an_ellipsis_and_wide_signs_count_two() {
        check("Grand Lake", 10, "Grand Lake");
        check("Grand Lake", 9, "Grand La…");
        check("東京都港区", 10, "東京都港区");
        check("東京都港区", 9, "東京都港…");
        check("東京都港区", 8, "東京都…");
        check("👩👩", 3, "👩…");
        check("x", 0, "…");
    }

    #[test]
    fn a_thousand_marks_on_one_letter_do_not_fill_the_screen() {
        let zalgo = format!("a{}", "\u{301}".repeat(1000));
        assert!(shorten(&zalgo, 10).chars().count() <= 41);
    }

    #[test]
    fn a_line_is_filled_to_its_last_column_and_the_rest_goes_below() {
        let parts = ["ab", "cd", "e f g"];
        assert_eq!(wrap(parts, " · ", None), ["ab · cd · e f g"]);
        assert_eq!(wrap(parts, " · ", Some(15)), ["ab · cd · e f g"]);
        assert_eq!(wrap(parts, " · ", Some(14)), ["ab · cd".to_owned(), format!("{NEXT}e f g")]);
        assert_eq!(wrap(["ab", "cd"], " · ", Some(6)), ["ab".to_owned(), format!("{NEXT}cd")]);
        assert_eq!(wrap_words("東京 x", Some(6)), ["東京 x"]);
    }

    #[test]
    fn short_texts_stay_whole_while_the_longest_gives_way() {
        assert_eq!(water_level(vec![5, 50, 5], 30), 20);
        assert_eq!(water_level(vec![50, 50], 30), 15);
        assert_eq!(water_level(vec![5, 5], 30), usize::MAX);
    }
}
