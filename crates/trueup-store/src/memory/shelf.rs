//! What one pipeline keeps in a [`MemoryStore`](super::MemoryStore).

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use trueup_core::{
    create::Create,
    journal::{Draft, Entry, Sealed},
    link::{Link, LinkState},
    memory::{Approval, Beat, Memory, Note},
    name::{CreateKey, EntityKey, RemoteId, SystemName},
    plan::Plan,
};
use trueup_ports::{Fence, JournalAsk, Lane, StoreError};

use crate::{
    Host, PLANS_KEPT,
    admit::{Standing, admit, needs_standing, shared_record},
    lease::Lease,
};

#[derive(Debug)]
pub(super) struct Shelf {
    pub(super) memory: Memory,
    pub(super) lease: Option<Lease>,
    pub(super) create_leases: BTreeMap<CreateKey, Lease>,
    pub(super) beats: Vec<Beat>,
    pub(super) plans: Vec<Plan>,
    pub(super) approvals: Vec<Approval>,
    journal: Vec<Sealed>,
}

impl Shelf {
    pub(super) const fn new(memory: Memory) -> Self {
        Self {
            memory,
            lease: None,
            create_leases: BTreeMap::new(),
            beats: Vec::new(),
            plans: Vec::new(),
            approvals: Vec::new(),
            journal: Vec::new(),
        }
    }

    /// Everything that can refuse a commit comes first, so that nothing has to be taken back.
    pub(super) fn commit(
        &mut self,
        host: &Host,
        fence: Option<&Fence>,
        now: Timestamp,
        notes: Vec<Note>,
    ) -> Result<u64, StoreError> {
        let stands = |fence: &Fence| self.lease_of(&fence.lane).is_some_and(|lease| lease.stands(fence, now));
        if fence.is_some_and(|fence| !stands(fence)) {
            return Err(StoreError::Fenced);
        }
        if needs_standing(&notes) {
            admit(self.standing(&notes), fence, &notes)?;
        }
        self.refuse_shared_records(&notes)?;
        let sealed = self.sealed(host, &notes)?;
        self.memory.commit(&notes);
        self.journal.extend(sealed);
        for note in notes {
            self.keep(note);
        }
        Ok(self.memory.serial)
    }

    fn standing(&self, notes: &[Note]) -> Standing {
        let intents = self.memory.intents.iter();
        let intents = intents.map(|(id, intent)| (id.clone(), intent.link_key())).collect();
        let named = notes.iter().filter_map(Note::create).map(Create::link_key);
        let links = named.filter(|key| self.memory.links.contains_key(key)).collect();
        Standing { intents, creates: self.memory.creates.clone(), links }
    }

    fn lease_of(&self, lane: &Lane) -> Option<&Lease> {
        match lane {
            Lane::Cycle => self.lease.as_ref(),
            Lane::Create(key) => self.create_leases.get(key),
        }
    }

    pub(super) fn release(&mut self, fence: &Fence) {
        match &fence.lane {
            Lane::Cycle => self.lease = self.lease.take().map(|lease| lease.released(fence)),
            Lane::Create(key) => {
                if let Some(lease) = self.create_leases.get_mut(key) {
                    *lease = lease.clone().released(fence);
                }
            }
        }
    }

    fn refuse_shared_records(&self, notes: &[Note]) -> Result<(), StoreError> {
        let new: BTreeMap<_, &Link> =
            notes.iter().filter_map(Note::link).map(|link| (link.key(), link)).collect();
        if new.is_empty() {
            return Ok(());
        }
        let lives = |link: &&Link| link.state != LinkState::Tombstone;
        let mut owners: BTreeMap<(&SystemName, &RemoteId), BTreeSet<&EntityKey>> = BTreeMap::new();
        for link in new.values().copied().filter(lives) {
            owners.entry((&link.system, &link.remote)).or_default().insert(&link.entity);
        }
        // What is not linked anew was shared by nobody before.
        for (key, link) in self.memory.links.iter().filter(|(_, link)| lives(link)) {
            let sharers = owners.get_mut(&(&link.system, &link.remote));
            if let Some(sharers) = sharers.filter(|_| !new.contains_key(key)) {
                sharers.insert(&link.entity);
            }
        }
        match owners.iter().find(|(_, entities)| entities.len() > 1) {
            Some(((system, remote), entities)) => {
                let entities: Vec<String> = entities.iter().map(ToString::to_string).collect();
                Err(shared_record(system.as_str(), remote.as_str(), &entities))
            }
            None => Ok(()),
        }
    }

    // What [`Memory::commit`] and the journal leave to the store.
    fn keep(&mut self, note: Note) {
        match note {
            Note::Plan(plan) => self.keep_plan(*plan),
            Note::Beat(beat) => match self.beats.iter_mut().find(|old| old.run == beat.run) {
                Some(old) => *old = *beat,
                None => self.beats.push(*beat),
            },
            Note::Approve(approval) => self.approvals.push(approval),
            Note::Forget(key) => {
                self.create_leases.remove(&key);
            }
            _ => {}
        }
    }

    fn sealed(&self, host: &Host, notes: &[Note]) -> Result<Vec<Sealed>, StoreError> {
        let mut sealed: Vec<Sealed> = Vec::new();
        for draft in notes.iter().filter_map(as_draft) {
            let last = sealed.last().or(self.journal.last());
            let (seq, prev) =
                last.map_or((1, Entry::START), |last| (last.entry.seq + 1, last.entry.hash.as_str()));
            let next = Entry::seal(draft.clone(), seq, prev, host.salt());
            sealed.push(next.map_err(|error| StoreError::Broken(error.to_string()))?);
        }
        Ok(sealed)
    }

    fn keep_plan(&mut self, plan: Plan) {
        self.plans.retain(|old| old.id != plan.id);
        self.plans.push(plan);
        let old = self.plans.len().saturating_sub(PLANS_KEPT);
        let needed = self.needed_plans();
        let mut at = 0..;
        self.plans.retain(|plan| at.next().is_none_or(|at| at >= old) || needed.contains(&plan.id));
    }

    /// Plans that the newest runs applied, that runs with open intents applied, and approved ones.
    fn needed_plans(&self) -> BTreeSet<String> {
        let newest = self.beats.iter().rev().filter_map(|beat| beat.plan.clone()).take(PLANS_KEPT);
        let open = |beat: &&Beat| self.memory.intents.values().any(|intent| intent.run == beat.run);
        let unfinished = self.beats.iter().filter(open).filter_map(|beat| beat.plan.clone());
        let approved = self.approvals.iter().map(|approval| approval.plan.clone());
        newest.chain(unfinished).chain(approved).collect()
    }

    pub(super) fn plan(&self, prefix: &str) -> Option<Plan> {
        let mut found = self.plans.iter().filter(|plan| plan.id.starts_with(prefix));
        let plan = found.next()?;
        found.next().is_none().then(|| plan.clone())
    }

    pub(super) fn entries(&self, ask: &JournalAsk) -> Vec<Entry> {
        let newest =
            self.journal.iter().rev().map(|sealed| &sealed.entry).filter(|entry| wanted(ask, &entry.draft));
        let mut entries: Vec<Entry> = newest.take(ask.limit.unwrap_or(usize::MAX)).cloned().collect();
        entries.reverse();
        entries
    }

    pub(super) fn verify(&self) -> Result<u64, StoreError> {
        let mut prev = Entry::START;
        for Sealed { entry, salt } in &self.journal {
            if !entry.follows(prev) || !entry.opens(salt) {
                return Err(StoreError::Broken(format!("journal entry {} was changed", entry.seq)));
            }
            prev = &entry.hash;
        }
        Ok(self.journal.last().map_or(0, |last| last.entry.seq))
    }
}

fn as_draft(note: &Note) -> Option<&Draft> {
    match note {
        Note::Journal(draft) => Some(draft),
        _ => None,
    }
}

fn wanted(ask: &JournalAsk, draft: &Draft) -> bool {
    ask.run.as_ref().is_none_or(|run| *run == draft.run)
        && ask.entity.as_ref().is_none_or(|entity| *entity == draft.entity)
        && ask.field.as_ref().is_none_or(|field| draft.field.as_ref() == Some(field))
        && ask.since.is_none_or(|since| draft.at >= since)
}
