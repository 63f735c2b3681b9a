//! Records without a link row, and canonical records without a record.

use std::collections::BTreeSet;

use trueup_core::{
    name::{EntityKey, RemoteId},
    record::Record,
    setup::Trigger,
};

use super::Judge;
use crate::{Class, Difference, Listing, Standing, marks::Marks};

impl<'a> Judge<'a> {
    /// I-08: one token and one external id, one record.
    pub(super) fn shared_marks(&mut self, marks: &Marks) {
        for shared in marks.shared(&self.theirs.in_scope) {
            let own = |remote: &&&RemoteId| !self.known.is_cut(self.system(), shared.entity, remote);
            let records: Vec<&RemoteId> = shared.records.iter().filter(own).copied().collect();
            if records.len() < 2 || self.settled.contains(shared.entity) {
                continue;
            }
            let told = self.known.shares(self.system(), shared.entity.as_str(), &records);
            // Of several records a person may have chosen one: that one is compared like any other.
            if told == Some(Listing::Decided) {
                continue;
            }
            let ids: Vec<&str> = records.iter().map(|remote| remote.as_str()).collect();
            let what = format!("{} records carry its {}: {}", records.len(), shared.mark, ids.join(", "));
            let difference = self.on(Class::Duplicate, what).entity(shared.entity);
            self.tell(told, difference, &records);
            self.settled.insert(shared.entity.clone());
        }
    }

    /// I-09: what carries a mark of ours has a link, or was told.
    pub(super) fn unlinked(&mut self, marks: &Marks, linked: &BTreeSet<EntityKey>, remote: &'a RemoteId) {
        if self.standings.contains_key(remote) {
            return;
        }
        if marks.is_silent(remote) {
            return self.stand(remote, Standing::Unlinked);
        }
        let entities = marks.entities(remote);
        let pending = entities.iter().any(|entity| self.known.is_pending(self.system(), entity));
        let told = pending.then_some(Listing::Pending);
        let told = told.or_else(|| self.whole(remote));
        let strange = entities.iter().all(|entity| !self.ours.records.contains_key(entity));
        let left = || self.known.left_alone(remote, marks.tokens(remote)).filter(|_| strange);
        if let Some(told) = told.or_else(left) {
            return self.list(told, &[remote]);
        }
        let what = match entities.first() {
            None => "carries an external id that is no entity's".to_owned(),
            Some(_) if strange => "carries the mark of an entity that the source does not know".to_owned(),
            Some(entity) if linked.contains(entity) => {
                format!("carries the mark of {entity}, which is linked to another record")
            }
            Some(entity) => format!("carries the mark of {entity}, and no link says so"),
        };
        self.orphan(entities.first(), what, remote);
        if let [entity] = entities.as_slice()
            && !linked.contains(entity)
            && let (Some((key, ours)), Some(theirs)) =
                (self.ours.records.get_key_value(entity), self.theirs.in_scope.get(remote))
        {
            self.compare(key, ours, theirs, None);
        }
    }

    fn orphan(&mut self, entity: Option<&EntityKey>, what: String, remote: &RemoteId) {
        self.stand(remote, Standing::Differs);
        if !entity.is_some_and(|entity| self.said.contains(entity)) {
            let difference = self.on(Class::Orphan, what).remote(remote);
            self.tell(None, Difference { entity: entity.cloned(), ..difference }, &[remote]);
        }
        self.settled.extend(entity.cloned());
    }

    /// Records of nobody that carry our token: surveyed, and each of them told.
    pub(super) fn nobodys(&mut self, marks: &Marks) {
        let Some(scope) = &self.side.scope else { return };
        let linked: BTreeSet<&RemoteId> = self.links.iter().map(|link| &link.remote).collect();
        let own = |record: &&Record| scope.is_nobodys(record) && !linked.contains(&record.id);
        let nobodys = self.theirs.outside.values().filter(own);
        for record in nobodys.filter(|record| !marks.tokens(&record.id).is_empty()) {
            let told = self.outside(&record.id);
            let what = "carries our token, belongs to nobody, and that was not told";
            let difference = self.on(Class::Orphan, what).remote(&record.id);
            let entity = marks.tokens(&record.id).first().cloned();
            self.settled.extend(entity.clone().filter(|_| told.is_none()));
            // It is nobody's, and so stands nowhere.
            self.tell(told, Difference { entity, ..difference }, &[]);
        }
    }

    /// Canonical records without any record.
    pub(super) fn absent(&mut self, marks: &Marks) {
        let (ours, system) = (self.ours, self.system());
        for (entity, record) in &ours.records {
            if self.settled.contains(entity) {
                continue;
            }
            let carried = || marks.carriers(entity).find_map(|remote| self.outside(remote));
            let told = self.known.entity(system, entity, &[Trigger::Missing, Trigger::Ambiguous]);
            let told = told.or_else(carried);
            let keyless = ours.has_keyless().then_some(Listing::Excluded);
            let what = "it has no record there, and no reason was given";
            let difference = self.on(Class::Missing, what).entity(entity);
            let difference = Difference { place: record.place.clone(), ..difference };
            self.tell(told.or(keyless), difference, &[]);
        }
    }
}
