//! What memory says about links, parked and held fields, and how it moves on.

use std::borrow::Cow;

use super::Builder;
use crate::{
    link::{FieldBase, How, Link, LinkState},
    memory::{FieldKey, LinkKey, Note},
    name::{EntityKey, FieldName, RemoteId, SystemName},
    record::Record,
    snapshot::Snapshot,
    value::{Cell, Print},
};

impl<'a> Builder<'a> {
    pub(super) fn linked_remote(&self, system: &SystemName, entity: &EntityKey) -> Vec<RemoteId> {
        self.link_of(system, entity).map(|link| link.remote.clone()).into_iter().collect()
    }

    pub(super) fn link_of(&self, system: &SystemName, entity: &EntityKey) -> Option<&'a Link> {
        self.memory.links.get(&LinkKey { system: system.clone(), entity: entity.clone() })
    }

    /// Whether an earlier write to an entity's record may still land, or the record is being made at this moment.
    pub(super) fn is_open(&self, system: &SystemName, entity: &EntityKey) -> bool {
        let link = LinkKey { system: system.clone(), entity: entity.clone() };
        let made = self.memory.open_create(&link).is_some();
        made || self
            .memory
            .intents
            .values()
            .any(|intent| intent.system() == system && intent.entity() == entity)
    }

    /// Whether a record is there again to which a write was given up: it is left alone until that one is judged once
    /// more, which is the first thing that the next run does.
    pub(super) fn wakes(&self, seen: &Snapshot, entity: &EntityKey, record: &Record) -> bool {
        self.link_to(seen, entity, record).is_some_and(|link| link.given_up.is_some())
    }

    /// Has each write judged once more that was given up and whose record is there again, whatever that one is to
    /// anybody by now. Comes last: what else is said of the link stands.
    pub(super) fn awaken(&mut self, seen: &[&Snapshot]) {
        let memory = self.memory;
        let waiting = |link: &&Link| link.given_up.as_ref().is_some_and(|one| !one.back);
        for link in memory.links.values().filter(waiting) {
            let of = seen.iter().find(|seen| seen.system == link.system);
            let is_there = of.is_some_and(|seen| {
                let now = seen.now(&link.remote);
                seen.records.iter().chain(&seen.strays).any(|record| record.id == *now)
            });
            if is_there {
                self.leave(link.entity.as_str());
                let said =
                    self.notes.iter().rev().filter_map(Note::link).find(|note| note.key() == link.key());
                let mut link = said.unwrap_or(link).clone();
                link.given_up.iter_mut().for_each(|one| one.back = true);
                self.notes.push(Note::Link(Box::new(link)));
            }
        }
    }

    /// The link of an entity, if it is to this very record: what is remembered of another one says
    /// nothing about this.
    pub(super) fn link_to(&self, seen: &Snapshot, entity: &EntityKey, record: &Record) -> Option<&'a Link> {
        self.link_of(&seen.system, entity).filter(|link| *seen.now(&link.remote) == record.id)
    }

    /// Moves a link to another state, once.
    pub(super) fn mark(&mut self, system: &SystemName, entity: &EntityKey, state: LinkState) {
        let Some(link) = self.link_of(system, entity).filter(|link| link.state != state) else { return };
        let link = Link { state, ..link.clone() };
        self.notes.push(Note::Link(Box::new(link)));
    }

    /// Remembers what a linked record became.
    pub(super) fn follow(&mut self, (system, entity): (&SystemName, &EntityKey), now: &RemoteId) {
        let Some(link) = self.link_of(system, entity).filter(|link| link.remote != *now) else { return };
        let mut link = link.clone();
        link.follow(now);
        self.notes.push(Note::Link(Box::new(link)));
    }

    /// Remembers a link and the bases both sides agree on, if that says anything new.
    ///
    /// The version stays that of our last direct read: a listing may lag behind it. A record that took
    /// another's place, and is not what it became, starts anew: the other's history is not its own.
    pub(super) fn remember(
        &mut self,
        (system, entity): (&SystemName, &EntityKey),
        record: &Record,
        (same, how): (Option<Cow<'a, Link>>, How),
        bases: Vec<FieldBase>,
    ) {
        let stands = |link: &Link| link.state == LinkState::Active && link.remote == record.id;
        if bases.is_empty() && matches!(&same, Some(Cow::Borrowed(link)) if stands(link)) {
            return;
        }
        let mut link = same.map_or_else(|| Link::new(system, entity, &record.id, how), Cow::into_owned);
        link.state = LinkState::Active;
        link.follow(&record.id);
        for base in bases {
            link.set_base(base);
        }
        if self.link_of(system, entity) != Some(&link) {
            self.notes.push(Note::Link(Box::new(link)));
        }
    }

    /// Whether an undo holds the field at this canonical value. Another value is told; the hold ends once that is seen
    /// to have landed, or both sides to agree on it, for a plan may come to nothing.
    pub(super) fn is_held(&self, key: &FieldKey, canonical: &Cell) -> bool {
        self.memory.holds.get(key).is_some_and(|hold| hold.canonical == self.memory.print(canonical))
    }

    /// Ends a hold. That of an undone create ends where a record stands again, or is proven to have been put away since:
    /// who puts it away from then on means it, and it is not made again when the source of truth says something else.
    pub(super) fn release(&mut self, key: &FieldKey) {
        if self.memory.holds.contains_key(key) {
            self.notes.push(Note::Release(key.clone()));
        }
    }

    /// Whether a refused write of the field still stands: neither side's value changed since.
    pub(super) fn is_parked(&mut self, key: &FieldKey, canonical: &Cell, mirror: &Cell) -> bool {
        let Some(parked) = self.memory.parked.get(key) else { return false };
        let same = |then: Option<Print>, now: &Cell| then.is_none() || then == self.memory.print(now);
        let still = same(parked.canonical, canonical) && same(parked.mirror, mirror);
        if still {
            self.parked += 1;
        } else {
            self.notes.push(Note::Unpark(key.clone()));
        }
        still
    }

    /// A parked field that agrees by now is over.
    pub(super) fn unpark_agreed(&mut self, key: &FieldKey) {
        if self.memory.parked.contains_key(key) {
            self.notes.push(Note::Unpark(key.clone()));
        }
    }
}

/// The key of a field, or with an empty name of a whole record.
pub(super) fn field_key(system: &SystemName, entity: &EntityKey, field: &str) -> FieldKey {
    FieldKey {
        link: LinkKey { system: system.clone(), entity: entity.clone() },
        field: FieldName::new(field),
    }
}
