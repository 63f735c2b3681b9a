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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_id_of_a_create_is_the_same_for_ever_and_another_for_everything_else() {
        let derive = |tenant: &str, entity: &str, key: &str| ExtId::derive(tenant, entity, &key.into());
        let first = derive("portal 4711", "lead", "R00412");
        assert_eq!(first.as_str(), "7e000bd4-9831-5c00-97e2-18f3506d5d13");
        for other in [
            ("portal 4712", "lead", "R00412"),
            ("portal 4711", "deal", "R00412"),
            ("portal 4711", "lead", "R00413"),
        ] {
            assert_ne!(derive(other.0, other.1, other.2), first);
        }
    }

    #[test]
    fn a_name_is_shown_and_written_down_as_its_text_alone() {
        let key = EntityKey::new("R00412");
        assert_eq!((key.to_string(), format!("{key:<8}|")), ("R00412".to_owned(), "R00412  |".to_owned()));
        assert_eq!(serde_json::to_string(&key).unwrap(), "\"R00412\"");
        assert_eq!(serde_json::from_str::<EntityKey>("\"R00412\"").unwrap(), key);
    }
}
