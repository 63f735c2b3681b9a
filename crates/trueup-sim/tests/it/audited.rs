//! What the independent auditor is given of a real seed: it reads the same as text, and notices what is planted in it.

use std::sync::LazyLock;

use trueup_audit::{
    Violation, audit,
    line::{Cell, Change, Event, Line, Verb},
    read, write,
};
use trueup_sim::{run::replay, swarm::Options};

/// What is given of seeds in which there is everything that harm can be planted in: of the first one whose systems are
/// tables, and of the first one whose mirrors are portals of the sandbox.
static EVIDENCE: LazyLock<[Vec<Line>; 2]> = LazyLock::new(|| [eventful(false), eventful(true)]);

fn eventful(wire: bool) -> Vec<Line> {
    let options = (0..800).map(Options::of).filter(|options| options.wire == wire);
    let mut played = options.map(|options| replay(&options).evidence);
    let lines = played.find(|lines| is_eventful(lines)).expect("some seed has all of it");
    assert_eq!(audit(&lines), [], "the evidence is in order before anything is planted");
    lines
}

fn evidence() -> [Vec<Line>; 2] {
    EVIDENCE.clone()
}

/// A scope, an approval, a record that was made, and a person's value that was overwritten.
fn is_eventful(lines: &[Line]) -> bool {
    let scoped = |line: &Line| matches!(line, Line::System(system) if system.scope.is_some());
    let approved = |line: &Line| matches!(line, Line::Approval(_));
    let made = |line: &Line| matches!(line, Line::Change(one) if one.ours && one.verb == Verb::Create);
    let has = |what: &dyn Fn(&Line) -> bool| lines.iter().any(what);
    has(&scoped) && has(&approved) && has(&made) && overwritten(lines).is_some()
}

fn ids(violations: &[Violation]) -> Vec<&str> {
    let mut ids: Vec<&str> = violations.iter().map(|violation| violation.judgement).collect();
    ids.dedup();
    ids
}

/// Plants something in the first line that takes it, and asks what is noticed.
#[track_caller]
fn check(judgement: &str, plant: impl Fn(&mut Line) -> bool) {
    for mut lines in evidence() {
        assert!(lines.iter_mut().any(&plant), "there is nothing to plant {judgement} in");
        let found = audit(&lines);
        assert!(ids(&found).contains(&judgement), "{judgement} does not notice; found {found:#?}");
    }
}

/// Takes out what is picked, and asks what is noticed.
#[track_caller]
fn check_without(judgement: &str, picked: impl Fn(&Line) -> bool) {
    for mut lines in evidence() {
        let count = lines.len();
        lines.retain(|line| !picked(line));
        assert!(lines.len() < count, "there is nothing to leave out for {judgement}");
        let found = audit(&lines);
        assert!(ids(&found).contains(&judgement), "{judgement} does not notice; found {found:#?}");
    }
}

#[test]
fn evidence_reads_the_same_as_text() {
    let kinds = ["request", "change", "intent", "sending", "settled", "entry", "link", "plan", "state"];
    for lines in evidence() {
        let text = write(&lines).unwrap();
        assert_eq!(lines, read(&text).unwrap());
        for kind in kinds {
            assert!(text.contains(&format!("{{\"line\":\"{kind}\"")), "there is no {kind} line");
        }
    }
}

#[test]
fn every_judgement_notices_the_harm_it_is_for_in_a_real_seed() {
    check_without("A1", |line| matches!(line, Line::Sending(_)));
    check_without("A2", |line| matches!(line, Line::Request(_)));
    check_without("A3", |line| matches!(line, Line::Entry(_)));
    check("A4", |line| match line {
        Line::Entry(entry) if entry.event == Event::Landed => {
            entry.after = Cell::Known(Some("never stood there".into()));
            true
        }
        _ => false,
    });
    check_without("A5", |line| matches!(line, Line::Change(change) if !change.ours));
    check("A8", |line| match line {
        Line::System(system) => system.scope.as_mut().map(|scope| scope.value = "nobody".into()).is_some(),
        _ => false,
    });
    check_without("A9", |line| matches!(line, Line::Link(_)));
    check("A10", |line| match line {
        Line::Sending(intent) if intent.verb == Verb::Update => {
            intent.edits.iter_mut().for_each(|edit| edit.before = Cell::Known(Some("another".into())));
            true
        }
        _ => false,
    });
    check_without("A11", |line| matches!(line, Line::Settled(_)));
    check("A12", |line| match line {
        Line::Entry(entry) => {
            entry.evidence.push('.');
            true
        }
        _ => false,
    });
    check_without("A13", |line| matches!(line, Line::Approval(_)));
    check("A14", |line| match line {
        Line::Terms(terms) => {
            (terms.caps.updates_percent, terms.caps.creates_percent, terms.caps.free) = (0.0, 0.0, 0);
            true
        }
        _ => false,
    });
}

#[test]
fn a_value_that_stands_there_already_is_noticed_in_a_real_seed() {
    evidence().into_iter().for_each(sends_what_stood);
}

fn sends_what_stood(mut lines: Vec<Line>) {
    let mut updates = lines.iter().filter_map(|line| match line {
        Line::Sending(intent) if intent.verb == Verb::Update => {
            Some((intent.intent.clone(), intent.edits.first()?))
        }
        _ => None,
    });
    let (id, edit) = updates.next_back().expect("something was updated");
    let (column, stood) = (edit.column.clone(), edit.before.text().map(str::to_owned));
    for line in &mut lines {
        if let Line::Request(request) = line
            && request.request == id
        {
            request.fields.insert(column.clone(), stood.clone());
        }
    }
    assert!(ids(&audit(&lines)).contains(&"A15"));
}

#[test]
fn a_value_of_a_person_that_stands_nowhere_is_noticed_in_a_real_seed() {
    for mut lines in evidence() {
        let (at, column) = overwritten(&lines).unwrap();
        if let Some(Line::Change(change)) = lines.get_mut(at) {
            change.fields.get_mut(&column).unwrap().after = Some("stands nowhere".into());
        }
        assert!(ids(&audit(&lines)).contains(&"A6"));
    }
}

/// The last change of ours that put an end to a person's value: that one's line, and the column.
fn overwritten(lines: &[Line]) -> Option<(usize, String)> {
    lines.iter().rev().find_map(|line| match line {
        Line::Change(change) if change.ours && change.verb == Verb::Update => trampled(lines, change),
        _ => None,
    })
}

/// Which line of a person's a change put an end to, and the column.
fn trampled(lines: &[Line], ours: &Change) -> Option<(usize, String)> {
    let column = ours.fields.keys().next()?;
    let before = lines.iter().enumerate().filter_map(|(at, line)| match line {
        Line::Change(change) if change.record == ours.record && change.system == ours.system => {
            Some((at, change))
        }
        _ => None,
    });
    let mut written = before.filter(|(_, one)| one.seq < ours.seq && one.fields.contains_key(column));
    written.next_back().filter(|(_, one)| !one.ours).map(|(at, _)| (at, column.clone()))
}

#[test]
fn a_record_that_was_made_twice_is_noticed_in_a_real_seed() {
    evidence().into_iter().for_each(makes_a_twin);
}

fn makes_a_twin(mut lines: Vec<Line>) {
    let made = lines.iter().find_map(|line| match line {
        Line::Change(change) if change.ours && change.verb == Verb::Create => change.request.clone(),
        _ => None,
    });
    let made = made.expect("something was made");
    let twins: Vec<Line> = lines.iter().filter_map(|line| twin(line, &made)).collect();
    lines.extend(twins);
    assert!(ids(&audit(&lines)).contains(&"A7"));
}

#[test]
fn a_portal_that_holds_something_else_than_its_log_says_is_noticed() {
    let [_, mut lines] = evidence();
    let state = lines.iter_mut().find_map(|line| match line {
        Line::State(state) if state.fields.contains_key("hubspot_owner_id") => Some(state),
        _ => None,
    });
    state.expect("a portal holds records").fields.insert("city".into(), "written behind its log".into());
    assert_eq!(ids(&audit(&lines)), ["A5"]);
}

/// A line of a create, told of another record.
fn twin(line: &Line, made: &str) -> Option<Line> {
    let mut line = line.clone();
    match &mut line {
        Line::Intent(one) | Line::Sending(one) if one.intent == made => one.intent.push('+'),
        Line::Settled(one) if one.intent == made => one.intent.push('+'),
        Line::Request(one) if one.request == made => one.request.push('+'),
        Line::Change(one) if one.request.as_deref() == Some(made) => {
            one.request = Some(format!("{made}+"));
            one.record.push('+');
        }
        _ => return None,
    }
    Some(line)
}
