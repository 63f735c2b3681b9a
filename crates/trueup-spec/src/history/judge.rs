//! Whether what came of a history can be right, told without knowing how the merge decides.

use std::fmt;

use trueup_core::{
    merge::{Flow, Survivor},
    plan::{Act, Change, Edit},
    value::Cell,
};

use super::{
    config::{FIELDS, SYSTEMS},
    engine::{Order, Planned, place},
    office::Office,
    step::Step,
};

/// How many calm cycles may pass until one changes nothing: one that writes, two that prove that a record
/// is gone, and that one.
const CALM: usize = 4;

/// What cannot be right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// A write replaces something else than its plan says, which the journal then lacks.
    NotJournaled,
    /// A value is written that no side which may be heard says.
    Invented,
    /// A write goes where the configuration lets nothing flow.
    AgainstTheFlow,
    /// A person's value is replaced although its side may not be overruled.
    Overruled,
    /// A record is made although the lead was linked once.
    Created,
    /// A record is written that is not there or not ours.
    OutOfReach,
    /// The order in which the mirrors stand in the configuration changes what is done.
    OrderMatters,
    /// A second calm cycle still writes.
    Restless,
    /// What is remembered still moves after the last calm cycle.
    NeverStill,
    /// Sides that ought to agree do not, and no conflict says so.
    Disagreeing,
}

/// What was seen while something was played.
#[derive(Debug, Default)]
pub struct Found {
    /// How many cycles ran.
    pub cycles: usize,
    /// How many edits were written.
    pub writes: usize,
    /// How many conflicts were told.
    pub conflicts: usize,
    /// What cannot be right.
    pub wrong: Vec<Wrong>,
}

impl Office {
    /// Takes one step, and judges it if it is a cycle.
    pub fn take(&mut self, step: Step) -> Found {
        let mut found = Found::default();
        if step == Step::Cycle {
            cycle(self, &mut found);
        } else {
            self.act(step);
        }
        found
    }
}

/// Lets calm cycles run and judges what they come to.
#[must_use]
pub fn calm(mut office: Office) -> Found {
    let mut found = Found::default();
    let mut still = false;
    for at in 0..CALM {
        let (before, written) = (office.memory.links.clone(), found.writes);
        cycle(&mut office, &mut found);
        if at > 0 && found.writes > written {
            found.wrong.push(Wrong::Restless);
        }
        still = found.writes == written && office.memory.links == before;
        if still {
            break;
        }
    }
    if !still {
        found.wrong.push(Wrong::NeverStill);
    }
    if (1..SYSTEMS).any(|system| (0..FIELDS).any(|field| disagrees(&office, system, field))) {
        found.wrong.push(Wrong::Disagreeing);
    }
    found
}

fn cycle(office: &mut Office, found: &mut Found) {
    let planned = office.plan(Order::Straight);
    if !planned.plan.is_empty() && sent(&planned) != sent(&office.plan(Order::Turned)) {
        found.wrong.push(Wrong::OrderMatters);
    }
    let edits: Vec<(&Change, &Edit)> = planned
        .cleared
        .iter()
        .flat_map(|change| change.sent().iter().map(move |edit| (change, edit)))
        .collect();
    let before = office.clone();
    found.wrong.extend(planned.cleared.iter().filter_map(|change| whole(&before, change)));
    for (change, edit) in edits {
        found.wrong.extend(judge(&before, change, edit));
        office.land(change, edit);
        found.writes += 1;
    }
    office.remember(&planned);
    office.note_agreed();
    found.cycles += 1;
    found.conflicts += planned.plan.conflicts.len();
}

// What is sent, in an order that does not depend on that of the mirrors.
fn sent(planned: &Planned) -> Vec<String> {
    let mut sent: Vec<String> = planned
        .cleared
        .iter()
        .flat_map(|change| {
            change.sent().iter().map(move |edit| {
                let (before, after) = (edit.before.to_text(), edit.after.to_text());
                format!("{} {} {} {before:?} {after:?}", change.system, change.entity, edit.field)
            })
        })
        .collect();
    sent.sort();
    sent
}

fn whole(office: &Office, change: &Change) -> Option<Wrong> {
    match change.act {
        Act::Create { .. } => Some(Wrong::Created),
        Act::Archive { .. } => Some(Wrong::OutOfReach),
        Act::Update { .. } => change
            .edits
            .iter()
            .any(|edit| place(change, edit).is_none_or(|(system, _)| !office.in_scope(system)))
            .then_some(Wrong::OutOfReach),
    }
}

fn judge(office: &Office, change: &Change, edit: &Edit) -> Option<Wrong> {
    let (system, field) = place(change, edit)?;
    let flow = office.config().flow;
    if system == 0 && flow == Flow::Out || system > 0 && flow == Flow::In {
        return Some(Wrong::AgainstTheFlow);
    }
    if office.cell(system, field).is_none_or(|now| edit.before != *now) {
        return Some(Wrong::NotJournaled);
    }
    let agreed = office.agreed.get(field);
    let moved = |cell: &Cell| agreed.is_none_or(|agreed| !agreed.same(cell));
    if may_not_be_overruled(office, system) && office.cell(system, field).is_some_and(moved) {
        return Some(Wrong::Overruled);
    }
    let heard =
        |from: usize| from == 0 || flow != Flow::Out && office.in_scope(from) && office.is_linked(from);
    let said = |from: usize| office.cell(from, field).is_some_and(|cell| cell.same(&edit.wanted));
    (!(0..SYSTEMS).any(|from| from != system && heard(from) && said(from))).then_some(Wrong::Invented)
}

// Whose value stays when several sides moved: everybody's, when a person is to be asked.
fn may_not_be_overruled(office: &Office, system: usize) -> bool {
    match office.config().survivor {
        Survivor::Canonical => system == 0,
        Survivor::Mirror(at) => system == at + 1,
        Survivor::Ask => true,
        Survivor::Latest { .. } | Survivor::VersionThenLatest { .. } | Survivor::Union => false,
    }
}

// A mirror that hears of everything must say what the source of truth says, unless people are asked.
fn disagrees(office: &Office, system: usize, field: usize) -> bool {
    let hears = office.config().flow != Flow::In && office.is_linked(system) && office.in_scope(system);
    let agree =
        office.cell(0, field).zip(office.cell(system, field)).is_none_or(|(ours, theirs)| ours.same(theirs));
    hears && !agree && !office.is_disputed(field)
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotJournaled => "a write replaces something else than its plan says",
            Self::Invented => "a value is written that nobody says who may be heard",
            Self::AgainstTheFlow => "a write goes where nothing may flow",
            Self::Overruled => "a person's value is replaced that may not be overruled",
            Self::Created => "a record is made of a lead that was linked",
            Self::OutOfReach => "a record is written that is not there or not ours",
            Self::OrderMatters => "the order of the mirrors changes what is done",
            Self::Restless => "a second calm cycle writes",
            Self::NeverStill => "what is remembered goes on moving",
            Self::Disagreeing => "sides differ and no conflict says so",
        })
    }
}

#[cfg(test)]
mod tests {
    use trueup_core::{link::How, name::ExtId, plan::Turn};

    use super::{super::config::Config, *};

    fn office() -> Office {
        open(Flow::Out, Survivor::Canonical)
    }

    fn open(flow: Flow, survivor: Survivor) -> Office {
        Office::open(Config { flow, survivor, settles: true }).unwrap()
    }

    fn write(system: &str, before: &str, after: &str) -> Change {
        let edit = Edit {
            field: "one".into(),
            column: "one".into(),
            class: "one".into(),
            before: Cell::text(before),
            after: Cell::text(after),
            wanted: Cell::text(after),
            canonical: Cell::text(after),
            turn: Turn::Alone,
        };
        let act = Act::Update { remote: "101".into(), how: How::Token };
        Change { system: system.into(), entity: "R1".into(), label: String::new(), act, edits: vec![edit] }
    }

    #[track_caller]
    fn check(office: &Office, change: &Change, want: Option<Wrong>) {
        let edits = change.edits.iter().filter_map(|edit| judge(office, change, edit));
        assert_eq!(whole(office, change).into_iter().chain(edits).next(), want);
    }

    #[test]
    fn every_write_that_cannot_be_right_is_seen() {
        let mut office = office();
        office.act(Step::Edit { system: 0, field: 0, value: Some(0) });
        check(&office, &write("first", "x", "a"), None);
        check(&office, &write("first", "b", "a"), Some(Wrong::NotJournaled));
        check(&office, &write("first", "x", "c"), Some(Wrong::Invented));
        check(&office, &write("canonical", "a", "x"), Some(Wrong::AgainstTheFlow));
        let create =
            Act::Create { ext_id: ExtId::new("x"), ext_id_column: None, class: "new".into(), origin: None };
        check(&office, &Change { act: create, ..write("first", "x", "a") }, Some(Wrong::Created));
        office.act(Step::Leave { system: 1 });
        check(&office, &write("first", "x", "a"), Some(Wrong::OutOfReach));
    }

    #[test]
    fn a_value_that_may_not_be_overruled_is_guarded() {
        for (survivor, want) in [(Survivor::Ask, Some(Wrong::Overruled)), (Survivor::Canonical, None)] {
            let mut office = open(Flow::Both, survivor);
            office.act(Step::Edit { system: 1, field: 0, value: Some(0) });
            check(&office, &write("first", "a", "x"), want);
            check(&office, &write("second", "x", "a"), None);
        }
    }

    #[test]
    fn sides_that_differ_without_a_conflict_are_seen() {
        let mut office = office();
        assert!(!disagrees(&office, 1, 0));
        office.act(Step::Edit { system: 1, field: 0, value: Some(0) });
        assert!(disagrees(&office, 1, 0));
        office.act(Step::Leave { system: 1 });
        assert!(!disagrees(&office, 1, 0));
    }
}
