//! What an undo of the source of truth means for its mirrors: who is accounted for at the former value, and who is held
//! apart from it.

use std::collections::BTreeMap;

use trueup_core::{
    link::{BaseCell, FieldBase, Link},
    memory::{FieldKey, Hold, LinkKey, Note},
    name::{EntityKey, RunId},
    settle::Ending,
    setup::MirrorSide,
    undo::UNDO,
    value::{Cell, Print},
};

use super::{
    Doors,
    truth::{agreed, entry, normal},
};

/// A field of the source of truth that was put back: that is no move of its own, so no mirror is told. One that was
/// never accounted for with the value that is taken back, as in a conflict, stays as it was.
pub(super) struct Back<'a> {
    entity: &'a EntityKey,
    end: &'a Ending,
    by: &'a RunId,
    /// What the source of truth says again.
    says: Cell,
    print: Print,
    /// What it said until now.
    taken: Option<Print>,
}

impl<'a> Back<'a> {
    pub(super) fn of(
        doors: &Doors<'_>,
        (entity, by): (&'a EntityKey, &'a RunId),
        end: &'a Ending,
        says: Cell,
    ) -> Option<Self> {
        let print = doors.memory.print(&says)?;
        let taken = normal(doors, end, &end.edit.before).and_then(|before| doors.memory.print(&before));
        Some(Self { entity, end, by, says, print, taken })
    }

    /// Moves what is accounted for in the mirrors' links, and tells what else is remembered.
    pub(super) fn put(&self, doors: &Doors<'_>, links: &mut BTreeMap<LinkKey, Link>) -> Vec<Note> {
        let mut notes = Vec::new();
        for side in doors.setup.mirrors() {
            let link = LinkKey { system: side.side.system.clone(), entity: self.entity.clone() };
            let key = FieldKey { link, field: self.end.edit.field.clone() };
            let Some(link) = entry(doors, links, &key.link) else { continue };
            if let Some(apart) = self.apart(doors, side, &key) {
                link.set_base(apart);
                notes.extend(self.held(key));
            } else if !self.is_told_again(doors, &key) {
                self.follows(link);
            }
        }
        notes
    }

    fn follows(&self, link: &mut Link) {
        let own = |base: &&mut FieldBase| {
            base.field == self.end.edit.field && Some(base.canonical.print) == self.taken
        };
        for base in link.bases.iter_mut().filter(own) {
            base.canonical = self.base(base.canonical.cell.is_some());
        }
    }

    fn base(&self, keep: bool) -> BaseCell {
        BaseCell { print: self.print, cell: keep.then(|| self.says.clone()) }
    }

    /// Whether this undoes an undo of which a mirror was no part, but was held: it is told anew.
    fn is_told_again(&self, doors: &Doors<'_>, key: &FieldKey) -> bool {
        self.end.edit.class.as_str() != UNDO && doors.memory.holds.contains_key(key)
    }

    /// The account of a mirror that refused the value that is taken back, and says something else than what is put
    /// back: what it kept was weighed then and did not win, so it is no claim of its own now, no more than where the
    /// mirror took the value and is put back itself.
    fn apart(&self, doors: &Doors<'_>, side: &MirrorSide, key: &FieldKey) -> Option<FieldBase> {
        let parked = doors.memory.parked.get(key).filter(|_| self.end.edit.class.as_str() == UNDO)?;
        let refused = parked.canonical.is_some() && parked.canonical == self.taken;
        let print = parked.mirror.filter(|kept| refused && *kept != self.print)?;
        if let Some(kept) = &parked.kept {
            return agreed(doors, side, &key.field, (&self.says, kept));
        }
        let id = doors.setup.field_named(key.field.as_str())?;
        let slot = side.side.bindings.iter().position(|binding| binding.field == id)?;
        let mapping = doors.setup.mapping(side).tag(slot);
        let mirror = BaseCell { print, cell: None };
        Some(FieldBase { field: key.field.clone(), mapping, canonical: self.base(true), mirror })
    }

    /// The refusal is over, and the mirror stays as it is, apart on purpose.
    fn held(&self, key: FieldKey) -> [Note; 2] {
        let hold = Hold { canonical: Some(self.print), by: self.by.clone() };
        [Note::Unpark(key.clone()), Note::Hold(key, hold)]
    }
}
