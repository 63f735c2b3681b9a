//! What a mirror and the source of truth are accounted for with once both have been heard.

use compact_str::CompactString;

use crate::{
    link::{BaseCell, FieldBase},
    memory::Memory,
    merge::{Flow, Survivor},
    setup::Field,
    value::Cell,
};

/// A mirror whose base moves once the source of truth was seen to hold what it is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Follower {
    /// Its position in the setup.
    pub position: usize,
    /// What it is accounted for with.
    pub held: Cell,
    /// Whether they agree on a part of a set only: then that is what both are accounted for with.
    pub partly: bool,
}

/// The base two sides have once they are accounted for; values are kept where both may move.
#[must_use]
pub fn base(
    field: &Field,
    mapping: u32,
    flow: Flow,
    (canonical, mirror): (&Cell, &Cell),
    memory: &Memory,
) -> Option<FieldBase> {
    let keep = flow != Flow::Out || (field.kind.is_set() && field.survivor != Survivor::Union);
    let cell =
        |cell: &Cell| memory.print(cell).map(|print| BaseCell { print, cell: keep.then(|| cell.clone()) });
    Some(FieldBase { field: field.name.clone(), mapping, canonical: cell(canonical)?, mirror: cell(mirror)? })
}

/// What either side of a set is accounted for with where they will agree on some elements only: on those they stand as
/// they will, on all others as they did. `None` where that is nothing new.
///
/// Who said that an element comes or goes has been heard then. Were that accounted for only once all elements agree, two
/// mirrors of which one adds what the other takes away would be heard in turns, for as long as neither may be written.
/// Where the two were accounted for apart, as an undo leaves them, they stay so until they agree on all.
pub(super) fn partly(
    (wanted, mirror): (&Cell, &Cell),
    (canonical_base, mirror_base): (&[CompactString], &[CompactString]),
) -> Option<Cell> {
    if canonical_base != mirror_base {
        return None;
    }
    let (wanted, mirror) = (wanted.items(), mirror.items());
    let agreed = |item: &CompactString| wanted.contains(item) == mirror.contains(item);
    let kept = mirror_base.iter().filter(|item| !agreed(item));
    let mut items: Vec<CompactString> =
        wanted.iter().filter(|item| agreed(item)).chain(kept).cloned().collect();
    items.sort();
    (items != mirror_base).then(|| Cell::list(items))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn items(text: &str) -> Vec<CompactString> {
        text.split_whitespace().map(CompactString::new).collect()
    }

    /// What is wanted, what the mirror holds, and what both were accounted for with; then what they are.
    #[track_caller]
    fn check([wanted, mirror, ours, theirs]: [&str; 4], expected: Option<&str>) {
        let list = |text: &str| Cell::list(items(text));
        let got = partly((&list(wanted), &list(mirror)), (&items(ours), &items(theirs)));
        assert_eq!(got, expected.map(list));
    }

    #[test]
    fn who_was_heard_about_an_element_is_accounted_for_with_that_one_and_with_no_other() {
        // It took `a` away, and was not told of `b`.
        check(["b", "", "a", "a"], Some(""));
        // It was made with `a`, and was not told of `b`.
        check(["a b", "a", "", ""], Some("a"));
        // It still is to hear that `a` went, and its own `c` was not heard.
        check(["b", "a b c", "a", "a"], Some("a b"));
    }

    #[test]
    fn nothing_is_accounted_for_anew_where_nothing_was_heard() {
        check(["a b", "a", "a", "a"], None);
        check(["b", "a", "", ""], None);
    }

    #[test]
    fn what_an_undo_left_apart_stays_apart_until_both_agree_on_all() {
        check(["b", "a b", "", "a"], None);
    }
}
