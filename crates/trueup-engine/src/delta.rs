//! A cycle over what changed: cursors and hints say who, and everything about them is read directly.
//!
//! Hints only choose what is looked at. Whatever cannot be told by looking at single records (a record that nobody
//! is linked to where tokens or addresses decide, a cursor that is too old, too many hints) is left to a whole cycle.

use std::collections::{BTreeMap, BTreeSet};

use trueup_core::{
    hint::TouchKey,
    link::Link,
    memory::Memory,
    name::{EntityKey, ExtId, RemoteId, SystemName},
    setup::MirrorSide,
    snapshot::{Coverage, Snapshot},
};
use trueup_ports::{Ask, Fault, Fence, LogEvent, Page, Reach, Source, StoreError, View};

use crate::{
    Account, Engine, Stop,
    count::Counts,
    cycle::Sight,
    facts::Warrant,
    gather::{self, Gathered},
    lease::Watch,
    patience::patiently,
};

/// Who may have changed.
#[derive(Debug, Default)]
struct Changed {
    /// Records by system.
    records: BTreeMap<SystemName, BTreeSet<RemoteId>>,
    /// The touches among them, as often as they were told.
    touches: BTreeMap<TouchKey, u64>,
    /// Where the next look begins.
    cursors: BTreeMap<SystemName, String>,
}

/// Whose records are looked at.
struct Focus {
    entities: BTreeSet<EntityKey>,
    records: BTreeMap<SystemName, BTreeSet<RemoteId>>,
}

impl Engine {
    /// A cycle over what changed since the last one, or a whole one where that cannot be told.
    ///
    /// # Errors
    /// [`StoreError`] only: then nothing could be recorded either.
    pub async fn delta(&self, warrant: Warrant) -> Result<Account, StoreError> {
        self.recorded("delta", async |account, fence| self.delta_cycle(warrant, account, fence).await).await
    }

    async fn delta_cycle(&self, warrant: Warrant, account: &mut Account, fence: &Fence) -> Result<(), Stop> {
        let before = self.requests();
        let result = self.delta_counted(warrant, account, fence, &before).await;
        account.requests = self.requests().since(&before).total();
        result
    }

    async fn delta_counted(
        &self,
        warrant: Warrant,
        account: &mut Account,
        fence: &Fence,
        before: &Counts,
    ) -> Result<(), Stop> {
        let memory = self.recovered(account, fence).await?;
        let sight = match self.changed(fence, &memory).await? {
            Some(changed) => self.look_at(&memory, before, fence, changed).await?,
            None => None,
        };
        let sight = if let Some(sight) = sight {
            sight
        } else {
            self.world.log(LogEvent::Say("what changed cannot be told alone; looking at everything".into()));
            self.look_under(&memory, before, Some(fence)).await?
        };
        self.carry_out(warrant, account, fence, (memory, sight)).await
    }

    /// Who changed, by cursors and hints; `None` when only a whole look can tell.
    async fn changed(&self, fence: &Fence, memory: &Memory) -> Result<Option<Changed>, Stop> {
        let mut changed = Changed::default();
        let now = self.store.now().await?;
        for (key, touch) in memory.touches.iter().filter(|(_, touch)| touch.is_due(now)) {
            let Some(remote) = key.remote.clone() else { return Ok(None) };
            changed.records.entry(key.system.clone()).or_default().insert(remote);
            changed.touches.insert(key.clone(), touch.told);
        }
        for (system, target) in self.targets() {
            if !target.card().delta {
                continue;
            }
            let Some(cursor) = memory.cursors.get(&system) else { return Ok(None) };
            match self.since(self.watch(Some(fence)), &system, target, cursor).await {
                Ok((ids, position)) => {
                    changed.records.entry(system.clone()).or_default().extend(ids);
                    changed.cursors.extend(position.map(|position| (system, position)));
                }
                Err(Stop::Fault { fault: Fault::Expired(_), .. }) => return Ok(None),
                Err(stop) => return Err(stop),
            }
        }
        // A source of truth that is only read is small and near: it is always read whole.
        let readable = self.setup.written_canonical().is_some() && self.systems.canonical.target().is_some();
        Ok(readable.then_some(changed))
    }

    /// The ids of the records of one system that changed since a cursor, and where the next look begins.
    async fn since(
        &self,
        watch: Watch<'_>,
        system: &SystemName,
        source: &dyn Source,
        cursor: &str,
    ) -> Result<(BTreeSet<RemoteId>, Option<String>), Stop> {
        watch.world.log(LogEvent::Stage { name: format!("changes {system}"), steps: None });
        let columns = self.setup.written(system).map(|side| side.side.columns.clone()).unwrap_or_default();
        let (mut ids, mut position, mut page) = (BTreeSet::new(), None, None);
        loop {
            let reach = Reach::Since { cursor: cursor.to_owned(), page: page.take() };
            let ask = Ask { view: View::All, reach, columns: columns.clone(), history: false };
            let answer: Page = patiently(watch.world, async || source.read(ask.clone()).await)
                .await
                .map_err(|fault| Stop::Fault { system: system.clone(), fault })?;
            watch.renew().await?;
            ids.extend(answer.records.into_iter().map(|record| record.id));
            ids.extend(answer.missing);
            // That of the first page: what changes while the pages are read comes again.
            position = position.or(answer.cursor);
            page = answer.next;
            if page.is_none() {
                return Ok((ids, position));
            }
        }
    }

    /// Reads everything about who changed, and plans; `None` when single records cannot tell whose they are.
    async fn look_at(
        &self,
        memory: &Memory,
        before: &Counts,
        fence: &Fence,
        changed: Changed,
    ) -> Result<Option<Sight>, Stop> {
        let focus = self.focus(memory, &changed);
        if !self.is_told_by_links(memory, &focus) {
            return Ok(None);
        }
        let watch = self.watch(Some(fence));
        let (Some(truth), Some(target)) = (self.setup.written_canonical(), self.systems.canonical.target())
        else {
            return Ok(None);
        };
        let ids = focus.entities.iter().map(|entity| RemoteId::new(entity.as_str())).collect();
        let mut canonical = self.near(watch, truth, target, memory, &ids).await?;
        canonical.cursor = changed.cursors.get(&truth.side.system).cloned();
        let known: BTreeSet<RemoteId> =
            memory.links.values().map(|link| RemoteId::new(link.entity.as_str())).collect();
        let news = self.lacks_a_copy(memory, &canonical);
        if self.may_be_a_survivor(watch, truth, target, memory, (&canonical, known, news)).await? {
            return Ok(None);
        }
        let mut mirrors = BTreeMap::new();
        for side in self.setup.mirrors() {
            let system = &side.side.system;
            let Some(target) = self.target(system) else { continue };
            let ids = focus.records.get(system).cloned().unwrap_or_default();
            let mut gathered = self.near(watch, side, target, memory, &ids).await?;
            let own = memory.links.values().filter(|link| link.system == *system);
            let known: BTreeSet<RemoteId> = own.map(|link| link.remote.clone()).collect();
            let news = gathered.snapshot.records.iter().any(|record| !known.contains(&record.id));
            if self.may_be_a_survivor(watch, side, target, memory, (&gathered, known, news)).await? {
                return Ok(None);
            }
            self.adopt(watch, side, target, &mut gathered, (memory, &focus)).await?;
            if is_anothers(memory, &focus, system, &gathered) {
                return Ok(None);
            }
            gathered.cursor = changed.cursors.get(system).cloned();
            mirrors.insert(system.clone(), gathered);
        }
        let drafted = self.draft(memory, &canonical, &mirrors, before).await?;
        let reconciled = self.gathered(drafted, before);
        let (touches, focus) = (changed.touches, Some(focus.entities));
        Ok(Some(Sight { canonical, mirrors, reconciled, touches, focus }))
    }

    /// Whether some record of the source of truth has no copy in some mirror: it may be made there.
    fn lacks_a_copy(&self, memory: &Memory, canonical: &Gathered) -> bool {
        let copies: BTreeSet<(&SystemName, &str)> =
            memory.links.values().map(|link| (&link.system, link.entity.as_str())).collect();
        let mut records = canonical.snapshot.records.iter();
        records.any(|record| {
            let mut systems = self.setup.mirrors().iter().map(|side| &side.side.system);
            systems.any(|system| !copies.contains(&(system, record.id.as_str())))
        })
    }

    /// Whether something here is what known records became, or may be: a record that nobody knows is not made elsewhere
    /// beside the copies that it had. Only the ids of the known can tell, and they are asked for only when there is
    /// such a record.
    async fn may_be_a_survivor(
        &self,
        watch: Watch<'_>,
        side: &MirrorSide,
        source: &dyn Source,
        memory: &Memory,
        (seen, known, news): (&Gathered, BTreeSet<RemoteId>, bool),
    ) -> Result<bool, Stop> {
        // What became one while it was read may be there twice, also where nobody knew it before.
        let mut merged = seen.snapshot.aliases.iter();
        if !seen.merged(memory).is_empty()
            || merged.any(|(was, now)| known.contains(was) || !known.contains(now))
        {
            return Ok(true);
        }
        if !(news && source.card().merges) {
            return Ok(false);
        }
        let all = self.near(watch, side, source, memory, &known).await?.snapshot;
        Ok(!all.aliases.is_empty() || !all.silent.is_empty())
    }

    /// The entities concerned, with all their records.
    fn focus(&self, memory: &Memory, changed: &Changed) -> Focus {
        let truth = &self.setup.canonical().system;
        let none = BTreeSet::new();
        let told = changed.records.get(truth).unwrap_or(&none);
        let mut entities: BTreeSet<EntityKey> = told.iter().map(|id| EntityKey::new(id.as_str())).collect();
        let touched = |link: &&Link| {
            let ids = changed.records.get(&link.system).unwrap_or(&none);
            ids.iter().any(|id| link.is_to(id))
        };
        entities.extend(memory.links.values().filter(touched).map(|link| link.entity.clone()));
        let mut records = changed.records.clone();
        for link in memory.links.values().filter(|link| entities.contains(&link.entity)) {
            records.entry(link.system.clone()).or_default().insert(link.remote.clone());
        }
        Focus { entities, records }
    }

    /// Whether link rows and external ids tell whose every record is. Where tokens or addresses may tell otherwise,
    /// a stranger can only be judged beside all others.
    fn is_told_by_links(&self, memory: &Memory, focus: &Focus) -> bool {
        self.setup.mirrors().iter().all(|side| {
            let system = &side.side.system;
            let linked = |entity: &EntityKey| {
                memory.links.values().any(|link| link.system == *system && link.entity == *entity)
            };
            let known =
                |id: &RemoteId| memory.links.values().any(|link| link.system == *system && link.is_to(id));
            let records = focus.records.get(system);
            let all_known = records.is_none_or(|ids| ids.iter().all(known));
            self.is_matched_by_ext_id_alone(side) && (side.feeds || all_known)
                || all_known && focus.entities.iter().all(linked)
        })
    }

    fn is_matched_by_ext_id_alone(&self, side: &MirrorSide) -> bool {
        let identity = side.side.bindings.iter().any(|binding| self.setup.field(binding.field).identity);
        side.token.is_none() && side.scope.is_none() && !identity && side.ext_id_column.is_some()
    }

    /// Reads named records of one system, and nothing else of it.
    async fn near(
        &self,
        watch: Watch<'_>,
        side: &MirrorSide,
        source: &dyn Source,
        memory: &Memory,
        ids: &BTreeSet<RemoteId>,
    ) -> Result<Gathered, Stop> {
        let system = &side.side.system;
        let inspection = gather::recognise(watch.world, system, source, memory).await?;
        let mut snapshot = Snapshot::new(system.clone(), Vec::new());
        snapshot.coverage = Coverage::Since;
        let mut gathered =
            Gathered { inspection, snapshot, foreign: Vec::new(), direct: BTreeSet::new(), cursor: None };
        gathered.read_directly(watch, side, source, ids).await?;
        Ok(gathered)
    }

    /// Looks for records that earlier creates of ours made for entities without a link.
    async fn adopt(
        &self,
        watch: Watch<'_>,
        side: &MirrorSide,
        source: &dyn Source,
        gathered: &mut Gathered,
        (memory, focus): (&Memory, &Focus),
    ) -> Result<(), Stop> {
        let (Some(column), system) = (side.ext_id_column.clone(), &side.side.system) else { return Ok(()) };
        let linked =
            |entity: &&EntityKey| !memory.links.values().any(|l| l.system == *system && l.entity == **entity);
        let tenant = gathered.inspection.tenant.clone();
        let text = |entity: &EntityKey| ExtId::derive(&tenant, self.setup.entity(), entity).to_string();
        let texts: Vec<String> = focus.entities.iter().filter(linked).map(text).collect();
        for chunk in texts.chunks(source.card().batch.read.max(1)) {
            let ask = Ask {
                view: View::All,
                reach: Reach::Unique { column: column.clone(), texts: chunk.to_vec() },
                columns: side.side.columns.clone(),
                history: false,
            };
            let page = patiently(watch.world, async || source.read(ask.clone()).await)
                .await
                .map_err(|fault| Stop::Fault { system: system.clone(), fault })?;
            watch.renew().await?;
            gathered.add(page, side);
        }
        Ok(())
    }
}

/// Whether a record that an earlier create made is by now that of an entity that is not looked at: people made it one
/// with that one's.
fn is_anothers(memory: &Memory, focus: &Focus, system: &SystemName, gathered: &Gathered) -> bool {
    let found: BTreeSet<&RemoteId> = gathered.snapshot.records.iter().map(|record| &record.id).collect();
    let mut others =
        memory.links.values().filter(|link| link.system == *system && !focus.entities.contains(&link.entity));
    others.any(|link| link.aliases.iter().chain([&link.remote]).any(|id| found.contains(id)))
}
