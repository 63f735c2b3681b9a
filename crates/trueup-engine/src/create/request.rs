//! What a caller asks for, and why it may get no answer.

use thiserror::Error;
use trueup_core::{
    create::{APP_REFUSED, Failure, RefusedField},
    memory::Memory,
    name::{CreateKey, FieldName, SystemName},
    plan::Lacking,
    record::Record,
    setup::Setup,
    value::{Cell, Print},
};
use trueup_ports::Refusal;

use crate::Stop;

/// A record that an app wants made in its own database and in a mirror.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// The caller's idempotency key.
    pub key: CreateKey,
    /// The mirror.
    pub system: SystemName,
    /// What the app's row will say, in the columns of the source of truth. Its id is the entity's key, which the
    /// app chose before it asks: an id that was never given out.
    pub record: Record,
}

/// Why there is no decision to tell.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Unanswered {
    /// The first call under this key goes on.
    #[error("the first call under this key is still under way; ask again")]
    UnderWay,
    /// The key was used for something else.
    #[error("this key was used for another payload; choose a new key")]
    OtherPayload,
    /// Another record or write stands in the way; nothing was begun.
    #[error("{0}; choose a new entity key")]
    Taken(String),
    /// A value cannot be written; nothing was begun.
    #[error("{field} {why}")]
    Lacking {
        /// The field.
        field: FieldName,
        /// Why.
        why: String,
    },
    /// The pipeline cannot make such a record; nothing was begun.
    #[error("{0}")]
    Unfit(String),
    /// A system or our memory failed before there was a decision; asking again tells how it ended.
    #[error(transparent)]
    Stop(#[from] Stop),
}

impl From<Lacking> for Unanswered {
    fn from(Lacking { field, why, .. }: Lacking) -> Self {
        Self::Lacking { field, why }
    }
}

impl Request {
    /// The fingerprint of everything that is asked for, under the store's own key.
    pub(super) fn print(&self, memory: &Memory) -> Result<Print, Unanswered> {
        let unknown =
            || Unanswered::Unfit("the record has values that are not known; send all of them".into());
        if !self.record.cells.iter().all(Cell::is_known) {
            return Err(unknown());
        }
        let text = serde_json::to_string(&(&self.system, &self.record.id, &self.record.cells));
        text.ok().and_then(|text| memory.print(&Cell::text(text))).ok_or_else(unknown)
    }
}

/// The failure of an insert that the app's database refused, with the fields whose columns it blames.
pub(super) fn refused_by_app(setup: &Setup, refusals: &[Refusal]) -> Failure {
    let side = setup.canonical();
    let field = |refusal: &Refusal| {
        let column = refusal.column.as_deref()?;
        let binding = side.bindings.iter().find(|binding| side.column(binding) == column)?;
        let field = setup.field_name(binding.field).clone();
        Some(RefusedField { field, reason: refusal.reason.clone() })
    };
    let reasons: Vec<&str> = refusals.iter().map(|refusal| refusal.reason.as_str()).collect();
    Failure {
        fields: refusals.iter().filter_map(field).collect(),
        ..Failure::whole(APP_REFUSED, reasons.join("; "))
    }
}

/// The failure of an insert that may have been committed, and was not found.
pub(super) fn unanswered_by_app(what: &str) -> Failure {
    Failure::whole(APP_REFUSED, format!("the app's database did not commit its row: {what}"))
}
