//! Copies of entities that the source of truth has no more, or has under another key.

use std::collections::BTreeMap;

use compact_str::CompactString;

use super::{How, Matcher, finding, links_of};
use crate::{
    link::{Link, LinkState},
    memory::LinkKey,
    name::EntityKey,
    setup::Trigger,
};

impl Matcher<'_> {
    /// The copies of those who are gone. What people made of several of them is nobody's to put away, and what they made
    /// of one and of a record that we had made for somebody who is there is the latter's.
    pub(super) fn left_behind(&mut self) {
        let mut names: BTreeMap<usize, Vec<CompactString>> = BTreeMap::new();
        for (entity, at) in &self.linked.gone {
            if let Some(at) = at.filter(|at| !self.taken.contains(at)) {
                names.entry(at).or_default().push(entity.as_str().into());
            }
        }
        for (at, mut names) in names {
            let heir = self.carried(at, &names).filter(|heir| !self.spoken_for.contains(heir));
            if names.len() == 1 && heir.is_none() {
                self.exclude(at, "gone", "its canonical record is gone".to_owned());
                continue;
            }
            for (_, own) in self.linked.gone.iter_mut().filter(|(_, own)| *own == Some(at)) {
                *own = None;
            }
            match heir {
                Some(heir) if !self.is_named(at, None) => self.inherit(heir, at),
                heir => {
                    names.extend(heir.map(|heir| self.canon.key(heir).as_str().into()));
                    self.ambiguous(at, &names, "is what the records of several entities became");
                }
            }
        }
    }

    /// Whether a link row of anybody else names a record by the id it has now: no record is linked twice (I-28).
    pub(super) fn is_named(&self, at: usize, but_for: Option<&str>) -> bool {
        let remote = self.remote(at);
        let names = |link: &Link| link.remote == remote && link.state != LinkState::Tombstone;
        let mut rows = links_of(self.mirror, self.memory);
        rows.any(|link| names(link) && but_for != Some(link.entity.as_str()))
    }

    /// Once its own create is settled; until then that may put it away.
    fn inherit(&mut self, heir: usize, at: usize) {
        let entity = self.canon.key(heir);
        let key = LinkKey { system: self.mirror.side.system.clone(), entity };
        if self.memory.open_create(&key).is_some() {
            self.put_off(at, "open_create", format!("an open create of {} may have made it", key.entity));
        } else {
            self.pair(heir, at, How::Adopted);
        }
    }

    /// The canonical record was merged into another one: which of both has which copy now, a person knows.
    pub(super) fn absorbed(&mut self, entity: &EntityKey, at: Option<usize>, now: &EntityKey) {
        let key = self.key(&Trigger::KeyChanged, &format!("{entity}:{now}"));
        let remotes = at.map(|at| self.remote(at)).into_iter().collect();
        let what = format!("the canonical record {entity} became {now}: its copy here is left alone");
        self.linked.findings.push(finding(key, Some(now.clone()), remotes, what));
        // What both became is not made here beside the copies that they had.
        self.spoken_for.extend(self.canon.position(now.as_str()));
        if let Some(at) = at.filter(|at| !self.taken.contains(at)) {
            self.exclude(at, "absorbed", format!("its canonical record became {now}"));
        }
    }
}
