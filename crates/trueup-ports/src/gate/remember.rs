//! Commits what intents came to. Two of them may have met in one record: a person merged theirs.

use std::collections::{BTreeMap, BTreeSet};

use trueup_core::{
    memory::{FieldKey, LinkKey, Note, Parked},
    name::{EntityKey, FieldName, RemoteId, SystemName},
    plan::Act,
};

use super::{Doors, Fate, Outcome, notes::Settlement};
use crate::{LogEvent, StoreError};

/// Why a create whose record is another entity's waits for a person.
const MET: &str = "the record that carries its id is another entity's";

/// Makes settlements of one system durable, and gives their outcomes.
///
/// One that would link a record that is another entity's is closed without its link: both links stay as
/// they were, and the next plan finds two entities at one record and asks a person.
pub(super) async fn remember(
    doors: &Doors<'_>,
    settlements: Vec<Settlement>,
    outcomes: &mut Vec<Outcome>,
) -> Result<(), StoreError> {
    let together = settlements.iter().flat_map(|settlement| settlement.notes.clone()).collect();
    match doors.commit(together).await {
        Ok(()) => outcomes.extend(settlements.into_iter().map(|settlement| settlement.outcome)),
        Err(StoreError::Shared(_)) => apart(doors, settlements, outcomes).await?,
        Err(error) => return Err(error),
    }
    Ok(())
}

async fn apart(
    doors: &Doors<'_>,
    settlements: Vec<Settlement>,
    outcomes: &mut Vec<Outcome>,
) -> Result<(), StoreError> {
    let met = met(&settlements);
    for mut settlement in settlements {
        if links(&settlement).any(|(record, _)| met.contains(&record)) {
            settlement = parted(doors, settlement);
        }
        match doors.commit(settlement.notes.clone()).await {
            Err(StoreError::Shared(_)) => {
                settlement = parted(doors, settlement);
                doors.commit(settlement.notes).await?;
            }
            other => other?,
        }
        outcomes.push(settlement.outcome);
    }
    Ok(())
}

/// A record of a system: other systems may count their records alike.
type Met = (SystemName, RemoteId);

/// Records that several of the settlements would link.
fn met(settlements: &[Settlement]) -> BTreeSet<Met> {
    let mut named: BTreeMap<Met, BTreeSet<&EntityKey>> = BTreeMap::new();
    for (record, entity) in settlements.iter().flat_map(links) {
        named.entry(record).or_default().insert(entity);
    }
    named.into_iter().filter(|(_, entities)| entities.len() > 1).map(|(record, _)| record).collect()
}

fn links(settlement: &Settlement) -> impl Iterator<Item = (Met, &EntityKey)> {
    settlement.notes.iter().filter_map(|note| match note {
        Note::Link(link) => Some(((link.system.clone(), link.remote.clone()), &link.entity)),
        _ => None,
    })
}

/// The same without its link. A create would be planned again without one, so it waits for a person.
fn parted(doors: &Doors<'_>, mut settlement: Settlement) -> Settlement {
    let change = &settlement.outcome.change;
    doors.world.log(LogEvent::Warn(format!(
        "{} of {} became one record with another entity's; its link stays as it was",
        change.entity, change.system
    )));
    settlement.notes.retain(|note| !matches!(note, Note::Link(_)));
    if let Act::Create { class, .. } = &change.act {
        let parked = Parked {
            class: class.clone(),
            reason: MET.to_owned(),
            canonical: None,
            mirror: None,
            kept: None,
            since: doors.run.clone(),
        };
        let link = LinkKey { system: change.system.clone(), entity: change.entity.clone() };
        let key = FieldKey { link, field: FieldName::new("") };
        settlement.notes.push(Note::Park(key, parked));
        settlement.outcome.fate = Fate::Refused(MET.to_owned());
    }
    settlement
}
