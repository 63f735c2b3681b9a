//! What was written to a record that was gone before anybody saw what became of it: whether it landed is told by what
//! the record holds once it is back.

use std::collections::BTreeMap;

use trueup_core::{
    journal::Event,
    link::{Link, Unseen, Written},
    memory::{LinkKey, Note},
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
    let mut links = BTreeMap::new();
    let given_up =
        |edit: &&Edit| fates.iter().any(|fate| fate.field == edit.field && fate.event == Event::NotApplied);
    let own = one.intent.change.edits.iter().filter(given_up).filter(|edit| !restores(&edit.class));
    for edit in own {
        match &edit.turn {
            _ if !doors.setup.is_canonical(one.intent.system()) => {
                let base = agreed(doors, mirror, &edit.field, (&edit.canonical, &edit.wanted));
                let unseen = base.map(|base| Unseen { written: Written::Mirror, base });
                doubt(doors, &mut links, &one.intent.link_key(), unseen);
            }
            Turn::First(agreeing) => {
                for other in agreeing {
                    let Some(side) = doors.setup.mirror(&other.system) else { continue };
                    let canonical = if other.partly { &other.held } else { &edit.wanted };
                    let base = agreed(doors, side, &edit.field, (canonical, &other.held));
                    let unseen = base.map(|base| Unseen { written: Written::Canonical, base });
                    let key = LinkKey { system: other.system.clone(), entity: one.intent.entity().clone() };
                    doubt(doors, &mut links, &key, unseen);
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
