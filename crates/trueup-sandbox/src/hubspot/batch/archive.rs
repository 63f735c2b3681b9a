//! `POST …/batch/archive`.

use super::super::Portal;
use super::super::answer::{Answer, Outcome};
use super::super::call::{Call, parse};
use super::super::object_type::ObjectType;
use super::super::records::archive;
use super::super::settings::BatchArchiveUnknown;
use super::{INPUTS_MAX, Inputs, Rows, check_inputs, failing, injected};

impl Portal {
    /// Archives up to a hundred records: 204 for ids that exist or not, unless the settings say otherwise.
    pub(crate) fn batch_archive(&mut self, kind: &'static ObjectType, body: &[u8], call: &Call) -> Outcome {
        let Inputs { inputs } = parse(body)?;
        let keys: Vec<&str> = inputs.iter().map(|input| input.id.as_str()).collect();
        check_inputs(&keys, INPUTS_MAX, call)?;
        let named = self.settings.batch_archive_unknown == BatchArchiveUnknown::MultiStatus;
        let store = self.store_mut(kind)?;
        let mut rows = Rows::default();
        for input in inputs {
            if input.is_named(failing(call)) {
                rows.fail(&injected(&input.id), input.trace());
                continue;
            }
            let known =
                input.id.parse().ok().map(|id| store.resolve(id)).filter(|id| store.record(*id).is_some());
            match known {
                Some(id) => {
                    archive(store, id, call.now_ms);
                }
                None if named => rows.miss(&input.id, None),
                None => {}
            }
        }
        let whole = rows.errors.is_empty() && rows.missing.is_empty();
        if whole { Ok(Answer::no_content()) } else { Ok(rows.answer(200, kind.upper, call, true)) }
    }
}
