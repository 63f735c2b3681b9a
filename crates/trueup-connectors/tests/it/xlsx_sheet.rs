//! Sheets that change shape: renamed, moved, sorted, hidden, doubled.

use rust_xlsxwriter::Workbook;
use trueup_connectors::xlsx::{HeaderRow, Keys, Limits, RawCell};

use crate::xlsx_book::*;

const LEADS: &[&[&str]] =
    &[&["ID", "EMAIL_ALL", "City"], &["R1", "ada@example.org", "Nome"], &["R2", "bo@example.org", "Vail"]];

#[test]
fn only_the_wanted_columns_come_in_the_order_asked_for() {
    let seen = read(&table(LEADS), &["City", "ID"]).unwrap();
    assert_eq!(seen.texts(), [["Nome", "R1"], ["Vail", "R2"]]);
    assert_eq!((seen.head.positions, seen.end.rows), (vec![2, 0], 2));
    assert_eq!(seen.rows.iter().map(|row| row.row).collect::<Vec<_>>(), [1, 2]);
}

#[test]
fn moved_columns_change_nothing() {
    let moved: &[&[&str]] = &[
        &["City", "New", "ID", "EMAIL_ALL"],
        &["Nome", "", "R1", "ada@example.org"],
        &["Vail", "", "R2", "bo@example.org"],
    ];
    let columns = ["ID", "EMAIL_ALL", "City"];
    assert_eq!(
        read(&table(moved), &columns).unwrap().texts(),
        read(&table(LEADS), &columns).unwrap().texts()
    );
}

#[test]
fn sorted_rows_have_the_same_keys_with_the_same_cells() {
    let sorted = [LEADS[0], LEADS[2], LEADS[1]];
    let by_key = |rows: &[&[&str]]| {
        let mut rows = read(&table(rows), &["ID", "EMAIL_ALL"]).unwrap().texts();
        rows.sort();
        rows
    };
    assert_eq!(by_key(&sorted), by_key(LEADS));
}

#[test]
fn a_renamed_sheet_is_named_with_those_there_are() {
    let mut book = Workbook::new();
    book.add_worksheet().set_name("Lead Detail").unwrap();
    book.add_worksheet().set_name("Notes").unwrap();
    let message = refusal(&book.save_to_buffer().unwrap(), &["ID"]);
    let expected = "the workbook has no sheet 'Lead Details' (did you mean 'Lead Detail'?); it has 'Lead Detail', 'Notes'";
    assert_eq!(message, expected);
}

#[test]
fn a_column_that_is_gone_is_named_with_those_there_are() {
    let message = refusal(&table(LEADS), &["ID", "PHONE_ALL"]);
    assert_eq!(message, "sheet 'Lead Details' has no column 'PHONE_ALL'; it has 'ID', 'EMAIL_ALL', 'City'");
}

#[test]
fn a_wanted_column_that_is_there_twice_is_refused() {
    let message = refusal(&table(&[&["ID", "City", "ID"], &["R1", "", "R2"]]), &["ID"]);
    assert_eq!(message, "sheet 'Lead Details' has two columns 'ID', in A1 and C1: rename one");
}

#[test]
fn an_empty_sheet_is_refused_and_a_sheet_without_rows_is_not() {
    assert_eq!(refusal(&table(&[]), &["ID"]), "sheet 'Lead Details' has no header row");
    let seen = read(&table(&[&["ID"]]), &["ID"]).unwrap();
    assert_eq!((seen.rows.len(), seen.end.rows), (0, 0));
}

#[test]
fn the_header_row_is_the_first_filled_one_or_the_one_named() {
    let book = table(&[&["", ""], &["Grand County", ""], &["ID", "City"], &["R1", "Nome"]]);
    let message = refusal(&book, &["ID"]);
    assert_eq!(
        message,
        "sheet 'Lead Details' has no column 'ID'; row 2 holds none of the columns looked for: is it the header row?"
    );
    let at = |row| {
        let mut request = request(&["ID", "City"]);
        request.header_row = HeaderRow::Row(row);
        read_with(&parser(Limits::default()), &book, request)
    };
    assert_eq!(at(3).unwrap().texts(), [["R1", "Nome"]]);
    assert_eq!(at(1).unwrap_err().to_string(), "sheet 'Lead Details' has no header row");
    assert_eq!(at(9).unwrap_err().to_string(), "sheet 'Lead Details' has no header row");
}

#[test]
fn without_wanted_columns_only_the_header_is_read() {
    let seen = read(&table(LEADS), &[]).unwrap();
    let names: Vec<_> = seen.head.headers.iter().map(|header| header.name.as_str()).collect();
    assert_eq!((names, seen.rows.len()), (vec!["ID", "EMAIL_ALL", "City"], 0));
}

#[test]
fn hidden_rows_and_columns_are_read_like_any_other() {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet().set_name(SHEET).unwrap();
    for (row, id) in (0..).zip(["ID", "R1", "R2"]) {
        sheet.write(row, 0, id).unwrap();
    }
    sheet.set_row_hidden(1).unwrap().set_column_hidden(0).unwrap();
    assert_eq!(read(&book.save_to_buffer().unwrap(), &["ID"]).unwrap().texts(), [["R1"], ["R2"]]);
}

#[test]
fn rows_that_hold_nothing_wanted_are_counted_and_passed_over() {
    let book =
        table(&[&["ID", "City", "Notes"], &["R1", "Nome", ""], &["", "", "a remark"], &["R2", "", ""]]);
    let seen = read(&book, &["ID", "City"]).unwrap();
    assert_eq!(seen.texts(), [["R1", "Nome"], ["R2", "-"]]);
    assert_eq!((seen.end.rows, seen.end.passed_over), (2, 1));
}

#[test]
fn blank_and_duplicate_keys_are_found_with_all_their_places() {
    let book = table(&[&["City", "ID"], &["Nome", "R1"], &["Vail", ""], &["Ames", "R2"], &["Reno", "R1"]]);
    let seen = read(&book, &["ID", "City"]).unwrap();
    let mut keys = Keys::new(SHEET, 0, seen.head.positions[0]);
    let found: Vec<_> = seen.rows.iter().map(|row| keys.see(row)).collect();
    assert_eq!(found.iter().flatten().filter(|key| !keys.is_duplicate(key)).collect::<Vec<_>>(), ["R2"]);
    let problems: Vec<_> = keys.problems().iter().map(ToString::to_string).collect();
    assert_eq!(
        problems,
        [
            "the key is blank in Lead Details!B3: fill it in, or clear the row",
            "key 'R1' stands in Lead Details!B2 and Lead Details!B5: keep one",
        ]
    );
}

#[test]
fn five_thousand_rows_of_48_columns_stream_through() {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet_with_constant_memory().unwrap().set_name(SHEET).unwrap();
    for column in 0..48 {
        sheet.write(0, column, format!("column {column}")).unwrap();
    }
    for row in 1..=5_000 {
        for column in 0..48 {
            sheet.write(row, column, format!("{row}/{column}")).unwrap();
        }
    }
    let copy = copy_of(&book.save_to_buffer().unwrap());
    let mut sheet = parser(Limits::default()).open(copy, request(&["column 47", "column 0"])).unwrap();
    for (next, row) in (1..).zip(sheet.by_ref()) {
        let row = row.unwrap();
        let cells: Vec<_> = row.cells.iter().filter_map(RawCell::to_text).collect();
        assert_eq!(cells, [format!("{next}/47"), format!("{next}/0")]);
    }
    assert_eq!(sheet.end().map(|end| end.rows), Some(5_000));
}
