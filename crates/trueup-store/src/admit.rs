//! Whether the intents of a commit may be opened, decided without I/O, so that both stores decide alike.

use std::collections::BTreeMap;

use trueup_core::{
    journal::Intent,
    memory::{LinkKey, Note},
    name::IntentId,
};
use trueup_ports::{Fence, StoreError};

/// Whether a commit opens an intent or replaces one.
pub(crate) fn touches_intents(notes: &[Note]) -> bool {
    notes.iter().any(|note| matches!(note, Note::Intend(_) | Note::Sent(_)))
}

/// Plays the intents of a commit in order: one open intent per entity and system, under a fence only.
pub(crate) fn admit(
    mut open: BTreeMap<IntentId, LinkKey>,
    fence: Option<&Fence>,
    notes: &[Note],
) -> Result<(), StoreError> {
    for note in notes {
        match note {
            Note::Intend(_) if fence.is_none() => return Err(StoreError::Fenced),
            Note::Intend(intent) => open_once(&mut open, intent)?,
            Note::Sent(intent) if open.remove(&intent.id).is_some() => open_once(&mut open, intent)?,
            Note::Settle(id) => {
                open.remove(id);
            }
            _ => {}
        }
    }
    Ok(())
}

fn open_once(open: &mut BTreeMap<IntentId, LinkKey>, intent: &Intent) -> Result<(), StoreError> {
    let key = intent.link_key();
    if open.contains_key(&intent.id) || open.values().any(|other| *other == key) {
        return Err(StoreError::Open(format!("{} in {}", key.entity, key.system)));
    }
    open.insert(intent.id.clone(), key);
    Ok(())
}

/// What a store says when two entities would share one record (I-28).
pub(crate) fn shared_record(system: &str, remote: &str, entities: &[String]) -> StoreError {
    StoreError::Shared(format!("record {remote} of {system} would be linked to {}", entities.join(" and ")))
}
