//! Which row may follow which.

use super::*;
use crate::{
    fixture::{change, edit, key, linked, memory, time, update},
    memory::Note,
};

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

fn stages() -> [Stage; 7] {
    let flagged = Stage::Flagged { why: "it was edited".into(), remote: None, missing: None };
    let at = time(9);
    [
        Stage::Prepared,
        Stage::Sent,
        Stage::Done { at },
        Stage::Withdrawing { since: at },
        Stage::Aborting { since: at, missing: None },
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
fn what_was_never_sent_is_withdrawn_and_what_was_sent_is_looked_for() {
    let at = time(9);
    let aborting = Stage::Aborting { since: at, missing: None };
    let given_up = |stage: Stage| prepared().at(stage).decided(failed());
    let follows = |after: &Stage, before: Stage| given_up(after.clone()).follows(Some(&given_up(before)));
    let withdrawing = Stage::Withdrawing { since: at };
    for (before, withdrawn, looked_for) in [(Stage::Prepared, true, false), (Stage::Sent, false, true)] {
        let told = (follows(&withdrawing, before.clone()), follows(&aborting, before.clone()));
        assert_eq!(told, (withdrawn, looked_for), "{before:?}");
    }
    assert!(!follows(&aborting, withdrawing.clone()) && !follows(&withdrawing, aborting));
}

#[test]
fn it_is_over_once_two_looks_a_quiet_period_apart_did_not_find_its_record() {
    let aborting = |missing| Stage::Aborting { since: time(0), missing };
    let flagged = |missing| Stage::Flagged { why: "it was edited".into(), remote: None, missing };
    let at = |minute: i64| time(minute * 60_000);
    let quiet = Duration::from_mins(4);
    for stage in [&aborting as &dyn Fn(Option<Timestamp>) -> Stage, &flagged] {
        assert_eq!(stage(None).not_found(at(10), quiet), stage(Some(at(10))));
        assert_eq!(stage(Some(at(10))).not_found(at(13), quiet), stage(Some(at(10))));
        assert_eq!(stage(Some(at(10))).not_found(at(14), quiet), Stage::Ended { at: at(14) });
        // Where the store's clock was put back, the time begins anew.
        assert_eq!(stage(Some(at(10))).not_found(at(2), quiet), stage(Some(at(2))));
        assert_eq!(stage(Some(at(10))).found(), stage(None));
    }
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
fn the_code_of_a_failure_tells_the_kind_of_the_mirror() {
    assert_eq!(sync_failed("hubspot"), "HUBSPOT_SYNC_FAILED");
}

#[test]
fn a_caller_is_told_what_was_decided_and_until_then_nothing() {
    let check = |row: Create, answer: Option<Answer>, aborted: bool| {
        assert_eq!((&row.answer, row.is_aborted()), (&answer, aborted));
    };
    check(prepared(), None, false);
    check(prepared().decided(made()), Some(made()), false);
    check(prepared().decided(failed()), Some(failed()), true);
    check(prepared().decided(failed()).at(Stage::Sent), Some(failed()), true);
}

#[test]
fn a_create_is_over_since_both_records_or_neither_were_seen() {
    let over = stages().map(|stage| prepared().at(stage).over());
    assert_eq!(over, [None, None, Some(time(9)), None, None, Some(time(9)), None]);
}

fn remembered(rows: impl IntoIterator<Item = Create>) -> Memory {
    let mut memory = linked(&[("R1", "101")]);
    let notes: Vec<Note> = rows.into_iter().map(|row| Note::Create(Box::new(row))).collect();
    memory.commit(&notes);
    memory
}

#[test]
fn a_record_is_left_to_its_own_create_until_that_is_over() {
    let row = |name: &str, entity: &str, stage| Create {
        key: name.into(),
        entity: entity.into(),
        stage,
        ..prepared()
    };
    let done = Stage::Done { at: time(9) };
    let mut memory =
        remembered([row("a", "R1", Stage::Sent), row("b", "R2", done), row("c", "R3", Stage::Prepared)]);
    let open = |memory: &Memory, link: &LinkKey| memory.open_create(link).map(|row| row.key.to_string());
    let told = ["R1", "R2", "R3", "R4"].map(|entity| open(&memory, &key(entity)));
    assert_eq!(told, [Some("a".into()), None, Some("c".into()), None]);
    let elsewhere = LinkKey { system: "desk".into(), ..key("R1") };
    assert_eq!(open(&memory, &elsewhere), None);
    memory.commit(&[Note::Forget("a".into())]);
    assert_eq!((open(&memory, &key("R1")), memory.open_creates().count()), (None, 1));
}

#[track_caller]
fn is_own(row: &Create, step: &Change, expected: bool) {
    assert_eq!(remembered([row.clone()]).is_own_step(step), expected, "{row:?} {step:?}");
}

#[test]
fn a_step_of_an_open_create_is_told_by_its_row() {
    let creates = |ext_id: &str| {
        let act =
            Act::Create { ext_id: ext_id.into(), ext_id_column: None, class: "D7".into(), origin: None };
        change("R1", act, Vec::new())
    };
    let archives = |id: &str| {
        change("R1", Act::Archive { remote: id.into(), version: None }, vec![edit("city", "Granby", "")])
    };
    let aborting = || prepared().decided(failed()).at(Stage::Aborting { since: time(9), missing: None });
    // It makes its record while nothing is decided, under the id of its row.
    is_own(&prepared(), &creates("ext"), true);
    is_own(&prepared().at(Stage::Sent), &creates("ext"), true);
    is_own(&prepared(), &creates("another"), false);
    is_own(&prepared().at(Stage::Sent).decided(made()), &creates("ext"), false);
    is_own(&aborting(), &creates("ext"), false);
    is_own(&prepared().at(Stage::Done { at: time(9) }), &creates("ext"), false);
    is_own(&Create { entity: "R2".into(), ..prepared() }, &creates("ext"), false);
    // It takes back the very record it made, once it was given up.
    is_own(&aborting(), &archives("101"), true);
    is_own(&aborting(), &archives("102"), false);
    is_own(&prepared().at(Stage::Sent), &archives("101"), false);
    is_own(&prepared().at(Stage::Sent).decided(failed()), &archives("101"), false);
    is_own(&aborting().at(Stage::Ended { at: time(9) }), &archives("101"), false);
    is_own(&aborting().at(Stage::Withdrawing { since: time(9) }), &archives("101"), false);
    is_own(&prepared(), &update("R1", "101", Vec::new()), false);
}
