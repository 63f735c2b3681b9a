//! What each note means.

mod hints;

use super::*;
use crate::{
    fixture::{key, link_to, memory, time, update},
    journal::Event,
    link::{BaseCell, FieldBase},
    plan::FindingKind,
};

fn field(name: &str) -> FieldKey {
    FieldKey { link: key("R1"), field: name.into() }
}

fn finding(subject: &str, what: &str) -> Finding {
    Finding {
        key: FindingKey { class: "F1".into(), system: "portal".into(), subject: subject.into() },
        kind: FindingKind::Finding,
        entity: None,
        remotes: Vec::new(),
        what: what.into(),
        values: Vec::new(),
        place: String::new(),
    }
}

fn intent(id: &str) -> Intent {
    Intent {
        id: id.into(),
        run: "r1".into(),
        epoch: 1,
        change: update("R1", "101", Vec::new()),
        watermark: None,
        sent: None,
    }
}

fn hold() -> Hold {
    Hold { canonical: None, by: "r1".into() }
}

fn parked() -> Parked {
    Parked {
        class: "D4".into(),
        reason: "taken".into(),
        canonical: None,
        mirror: None,
        kept: None,
        since: "r1".into(),
    }
}

fn conflict() -> Conflict {
    Conflict { claims: Vec::new(), why: "both moved".into(), opened: "r1".into(), closed: None }
}

fn beat() -> Beat {
    Beat {
        run: "r1".into(),
        command: "run".into(),
        started: time(0),
        ended: None,
        plan: None,
        outcome: Outcome::Running,
        account: serde_json::Value::Null,
    }
}

fn draft() -> Draft {
    Draft {
        run: "r1".into(),
        at: time(0),
        intent: None,
        system: "portal".into(),
        entity: "R1".into(),
        remote: None,
        field: None,
        column: None,
        class: None,
        event: Event::Decided,
        before: Cell::Absent,
        after: Cell::Absent,
        canonical: Cell::Absent,
        evidence: String::new(),
    }
}

fn decision() -> Decision {
    Decision { choice: Choice::Accept, by: "Ada".into(), at: time(0), about: None, remotes: Vec::new() }
}

#[track_caller]
fn moves(note: Note, expected: bool) {
    assert_eq!(note.moves_serial(), expected, "{note:?}");
    let mut memory = memory();
    memory.commit(&[note]);
    assert_eq!(memory.serial, u64::from(expected));
}

#[test]
fn what_a_plan_is_made_from_moves_the_serial_and_looking_does_not() {
    let finding = finding("R1", "");
    let approval = Approval {
        plan: "p".into(),
        halt: "too_many_updates".into(),
        system: "portal".into(),
        about: None,
        max: 1,
        reason: "agreed".into(),
        by: "Ada".into(),
        at: time(0),
    };
    for note in [
        Note::Link(Box::new(link_to("R1", "101"))),
        Note::ForgetBase(field("city")),
        Note::Intend(Box::new(intent("i1"))),
        Note::Sent(Box::new(intent("i1"))),
        Note::Settle("i1".into()),
        Note::Journal(Box::new(draft())),
        Note::Park(field("city"), parked()),
        Note::Unpark(field("city")),
        Note::Hold(field("city"), hold()),
        Note::Release(field("city")),
        Note::Decide(finding.key.clone(), decision()),
    ] {
        moves(note, true);
    }
    for note in [
        Note::Observed(Box::new(link_to("R1", "101"))),
        Note::Tenant("portal".into(), "4711".into()),
        Note::Applied { config_hash: "c1".into(), canonical_count: 1 },
        Note::Conflict(field("city"), conflict()),
        Note::Findings("r1".into(), vec![finding.clone()]),
        Note::Found("r1".into(), Box::new(finding)),
        Note::Alarm("ntfy".into(), None),
        Note::Beat(Box::new(beat())),
        Note::Approve(approval),
    ] {
        moves(note, false);
    }
}

#[test]
fn a_note_tells_of_the_link_that_it_makes() {
    let link = link_to("R1", "101");
    assert_eq!(Note::Link(Box::new(link.clone())).link(), Some(&link));
    assert_eq!(Note::Observed(Box::new(link.clone())).link(), Some(&link));
    assert_eq!(Note::ForgetBase(field("city")).link(), None);
}

#[test]
fn how_a_run_ended_is_its_exit_code_and_whether_it_did_its_work() {
    let check = |outcome: Outcome, code: u8, good: bool| {
        assert_eq!((outcome.exit_code(), outcome.is_good()), (code, good), "{outcome:?}");
    };
    check(Outcome::Done, 0, true);
    check(Outcome::NeedsPerson, 4, true);
    check(Outcome::Halted, 3, false);
    check(Outcome::Failed, 1, false);
    check(Outcome::Running, 1, false);
}

#[test]
fn a_commit_moves_the_serial_once_however_many_notes_it_takes() {
    let mut memory = memory();
    memory.commit(&[Note::Park(field("city"), parked()), Note::Park(field("phone"), parked())]);
    assert_eq!(memory.serial, 1);
    memory.commit(&[]);
    assert_eq!(memory.serial, 1);
}

#[test]
fn an_account_is_pinned_at_first_use_and_stays() {
    let mut memory = memory();
    for account in ["4711", "4712"] {
        memory.commit(&[Note::Tenant("portal".into(), account.into())]);
    }
    assert_eq!(memory.tenants.values().collect::<Vec<_>>(), ["4711"]);
}

#[test]
fn an_intent_is_open_from_its_note_to_its_settlement() {
    let mut memory = memory();
    let sent = Intent { sent: Some(time(5)), ..intent("i1") };
    memory.commit(&[Note::Sent(Box::new(sent.clone()))]);
    assert!(memory.intents.is_empty(), "what was never opened is not sent");
    memory.commit(&[Note::Intend(Box::new(intent("i1")))]);
    memory.commit(&[Note::Sent(Box::new(sent.clone()))]);
    assert_eq!(memory.intents.values().collect::<Vec<_>>(), [&sent]);
    memory.commit(&[Note::Settle("i1".into())]);
    assert!(memory.intents.is_empty());
}

#[test]
fn a_finding_that_is_still_there_keeps_the_run_that_first_saw_it() {
    let mut memory = memory();
    memory.commit(&[Note::Findings("r1".into(), vec![finding("R1", "first"), finding("R2", "")])]);
    memory.commit(&[Note::Findings("r2".into(), vec![finding("R1", "second"), finding("R3", "")])]);
    let told: Vec<_> = memory
        .findings
        .values()
        .map(|open| (open.item.key.subject.as_str(), open.since.as_str(), open.item.what.as_str()))
        .collect();
    assert_eq!(told, [("R1", "r1", "second"), ("R3", "r2", "")]);
    // One that was away and came back is a new one.
    memory.commit(&[Note::Findings("r3".into(), vec![])]);
    memory.commit(&[Note::Findings("r4".into(), vec![finding("R1", "")])]);
    assert_eq!(memory.findings.values().next().unwrap().since.as_str(), "r4");
}

#[test]
fn a_finding_is_added_to_those_that_are_open_and_keeps_the_run_that_first_saw_it() {
    let mut memory = memory();
    memory.commit(&[Note::Findings("r1".into(), vec![finding("R1", "first")])]);
    for (run, subject) in [("r2", "R2"), ("r3", "R1")] {
        memory.commit(&[Note::Found(run.into(), Box::new(finding(subject, "second")))]);
    }
    let told = memory.findings.values().map(|open| (open.since.as_str(), open.item.what.as_str()));
    assert_eq!(told.collect::<Vec<_>>(), [("r1", "second"), ("r2", "second")]);
}

#[test]
fn releasing_an_undone_create_lets_its_tombstone_go_and_nothing_else_does() {
    let tomb = || Link { state: LinkState::Tombstone, ..link_to("R1", "101") };
    let check = |link: Link, held: &str, released: &str, left: usize| {
        let mut memory = memory();
        memory.commit(&[Note::Link(Box::new(link)), Note::Hold(field(held), hold())]);
        memory.commit(&[Note::Release(field(released))]);
        assert_eq!(memory.links.len(), left, "held {held:?}, released {released:?}");
    };
    check(tomb(), "", "", 0);
    check(tomb(), "city", "city", 1);
    check(tomb(), "city", "", 1);
    check(link_to("R1", "101"), "", "", 1);
}

#[test]
fn a_closed_conflict_stays_on_record() {
    let mut memory = memory();
    memory.commit(&[Note::Conflict(field("city"), conflict())]);
    assert_eq!(memory.open_conflicts().count(), 1);
    let closed = Conflict { closed: Some("by Ada".into()), ..conflict() };
    memory.commit(&[Note::Conflict(field("city"), closed)]);
    assert_eq!((memory.open_conflicts().count(), memory.conflicts.len()), (0, 1));
}

#[test]
fn notes_survive_a_file() {
    for note in [
        Note::Link(Box::new(link_to("R1", "101"))),
        Note::Sent(Box::new(intent("i1"))),
        Note::Park(field(""), parked()),
        Note::Decide(finding("R1", "").key, decision()),
    ] {
        let text = serde_json::to_string(&note).unwrap();
        assert_eq!(serde_json::from_str::<Note>(&text).unwrap(), note);
    }
}

fn touched(system: &str, remote: Option<&str>) -> TouchKey {
    TouchKey { system: system.into(), remote: remote.map(Into::into) }
}

/// Which touches stand after one more record of the portal was named, beside as many as may be.
fn after_many(count: usize, named: &str) -> (usize, bool, bool) {
    let mut memory = memory();
    let many = (0..count).map(|at| touched("portal", Some(&at.to_string())));
    let others = [touched("portal", None), touched("workbook", Some("R1"))];
    let notes: Vec<Note> = others.into_iter().chain(many).map(|key| Note::Touch(key, time(1))).collect();
    memory.commit(&notes);
    memory.commit(&[Note::Touch(touched("portal", Some(named)), time(2))]);
    let whole = memory.touches[&touched("portal", None)].told == 2;
    (memory.touches.len(), whole, memory.touches.contains_key(&touched("workbook", Some("R1"))))
}

#[test]
fn a_system_of_which_too_many_records_are_named_is_looked_at_whole() {
    assert_eq!(after_many(MOST - 1, "new"), (MOST + 2, false, true));
    assert_eq!(after_many(MOST, "new"), (2, true, true));
    assert_eq!(after_many(MOST, "7"), (MOST + 2, false, true), "it is named already");
}

#[test]
fn a_touch_stands_until_what_was_told_last_is_looked_at() {
    let (mut memory, key) = (memory(), touched("portal", Some("101")));
    let told = |memory: &Memory| memory.touches.get(&key).map(|touch| (touch.told, touch.attempts));
    let event = |id: &str, ms: i64| {
        Note::Event(crate::hint::Event { id: id.into(), touch: key.clone(), at: time(ms) })
    };
    memory.commit(&[event("a", 1), event("a", 2)]);
    assert_eq!(told(&memory), Some((1, 0)), "one that comes twice is taken once");
    memory.commit(&[Note::Vain(key.clone(), 1, time(3)), Note::Vain(key.clone(), 9, time(900_000))]);
    assert_eq!(told(&memory), Some((1, 1)));
    memory.commit(&[event("b", 4)]);
    assert_eq!(told(&memory), Some((2, 0)));
    let other = touched("portal", Some("102"));
    memory.commit(&[Note::Looked(key.clone(), 1), Note::Looked(other, 2)]);
    assert_eq!(told(&memory), Some((2, 0)), "news came meanwhile");
    memory.commit(&[Note::Looked(key.clone(), 2)]);
    assert_eq!(told(&memory), None);
    memory.commit(&[Note::ForgetEvents(time(4)), event("b", 5)]);
    assert_eq!((told(&memory), memory.events.len()), (None, 1), "b is still known");
    memory.commit(&[event("a", 6)]);
    assert_eq!(told(&memory), Some((1, 0)), "a was forgotten");
}

#[test]
fn what_is_remembered_of_a_run_is_what_the_last_one_said() {
    let mut memory = memory();
    for (hash, count) in [("c1", 1), ("c2", 2)] {
        let applied = Note::Applied { config_hash: hash.into(), canonical_count: count };
        memory.commit(&[applied, Note::Layout(hash.into()), Note::Cursor("portal".into(), hash.into())]);
    }
    assert_eq!((memory.config_hash.as_deref(), memory.canonical_count), (Some("c2"), Some(2)));
    assert_eq!(memory.layout.as_deref(), Some("c2"));
    assert_eq!(memory.cursors.values().collect::<Vec<_>>(), ["c2"]);
    let alarm = Alarm { what: "it halted".into(), since: "r1".into() };
    memory.commit(&[Note::Alarm("ntfy".into(), Some(alarm.clone()))]);
    assert_eq!(memory.alarms.values().collect::<Vec<_>>(), [&alarm]);
    memory.commit(&[Note::Alarm("ntfy".into(), None)]);
    assert!(memory.alarms.is_empty());
}

#[test]
fn what_a_field_was_accounted_for_at_is_forgotten_alone() {
    let mut memory = memory();
    let said = BaseCell { print: memory.print(&Cell::text("Granby")).unwrap(), cell: None };
    let base = |name: &str| FieldBase {
        field: name.into(),
        mapping: 1,
        canonical: said.clone(),
        mirror: said.clone(),
    };
    let link = Link { bases: vec![base("city"), base("phone")], ..link_to("R1", "101") };
    memory.commit(&[Note::Link(Box::new(link)), Note::ForgetBase(field("city"))]);
    let bases: Vec<&str> =
        memory.links.values().flat_map(|link| &link.bases).map(|base| base.field.as_str()).collect();
    assert_eq!(bases, ["phone"]);
}

#[test]
fn a_parked_field_a_hold_and_a_decision_stand_until_their_end() {
    let (mut memory, about) = (memory(), finding("R1", "").key);
    memory.commit(&[
        Note::Park(field("city"), parked()),
        Note::Hold(field("city"), hold()),
        Note::Decide(about.clone(), decision()),
    ]);
    assert_eq!(
        (memory.parked.len(), memory.holds.len(), memory.decisions.contains_key(&about)),
        (1, 1, true)
    );
    memory.commit(&[Note::Unpark(field("city")), Note::Release(field("phone"))]);
    assert_eq!((memory.parked.len(), memory.holds.len()), (0, 1));
    memory.commit(&[Note::Release(field("city"))]);
    assert!(memory.holds.is_empty());
}

#[test]
fn an_outcome_tells_the_shell_what_it_was() {
    use Outcome::{Done, Failed, Halted, NeedsPerson, Running};
    let all = [Done, Running, Failed, Halted, NeedsPerson];
    assert_eq!(all.map(Outcome::exit_code), [0, 1, 1, 3, 4]);
    assert_eq!(all.map(Outcome::is_good), [true, false, false, false, true]);
}

#[test]
fn only_notes_about_links_have_one() {
    let link = link_to("R1", "101");
    assert_eq!(Note::Link(Box::new(link.clone())).link(), Some(&link));
    assert_eq!(Note::Observed(Box::new(link.clone())).link(), Some(&link));
    assert_eq!(Note::Unpark(field("city")).link(), None);
}
