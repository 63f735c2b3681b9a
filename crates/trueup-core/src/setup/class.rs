//! Classes of drift and findings: rows of the configuration, not code.

use serde::{Deserialize, Serialize};

use crate::{
    expr::Expr,
    name::{ClassId, FieldId},
};

/// A named kind of difference, and what is done about it.
#[derive(Clone, Debug)]
pub struct Class {
    /// Its id, such as `D4`.
    pub id: ClassId,
    /// What sets it off.
    pub trigger: Trigger,
    /// What is done.
    pub action: Action,
    /// What a person reads, such as `city holds a street`.
    pub title: String,
}

/// What sets a class off.
#[derive(Clone, Debug)]
pub enum Trigger {
    /// A field differs, and the condition (over `canonical` and `mirror`) holds.
    Differs {
        /// The field.
        field: FieldId,
        /// Further condition; none means always.
        when: Option<Expr>,
    },
    /// A mapped field differs and no other class takes it.
    Other,
    /// A canonical record has no record in the mirror.
    Missing,
    /// A linked record's canonical record is gone.
    Gone,
    /// A linked record has none of its entity's addresses.
    Stranger,
    /// Several records in scope carry one token.
    SharedToken,
    /// A record outside every scope carries our token.
    Unclaimed,
    /// A record could belong to several entities, or several records to one.
    Ambiguous,
    /// An entity seems to have got a new key.
    KeyChanged,
    /// A canonical value cannot be understood.
    Unreadable,
    /// A linked record is gone from its system.
    Deleted,
}

/// What is done about a class.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// The mirror is written.
    Fix,
    /// A person is told; nothing is written.
    Flag,
}

impl Trigger {
    /// Whether two triggers are of the same sort, whatever their field.
    #[must_use]
    pub fn is_like(&self, other: &Self) -> bool {
        std::mem::discriminant(self) == std::mem::discriminant(other)
    }
}
