//! Entities whose canonical record is gone: told, or proposed to be archived (RELIABILITY.md 6.7).

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{Builder, MirrorView, state::field_key};
use crate::{
    link::{BaseCell, How, Link, LinkState, Linked, Written},
    memory::{LinkKey, Note},
    merge::{Claim, Party},
    name::{EntityKey, RemoteId},
    plan::{Act, Bucket, Change, Edit, FieldConflict, Turn},
    planted::{self, Defect},
    record::Record,
    settle::alike::is_spelling,
    setup::{Action, Binding, Field, Mapping, Trigger},
    value::{Cell, Print},
};

/// One mirror's copy of an entity that is gone; without a record where it is not in the scope.
struct Left<'a> {
    view: &'a MirrorView<'a>,
    mapping: &'a Mapping,
    record: Option<&'a Record>,
    at: usize,
}

impl<'a> Builder<'a> {
    pub(super) fn gone(&mut self, views: &'a [MirrorView<'a>], linked: &'a [Linked]) {
        let mut gone: BTreeMap<&EntityKey, Vec<Left<'a>>> = BTreeMap::new();
        for (view, linked) in views.iter().zip(linked) {
            let mapping = self.setup.mapping(view.side);
            let system = &view.side.side.system;
            let at = self.setup.mirrors().iter().position(|one| one.side.system == *system);
            // What is made at this moment has no canonical record yet, or is put away by its own create.
            let own = |entity: &EntityKey| LinkKey { system: system.clone(), entity: entity.clone() };
            let left =
                linked.gone.iter().filter(|(entity, _)| self.memory.open_create(&own(entity)).is_none());
            for (entity, position) in left {
                let record = position.and_then(|position| view.seen.records.get(position));
                let left = Left { view, mapping, record, at: at.unwrap_or_default() };
                gone.entry(entity).or_default().push(left);
            }
        }
        for (entity, copies) in gone {
            self.let_go(entity, &copies);
            if self.action(&Trigger::Gone) == Action::Flag || !self.is_proven_gone(entity, &copies) {
                self.tell_gone(entity, &copies);
            } else {
                self.put_away(entity, &copies);
            }
        }
    }

    fn tell_gone(&mut self, entity: &EntityKey, copies: &[Left<'_>]) {
        for Left { view, .. } in copies {
            let system = &view.side.side.system;
            let key = self.finding_key(&Trigger::Gone, system, entity.as_str());
            let remotes = self.linked_remote(system, entity);
            let what = "its canonical record is gone; archiving is proposed, nothing is written";
            self.tell(key, Some(entity.clone()), remotes, what);
        }
    }

    /// Whether two looks, a quiet period apart, did not find the canonical record (I-15). Each look was a whole
    /// listing, or where there is one a direct read.
    fn is_proven_gone(&mut self, entity: &EntityKey, copies: &[Left<'_>]) -> bool {
        let Some(at) = copies.iter().map(|left| left.view.at).min() else { return false };
        let truth = &self.setup.canonical().system;
        let state = self.link_of(truth, entity).map_or(LinkState::Active, |link| link.state);
        if planted::is(Defect::AbsenceIsDelete) {
            return true;
        }
        let after = state.not_found(at, self.setup.timing().quiet());
        if after != state {
            self.mark_canonical(entity, after);
        }
        after == LinkState::Tombstone
    }

    /// The source of truth has link rows only for what is special about its records.
    fn mark_canonical(&mut self, entity: &EntityKey, state: LinkState) {
        let truth = &self.setup.canonical().system;
        let new = || Link::new(truth, entity, &entity.as_str().into(), How::Key);
        let link = self.link_of(truth, entity).cloned().unwrap_or_else(new);
        self.notes.push(Note::Link(Box::new(Link { state, ..link })));
    }

    /// A canonical record that is there again, or still, is no suspect.
    pub(super) fn revive(&mut self, entity: &EntityKey) {
        let truth = &self.setup.canonical().system;
        if self.link_of(truth, entity).is_some_and(|link| link.state != LinkState::Active) {
            self.mark_canonical(entity, LinkState::Active);
        }
    }

    /// Proposes the archive of every copy; an edit of any of them since it was last accounted for keeps them all, and
    /// so does a copy that nobody could look at, which may have been edited, or that people brought back.
    fn put_away(&mut self, entity: &EntityKey, copies: &[Left<'_>]) {
        let is_back = |left: &Left<'_>| {
            let link = left.record.and_then(|record| self.link_to(left.view.seen, entity, record));
            link.is_some_and(|link| link.state == LinkState::Tombstone)
        };
        let back = copies.iter().any(is_back);
        if self.is_settling(entity, copies) || self.tell_unread(entity, copies) || back {
            return self.tell_gone(entity, copies);
        }
        let before = self.conflicts.len();
        for left in copies {
            self.edited(entity, left);
        }
        if self.conflicts.len() > before {
            return self.tell_gone(entity, copies);
        }
        for left in copies {
            self.archive(entity, left);
        }
    }

    /// Whether some write of ours is still to be judged: what it left in a copy would look like somebody's edit.
    fn is_settling(&mut self, entity: &EntityKey, copies: &[Left<'_>]) -> bool {
        let wakes =
            |left: &Left<'_>| left.record.is_some_and(|record| self.wakes(left.view.seen, entity, record));
        let mut systems =
            copies.iter().map(|left| &left.view.side.side.system).chain([&self.setup.canonical().system]);
        let settling = systems.any(|system| self.is_open(system, entity)) || copies.iter().any(wakes);
        if settling {
            self.leave(entity.as_str());
        }
        settling
    }

    /// Ends the hold of an undone create whose record people brought back while its original is gone: whoever puts it away
    /// after that means it. The link stays a tombstone's, by which it is known that it was brought back.
    fn let_go(&mut self, entity: &EntityKey, copies: &[Left<'_>]) {
        for left in copies {
            let key = field_key(&left.view.side.side.system, entity, "");
            let link = left.record.and_then(|record| self.link_to(left.view.seen, entity, record));
            if let Some(link) = link.filter(|_| self.memory.holds.contains_key(&key)) {
                self.release(&key);
                self.notes.push(Note::Link(Box::new(link.clone())));
            }
        }
    }

    /// Says which copies were neither read nor said not to exist; whether there are any.
    fn tell_unread(&mut self, entity: &EntityKey, copies: &[Left<'_>]) -> bool {
        let unread: Vec<RemoteId> = copies.iter().filter_map(|left| self.unread(entity, left)).collect();
        for remote in &unread {
            let what = format!("{remote} was not looked at and may have been edited; no copy is archived");
            self.reason("not_looked_at", entity.as_str(), what);
        }
        !unread.is_empty()
    }

    fn unread(&self, entity: &EntityKey, left: &Left<'_>) -> Option<RemoteId> {
        if left.record.is_some() {
            return None;
        }
        let seen = left.view.seen;
        let link = self.link_of(&seen.system, entity).filter(|link| link.state != LinkState::Tombstone)?;
        let now = seen.now(&link.remote);
        let read = seen.records.iter().chain(&seen.strays).any(|record| record.id == *now);
        (!read && !seen.missing.contains(now)).then(|| link.remote.clone())
    }

    /// Opens a conflict for each field of a copy that was edited: delete against edit keeps the edit.
    fn edited(&mut self, entity: &EntityKey, left: &Left<'_>) {
        let Some(record) = left.record else { return };
        let link = self.link_to(left.view.seen, entity, record);
        for (slot, binding) in left.view.side.side.bindings.iter().enumerate() {
            let field = self.setup.field(binding.field);
            let now = left.view.side.side.lenient(binding, field, record);
            let base = link.and_then(|link| link.base(&field.name, left.mapping.tag(slot)));
            let print = self.memory.print(&now);
            let moved = base.map_or(!now.is_blank(), |base| print != Some(base.mirror.print));
            let own = link.is_some_and(|link| is_our_own(link, field, (&now, print)));
            if moved && !binding.create_only && !own {
                self.conflicts.push(FieldConflict {
                    system: left.view.side.side.system.clone(),
                    entity: entity.clone(),
                    field: field.name.clone(),
                    claims: vec![
                        claim(Party::Canonical, Cell::Null, None),
                        claim(Party::Mirror(left.at), now, record.version),
                    ],
                });
            }
        }
    }

    fn archive(&mut self, entity: &EntityKey, left: &Left<'_>) {
        let (Some(record), side) = (left.record, &left.view.side.side) else { return };
        let key = field_key(&side.system, entity, "");
        if self.is_parked(&key, &Cell::Null, &Cell::Null) {
            return self.recount(&side.system, Bucket::Failed);
        }
        self.recount(&side.system, Bucket::Pending);
        self.follow((&side.system, entity), &record.id);
        self.changes.push(Change {
            system: side.system.clone(),
            entity: entity.clone(),
            label: String::new(),
            act: Act::Archive { remote: record.id.clone(), version: record.version },
            edits: side
                .bindings
                .iter()
                .filter(|b| b.lens.writes())
                .map(|b| self.kept(left, b, record))
                .collect(),
        });
    }

    /// What must still stand there when the record is put away.
    fn kept(&self, left: &Left<'_>, binding: &Binding, record: &Record) -> Edit {
        Edit {
            field: self.setup.field_name(binding.field).clone(),
            column: left.view.side.side.column(binding).to_owned(),
            class: self.class_id(&Trigger::Gone),
            before: record.cell(binding.column).clone(),
            after: Cell::Null,
            wanted: Cell::Null,
            canonical: Cell::Null,
            turn: Turn::Alone,
        }
    }
}

const fn claim(party: Party, cell: Cell, at: Option<Timestamp>) -> Claim {
    Claim { party, cell, at, version: None }
}

/// Whether a copy holds what we wrote to it and never saw there, be it in its system's spelling.
fn is_our_own(link: &Link, field: &Field, (now, print): (&Cell, Option<Print>)) -> bool {
    let mut unseen = link.unseen.iter().filter(|one| one.written == Written::Mirror);
    let spelled = |told: &BaseCell| told.cell.as_ref().is_some_and(|told| is_spelling(field, told, now));
    unseen.any(|one| one.base.field == field.name && (Some(one.told().print) == print || spelled(one.told())))
}
