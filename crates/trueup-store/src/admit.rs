//! Whether the intents and creates of a commit may be opened or moved on, decided without I/O, so that both stores
//! decide alike.

use std::collections::{BTreeMap, BTreeSet};

use trueup_core::{
    create::Create,
    journal::Intent,
    memory::{LinkKey, Note},
    name::{CreateKey, IntentId},
};
use trueup_ports::{Fence, Lane, StoreError};

/// What of memory decides about a commit: what is open already, and what is linked.
pub(crate) struct Standing {
    /// Open intents.
    pub(crate) intents: BTreeMap<IntentId, LinkKey>,
    /// Open creates, and those that the commit names.
    pub(crate) creates: BTreeMap<CreateKey, Create>,
    /// Records of the creates that the commit names which have a link, whatever became of it.
    pub(crate) links: BTreeSet<LinkKey>,
}

/// Whether anything that is open decides about a commit.
pub(crate) fn needs_standing(notes: &[Note]) -> bool {
    notes.iter().any(|note| matches!(note, Note::Intend(_) | Note::Sent(_) | Note::Create(_)))
}

/// Plays a commit in order: one open intent and one open create per entity and system, intents under the fence
/// of their lane only, each create on from where it stands, and none of what is linked already.
pub(crate) fn admit(mut standing: Standing, fence: Option<&Fence>, notes: &[Note]) -> Result<(), StoreError> {
    for note in notes {
        match note {
            Note::Intend(intent) => {
                may_intend(&standing.creates, fence, intent)?;
                open_once(&mut standing.intents, intent)?;
            }
            Note::Sent(intent) if standing.intents.remove(&intent.id).is_some() => {
                open_once(&mut standing.intents, intent)?;
            }
            Note::Settle(id) => {
                standing.intents.remove(id);
            }
            Note::Create(create) => move_on(&mut standing, create)?,
            _ => {}
        }
    }
    Ok(())
}

/// An intent needs a fence, and where a create of its record is open that of the very create.
fn may_intend(
    creates: &BTreeMap<CreateKey, Create>,
    fence: Option<&Fence>,
    intent: &Intent,
) -> Result<(), StoreError> {
    let key = intent.link_key();
    let create = creates.values().find(|create| create.is_open() && create.link_key() == key);
    match (fence.map(|fence| &fence.lane), create) {
        (Some(Lane::Cycle), None) => Ok(()),
        (Some(Lane::Create(own)), Some(create)) if create.key == *own => Ok(()),
        (Some(Lane::Cycle), Some(_)) => Err(open(&key)),
        (Some(Lane::Create(_)) | None, _) => Err(StoreError::Fenced),
    }
}

fn move_on(standing: &mut Standing, create: &Create) -> Result<(), StoreError> {
    let before = standing.creates.get(&create.key);
    if !create.follows(before) {
        return Err(StoreError::Preceded(format!("the create {} was moved on meanwhile", create.key)));
    }
    let key = create.link_key();
    let refused = |why: &str| Err(StoreError::Preceded(format!("{} in {} {why}", key.entity, key.system)));
    let first = before.is_none();
    // Whoever asks may have looked before another create made the link.
    if first && standing.links.contains(&key) {
        return refused("is linked to a record already");
    }
    let busy = |other: &Create| other.key != create.key && other.is_open() && other.link_key() == key;
    let intended = first && standing.intents.values().any(|intent| *intent == key);
    if create.is_open() && (intended || standing.creates.values().any(busy)) {
        return refused("is being written");
    }
    standing.creates.insert(create.key.clone(), create.clone());
    Ok(())
}

fn open(key: &LinkKey) -> StoreError {
    StoreError::Open(format!("{} in {}", key.entity, key.system))
}

fn open_once(open: &mut BTreeMap<IntentId, LinkKey>, intent: &Intent) -> Result<(), StoreError> {
    let key = intent.link_key();
    if open.contains_key(&intent.id) || open.values().any(|other| *other == key) {
        return Err(self::open(&key));
    }
    open.insert(intent.id.clone(), key);
    Ok(())
}

/// What a store says when two entities would share one record (I-28).
pub(crate) fn shared_record(system: &str, remote: &str, entities: &[String]) -> StoreError {
    StoreError::Shared(format!("record {remote} of {system} would be linked to {}", entities.join(" and ")))
}
