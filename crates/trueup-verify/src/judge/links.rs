//! The records that link rows name.

use std::collections::BTreeMap;

use trueup_core::{
    link::{Link, LinkState},
    name::RemoteId,
    record::Record,
    setup::Trigger,
};

use super::Judge;
use crate::{Class, Difference, Listing, Standing};

impl<'a> Judge<'a> {
    /// I-28: one record, one entity.
    pub(super) fn shared_records(&mut self) {
        let mut named: BTreeMap<&RemoteId, Vec<&Link>> = BTreeMap::new();
        for &link in &self.links {
            let lives = self.ours.records.contains_key(&link.entity) || self.ours.is_in_doubt(&link.entity);
            let record = self.theirs.now(&link.remote).filter(|record| lives && !self.is_cut(link, record));
            if let Some(record) = record {
                named.entry(&record.id).or_default().push(link);
            }
        }
        for (remote, links) in named.into_iter().filter(|(_, links)| links.len() > 1) {
            let keys: Vec<&str> = links.iter().map(|link| link.entity.as_str()).collect();
            let what = format!("several entities are linked to it: {}", keys.join(", "));
            let told = self.known.record(self.system(), remote);
            let first = links.first().map(|link| &link.entity);
            let difference = self.on(Class::SharedRecord, what).remote(remote);
            let difference = Difference { entity: first.cloned(), ..difference };
            self.tell(told, difference, &[remote]);
            for link in links {
                self.settled.insert(link.entity.clone());
                self.said.insert(link.entity.clone());
            }
        }
    }

    pub(super) fn linked(&mut self, link: &'a Link) {
        if self.settled.contains(&link.entity) {
            return;
        }
        let record = self.theirs.now(&link.remote);
        self.settled.insert(link.entity.clone());
        if let Some(record) = record.filter(|record| self.is_cut(link, record)) {
            return self.list(Listing::Decided, &[&record.id]);
        }
        if self.known.is_pending(self.system(), &link.entity) {
            return self.list(Listing::Pending, record.map(|record| &record.id).as_slice());
        }
        match (self.ours.records.get(&link.entity), record) {
            (None, None) if link.state == LinkState::Tombstone => {}
            (None, record) => self.deserted(link, record),
            (Some(_), None) => self.gone(link),
            (Some(ours), Some(theirs)) => self.there(link, ours, theirs),
        }
    }

    fn deserted(&mut self, link: &Link, record: Option<&'a Record>) {
        let doubt = self.ours.is_in_doubt(&link.entity).then_some(Listing::Excluded);
        let now = record.map_or(&link.remote, |record| &record.id);
        let told = self.known.entity(self.system(), &link.entity, &[Trigger::Gone]);
        let told = told.or_else(|| self.known.record(self.system(), now)).or(doubt);
        let difference =
            self.about(Class::Deserted, "its canonical record is gone, and that was not told", link);
        self.tell(told, difference, record.map(|record| &record.id).as_slice());
    }

    fn gone(&mut self, link: &Link) {
        let told = match link.state {
            LinkState::Suspect { .. } => Some(Listing::Excluded),
            LinkState::Active | LinkState::OutOfScope | LinkState::Tombstone => {
                self.known.entity(self.system(), &link.entity, &[Trigger::Deleted])
            }
        };
        let difference = self.about(Class::Gone, "the record does not exist, and that was not told", link);
        self.tell(told, difference, &[]);
    }

    fn there(&mut self, link: &'a Link, ours: &'a Record, theirs: &'a Record) {
        if let Some(told) = self.whole(&theirs.id) {
            return self.list(told, &[&theirs.id]);
        }
        let inside = self.theirs.in_scope.contains_key(&theirs.id);
        let what = match (inside, link.state) {
            _ if theirs.id != link.remote => {
                format!("the record became {}, and its link does not say so", theirs.id)
            }
            (true, LinkState::Active) => return self.compare(&link.entity, ours, theirs, Some(link)),
            (false, LinkState::OutOfScope) => return self.stand(&theirs.id, Standing::OutOfScope),
            (true, _) => "the record is in the scope, and its link says that it is not".to_owned(),
            (false, _) => "the record is outside the scope, and its link does not say so".to_owned(),
        };
        let difference = self.about(Class::Moved, &what, link);
        self.tell(None, difference, &[&theirs.id]);
    }

    fn about(&self, class: Class, what: &str, link: &Link) -> Difference {
        self.on(class, what).entity(&link.entity).remote(&link.remote)
    }
}
