//! Invented records that fit the mapping of a configuration.

use trueup_core::{
    name::RemoteId,
    record::Record,
    setup::{Lens, MirrorSide, Setup, Side},
    value::{Cell, Kind, Value},
};

/// The first id of an invented record in a mirror.
const FIRST_ID: usize = 1_001;

/// How many records an attack needs, so that every limit of the configuration can be passed.
pub(super) fn size(setup: &Setup) -> usize {
    let caps = setup.caps();
    120.max(2 * caps.free + 2).max(2 * caps.same_value + 2).max(2 * caps.archives + 2)
}

/// The key of an invented entity.
pub(super) fn key(number: usize) -> String {
    format!("P{number:05}")
}

/// The id of its record in the mirror.
pub(super) fn remote(number: usize) -> RemoteId {
    RemoteId::new((FIRST_ID + number).to_string())
}

/// The canonical record of an entity; another `turn` has other values.
pub(super) fn canonical(setup: &Setup, number: usize, turn: usize) -> Record {
    let side = setup.canonical();
    let cells = (0..side.columns.len()).map(|column| cell(setup, side, column, number, turn)).collect();
    Record { place: format!("row {number}"), ..Record::new(RemoteId::new(key(number)), cells) }
}

fn cell(setup: &Setup, side: &Side, column: usize, number: usize, turn: usize) -> Cell {
    let bound = side
        .bindings
        .iter()
        .filter(|binding| binding.column == column && !matches!(binding.lens, Lens::Expr(_)));
    match bound.map(|binding| &setup.field(binding.field).kind).next() {
        Some(kind) => value(kind, number, turn),
        // Only expressions read it; a number is what they compute with most.
        None => Cell::Value(Value::Number((number + 200 * turn).into())),
    }
}

fn value(kind: &Kind, number: usize, turn: usize) -> Cell {
    match kind {
        Kind::Text | Kind::Name => {
            Cell::text(format!("Proof {} {number}", ["Alpha", "Beta"].get(turn).unwrap_or(&"Gamma")))
        }
        Kind::Email | Kind::Emails => Cell::text(format!("proof{number}@example.org")),
        Kind::Phone(_) | Kind::Phones(_) => {
            Cell::text(format!("+1970{}{:04}", 201 + turn + number / 9_000, 1_000 + number % 9_000))
        }
        Kind::Tags => Cell::text(key(number)),
        Kind::Log => Cell::text(format!("2026-01-01 proof: {number} {turn}")),
        Kind::Decimal => Cell::Value(Value::Number((number + 1_000 * turn).into())),
        Kind::Bool => Cell::Value(Value::Bool(turn == 0)),
        Kind::Date => Cell::text(format!("2026-01-{:02}", 1 + (number + turn) % 28)),
    }
}

/// What the mirror holds when it agrees with a canonical record: column by column, nothing left out.
pub(super) fn agreeing(setup: &Setup, side: &MirrorSide, record: &Record) -> Vec<(String, String)> {
    let mut cells: Vec<(String, String)> = Vec::new();
    for binding in side.side.bindings.iter().filter(|binding| binding.lens.writes()) {
        let own = setup.canonical().binding(binding.field);
        let wanted =
            own.map_or(Cell::Absent, |own| setup.canonical().strict(own, setup.field(binding.field), record));
        if let Some(text) = binding.lens.put(&Cell::Null, &wanted).ok().and_then(|cell| cell.to_text()) {
            cells.push((side.side.column(binding).to_owned(), text));
        }
    }
    if let Some(scope) = &side.scope {
        let column = side.side.columns.get(scope.column).cloned().unwrap_or_default();
        cells.retain(|(name, _)| *name != column);
        cells.push((column, scope.equals.clone()));
    }
    cells
}
