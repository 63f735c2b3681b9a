//! List, get, create, update and archive of single records (facts section 3).

use serde::Deserialize;
use serde_json::{Value, json};

use super::Portal;
use super::answer::{Answer, Outcome};
use super::call::{Call, GivenValues, parse};
use super::errors::ApiError;
use super::object_type::{OBJECT_ID, ObjectType};
use super::query::Query;
use super::record::Record;
use super::render::Fields;
use super::store::ObjectStore;
use super::write::live;
use crate::time::iso;

const LIST_DEFAULT: usize = 10;
const LIST_MAX: usize = 100;
/// The largest page or batch when history is asked for.
pub(crate) const HISTORY_MAX: usize = 50;

/// The body of a create or update.
#[derive(Deserialize)]
struct Write {
    #[serde(default)]
    properties: GivenValues,
}

impl Portal {
    /// `GET /crm/objects/{v}/{type}`: a page in order of id.
    pub(crate) fn list(&self, kind: &'static ObjectType, query: &Query) -> Outcome {
        let store = self.store(kind)?;
        let fields = Fields::of(query);
        let max = if fields.history.is_empty() { LIST_MAX } else { HISTORY_MAX };
        let limit = query.number("limit", LIST_DEFAULT, max)?;
        let from = match query.one("after").filter(|after| !after.is_empty()) {
            None => 0,
            Some(after) => read_cursor(after)?,
        };
        let archived = query.flag("archived");
        let mut found = store.from(from).filter(|record| record.archived_ms.is_some() == archived);
        let page: Vec<Value> =
            found.by_ref().take(limit).map(|record| self.render(store, record, &fields)).collect();
        let mut body = json!({"results": page});
        if let (Some(next), Value::Object(body)) = (found.next(), &mut body) {
            body.insert("paging".into(), paging(kind, next.id));
        }
        Ok(Answer::ok(body))
    }

    /// `GET /crm/objects/{v}/{type}/{id}`. The id of a merged record leads to the survivor, which has another id.
    pub(crate) fn get(&self, kind: &'static ObjectType, id: &str, query: &Query) -> Outcome {
        let store = self.store(kind)?;
        let found = find(store, id, query.one("idProperty"))?;
        let wanted = |record: &&Record| record.archived_ms.is_some() == query.flag("archived");
        let record = found.and_then(|id| store.record(id)).filter(wanted).ok_or_else(ApiError::not_found)?;
        Ok(Answer::ok(self.render(store, record, &Fields::of(query))))
    }

    /// `POST /crm/objects/{v}/{type}`.
    pub(crate) fn create(&mut self, kind: &'static ObjectType, body: &[u8], call: &Call) -> Outcome {
        let values = parse::<Write>(body)?.properties.into_values()?;
        let draft = self.draft(kind, None, &values, call).map_err(|refusal| self.refused(refusal))?;
        let id = self.commit(kind, &draft, &call.author, call.now_ms)?;
        self.written(kind, id, &draft.names, 201)
    }

    /// `PATCH /crm/objects/{v}/{type}/{id}`.
    pub(crate) fn update(
        &mut self,
        kind: &'static ObjectType,
        id: &str,
        query: &Query,
        body: &[u8],
        call: &Call,
    ) -> Outcome {
        let values = parse::<Write>(body)?.properties.into_values()?;
        let target = find(self.store(kind)?, id, query.one("idProperty"))?.ok_or_else(ApiError::not_found)?;
        let draft = self.draft(kind, Some(target), &values, call).map_err(|refusal| self.refused(refusal))?;
        let id = self.commit(kind, &draft, &call.author, call.now_ms)?;
        self.written(kind, id, &draft.names, 200)
    }

    /// `DELETE /crm/objects/{v}/{type}/{id}`: archives; a second time changes nothing.
    pub(crate) fn archive(&mut self, kind: &'static ObjectType, id: &str, call: &Call) -> Outcome {
        let store = self.store_mut(kind)?;
        let target = find(store, id, None)?.ok_or_else(ApiError::not_found)?;
        archive(store, target, call.now_ms);
        Ok(Answer::no_content())
    }

    pub(crate) fn refused(&self, refusal: super::write::Refusal) -> ApiError {
        refusal.into_error(self.account.portal_id)
    }

    fn written(&self, kind: &'static ObjectType, id: u64, names: &[String], status: u16) -> Outcome {
        let store = self.store(kind)?;
        let record = store.record(id).ok_or_else(ApiError::not_found)?;
        Ok(Answer::with(status, self.render(store, record, &Fields::written(names))))
    }
}

/// Archives a record that is there and not archived yet; tells whether it did.
pub(crate) fn archive(store: &mut ObjectStore, id: u64, now_ms: i64) -> bool {
    let there = live(store, id).is_some();
    if there {
        store.amend(id, now_ms, |record| record.archived_ms = Some(record.updated_ms));
    }
    there
}

/// The record that an id or the value of a unique property names. Ids of merged records are followed.
pub(crate) fn find(
    store: &ObjectStore,
    id: &str,
    id_property: Option<&str>,
) -> Result<Option<u64>, ApiError> {
    match id_property.filter(|name| !name.is_empty() && *name != OBJECT_ID) {
        None => Ok(find_by_id(store, id)),
        Some(name) => find_by_property(store, id, name),
    }
}

/// Without `idProperty` an e-mail is understood as well.
fn find_by_id(store: &ObjectStore, id: &str) -> Option<u64> {
    if let Ok(number) = id.parse() {
        return Some(store.resolve(number)).filter(|id| store.record(*id).is_some());
    }
    let emails = store.definitions.emails.filter(|_| id.contains('@'))?;
    store.holder(emails.primary, &id.trim().to_lowercase())
}

fn find_by_property(store: &ObjectStore, value: &str, name: &str) -> Result<Option<u64>, ApiError> {
    let key = unique_key(store, name)?;
    let is_email = store.definitions.emails.is_some_and(|emails| emails.primary == key);
    let lowered = value.trim().to_lowercase();
    Ok(store.holder(key, if is_email { &lowered } else { value }))
}

/// The key behind an `idProperty`; a property without unique values is refused.
pub(crate) fn unique_key(store: &ObjectStore, name: &str) -> Result<super::properties::PropertyIx, ApiError> {
    let place = store.definitions.live(name);
    place.and_then(|place| store.key_of(place)).ok_or_else(|| {
        let kind = store.kind.id;
        ApiError::invalid(format!("Unable to perform update/upsert by non-unique {kind} property {name}"))
    })
}

/// The list's cursor is opaque and is not a search offset (trap 15).
const CURSOR_MARK: &str = "c-";

fn paging(kind: &ObjectType, next: u64) -> Value {
    let after = format!("{CURSOR_MARK}{next:x}");
    let link = format!("https://api.hubapi.com/crm/v3/objects/{}?after={after}", kind.plural);
    json!({"next": {"after": after, "link": link}})
}

fn read_cursor(after: &str) -> Result<u64, ApiError> {
    let digits = after.strip_prefix(CURSOR_MARK);
    let id = digits.and_then(|digits| u64::from_str_radix(digits, 16).ok());
    id.ok_or_else(|| ApiError::invalid(format!("after={after} is not a cursor of this list")))
}

/// The envelope of every batch answer.
pub(crate) fn envelope(results: &[Value], now_ms: i64) -> Value {
    json!({"status": "COMPLETE", "results": results, "startedAt": iso(now_ms), "completedAt": iso(now_ms)})
}
