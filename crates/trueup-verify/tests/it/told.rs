//! What people were told is counted; the same field with other values than those they were told of is listed.

use std::{collections::BTreeMap, time::Duration};

use trueup_core::{
    journal::Intent,
    link::{GivenUp, How},
    memory::{Conflict, FieldKey, LinkKey, Note},
    merge::{Claim, Flow, Party, Survivor},
    plan::{Act, Change},
    value::{Cell, Kind},
};
use trueup_ports::{Store, World};
use trueup_verify::{Class, Listing};

use crate::support::{Bench, Shape, now, record};

/// One entity in one mirror that say different things: what is counted as told, and what is listed.
#[track_caller]
fn check(bench: &Bench, listed: &[(Listing, usize)], differences: &[Class]) {
    let report = bench.verify().unwrap();
    let classes: Vec<Class> = report.differences.iter().map(|one| one.class).collect();
    let listed: BTreeMap<Listing, usize> = listed.iter().copied().collect();
    assert_eq!((&report.listed, &classes[..]), (&listed, differences));
    assert_eq!(report.is_proven(), differences.is_empty());
}

fn bench(kind: Kind, (canonical, mirror): (&str, &str)) -> Bench {
    let shape = Shape::new(kind, Survivor::Ask, Flow::Both);
    Bench::new(&shape, vec![record("E1", canonical)], vec![("mirror", vec![record("1", mirror)])])
}

fn link_key() -> LinkKey {
    LinkKey { system: "mirror".into(), entity: "E1".into() }
}

/// Opens a conflict of the one field in which each side claims a value, or had it closed.
fn conflict(bench: &Bench, (canonical, mirror): (Cell, Cell), closed: Option<&str>) {
    let claim = |party, cell| Claim { party, cell, at: None, version: None };
    let row = Conflict {
        claims: vec![claim(Party::Canonical, canonical), claim(Party::Mirror(0), mirror)],
        why: "both moved".to_owned(),
        opened: "r1".into(),
        closed: closed.map(str::to_owned),
    };
    bench.note(Note::Conflict(FieldKey { link: link_key(), field: "value".into() }, row));
}

#[test]
fn an_open_conflict_is_counted_as_long_as_both_sides_say_what_it_is_about() {
    let about = || (Cell::text("x"), Cell::text("y"));
    for (values, listed) in [(("x", "y"), true), (("x", "z"), false), (("z", "y"), false)] {
        let bench = bench(Kind::Text, values);
        conflict(&bench, about(), None);
        if listed {
            check(&bench, &[(Listing::Conflict, 1)], &[]);
        } else {
            check(&bench, &[], &[Class::Value]);
        }
    }
}

#[test]
fn a_conflict_of_a_list_is_counted_whatever_its_elements_are_now() {
    let bench = bench(Kind::Tags, ("a;b", "a;d"));
    conflict(&bench, (Cell::list(["a", "b"]), Cell::list(["a", "c"])), None);
    check(&bench, &[(Listing::Conflict, 1)], &[]);
}

#[test]
fn a_conflict_that_was_closed_says_nothing_any_more() {
    let bench = bench(Kind::Text, ("x", "y"));
    conflict(&bench, (Cell::text("x"), Cell::text("y")), Some("a person"));
    check(&bench, &[], &[Class::Value]);
}

#[test]
fn a_record_on_its_way_is_pending_until_its_write_is_settled() {
    let bench = bench(Kind::Text, ("x", "y"));
    let pipeline = bench.setup.pipeline();
    let intent = Intent {
        id: "i1".into(),
        run: "r1".into(),
        epoch: 1,
        change: Change {
            system: "mirror".into(),
            entity: "E1".into(),
            label: "Ada Marlow".to_owned(),
            act: Act::Update { remote: "1".into(), how: How::Decided },
            edits: Vec::new(),
        },
        watermark: None,
        sent: Some(jiff::Timestamp::UNIX_EPOCH),
    };
    check(&bench, &[], &[Class::Value]);
    let holder = bench.world.holder();
    let fence = now(bench.store.lease(pipeline, &holder, Duration::from_mins(1))).unwrap();
    now(bench.store.commit(pipeline, Some(&fence), vec![Note::Intend(Box::new(intent.clone()))])).unwrap();
    check(&bench, &[(Listing::Pending, 1)], &[]);
    bench.note(Note::Settle("i1".into()));
    check(&bench, &[], &[Class::Value]);
    // Given up while its record was away, it is judged once that is back.
    let mut link = bench.memory().unwrap().links[&link_key()].clone();
    link.given_up = Some(Box::new(GivenUp { intent, back: true }));
    bench.note(Note::Link(Box::new(link)));
    check(&bench, &[(Listing::Pending, 1)], &[]);
}
