//! Writes the workbook.

use std::path::Path;

use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Formula, Workbook, Worksheet, XlsxError};

use super::{
    columns::{COLUMNS, Cell},
    lead::Lead,
};
use crate::output::Failure;

const NOTES: [&str; 4] = [
    "Every person, address and number in this workbook is invented.",
    "LEAD_ID is the key: never reused, never changed. Rows and columns may move as they like.",
    "EMAIL_ALL and PHONE_ALL are ledgers: the first entry is the primary one.",
    "COMMISSION_BY_HAND wins over the commission rule.",
];

/// Writes the leads into a workbook, whole or not at all: a reader never sees half of it.
pub(super) fn write(path: &Path, leads: &[Lead]) -> Result<(), Failure> {
    let unmade =
        |error: XlsxError| Failure::failed("workbook", format!("the workbook cannot be made: {error}"));
    let aside = path.with_extension("xlsx.new");
    super::files::write(&aside, &bytes(leads).map_err(unmade)?)?;
    std::fs::rename(&aside, path).map_err(|error| super::files::unwritable(path, &error))
}

/// The workbook as a file; equal leads give equal bytes.
fn bytes(leads: &[Lead]) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    // Without a time of its own the file would hold the time at which it was made.
    let made = ExcelDateTime::from_ymd(2026, 5, 4)?;
    book.set_properties(&DocProperties::new().set_title("Leads (invented)").set_creation_datetime(&made));
    details(book.add_worksheet(), leads)?;
    notes(book.add_worksheet())?;
    book.save_to_buffer()
}

fn details(sheet: &mut Worksheet, leads: &[Lead]) -> Result<(), XlsxError> {
    sheet.set_name("Lead Details")?;
    let (head, day) = (Format::new().set_bold(), Format::new().set_num_format("yyyy-mm-dd"));
    for (at, (name, _)) in (0..).zip(&COLUMNS) {
        sheet.write_with_format(0, at, *name, &head)?;
    }
    for (row, lead) in (1..).zip(leads) {
        for (at, (_, cell)) in (0..).zip(&COLUMNS) {
            put(sheet, (row, at), cell(lead, row + 1), &day)?;
        }
    }
    sheet.set_freeze_panes(1, 1)?;
    Ok(())
}

fn put(sheet: &mut Worksheet, (row, column): (u32, u16), cell: Cell, day: &Format) -> Result<(), XlsxError> {
    match cell {
        Cell::Blank => return Ok(()),
        Cell::Text(text) => sheet.write_string(row, column, text)?,
        Cell::Number(number) => sheet.write_number(row, column, number)?,
        Cell::Bool(flag) => sheet.write_boolean(row, column, flag)?,
        Cell::Day(y, m, d) => {
            sheet.write_datetime_with_format(row, column, ExcelDateTime::from_ymd(y, m, d)?, day)?
        }
        Cell::Formula(formula, result) => {
            sheet.write_formula(row, column, Formula::new(formula).set_result(result.to_string()))?
        }
    };
    Ok(())
}

fn notes(sheet: &mut Worksheet) -> Result<(), XlsxError> {
    sheet.set_name("Notes")?;
    for (row, note) in (0..).zip(NOTES) {
        sheet.write_string(row, 0, note)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_leads_give_equal_files() {
        let leads = super::super::lead::first_day();
        assert_eq!(bytes(&leads[..20]).unwrap(), bytes(&leads[..20]).unwrap());
    }
}
