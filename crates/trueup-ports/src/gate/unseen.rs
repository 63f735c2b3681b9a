//! What was written to a record that was gone, or not shown yet, before anybody saw what became of it: whether it landed
//! is told by the record once it is there.

use std::collections::BTreeMap;

use trueup_core::{
    journal::Event,
    link::{GivenUp, How, Link, Unseen, Written},
    memory::{LinkKey, Note},
    name::SystemName,
    plan::{Edit, Turn},
    setup::MirrorSide,
};

use super::{
    Doors, FieldFate,
    batch::Answered,
    truth::{agreed, entry},
};

/// The link that remembers a write to a record that is gone, where nobody saw all of it land: it is judged once more
/// should the record be there again.
pub(super) fn given_up(doors: &Doors<'_>, one: &Answered, fates: &[FieldFate]) -> Option<Note> {
    fates.iter().find(|fate| fate.event == Event::NotApplied)?;
    let key = one.intent.link_key();
    let new = || Some(Link::new(&key.system, &key.entity, one.intent.change.remote()?, How::Key));
    let link = doors.memory.links.get(&key).cloned().or_else(new)?;
    let given_up = Some(Box::new(GivenUp { intent: one.intent.clone(), back: false }));
    Some(Note::Link(Box::new(Link { given_up, ..link })))
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
