//! Looks at the container before any parser sees what is in it.
//!
//! Everything is unpacked once into nothing, counting, because the sizes in a zip directory are claims
//! of whoever wrote it. A workbook of 511 kB was seen that unpacks to 530 MiB (RELIABILITY.md 3.2).

use std::{
    collections::HashSet,
    io::{self, Read, Seek, SeekFrom, copy, sink},
};

use zip::{ZipArchive, result::ZipError};

use super::{refusal::Refusal, request::Caps, text::shown};

// Below this size even a perfect bomb does no harm, and tiny parts are often all alike.
const RATIO_COUNTS_FROM: u64 = 8 << 20;
// The fixed part of the record that ends a zip file, and where it counts the entries.
const END_RECORD_LEN: i64 = 22;
const END_RECORD_COUNT_AT: usize = 10;

/// Checks the container and leaves the file at its start.
///
/// # Errors
/// [`Refusal`] for anything that is no sound container or holds more than the caps allow.
pub(super) fn check(file: &mut (impl Read + Seek), caps: &Caps) -> Result<(), Refusal> {
    check_start(file)?;
    let mut archive = ZipArchive::new(&mut *file).map_err(|error| cut_off(&error))?;
    check_directory(&mut archive, caps)?;
    check_contents(&mut archive, caps)?;
    let (listed, comment) = (archive.len(), archive.comment().len());
    drop(archive);
    check_count(file, listed, comment)?;
    file.rewind().map_err(|error| unsound(&error))
}

fn check_start(file: &mut (impl Read + Seek)) -> Result<(), Refusal> {
    const COMPOUND_FILE: [u8; 4] = [0xd0, 0xcf, 0x11, 0xe0];
    let mut start = Vec::new();
    file.rewind()
        .and_then(|()| file.by_ref().take(4).read_to_end(&mut start))
        .map_err(|error| unsound(&error))?;
    match start.as_slice() {
        [] => Err(Refusal::NoContent),
        b"PK\x03\x04" => Ok(()),
        start if start == COMPOUND_FILE => Err(Refusal::Locked),
        // The program made room and has not written the beginning yet.
        start if start.iter().all(|byte| *byte == 0) => {
            Err(Refusal::CutOff("its beginning is blank".to_owned()))
        }
        start if b"PK\x03\x04".starts_with(start) => {
            Err(Refusal::CutOff("only its beginning is there".to_owned()))
        }
        _ => Err(Refusal::NotAWorkbook),
    }
}

fn check_directory<R: Read + Seek>(archive: &mut ZipArchive<R>, caps: &Caps) -> Result<(), Refusal> {
    if archive.len() as u64 > caps.entries {
        return Err(Refusal::TooMuch { what: "files".to_owned(), limit: caps.entries });
    }
    let mut names = HashSet::new();
    for index in 0..archive.len() {
        let entry = archive.by_index_raw(index).map_err(|error| unsound(&error))?;
        if entry.encrypted() {
            return Err(Refusal::Locked);
        }
        // Readers of workbooks find parts without regard to case, so names must differ by more than that.
        let name = entry.name().map_err(|error| unsound(&error))?;
        if !names.insert(name.to_lowercase()) {
            return Err(Refusal::Unsound(format!("it holds '{}' twice", shown(&name))));
        }
    }
    Ok(())
}

fn check_contents<R: Read + Seek>(archive: &mut ZipArchive<R>, caps: &Caps) -> Result<(), Refusal> {
    let mut left = caps.unpacked_bytes;
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index).map_err(|error| unsound(&error))?;
        let name = entry.name().map_err(|error| unsound(&error))?.into_owned();
        let most = left.min(entry.compressed_size().saturating_mul(caps.ratio).max(RATIO_COUNTS_FROM));
        let unpacked = copy(&mut entry.by_ref().take(most.saturating_add(1)), &mut sink());
        let unpacked = unpacked.map_err(|error| damaged(&name, &error))?;
        if unpacked > most && most < left {
            let why = format!("'{}' unpacks to more than {} times its size", shown(&name), caps.ratio);
            return Err(Refusal::Unsound(why));
        }
        left = left.checked_sub(unpacked).ok_or_else(|| Refusal::TooMuch {
            what: "bytes unpacked".to_owned(),
            limit: caps.unpacked_bytes,
        })?;
    }
    Ok(())
}

// A directory with two entries of one name reads as one entry. Which of them a reader takes is its own
// choice, so the record's count must equal what was listed.
fn check_count(file: &mut (impl Read + Seek), listed: usize, comment: usize) -> Result<(), Refusal> {
    let back = END_RECORD_LEN + i64::try_from(comment).unwrap_or(i64::MAX - END_RECORD_LEN);
    let mut record = [0; END_RECORD_COUNT_AT + 2];
    file.seek(SeekFrom::End(-back))
        .and_then(|_| file.read_exact(&mut record))
        .map_err(|error| unsound(&error))?;
    let [b'P', b'K', 5, 6, .., low, high] = record else {
        return Err(Refusal::Unsound("something follows its directory".to_owned()));
    };
    if usize::from(u16::from_le_bytes([low, high])) != listed {
        return Err(Refusal::Unsound("its directory names a file twice or miscounts them".to_owned()));
    }
    Ok(())
}

fn cut_off(error: &ZipError) -> Refusal {
    Refusal::CutOff(format!("no sound zip directory: {}", shown(&error.to_string())))
}

fn damaged(name: &str, error: &io::Error) -> Refusal {
    Refusal::CutOff(format!("'{}' is damaged: {}", shown(name), shown(&error.to_string())))
}

fn unsound(error: &impl ToString) -> Refusal {
    Refusal::Unsound(shown(&error.to_string()))
}
