//! The journal: whether its chain is whole (I-30), and whether it bears out what bases say.

use trueup_core::{
    journal::{Entry, Event},
    name::PipelineName,
    setup::Setup,
};
use trueup_ports::{JournalAsk, Store, StoreError};

use crate::{Class, Difference, pair::Respelled};

/// Walks the chain; gives the number of entries, or what is wrong.
pub(crate) async fn walk(
    store: &dyn Store,
    pipeline: &PipelineName,
) -> Result<Result<u64, Difference>, StoreError> {
    match store.verify(pipeline).await {
        Ok(entries) => Ok(Ok(entries)),
        Err(StoreError::Broken(what)) => Ok(Err(Difference::of(Class::Journal, what))),
        Err(error) => Err(error),
    }
}

/// Whether two values that a base calls accounted for are: one of the systems was seen to hold this after a write of
/// ours.
pub(crate) async fn bears_out(store: &dyn Store, setup: &Setup, one: &Respelled) -> Result<bool, StoreError> {
    let ask = JournalAsk {
        entity: one.difference.entity.clone(),
        field: one.difference.field.clone(),
        ..JournalAsk::default()
    };
    let entries = store.journal(setup.pipeline(), ask).await?;
    Ok(entries.iter().any(|entry| is_seen(setup, one, entry)))
}

/// Whether an entry tells so. Of an erased one nothing is left but that it landed.
fn is_seen(setup: &Setup, one: &Respelled, entry: &Entry) -> bool {
    let draft = &entry.draft;
    let seen = draft.field.as_ref().filter(|_| draft.event == Event::Landed).and_then(|name| {
        let id = setup.field_named(name.as_str())?;
        let side = setup.mirror(&draft.system).map_or_else(|| setup.canonical(), |mirror| &mirror.side);
        Some(setup.field(id).kind.lenient(&side.binding(id)?.lens.get(&draft.after)))
    });
    seen.is_some_and(|seen| !seen.is_known() || one.spellings.iter().any(|spelling| spelling.same(&seen)))
}
