//! Puts the cells of a sheet together to its header and its rows. Runs in the parsing child only.

use std::io::{Read, Seek};

use super::{
    cell::RawCell,
    frame::{End, Frame, Head, RawRow},
    grid::{Grid, Placed},
    header::{Slots, understand},
    refusal::Refusal,
    request::{HeaderRow, Request},
};

/// Reads the sheet and hands on its head, its rows and its end.
///
/// Hidden rows and columns are read like any other: hiding is a way to look at a sheet. Rows that hold
/// something in other columns only are counted and passed over.
///
/// # Errors
/// The sheet is refused, or `send` failed.
pub(super) fn read<F: Read + Seek, E: From<Refusal>>(
    grid: &mut Grid<'_, F>,
    request: &Request,
    mut send: impl FnMut(Frame) -> Result<(), E>,
) -> Result<(), E> {
    let (head, mut next) = read_head(grid, request)?;
    let slots = Slots::new(&head.positions);
    send(Frame::Head(head))?;
    let mut end = End::default();
    while let Some(first) = next.take().filter(|_| !request.columns.is_empty()) {
        let (row, following) = read_row(grid, first, &slots, request.columns.len())?;
        next = following;
        if row.cells.iter().all(RawCell::is_blank) {
            end.passed_over += 1;
        } else {
            end.rows += 1;
            send(Frame::Row(row))?;
        }
        check_rows(end, request)?;
    }
    send(Frame::End(end))
}

fn check_rows(end: End, request: &Request) -> Result<(), Refusal> {
    let limit = request.caps.rows;
    if end.rows + end.passed_over > limit {
        return Err(Refusal::TooMuch { what: "rows".to_owned(), limit });
    }
    Ok(())
}

fn read_head<F: Read + Seek>(
    grid: &mut Grid<'_, F>,
    request: &Request,
) -> Result<(Head, Option<Placed>), Refusal> {
    let wanted = match request.header_row {
        HeaderRow::FirstFilled => None,
        HeaderRow::Row(number) => Some(number.saturating_sub(1)),
    };
    let mut names: Vec<(u32, String)> = Vec::new();
    let mut row = None;
    let next = loop {
        match grid.next_cell()? {
            None => break None,
            Some((at, _)) if wanted.is_some_and(|wanted| at.row < wanted) => {}
            Some(placed) if wanted.or(row).is_some_and(|row| placed.0.row > row) => break Some(placed),
            Some((at, cell)) => {
                if let Some(text) = cell.to_text().filter(|text| !text.trim().is_empty()) {
                    row = Some(at.row);
                    names.push((at.column, text.to_string()));
                }
            }
        }
    };
    Ok((understand(&names, row.unwrap_or_default(), request)?, next))
}

fn read_row<F: Read + Seek>(
    grid: &mut Grid<'_, F>,
    first: Placed,
    slots: &Slots,
    width: usize,
) -> Result<(RawRow, Option<Placed>), Refusal> {
    let mut row = RawRow { row: first.0.row, cells: vec![RawCell::Blank; width] };
    put(&mut row, first, slots);
    loop {
        match grid.next_cell()? {
            Some(placed) if placed.0.row == row.row => put(&mut row, placed, slots),
            next => return Ok((row, next)),
        }
    }
}

fn put(row: &mut RawRow, (at, cell): Placed, slots: &Slots) {
    for slot in slots.of(at.column) {
        if let Some(place) = row.cells.get_mut(*slot) {
            place.clone_from(&cell);
        }
    }
}
