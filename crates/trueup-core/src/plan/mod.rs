//! What a cycle means to do: a value that can be shown, stored, compared and approved.

mod asked;
mod build;
mod cost;
mod decision;
mod finding;
mod id;

pub use asked::{Asked, still_asked};
pub use build::{Lacking, MirrorView, Reconciled, TruthView, creation, draft, reconcile};
pub use cost::{Cost, Requests, cost, largest};
pub use decision::{Offers, about, decided};
pub use finding::{Finding, FindingKey, FindingKind, Values};

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    link::How,
    memory::{LinkKey, Memory},
    merge::Claim,
    name::{ClassId, EntityKey, ExtId, FieldName, PipelineName, RemoteId, SystemName},
    setup::Setup,
    value::Cell,
};

/// What a cycle means to do. Its id is the hash of the rest.
///
/// There is no mode flag that applying could read: a plan is so specific that no choice is left.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// The hash of everything below.
    pub id: String,
    /// The pipeline.
    pub pipeline: PipelineName,
    /// What the plan was made from; it is void when that moved.
    pub made_from: MadeFrom,
    /// What is to be written, in a fixed order.
    pub changes: Vec<Change>,
    /// What would be written if a finding or a rule did not hold it back.
    pub held: Vec<Held>,
    /// What is for a person only.
    pub findings: Vec<Finding>,
    /// Claims that no rule decides between.
    pub conflicts: Vec<FieldConflict>,
    /// Everything else a reader wants to know.
    pub report: Report,
}

/// What a plan was made from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MadeFrom {
    /// The state store.
    pub lineage: String,
    /// Its serial.
    pub serial: u64,
    /// The configuration.
    pub config_hash: String,
}

/// One write to one record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// The system written.
    pub system: SystemName,
    /// The entity.
    pub entity: EntityKey,
    /// How people call it, such as a person's name.
    pub label: String,
    /// What is done.
    pub act: Act,
    /// Field by field; empty for an archive.
    pub edits: Vec<Edit>,
}

/// What is done to a record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Act {
    /// It is put away so that it can be brought back.
    Archive {
        /// The record.
        remote: RemoteId,
        /// Its last-modified time when this was planned: what changed since is not put away, whatever was changed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        version: Option<Timestamp>,
    },
    /// It is made.
    Create {
        /// The id it carries, persisted before it is sent.
        ext_id: ExtId,
        /// The column of a unique property that holds the id, if the system has one.
        ext_id_column: Option<String>,
        /// The class that asked for it, such as `D7`.
        class: ClassId,
        /// The record of a mirror it is made after, when it is made in the source of truth.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        origin: Option<Origin>,
    },
    /// Some of its fields are changed.
    Update {
        /// The record.
        remote: RemoteId,
        /// How the link was found.
        how: How,
    },
}

/// A record that people made in a mirror, and that is made in the source of truth after it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Origin {
    /// The mirror.
    pub system: SystemName,
    /// The record there.
    pub remote: RemoteId,
}

impl Origin {
    /// What the entity is called until the source of truth has given it a key.
    #[must_use]
    pub fn entity(&self) -> EntityKey {
        EntityKey::new(format!("{}:{}", self.system, self.remote))
    }
}

/// How one write stands to the others of its field in the same plan.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Turn {
    /// It stands by itself.
    #[default]
    Alone,
    /// It tells the source of truth what these mirrors hold already, all or a part of it: their bases move once it was
    /// seen there.
    First(Vec<Agreeing>),
    /// It is sent only once the source of truth was seen to hold the value: a change goes there first, and to the
    /// other mirrors from there (PRODUCT.md B).
    Second,
}

impl Turn {
    fn is_alone(&self) -> bool {
        *self == Self::Alone
    }

    /// The mirrors that hold already what the source of truth is told, all of it.
    pub fn agreeing(&self) -> impl Iterator<Item = &Agreeing> {
        let agreeing = match self {
            Self::First(agreeing) => agreeing.as_slice(),
            Self::Alone | Self::Second => &[],
        };
        agreeing.iter().filter(|one| !one.partly)
    }
}

/// A mirror that holds already what the source of truth is told, or a part of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Agreeing {
    /// The mirror.
    pub system: SystemName,
    /// What it is accounted for with: what it was seen to hold, normalised, or that part of a set on which both agree.
    pub held: Cell,
    /// Whether they agree on a part of a set only: then that is what the source of truth is accounted for with as well.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub partly: bool,
}

/// One field of one write.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edit {
    /// The field, in our words.
    pub field: FieldName,
    /// The column, in the system's words.
    pub column: String,
    /// The class that asked for it.
    pub class: ClassId,
    /// What the system held, as it spells it: the precondition.
    pub before: Cell,
    /// What is sent.
    pub after: Cell,
    /// The normalised value that must be seen afterwards.
    pub wanted: Cell,
    /// The canonical side's normalised value, once this plan's writes to it are done.
    pub canonical: Cell,
    /// How it stands to the other writes of its field.
    #[serde(default, skip_serializing_if = "Turn::is_alone")]
    pub turn: Turn,
}

/// A change that is not made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// The change.
    pub change: Change,
    /// The finding class or guard rule that holds it.
    pub rule: String,
    /// Why, in words.
    pub why: String,
}

/// Claims on one field that no rule decides between.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldConflict {
    /// The mirror concerned.
    pub system: SystemName,
    /// The entity.
    pub entity: EntityKey,
    /// The field.
    pub field: FieldName,
    /// Who claims what.
    pub claims: Vec<Claim>,
}

/// Everything else a reader of a plan wants to know.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// How many canonical records were read.
    pub canonical_records: usize,
    /// The canonical system and the mirrors, as the reader knows them.
    pub route: String,
    /// How the scope of each mirror reads, such as `owner=88361194`.
    pub scopes: BTreeMap<SystemName, String>,
    /// Every record of each mirror's scope in exactly one bucket (I-19).
    pub buckets: BTreeMap<Bucket, usize>,
    /// The same, mirror by mirror; empty in a plan that takes something back.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub buckets_by_system: BySystem,
    /// The copies that wait for nothing but that the source of truth is told what they say.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub telling: BTreeSet<LinkKey>,
    /// Why not: things seen and left alone, one line each, folded by sort.
    pub notes: Vec<Reason>,
    /// Fields left alone since a system refused them.
    pub parked: usize,
    /// What applying costs.
    pub cost: BTreeMap<SystemName, Cost>,
}

/// The sort of a [`Reason`] that belongs to a change: a main address is replaced that stands in no ledger.
pub const PRIMARY_REPLACED: &str = "primary_replaced";

/// Something seen and left alone, or to be known of a change.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Reason {
    /// What sort of thing, such as `extra_kept` or `no_lead`.
    pub sort: String,
    /// The record or entity concerned.
    pub subject: String,
    /// In words.
    pub what: String,
}

/// How many records of each mirror's scope are in each bucket.
pub type BySystem = BTreeMap<SystemName, BTreeMap<Bucket, usize>>;

/// The buckets of all mirrors together.
#[must_use]
pub fn together(buckets: &BySystem) -> BTreeMap<Bucket, usize> {
    let of = |bucket: &Bucket| buckets.values().filter_map(|own| own.get(bucket)).sum();
    Bucket::ALL.into_iter().map(|bucket| (bucket, of(&bucket))).collect()
}

/// Where a record of a scope ended up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Bucket {
    /// It agrees.
    InSync,
    /// It is to be changed.
    Pending,
    /// A field is in conflict.
    Conflict,
    /// A write was refused or failed.
    Failed,
    /// It is left alone for a reason.
    Excluded,
    /// It is linked but outside the scope.
    OutOfScope,
}

impl Bucket {
    /// Every bucket.
    pub const ALL: [Self; 6] =
        [Self::InSync, Self::Pending, Self::Conflict, Self::Failed, Self::Excluded, Self::OutOfScope];
}

impl Change {
    /// The record written, if it exists already.
    #[must_use]
    pub const fn remote(&self) -> Option<&RemoteId> {
        match &self.act {
            Act::Archive { remote, .. } | Act::Update { remote, .. } => Some(remote),
            Act::Create { .. } => None,
        }
    }

    /// The fields that are sent. An archive sends none: its edits say what it is held by.
    #[must_use]
    pub fn sent(&self) -> &[Edit] {
        match self.act {
            Act::Archive { .. } => &[],
            Act::Create { .. } | Act::Update { .. } => &self.edits,
        }
    }

    /// The classes of this change, each once.
    #[must_use]
    pub fn classes(&self) -> Vec<&ClassId> {
        if let Act::Create { class, .. } = &self.act {
            return vec![class];
        }
        let mut classes: Vec<&ClassId> = self.edits.iter().map(|edit| &edit.class).collect();
        classes.sort();
        classes.dedup();
        classes
    }
}

/// All canonical values of a record as one cell: what a parked or undone create is remembered by.
#[must_use]
pub fn whole(edits: &[Edit]) -> Cell {
    Cell::list(edits.iter().map(|edit| edit.canonical.to_text().unwrap_or_default()))
}

impl Act {
    /// The verb, as reports count it.
    #[must_use]
    pub const fn verb(&self) -> &'static str {
        match self {
            Self::Archive { .. } => "archive",
            Self::Create { .. } => "create",
            Self::Update { .. } => "update",
        }
    }

    /// The order in which acts are shown and applied: what matters most first.
    #[must_use]
    pub const fn rank(&self) -> u8 {
        match self {
            Self::Archive { .. } => 0,
            Self::Create { .. } => 1,
            Self::Update { .. } => 2,
        }
    }
}

impl Plan {
    /// A plan of one change that nobody gathered for: a step of a transactional create.
    #[must_use]
    pub fn single(setup: &Setup, memory: &Memory, change: Change) -> Self {
        let made_from = MadeFrom {
            lineage: memory.lineage.clone(),
            serial: memory.serial,
            config_hash: setup.config_hash().to_owned(),
        };
        let plan = Self {
            id: String::new(),
            pipeline: setup.pipeline().clone(),
            made_from,
            changes: vec![change],
            held: Vec::new(),
            findings: Vec::new(),
            conflicts: Vec::new(),
            report: Report::default(),
        };
        plan.named()
    }

    /// Whether there is nothing to do.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// How many changes have each verb; every verb is there.
    #[must_use]
    pub fn verbs(&self) -> BTreeMap<&'static str, usize> {
        let mut counts = BTreeMap::from([("archive", 0), ("create", 0), ("update", 0)]);
        for change in &self.changes {
            *counts.entry(change.act.verb()).or_default() += 1;
        }
        counts
    }

    /// How many findings each class has.
    #[must_use]
    pub fn finding_counts(&self) -> BTreeMap<ClassId, usize> {
        let mut counts = BTreeMap::new();
        for finding in &self.findings {
            *counts.entry(finding.key.class.clone()).or_default() += 1;
        }
        counts
    }

    /// The first eight characters of the id, as people read it.
    #[must_use]
    pub fn short_id(&self) -> &str {
        self.id.get(..8).unwrap_or(&self.id)
    }
}

#[cfg(test)]
mod tests;
