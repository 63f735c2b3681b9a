//! `POST …/batch/upsert`.

use serde_json::Value;

use super::super::Portal;
use super::super::answer::Outcome;
use super::super::call::{Call, parse};
use super::super::errors::ApiError;
use super::super::object_type::{OBJECT_ID, ObjectType};
use super::super::records::{find, unique_key};
use super::write::{Row, Target};
use super::{INPUTS_MAX, Input, Inputs, Rows, all_traced, check_inputs, failing, injected};

impl Portal {
    /// Creates or updates by a unique property. The results come in another order than the inputs (trap 8).
    pub(crate) fn batch_upsert(&mut self, kind: &'static ObjectType, body: &[u8], call: &Call) -> Outcome {
        let Inputs { inputs } = parse(body)?;
        let keys: Vec<&str> = inputs.iter().map(|input| input.id.as_str()).collect();
        check_inputs(&keys, INPUTS_MAX, call)?;
        let traced = all_traced(&inputs);
        let mut rows = Rows::default();
        let mut todo = Vec::new();
        for input in inputs {
            if input.is_named(failing(call)) {
                rows.fail(&injected(&input.id), input.trace());
            } else {
                todo.push(self.upsert_row(kind, input)?);
            }
        }
        let known: Vec<String> = todo.iter().filter_map(existing).collect();
        self.write_rows(kind, todo, traced, &mut rows, call)?;
        for result in &mut rows.results {
            mark_new(result, &known);
        }
        rows.results.reverse();
        Ok(rows.answer(200, kind.upper, call, self.multi_status(call)))
    }

    fn upsert_row(&self, kind: &'static ObjectType, input: Input) -> Result<Row, ApiError> {
        let store = self.store(kind)?;
        let by = input.id_property.as_deref().filter(|name| *name != OBJECT_ID);
        let found = find(store, &input.id, by)?.filter(|id| !store.is_archived(*id));
        let mut values = input.properties.into_values()?;
        let target = match (found, by) {
            (Some(id), _) => Target::Existing(id),
            (None, None) => Target::Missing,
            (None, Some(name)) => {
                unique_key(store, name)?;
                values.entry(name.to_owned()).or_insert_with(|| input.id.clone());
                Target::New
            }
        };
        Ok(Row { id: input.id, trace: input.object_write_trace_id, target, values })
    }
}

fn existing(row: &Row) -> Option<String> {
    match row.target {
        Target::Existing(id) => Some(id.to_string()),
        Target::New | Target::Missing | Target::Dropped => None,
    }
}

fn mark_new(result: &mut Value, known: &[String]) {
    let is_known =
        result.get("id").and_then(Value::as_str).is_some_and(|id| known.iter().any(|known| known == id));
    if let Some(result) = result.as_object_mut() {
        result.insert("new".into(), (!is_known).into());
    }
}
