//! What the kinds of cells are read as.

use rust_xlsxwriter::{ExcelDateTime, Format, Workbook};

use crate::xlsx_book::*;

// One row below the headers A and B; the cell in question is B2.
#[track_caller]
fn check(parts: Parts, expected: &str) {
    let rows = format!("{}<row r=\"2\">{}{}</row>", header(&["ID", "X"]), inline("A2", "R1"), parts.rows);
    let seen = read(&Parts { rows, ..parts }.pack(), &["ID", "X"]).unwrap();
    assert_eq!(seen.texts(), [["R1", expected]]);
}

fn cell(inner: &str) -> Parts {
    Parts::new(inner)
}

#[test]
fn a_spreadsheet_programs_own_cells_come_through_as_they_are() {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet().set_name(SHEET).unwrap();
    let day = Format::new().set_num_format("yyyy-mm-dd");
    let moment = Format::new().set_num_format("yyyy-mm-dd hh:mm");
    let length = Format::new().set_num_format("[h]:mm");
    for (column, name) in (0..).zip(["ID", "Text", "Int", "Float", "Bool", "Day", "Moment", "Length"]) {
        sheet.write(0, column, name).unwrap();
    }
    sheet.write(1, 0, "R1").unwrap();
    sheet.write(1, 1, "  two\r\nlines ").unwrap();
    sheet.write(1, 2, 9_705_550_100_i64).unwrap();
    sheet.write(1, 3, 0.15).unwrap();
    sheet.write(1, 4, true).unwrap();
    let at = ExcelDateTime::from_ymd(2026, 2, 28).unwrap();
    sheet.write_with_format(1, 5, &at, &day).unwrap();
    sheet.write_with_format(1, 6, at.and_hms(13, 5, 0).unwrap(), &moment).unwrap();
    sheet.write_with_format(1, 7, 1.25, &length).unwrap();
    let columns = ["ID", "Text", "Int", "Float", "Bool", "Day", "Moment", "Length"];
    let seen = read(&book.save_to_buffer().unwrap(), &columns).unwrap();
    let expected =
        ["R1", "  two\r\nlines ", "9705550100", "0.15", "TRUE", "2026-02-28", "2026-02-28T13:05:00", "PT30H"];
    assert_eq!(seen.texts(), [expected]);
}

#[test]
fn error_cells_are_errors_with_their_place_and_never_blank() {
    for error in ["#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!"] {
        check(
            cell(&format!(r#"<c r="B2" t="e"><v>{error}</v></c>"#)),
            &format!("{error} in Lead Details!B2"),
        );
        let computed = format!(r#"<c r="B2" t="e"><f>Old!A1</f><v>{error}</v></c>"#);
        check(cell(&computed), &format!("{error} in Lead Details!B2"));
    }
}

#[test]
fn a_formula_is_read_by_its_stored_result_and_without_one_it_is_an_error() {
    check(cell(r#"<c r="B2"><f>1+1</f><v>2</v></c>"#), "2");
    check(cell(r#"<c r="B2" t="str"><f>""</f><v></v></c>"#), "");
    let error =
        "a formula without a stored result (open the workbook, recalculate and save it) in Lead Details!B2";
    for bare in [
        r#"<c r="B2"><f>1+1</f></c>"#,
        r#"<c r="B2"><f>1+1</f><v/></c>"#,
        r#"<c r="B2"><f t="shared" si="0"/></c>"#,
    ] {
        check(cell(bare), error);
    }
}

#[test]
fn a_cell_that_is_only_formatted_is_blank() {
    check(cell(r#"<c r="B2" s="1"/>"#), "-");
    check(cell(r#"<c r="B2"><v></v></c>"#), "-");
}

#[test]
fn days_count_from_1904_where_the_workbook_says_so() {
    let day = r#"<c r="B2" s="1"><v>44481</v></c>"#;
    check(Parts { formats: &[14], ..cell(day) }, "2021-10-12");
    check(Parts { formats: &[14], properties: r#"date1904="1""#, ..cell(day) }, "2025-10-13");
}

#[test]
fn a_long_number_is_an_error_because_a_workbook_keeps_15_digits_of_it() {
    check(cell(r#"<c r="B2"><v>123456789012345</v></c>"#), "123456789012345");
    check(
        cell(r#"<c r="B2"><v>1234567890123450</v></c>"#),
        "a number of 16 or more digits, of which a workbook keeps 15 (store it as text) in Lead Details!B2",
    );
    check(cell(&inline("B2", "1234567890123456")), "1234567890123456");
}

#[test]
fn escape_sequences_stay_in_the_cell_and_out_of_messages() {
    check(cell(&inline("B2", "_x001B_[31mred")), "\u{1b}[31mred");
    let rows = header(&["ID", "_x001B_[2J"]);
    let message = refusal(&Parts::new(rows).pack(), &["ID", "Email"]);
    assert_eq!(message, "sheet 'Lead Details' has no column 'Email'; it has 'ID', '\\u{1b}[2J'");
}

#[test]
fn an_over_long_text_costs_its_own_cell_only() {
    let mut request = request(&["ID", "X"]);
    request.caps.text_chars = 5;
    let book = table(&[&["ID", "X"], &["R1", "123456"], &["R2", "12345"]]);
    let seen = read_with(&parser(trueup_connectors::xlsx::Limits::default()), &book, request).unwrap();
    let long = "a text longer than allowed in Lead Details!B2";
    assert_eq!(seen.texts(), [["R1", long], ["R2", "12345"]]);
}
