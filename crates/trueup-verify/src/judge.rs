//! Record by record: who is whose, and what nobody was told.
//!
//! One line an entity: where the records of an entity do not stand as they should, its fields are not compared and
//! nothing else is listed of it, since all of that follows.

mod links;
mod strays;

use std::collections::{BTreeMap, BTreeSet};

use trueup_core::{
    link::Link,
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
        if let Some(listing) = told {
            return self.list(listing, records);
        }
        for remote in records {
            self.stand(remote, Standing::Differs);
        }
        self.said.extend(difference.entity.clone().filter(|_| difference.field.is_none()));
        self.differences.push(difference);
    }

    fn list(&mut self, listing: Listing, records: &[&RemoteId]) {
        for remote in records {
            self.stand(remote, Standing::Listed);
        }
        self.listed.push(listing);
    }

    fn stand(&mut self, remote: &RemoteId, standing: Standing) {
        let now = self.standings.entry(remote.clone()).or_insert(standing);
        *now = standing.max(*now);
    }

    /// What was told of a record of the scope as a whole.
    fn whole(&self, remote: &RemoteId) -> Option<Listing> {
        let decided = || self.known.decided(self.system(), remote).filter(|_| self.known.is_excluded(remote));
        self.known.record(self.system(), remote).or_else(decided)
    }

    /// What was told of a record outside the scope, of which no run gives a reason.
    fn outside(&self, remote: &RemoteId) -> Option<Listing> {
        self.known.record(self.system(), remote).or_else(|| self.known.decided(self.system(), remote))
    }

    fn is_cut(&self, link: &Link, record: &Record) -> bool {
        self.known.is_cut(self.system(), &link.entity, &record.id)
    }

    fn on(&self, class: Class, what: impl Into<String>) -> Difference {
        Difference::on(self.system(), class, what)
    }
}
