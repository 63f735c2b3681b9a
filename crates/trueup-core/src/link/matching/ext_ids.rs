//! Records that carry an external id of ours: what an earlier create made, whatever became of its answer.

use std::collections::{BTreeMap, BTreeSet};

use compact_str::CompactString;

use super::{How, Matcher};
use crate::{
    name::{EntityKey, ExtId},
    planted::{self, Defect},
};

impl<'a> Matcher<'a> {
    /// A record that an open create made, or may have made, is held: its app commits it at this moment, or its
    /// own create puts it away (RELIABILITY.md 6.5). It is nobody's news meanwhile.
    pub(super) fn open_creates(&mut self) {
        let own = self.memory.open_creates().filter(|create| create.system == self.mirror.side.system);
        let own: BTreeMap<&str, &EntityKey> =
            own.map(|create| (create.ext_id.as_str(), &create.entity)).collect();
        if own.is_empty() {
            return;
        }
        for (at, text) in self.carriers() {
            if let Some(entity) = own.get(text.as_str()) {
                let what = format!("an open create of {entity} may have made it");
                self.put_off(at, "open_create", what);
            }
        }
    }

    /// An external id is derived from the entity, so it tells whose record it is also after the state was lost.
    pub(super) fn by_ext_id(&mut self) {
        let carriers = self.carriers();
        if carriers.is_empty() {
            return;
        }
        let owners: BTreeMap<String, usize> =
            (0..self.canon.records().len()).map(|at| (self.ext_id(&self.canon.key(at)), at)).collect();
        let unseen: BTreeMap<String, &EntityKey> =
            self.unseen().into_iter().map(|entity| (self.ext_id(entity), entity)).collect();
        for (at, text) in carriers {
            match owners.get(&text) {
                Some(&canonical) if self.spoken_for.contains(&canonical) => {
                    let key = self.canon.key(canonical).as_str().into();
                    let what = "carries the external id of an entity that is linked to another record";
                    self.ambiguous(at, &[key], what);
                }
                // A defect leaves it to the next create, which overwrites it.
                Some(_) if planted::is(Defect::UpsertAsCreate) => {
                    self.exclude(at, "upserted", "is what the next create makes".to_owned());
                }
                Some(&canonical) => self.pair(canonical, at, How::Adopted),
                None => self.of_no_owner(at, unseen.get(&text).copied()),
            }
        }
    }

    /// The canonical record whose external id the record of certain others carries. Most carry their own, which needs
    /// no search.
    pub(super) fn carried(&self, at: usize, others: &[CompactString]) -> Option<usize> {
        let text = self.seen.records.get(at)?.cell(self.ext_id_column()?).to_text()?;
        if others.iter().any(|other| self.ext_id(&EntityKey::new(other)) == text) {
            return None;
        }
        (0..self.canon.records().len()).find(|canonical| self.ext_id(&self.canon.key(*canonical)) == text)
    }

    fn ext_id(&self, entity: &EntityKey) -> String {
        ExtId::derive(self.tenant, self.setup.entity(), entity).to_string()
    }

    fn ext_id_column(&self) -> Option<usize> {
        self.mirror.side.column_named(self.mirror.ext_id_column.as_deref()?)
    }

    /// A record that we made once: of an entity that is known, a person is told of it; else it is no news at least.
    fn of_no_owner(&mut self, at: usize, entity: Option<&EntityKey>) {
        if let Some(entity) = entity {
            let what = "carries the external id of an entity that the source of truth was not seen to have";
            self.ambiguous(at, &[entity.as_str().into()], what);
        } else if self.mirror.feeds {
            let what = "carries an external id that is no entity's".to_owned();
            self.exclude(at, "unknown_ext_id", what);
        }
    }

    /// Entities that were looked for and that only links know of.
    fn unseen(&self) -> BTreeSet<&'a EntityKey> {
        let canon = self.canon;
        let known = self.memory.links.values().map(|link| &link.entity);
        known.filter(|key| canon.position(key.as_str()).is_none() && canon.is_looked_at(key)).collect()
    }

    /// Records of the scope that are in no pair yet and carry an external id.
    fn carriers(&self) -> Vec<(usize, String)> {
        let Some(column) = self.ext_id_column() else { return Vec::new() };
        let records = self.seen.records.iter().enumerate().filter(|(at, _)| !self.taken.contains(at));
        records.filter_map(|(at, record)| Some((at, record.cell(column).to_text()?))).collect()
    }
}
