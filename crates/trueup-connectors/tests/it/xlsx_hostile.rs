//! Files that are broken, or made to break the reader. Each is an error in words, and the reader lives.

use trueup_connectors::xlsx::{Limits, ReadError, Refusal};

use crate::xlsx_book::*;

#[track_caller]
fn check(bytes: &[u8], expected: &str) {
    let message = refusal(bytes, &["ID"]);
    assert!(message.starts_with(expected), "{message}");
}

fn leads() -> Vec<u8> {
    table(&[&["ID", "City"], &["R1", "Nome"]])
}

#[test]
fn what_is_no_workbook_says_what_it_is() {
    check(b"", "the file is empty: it is being saved");
    check(b"ID,City\nR1,Nome\n", "the file is not an .xlsx workbook");
    check(&[0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1], "the file is an old .xls workbook or locked");
    check(&pack(&[("readme.txt".to_owned(), b"hello".to_vec())]), "the workbook cannot be understood");
}

#[test]
fn a_half_saved_workbook_is_refused_wherever_it_was_cut() {
    let whole = leads();
    for len in [1, 3, 4, 100, whole.len() / 2, whole.len() - 30, whole.len() - 1] {
        check(&whole[..len], "the file is cut off");
    }
    let mut blank_start = whole.clone();
    blank_start[..4096.min(whole.len() / 2)].fill(0);
    check(&blank_start, "the file is cut off (its beginning is blank)");
}

#[test]
fn a_flipped_byte_is_never_read_as_a_value() {
    let whole = leads();
    let sound = read(&whole, &["ID", "City"]).unwrap().texts();
    for at in (0..whole.len()).step_by(whole.len() / 40) {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x55;
        if let Ok(seen) = read(&bytes, &["ID", "City"]) {
            assert_eq!(seen.texts(), sound, "byte {at}");
        }
    }
}

#[test]
fn a_sheet_that_ends_in_the_middle_is_not_the_whole_sheet() {
    let rows = header(&["ID"]) + r#"<row r="2"><c r="A2"><v>1</v></c></row></sheetData><oops"#;
    assert!(read(&Parts::new(rows).pack(), &["ID"]).is_ok(), "what follows the data is no part of it");
    let mut parts = Parts::new(header(&["ID"]) + r#"<row r="2"><c r="A2"><v>1</v></c></row><!--"#);
    check(&parts.pack(), "the workbook cannot be understood");
    parts.rows = header(&["ID"]) + r#"<row r="2"><c r="A2" t="s"><v>7</v></c></row>"#;
    check(&parts.pack(), "the workbook cannot be understood: Cell string index not found");
    parts.rows =
        header(&["ID"]) + r#"<row r="3"><c r="A3"><v>1</v></c></row><row r="2"><c r="A2"><v>1</v></c></row>"#;
    let disorder = "the workbook cannot be understood: its cells are not in order (after Lead Details!A3)";
    check(&parts.pack(), disorder);
    parts.rows = header(&["ID"]) + r#"<row r="2"><c r="XFE2"><v>1</v></c></row>"#;
    check(&parts.pack(), "the workbook cannot be understood: a cell lies beyond XFD1048576");
}

#[test]
fn an_unknown_error_value_is_named_with_the_cell_before_it() {
    let rows = header(&["ID"]) + r#"<row r="2"><c r="A2" t="e"><v>#SPILL!</v></c></row>"#;
    let expected =
        "the workbook cannot be understood: Unsupported cell error value '#SPILL!' (after Lead Details!A1)";
    check(&Parts::new(rows).pack(), expected);
}

#[test]
fn a_zip_bomb_is_refused_before_it_is_parsed() {
    let mut parts = Parts::new(header(&["ID"]));
    parts.extra = vec![("xl/media/image1.png".to_owned(), vec![0; 64 << 20])];
    let bomb = parts.pack();
    assert!(bomb.len() < 1 << 20);
    let ratio =
        "the workbook's container is unsound: 'xl/media/image1.png' unpacks to more than 250 times its size";
    check(&bomb, ratio);
}

#[test]
fn many_small_files_cannot_add_up_to_a_bomb() {
    let mut parts = Parts::new(header(&["ID"]));
    parts.extra = (0..5).map(|n| (format!("xl/media/image{n}.png"), vec![0; 4 << 20])).collect();
    let read = |unpacked_bytes, entries| {
        let mut request = request(&["ID"]);
        (request.caps.unpacked_bytes, request.caps.entries) = (unpacked_bytes, entries);
        read_with(&parser(Limits::default()), &parts.pack(), request).map_err(|error| error.to_string())
    };
    assert!(read(32 << 20, 10).is_ok());
    assert_eq!(read(16 << 20, 10).unwrap_err(), "the workbook holds more than 16777216 bytes unpacked");
    assert_eq!(read(32 << 20, 9).unwrap_err(), "the workbook holds more than 9 files");
}

#[test]
fn a_directory_that_lies_about_sizes_is_not_believed() {
    let mut parts = Parts::new(header(&["ID"]));
    parts.extra = vec![("xl/media/image1.png".to_owned(), vec![0; 64 << 20])];
    let mut bomb = parts.pack();
    // In every directory entry: say that it unpacks to one byte.
    for at in 0..bomb.len() - 28 {
        if bomb[at..].starts_with(b"PK\x01\x02") {
            bomb[at + 24..at + 28].copy_from_slice(&1_u32.to_le_bytes());
        }
    }
    let error = read(&bomb, &["ID"]).unwrap_err();
    assert!(matches!(error, ReadError::Refused(Refusal::Unsound(_) | Refusal::CutOff(_))), "{error}");
}

#[test]
fn a_file_that_is_there_twice_is_refused_because_readers_differ_on_which_counts() {
    let mut parts = Parts::new(header(&["ID"]));
    parts.extra = vec![("xl/worksheets/SHEET1.xml".to_owned(), Vec::new())];
    check(&parts.pack(), "the workbook's container is unsound: it holds 'xl/worksheets/SHEET1.xml' twice");
    parts.extra = vec![("xl/worksheets/sheet2.xml".to_owned(), Vec::new())];
    let mut twins = parts.pack();
    for at in 0..twins.len() - 10 {
        if twins[at..].starts_with(b"sheet2.xml") {
            twins[at..at + 10].copy_from_slice(b"sheet1.xml");
        }
    }
    check(&twins, "the workbook's container is unsound: its directory names a file twice");
    check(&[leads(), b"more".to_vec()].concat(), "the workbook's container is unsound: something follows");
}

#[test]
fn a_locked_entry_is_refused() {
    let mut book = leads();
    for at in 0..book.len() - 10 {
        match &book[at..at + 4] {
            b"PK\x01\x02" => book[at + 8] |= 1,
            b"PK\x03\x04" => book[at + 6] |= 1,
            _ => {}
        }
    }
    check(&book, "the file is an old .xls workbook or locked with a password");
}

#[test]
fn a_claim_of_countless_strings_costs_the_child_its_life_and_nothing_else() {
    for count in ["4000000000000", "18446744073709551615", "60000000"] {
        let mut parts = Parts::new(header(&["ID"]));
        parts.strings = Some(format!(r#"<sst uniqueCount="{count}"><si><t>ID</t></si></sst>"#));
        let book = parts.pack();
        assert!(book.len() < 4096);
        let error = read(&book, &["ID"]).unwrap_err();
        assert!(matches!(error, ReadError::Died(_)), "{count}: {error}");
        assert!(error.to_string().contains("the workbook is unreadable"), "{error}");
    }
}

#[test]
fn one_cell_in_the_last_corner_is_one_cell() {
    let corner = r#"<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>"#;
    let rows = header(&["ID"]) + r#"<row r="2"><c r="A2"><v>1</v></c></row>"# + corner;
    let seen = read(&Parts::new(rows).pack(), &["ID"]).unwrap();
    assert_eq!((seen.texts(), seen.end.passed_over), (vec![vec!["1".to_owned()]], 1));
    check(&Parts::new(corner).pack(), "sheet 'Lead Details' has no column 'ID'; row 1048576 holds none");
}

#[test]
fn more_rows_or_cells_than_allowed_refuse_the_whole_and_never_cut_it_short() {
    let book = table(&[&["ID", "City"], &["R1", "Nome"], &["R2", "Vail"]]);
    let read = |rows, cells| {
        let mut request = request(&["ID"]);
        (request.caps.rows, request.caps.cells) = (rows, cells);
        read_with(&parser(Limits::default()), &book, request).map_err(|error| error.to_string())
    };
    assert_eq!(read(2, 6).unwrap().texts(), [["R1"], ["R2"]]);
    assert_eq!(read(1, 6).unwrap_err(), "the workbook holds more than 1 rows");
    assert_eq!(read(2, 5).unwrap_err(), "the workbook holds more than 5 cells");
}

#[test]
fn entities_are_not_expanded_and_files_are_not_fetched() {
    let rows = header(&["ID"]) + r#"<row r="2"><c r="A2" t="str"><v>&host;</v></c></row>"#;
    let mut files = vec![];
    let parts = Parts::new(rows);
    files.push((
        "xl/sharedStrings.xml".to_owned(),
        br#"<!DOCTYPE sst [<!ENTITY host SYSTEM "file:///etc/hostname">]><sst/>"#.to_vec(),
    ));
    let error = read(&Parts { extra: files, ..parts }.pack(), &["ID"]).unwrap_err();
    assert!(matches!(error, ReadError::Refused(Refusal::Malformed { .. })), "{error}");
}
