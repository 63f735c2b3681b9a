//! Makes the plan: links, compares, classifies, and says for everything left alone why.

mod create;
mod entity;
mod field;
mod gone;
mod origin;
mod state;
#[cfg(test)]
mod tests;

pub use create::{Lacking, creation};
use state::field_key;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::{
    Bucket, BySystem, FieldConflict, Finding, FindingKey, FindingKind, Held, MadeFrom, Plan, Reason, Report,
    cost, decided, together,
};
use crate::{
    card::Card,
    hint::TouchKey,
    link::{Canon, LinkState, Linked, link},
    memory::{Choice, FieldKey, LinkKey, Memory, Note},
    name::{ClassId, EntityKey, RemoteId, SystemName},
    plan::Change,
    planted::{self, Defect},
    setup::{Action, MirrorSide, Setup, Trigger},
    snapshot::{Coverage, Snapshot},
};

/// One mirror as a cycle saw it.
#[derive(Debug)]
pub struct MirrorView<'a> {
    /// Its part in the setup.
    pub side: &'a MirrorSide,
    /// What was seen.
    pub seen: &'a Snapshot,
    /// Its abilities, for the cost.
    pub card: &'a Card,
    /// The account we talk to.
    pub tenant: &'a str,
    /// Requests already made to see it.
    pub gathered: usize,
    /// When it was seen, by the store's clock: the one clock that all hosts share (I-26).
    pub at: Timestamp,
}

/// The source of truth as a cycle saw it.
#[derive(Clone, Copy, Debug)]
pub struct TruthView<'a> {
    /// What was seen.
    pub seen: &'a Snapshot,
    /// Its abilities, for the cost, where it is written; with the requests already made to see it.
    pub card: Option<(&'a Card, usize)>,
    /// The account we talk to.
    pub tenant: &'a str,
}

impl<'a> From<&'a Snapshot> for TruthView<'a> {
    /// A source of truth that is only read.
    fn from(seen: &'a Snapshot) -> Self {
        Self { seen, card: None, tenant: "" }
    }
}

/// A plan, and what may be remembered at once because both sides agree on it already.
#[derive(Debug)]
pub struct Reconciled {
    /// The plan; a draft has no id, so that nothing can be done with it.
    pub plan: Plan,
    /// Links and bases to remember, parked and held fields that ended. Nothing here is a write to a system.
    pub notes: Vec<Note>,
    /// Fields with an open conflict whose sides were compared, and in which this one is no side any more: they agree, or
    /// others contend. Their conflicts are over.
    pub rested: BTreeSet<FieldKey>,
    /// Records that were left alone for now: whatever changed of them is still to be looked at.
    pub again: BTreeSet<TouchKey>,
}

/// Makes the plan of one cycle.
#[must_use]
pub fn reconcile<'v>(
    setup: &Setup,
    memory: &Memory,
    canonical: impl Into<TruthView<'v>>,
    mirrors: &[MirrorView<'_>],
) -> Reconciled {
    let drafted = draft(setup, memory, canonical, mirrors);
    Reconciled { plan: drafted.plan.named(), ..drafted }
}

/// The same without an id, for whoever goes on reading and may plan anew: [`Plan::gathered`] gives it one.
#[must_use]
pub fn draft<'v>(
    setup: &Setup,
    memory: &Memory,
    canonical: impl Into<TruthView<'v>>,
    mirrors: &[MirrorView<'_>],
) -> Reconciled {
    let truth: TruthView<'v> = canonical.into();
    let sides: Vec<(&MirrorSide, &Snapshot)> = mirrors.iter().map(|view| (view.side, view.seen)).collect();
    let canon = Canon::new(setup, truth.seen).after(truth.tenant, &sides, memory);
    let mut builder = Builder::new(setup, memory, &canon, truth.tenant);
    builder.troubles(truth.seen);
    builder.silent(truth.seen);
    let link_one = |view: &MirrorView<'_>| link(setup, view.side, &canon, (view.seen, view.tenant), memory);
    let linked: Vec<Linked> = mirrors.iter().map(link_one).collect();
    for (view, linked) in mirrors.iter().zip(&linked) {
        builder.account_for(view, linked);
    }
    builder.entities(mirrors, &linked);
    builder.origins(mirrors, &linked);
    builder.gone(mirrors, &linked);
    for (view, linked) in mirrors.iter().zip(&linked) {
        builder.mirror(view, linked);
    }
    let seen: Vec<&Snapshot> = mirrors.iter().map(|view| view.seen).chain([truth.seen]).collect();
    builder.awaken(&seen);
    builder.finish(truth, mirrors)
}

pub(super) struct Builder<'a> {
    setup: &'a Setup,
    memory: &'a Memory,
    canon: &'a Canon<'a>,
    truth_tenant: &'a str,
    changes: Vec<Change>,
    held: Vec<Held>,
    findings: Vec<Finding>,
    conflicts: Vec<FieldConflict>,
    reasons: Vec<Reason>,
    buckets: BySystem,
    telling: BTreeSet<LinkKey>,
    parked: usize,
    scopes: BTreeMap<SystemName, String>,
    notes: Vec<Note>,
    rested: BTreeSet<FieldKey>,
    again: BTreeSet<TouchKey>,
}

impl<'a> Builder<'a> {
    const fn new(setup: &'a Setup, memory: &'a Memory, canon: &'a Canon<'a>, truth_tenant: &'a str) -> Self {
        Self {
            setup,
            memory,
            canon,
            truth_tenant,
            changes: Vec::new(),
            held: Vec::new(),
            findings: Vec::new(),
            conflicts: Vec::new(),
            reasons: Vec::new(),
            buckets: BySystem::new(),
            telling: BTreeSet::new(),
            parked: 0,
            scopes: BTreeMap::new(),
            notes: Vec::new(),
            rested: BTreeSet::new(),
            again: BTreeSet::new(),
        }
    }

    fn troubles(&mut self, canonical: &Snapshot) {
        for trouble in &canonical.troubles {
            let subject = trouble.key.as_ref().map_or(trouble.place.as_str(), |key| key.as_str());
            let key = self.finding_key(&Trigger::Unreadable, &canonical.system, subject);
            self.find(Finding {
                key,
                kind: FindingKind::Finding,
                entity: trouble.key.clone(),
                remotes: Vec::new(),
                what: trouble.what.clone(),
                values: Vec::new(),
                place: trouble.place.clone(),
            });
        }
    }

    /// What no answer mentioned was not looked at.
    fn silent(&mut self, seen: &Snapshot) {
        for id in &seen.silent {
            self.look_again(&seen.system, id.as_str());
        }
    }

    fn mirror(&mut self, view: &MirrorView<'_>, linked: &Linked) {
        for &at in &linked.missing {
            self.create(view, at);
        }
        self.absences(view, linked);
    }

    fn account_for(&mut self, view: &MirrorView<'_>, linked: &Linked) {
        let system = &view.side.side.system;
        // Each bucket of a mirror is told, also the empty ones.
        for bucket in Bucket::ALL {
            self.count(system, bucket, 0);
        }
        self.count(system, Bucket::Excluded, linked.excluded.len());
        self.count(system, Bucket::OutOfScope, linked.out_of_scope.len());
        self.reasons.extend(linked.excluded.iter().map(|(_, reason)| reason.clone()));
        self.reasons.extend(linked.waiting.iter().cloned());
        for waiting in &linked.waiting {
            self.leave(&waiting.subject);
        }
        for remote in &linked.again {
            self.look_again(system, remote.as_str());
        }
        self.silent(view.seen);
        for finding in &linked.findings {
            self.find(finding.clone());
        }
        if let Some(scope) = &view.side.scope {
            let column = view.side.side.columns.get(scope.column).map_or("", String::as_str);
            self.scopes.insert(system.clone(), format!("{column}={}", scope.equals));
        }
    }

    /// Links whose other end is not where it was: each is told, none is acted upon.
    fn absences(&mut self, view: &MirrorView<'_>, linked: &Linked) {
        let system = &view.side.side.system;
        for (entity, remote) in &linked.out_of_scope {
            self.mark(system, entity, LinkState::OutOfScope);
            let what = format!("{remote} left the scope; the link is kept and nothing is written");
            self.reason("out_of_scope", entity.as_str(), what);
        }
        for (entity, remote) in &linked.unseen {
            let what = format!("{remote} was not looked at; nothing is known of it and nothing is written");
            self.reason("not_looked_at", entity.as_str(), what);
            self.leave(entity.as_str());
        }
        for (entity, remote) in &linked.not_found {
            self.not_found(view, entity, remote);
        }
    }

    /// Absence needs two direct reads, a quiet period apart (I-15); then it is told for as long as
    /// the canonical record stands, and the record is never made again by itself.
    fn not_found(&mut self, view: &MirrorView<'_>, entity: &EntityKey, remote: &RemoteId) {
        let system = &view.side.side.system;
        let state = self.link_of(system, entity).map_or(LinkState::Active, |link| link.state);
        // A run that did not see everything proves nothing (I-15).
        if view.seen.coverage != Coverage::Whole && state != LinkState::Tombstone {
            let what = format!("{remote} was not found; only a whole look can prove it");
            self.leave(entity.as_str());
            return self.reason("suspect", entity.as_str(), what);
        }
        let after = match state.not_found(view.at, self.setup.timing().quiet()) {
            _ if planted::is(Defect::AbsenceIsDelete) => LinkState::Tombstone,
            after => after,
        };
        if after != state {
            // Before the tombstone: with the hold of an undone create goes the tombstone that the undo left.
            if after == LinkState::Tombstone {
                self.release(&field_key(system, entity, ""));
            }
            self.mark(system, entity, after);
        }
        if after != LinkState::Tombstone {
            let next = if after == state { " once; once more proves it" } else { "; looked at again" };
            self.leave(entity.as_str());
            return self.reason("suspect", entity.as_str(), format!("{remote} was not found{next}"));
        }
        let key = self.finding_key(&Trigger::Deleted, system, entity.as_str());
        self.tell(
            key,
            Some(entity.clone()),
            vec![remote.clone()],
            "its record is gone from the system; it is not created again",
        );
    }

    pub(super) fn tell(
        &mut self,
        key: FindingKey,
        entity: Option<EntityKey>,
        remotes: Vec<RemoteId>,
        what: &str,
    ) {
        self.find(Finding {
            key,
            kind: FindingKind::Finding,
            entity,
            remotes,
            what: what.to_owned(),
            values: Vec::new(),
            place: String::new(),
        });
    }

    /// A finding is told unless a person accepted this very one. Any other choice was taken into
    /// account when linking; if it was not, it no longer fits, and the finding asks again.
    pub(super) fn find(&mut self, finding: Finding) {
        if decided(self.setup, self.memory, &finding) != Some(&Choice::Accept) {
            self.findings.push(finding);
        }
    }

    pub(super) fn finding_key(&self, trigger: &Trigger, system: &SystemName, subject: &str) -> FindingKey {
        FindingKey { class: self.class_id(trigger), system: system.clone(), subject: subject.to_owned() }
    }

    pub(super) fn class_id(&self, trigger: &Trigger) -> ClassId {
        self.setup.class_for(trigger).map_or_else(|| ClassId::new("finding"), |class| class.id.clone())
    }

    pub(super) fn action(&self, trigger: &Trigger) -> Action {
        self.setup.class_for(trigger).map_or(Action::Flag, |class| class.action)
    }

    pub(super) fn reason(&mut self, sort: &str, subject: &str, what: impl Into<String>) {
        self.reasons.push(Reason { sort: sort.to_owned(), subject: subject.to_owned(), what: what.into() });
    }

    /// An entity is left alone for now.
    pub(super) fn leave(&mut self, entity: &str) {
        self.look_again(&self.setup.canonical().system, entity);
    }

    /// A record is left alone for now.
    pub(super) fn look_again(&mut self, system: &SystemName, remote: &str) {
        self.again.insert(TouchKey { system: system.clone(), remote: Some(RemoteId::new(remote)) });
    }

    pub(super) fn count(&mut self, system: &SystemName, bucket: Bucket, by: usize) {
        *self.buckets.entry(system.clone()).or_default().entry(bucket).or_default() += by;
    }

    /// A record of a mirror that was left alone is not, after all.
    pub(super) fn recount(&mut self, system: &SystemName, to: Bucket) {
        let Some(own) = self.buckets.get_mut(system) else { return };
        if let Some(excluded) = own.get_mut(&Bucket::Excluded).filter(|excluded| **excluded > 0) {
            *excluded -= 1;
            *own.entry(to).or_default() += 1;
        }
    }

    fn finish(mut self, truth: TruthView<'_>, mirrors: &[MirrorView<'_>]) -> Reconciled {
        let setup = self.setup;
        self.changes.sort_by(|a, b| order(setup, a).cmp(&order(setup, b)));
        self.held.sort_by(|a, b| order(setup, &a.change).cmp(&order(setup, &b.change)));
        self.conflicts
            .sort_by(|a, b| (&a.system, &a.entity, &a.field).cmp(&(&b.system, &b.entity, &b.field)));
        self.findings.sort_by(|a, b| a.key.cmp(&b.key));
        self.reasons.sort();
        let report = self.report(truth, mirrors);
        let plan = Plan {
            id: String::new(),
            pipeline: self.setup.pipeline().clone(),
            made_from: MadeFrom {
                lineage: self.memory.lineage.clone(),
                serial: self.memory.serial,
                config_hash: self.setup.config_hash().to_owned(),
            },
            changes: self.changes,
            held: self.held,
            findings: self.findings,
            conflicts: self.conflicts,
            report,
        };
        Reconciled { plan, notes: self.notes, rested: self.rested, again: self.again }
    }

    fn report(&mut self, truth: TruthView<'_>, mirrors: &[MirrorView<'_>]) -> Report {
        let costs = mirrors.iter().map(|view| {
            let system = &view.side.side.system;
            (system.clone(), self.cost(system, view.card, view.gathered))
        });
        let costs: Vec<_> = costs.collect();
        let own = &self.setup.canonical().system;
        let truth_cost = truth.card.map(|(card, gathered)| (own.clone(), self.cost(own, card, gathered)));
        let names: Vec<&str> = mirrors.iter().map(|view| view.side.side.system.as_str()).collect();
        Report {
            canonical_records: self.canon.records().len(),
            route: format!("{} → {}", self.setup.canonical().system, names.join(", ")),
            scopes: std::mem::take(&mut self.scopes),
            buckets: together(&self.buckets),
            buckets_by_system: std::mem::take(&mut self.buckets),
            telling: std::mem::take(&mut self.telling),
            notes: std::mem::take(&mut self.reasons),
            parked: self.parked,
            cost: truth_cost.into_iter().chain(costs).collect(),
        }
    }

    fn cost(&self, system: &SystemName, card: &Card, gathered: usize) -> super::Cost {
        let changes: Vec<&Change> = self.changes.iter().filter(|change| change.system == *system).collect();
        super::Cost { gather: gathered, ..cost(card, self.setup.caps().canary, &changes) }
    }
}

// The source of truth first: a change goes there, and to the mirrors from there.
fn order<'c>(setup: &Setup, change: &'c Change) -> (bool, &'c SystemName, u8, &'c str) {
    (!setup.is_canonical(&change.system), &change.system, change.act.rank(), change.entity.as_str())
}
