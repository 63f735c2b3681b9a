//! The workbook as a system: records, findings and faults as the engine sees them.

use std::{fs, future::Future, path::PathBuf, pin::pin, task};

use tempfile::TempDir;
use trueup_connectors::xlsx::{Caps, HeaderRow, Limits, Place, XlsxSource, steady};
use trueup_core::{
    name::{EntityKey, RemoteId, SystemName},
    snapshot::Coverage,
    value::Cell,
};
use trueup_ports::{Ask, Fault, Outside, Page, Reach, Sought, Source, View};

use crate::xlsx_book::*;

const LEADS: &[&[&str]] = &[
    &["City", "ID", "Owner", "Notes"],
    &["Nome", "R2", "88", ""],
    &["Vail", "R1", "", "call ID:R1 soon"],
    &["Ames", "R3", "88", "ID:R3"],
    &["Reno", "R3", "", "ID:R3"],
    &["Elko", "", "", ""],
];

struct World {
    _folder: TempDir,
    path: PathBuf,
    source: XlsxSource,
}

fn world(book: &[u8]) -> World {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("leads.xlsx");
    fs::write(&path, book).unwrap();
    let place = Place {
        path: path.clone(),
        sheet: SHEET.to_owned(),
        key: "ID".to_owned(),
        header_row: HeaderRow::FirstFilled,
        caps: Caps::default(),
        max_bytes: steady::MAX_BYTES,
    };
    let source = XlsxSource::new(SystemName::new("workbook"), place, parser(Limits::default()));
    World { _folder: folder, path, source }
}

// A workbook never makes anybody wait for an event, so its futures are ready at the first look.
fn now<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut task::Context::from_waker(task::Waker::noop())) {
        task::Poll::Ready(value) => value,
        task::Poll::Pending => panic!("the future waits"),
    }
}

fn ask(view: View, reach: Reach, columns: &[&str]) -> Ask {
    Ask { view, reach, columns: columns.iter().map(ToString::to_string).collect(), history: false }
}

fn read(book: &[u8], view: View, reach: Reach) -> Page {
    now(world(book).source.read(ask(view, reach, &["City"]))).unwrap()
}

#[track_caller]
fn check(view: View, reach: Reach, expected: &[&str]) {
    let page = read(&table(LEADS), view, reach);
    assert_eq!(page.records.iter().map(|record| record.id.as_str()).collect::<Vec<_>>(), expected);
}

#[test]
fn records_come_by_key_and_rows_of_one_key_are_findings() {
    let page = read(&table(LEADS), View::All, Reach::All(None));
    let seen: Vec<_> = page
        .records
        .iter()
        .map(|r| (r.id.as_str(), r.cell(0).to_text().unwrap(), r.place.as_str()))
        .collect();
    assert_eq!(
        seen,
        [("R1", "Vail".to_owned(), "Lead Details!B3"), ("R2", "Nome".to_owned(), "Lead Details!B2")]
    );
    assert_eq!((page.coverage, page.next, page.missing), (Coverage::Whole, None, vec![]));
    let troubles: Vec<_> =
        page.troubles.iter().map(|t| (t.key.as_ref().map(EntityKey::as_str), t.place.as_str())).collect();
    assert_eq!(troubles, [(None, "Lead Details!B6"), (Some("R3"), "Lead Details!B4, Lead Details!B5")]);
}

#[test]
fn moving_columns_and_sorting_rows_change_no_record() {
    let moved: &[&[&str]] = &[&["ID", "X", "City"], &["R1", "", "Vail"], &["R2", "", "Nome"]];
    let strip = |page: Page| page.records.into_iter().map(|r| (r.id, r.cells)).collect::<Vec<_>>();
    let before = read(&table(LEADS), View::All, Reach::All(None));
    assert_eq!(strip(read(&table(moved), View::All, Reach::All(None))), strip(before));
}

#[test]
fn the_layout_is_the_same_wherever_columns_stand_and_another_one_when_one_is_renamed_or_added() {
    let layout = |names: &[&str]| read(&table(&[names]), View::All, Reach::Ids(Vec::new())).layout.unwrap();
    let before = layout(&["City", "ID", "Owner", "Notes"]);
    assert_eq!(before, layout(&["Owner", "ID", "Notes ", "City"]));
    for other in [&["City", "ID", "Owner", "Notes", "X"], &["City", "ID", "Owner", "Notes", "Notes"]] {
        assert_ne!(before, layout(other), "{other:?}");
    }
}

#[test]
fn views_and_reaches_choose_rows() {
    let all = || Reach::All(None);
    let equals = |text: &str| View::Equals { column: "Owner".to_owned(), text: text.to_owned() };
    check(equals("88"), all(), &["R2"]);
    check(equals("8"), all(), &[]);
    let carrying = |owner: &str| View::Carrying {
        outside: Some(Outside { column: "Owner".to_owned(), text: owner.to_owned() }),
        token: "Notes".to_owned(),
        sought: Sought { prefix: "ID:".to_owned(), key: None },
    };
    check(carrying("88"), all(), &["R1"]);
    check(carrying("91"), all(), &["R1"]);
    check(View::All, Reach::Unique { column: "City".to_owned(), texts: vec!["Nome".to_owned()] }, &["R2"]);
    check(equals("88"), Reach::Ids(vec![RemoteId::new("R1")]), &["R1"]);
}

#[test]
fn a_key_that_stands_twice_is_not_missing() {
    let ids = ["R1", "R3", "R9"].map(RemoteId::new).to_vec();
    let page = read(&table(LEADS), View::All, Reach::Ids(ids));
    assert_eq!((page.missing, page.coverage), (vec![RemoteId::new("R9")], Coverage::Some));
    assert_eq!(page.records.len(), 1);
}

#[test]
fn cells_keep_their_kinds_and_errors_their_places() {
    let cells = r#"<c r="B2"><v>0.15</v></c><c r="C2" t="b"><v>1</v></c><c r="D2" s="1"><v>45943</v></c><c r="E2" t="e"><v>#REF!</v></c><c r="G2" t="str"><f>""</f><v></v></c>"#;
    let names = ["ID", "Rate", "Active", "Since", "Phone", "Fax", "Mail"];
    let rows = format!("{}<row r=\"2\">{}{cells}</row>", header(&names), inline("A2", "R1"));
    let book = Parts { formats: &[14], ..Parts::new(rows) }.pack();
    let page = now(world(&book).source.read(ask(View::All, Reach::All(None), &names[1..]))).unwrap();
    let record = &page.records[0];
    let texts: Vec<_> = (0..3).map(|column| record.cell(column).to_text().unwrap()).collect();
    assert_eq!(texts, ["0.15", "true", "2025-10-13"]);
    assert_eq!(record.cell(3), &Cell::unreadable("#REF!", "Lead Details!E2"));
    assert_eq!((record.cell(4), record.cell(5)), (&Cell::Null, &Cell::Empty));
}

#[test]
fn an_inspection_lists_the_columns_and_proves_the_key() {
    let inspection = now(world(&table(LEADS)).source.inspect()).unwrap();
    assert_eq!((inspection.tenant.as_str(), inspection.problems.len()), ("leads.xlsx!Lead Details", 0));
    let columns: Vec<_> =
        inspection.columns.iter().map(|c| (c.name.as_str(), c.unique, c.writable)).collect();
    let expected =
        [("City", false, false), ("ID", true, false), ("Owner", false, false), ("Notes", false, false)];
    assert_eq!(columns, expected);
    let fault = now(world(&table(&[&["Key"]])).source.inspect()).unwrap_err();
    assert!(fault.to_string().ends_with("sheet 'Lead Details' has no column 'ID'; row 1 holds none of the columns looked for: is it the header row?"), "{fault}");
}

#[test]
fn a_workbook_that_is_half_written_is_busy_for_a_moment() {
    for book in [&b""[..], &table(LEADS)[..500]] {
        let fault = now(world(book).source.read(ask(View::All, Reach::All(None), &[]))).unwrap_err();
        let Fault::Busy { retry_after: Some(wait), what } = &fault else { panic!("{fault:?}") };
        assert!(wait.as_secs() <= 2 && what.contains("leads.xlsx: the file is"), "{fault}");
        assert!(matches!(now(world(book).source.inspect()), Err(Fault::Busy { retry_after: Some(_), .. })));
    }
}

#[test]
fn what_cannot_be_read_is_unreadable_and_names_the_workbook() {
    let fault = now(world(b"no workbook").source.read(ask(View::All, Reach::All(None), &[]))).unwrap_err();
    assert!(matches!(&fault, Fault::Unreadable(why) if why.contains("leads.xlsx: the file is")), "{fault}");
    let gone = world(&table(LEADS));
    fs::remove_file(&gone.path).unwrap();
    let fault = now(gone.source.read(ask(View::All, Reach::All(None), &[]))).unwrap_err();
    assert!(matches!(&fault, Fault::Unreadable(why) if why.contains("does not exist")), "{fault}");
    let cursor = ask(View::All, Reach::All(Some("2".to_owned())), &[]);
    assert!(matches!(now(world(&table(LEADS)).source.read(cursor)), Err(Fault::Unreadable(_))));
}

#[test]
fn reading_asks_nobody_and_the_card_offers_no_writing() {
    let world = world(&table(LEADS));
    now(world.source.read(ask(View::All, Reach::All(None), &["City"]))).unwrap();
    let requests = world.source.requests();
    assert_eq!((requests.read, requests.write), (0, 0));
    let verbs = world.source.card().verbs;
    assert!(!verbs.create && !verbs.update && !verbs.archive);
}
