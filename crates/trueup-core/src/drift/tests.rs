//! Which class takes a difference.

use super::*;
use crate::{fixture, setup::Action};

const CITY: FieldId = FieldId(4);

/// Long cities are C1's, whatever has a canonical value is C2's, the rest is other's.
fn setup(first: &str, other: bool) -> Setup {
    let mut draft = fixture::draft();
    let class =
        |id: &str, trigger| Class { id: id.into(), trigger, action: Action::Fix, title: String::new() };
    let when = |source: &str| Some(Expr::compile(source).unwrap());
    draft.classes = vec![
        class("P1", Trigger::Differs { field: FieldId(3), when: None }),
        class("C1", Trigger::Differs { field: CITY, when: when(first) }),
        class("C2", Trigger::Differs { field: CITY, when: when("!blank(canonical)") }),
    ];
    draft.classes.extend(other.then(|| class("other", Trigger::Other)));
    draft.build().unwrap()
}

#[track_caller]
fn check(setup: &Setup, (canonical, mirror): (&str, &str), expected: Option<&str>) {
    let [canonical, mirror] = [canonical, mirror].map(Cell::text);
    let diff = Diff { field: CITY, wanted: canonical.clone(), canonical, mirror };
    let class = classify(setup, &diff).unwrap().map(|class| class.id.as_str());
    assert_eq!(class, expected);
}

#[test]
fn the_first_class_whose_field_and_condition_fit_takes_a_difference() {
    let setup = setup("size(mirror) > 6", true);
    check(&setup, ("Vail", "Estes Park"), Some("C1"));
    check(&setup, ("Vail", "Granby"), Some("C2"));
    check(&setup, ("Estes Park", "Vail"), Some("C2"));
    check(&setup, ("", "Vail"), Some("other"));
}

#[test]
fn what_no_class_takes_has_none() {
    check(&setup("size(mirror) > 6", false), ("", "Vail"), None);
}

#[track_caller]
fn unclear(condition: &str, why: &str) {
    let setup = setup(condition, true);
    let [canonical, mirror] = ["Vail", "Granby"].map(Cell::text);
    let diff = Diff { field: CITY, wanted: canonical.clone(), canonical, mirror };
    let unclear = classify(&setup, &diff).unwrap_err();
    assert_eq!(unclear.class.id.as_str(), "C1");
    assert!(unclear.why.contains(why), "{}", unclear.why);
}

#[test]
fn a_condition_that_cannot_be_told_is_passed_over_by_nobody() {
    unclear("mirror > 5", "cannot compare a text with a number");
    unclear("lower(mirror)", "`lower(mirror)` gives neither true nor false");
    unclear("city == 'Vail'", "city");
}
