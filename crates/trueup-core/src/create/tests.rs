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

#[test]
fn a_row_that_goes_on_keeps_everything_else() {
    let at = Stage::Done { at: time(9) };
    let row = prepared().decided(made()).at(at.clone());
    assert_eq!(row, Create { stage: at, answer: Some(made()), ..prepared() });
    assert_eq!((row.over(), prepared().over()), (Some(time(9)), None));
    assert_eq!(Create { stage: Stage::Ended { at: time(7) }, ..prepared() }.over(), Some(time(7)));
}

#[test]
fn only_a_failure_is_an_abort() {
    let aborted =
        [None, Some(made()), Some(failed())].map(|answer| Create { answer, ..prepared() }.is_aborted());
    assert_eq!(aborted, [false, false, true]);
    assert_eq!(sync_failed("hubspot"), "HUBSPOT_SYNC_FAILED");
}

/// Whether a change of R1 in the portal is a step of the create as it is remembered.
#[track_caller]
fn own(create: &Create, act: &Act, expected: bool) {
    let mut memory = crate::fixture::linked(&[("R1", "101")]);
    memory.creates.insert(create.key.clone(), create.clone());
    let change = crate::fixture::change("R1", act.clone(), vec![]);
    assert_eq!(memory.is_own_step(&change), expected, "{create:?} {act:?}");
    let other = crate::fixture::change("R2", act.clone(), vec![]);
    assert!(!memory.is_own_step(&other), "a step of somebody else's");
}

#[test]
fn only_its_own_create_and_the_archive_of_what_it_made_are_steps_of_a_create() {
    let create = |ext_id: &str| Act::Create {
        ext_id: ext_id.into(),
        ext_id_column: None,
        class: "D7".into(),
        origin: None,
    };
    let archive = |remote: &str| Act::Archive { remote: remote.into(), version: None };
    let sent = prepared().at(Stage::Sent);
    own(&prepared(), &create("ext"), true);
    own(&sent, &create("ext"), true);
    own(&sent, &create("other"), false);
    own(&sent.decided(failed()), &create("ext"), false);
    own(&prepared().decided(made()).at(Stage::Done { at: time(9) }), &create("ext"), false);
    let aborting = prepared().decided(failed()).at(Stage::Aborting { since: time(9) });
    own(&aborting, &archive("101"), true);
    own(&aborting, &archive("102"), false);
    own(&sent.decided(failed()), &archive("101"), false);
    own(&sent.decided(made()), &archive("101"), false);
    let act = Act::Update { remote: "101".into(), how: crate::link::How::Created };
    own(&aborting, &act, false);
}
