//! The header row: which column is which.

use std::collections::HashMap;

use super::{
    address::Address,
    frame::{Head, Header},
    refusal::Refusal,
    request::Request,
    text::{header_name, nearest},
};

/// Understands the header row, or says what is wrong with it.
///
/// Columns are found by name alone, so moving them changes nothing.
///
/// # Errors
/// A wanted column is missing, or two columns have its name. Twins that nobody asked for are let be.
pub(super) fn understand(cells: &[(u32, String)], row: u32, request: &Request) -> Result<Head, Refusal> {
    let headers: Vec<Header> = cells
        .iter()
        .map(|(column, text)| Header { name: header_name(text), column: *column })
        .filter(|header| !header.name.is_empty())
        .collect();
    if headers.is_empty() {
        return Err(Refusal::HeaderMissing { sheet: request.sheet.clone() });
    }
    let positions = request.columns.iter().map(|wanted| find(&headers, wanted, row, request));
    let positions = positions.collect::<Result<_, _>>()?;
    Ok(Head { fingerprint: fingerprint(&headers), headers, positions })
}

fn find(headers: &[Header], wanted: &str, row: u32, request: &Request) -> Result<u32, Refusal> {
    let name = header_name(wanted);
    let mut matches = headers.iter().filter(|header| header.name == name);
    let first = matches.next().ok_or_else(|| missing(headers, wanted, row, request))?;
    match matches.next() {
        None => Ok(first.column),
        Some(second) => Err(Refusal::ColumnTwice {
            column: wanted.to_owned(),
            sheet: request.sheet.clone(),
            first: Address { row, column: first.column }.to_string(),
            second: Address { row, column: second.column }.to_string(),
        }),
    }
}

// A row that holds few of the wanted columns may be a person's, whose cells must not stand in a message that
// is pushed and logged; only a near namesake of the wanted column is told then.
fn missing(headers: &[Header], wanted: &str, row: u32, request: &Request) -> Refusal {
    const ALIKE: f64 = 0.7;
    const NAMESAKE: f64 = 0.9;
    let names = || headers.iter().map(|header| header.name.as_str());
    let holds = |column: &&String| names().any(|name| name == header_name(column));
    let known = request.columns.iter().filter(holds).count();
    let is_header_row = known * 2 >= request.columns.len();
    Refusal::ColumnMissing {
        column: wanted.to_owned(),
        sheet: request.sheet.clone(),
        nearest: nearest(wanted, names(), if is_header_row { ALIKE } else { NAMESAKE }),
        found: names().filter(|_| is_header_row).map(str::to_owned).collect(),
        row: row + 1,
        known,
        wanted: request.columns.len(),
    }
}

// Sorted, so that moving columns is no change; with lengths, so that no two lists of names read alike.
fn fingerprint(headers: &[Header]) -> String {
    let mut names: Vec<&str> = headers.iter().map(|header| header.name.as_str()).collect();
    names.sort_unstable();
    let mut hasher = blake3::Hasher::new();
    for name in names {
        hasher.update(&(name.len() as u64).to_le_bytes());
        hasher.update(name.as_bytes());
    }
    hasher.finalize().to_hex().to_string()
}

/// Where each wanted cell of a row goes.
#[derive(Debug)]
pub(super) struct Slots(HashMap<u32, Vec<usize>>);

impl Slots {
    /// From the positions of the wanted columns.
    #[must_use]
    pub(super) fn new(positions: &[u32]) -> Self {
        let mut slots: HashMap<u32, Vec<usize>> = HashMap::new();
        for (slot, column) in positions.iter().enumerate() {
            slots.entry(*column).or_default().push(slot);
        }
        Self(slots)
    }

    /// The places of a sheet's column in a row as it was asked for; none if nobody wants it.
    #[must_use]
    pub(super) fn of(&self, column: u32) -> &[usize] {
        self.0.get(&column).map_or(&[], Vec::as_slice)
    }
}

#[cfg(test)]
mod tests {
    use super::{super::request::*, *};

    fn request(columns: &[&str]) -> Request {
        Request {
            sheet: "Lead Details".to_owned(),
            columns: columns.iter().map(ToString::to_string).collect(),
            header_row: HeaderRow::FirstFilled,
            caps: Caps::default(),
        }
    }

    fn read(headers: &[&str], wanted: &[&str]) -> Result<Head, Refusal> {
        let cells: Vec<_> = (0..).zip(headers.iter().map(ToString::to_string)).collect();
        understand(&cells, 2, &request(wanted))
    }

    #[track_caller]
    fn check(headers: &[&str], wanted: &[&str], expected: &str) {
        assert_eq!(read(headers, wanted).unwrap_err().to_string(), expected);
    }

    #[test]
    fn moved_columns_keep_the_fingerprint_and_renamed_ones_do_not() {
        let before = read(&["ID", "Email", "City"], &["City", "ID"]).unwrap();
        let moved = read(&["City", " Email\n", "ID"], &["City", "ID"]).unwrap();
        let renamed = read(&["City", "E-mail", "ID"], &["City", "ID"]).unwrap();
        assert_eq!((before.positions, moved.positions), (vec![2, 0], vec![0, 2]));
        assert_eq!(before.fingerprint, moved.fingerprint);
        assert_ne!(before.fingerprint, renamed.fingerprint);
        let split = |names| read(names, &[]).unwrap().fingerprint;
        assert_ne!(split(&["ab", "c"]), split(&["a", "bc"]));
    }

    #[test]
    fn a_wanted_column_that_is_missing_or_there_twice_is_named_with_the_way_out() {
        check(
            &["ID", "EMAIL_ALL", "CITY"],
            &["ID", "EMAILS_ALL", "CITY"],
            "sheet 'Lead Details' has no column 'EMAILS_ALL' (did you mean 'EMAIL_ALL'?); it has 'ID', 'EMAIL_ALL', 'CITY'",
        );
        check(
            &["ID", "Notes", "ID"],
            &["ID"],
            "sheet 'Lead Details' has two columns 'ID', in A3 and C3: rename one",
        );
        assert!(read(&["ID", "Notes", "Notes"], &["ID"]).is_ok());
        check(&["", " "], &["ID"], "sheet 'Lead Details' has no header row");
    }

    #[test]
    fn the_cells_of_a_row_that_is_no_header_row_stand_in_no_message() {
        let person = &["R00412", "Ada", "ada@example.org", "970-555-0199", "1 Main St"];
        check(
            person,
            &["ID", "EMAIL", "CITY"],
            "sheet 'Lead Details' has no column 'ID'; row 3 holds none of the columns looked for: is it the header row?",
        );
        check(
            &["ID", "Ada", "ada@example.org"],
            &["ID", "EMAIL", "CITY"],
            "sheet 'Lead Details' has no column 'EMAIL'; row 3 holds only 1 of the 3 columns looked for: is it the header row?",
        );
        // An inspection looks for the key alone; a key that was respelled is told all the same.
        check(
            &["LEAD-ID", "EMAIL"],
            &["LEAD_ID"],
            "sheet 'Lead Details' has no column 'LEAD_ID' (did you mean 'LEAD-ID'?); row 3 holds none of the columns looked for: is it the header row?",
        );
    }
}
