//! A value with its place, which may have failed to be read.

use std::{borrow::Cow, fmt, marker::PhantomData};

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{
    Deserialize, Deserializer,
    de::{SeqAccess, Visitor},
};

use crate::report::Span;

/// The name by which [`super::de::De`] recognises that a place is asked for.
pub(super) const AT: &str = "trueup::At";

/// A value and its place. No value means that it could not be read, which the report already says.
#[derive(Debug)]
pub(crate) struct At<T> {
    pub(crate) span: Span,
    value: Option<T>,
}

impl<T> At<T> {
    /// The value; `None` is already reported, so the caller just leaves.
    pub(crate) const fn get(&self) -> Option<&T> {
        self.value.as_ref()
    }
}

impl At<String> {
    /// The text, empty when it could not be read.
    pub(crate) fn text(&self) -> &str {
        self.value.as_deref().unwrap_or_default()
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for At<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_newtype_struct(AT, AtVisitor(PhantomData))
    }
}

struct AtVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for AtVisitor<T> {
    type Value = At<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    // Start, length, and the value unless it could not be read.
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<At<T>, A::Error> {
        let start = seq.next_element()?.unwrap_or_default();
        let len = seq.next_element()?.unwrap_or_default();
        Ok(At { span: Span { start, len }, value: seq.next_element()? })
    }
}

impl<T: JsonSchema> JsonSchema for At<T> {
    fn inline_schema() -> bool {
        T::inline_schema()
    }

    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }

    fn schema_id() -> Cow<'static, str> {
        T::schema_id()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        T::json_schema(generator)
    }
}
