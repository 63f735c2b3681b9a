//! `POST …/batch/create` and `…/batch/update`.

use super::super::Portal;
use super::super::answer::Outcome;
use super::super::call::{Call, parse};
use super::super::errors::{ApiError, Problem};
use super::super::object_type::ObjectType;
use super::super::records::find;
use super::super::render::Fields;
use super::super::write::{Draft, Refusal, Values, doubly_claimed};
use super::{INPUTS_MAX, Inputs, Rows, all_traced, check_inputs, failing, injected};

/// One row that is to be written.
pub(super) struct Row {
    pub(super) id: String,
    pub(super) trace: Option<String>,
    pub(super) target: Target,
    pub(super) values: Values,
}

/// Where a row goes.
#[derive(Clone, Copy)]
pub(super) enum Target {
    New,
    Existing(u64),
    /// Nobody has this id.
    Missing,
    /// The id was merged away: the row vanishes without an error (trap 1).
    Dropped,
}

impl Portal {
    /// Creates up to a hundred records.
    pub(crate) fn batch_create(&mut self, kind: &'static ObjectType, body: &[u8], call: &Call) -> Outcome {
        let Inputs { inputs } = parse(body)?;
        let keys: Vec<&str> = inputs.iter().map(|_| "").collect();
        check_inputs(&keys, INPUTS_MAX, call)?;
        let traced = all_traced(&inputs);
        let mut rows = Rows::default();
        let mut todo = Vec::new();
        for input in inputs {
            if input.is_named(failing(call)) {
                rows.fail(&injected(&input.id), input.trace());
                continue;
            }
            let values = input.properties.into_values()?;
            todo.push(Row { id: input.id, trace: input.object_write_trace_id, target: Target::New, values });
        }
        self.write_rows(kind, todo, traced, &mut rows, call)?;
        Ok(rows.answer(201, kind.upper, call, self.multi_status(call)))
    }

    /// Updates up to a hundred records.
    pub(crate) fn batch_update(&mut self, kind: &'static ObjectType, body: &[u8], call: &Call) -> Outcome {
        let Inputs { inputs } = parse(body)?;
        let keys: Vec<&str> = inputs.iter().map(|input| input.id.as_str()).collect();
        check_inputs(&keys, INPUTS_MAX, call)?;
        let traced = all_traced(&inputs);
        let mut rows = Rows::default();
        let mut todo = Vec::new();
        for input in inputs {
            if input.is_named(failing(call)) {
                rows.fail(&injected(&input.id), input.trace());
                continue;
            }
            let target = self.target(kind, &input.id, input.id_property.as_deref())?;
            let values = input.properties.into_values()?;
            todo.push(Row { id: input.id, trace: input.object_write_trace_id, target, values });
        }
        self.write_rows(kind, todo, traced, &mut rows, call)?;
        Ok(rows.answer(200, kind.upper, call, self.multi_status(call)))
    }

    fn target(&self, kind: &'static ObjectType, id: &str, by: Option<&str>) -> Result<Target, ApiError> {
        let store = self.store(kind)?;
        if by.is_none() && id.parse().is_ok_and(|id| store.is_merged_away(id)) {
            return Ok(Target::Dropped);
        }
        let known = if by.is_none() && id.parse::<u64>().is_err() { None } else { find(store, id, by)? };
        Ok(known.filter(|id| !store.is_archived(*id)).map_or(Target::Missing, Target::Existing))
    }

    /// Writes rows: one by one when each has a trace id, else all or nothing.
    pub(super) fn write_rows(
        &mut self,
        kind: &'static ObjectType,
        rows: Vec<Row>,
        traced: bool,
        out: &mut Rows,
        call: &Call,
    ) -> Result<(), ApiError> {
        if traced {
            return self.write_each(kind, rows, out, call);
        }
        let mut drafts = Vec::new();
        let mut labels = Vec::new();
        for row in rows {
            match self.row_draft(kind, &row, call) {
                Some(draft) => {
                    drafts.push(draft);
                    labels.push(row.trace);
                }
                None => note_missing(&row, out),
            }
        }
        let drafts = all_or_nothing(drafts, kind, self.account.portal_id)?;
        for (draft, trace) in drafts.iter().zip(labels) {
            self.finish(kind, draft, trace.as_deref(), out, call)?;
        }
        Ok(())
    }

    fn write_each(
        &mut self,
        kind: &'static ObjectType,
        rows: Vec<Row>,
        out: &mut Rows,
        call: &Call,
    ) -> Result<(), ApiError> {
        for row in rows {
            match self.row_draft(kind, &row, call) {
                None => note_missing(&row, out),
                Some(Ok(draft)) => self.finish(kind, &draft, row.trace.as_deref(), out, call)?,
                Some(Err(refusal)) => out.fail(&self.refused(refusal), row.trace.as_deref()),
            }
        }
        Ok(())
    }

    /// None when there is no record to write to.
    fn row_draft(&self, kind: &'static ObjectType, row: &Row, call: &Call) -> Option<Result<Draft, Refusal>> {
        match row.target {
            Target::New => Some(self.draft(kind, None, &row.values, call)),
            Target::Existing(id) => Some(self.draft(kind, Some(id), &row.values, call)),
            Target::Missing | Target::Dropped => None,
        }
    }

    fn finish(
        &mut self,
        kind: &'static ObjectType,
        draft: &Draft,
        trace: Option<&str>,
        out: &mut Rows,
        call: &Call,
    ) -> Result<(), ApiError> {
        let id = self.commit(kind, draft, &call.author, call.now_ms)?;
        let store = self.store(kind)?;
        let record = store.record(id).ok_or_else(ApiError::not_found)?;
        let mut result = self.render(store, record, &Fields::written(&draft.names));
        if let (Some(trace), Some(result)) = (trace, result.as_object_mut()) {
            result.insert("objectWriteTraceId".into(), trace.into());
        }
        out.results.push(result);
        Ok(())
    }
}

fn note_missing(row: &Row, out: &mut Rows) {
    if matches!(row.target, Target::Missing) {
        out.miss(&row.id, row.trace.as_deref());
    }
}

/// One bad row refuses the whole batch (traps 3 and 4): all invalid values in one message, or an anonymous conflict.
fn all_or_nothing(
    drafts: Vec<Result<Draft, Refusal>>,
    kind: &'static ObjectType,
    portal_id: u64,
) -> Result<Vec<Draft>, ApiError> {
    let mut good = Vec::new();
    let mut problems: Vec<Problem> = Vec::new();
    let mut conflict = false;
    for draft in drafts {
        match draft {
            Ok(draft) => good.push(draft),
            Err(Refusal::Invalid(found)) => problems.extend(found),
            Err(Refusal::Conflict { .. }) => conflict = true,
            Err(refusal @ (Refusal::NotFound | Refusal::Other(_))) => {
                return Err(refusal.into_error(portal_id));
            }
        }
    }
    if !problems.is_empty() {
        return Err(ApiError::properties(problems, portal_id));
    }
    if conflict || doubly_claimed(&good) {
        return Err(ApiError::anonymous_conflict(kind.title));
    }
    Ok(good)
}
