//! Taking a run, a record, a field or a time window back.

use std::collections::{BTreeMap, BTreeSet};

use trueup_core::{
    journal::Entry,
    memory::{LinkKey, Memory},
    name::{RemoteId, SystemName},
    plan::{Change, Plan, cost},
    record::Record,
    undo::{concerned, undo},
};
use trueup_ports::{Ask, JournalAsk, Reach, Target, View};

use crate::{Engine, Planned, Stop, cycle::Sight, facts::Warrant};

/// Whose record is read under which id.
type Ids = BTreeMap<RemoteId, LinkKey>;

impl Engine {
    /// Makes the plan that takes journal entries back; writes nothing. Applied like any other plan.
    ///
    /// # Errors
    /// [`Stop`] when a system cannot be read or memory fails.
    pub async fn plan_undo(&self, ask: JournalAsk) -> Result<Planned, Stop> {
        let memory = self.store.memory(self.setup.pipeline()).await?;
        let entries = self.store.journal(self.setup.pipeline(), ask).await?;
        let fresh = self.fresh(&memory, &entries).await?;
        let mut plan = undo(&self.setup, &memory, &entries, &fresh);
        let sight = self.look_since(&memory, &self.requests()).await?;
        self.label(&mut plan, &sight);
        self.price(&mut plan);
        let verdict = self.review(&sight, &plan, &memory, Warrant::default()).await?;
        self.note(vec![trueup_core::memory::Note::Plan(Box::new(plan.clone()))]).await?;
        Ok(Planned { plan, verdict })
    }

    /// Says how people call the records, as far as the source still knows them.
    fn label(&self, plan: &mut Plan, sight: &Sight) {
        let ours: BTreeMap<&str, &Record> =
            sight.canonical.snapshot.records.iter().map(|record| (record.id.as_str(), record)).collect();
        for change in &mut plan.changes {
            let label = ours.get(change.entity.as_str()).map(|record| self.setup.label(record));
            change.label = label.unwrap_or_default();
        }
    }

    fn price(&self, plan: &mut Plan) {
        for (system, target) in self.targets() {
            let changes: Vec<&Change> =
                plan.changes.iter().filter(|change| change.system == system).collect();
            let cost = cost(target.card(), self.setup.caps().canary, &changes);
            plan.report.cost.insert(system.clone(), cost);
        }
        *plan = plan.clone().named();
    }

    /// Reads the records concerned by id, as they are now, and beside one that people made of several those of others
    /// that became it too.
    async fn fresh(&self, memory: &Memory, entries: &[Entry]) -> Result<BTreeMap<LinkKey, Record>, Stop> {
        let mut ids: BTreeMap<SystemName, Ids> = BTreeMap::new();
        for key in concerned(entries) {
            if let Some(link) = memory.links.get(&key) {
                ids.entry(key.system.clone()).or_default().insert(link.remote.clone(), key);
            }
        }
        let mut fresh = BTreeMap::new();
        for (system, keys) in ids {
            let Some(target) = self.target(&system) else { continue };
            let mut found = self.read(&system, target, &keys).await?;
            found.extend(self.sharers(&system, target, memory, &found).await?);
            fresh.extend(found);
        }
        Ok(fresh)
    }

    /// What else became the records that are called otherwise than when they were linked. No link says so yet, so only
    /// the ids of all that are linked can tell; they are asked for only when there is such a record.
    async fn sharers(
        &self,
        system: &SystemName,
        target: &dyn Target,
        memory: &Memory,
        found: &[(LinkKey, Record)],
    ) -> Result<Vec<(LinkKey, Record)>, Stop> {
        let merged = found.iter().filter(|(_, record)| record.asked.is_some());
        let merged: BTreeSet<&RemoteId> = merged.map(|(_, record)| &record.id).collect();
        if merged.is_empty() {
            return Ok(Vec::new());
        }
        let mut others = self.linked(system, memory);
        let known: BTreeSet<&LinkKey> = found.iter().map(|(key, _)| key).collect();
        others.retain(|_, other| !known.contains(other));
        let mut others = self.read(system, target, &others).await?;
        others.retain(|(_, record)| merged.contains(&record.id));
        Ok(others)
    }

    /// The ids of all records of a system that are linked. The source of truth calls an entity's record by its key.
    fn linked(&self, system: &SystemName, memory: &Memory) -> Ids {
        let truth = self.setup.is_canonical(system);
        let own = memory.links.values().filter(|link| truth || link.system == *system);
        own.map(|link| {
            let id = if truth { RemoteId::new(link.entity.as_str()) } else { link.remote.clone() };
            (id, LinkKey { system: system.clone(), entity: link.entity.clone() })
        })
        .collect()
    }

    async fn read(
        &self,
        system: &SystemName,
        target: &dyn Target,
        keys: &Ids,
    ) -> Result<Vec<(LinkKey, Record)>, Stop> {
        let columns = self.setup.written(system).map(|side| side.side.columns.clone()).unwrap_or_default();
        let ids: Vec<RemoteId> = keys.keys().cloned().collect();
        let mut found = Vec::new();
        for chunk in ids.chunks(target.card().batch.read.max(1)) {
            let ask = Ask {
                view: View::All,
                reach: Reach::Ids(chunk.to_vec()),
                columns: columns.clone(),
                history: false,
            };
            let page =
                target.read(ask).await.map_err(|fault| Stop::Fault { system: system.clone(), fault })?;
            let own = |record: Record| {
                let asked = record.asked.as_ref().unwrap_or(&record.id);
                Some((keys.get(asked)?.clone(), record))
            };
            found.extend(page.records.into_iter().filter_map(own));
        }
        Ok(found)
    }
}
