//! The reading loop: every page of a view, and records by id. Nothing that could not be read is taken for empty.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use trueup_core::{
    name::{RemoteId, SystemName},
    record::Record,
    snapshot::{Coverage, SourceTrouble},
};
use trueup_ports::{Ask, Fault, Inspection, LogEvent, Page, Reach, Source, View, World};

use crate::Unproven;

/// How often a busy system is asked in all.
const TRIES: usize = 5;
/// The longest wait for a busy system that is worth it.
const LONGEST: Duration = Duration::from_secs(15);

/// One system, to be read.
#[derive(Clone, Copy)]
pub(crate) struct Reader<'a> {
    pub(crate) world: &'a dyn World,
    pub(crate) system: &'a SystemName,
    pub(crate) source: &'a dyn Source,
}

/// All pages of a view.
#[derive(Default)]
pub(crate) struct Listing {
    pub(crate) records: BTreeMap<RemoteId, Record>,
    pub(crate) troubles: Vec<SourceTrouble>,
}

/// Records that were asked for by id: what each id is now.
#[derive(Default)]
pub(crate) struct Named {
    /// By the id they have now.
    pub(crate) records: BTreeMap<RemoteId, Record>,
    /// What became of ids that answered under another one.
    pub(crate) became: BTreeMap<RemoteId, RemoteId>,
    /// The ids of which the system says that there is no such record.
    pub(crate) missing: BTreeSet<RemoteId>,
}

impl Reader<'_> {
    /// Asks who we are there; a requirement that is not met ends the verification.
    pub(crate) async fn inspect(&self) -> Result<Inspection, Unproven> {
        let mut tries = 1;
        let inspection = loop {
            match self.source.inspect().await {
                Ok(inspection) => break inspection,
                Err(fault) => self.wait(&mut tries, fault).await?,
            }
        };
        match inspection.problems.first() {
            Some(what) => Err(Unproven::Unfit { system: self.system.clone(), what: what.clone() }),
            None => Ok(inspection),
        }
    }

    /// Reads a view to its end.
    pub(crate) async fn whole(&self, view: &View, columns: &[String]) -> Result<Listing, Unproven> {
        self.stage("list");
        let (mut listing, mut cursors) = (Listing::default(), BTreeSet::new());
        let mut cursor = None;
        loop {
            let page = self.page(view.clone(), Reach::All(cursor), columns).await?;
            if page.coverage != Coverage::Whole {
                return Err(self.unreadable("it did not list all of its records"));
            }
            listing.records.extend(page.records.into_iter().map(|record| (record.id.clone(), record)));
            listing.troubles.extend(page.troubles);
            let Some(next) = page.next else { return Ok(listing) };
            if !cursors.insert(next.clone()) {
                return Err(self.unreadable("its pages lead back to one that was read already"));
            }
            cursor = Some(next);
        }
    }

    /// Reads records by their ids; each is found, or said not to be there by the system itself.
    pub(crate) async fn named(
        &self,
        ids: &BTreeSet<RemoteId>,
        columns: &[String],
    ) -> Result<Named, Unproven> {
        self.stage("verify");
        let all: Vec<RemoteId> = ids.iter().cloned().collect();
        let mut named = Named::default();
        for chunk in all.chunks(self.source.card().batch.read.max(1)) {
            let page = self.page(View::All, Reach::Ids(chunk.to_vec()), columns).await?;
            named.take(page);
        }
        match all.iter().find(|id| named.now(id).is_none() && !named.missing.contains(*id)) {
            Some(id) => {
                Err(self.unreadable(&format!("it was asked for {id} and did not say what became of it")))
            }
            None => Ok(named),
        }
    }

    async fn page(&self, view: View, reach: Reach, columns: &[String]) -> Result<Page, Unproven> {
        let ask = Ask { view, reach, columns: columns.to_vec(), history: false };
        let mut tries = 1;
        loop {
            if self.world.stopping() {
                return Err(Unproven::Stopped);
            }
            match self.source.read(ask.clone()).await {
                Ok(page) => {
                    self.world.log(LogEvent::Step(page.records.len() as u64));
                    return Ok(page);
                }
                Err(fault) => self.wait(&mut tries, fault).await?,
            }
        }
    }

    /// Waits for a system that names a short time; any other fault ends the verification.
    async fn wait(&self, tries: &mut usize, fault: Fault) -> Result<(), Unproven> {
        match &fault {
            Fault::Busy { retry_after: Some(time), .. }
                if *time <= LONGEST && *tries < TRIES && !self.world.stopping() =>
            {
                *tries += 1;
                self.world.sleep(*time).await;
                Ok(())
            }
            _ => Err(Unproven::Unreadable { system: self.system.clone(), fault }),
        }
    }

    fn unreadable(&self, what: &str) -> Unproven {
        let fault = Fault::Unreadable(what.to_owned());
        Unproven::Unreadable { system: self.system.clone(), fault }
    }

    fn stage(&self, what: &str) {
        self.world.log(LogEvent::Stage { name: format!("{what} {}", self.system), steps: None });
    }
}

impl Named {
    fn take(&mut self, page: Page) {
        self.missing.extend(page.missing);
        for record in page.records {
            if let Some(asked) = record.asked.clone().filter(|asked| *asked != record.id) {
                self.became.insert(asked, record.id.clone());
            }
            self.records.insert(record.id.clone(), record);
        }
    }

    /// The record that an id stands for now.
    pub(crate) fn now(&self, id: &RemoteId) -> Option<&Record> {
        self.records.get(self.became.get(id).unwrap_or(id))
    }
}
