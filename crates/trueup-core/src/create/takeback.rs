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
