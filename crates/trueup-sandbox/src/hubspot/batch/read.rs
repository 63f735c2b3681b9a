//! `POST …/batch/read`.

use serde::Deserialize;

use super::super::Portal;
use super::super::answer::Outcome;
use super::super::call::{Call, parse};
use super::super::errors::ApiError;
use super::super::object_type::{OBJECT_ID, ObjectType};
use super::super::query::Query;
use super::super::records::{HISTORY_MAX, find, unique_key};
use super::super::render::Fields;
use super::super::settings::MergedInBatchRead;
use super::super::store::ObjectStore;
use super::{INPUTS_MAX, Rows, check_inputs, failing, injected};

/// The body of a batch read.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Read {
    inputs: Vec<Key>,
    #[serde(default)]
    properties: Vec<String>,
    #[serde(default)]
    properties_with_history: Vec<String>,
    id_property: Option<String>,
}

#[derive(Deserialize)]
struct Key {
    id: String,
}

impl Portal {
    /// Reads up to a hundred records. Those that are missing are named in one error (207). With
    /// `idProperty=email` additional addresses match too, and the answer does not say which one was asked for.
    pub(crate) fn batch_read(
        &self,
        kind: &'static ObjectType,
        query: &Query,
        body: &[u8],
        call: &Call,
    ) -> Outcome {
        let read: Read = parse(body)?;
        let keys: Vec<&str> = read.inputs.iter().map(|input| input.id.as_str()).collect();
        let max = if read.properties_with_history.is_empty() { INPUTS_MAX } else { HISTORY_MAX };
        check_inputs(&keys, max, call)?;
        let store = self.store(kind)?;
        let id_property = read.id_property.as_deref().filter(|name| !name.is_empty() && *name != OBJECT_ID);
        if let Some(name) = id_property {
            unique_key(store, name)?;
        }
        let fields = Fields { properties: read.properties, history: read.properties_with_history };
        let archived = query.flag("archived");
        let mut rows = Rows::default();
        for input in &read.inputs {
            if failing(call).contains(&input.id) {
                rows.fail(&injected(&input.id), None);
                continue;
            }
            let record = self.readable(store, &input.id, id_property)?.and_then(|id| store.record(id));
            match record.filter(|record| record.archived_ms.is_some() == archived) {
                Some(record) => rows.results.push(self.render(store, record, &fields)),
                None => rows.miss(&input.id, None),
            }
        }
        Ok(rows.answer(200, kind.upper, call, self.multi_status(call)))
    }

    fn readable(&self, store: &ObjectStore, key: &str, by: Option<&str>) -> Result<Option<u64>, ApiError> {
        if by.is_some() {
            return find(store, key, by);
        }
        let Ok(id) = key.parse::<u64>() else { return Ok(None) };
        let hidden =
            self.settings.merged_in_batch_read == MergedInBatchRead::NotFound && store.is_merged_away(id);
        Ok(if hidden { None } else { Some(store.resolve(id)) })
    }

    /// Whether this path version still answers 207 (facts section 1).
    pub(crate) fn multi_status(&self, call: &Call) -> bool {
        !call.enforces_rules || self.settings.multi_status_in_2026_09
    }
}
