//! Reads the systems, and says how much of each was seen.

use std::collections::{BTreeMap, BTreeSet};

use trueup_core::{
    guard::Rule,
    link::{Link, LinkState},
    memory::Memory,
    name::{RemoteId, SystemName},
    planted::{self, Defect},
    record::Record,
    setup::{MirrorSide, Setup},
    snapshot::{Coverage, Snapshot},
};
use trueup_ports::{Ask, Fault, Inspection, LogEvent, Outside, Page, Reach, Sought, Source, View, World};

use crate::{Stop, lease::Watch, patience::patiently};

/// One system as a cycle found it.
#[derive(Debug)]
pub struct Gathered {
    /// What it says about itself.
    pub inspection: Inspection,
    /// What it holds.
    pub snapshot: Snapshot,
    /// Records that the scoped listing gave although they are outside the scope.
    pub foreign: Vec<RemoteId>,
    /// Ids that were read directly in this cycle: nothing is fresher.
    pub direct: BTreeSet<RemoteId>,
    /// Where the next look at changes begins, if the system can be asked for them.
    pub cursor: Option<String>,
}

/// Reads the whole canonical side.
///
/// # Errors
/// [`Stop::Fault`] when it cannot be read; then the cycle has nothing to say. [`Stop::Tenant`] when it is written
/// and is not the account it was.
pub async fn canonical(
    watch: Watch<'_>,
    setup: &Setup,
    source: &dyn Source,
    memory: &Memory,
) -> Result<Gathered, Stop> {
    let system = &setup.canonical().system;
    // What is only read may be moved to another place; what is written must be the account it was.
    let inspection = match setup.written_canonical() {
        Some(_) => recognise(watch.world, system, source, memory).await?,
        None => inspect(watch.world, system, source).await?,
    };
    let listing = list(watch, system, source, &View::All, &setup.canonical().columns).await?;
    let cursor = listing.cursor;
    let mut snapshot = Snapshot::new(system.clone(), listing.records);
    snapshot.coverage = listing.coverage;
    snapshot.layout = listing.layout;
    snapshot.troubles = listing.troubles;
    Ok(Gathered { inspection, snapshot, foreign: Vec::new(), direct: BTreeSet::new(), cursor })
}

/// Reads one mirror: who we are there, every record of the scope, and the survey.
///
/// # Errors
/// [`Stop::Fault`] when any of it cannot be read, [`Stop::Unfit`] when a requirement is not met,
/// [`Stop::Tenant`] when it is not the account it was.
pub async fn mirror(
    watch: Watch<'_>,
    side: &MirrorSide,
    source: &dyn Source,
    memory: &Memory,
) -> Result<Gathered, Stop> {
    let system = &side.side.system;
    let inspection = recognise(watch.world, system, source, memory).await?;
    let listing = list(watch, system, source, &scope_view(side), &side.side.columns).await?;
    let cursor = listing.cursor;
    let (inside, foreign) = assert_scope(side, listing.records);
    let mut snapshot = Snapshot::new(system.clone(), inside);
    snapshot.coverage = listing.coverage;
    if let Some(view) = survey_view(side) {
        let survey = list(watch, system, source, &view, &side.side.columns).await?;
        snapshot.survey = survey.records;
        // A token that was not seen because the survey was cut short forbids a create as well.
        if survey.coverage != Coverage::Whole {
            snapshot.coverage = survey.coverage;
        }
    }
    Ok(Gathered { inspection, snapshot, foreign, direct: BTreeSet::new(), cursor })
}

/// Asks who we are in a system; nothing it says is believed unless that is who we were (I-29).
pub(crate) async fn recognise(
    world: &dyn World,
    system: &SystemName,
    source: &dyn Source,
    memory: &Memory,
) -> Result<Inspection, Stop> {
    let inspection = inspect(world, system, source).await?;
    match memory.tenants.get(system).filter(|pinned| **pinned != inspection.tenant) {
        Some(_) if planted::stands_behind(Rule::TenantChanged) => Ok(inspection),
        Some(pinned) => {
            let (system, pinned) = (system.clone(), pinned.clone());
            Err(Stop::Tenant { system, pinned, found: inspection.tenant })
        }
        None => Ok(inspection),
    }
}

async fn inspect(world: &dyn World, system: &SystemName, source: &dyn Source) -> Result<Inspection, Stop> {
    let inspection = patiently(world, async || source.inspect().await).await;
    let inspection = inspection.map_err(|fault| Stop::Fault { system: system.clone(), fault })?;
    match inspection.problems.first() {
        Some(what) => Err(Stop::Unfit { system: system.clone(), what: what.clone() }),
        None => Ok(inspection),
    }
}

fn scope_view(side: &MirrorSide) -> View {
    side.scope.as_ref().map_or(View::All, |scope| View::Equals {
        column: side.side.columns.get(scope.column).cloned().unwrap_or_default(),
        text: scope.equals.clone(),
    })
}

/// Records outside the scope that carry our token; only where there is both a scope and a token.
fn survey_view(side: &MirrorSide) -> Option<View> {
    let scope = side.scope.as_ref()?;
    let binding = side.side.binding(side.token?)?;
    let trueup_core::setup::Lens::Tokens { prefix } = &binding.lens else { return None };
    Some(View::Carrying {
        outside: Some(Outside {
            column: side.side.columns.get(scope.column)?.clone(),
            text: scope.equals.clone(),
        }),
        token: side.side.column(binding).to_owned(),
        sought: Sought { prefix: prefix.clone(), key: None },
    })
}

/// Layer two of the scope: what the filter let through is checked record by record.
fn assert_scope(side: &MirrorSide, records: Vec<Record>) -> (Vec<Record>, Vec<RemoteId>) {
    let Some(scope) = &side.scope else { return (records, Vec::new()) };
    let (inside, outside): (Vec<Record>, Vec<Record>) =
        records.into_iter().partition(|record| scope.holds(record));
    (inside, outside.into_iter().map(|record| record.id).collect())
}

async fn list(
    watch: Watch<'_>,
    system: &SystemName,
    source: &dyn Source,
    view: &View,
    columns: &[String],
) -> Result<Page, Stop> {
    let what = if matches!(view, View::Carrying { .. }) { "survey" } else { "read" };
    watch.world.log(LogEvent::Stage { name: format!("{what} {system}"), steps: None });
    let mut all = Page {
        records: Vec::new(),
        next: None,
        cursor: None,
        missing: Vec::new(),
        coverage: Coverage::Whole,
        layout: None,
        troubles: Vec::new(),
    };
    loop {
        let ask = Ask {
            view: view.clone(),
            reach: Reach::All(all.next.take()),
            columns: columns.to_vec(),
            history: false,
        };
        let page = patiently(watch.world, async || source.read(ask.clone()).await).await;
        let page = page.map_err(|fault| Stop::Fault { system: system.clone(), fault })?;
        watch.renew().await?;
        watch.world.log(LogEvent::Step(page.records.len() as u64));
        all.records.extend(page.records);
        // That of the first page: what changes while the others are read comes again.
        all.cursor = all.cursor.or(page.cursor);
        all.layout = page.layout.or(all.layout);
        all.troubles.extend(page.troubles);
        if page.coverage != Coverage::Whole {
            all.coverage = page.coverage;
        }
        all.next = page.next;
        if all.next.is_none() {
            return Ok(all);
        }
    }
}

impl Gathered {
    /// Ids that the listing leaves in doubt: linked records it lacks, rows older than what we ourselves read back last,
    /// and those that were put away, of which it may not know yet. Search is never proof.
    #[must_use]
    pub fn doubtful(&self, memory: &Memory) -> BTreeSet<RemoteId> {
        // Everything concerned was read directly, and the others are nobody's business here.
        if self.snapshot.coverage == Coverage::Since || planted::is(Defect::AbsenceIsDelete) {
            return BTreeSet::new();
        }
        let listed: BTreeMap<&RemoteId, &Record> =
            self.snapshot.records.iter().map(|record| (&record.id, record)).collect();
        let links = memory.links.values().filter(|link| link.system == self.snapshot.system);
        let doubt = |link: &&Link| match (link.state, listed.get(&link.remote)) {
            // What was given up to it is judged wherever it is back, also outside the scope.
            (LinkState::Tombstone, record) => record.is_some() || link.given_up.is_some(),
            (_, record) => record.is_none_or(|record| record.version < link.version),
        };
        links.filter(doubt).map(|link| link.remote.clone()).filter(|id| !self.direct.contains(id)).collect()
    }

    /// Links with a tombstone whose record is there: people brought it back.
    pub(crate) fn brought_back<'m>(&self, memory: &'m Memory) -> Vec<&'m Link> {
        let links = memory.links.values().filter(|link| link.system == self.snapshot.system);
        let buried = links.filter(|link| link.state == LinkState::Tombstone);
        let buried: Vec<(&RemoteId, &Link)> =
            buried.map(|link| (self.snapshot.now(&link.remote), link)).collect();
        let ids: BTreeSet<&RemoteId> = buried.iter().map(|(now, _)| *now).collect();
        let there = self.snapshot.records.iter().map(|record| &record.id).filter(|id| ids.contains(id));
        let there: BTreeSet<&RemoteId> = there.collect();
        buried.into_iter().filter(|(now, _)| there.contains(now)).map(|(_, link)| link).collect()
    }

    /// Ids of the source of truth that mirrors have a record of and the listing lacks: only a direct read can say that
    /// they are gone. `back` are the links whose record people brought back.
    #[must_use]
    pub fn lacking(&self, memory: &Memory, back: &[&Link]) -> BTreeSet<RemoteId> {
        let listed: BTreeSet<&str> = self.snapshot.records.iter().map(|record| record.id.as_str()).collect();
        let links = memory.links.values().filter(|link| link.state != LinkState::Tombstone);
        links
            .chain(back.iter().copied())
            .filter(|_| !planted::is(Defect::AbsenceIsDelete))
            .filter(|link| !listed.contains(link.entity.as_str()))
            .map(|link| RemoteId::new(link.entity.as_str()))
            .filter(|id| !self.direct.contains(id))
            .collect()
    }

    /// Records that were read under the id of a link and are called otherwise by now, as far as no link knows it yet:
    /// somebody made them one with others, which may be linked as well.
    pub(crate) fn merged(&self, memory: &Memory) -> BTreeSet<RemoteId> {
        let links = memory.links.values().filter(|link| link.system == self.snapshot.system);
        links.filter_map(|link| self.snapshot.aliases.get(&link.remote)).cloned().collect()
    }

    /// Reads records directly and lets what they say replace the listing's rows; says whether that is anything else
    /// than was known. What an answer does not mention is asked for once more; what is not mentioned then either is
    /// not asked for again.
    ///
    /// # Errors
    /// [`Stop::Fault`] when they cannot be read.
    pub async fn read_directly(
        &mut self,
        watch: Watch<'_>,
        side: &MirrorSide,
        source: &dyn Source,
        ids: &BTreeSet<RemoteId>,
    ) -> Result<bool, Stop> {
        let (silent, first) = self.ask(watch, side, source, ids).await?;
        let (silent, again) = self.ask(watch, side, source, &silent).await?;
        let was: BTreeSet<RemoteId> = self.snapshot.silent.extract_if(.., |id| ids.contains(id)).collect();
        let otherwise = first || again || was != silent;
        self.snapshot.silent.extend(silent);
        self.direct.extend(ids.iter().cloned());
        Ok(otherwise)
    }

    /// Reads records directly; gives the ids that no answer mentioned, and whether the others are otherwise than was
    /// known.
    async fn ask(
        &mut self,
        watch: Watch<'_>,
        side: &MirrorSide,
        source: &dyn Source,
        ids: &BTreeSet<RemoteId>,
    ) -> Result<(BTreeSet<RemoteId>, bool), Stop> {
        let (all, mut silent): (Vec<RemoteId>, _) = (ids.iter().cloned().collect(), ids.clone());
        let mut otherwise = false;
        for chunk in all.chunks(source.card().batch.read.max(1)) {
            let page = read_ids(side, source, chunk).await.map_err(|fault| self.fault(fault))?;
            watch.renew().await?;
            let told = page.records.iter().map(|record| record.asked.as_ref().unwrap_or(&record.id));
            for id in told.chain(&page.missing) {
                silent.remove(id);
            }
            otherwise |= self.replace(side, chunk, page);
        }
        Ok((silent, otherwise))
    }

    /// How many canonical records there are, as far as is known: a look at some, or a listing that broke off,
    /// does not count the others.
    pub(crate) fn count(&self, memory: &Memory) -> usize {
        let seen = self.snapshot.records.len();
        match self.snapshot.coverage {
            Coverage::Since | Coverage::Some => memory.canonical_count.unwrap_or(seen).max(seen),
            Coverage::Whole => seen,
        }
    }

    /// Takes in records that were found by a unique value.
    pub(crate) fn add(&mut self, page: Page, side: &MirrorSide) {
        self.replace(side, &[], page);
    }

    fn fault(&self, fault: Fault) -> Stop {
        Stop::Fault { system: self.snapshot.system.clone(), fault }
    }

    /// Lets what was read take the place of what was known; says whether it is anything else.
    fn replace(&mut self, side: &MirrorSide, asked: &[RemoteId], page: Page) -> bool {
        let read: BTreeSet<&RemoteId> =
            asked.iter().chain(page.records.iter().map(|record| &record.id)).collect();
        let before = self.take_out(&read);
        let mut now = Rows { missing: page.missing, ..Rows::default() };
        let mut renamed = false;
        for mut record in page.records {
            self.direct.insert(record.id.clone());
            if let Some(was) = record.asked.take() {
                renamed |= self.snapshot.aliases.insert(was, record.id.clone()).as_ref() != Some(&record.id);
            }
            let inside = side.scope.as_ref().is_none_or(|scope| scope.holds(&record));
            if inside { &mut now.records } else { &mut now.strays }.push(record);
        }
        for records in [&mut now.records, &mut now.strays] {
            // Several ids may have become one record: it is there once, and the aliases tell of them all.
            sort(records);
            records.dedup_by(|a, b| a.id == b.id);
        }
        let otherwise = renamed || now != before;
        self.put_in(now);
        otherwise
    }

    fn take_out(&mut self, ids: &BTreeSet<&RemoteId>) -> Rows {
        let Snapshot { records, strays, missing, .. } = &mut self.snapshot;
        let mut rows = Rows {
            records: records.extract_if(.., |record| ids.contains(&record.id)).collect(),
            strays: strays.extract_if(.., |record| ids.contains(&record.id)).collect(),
            missing: missing.extract_if(.., |id| ids.contains(id)).collect(),
        };
        sort(&mut rows.records);
        sort(&mut rows.strays);
        rows
    }

    fn put_in(&mut self, rows: Rows) {
        let Snapshot { records, strays, missing, .. } = &mut self.snapshot;
        records.extend(rows.records);
        strays.extend(rows.strays);
        missing.extend(rows.missing);
        sort(records);
        sort(strays);
    }
}

/// What is known of some ids.
#[derive(Default, PartialEq, Eq)]
struct Rows {
    records: Vec<Record>,
    strays: Vec<Record>,
    missing: Vec<RemoteId>,
}

fn sort(records: &mut [Record]) {
    records.sort_by(|a, b| a.id.cmp(&b.id));
}

async fn read_ids(side: &MirrorSide, source: &dyn Source, ids: &[RemoteId]) -> Result<Page, Fault> {
    let ask = Ask {
        view: View::All,
        reach: Reach::Ids(ids.to_vec()),
        columns: side.side.columns.clone(),
        history: false,
    };
    source.read(ask).await
}
