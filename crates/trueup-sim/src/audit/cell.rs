//! A cell in the auditor's words.

use trueup_audit::line::Cell;

/// A cell in the auditor's words: null and empty are both nothing.
pub(super) fn cell(cell: &trueup_core::value::Cell) -> Cell {
    if cell.is_known() {
        return Cell::Known(cell.to_text());
    }
    let why = cell.trouble().map_or("absent", |trouble| trouble.why.as_str());
    Cell::Unknown { unknown: why.to_owned() }
}
