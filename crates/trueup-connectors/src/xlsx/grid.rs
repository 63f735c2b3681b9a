//! Streams the cells of one sheet. Runs in the parsing child only.
//!
//! Cell by cell, never as a range: a range is allocated as large as its corners are apart, and one cell
//! at XFD1048576 makes that 550 GB (RELIABILITY.md 0 item 10).

use std::io::{Read, Seek};

use calamine::{DataRef, Reader, Xlsx, XlsxCellReader, XlsxError};

use super::{
    address::{Address, MAX_COLUMNS, MAX_ROWS},
    cell::{CellError, RawCell},
    convert::{Rules, convert},
    refusal::Refusal,
    request::Request,
    text::{nearest, shown},
};

/// One cell that holds anything, with its place.
pub(super) type Placed = (Address, RawCell);

/// The cells of one sheet, row by row from left to right.
pub(super) struct Grid<'a, F: Read + Seek> {
    cells: XlsxCellReader<'a, F>,
    sheet: &'a str,
    rules: Rules,
    last: Option<Address>,
    left: u64,
    limit: u64,
}

/// Opens the container and its tables of strings, formats and sheets.
///
/// # Errors
/// [`Refusal::Malformed`].
pub(super) fn open<F: Read + Seek>(file: F) -> Result<Xlsx<F>, Refusal> {
    Xlsx::new(file).map_err(|error| malformed(&error, "before any sheet"))
}

impl<'a, F: Read + Seek> Grid<'a, F> {
    /// Goes to the sheet wanted.
    ///
    /// # Errors
    /// There is no such sheet, or it cannot be understood.
    pub(super) fn new(book: &'a mut Xlsx<F>, request: &'a Request) -> Result<Self, Refusal> {
        let found = book.sheet_names();
        if !found.contains(&request.sheet) {
            let nearest = nearest(&request.sheet, found.iter().map(String::as_str), 0.7);
            return Err(Refusal::SheetMissing { sheet: request.sheet.clone(), nearest, found });
        }
        let rules = Rules { from_1904: book.has_1904_epoch(), text_chars: request.caps.text_chars };
        let cells = book.worksheet_cells_reader(&request.sheet);
        let cells =
            cells.map_err(|error| malformed(&error, &format!("sheet '{}'", shown(&request.sheet))))?;
        let limit = request.caps.cells;
        Ok(Self { cells, sheet: &request.sheet, rules, last: None, left: limit, limit })
    }

    /// The next cell that is not blank; `None` at the end of the sheet.
    ///
    /// # Errors
    /// The sheet cannot be understood, or holds more cells than allowed.
    pub(super) fn next_cell(&mut self) -> Result<Option<Placed>, Refusal> {
        loop {
            let Some(record) =
                self.cells.next_cell_with_formula_metadata().map_err(|error| self.lost(&error))?
            else {
                return Ok(None);
            };
            let at = self.step(record.pos)?;
            if let Some(cell) = self.read(at, &record.value, record.formula.is_some()) {
                self.spend()?;
                return Ok(Some((at, cell)));
            }
        }
    }

    fn read(&self, at: Address, value: &DataRef<'_>, calculated: bool) -> Option<RawCell> {
        match convert(value, calculated, self.rules) {
            Ok(RawCell::Blank) => None,
            Ok(cell) => Some(cell),
            Err(kind) => {
                let error = CellError { kind, sheet: self.sheet.to_owned(), address: at.to_string() };
                Some(RawCell::Error(Box::new(error)))
            }
        }
    }

    // Cells in order make a row complete as soon as the next one begins, and no row can come twice.
    fn step(&mut self, (row, column): (u32, u32)) -> Result<Address, Refusal> {
        let at = Address { row, column };
        if row >= MAX_ROWS || column >= MAX_COLUMNS {
            return Err(self.malformed_here("a cell lies beyond XFD1048576"));
        }
        if self.last.is_some_and(|last| last >= at) {
            return Err(self.malformed_here("its cells are not in order"));
        }
        self.last = Some(at);
        Ok(at)
    }

    fn spend(&mut self) -> Result<(), Refusal> {
        let limit = self.limit;
        let left = self.left.checked_sub(1);
        self.left = left.ok_or_else(|| Refusal::TooMuch { what: "cells".to_owned(), limit })?;
        Ok(())
    }

    fn lost(&self, error: &XlsxError) -> Refusal {
        malformed(error, &self.place())
    }

    fn malformed_here(&self, why: &str) -> Refusal {
        Refusal::Malformed { why: why.to_owned(), place: self.place() }
    }

    fn place(&self) -> String {
        match self.last {
            Some(last) => format!("after {}", last.in_sheet(self.sheet)),
            None => format!("at the start of sheet '{}'", shown(self.sheet)),
        }
    }
}

fn malformed(error: &XlsxError, place: &str) -> Refusal {
    match error {
        XlsxError::Password => Refusal::Locked,
        error => Refusal::Malformed { why: shown(&error.to_string()), place: place.to_owned() },
    }
}
