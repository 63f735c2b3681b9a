//! What a mirror and the source of truth are accounted for with once both have been heard.

use std::collections::BTreeSet;

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
/// they will, on those on which they agree now as they do, on all others as they did. `None` where that is nothing new.
///
/// Who said that an element comes or goes has been heard then. Were that accounted for only once all elements agree, two
/// mirrors of which one adds what the other takes away would be heard in turns, for as long as neither may be written.
/// Nor has a mirror said anything of an element that it holds as the source of truth did until it was told otherwise.
/// Where the two were accounted for apart, as an undo leaves them, they stay so until they agree on all.
pub(super) fn partly(
    wanted: &Cell,
    [canonical, mirror]: [&Cell; 2],
    [canonical_base, mirror_base]: [&[CompactString]; 2],
) -> Option<Cell> {
    if canonical_base != mirror_base {
        return None;
    }
    let (wanted, canonical, mirror) = (wanted.items(), canonical.items(), mirror.items());
    let all: BTreeSet<&CompactString> =
        [&wanted, &canonical, &mirror].into_iter().flatten().chain(mirror_base).collect();
    let stands = |item: &CompactString| {
        let held = mirror.contains(item);
        let agreed = held == wanted.contains(item) || held == canonical.contains(item);
        if agreed { held } else { mirror_base.contains(item) }
    };
    let items: Vec<CompactString> = all.into_iter().filter(|item| stands(item)).cloned().collect();
    (items != mirror_base).then(|| Cell::list(items))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{fixture::memory, value::Kind};

    fn items(text: &str) -> Vec<CompactString> {
        text.split_whitespace().map(CompactString::new).collect()
    }

    /// What is wanted, what the source of truth and the mirror hold, and what both were accounted for with; then what
    /// they are.
    #[track_caller]
    fn check([wanted, now, mirror, ours, theirs]: [&str; 5], expected: Option<&str>) {
        let list = |text: &str| Cell::list(items(text));
        let got = partly(&list(wanted), [&list(now), &list(mirror)], [&items(ours), &items(theirs)]);
        assert_eq!(got, expected.map(list));
    }

    #[test]
    fn values_are_kept_where_both_may_move_and_elements_where_any_of_them_may_go() {
        let kept = |kind: Kind, survivor: Survivor, flow: Flow| {
            let field = Field { survivor, ..Field::new("field", kind) };
            let cell = Cell::text("customer");
            base(&field, 0, flow, (&cell, &cell), &memory()).unwrap().mirror.cell.is_some()
        };
        assert!(kept(Kind::Text, Survivor::Canonical, Flow::Both));
        assert!(!kept(Kind::Text, Survivor::Canonical, Flow::Out));
        assert!(kept(Kind::Tags, Survivor::Canonical, Flow::Out));
        assert!(!kept(Kind::Tags, Survivor::Union, Flow::Out));
        assert!(kept(Kind::Tags, Survivor::Union, Flow::Both));
    }

    #[test]
    fn who_was_heard_about_an_element_is_accounted_for_with_that_one_and_with_no_other() {
        // It took `a` away, and was not told of `b`.
        check(["b", "a", "", "a", "a"], Some(""));
        // It was made with `a`, and was not told of `b`.
        check(["a b", "", "a", "", ""], Some("a"));
        // It still is to hear that `a` went, and its own `c` was not heard.
        check(["b", "a", "a b c", "a", "a"], Some("a b"));
    }

    #[test]
    fn what_both_hold_or_neither_does_until_a_third_one_is_heard_is_nothing_that_the_mirror_says() {
        // Both had `a` when it was made, and another one took it away.
        check(["b", "a", "a b", "", ""], Some("a b"));
        // Both took `a` away, and another one adds it again.
        check(["a b", "", "b", "a", "a"], Some("b"));
    }

    #[test]
    fn nothing_is_accounted_for_anew_where_nothing_was_heard() {
        check(["a b", "a", "a", "a", "a"], None);
        check(["b", "", "a", "", ""], None);
    }

    #[test]
    fn what_an_undo_left_apart_stays_apart_until_both_agree_on_all() {
        check(["b", "", "a b", "", "a"], None);
    }
}
