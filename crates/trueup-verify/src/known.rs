//! What the engine has told already: open items of memory, and what the last run left alone and why.

mod field;

use std::collections::BTreeMap;

use trueup_core::{
    link::Link,
    memory::{Choice, Decision, FieldKey, LinkKey, Memory},
    name::{ClassId, EntityKey, FieldName, RemoteId, SystemName},
    plan::{Finding, FindingKey, FindingKind, Plan, Reason},
    setup::{Setup, Trigger},
};
use trueup_ports::{Store, StoreError};

use crate::{Listing, account::RUNS};

/// Reasons of a plan that say why an entity has no record, or that its record is not looked at.
const WITHOUT_RECORD: [&str; 3] = ["waiting", "held_after_undo", "not_looked_at"];
/// The reason of a plan for a record that has nothing of ours; it says nothing of one that has.
const NOBODYS: &str = "no_entity";

/// What the engine has told already.
pub(crate) struct Known<'a> {
    setup: &'a Setup,
    pub(crate) memory: &'a Memory,
    /// The plan of the last run that looked at everything.
    last: Option<Plan>,
    /// What people accepted, as it was shown to them, as far as a kept plan shows it.
    accepted: BTreeMap<FindingKey, Finding>,
}

impl<'a> Known<'a> {
    pub(crate) async fn of(
        setup: &'a Setup,
        memory: &'a Memory,
        store: &dyn Store,
    ) -> Result<Self, StoreError> {
        let beats = store.beats(setup.pipeline(), RUNS).await?;
        // A plan that takes something back looks at its own records only.
        let mut whole = beats.iter().filter(|beat| beat.command != "undo");
        let last = match whole.find_map(|beat| beat.plan.as_deref()) {
            Some(id) => store.plan(setup.pipeline(), id).await?,
            None => None,
        };
        let accepted = accepted(setup, memory, store).await?;
        Ok(Self { setup, memory, last, accepted })
    }

    pub(crate) const fn last(&self) -> Option<&Plan> {
        self.last.as_ref()
    }

    /// Whether bases mean anything: they were made under this very configuration.
    pub(crate) fn bases_count(&self) -> bool {
        self.memory.config_hash.as_deref() == Some(self.setup.config_hash())
    }

    /// The link rows of a system.
    pub(crate) fn links(&self, system: &SystemName) -> Vec<&'a Link> {
        self.memory.links.values().filter(|link| link.system == *system).collect()
    }

    /// An open finding with this subject, or a person's word about one.
    pub(crate) fn told(&self, system: &SystemName, subject: &str) -> Option<Listing> {
        let about = |key: &FindingKey| key.system == *system && key.subject == subject;
        if self.memory.findings.keys().any(about) {
            return Some(Listing::Finding);
        }
        let accepted = |(key, row): (&FindingKey, &Decision)| about(key) && row.choice == Choice::Accept;
        self.memory.decisions.iter().any(accepted).then_some(Listing::Decided)
    }

    /// Whether a write to the entity's record may still land, or may have landed before the record was away and waits to
    /// be judged.
    pub(crate) fn is_pending(&self, system: &SystemName, entity: &EntityKey) -> bool {
        let woken = self.memory.links.values().filter_map(Link::woken);
        let mut open = self.memory.intents.values().chain(woken);
        open.any(|intent| intent.system() == system && intent.entity() == entity)
    }

    /// Whether a person said that the record is not the entity's.
    pub(crate) fn is_cut(&self, system: &SystemName, entity: &EntityKey, remote: &RemoteId) -> bool {
        self.memory.decisions.iter().any(|(key, decision)| {
            key.system == *system
                && key.subject == entity.as_str()
                && self.is(&key.class, &Trigger::Stranger)
                && decision.choice == Choice::Exclude
                && decision.remotes.contains(remote)
        })
    }

    /// An open finding about a record as a whole: whose it is, or that it is left alone.
    pub(crate) fn record(&self, system: &SystemName, remote: &RemoteId) -> Option<Listing> {
        let whole = |found: &Finding| found.kind == FindingKind::Finding && self.is_whole(&found.key);
        let mut open = self.open(system).filter(|found| found.remotes.contains(remote));
        open.any(whole).then_some(Listing::Finding)
    }

    /// A person's word about a record as a whole. Words stay when what they were about is long over, so one
    /// about a record of the scope counts only if the last run left the record alone.
    pub(crate) fn decided(&self, system: &SystemName, remote: &RemoteId) -> Option<Listing> {
        let decided = |(key, row): (&FindingKey, &Decision)| {
            key.system == *system
                && self.is_whole(key)
                && row.remotes.contains(remote)
                && row.choice != Choice::Choose(remote.clone())
        };
        self.memory.decisions.iter().any(decided).then_some(Listing::Decided)
    }

    /// Whether the last run left a record of the scope alone although it has something of ours.
    pub(crate) fn is_excluded(&self, remote: &RemoteId) -> bool {
        self.reasons().any(|reason| reason.subject == remote.as_str() && reason.sort != NOBODYS)
    }

    /// Whether one finding is about all of these records and this token.
    pub(crate) fn shares(
        &self,
        system: &SystemName,
        subject: &str,
        remotes: &[&RemoteId],
    ) -> Option<Listing> {
        let all = |named: &[RemoteId]| remotes.iter().all(|remote| named.contains(remote));
        if self.open(system).any(|found| found.key.subject == subject && all(&found.remotes)) {
            return Some(Listing::Finding);
        }
        let decided = |(key, row): (&FindingKey, &Decision)| {
            key.system == *system && key.subject == subject && all(&row.remotes)
        };
        self.memory.decisions.iter().any(decided).then_some(Listing::Decided)
    }

    /// Why the last run left a record without a link alone: only a reason that names the token it carries.
    pub(crate) fn left_alone(&self, remote: &RemoteId, tokens: &[EntityKey]) -> Option<Listing> {
        let names = |reason: &&Reason| tokens.iter().any(|token| reason.what.contains(token.as_str()));
        let mut own =
            self.reasons().filter(|reason| reason.subject == remote.as_str() && reason.sort != NOBODYS);
        own.any(|reason| names(&reason)).then_some(Listing::Excluded)
    }

    /// Why an entity has no record there, or the record no entity; a person's word counts if it was about that.
    pub(crate) fn entity(
        &self,
        system: &SystemName,
        entity: &EntityKey,
        about_that: &[Trigger],
    ) -> Option<Listing> {
        let key = FieldKey {
            link: LinkKey { system: system.clone(), entity: entity.clone() },
            field: FieldName::new(""),
        };
        let about = |found: &&Finding| found.entity.as_ref() == Some(entity);
        let whole =
            |found: &Finding| self.is_whole(&found.key) || self.is(&found.key.class, &Trigger::Missing);
        let accepted = |(key, row): (&FindingKey, &Decision)| {
            key.system == *system
                && key.subject == entity.as_str()
                && row.choice == Choice::Accept
                && about_that.iter().any(|trigger| self.is(&key.class, trigger))
        };
        let noted = |reason: &Reason| {
            reason.subject == entity.as_str() && WITHOUT_RECORD.contains(&reason.sort.as_str())
        };
        match () {
            () if self.is_pending(system, entity) => Some(Listing::Pending),
            () if self.memory.parked.contains_key(&key) => Some(Listing::Parked),
            () if self.memory.holds.contains_key(&key) => Some(Listing::Hold),
            () if self.open(system).filter(about).any(|found| found.kind == FindingKind::Held) => {
                Some(Listing::Held)
            }
            () if self.open(system).filter(about).any(whole) => Some(Listing::Finding),
            () if self.memory.decisions.iter().any(accepted) => Some(Listing::Decided),
            () if self.reasons().any(noted) => Some(Listing::Excluded),
            () => None,
        }
    }

    fn open(&self, system: &SystemName) -> impl Iterator<Item = &'a Finding> {
        let open = self.memory.findings.values().map(|opened| &opened.item);
        let (system, canonical) = (system.clone(), self.setup.canonical().system.clone());
        open.filter(move |found| found.key.system == system || found.key.system == canonical)
    }

    fn reasons(&self) -> impl Iterator<Item = &Reason> {
        self.last.iter().flat_map(|plan| &plan.report.notes)
    }

    fn is(&self, class: &ClassId, trigger: &Trigger) -> bool {
        self.setup.class(class).is_some_and(|class| class.trigger.is_like(trigger))
    }

    /// Whether a finding leaves its records alone as a whole, and is not about some of their fields.
    fn is_whole(&self, key: &FindingKey) -> bool {
        let field =
            key.subject.rsplit_once('.').is_some_and(|(_, name)| self.setup.field_named(name).is_some());
        match self.setup.class(&key.class).map(|class| &class.trigger) {
            Some(
                Trigger::Gone
                | Trigger::SharedToken
                | Trigger::Unclaimed
                | Trigger::Ambiguous
                | Trigger::KeyChanged
                | Trigger::Deleted,
            ) => true,
            Some(_) => false,
            None => key.class.as_str() == "finding" && !field,
        }
    }
}

/// What people accepted, as a kept plan shows it.
async fn accepted(
    setup: &Setup,
    memory: &Memory,
    store: &dyn Store,
) -> Result<BTreeMap<FindingKey, Finding>, StoreError> {
    let accepts = |(_, row): &(&FindingKey, &Decision)| row.choice == Choice::Accept;
    let mut sought: BTreeMap<&FindingKey, &Decision> = memory.decisions.iter().filter(accepts).collect();
    let mut shown = BTreeMap::new();
    for id in store.plans(setup.pipeline(), RUNS).await? {
        if sought.is_empty() {
            break;
        }
        let Some(plan) = store.plan(setup.pipeline(), &id).await? else { continue };
        for found in plan.findings {
            let about = sought.get(&found.key).map(|row| row.about);
            if about.is_some_and(|about| about.is_some() && about == memory.about(&found)) {
                sought.remove(&found.key);
                shown.insert(found.key.clone(), found);
            }
        }
    }
    Ok(shown)
}
