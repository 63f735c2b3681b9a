//! What must be equal, for every way values may go.

use trueup_core::{
    journal::{Draft, Event},
    memory::Note,
    merge::{Flow, Survivor},
    value::{Cell, Kind},
};
use trueup_verify::{Class, Standing};

use crate::support::{Bench, Shape, record};

const TEXT: Kind = Kind::Text;
const TAGS: Kind = Kind::Tags;

/// One entity in one mirror: what both sides say, what they were accounted for with, and what is listed.
#[track_caller]
fn check(shape: &Shape, (canonical, mirror): (&str, &str), base: Option<(&str, &str)>, want: Option<Class>) {
    let bench = Bench::new(shape, vec![record("E1", canonical)], vec![("mirror", vec![record("1", mirror)])]);
    if let Some((canonical, mirror)) = base {
        bench.account("mirror", canonical, mirror);
    }
    let report = bench.verify().unwrap();
    let classes: Vec<Class> = report.differences.iter().map(|one| one.class).collect();
    assert_eq!(classes, Vec::from_iter(want), "{shape:?} {canonical} {mirror} {base:?}");
    assert_eq!(report.is_proven(), want.is_none());
    let standing = if want.is_none() { Standing::Agrees } else { Standing::Differs };
    assert_eq!(report.systems[0].standings[&standing], 1);
}

#[test]
fn a_value_is_the_same_on_both_sides_however_it_is_spelled() {
    let out = Shape::new(Kind::Email, Survivor::Canonical, Flow::Out);
    check(&out, ("ada@example.org", " Ada@Example.ORG "), None, None);
    check(&out, ("ada@example.org", "eda@example.org"), None, Some(Class::Value));
    check(&out, ("ada@example.org", ""), None, Some(Class::Value));
    check(&out, ("", ""), None, None);
}

#[test]
fn a_source_that_cannot_be_read_is_told_and_never_taken_for_empty() {
    let out = Shape::new(Kind::Email, Survivor::Canonical, Flow::Out);
    check(&out, ("nobody", ""), None, Some(Class::Unreadable));
}

#[test]
fn a_union_that_goes_out_lacks_nothing_in_the_mirror() {
    let union = Shape::new(TAGS, Survivor::Union, Flow::Out);
    check(&union, ("a;b", "b;a"), None, None);
    check(&union, ("a;b", "a;b;c"), None, None);
    check(&union, ("a;b", "a;c"), None, Some(Class::Value));
    // What only the mirror holds may come and go.
    check(&union, ("a", "a;c"), Some(("a", "a;d")), None);
    check(&union, ("a", "a;c"), Some(("d", "a;c")), Some(Class::Base));
}

#[test]
fn a_union_lacks_nothing_on_any_side_that_values_go_to() {
    let both = Shape::new(TAGS, Survivor::Union, Flow::Both);
    check(&both, ("a;b", "a;b"), None, None);
    check(&both, ("a;b", "a;b;c"), None, Some(Class::Value));
    check(&both, ("a;b;c", "a;b"), None, Some(Class::Value));
    let back = Shape::new(TAGS, Survivor::Union, Flow::In);
    check(&back, ("a;b", "a"), None, None);
    check(&back, ("a", "a;b"), None, Some(Class::Value));
}

#[test]
fn a_set_without_union_is_the_same_on_both_sides() {
    let set = Shape::new(TAGS, Survivor::Canonical, Flow::Out);
    check(&set, ("a;b", "b;a"), None, None);
    check(&set, ("a;b", "a;b;c"), None, Some(Class::Value));
}

#[test]
fn a_value_that_only_comes_in_agrees_when_both_sides_were_accounted_for() {
    let back = Shape::new(TEXT, Survivor::Canonical, Flow::In);
    check(&back, ("x", "y"), Some(("x", "y")), None);
    check(&back, ("x", "y"), None, Some(Class::Value));
    check(&back, ("x", "z"), Some(("x", "y")), Some(Class::Value));
    check(&back, ("z", "y"), Some(("x", "y")), Some(Class::Value));
    // Where values go out as well, memory's word is not enough.
    let both = Shape::new(TEXT, Survivor::Canonical, Flow::Both);
    check(&both, ("x", "y"), Some(("x", "y")), Some(Class::Base));
}

#[test]
fn a_base_that_says_what_neither_side_says_is_a_difference_of_its_own() {
    for flow in [Flow::Out, Flow::In, Flow::Both] {
        let shape = Shape::new(TEXT, Survivor::Canonical, flow);
        check(&shape, ("x", "x"), Some(("x", "x")), None);
        check(&shape, ("x", "x"), Some(("y", "y")), Some(Class::Base));
        check(&shape, ("x", "x"), Some(("x", "y")), Some(Class::Base));
        check(&shape, ("x", "y"), Some(("z", "z")), Some(Class::Value));
    }
}

#[test]
fn two_spellings_that_a_base_calls_accounted_for_need_a_write_that_was_seen_to_end_so() {
    let shape = Shape::new(TEXT, Survivor::Canonical, Flow::Out);
    let seen = |after: &str| {
        let (ours, theirs) = (vec![record("E1", "Ada Marlow")], vec![record("1", "ADA MARLOW")]);
        let bench = Bench::new(&shape, ours, vec![("mirror", theirs)]);
        bench.account("mirror", "Ada Marlow", "ADA MARLOW");
        bench.note(Note::Journal(Box::new(Draft {
            run: "r1".into(),
            at: jiff::Timestamp::UNIX_EPOCH,
            intent: None,
            system: "mirror".into(),
            entity: "E1".into(),
            remote: Some("1".into()),
            field: Some("value".into()),
            column: Some("value".into()),
            class: None,
            event: Event::Landed,
            before: Cell::Null,
            after: Cell::text(after),
            canonical: Cell::text("Ada Marlow"),
            evidence: String::new(),
        })));
        bench.verify().unwrap().is_proven()
    };
    assert!(seen("ADA MARLOW"));
    assert!(!seen("Ada M."));
}

#[test]
fn bases_of_another_configuration_are_not_compared_and_that_is_said() {
    let shape = Shape::new(TEXT, Survivor::Canonical, Flow::Out);
    let bench = Bench::new(&shape, vec![record("E1", "x")], vec![("mirror", vec![record("1", "x")])]);
    bench.account("mirror", "y", "y");
    bench.note(Note::Applied { config_hash: "c0".into(), canonical_count: 1 });
    let report = bench.verify().unwrap();
    assert!(report.is_proven() && !report.bases_compared);
}

#[test]
fn each_of_several_mirrors_is_compared_with_the_source() {
    let shape = Shape::new(TEXT, Survivor::Canonical, Flow::Out);
    let ours: Vec<_> = (1..=5).map(|at| record(&format!("E{at}"), "x")).collect();
    let theirs = |odd: &str| {
        let value = |at: usize| if at.to_string() == odd { "y" } else { "x" };
        (1..=5).map(|at| record(&at.to_string(), value(at))).collect::<Vec<_>>()
    };
    let bench = Bench::new(&shape, ours, vec![("left", theirs("2")), ("right", theirs("4"))]);
    let report = bench.verify().unwrap();
    let found: Vec<String> = report
        .differences
        .iter()
        .map(|one| format!("{} {}", one.system.as_ref().unwrap(), one.entity.as_ref().unwrap()))
        .collect();
    assert_eq!(found, ["left E2", "right E4"]);
    assert_eq!(report.systems.iter().map(|system| system.records).sum::<usize>(), 10);
}
