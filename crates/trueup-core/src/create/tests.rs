//! Which row may follow which.

use super::*;
use crate::fixture::{memory, time};

fn prepared() -> Create {
    let payload = memory().print(&crate::value::Cell::text("a payload"));
    Create {
        key: "order 7".into(),
        system: "portal".into(),
        entity: "R1".into(),
        ext_id: "ext".into(),
        payload: payload.unwrap(),
        values: BTreeMap::new(),
        begun: time(0),
        deadline: time(8),
        stage: Stage::Prepared,
        answer: None,
    }
}

fn made() -> Answer {
    Answer::Created { remote: "101".into() }
}

fn failed() -> Answer {
    Answer::Failed(Failure::whole(EXPIRED, "too late"))
}

fn stages() -> [Stage; 6] {
    let flagged = Stage::Flagged { why: "it was edited".into(), remote: None };
    let at = time(9);
    [
        Stage::Prepared,
        Stage::Sent,
        Stage::Done { at },
        Stage::Aborting { since: at },
        Stage::Ended { at },
        flagged,
    ]
}

fn rows() -> Vec<Create> {
    let answers = [None, Some(made()), Some(failed())];
    let all = stages().into_iter().flat_map(|stage| {
        answers.clone().map(|answer| Create { answer, stage: stage.clone(), ..prepared() })
    });
    all.filter(Create::is_sound).collect()
}

#[test]
fn a_create_begins_prepared_and_undecided() {
    let first: Vec<Create> = rows().into_iter().filter(|row| row.follows(None)).collect();
    assert_eq!(first, [prepared()]);
}

#[test]
fn a_decision_stands_for_ever() {
    let mut kept = 0;
    for before in rows() {
        for after in rows().into_iter().filter(|after| after.follows(Some(&before))) {
            assert!(before.answer.is_none() || after.answer == before.answer, "{before:?} {after:?}");
            kept += 1;
        }
    }
    assert!(kept > rows().len(), "some rows follow others");
}

#[test]
fn what_is_over_stays_as_it_is() {
    for before in rows().into_iter().filter(|row| !row.is_open()) {
        let next: Vec<Create> = rows().into_iter().filter(|row| row.follows(Some(&before))).collect();
        assert_eq!(next, [before]);
    }
}

#[test]
fn each_stage_fits_the_decision() {
    let sound = |stage: &Stage, answer| Create { answer, ..prepared().at(stage.clone()) }.is_sound();
    let table = stages().map(|stage| [None, Some(made()), Some(failed())].map(|one| sound(&stage, one)));
    let want = [
        [true, false, true],
        [true, true, true],
        [false, true, false],
        [false, false, true],
        [false, false, true],
        [false, true, true],
    ];
    assert_eq!(table, want);
}

#[test]
fn nothing_that_a_create_is_about_can_be_exchanged() {
    let before = prepared();
    let other = Create { entity: "R2".into(), ..before.clone() };
    assert!(before.follows(Some(&before)) && !other.follows(Some(&before)));
}

#[test]
fn a_row_can_always_reach_its_end() {
    let mut left: Vec<Create> = rows();
    let mut ends: Vec<Create> = rows().into_iter().filter(|row| !row.is_open()).collect();
    loop {
        let (reach, rest): (Vec<Create>, Vec<Create>) =
            left.into_iter().partition(|row| ends.iter().any(|end| end.follows(Some(row))));
        left = rest;
        if reach.is_empty() {
            break;
        }
        ends.extend(reach);
    }
    assert_eq!(left, []);
}
