//! Records by the value of a unique column: the way to find what a create made, for search lags.

use std::collections::BTreeSet;

use trueup_core::record::Record;
use trueup_ports::{Fault, Page, wire::Call};

use super::{
    Hubspot,
    read::named,
    record::record,
    wire::{Batch, BatchRead, Id},
};

/// Reads the records whose column holds one of these texts.
pub(super) async fn read(
    hub: &Hubspot,
    column: &str,
    texts: &[String],
    columns: &[String],
) -> Result<Page, Fault> {
    let once: Vec<&str> = texts.iter().map(String::as_str).collect::<BTreeSet<_>>().into_iter().collect();
    let mut records: Vec<Record> = Vec::new();
    for chunk in once.chunks(hub.card.batch.read) {
        for record in batch(hub, column, chunk, columns).await? {
            if !records.iter().any(|known| known.id == record.id) {
                records.push(record);
            }
        }
    }
    Ok(named(records, Vec::new()))
}

async fn batch(
    hub: &Hubspot,
    column: &str,
    texts: &[&str],
    columns: &[String],
) -> Result<Vec<Record>, Fault> {
    let holders = holders(hub, column);
    let mut names: Vec<String> = columns.to_vec();
    names.extend(holders.iter().filter(|own| !columns.iter().any(|c| c == *own)).map(|&own| own.to_owned()));
    let body = BatchRead {
        inputs: texts.iter().map(|id| Id { id }).collect(),
        properties: names.iter().map(String::as_str).collect(),
        properties_with_history: Vec::new(),
        id_property: Some(column),
    };
    let answer = hub.wire.query(Call::post(hub.paths.objects(&["batch", "read"]), &body)?).await?;
    if !answer.is_success() {
        let words = super::error::words(answer.body()).unwrap_or_else(|| "without a reason".into());
        return Err(answer.garbled(&format!("records by {column} were refused: {words}")));
    }
    let batch: Batch = answer.json()?;
    let results = batch.results.ok_or_else(|| answer.garbled("it lacks `results`"))?;
    // HubSpot gives addresses back in lower case, whatever they were asked for in (trap 8).
    let mut open: BTreeSet<String> = texts.iter().map(|text| text.to_lowercase()).collect();
    let mut records = Vec::with_capacity(results.len());
    for object in results {
        let full = record(hub.settings.object, object, &names).map_err(|why| answer.garbled(&why))?;
        for value in values(&full, &names, &holders) {
            open.remove(&value);
        }
        records.push(Record { cells: full.cells.into_iter().take(columns.len()).collect(), ..full });
    }
    for name in batch.errors.iter().flat_map(|error| error.names("ids")) {
        open.remove(&name.to_lowercase());
    }
    // Left out without a word is not the same as not there (facts 4).
    if open.is_empty() {
        Ok(records)
    } else {
        Err(answer.garbled(&format!(
            "it neither gives nor names {} of the values of {column} asked for",
            open.len()
        )))
    }
}

/// The columns a record may be found by: an answer does not say which address matched (facts 4).
fn holders<'a>(hub: &Hubspot, column: &'a str) -> Vec<&'a str> {
    match hub.settings.object.secondary {
        Some((primary, secondary)) if primary == column => vec![column, secondary],
        _ => vec![column],
    }
}

fn values(record: &Record, names: &[String], holders: &[&str]) -> Vec<String> {
    let held = names.iter().enumerate().filter(|(_, name)| holders.contains(&name.as_str()));
    let texts = held.filter_map(|(at, _)| record.cell(at).to_text());
    texts.flat_map(|text| text.split(';').map(|one| one.trim().to_lowercase()).collect::<Vec<_>>()).collect()
}
