//! Batches: the part most connectors get wrong (facts section 4).

mod archive;
mod read;
mod upsert;
mod write;

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::{Value, json};

use super::answer::Answer;
use super::call::{BatchFault, Call, GivenValues};
use super::errors::ApiError;
use super::records::envelope;

/// Most inputs of one batch.
const INPUTS_MAX: usize = 100;

/// The body of a batch write.
#[derive(Deserialize)]
struct Inputs {
    inputs: Vec<Input>,
}

/// One row of a batch.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Input {
    #[serde(default)]
    id: String,
    id_property: Option<String>,
    object_write_trace_id: Option<String>,
    #[serde(default)]
    properties: GivenValues,
}

impl Input {
    fn trace(&self) -> Option<&str> {
        self.object_write_trace_id.as_deref()
    }

    /// Whether a fault names this row.
    fn is_named(&self, names: &[String]) -> bool {
        names.iter().any(|name| *name == self.id || Some(name.as_str()) == self.trace())
    }
}

/// What became of the rows of a batch.
#[derive(Default)]
struct Rows {
    results: Vec<Value>,
    errors: Vec<Value>,
    missing: Vec<String>,
    missing_traces: Vec<String>,
}

impl Rows {
    fn fail(&mut self, error: &ApiError, trace: Option<&str>) {
        self.errors.push(error.row(trace));
    }

    fn miss(&mut self, id: &str, trace: Option<&str>) {
        self.missing.push(id.to_owned());
        self.missing_traces.extend(trace.map(str::to_owned));
    }

    /// The answer: `complete` when all went well, else 207 with the errors.
    fn answer(mut self, complete: u16, upper: &str, call: &Call, multi_status: bool) -> Answer {
        if !self.missing.is_empty() {
            let mut error = ApiError::some_not_found(upper, self.missing);
            if !self.missing_traces.is_empty() {
                error = error.with("objectWriteTraceId", self.missing_traces);
            }
            self.errors.push(error.row(None));
        }
        let mut body = envelope(&self.results, call.now_ms);
        if self.errors.is_empty() {
            return Answer::with(complete, body);
        }
        if let Value::Object(body) = &mut body {
            body.insert("numErrors".into(), json!(self.errors.len()));
            body.insert("errors".into(), Value::Array(self.errors));
        }
        Answer::with(if multi_status { 207 } else { complete }, body)
    }
}

/// Refuses a batch that is empty or too long, names an id twice, or that a fault refuses.
fn check_inputs(keys: &[&str], max: usize, call: &Call) -> Result<(), ApiError> {
    if call.fault == BatchFault::RefuseAll {
        return Err(ApiError::invalid("Invalid input JSON: the batch was refused"));
    }
    if keys.is_empty() || keys.len() > max {
        let message = format!("The number of inputs must be between 1 and {max}, not {}", keys.len());
        return Err(ApiError::invalid(message));
    }
    let mut seen = BTreeSet::new();
    let twice: BTreeSet<&str> =
        keys.iter().copied().filter(|key| !key.is_empty() && !seen.insert(*key)).collect();
    if twice.is_empty() {
        return Ok(());
    }
    let ids: Vec<String> = twice.into_iter().map(str::to_owned).collect();
    let message = format!("Duplicate IDs found in batch input: [{}]. IDs must be unique", ids.join(", "));
    Err(ApiError::invalid(message).with("ids", ids))
}

/// The error that a fault gives to one row.
fn injected(id: &str) -> ApiError {
    let error = ApiError::new(400, "VALIDATION_ERROR", "The row was refused");
    if id.is_empty() { error } else { error.with("ids", vec![id.to_owned()]) }
}

/// Reports which rows a fault lets fail.
fn failing(call: &Call) -> &[String] {
    match &call.fault {
        BatchFault::FailRows(names) => names,
        BatchFault::None | BatchFault::RefuseAll => &[],
    }
}

/// Whether each row carries a trace id of its own: only then does the service report row by row.
fn all_traced(inputs: &[Input]) -> bool {
    let mut seen = BTreeSet::new();
    inputs.iter().all(|input| input.trace().is_some_and(|trace| seen.insert(trace)))
}
