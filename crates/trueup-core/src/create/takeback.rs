//! Taking back what a create made before it was given up: only what nobody touched since.

use jiff::Timestamp;

use super::Create;
use crate::{
    memory::Memory,
    name::ClassId,
    plan::{Act, Change, Edit, Turn},
    record::Record,
    setup::{Binding, MirrorSide, Setup},
    value::Cell,
};

/// The class of what takes a create back.
const CLASS: &str = "aborted_create";

/// Whether a record is still exactly what a create made, as far as its system tells.
///
/// Each column holds what was sent and every other one nothing, each was written once, and nothing else of the
/// record was changed later. `record` is a direct read, with history where the system has one; `known` is its
/// last-modified time at our own first look at it.
#[must_use]
pub fn is_untouched(
    (setup, memory): (&Setup, &Memory),
    mirror: &MirrorSide,
    create: &Create,
    record: &Record,
    known: Option<Timestamp>,
) -> bool {
    let as_made = |binding: &Binding| {
        let field = setup.field(binding.field);
        let now = mirror.side.lenient(binding, field, record);
        match create.values.get(&field.name) {
            Some(sent) => memory.print(&now) == Some(*sent),
            None => now.is_blank(),
        }
    };
    let once = record.history.iter().all(|past| past.len() <= 1);
    once && is_as_old(record, known)
        && mirror.side.bindings.iter().filter(|binding| binding.lens.writes()).all(as_made)
}

/// Whether the record was changed last when it was made. Without a look of ours its history says when that was.
fn is_as_old(record: &Record, known: Option<Timestamp>) -> bool {
    let newest = record.history.iter().flatten().map(|past| past.at).max();
    match known.or(newest) {
        Some(made) => record.version.is_none_or(|version| version <= made),
        None => true,
    }
}

/// The change that puts an untouched record away; it is void as soon as one of its columns says anything else.
#[must_use]
pub fn take_back(setup: &Setup, mirror: &MirrorSide, create: &Create, record: &Record) -> Change {
    let kept = |binding: &Binding| Edit {
        field: setup.field_name(binding.field).clone(),
        column: mirror.side.column(binding).to_owned(),
        class: ClassId::new(CLASS),
        before: record.cell(binding.column).clone(),
        after: Cell::Null,
        wanted: Cell::Null,
        canonical: Cell::Null,
        turn: Turn::Alone,
    };
    Change {
        system: create.system.clone(),
        entity: create.entity.clone(),
        label: String::new(),
        act: Act::Archive { remote: record.id.clone(), version: record.version },
        edits: mirror.side.bindings.iter().filter(|binding| binding.lens.writes()).map(kept).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        create::Stage,
        fixture::{column_of, cycle, key, memory, plain, portal, setup, time, twin, with, workbook},
        record::Past,
        settle::precheck,
    };

    /// The contact 101 as a create made it, in a system that tells of each write.
    fn made() -> Record {
        let contact = twin("101", "R1");
        let once = |cell: &Cell| Past { cell: cell.clone(), at: time(100), by: "us".into(), foreign: false };
        Record { history: contact.cells.iter().map(|cell| vec![once(cell)]).collect(), ..contact }
    }

    /// The create that made it, with what the next plan would send.
    fn create(setup: &Setup, memory: &Memory) -> Create {
        let plan = cycle(setup, memory, &workbook(vec![plain("R1")]), &portal(vec![])).plan;
        let sent = |edit: &Edit| Some((edit.field.clone(), memory.print(&edit.wanted)?));
        Create {
            key: "order 7".into(),
            system: key("R1").system,
            entity: "R1".into(),
            ext_id: "ext".into(),
            payload: memory.print(&Cell::text("a payload")).unwrap(),
            values: plan.changes[0].edits.iter().filter_map(sent).collect(),
            begun: time(0),
            deadline: time(8),
            stage: Stage::Aborting { since: time(9), missing: None },
            answer: None,
        }
    }

    #[track_caller]
    fn check(record: &Record, known: Option<i64>, untouched: bool) {
        let (setup, memory) = (setup(), memory());
        let create = create(&setup, &memory);
        let told = is_untouched((&setup, &memory), &setup.mirrors()[0], &create, record, known.map(time));
        assert_eq!(told, untouched, "{record:?} {known:?}");
    }

    #[test]
    fn a_record_is_untouched_while_each_column_says_what_was_sent_and_no_other_says_anything() {
        check(&made(), None, true);
        check(&with(made(), "city", "Estes Park"), None, false);
        check(&with(made(), "city", ""), None, false);
        check(&with(made(), "more", "ada@example.org"), None, false);
        let mut untold = made();
        untold.cells[column_of("more")] = Cell::Absent;
        check(&untold, None, false);
    }

    #[test]
    fn a_record_was_touched_if_a_column_was_written_twice_though_it_says_the_same_again() {
        let mut back = made();
        let once = back.history[column_of("city")][0].clone();
        back.history[column_of("city")].push(once);
        check(&back, Some(100), false);
    }

    #[test]
    fn a_record_was_touched_if_it_changed_after_it_was_made() {
        let at = |version: Option<i64>| Record { version: version.map(time), ..made() };
        // Made when we first looked, or else when its history says.
        for known in [Some(100), None] {
            check(&at(Some(100)), known, true);
            check(&at(Some(99)), known, true);
            check(&at(Some(101)), known, false);
            check(&at(None), known, true);
        }
        check(&at(Some(150)), Some(150), true);
        // Where neither tells, its columns alone do.
        check(&Record { history: Vec::new(), ..at(Some(900)) }, None, true);
    }

    #[test]
    fn what_takes_a_create_back_is_void_once_a_column_says_anything_else() {
        let (setup, memory) = (setup(), memory());
        let mirror = &setup.mirrors()[0];
        let back = take_back(&setup, mirror, &create(&setup, &memory), &made());
        assert!(matches!(&back.act, Act::Archive { remote, .. } if remote.as_str() == "101"));
        let left = |now: &Record| precheck(mirror, back.clone(), Some(now)).change;
        assert_eq!(left(&made()), Some(back.clone()));
        for (column, text) in [("city", "Estes Park"), ("more", "ada@example.org")] {
            assert_eq!(left(&with(made(), column, text)), None, "{column}");
        }
    }
}
