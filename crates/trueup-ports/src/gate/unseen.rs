//! What was written to a record that was gone, or not shown yet, before anybody saw what became of it: whether it landed
//! is told by what the record holds once it is there.

use std::collections::BTreeMap;

use trueup_core::{
    journal::Event,
    link::{Link, Unseen, Written},
    memory::{LinkKey, Note},
    name::SystemName,
    plan::{Edit, Turn},
    setup::MirrorSide,
    undo::restores,
};

use super::{
    Doors, FieldFate,
    batch::Answered,
    truth::{agreed, entry},
};

/// The links that remember what was written in vain, as far as anybody can tell. What an undo put back is no base: its
/// hold tells of it.
pub(super) fn doubts(
    doors: &Doors<'_>,
    mirror: &MirrorSide,
    one: &Answered,
    fates: &[FieldFate],
) -> Vec<Note> {
    let given_up =
        |edit: &&Edit| fates.iter().any(|fate| fate.field == edit.field && fate.event == Event::NotApplied);
    let own = one.intent.change.edits.iter().filter(given_up).filter(|edit| !restores(&edit.class));
    doubted(doors, mirror, one, own, Vec::new())
}

/// The links of a record that was made and that nobody saw yet.
pub(super) fn made(doors: &Doors<'_>, mirror: &MirrorSide, one: &Answered, links: Vec<Link>) -> Vec<Note> {
    doubted(doors, mirror, one, one.intent.change.edits.iter(), links)
}

/// Links, new ones or those of memory, that remember what was written and never seen.
fn doubted<'e>(
    doors: &Doors<'_>,
    mirror: &MirrorSide,
    one: &Answered,
    edits: impl Iterator<Item = &'e Edit>,
    links: Vec<Link>,
) -> Vec<Note> {
    let entity = links.first().map_or_else(|| one.intent.entity().clone(), |link| link.entity.clone());
    let key = |system: &SystemName| LinkKey { system: system.clone(), entity: entity.clone() };
    let mut links: BTreeMap<LinkKey, Link> = links.into_iter().map(|link| (link.key(), link)).collect();
    for edit in edits {
        match &edit.turn {
            _ if !doors.setup.is_canonical(one.intent.system()) => {
                let base = agreed(doors, mirror, &edit.field, (&edit.canonical, &edit.wanted));
                let unseen = base.map(|base| Unseen { written: Written::Mirror, base });
                doubt(doors, &mut links, &key(one.intent.system()), unseen);
            }
            Turn::First(agreeing) => {
                for other in agreeing {
                    let Some(side) = doors.setup.mirror(&other.system) else { continue };
                    let canonical = if other.partly { &other.held } else { &edit.wanted };
                    let base = agreed(doors, side, &edit.field, (canonical, &other.held));
                    let unseen = base.map(|base| Unseen { written: Written::Canonical, base });
                    doubt(doors, &mut links, &key(&other.system), unseen);
                }
            }
            Turn::Alone | Turn::Second => {}
        }
    }
    links.into_values().map(|link| Note::Link(Box::new(link))).collect()
}

fn doubt(
    doors: &Doors<'_>,
    links: &mut BTreeMap<LinkKey, Link>,
    key: &LinkKey,
    unseen: Option<Unseen>,
) -> Option<()> {
    entry(doors, links, key)?.doubt(unseen?);
    Some(())
}
