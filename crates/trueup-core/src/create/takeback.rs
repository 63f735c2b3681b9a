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
            None => now.is_known() && now.is_blank(),
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
    use std::collections::BTreeMap;

    use super::*;
    use crate::{
        create::Stage,
        fixture::{self, PORTAL, memory, time, twin, with},
        record::Past,
    };

    /// A contact as it was made, each column written once.
    fn made() -> Record {
        let past =
            |cell: &Cell| vec![Past { cell: cell.clone(), at: time(100), by: String::new(), foreign: false }];
        let record = with(twin("101", "R1"), "more", "");
        Record { history: record.cells.iter().map(past).collect(), ..record }
    }

    /// What was asked for; nothing for the further addresses.
    fn asked(setup: &Setup) -> Create {
        let (memory, mirror) = (memory(), &setup.mirrors()[0]);
        let value = |binding: &Binding| {
            let field = setup.field(binding.field);
            let cell = mirror.side.lenient(binding, field, &made());
            (!cell.is_blank()).then(|| (field.name.clone(), memory.print(&cell).unwrap()))
        };
        Create {
            key: "order 7".into(),
            system: PORTAL.into(),
            entity: "R1".into(),
            ext_id: "ext".into(),
            payload: memory.print(&Cell::text("all")).unwrap(),
            values: mirror.side.bindings.iter().filter_map(value).collect::<BTreeMap<_, _>>(),
            begun: time(0),
            deadline: time(8),
            stage: Stage::Sent,
            answer: None,
        }
    }

    #[track_caller]
    fn check(record: &Record, known: Option<i64>, expected: bool) {
        let (setup, memory) = (fixture::setup(), memory());
        let side = &setup.mirrors()[0];
        let untouched = is_untouched((&setup, &memory), side, &asked(&setup), record, known.map(time));
        assert_eq!(untouched, expected);
    }

    #[test]
    fn a_record_that_holds_what_was_sent_and_nothing_else_is_untouched() {
        check(&made(), Some(100), true);
        check(&with(made(), "city", "Vail"), Some(100), false);
        check(&with(made(), "more", "second@example.org"), Some(100), false);
        let mut undelivered = made();
        undelivered.cells[fixture::column_of("more")] = Cell::Absent;
        check(&undelivered, Some(100), false);
    }

    #[test]
    fn a_column_that_was_written_again_was_touched_also_where_it_says_the_same() {
        let mut again = made();
        let first = again.history[4][0].clone();
        again.history[4].push(first);
        check(&again, Some(100), false);
    }

    #[test]
    fn a_record_that_changed_after_it_was_made_was_touched() {
        let at = |ms: i64| Record { version: Some(time(ms)), ..made() };
        let unhistoried = |ms: i64| Record { history: Vec::new(), ..at(ms) };
        for (known, changed) in [(Some(100), 101), (Some(200), 201), (None, 101)] {
            check(&at(changed), known, false);
            check(&at(changed - 1), known, true);
        }
        // Where nobody knows when it was made, what it holds tells.
        check(&unhistoried(900), None, true);
        check(&Record { version: None, ..made() }, Some(100), true);
    }

    #[test]
    fn it_is_put_away_only_as_it_was_seen() {
        let setup = fixture::setup();
        let change = take_back(&setup, &setup.mirrors()[0], &asked(&setup), &made());
        assert_eq!((change.system.as_str(), change.entity.as_str()), (PORTAL, "R1"));
        assert_eq!(change.act, Act::Archive { remote: "101".into(), version: Some(time(100)) });
        let edits: Vec<_> =
            change.edits.iter().map(|edit| (edit.column.as_str(), edit.before.to_text())).collect();
        let seen: Vec<_> = fixture::COLUMNS.into_iter().zip(made().cells.iter().map(Cell::to_text)).collect();
        assert_eq!(edits, seen);
        assert!(change.edits.iter().all(|edit| edit.class.as_str() == CLASS && edit.after.is_blank()));
        assert_eq!(change.edits[0].field.as_str(), "token");
        assert!(change.edits.iter().all(|edit| edit.wanted.is_blank() && edit.canonical.is_blank()));
    }
}
