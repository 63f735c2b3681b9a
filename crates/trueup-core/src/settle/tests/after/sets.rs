//! What became of a set: what the system kept of it, and what it did not take back.

use super::{Case, US, city, past, print};
use crate::{
    fixture::{draft, edit, with},
    merge::Survivor,
    plan::Edit,
    settle::Answer,
    setup::Setup,
    undo::UNDO,
    value::Cell,
};

/// The further addresses belong to the source of truth, and are no union.
fn owned() -> Setup {
    let mut draft = draft();
    draft.fields[2].survivor = Survivor::Canonical;
    draft.build().unwrap()
}

fn more(before: &str, after: &str) -> Edit {
    Edit { wanted: Cell::list(after.split(';')), ..edit("more", before, after) }
}

/// How an edit of the further addresses ended that the system said yes to, and why if not well.
#[track_caller]
fn check(sent: Edit, now: &str, ends: &str, reason: &str) {
    let case = Case { setup: owned, ..Case::new(vec![sent], Answer::Written, with(city(""), "more", now)) };
    case.check(&[ends]);
    assert_eq!(case.audit().endings[0].reason, reason);
}

#[test]
fn a_set_that_kept_more_than_it_was_sent_landed() {
    let sent = || more("a@x.org", "a@x.org;b@x.org");
    check(sent(), "a@x.org;b@x.org", "more Landed", "");
    check(sent(), "a@x.org;b@x.org;c@x.org", "more Landed", "");
    check(sent(), "b@x.org", "more Refused", "the system answered yes but kept only a part of it");
}

#[test]
fn an_undo_of_a_set_landed_unless_the_system_kept_what_was_to_go() {
    let back = || Edit { class: UNDO.into(), ..more("a@x.org;b@x.org", "a@x.org") };
    check(back(), "A@X.org", "more Landed", "");
    let kept = "the system answered yes but kept what was to be taken back";
    check(back(), "b@x.org;a@x.org", "more Refused", kept);
    check(back(), "a@x.org;b@x.org", "more Refused", "the system answered yes but the value did not change");
    check(back(), "c@x.org", "more Refused", "the system answered yes but kept only a part of it");
}

#[test]
fn an_undo_of_one_value_landed_however_the_system_spells_it() {
    let back = Edit { class: UNDO.into(), ..edit("city", "Estes Park", "Granby") };
    let seen = past(city("GRANBY"), "city", &[("GRANBY", 160, US), ("Estes Park", 90, US)]);
    let case = Case::new(vec![back], Answer::Written, seen);
    case.check(&["city Landed"]);
    assert_eq!(Some(case.audit().bases[0].mirror.print), print("GRANBY"));
}
