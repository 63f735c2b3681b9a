//! What follows for the mirrors when the source of truth is written: whose base moves with it, and who may be told
//! next.

use std::collections::{BTreeMap, BTreeSet};

use trueup_core::{
    drift::base,
    journal::Event,
    link::{FieldBase, How, Link},
    memory::{LinkKey, Note},
    name::{EntityKey, FieldName, RemoteId},
    plan::{Act, Agreeing, Change, Edit, Turn},
    settle::Ending,
    setup::{MirrorSide, Setup},
    undo::restores,
    value::Cell,
};

use super::{Doors, Outcome, back::Back, batch::Answered, not_done};

/// Why a change to a mirror is not sent.
const WAITS: &str = "the source of truth was not seen to hold the value yet";

/// Leaves out what may only be sent once the source of truth was seen to hold it, and it was not.
pub(super) fn sift(setup: &Setup, changes: Vec<Change>, outcomes: &[Outcome]) -> (Vec<Change>, Vec<Outcome>) {
    let told = told(setup, outcomes);
    let (mut ready, mut waiting) = (Vec::new(), Vec::new());
    for mut change in changes {
        let waits = |edit: &Edit| {
            edit.turn == Turn::Second && !told.contains(&(change.entity.clone(), edit.field.clone()))
        };
        let (later, now): (Vec<Edit>, Vec<Edit>) = change.edits.iter().cloned().partition(waits);
        if now.is_empty() && !later.is_empty() {
            waiting.extend(not_done(vec![change], WAITS));
            continue;
        }
        change.edits = now;
        ready.push(change);
    }
    (ready, waiting)
}

/// The fields of which the source of truth was seen to hold exactly what it was told.
fn told(setup: &Setup, outcomes: &[Outcome]) -> BTreeSet<(EntityKey, FieldName)> {
    let own = outcomes.iter().filter(|outcome| setup.is_canonical(&outcome.change.system));
    let fields = own.flat_map(|outcome| {
        let landed = outcome.fields.iter().filter(|field| field.event == Event::Landed && field.exact);
        landed.map(move |field| (outcome.change.entity.clone(), field.field.clone()))
    });
    fields.collect()
}

/// The bases that move with a write to the source of truth, now that it was seen there.
pub(super) fn followers(doors: &Doors<'_>, one: &Answered, endings: &[Ending], new: Vec<Link>) -> Vec<Note> {
    let mut links: BTreeMap<LinkKey, Link> = new.into_iter().map(|link| (link.key(), link)).collect();
    let entity = links.keys().next().map_or_else(|| one.intent.entity().clone(), |key| key.entity.clone());
    let mut notes = Vec::new();
    if doors.setup.is_canonical(one.intent.system()) {
        for end in endings.iter().filter(|end| end.event == Event::Landed && end.ours) {
            let Some(held) = observed(doors, end) else { continue };
            match &end.edit.turn {
                Turn::First(agreeing) => {
                    for one in agreeing {
                        follow(doors, &mut links, &entity, end, (&held, one));
                    }
                }
                _ if restores(&end.edit.class) => {
                    let back = Back::of(doors, (&entity, &one.intent.run), end, held);
                    notes.extend(back.into_iter().flat_map(|back| back.put(doors, &mut links)));
                }
                Turn::Alone | Turn::Second => {}
            }
        }
    }
    links.into_values().map(|link| Note::Link(Box::new(link))).chain(notes).collect()
}

/// What the source of truth holds, as bases remember it.
fn observed(doors: &Doors<'_>, end: &Ending) -> Option<Cell> {
    normal(doors, end, &end.after)
}

/// What a raw cell of the source of truth says, as bases remember it.
pub(super) fn normal(doors: &Doors<'_>, end: &Ending, raw: &Cell) -> Option<Cell> {
    let id = doors.setup.field_named(end.edit.field.as_str())?;
    let binding = doors.setup.canonical().binding(id)?;
    doors.setup.field(id).kind.normal(&binding.lens.get(raw)).ok()
}

fn follow(
    doors: &Doors<'_>,
    links: &mut BTreeMap<LinkKey, Link>,
    entity: &EntityKey,
    end: &Ending,
    (canonical, agreeing): (&Cell, &Agreeing),
) -> Option<()> {
    let side = doors.setup.mirror(&agreeing.system)?;
    let canonical = if agreeing.partly { &agreeing.held } else { canonical };
    let moved = agreed(doors, side, &end.edit.field, (canonical, &agreeing.held))?;
    let key = LinkKey { system: agreeing.system.clone(), entity: entity.clone() };
    entry(doors, links, &key)?.set_base(moved);
    Some(())
}

/// The base that a mirror and the source of truth have of a field once both are accounted for.
pub(super) fn agreed(
    doors: &Doors<'_>,
    side: &MirrorSide,
    field: &FieldName,
    cells: (&Cell, &Cell),
) -> Option<FieldBase> {
    let id = doors.setup.field_named(field.as_str())?;
    let slot = side.side.bindings.iter().position(|binding| binding.field == id)?;
    let flow = side.side.bindings.get(slot)?.flow;
    base(doors.setup.field(id), doors.setup.mapping(side).tag(slot), flow, cells, doors.memory)
}

/// The link of a mirror's record, as it is or as this write leaves it.
pub(super) fn entry<'l>(
    doors: &Doors<'_>,
    links: &'l mut BTreeMap<LinkKey, Link>,
    key: &LinkKey,
) -> Option<&'l mut Link> {
    if !links.contains_key(key) {
        links.insert(key.clone(), doors.memory.links.get(key)?.clone());
    }
    links.get_mut(key)
}

/// The links of a record that was made: its own, and where it was made after a mirror's record also that one's.
pub(super) fn new_links(one: &Answered, remote: &RemoteId, how: How) -> Vec<Link> {
    let entity = entity(one, remote);
    let own = Link::new(one.intent.system(), &entity, remote, how);
    let origin = match &one.intent.change.act {
        Act::Create { origin, .. } => origin.as_ref(),
        Act::Archive { .. } | Act::Update { .. } => None,
    };
    let after = origin.map(|origin| Link::new(&origin.system, &entity, &origin.remote, How::Origin));
    std::iter::once(own).chain(after).collect()
}

/// The entity a record belongs to: one made in the source of truth has its key from there.
pub(super) fn entity(one: &Answered, remote: &RemoteId) -> EntityKey {
    match &one.intent.change.act {
        Act::Create { origin: Some(_), .. } => EntityKey::new(remote.as_str()),
        Act::Create { .. } | Act::Archive { .. } | Act::Update { .. } => one.intent.entity().clone(),
    }
}
