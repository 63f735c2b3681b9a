//! Merging two records into a new one (facts section 8, traps 1 and 2).

use serde::Deserialize;

use super::Portal;
use super::answer::{Answer, Outcome};
use super::call::{Call, parse};
use super::errors::ApiError;
use super::history::Author;
use super::object_type::{MERGED_IDS, ObjectType};
use super::properties::PropertyIx;
use super::record::{AuthorIx, Record, Version};
use super::render::Fields;
use super::store::ObjectStore;
use super::write::live;

/// The body of a merge.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Merge {
    primary_object_id: String,
    object_id_to_merge: String,
}

/// Properties that name the merged ids, besides [`MERGED_IDS`].
const ID_LISTS: [&str; 2] = ["hs_calculated_merged_vids", "hs_all_contact_vids"];

impl Portal {
    /// `POST /crm/objects/{v}/{type}/merge`. The survivor has a new id; both old ones lead to it.
    pub(crate) fn merge(&mut self, kind: &'static ObjectType, body: &[u8], call: &Call) -> Outcome {
        let merge: Merge = parse(body)?;
        let store = self.store_mut(kind)?;
        let id =
            |text: &str| text.parse::<u64>().ok().map(|id| store.resolve(id)).ok_or_else(ApiError::not_found);
        let (primary, other) = (id(&merge.primary_object_id)?, id(&merge.object_id_to_merge)?);
        let survivor = merge_records(store, primary, other, call.now_ms)?;
        let store = self.store(kind)?;
        let record = store.record(survivor).ok_or_else(ApiError::not_found)?;
        Ok(Answer::ok(self.render(store, record, &Fields::default())))
    }
}

/// Merges `other` into `primary`; returns the id of the survivor.
pub(crate) fn merge_records(
    store: &mut ObjectStore,
    primary: u64,
    other: u64,
    now_ms: i64,
) -> Result<u64, ApiError> {
    if primary == other {
        return Err(ApiError::invalid(format!("Object {primary} cannot be merged with itself")));
    }
    if live(store, primary).is_none() || live(store, other).is_none() {
        return Err(ApiError::not_found());
    }
    let author = store.authors.place(&Author::service("MERGE_OBJECTS"));
    let (Some(kept), Some(lost)) = (store.remove(primary, now_ms), store.remove(other, now_ms)) else {
        return Err(ApiError::not_found());
    };
    let id = store.fresh_id();
    let survivor = survivor(store, kept, &lost, id, author, now_ms);
    store.put(survivor, now_ms);
    store.set_alias(primary, id);
    store.set_alias(other, id);
    Ok(id)
}

fn survivor(
    store: &ObjectStore,
    kept: Record,
    lost: &Record,
    id: u64,
    author: AuthorIx,
    now_ms: i64,
) -> Record {
    let (kept_id, addresses) = (kept.id, merged_addresses(store, &kept, lost));
    let mut record = kept;
    record.id = id;
    record.created_ms = record.created_ms.min(lost.created_ms);
    record.updated_ms = record.updated_ms.max(lost.updated_ms);
    record.touch(now_ms);
    let ids = merged_ids(store, &record, lost, kept_id);
    let filled = lost.properties().filter(|property| record.value(*property).is_none());
    let filled: Vec<(PropertyIx, Option<Box<str>>)> =
        filled.map(|property| (property, lost.value(property).map(Box::from))).collect();
    let lists = [MERGED_IDS, ID_LISTS[0], ID_LISTS[1]].into_iter();
    let lists = lists.filter_map(|name| Some((store.definitions.find(name)?, Some(Box::from(ids.as_str())))));
    for (property, value) in filled.into_iter().chain(lists).chain(addresses) {
        let at_ms = record.updated_ms;
        record.write(property, Version { value, at_ms, author });
    }
    record
}

/// All ids that lead to the survivor.
fn merged_ids(store: &ObjectStore, record: &Record, lost: &Record, kept_id: u64) -> String {
    let place = store.definitions.find(MERGED_IDS);
    let earlier = |record: &Record| place.and_then(|place| record.value(place)).unwrap_or("").to_owned();
    let (own, others) = (earlier(record), earlier(lost));
    let mut ids: Vec<String> = own.split(';').chain(others.split(';')).map(str::to_owned).collect();
    ids.extend([kept_id.to_string(), lost.id.to_string()]);
    ids.retain(|id| !id.is_empty());
    ids.join(";")
}

/// The losing record's addresses join the additional ones.
fn merged_addresses(
    store: &ObjectStore,
    kept: &Record,
    lost: &Record,
) -> Option<(PropertyIx, Option<Box<str>>)> {
    let emails = store.definitions.emails?;
    let primary = kept.value(emails.primary).or(lost.value(emails.primary));
    let lists = [kept.value(emails.additional), lost.value(emails.additional), lost.value(emails.primary)];
    let mut all: Vec<&str> = Vec::new();
    for email in lists.into_iter().flatten().flat_map(|list| list.split(';')) {
        if !all.contains(&email) && Some(email) != primary {
            all.push(email);
        }
    }
    (!all.is_empty()).then(|| (emails.additional, Some(all.join(";").into())))
}
