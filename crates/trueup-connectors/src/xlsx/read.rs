//! The workbook as a system that can be read. It implements no `Target`: nothing here can write.

use std::{collections::HashSet, path::Path, time::Duration};

use async_trait::async_trait;
use rust_decimal::Decimal;
use trueup_core::{
    card::{BatchSizes, Card, Verbs},
    name::{EntityKey, RemoteId, SystemName},
    plan::Requests,
    record::Record,
    snapshot::{Coverage, SourceTrouble},
    value::{Cell, Value},
};
use trueup_ports::{Ask, Fault, FieldInfo, Inspection, Page, Reach, Source};

use super::{
    address::MAX_ROWS,
    cell::RawCell,
    config::Place,
    keys::{KeyProblem, Keys},
    parser::{Parser, ReadError, Sheet},
    refusal::Refusal,
    request::Request,
    steady::{self, SteadyError},
    view::Filter,
};

// How long a spreadsheet program takes to save, about.
const SAVING: Duration = Duration::from_secs(2);

/// One sheet of a workbook, read only.
///
/// A read blocks its thread while the parsing child works, like a read of any local file.
#[derive(Debug)]
pub struct XlsxSource {
    card: Card,
    place: Place,
    parser: Parser,
}

impl XlsxSource {
    /// Names the sheet; nothing is opened yet.
    #[must_use]
    pub fn new(system: SystemName, place: Place, parser: Parser) -> Self {
        Self { card: card(system), place, parser }
    }

    fn open(&self, columns: Vec<String>) -> Result<Sheet, Fault> {
        let copy =
            steady::copy(&self.place.path, self.place.max_bytes).map_err(|error| not_copied(&error))?;
        let (sheet, header_row, caps) = (self.place.sheet.clone(), self.place.header_row, self.place.caps);
        let opened = self.parser.open(copy, Request { sheet, columns, header_row, caps });
        opened.map_err(|error| self.not_read(&error))
    }

    fn not_read(&self, error: &ReadError) -> Fault {
        let what = format!("workbook {}: {}", self.place.path.display(), with_causes(error));
        match error {
            // A program that saves in place pauses with half a file, longer than two looks are apart.
            ReadError::Refused(Refusal::NoContent | Refusal::CutOff(_)) => {
                Fault::Busy { retry_after: Some(SAVING), what }
            }
            _ => Fault::Unreadable(what),
        }
    }

    fn page(&self, ask: &Ask) -> Result<Page, Fault> {
        let mut columns = ask.columns.clone();
        let filter = Filter::new(ask, &self.place.key, &mut columns)?;
        let mut sheet = self.open(columns)?;
        let key_column = sheet.head().positions.get(filter.key_slot()).copied().unwrap_or_default();
        let mut keys = Keys::new(&self.place.sheet, filter.key_slot(), key_column);
        let mut records = Vec::new();
        for row in sheet.by_ref() {
            let row = row.map_err(|error| self.not_read(&error))?;
            let Some(key) = keys.see(&row) else { continue };
            if filter.takes(&key, &row) {
                let cells = row.cells.iter().take(ask.columns.len()).map(to_cell).collect();
                let record = Record::new(RemoteId::new(&key), cells);
                records.push(Record { place: keys.place(row.row), ..record });
            }
        }
        Ok(Page { layout: Some(sheet.head().fingerprint.clone()), ..page(ask, &keys, records) })
    }
}

#[async_trait]
impl Source for XlsxSource {
    fn card(&self) -> &Card {
        &self.card
    }

    async fn inspect(&self) -> Result<Inspection, Fault> {
        // Asking for the key proves that it is there; the rows are not waited for.
        let sheet = self.open(vec![self.place.key.clone()])?;
        let column = |name: &str| FieldInfo {
            name: name.to_owned(),
            kind: "cell".to_owned(),
            writable: false,
            unique: name == self.place.key,
            options: Vec::new(),
        };
        let columns = sheet.head().headers.iter().map(|header| column(&header.name)).collect();
        Ok(Inspection { tenant: tenant(&self.place.path, &self.place.sheet), columns, problems: Vec::new() })
    }

    async fn read(&self, ask: Ask) -> Result<Page, Fault> {
        self.page(&ask)
    }

    fn requests(&self) -> Requests {
        Requests::default()
    }
}

// The folder is no part of it: the same workbook read elsewhere is the same source.
fn tenant(path: &Path, sheet: &str) -> String {
    format!("{}!{sheet}", path.file_name().unwrap_or_default().to_string_lossy())
}

fn card(system: SystemName) -> Card {
    let whole = MAX_ROWS as usize;
    Card {
        system,
        kind: "xlsx".to_owned(),
        batch: BatchSizes { read: whole, read_history: 0, create: 0, update: 0, archive: 0 },
        verbs: Verbs::default(),
        delta: false,
        history: false,
        compare_and_set: false,
        merges: false,
        unique_ext_id: false,
        max_in_flight: Duration::ZERO,
        max_index_lag: Duration::ZERO,
        rates: Vec::new(),
    }
}

// Rows with one key contradict each other, so none of them is a record.
fn page(ask: &Ask, keys: &Keys, mut records: Vec<Record>) -> Page {
    let seen: HashSet<RemoteId> = records.iter().map(|record| record.id.clone()).collect();
    records.retain(|record| !keys.is_duplicate(record.id.as_str()));
    // Sorting the sheet must change nothing, not even the order of an answer.
    records.sort_by(|a, b| a.id.cmp(&b.id));
    let (coverage, missing) = match &ask.reach {
        Reach::All(_) => (Coverage::Whole, Vec::new()),
        Reach::Ids(ids) => (Coverage::Some, ids.iter().filter(|id| !seen.contains(id)).cloned().collect()),
        Reach::Unique { .. } | Reach::Since { .. } => (Coverage::Some, Vec::new()),
    };
    let troubles = keys.problems().into_iter().map(trouble).collect();
    Page { records, next: None, cursor: None, missing, coverage, layout: None, troubles }
}

fn trouble(problem: KeyProblem) -> SourceTrouble {
    let what = problem.to_string();
    match problem {
        KeyProblem::Blank { place } | KeyProblem::Unreadable { place, .. } => {
            SourceTrouble { key: None, what, place }
        }
        KeyProblem::Duplicate { key, places } => {
            SourceTrouble { key: Some(EntityKey::new(key)), what, place: places.join(", ") }
        }
    }
}

fn not_copied(error: &SteadyError) -> Fault {
    let what = with_causes(error);
    match error {
        SteadyError::Unsteady { .. } => Fault::Busy { retry_after: Some(SAVING), what },
        _ => Fault::Unreadable(what),
    }
}

fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text = format!("{text}: {cause}");
        next = cause.source();
    }
    text
}

fn to_cell(raw: &RawCell) -> Cell {
    match raw {
        RawCell::Blank => Cell::Null,
        RawCell::Number(text) => number(text),
        RawCell::Bool(flag) => Cell::Value(Value::Bool(*flag)),
        RawCell::Date(date) => Cell::Value(Value::Date(*date)),
        RawCell::Error(error) => Cell::unreadable(
            error.kind.as_str(),
            format!("{}!{}", super::text::shown(&error.sheet), error.address),
        ),
        // A workbook knows no time zones, so its moments are no instants.
        RawCell::Text(_) | RawCell::DateTime(_) | RawCell::Time(_) | RawCell::Duration(_) => {
            Cell::text(raw.to_text().unwrap_or_default())
        }
    }
}

// A number finer than a decimal can hold stays the text it is, rather than being rounded.
fn number(text: &str) -> Cell {
    Decimal::from_str_exact(text)
        .map_or_else(|_| Cell::text(text), |number| Cell::Value(Value::Number(number)))
}
