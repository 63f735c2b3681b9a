//! Records by their ids: each one asked for is found, or proven not to be there.
//!
//! A batch names what it does not find, or leaves it out without a word (facts 4); neither is proof. What
//! it did not give is looked for among the archived records, and what is not there either is asked for
//! singly: only a single read follows a merge to the record that survived (trap 2).

use std::collections::{BTreeMap, BTreeSet};

use trueup_core::{name::RemoteId, record::Record};
use trueup_ports::{Fault, Page, wire::Call};

use super::{
    Hubspot,
    error::ApiError,
    read::named,
    record::record,
    wire::{Batch, BatchRead, Id, Object},
};

/// What is wanted of each record.
#[derive(Clone, Copy)]
struct Wanted<'a> {
    columns: &'a [String],
    history: bool,
}

/// Reads these records.
pub(super) async fn read(
    hub: &Hubspot,
    ids: &[RemoteId],
    columns: &[String],
    history: bool,
) -> Result<Page, Fault> {
    let wanted = Wanted { columns, history };
    let once: Vec<&RemoteId> = ids.iter().collect::<BTreeSet<_>>().into_iter().collect();
    let size = if history { hub.card.batch.read_history } else { hub.card.batch.read };
    let (mut records, mut missing) = (Vec::with_capacity(once.len()), Vec::new());
    // An id that stands twice in one batch would have the whole batch refused (trap 7).
    for chunk in once.chunks(size) {
        let mut found = batch(hub, chunk, wanted, false).await?;
        let left: Vec<&RemoteId> = chunk.iter().copied().filter(|id| !found.contains_key(*id)).collect();
        records.extend(chunk.iter().filter_map(|id| found.remove(*id)));
        absent(hub, &left, wanted, &mut records, &mut missing).await?;
    }
    Ok(named(records, missing))
}

/// Settles what a batch did not give.
async fn absent(
    hub: &Hubspot,
    left: &[&RemoteId],
    wanted: Wanted<'_>,
    records: &mut Vec<Record>,
    missing: &mut Vec<RemoteId>,
) -> Result<(), Fault> {
    if left.is_empty() {
        return Ok(());
    }
    let bare = Wanted { columns: &[], history: false };
    let archived = batch(hub, left, bare, true).await?;
    for id in left.iter().copied() {
        if archived.contains_key(id) {
            missing.push(id.clone());
            continue;
        }
        match single(hub, id, wanted).await? {
            Some(record) => records.push(record),
            None => missing.push(id.clone()),
        }
    }
    Ok(())
}

/// One batch; only what was asked for, each record once.
async fn batch(
    hub: &Hubspot,
    ids: &[&RemoteId],
    wanted: Wanted<'_>,
    archived: bool,
) -> Result<BTreeMap<RemoteId, Record>, Fault> {
    let columns: Vec<&str> = wanted.columns.iter().map(String::as_str).collect();
    let body = BatchRead {
        inputs: ids.iter().map(|id| Id { id: id.as_str() }).collect(),
        properties_with_history: if wanted.history { columns.clone() } else { Vec::new() },
        properties: columns,
        id_property: None,
    };
    let mut call = Call::post(hub.paths.objects(&["batch", "read"]), &body)?;
    if archived {
        call = call.with("archived", "true");
    }
    let answer = hub.wire.query(call).await?;
    if !answer.is_success() {
        return Err(answer.garbled("a batch of ids does not answer so"));
    }
    let results = answer.json::<Batch>()?.results.ok_or_else(|| answer.garbled("it lacks `results`"))?;
    let mut found = BTreeMap::new();
    for object in results.into_iter().filter(|object| object.archived == archived) {
        let record =
            record(hub.settings.object, object, wanted.columns).map_err(|why| answer.garbled(&why))?;
        if ids.contains(&&record.id) {
            found.entry(record.id.clone()).or_insert(record);
        }
    }
    Ok(found)
}

/// One record by itself; `None` when HubSpot itself says that it is not there.
async fn single(hub: &Hubspot, id: &RemoteId, wanted: Wanted<'_>) -> Result<Option<Record>, Fault> {
    let columns = wanted.columns.join(",");
    let mut call = Call::get(hub.paths.objects(&[id.as_str()])).with("properties", &columns);
    if wanted.history {
        call = call.with("propertiesWithHistory", &columns);
    }
    let answer = hub.wire.query(call).await?;
    // A path that is wrong and a gateway answer 404 as well, but not with an error of HubSpot's own.
    if answer.status() == 404 && ApiError::read(answer.body()).is_some() {
        return Ok(None);
    }
    if !answer.is_success() {
        return Err(answer.garbled("a read by id does not answer so"));
    }
    let object: Object = answer.json()?;
    if object.archived {
        return Ok(None);
    }
    let mut record =
        record(hub.settings.object, object, wanted.columns).map_err(|why| answer.garbled(&why))?;
    record.asked = (record.id != *id).then(|| id.clone());
    Ok(Some(record))
}
