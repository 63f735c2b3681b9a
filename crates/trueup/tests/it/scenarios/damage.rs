//! Workbooks that are made to break their reader, from sound ones.

use std::io::{Cursor, Read, Write};

use zip::{CompressionMethod, ZipArchive, ZipWriter, write::SimpleFileOptions};

/// With a picture that unpacks to 64 MiB of nothing.
pub(super) fn bomb(whole: &[u8]) -> Vec<u8> {
    let mut files = unpack(whole);
    files.push(("xl/media/image1.png".to_owned(), vec![0; 64 << 20]));
    pack(&files)
}

/// With a claim of so many shared strings.
pub(super) fn claim(whole: &[u8], count: &str) -> Vec<u8> {
    rewritten(whole, "xl/sharedStrings.xml", |text| {
        let (head, rest) = text.split_once("uniqueCount=\"").unwrap();
        let (_, tail) = rest.split_once('"').unwrap();
        format!("{head}uniqueCount=\"{count}\"{tail}")
    })
}

/// With one more cell, in the last corner that a sheet can have.
pub(super) fn corner(whole: &[u8]) -> Vec<u8> {
    const CORNER: &str = r#"<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>"#;
    rewritten(whole, "xl/worksheets/sheet1.xml", |text| text.replace("</sheetData>", CORNER))
}

fn rewritten(whole: &[u8], name: &str, change: impl Fn(&str) -> String) -> Vec<u8> {
    let mut files = unpack(whole);
    let (_, bytes) = files.iter_mut().find(|(own, _)| own == name).unwrap();
    let changed = change(std::str::from_utf8(bytes).unwrap());
    assert_ne!(changed.as_bytes(), bytes.as_slice(), "{name} is as before");
    *bytes = changed.into_bytes();
    pack(&files)
}

fn unpack(whole: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut zip = ZipArchive::new(Cursor::new(whole)).unwrap();
    let mut files = Vec::new();
    for at in 0..zip.len() {
        let mut file = zip.by_index(at).unwrap();
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).unwrap();
        files.push((file.name().unwrap().to_string(), bytes));
    }
    files
}

fn pack(files: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    for (name, bytes) in files {
        zip.start_file(name.as_str(), options).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}
