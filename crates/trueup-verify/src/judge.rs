//! Record by record: who is whose, and what nobody was told.
//!
//! One line an entity: where the records of an entity do not stand as they should, its fields are not compared and
//! nothing else is listed of it, since all of that follows.

use std::collections::{BTreeMap, BTreeSet};

use trueup_core::{
    link::{Link, LinkState},
    name::{EntityKey, RemoteId, SystemName},
    record::Record,
    setup::{MirrorSide, Setup},
};

use crate::{
    Class, Difference, Listing, Report, Standing, SystemReport,
    known::Known,
    marks::Marks,
    mirror::Theirs,
    ours::Ours,
    pair::{Pair, Respelled, Verdict},
};

/// The judgement of one mirror.
pub(crate) struct Judge<'a> {
    setup: &'a Setup,
    side: &'a MirrorSide,
    known: &'a Known<'a>,
    ours: &'a Ours,
    theirs: &'a Theirs,
    links: Vec<&'a Link>,
    /// Entities that have been judged.
    settled: BTreeSet<EntityKey>,
    /// Of these, the ones whose records do not stand as they should: what else is odd follows from that.
    said: BTreeSet<EntityKey>,
    standings: BTreeMap<RemoteId, Standing>,
    listed: Vec<Listing>,
    differences: Vec<Difference>,
    respelled: Vec<Respelled>,
    fields: usize,
}

impl<'a> Judge<'a> {
    pub(crate) fn new(
        setup: &'a Setup,
        side: &'a MirrorSide,
        known: &'a Known<'a>,
        ours: &'a Ours,
        theirs: &'a Theirs,
    ) -> Self {
        Self {
            setup,
            side,
            known,
            ours,
            theirs,
            links: known.links(&side.side.system),
            settled: BTreeSet::new(),
            said: BTreeSet::new(),
            standings: BTreeMap::new(),
            listed: Vec::new(),
            differences: Vec::new(),
            respelled: Vec::new(),
            fields: 0,
        }
    }

    /// Judges every record, and gives the fields that the journal has to bear out.
    pub(crate) fn judge(&mut self) -> Vec<Respelled> {
        let linked = self.links.iter().map(|link| link.entity.clone()).collect();
        let marks = Marks::read(self.setup, self.side, self.ours, self.theirs, &linked);
        self.shared_records();
        self.shared_marks(&marks);
        for link in self.links.clone() {
            self.linked(link);
        }
        for remote in self.theirs.in_scope.keys() {
            self.unlinked(&marks, &linked, remote);
        }
        self.nobodys(&marks);
        self.absent(&marks);
        std::mem::take(&mut self.respelled)
    }

    const fn system(&self) -> &'a SystemName {
        &self.side.side.system
    }

    /// I-28: one record, one entity.
    fn shared_records(&mut self) {
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

    /// I-08: one token and one external id, one record.
    fn shared_marks(&mut self, marks: &Marks) {
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

    fn linked(&mut self, link: &'a Link) {
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
        let told = self.known.entity(self.system(), &link.entity);
        let told = told.or_else(|| self.known.record(self.system(), &link.remote)).or(doubt);
        let difference =
            self.about(Class::Deserted, "its canonical record is gone, and that was not told", link);
        self.tell(told, difference, record.map(|record| &record.id).as_slice());
    }

    fn gone(&mut self, link: &Link) {
        let told = match link.state {
            LinkState::Suspect { .. } => Some(Listing::Excluded),
            LinkState::Active | LinkState::OutOfScope | LinkState::Tombstone => {
                self.known.entity(self.system(), &link.entity)
            }
        };
        let difference = self.about(Class::Gone, "the record does not exist, and that was not told", link);
        self.tell(told, difference, &[]);
    }

    fn there(&mut self, link: &'a Link, ours: &'a Record, theirs: &'a Record) {
        if let Some(told) = self.known.record(self.system(), &theirs.id) {
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

    /// I-09: what carries a mark of ours has a link, or was told.
    fn unlinked(&mut self, marks: &Marks, linked: &BTreeSet<EntityKey>, remote: &'a RemoteId) {
        if self.standings.contains_key(remote) {
            return;
        }
        if marks.is_silent(remote) {
            return self.stand(remote, Standing::Unlinked);
        }
        let entities = marks.entities(remote);
        let pending = entities.iter().any(|entity| self.known.is_pending(self.system(), entity));
        let told = pending.then_some(Listing::Pending);
        let told = told.or_else(|| self.known.record(self.system(), remote));
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
    fn nobodys(&mut self, marks: &Marks) {
        let Some(scope) = &self.side.scope else { return };
        let linked: BTreeSet<&RemoteId> = self.links.iter().map(|link| &link.remote).collect();
        let own = |record: &&Record| scope.is_nobodys(record) && !linked.contains(&record.id);
        let nobodys = self.theirs.outside.values().filter(own);
        for record in nobodys.filter(|record| !marks.tokens(&record.id).is_empty()) {
            match self.known.record(self.system(), &record.id) {
                Some(told) => self.listed.push(told),
                None => {
                    let what = "carries our token, belongs to nobody, and that was not told";
                    let difference = self.on(Class::Orphan, what).remote(&record.id);
                    let entity = marks.tokens(&record.id).first().cloned();
                    self.settled.extend(entity.clone());
                    self.differences.push(Difference { entity, ..difference });
                }
            }
        }
    }

    /// Canonical records without any record.
    fn absent(&mut self, marks: &Marks) {
        let (ours, system) = (self.ours, self.system());
        for (entity, record) in &ours.records {
            if self.settled.contains(entity) {
                continue;
            }
            let carried = || marks.carriers(entity).find_map(|remote| self.known.record(system, remote));
            let told = self.known.entity(system, entity).or_else(carried);
            let keyless = ours.has_keyless().then_some(Listing::Excluded);
            let what = "it has no record there, and no reason was given";
            let difference = self.on(Class::Missing, what).entity(entity);
            let difference = Difference { place: record.place.clone(), ..difference };
            self.tell(told.or(keyless), difference, &[]);
        }
    }

    fn compare(
        &mut self,
        entity: &'a EntityKey,
        ours: &'a Record,
        theirs: &'a Record,
        link: Option<&'a Link>,
    ) {
        self.settled.insert(entity.clone());
        let pair = Pair { setup: self.setup, side: self.side, known: self.known, entity, ours, theirs, link };
        self.stand(&theirs.id, Standing::Agrees);
        for verdict in pair.fields() {
            self.fields += 1;
            match verdict {
                Verdict::Agrees => {}
                Verdict::Listed(listing) => self.list(listing, &[&theirs.id]),
                Verdict::Differs(difference) => self.tell(None, *difference, &[&theirs.id]),
                Verdict::Respelled(respelled) => self.respelled.push(*respelled),
            }
        }
    }

    /// Adds a difference of a pair that was compared.
    pub(crate) fn differs(&mut self, difference: Difference) {
        let remote = difference.remote.clone();
        self.tell(None, difference, remote.as_ref().as_slice());
    }

    /// Adds what was found to the report. Each record of the scope was judged, or that is a difference itself.
    pub(crate) fn close(mut self, report: &mut Report) {
        let unheard =
            self.theirs.in_scope.keys().filter(|remote| !self.standings.contains_key(*remote)).count();
        if unheard > 0 {
            let what = format!("{unheard} records of the scope were read and not judged");
            self.differences.push(self.on(Class::Buckets, what));
        }
        let mut standings = BTreeMap::new();
        for standing in self.standings.values() {
            *standings.entry(*standing).or_default() += 1;
        }
        report.systems.push(SystemReport {
            system: self.system().clone(),
            records: self.standings.len(),
            fields: self.fields,
            standings,
        });
        self.listed.into_iter().for_each(|listing| report.count(listing));
        report.differences.extend(self.differences);
    }

    /// Counts what was told, and lists what was not.
    fn tell(&mut self, told: Option<Listing>, difference: Difference, records: &[&RemoteId]) {
        match told {
            Some(listing) => self.list(listing, records),
            None => {
                records.iter().for_each(|remote| self.stand(remote, Standing::Differs));
                self.said.extend(difference.entity.clone().filter(|_| difference.field.is_none()));
                self.differences.push(difference);
            }
        }
    }

    fn list(&mut self, listing: Listing, records: &[&RemoteId]) {
        records.iter().for_each(|remote| self.stand(remote, Standing::Listed));
        self.listed.push(listing);
    }

    fn stand(&mut self, remote: &RemoteId, standing: Standing) {
        let now = self.standings.entry(remote.clone()).or_insert(standing);
        *now = standing.max(*now);
    }

    fn is_cut(&self, link: &Link, record: &Record) -> bool {
        self.known.is_cut(self.system(), &link.entity, &record.id)
    }

    fn on(&self, class: Class, what: impl Into<String>) -> Difference {
        Difference::on(self.system(), class, what)
    }

    fn about(&self, class: Class, what: &str, link: &Link) -> Difference {
        self.on(class, what).entity(&link.entity).remote(&link.remote)
    }
}
