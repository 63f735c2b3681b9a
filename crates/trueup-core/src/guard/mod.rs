//! Whether a plan may be carried out: rules with names, one file each.
//!
//! [`review`] is the only way to a [`Cleared`]; [`rehearse`] leaves one rule out, for `prove`, and gives
//! a [`Rehearsed`] that no gate takes. There is no switch that turns rules off: an [`Approval`] lets one
//! halt of one plan pass, up to a ceiling.

mod facts;
mod handle;
mod rules;
#[cfg(test)]
mod tests;

pub use facts::{Column, Facts, MirrorFacts};
pub use handle::{handle, named};

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};

use crate::{
    memory::Approval,
    name::SystemName,
    plan::{Asked, Change, Held, Plan, still_asked},
    planted::{self, Defect},
};

/// Changes that every rule lets through, of one plan. Only [`review`] makes one.
///
/// No `Clone`, no `Default`, no deserialising: it is used once, by the gate.
#[derive(Debug)]
pub struct Cleared {
    plan: String,
    changes: Vec<Change>,
}

/// What would have been cleared with one rule left out. The gate does not take it.
#[derive(Debug)]
pub struct Rehearsed {
    /// The changes that would have gone through.
    pub changes: Vec<Change>,
}

/// What the rules say of a plan.
#[derive(Debug)]
pub struct Verdict {
    /// What may be written.
    pub cleared: Cleared,
    /// Single changes a rule holds.
    pub held: Vec<Held>,
    /// Kinds of action a rule halts.
    pub halts: Vec<Halt>,
    /// What shares are measured against on each system: the larger of its linked and the canonical records.
    pub base: BTreeMap<SystemName, usize>,
}

/// A kind of action, on one system, that a rule stops.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Halt {
    /// The rule.
    pub rule: Rule,
    /// The system.
    pub system: SystemName,
    /// The verb that is stopped, or every verb.
    pub verb: Option<String>,
    /// What of the system it is about where a rule halts several things by themselves, such as a field.
    #[serde(default)]
    pub about: Option<String>,
    /// How many records the stopped action concerns: what an approval's ceiling is compared with.
    pub count: usize,
    /// What was found, with its limit.
    pub what: String,
    /// The approval that lets it pass, if one does.
    pub approved: Option<Approval>,
}

/// Every rule, in the order in which they are asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// A loaded record outside the scope: the filter failed, so nothing may be believed.
    ForeignRecord,
    /// The record written must have been seen inside the scope.
    Scope,
    /// A field that may never change is not changed.
    Immutable,
    /// A field is only written the way its mapping allows.
    Authority,
    /// A system is only asked for what its card says it does.
    Verbs,
    /// A record is created only with what the scope and the link need.
    Required,
    /// A value the system cannot hold is not sent.
    Representable,
    /// Too many records would be updated.
    TooManyUpdates,
    /// Too many records would be created.
    TooManyCreates,
    /// Too many records would be archived.
    TooManyArchives,
    /// No record is archived without a person's word, however few.
    Archives,
    /// A field would go empty in too many records.
    Blanking,
    /// One value would be written into too many records of a field that was diverse.
    SameValueEverywhere,
    /// The source lost most of its records.
    EmptiedSource,
    /// The listing is not whole, so nothing in it proves absence.
    IncompleteListing,
    /// A column that is mapped is gone, or another one stands under its name.
    SchemaMoved,
    /// The credential belongs to another account than the one pinned.
    TenantChanged,
    /// The configuration is not the one of the last applied run.
    ConfigChanged,
    /// Too many conflicts were opened.
    TooManyConflicts,
}

impl Rule {
    /// Every rule.
    pub const ALL: [Self; 19] = [
        Self::ForeignRecord,
        Self::Scope,
        Self::Immutable,
        Self::Authority,
        Self::Verbs,
        Self::Required,
        Self::Representable,
        Self::TooManyUpdates,
        Self::TooManyCreates,
        Self::TooManyArchives,
        Self::Archives,
        Self::Blanking,
        Self::SameValueEverywhere,
        Self::EmptiedSource,
        Self::IncompleteListing,
        Self::SchemaMoved,
        Self::TenantChanged,
        Self::ConfigChanged,
        Self::TooManyConflicts,
    ];

    /// Its name, as messages and approvals spell it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ForeignRecord => "foreign_record",
            Self::Scope => "scope",
            Self::Immutable => "immutable",
            Self::Authority => "authority",
            Self::Verbs => "verbs",
            Self::Required => "required",
            Self::Representable => "representable",
            Self::TooManyUpdates => "too_many_updates",
            Self::TooManyCreates => "too_many_creates",
            Self::TooManyArchives => "too_many_archives",
            Self::Archives => "archives",
            Self::Blanking => "blanking",
            Self::SameValueEverywhere => "same_value_everywhere",
            Self::EmptiedSource => "emptied_source",
            Self::IncompleteListing => "incomplete_listing",
            Self::SchemaMoved => "schema_moved",
            Self::TenantChanged => "tenant_changed",
            Self::ConfigChanged => "config_changed",
            Self::TooManyConflicts => "too_many_conflicts",
        }
    }

    /// Finds a rule by its name.
    #[must_use]
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|rule| rule.name() == name)
    }

    /// Whether an approval may let its halt pass. What says that we talk to the wrong people, or that
    /// what was read cannot be believed, may not.
    #[must_use]
    pub const fn can_be_approved(self) -> bool {
        matches!(
            self,
            Self::TooManyUpdates
                | Self::TooManyCreates
                | Self::TooManyArchives
                | Self::Archives
                | Self::Blanking
                | Self::SameValueEverywhere
                | Self::EmptiedSource
                | Self::ConfigChanged
                | Self::TooManyConflicts
        )
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// What one rule says of a plan.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Objection {
    /// The change at this position must not be made.
    Hold {
        /// Its position in the plan.
        change: usize,
        /// Why.
        why: String,
    },
    /// This kind of action must not be done.
    Stop {
        /// The system.
        system: SystemName,
        /// The verb, or every verb.
        verb: Option<&'static str>,
        /// What of the system, where several things are stopped by themselves.
        about: Option<String>,
        /// How many records it concerns.
        count: usize,
        /// What was found, with its limit.
        what: String,
    },
}

/// Asks every rule.
#[must_use]
pub fn review(plan: &Plan, facts: &Facts<'_>, approvals: &[Approval]) -> Verdict {
    let (changes, held, halts) = judge(plan, facts, approvals, |_| true);
    let base = facts.mirrors.keys().map(|system| (system.clone(), rules::base(system, facts))).collect();
    Verdict { cleared: Cleared { plan: plan.id.clone(), changes }, held, halts, base }
}

/// Asks every rule but one, to show that this one is what stops an attack.
#[must_use]
pub fn rehearse(plan: &Plan, facts: &Facts<'_>, without: Rule) -> Rehearsed {
    let (changes, _, _) = judge(plan, facts, &[], |rule| rule != without);
    Rehearsed { changes }
}

impl Cleared {
    /// The plan these changes belong to.
    #[must_use]
    pub fn plan(&self) -> &str {
        &self.plan
    }

    /// How many changes there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.changes.len()
    }

    /// Whether nothing was cleared.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// Leaves out what the plan of a fresh look does not ask for, and gives it ([`still_asked`]).
    #[must_use]
    pub fn leave_out(&mut self, fresh: &Plan) -> Vec<Change> {
        let Asked { still, overtaken } = still_asked(std::mem::take(&mut self.changes), fresh);
        self.changes = still;
        overtaken
    }

    /// Takes the changes out, for the gate; without the gate they cannot be sent.
    #[must_use]
    pub fn into_changes(self) -> Vec<Change> {
        self.changes
    }
}

fn judge(
    plan: &Plan,
    facts: &Facts<'_>,
    approvals: &[Approval],
    asked: impl Fn(Rule) -> bool,
) -> (Vec<Change>, Vec<Held>, Vec<Halt>) {
    let mut holds: Vec<Option<(Rule, String)>> = vec![None; plan.changes.len()];
    let mut halts: Vec<Halt> = Vec::new();
    for rule in Rule::ALL.into_iter().filter(|rule| asked(*rule) && !planted::leaves_out(*rule)) {
        for objection in rules::ask(rule, plan, facts) {
            match objection {
                Objection::Hold { change, why } => {
                    if let Some(slot @ None) = holds.get_mut(change) {
                        *slot = Some((rule, why));
                    }
                }
                Objection::Stop { system, verb, about, count, what } => {
                    let verb = verb.map(str::to_owned);
                    let mut halt = Halt { rule, system, verb, about, count, what, approved: None };
                    halt.approved = approval(&halt, &plan.id, approvals);
                    halts.push(halt);
                }
            }
        }
    }
    let (changes, held) = sort_out(plan, holds, &halts);
    (changes, held, halts)
}

fn approval(halt: &Halt, plan: &str, approvals: &[Approval]) -> Option<Approval> {
    let named = |a: &Approval| a.halt == halt.rule.name() && a.system == halt.system && a.about == halt.about;
    let bound = |a: &Approval| a.plan == plan || planted::is(Defect::ApprovalUnbound);
    let within = |a: &Approval| halt.count <= a.max || planted::is(Defect::ApprovalWithoutCeiling);
    let fits = |a: &&Approval| bound(a) && named(a) && within(a);
    approvals.iter().find(fits).filter(|_| halt.rule.can_be_approved()).cloned()
}

fn sort_out(plan: &Plan, holds: Vec<Option<(Rule, String)>>, halts: &[Halt]) -> (Vec<Change>, Vec<Held>) {
    let (mut changes, mut held) = (Vec::new(), Vec::new());
    for (change, hold) in plan.changes.iter().zip(holds) {
        match hold {
            Some((rule, why)) => {
                held.push(Held { change: change.clone(), rule: rule.name().to_owned(), why });
            }
            None if !halts.iter().any(|halt| halt.stops(change)) => changes.push(change.clone()),
            None => {}
        }
    }
    (changes, held)
}

impl Halt {
    /// Whether this halt keeps a change from being made.
    #[must_use]
    pub fn stops(&self, change: &Change) -> bool {
        self.approved.is_none()
            && self.system == change.system
            && self.verb.as_deref().is_none_or(|verb| verb == change.act.verb())
    }
}
