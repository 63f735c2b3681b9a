//! Names and identifiers: one type a meaning, so that two of them cannot be mixed up.

use std::fmt;

use compact_str::CompactString;
use serde::{Deserialize, Serialize};

macro_rules! name {
    ($(#[$doc:meta])* $type:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $type(CompactString);

        impl $type {
            /// Wraps a text; any text is a possible name, the owner of the name space decides.
            #[must_use]
            pub fn new(text: impl AsRef<str>) -> Self {
                Self(CompactString::new(text.as_ref()))
            }

            /// Gives the text back.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl fmt::Debug for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($type), self.0)
            }
        }

        impl From<&str> for $type {
            fn from(text: &str) -> Self {
                Self::new(text)
            }
        }
    };
}

name! {
    /// One configured flow from a canonical system to its mirrors.
    PipelineName
}
name! {
    /// A system as the configuration calls it, such as `portal`.
    SystemName
}
name! {
    /// The canonical key of an entity, such as `R00412`.
    EntityKey
}
name! {
    /// The id a system gave to one of its records.
    RemoteId
}
name! {
    /// A field of the entity, in our words.
    FieldName
}
name! {
    /// A class of drift or finding, such as `D4` or `F1`.
    ClassId
}
name! {
    /// One run of a cycle, sortable by start.
    RunId
}
name! {
    /// One planned effect on one record, unique over all runs; also the trace id on the wire.
    IntentId
}
name! {
    /// What a caller names one create by, so that asking again is not asking twice.
    CreateKey
}
name! {
    /// The deterministic id a create carries, the same after the state was lost and rebuilt.
    ExtId
}

/// The position of a field in the entity's schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FieldId(pub u16);

impl FieldId {
    /// The position as an index.
    #[must_use]
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

impl ExtId {
    /// Derives the id from who we talk to, what it is, and its canonical key.
    ///
    /// Same inputs give the same id for ever, so a create that was sent before the state was lost is
    /// recognised afterwards (RELIABILITY.md 6.5).
    #[must_use]
    pub fn derive(tenant: &str, entity: &str, key: &EntityKey) -> Self {
        let text = format!("trueup\n{tenant}\n{entity}\n{key}");
        Self::new(uuid::Uuid::new_v5(&uuid::Uuid::NAMESPACE_OID, text.as_bytes()).to_string())
    }
}
