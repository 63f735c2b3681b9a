//! A record that an app makes in its own database and in a mirror, in both or in neither: the durable row of
//! the protocol (RELIABILITY.md 6.5).
//!
//! Answer and decision are one value: what the caller is told cannot differ from what was decided (I-34).
//! [`Create::follows`] is the whole state machine; every store refuses what it refuses, so the first of two
//! decisions stands.

mod takeback;

pub use takeback::{is_untouched, take_back};

use std::{collections::BTreeMap, time::Duration};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    link::not_found_since,
    memory::{LinkKey, Memory},
    name::{CreateKey, EntityKey, ExtId, FieldName, RemoteId, SystemName},
    plan::{Act, Change},
    value::Print,
};

/// One transactional create.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Create {
    /// The caller's idempotency key.
    pub key: CreateKey,
    /// The mirror in which the record is made.
    pub system: SystemName,
    /// The entity; the app chose its key before it asked.
    pub entity: EntityKey,
    /// The id both records carry, derived before anything is sent.
    pub ext_id: ExtId,
    /// The fingerprint of everything the caller asked for.
    pub payload: Print,
    /// What the mirror's record is made with: by field, the fingerprint of the normalised value.
    pub values: BTreeMap<FieldName, Print>,
    /// When the caller asked, by the store's clock.
    pub begun: Timestamp,
    /// When it is given up if nothing was decided, by the store's clock.
    pub deadline: Timestamp,
    /// How far it came.
    pub stage: Stage,
    /// What was decided, which is what the caller is told; nothing while it is undecided.
    pub answer: Option<Answer>,
}

/// How far a create came. Every instant is one of the store's clock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Its row is durable, and nothing was sent to the mirror.
    Prepared,
    /// A request may be under way to the mirror.
    Sent,
    /// Both records are there.
    Done {
        /// Since when.
        at: Timestamp,
    },
    /// It was given up before anything was sent to the mirror: nothing there is its own, only the app's pending row
    /// may still come.
    Withdrawing {
        /// Since when nothing more is asked of the app.
        since: Timestamp,
    },
    /// It was given up after something was sent; what may have been made is looked for.
    Aborting {
        /// Since when nothing more is sent for it.
        since: Timestamp,
        /// When its record was first not found, if the last look did not find it.
        missing: Option<Timestamp>,
    },
    /// It was given up, and neither record is there.
    Ended {
        /// Since when.
        at: Timestamp,
    },
    /// A person is asked: what is there cannot be put right without losing what somebody did.
    Flagged {
        /// Why.
        why: String,
        /// The record concerned, if there is one.
        remote: Option<RemoteId>,
        /// When its record was first not found, if the last look did not find it.
        missing: Option<Timestamp>,
    },
}

/// What the caller is told, now and whenever it asks again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// The record exists in both systems.
    Created {
        /// Its id in the mirror.
        remote: RemoteId,
    },
    /// It exists in neither.
    Failed(Failure),
}

/// Why a record was not made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// A stable code, such as `HUBSPOT_SYNC_FAILED`.
    pub code: String,
    /// In words.
    pub what: String,
    /// The fields that were refused, where the one who refused named them.
    pub fields: Vec<RefusedField>,
}

/// A field that was refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusedField {
    /// The field, in our words.
    pub field: FieldName,
    /// Why, in the words of who refused it.
    pub reason: String,
}

/// The code of a create that the app's own database refused.
pub const APP_REFUSED: &str = "APP_WRITE_FAILED";
/// The code of a create about which nothing was decided in time.
pub const EXPIRED: &str = "CREATE_EXPIRED";

/// The code of a create that failed in a mirror of a kind, such as `HUBSPOT_SYNC_FAILED`.
#[must_use]
pub fn sync_failed(kind: &str) -> String {
    format!("{}_SYNC_FAILED", kind.to_ascii_uppercase())
}

impl Failure {
    /// A failure that no field is to blame for.
    #[must_use]
    pub fn whole(code: impl Into<String>, what: impl Into<String>) -> Self {
        Self { code: code.into(), what: what.into(), fields: Vec::new() }
    }
}

impl Stage {
    /// Whether anything is still to be done or to be asked.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        !matches!(self, Self::Done { .. } | Self::Ended { .. })
    }

    /// What it is after a look, at an instant by the store's clock, that did not find its record: over, once two looks
    /// a quiet period apart did not (I-15).
    #[must_use]
    pub fn not_found(&self, at: Timestamp, quiet: Duration) -> Self {
        match not_found_since(self.missing(), at, quiet) {
            Some(since) => self.with_missing(Some(since)),
            None => Self::Ended { at },
        }
    }

    /// What it is after a look that found its record: earlier ones that did not prove nothing.
    #[must_use]
    pub fn found(&self) -> Self {
        self.with_missing(None)
    }

    const fn missing(&self) -> Option<Timestamp> {
        match self {
            Self::Aborting { missing, .. } | Self::Flagged { missing, .. } => *missing,
            Self::Prepared
            | Self::Sent
            | Self::Withdrawing { .. }
            | Self::Done { .. }
            | Self::Ended { .. } => None,
        }
    }

    fn with_missing(&self, missing: Option<Timestamp>) -> Self {
        match self {
            Self::Aborting { since, .. } => Self::Aborting { since: *since, missing },
            Self::Flagged { why, remote, .. } => {
                Self::Flagged { why: why.clone(), remote: remote.clone(), missing }
            }
            Self::Prepared
            | Self::Sent
            | Self::Withdrawing { .. }
            | Self::Done { .. }
            | Self::Ended { .. } => self.clone(),
        }
    }

    const fn may_become(&self, next: &Self) -> bool {
        use Stage::{Aborting, Done, Ended, Flagged, Prepared, Sent, Withdrawing};
        match (self, next) {
            (Prepared, Prepared | Sent | Withdrawing { .. } | Ended { .. })
            | (Sent, Sent | Done { .. } | Aborting { .. } | Flagged { .. })
            | (Withdrawing { .. }, Withdrawing { .. } | Ended { .. })
            | (Aborting { .. }, Aborting { .. } | Ended { .. } | Flagged { .. })
            | (Flagged { .. }, Flagged { .. } | Done { .. } | Ended { .. }) => true,
            (Prepared, Done { .. } | Aborting { .. } | Flagged { .. })
            | (Sent, Prepared | Withdrawing { .. } | Ended { .. })
            | (Withdrawing { .. }, Prepared | Sent | Done { .. } | Aborting { .. } | Flagged { .. })
            | (Aborting { .. } | Flagged { .. }, Prepared | Sent | Withdrawing { .. })
            | (Aborting { .. }, Done { .. })
            | (Flagged { .. }, Aborting { .. })
            | (Done { .. } | Ended { .. }, _) => false,
        }
    }
}

impl Create {
    /// The link it is to make.
    #[must_use]
    pub fn link_key(&self) -> LinkKey {
        LinkKey { system: self.system.clone(), entity: self.entity.clone() }
    }

    /// Whether anything is still to be done or to be asked.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        self.stage.is_open()
    }

    /// Whether it was decided that the record is made nowhere.
    #[must_use]
    pub const fn is_aborted(&self) -> bool {
        matches!(self.answer, Some(Answer::Failed(_)))
    }

    /// When it was over, if it is.
    #[must_use]
    pub const fn over(&self) -> Option<Timestamp> {
        match self.stage {
            Stage::Done { at } | Stage::Ended { at } => Some(at),
            Stage::Prepared
            | Stage::Sent
            | Stage::Withdrawing { .. }
            | Stage::Aborting { .. }
            | Stage::Flagged { .. } => None,
        }
    }

    /// The same at another stage.
    #[must_use]
    pub fn at(&self, stage: Stage) -> Self {
        Self { stage, ..self.clone() }
    }

    /// The same with a decision.
    #[must_use]
    pub fn decided(&self, answer: Answer) -> Self {
        Self { answer: Some(answer), ..self.clone() }
    }

    /// Whether this row may take the place of an earlier one; `None` is no row at all.
    ///
    /// A decision stands for ever, nothing goes back, and each stage fits the decision: this is the
    /// compare-and-set of the protocol, judged inside the store's transaction.
    #[must_use]
    pub fn follows(&self, before: Option<&Self>) -> bool {
        let Some(before) = before else { return self.stage == Stage::Prepared && self.answer.is_none() };
        let same = Self { stage: before.stage.clone(), answer: before.answer.clone(), ..self.clone() };
        let kept = before.answer.is_none() || before.answer == self.answer;
        let still = before.stage == self.stage || before.stage.may_become(&self.stage);
        same == *before && kept && still && self.is_sound()
    }

    const fn is_sound(&self) -> bool {
        match (&self.stage, &self.answer) {
            (Stage::Prepared, Some(Answer::Created { .. })) => false,
            (Stage::Prepared | Stage::Sent, _) => true,
            (Stage::Done { .. }, answer) => matches!(answer, Some(Answer::Created { .. })),
            (Stage::Withdrawing { .. } | Stage::Aborting { .. } | Stage::Ended { .. }, answer) => {
                matches!(answer, Some(Answer::Failed(_)))
            }
            (Stage::Flagged { .. }, answer) => answer.is_some(),
        }
    }
}

impl Memory {
    /// The open create of a record, if there is one: nobody else writes to the record until it is over.
    #[must_use]
    pub fn open_create(&self, link: &LinkKey) -> Option<&Create> {
        self.open_creates().find(|create| create.system == link.system && create.entity == link.entity)
    }

    /// Creates of which something is still to be done or to be asked.
    pub fn open_creates(&self) -> impl Iterator<Item = &Create> {
        self.creates.values().filter(|create| create.is_open())
    }

    /// Whether a change is a step of an open create, by what is durable of it: its own undecided create, or
    /// the archive of the very record that it made before it was given up.
    ///
    /// Nothing but the store's rows can say so, and the planner plans nothing for an entity of which they do.
    #[must_use]
    pub fn is_own_step(&self, change: &Change) -> bool {
        let link = LinkKey { system: change.system.clone(), entity: change.entity.clone() };
        let Some(create) = self.open_create(&link) else { return false };
        match &change.act {
            Act::Create { ext_id, .. } => create.answer.is_none() && create.ext_id == *ext_id,
            Act::Archive { remote, .. } => {
                let made = self.links.get(&link).is_some_and(|link| link.is_to(remote));
                made && create.is_aborted() && matches!(create.stage, Stage::Aborting { .. })
            }
            Act::Update { .. } => false,
        }
    }
}

#[cfg(test)]
mod tests;
