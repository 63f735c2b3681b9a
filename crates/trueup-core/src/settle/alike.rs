//! Whether a value reads like another one in other words.

use crate::{
    setup::Field,
    value::{Cell, Kind},
};

/// Whether two values share all their letters and digits, or one has more of them behind: what a system makes of a
/// value that it keeps in a spelling of its own, such as a time to the second. What a person writes in its place does not.
pub(crate) fn alike(one: &Cell, other: &Cell) -> bool {
    let (one, other) = (letters(one), letters(other));
    let begins = one.starts_with(&other) || other.starts_with(&one);
    begins && !one.is_empty() && !other.is_empty()
}

/// Whether what a system holds may be what it made of a value: of a text the same letters or fewer, since what has more
/// of them is a person's.
pub(crate) fn is_made_of(field: &Field, sent: &Cell, held: &Cell) -> bool {
    match field.kind {
        Kind::Text | Kind::Name => alike(sent, held) && letters(sent).starts_with(&letters(held)),
        _ => alike(sent, held),
    }
}

/// Whether two values of a field share all their letters and digits, where it holds words: the same digits may be another
/// number.
pub(crate) fn is_spelling(field: &Field, one: &Cell, other: &Cell) -> bool {
    matches!(field.kind, Kind::Text | Kind::Name) && same_letters(one, other)
}

fn same_letters(one: &Cell, other: &Cell) -> bool {
    let one = letters(one);
    !one.is_empty() && one == letters(other)
}

fn letters(cell: &Cell) -> String {
    let text = cell.to_text().unwrap_or_default();
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(one: &str, other: &str, expected: bool) {
        assert_eq!(alike(&Cell::text(one), &Cell::text(other)), expected, "{one} and {other}");
        assert_eq!(alike(&Cell::text(other), &Cell::text(one)), expected, "{other} and {one}");
    }

    #[test]
    fn another_spelling_is_alike_and_another_value_is_not() {
        check("Granby", "GRANBY.", true);
        check("Granby\n", "Granby", true);
        check("2026-11-21T10:30:00", "2026-11-21T10:30", true);
        check("Granby", "Fraser", false);
        check("+12025550058", "+17200813771", false);
        check("Granby", "", false);
        check("...", "---", false);
    }
}
