//! Workbooks for tests: sound ones by a spreadsheet writer, odd ones part by part.

use std::{
    env,
    fmt::Write as _,
    fs,
    io::{Cursor, Write},
    path::PathBuf,
};

use rust_xlsxwriter::Workbook;
use tempfile::TempDir;
use trueup_connectors::xlsx::{
    Caps, End, Head, HeaderRow, Limits, Parser, RawCell, RawRow, ReadError, Request, steady,
};
use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

/// The sheet of seed A.
pub(crate) const SHEET: &str = "Lead Details";

/// What one complete read gave.
#[derive(Debug)]
pub(crate) struct Seen {
    pub(crate) head: Head,
    pub(crate) rows: Vec<RawRow>,
    pub(crate) end: End,
}

impl Seen {
    /// The rows as texts; blanks are `-`, errors in words.
    pub(crate) fn texts(&self) -> Vec<Vec<String>> {
        self.rows.iter().map(|row| row.cells.iter().map(text).collect()).collect()
    }
}

fn text(cell: &RawCell) -> String {
    match (cell.error(), cell.to_text()) {
        (Some(error), _) => error.to_string(),
        (None, Some(text)) => text.to_string(),
        (None, None) => "-".to_owned(),
    }
}

/// The parser with a real child, which lies beside the test binary.
pub(crate) fn parser(limits: Limits) -> Parser {
    let own = env::current_exe().unwrap();
    let program = own.ancestors().nth(2).unwrap().join("examples/xlsx_child");
    assert!(program.exists(), "run `cargo build -p trueup-connectors --examples` first");
    Parser { program, args: Vec::new(), limits }
}

pub(crate) fn request(columns: &[&str]) -> Request {
    Request {
        sheet: SHEET.to_owned(),
        columns: columns.iter().map(ToString::to_string).collect(),
        header_row: HeaderRow::FirstFilled,
        caps: Caps::default(),
    }
}

/// Lays a file down and takes a steady copy of it.
pub(crate) fn copy_of(bytes: &[u8]) -> trueup_connectors::xlsx::SteadyCopy {
    let folder = TempDir::new().unwrap();
    let path: PathBuf = folder.path().join("leads.xlsx");
    fs::write(&path, bytes).unwrap();
    steady::copy(&path, steady::MAX_BYTES).unwrap()
}

pub(crate) fn read_with(parser: &Parser, bytes: &[u8], request: Request) -> Result<Seen, ReadError> {
    let mut sheet = parser.open(copy_of(bytes), request)?;
    let rows = sheet.by_ref().collect::<Result<Vec<_>, _>>()?;
    let head = sheet.head().clone();
    Ok(Seen { head, rows, end: sheet.end().unwrap() })
}

pub(crate) fn read(bytes: &[u8], columns: &[&str]) -> Result<Seen, ReadError> {
    read_with(&parser(Limits::default()), bytes, request(columns))
}

#[track_caller]
pub(crate) fn refusal(bytes: &[u8], columns: &[&str]) -> String {
    let error = read(bytes, columns).unwrap_err();
    assert!(matches!(error, ReadError::Refused(_)), "{error}");
    error.to_string()
}

/// A workbook of texts, as a spreadsheet program writes it.
pub(crate) fn table(rows: &[&[&str]]) -> Vec<u8> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet().set_name(SHEET).unwrap();
    for (row, cells) in (0..).zip(rows) {
        for (column, text) in (0..).zip(*cells) {
            sheet.write(row, column, *text).unwrap();
        }
    }
    book.save_to_buffer().unwrap()
}

/// The parts of a workbook, written down as they are.
pub(crate) struct Parts {
    /// What stands in `sheetData`.
    pub(crate) rows: String,
    /// The whole of `sharedStrings.xml`, if there is one.
    pub(crate) strings: Option<String>,
    /// What `workbookPr` says.
    pub(crate) properties: &'static str,
    /// The number formats of the styles 1, 2, …
    pub(crate) formats: &'static [u32],
    /// Further files.
    pub(crate) extra: Vec<(String, Vec<u8>)>,
}

impl Parts {
    pub(crate) fn new(rows: impl Into<String>) -> Self {
        Self { rows: rows.into(), strings: None, properties: "", formats: &[], extra: Vec::new() }
    }

    pub(crate) fn pack(&self) -> Vec<u8> {
        let mut files = self.files();
        files.extend(self.extra.iter().cloned());
        pack(&files)
    }

    fn files(&self) -> Vec<(String, Vec<u8>)> {
        const MAIN: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
        const RELS: &str = "http://schemas.openxmlformats.org/package/2006/relationships";
        const DOC: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
        let mut files = vec![
            (
                "_rels/.rels",
                format!(
                    r#"<Relationships xmlns="{RELS}"><Relationship Id="r1" Type="{DOC}/officeDocument" Target="xl/workbook.xml"/></Relationships>"#
                ),
            ),
            (
                "xl/workbook.xml",
                format!(
                    r#"<workbook xmlns="{MAIN}" xmlns:r="{DOC}"><workbookPr {}/><sheets><sheet name="{SHEET}" sheetId="1" r:id="r1"/></sheets></workbook>"#,
                    self.properties
                ),
            ),
            (
                "xl/_rels/workbook.xml.rels",
                format!(
                    r#"<Relationships xmlns="{RELS}"><Relationship Id="r1" Type="{DOC}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>"#
                ),
            ),
            ("xl/styles.xml", self.styles(MAIN)),
            (
                "xl/worksheets/sheet1.xml",
                format!(r#"<worksheet xmlns="{MAIN}"><sheetData>{}</sheetData></worksheet>"#, self.rows),
            ),
        ];
        if let Some(strings) = &self.strings {
            files.push(("xl/sharedStrings.xml", strings.clone()));
        }
        files.into_iter().map(|(name, text)| (name.to_owned(), text.into_bytes())).collect()
    }

    fn styles(&self, main: &str) -> String {
        let mut formats = String::from(r#"<xf numFmtId="0"/>"#);
        for id in self.formats {
            write!(formats, r#"<xf numFmtId="{id}"/>"#).unwrap();
        }
        format!(r#"<styleSheet xmlns="{main}"><cellXfs count="1">{formats}</cellXfs></styleSheet>"#)
    }
}

/// A zip file of these entries.
pub(crate) fn pack(files: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    for (name, bytes) in files {
        zip.start_file(name.as_str(), options).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// One cell with a text in it.
pub(crate) fn inline(at: &str, text: &str) -> String {
    format!(r#"<c r="{at}" t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>"#)
}

/// A header row of these names.
pub(crate) fn header(names: &[&str]) -> String {
    let cells: String =
        ('A'..).zip(names).map(|(column, name)| inline(&format!("{column}1"), name)).collect();
    format!(r#"<row r="1">{cells}</row>"#)
}
