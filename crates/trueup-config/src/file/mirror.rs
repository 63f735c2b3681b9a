//! A mirror as the file describes it.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::yaml::{At, Entries, Short};

/// A system kept in agreement: whose records, and which property holds which field.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Mirror")]
pub(crate) struct MirrorFile {
    /// Whose records may be touched; nothing else ever is.
    pub(crate) scope: Option<At<ScopeFile>>,
    /// The property that carries the record's key as a token, by which links are found.
    pub(crate) token: Option<At<TokenFile>>,
    /// A unique property that carries trueup's own id.
    pub(crate) ext_id: Option<At<String>>,
    /// Properties set once, when a record is created.
    pub(crate) create: Option<At<Entries<String>>>,
    /// Which property holds which field.
    pub(crate) fields: At<Entries<Short<MappedFile>>>,
}

/// Whose records may be touched: those whose property holds this text.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Scope")]
pub(crate) struct ScopeFile {
    /// The property, such as `hubspot_owner_id`.
    pub(crate) property: At<String>,
    /// The text it must hold.
    pub(crate) equals: At<String>,
}

/// A token amid other text of a property.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Token")]
pub(crate) struct TokenFile {
    /// The field whose values are the tokens; its kind is `tags`.
    pub(crate) field: At<String>,
    /// The property.
    pub(crate) property: At<String>,
    /// What stands before each token, such as `ID:`.
    pub(crate) prefix: At<String>,
}

/// The property that holds a field; may be written as the property's name alone.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Mapping")]
pub(crate) struct MappedFile {
    /// The property.
    pub(crate) property: At<String>,
    /// What separates the elements, if the property holds a list in one text: `;`, `,`, `|` or a line break.
    pub(crate) list: Option<At<char>>,
    /// Which way values may go; `out`, as long as the source of truth is only read.
    pub(crate) flow: Option<At<FlowWord>>,
}

/// Which way values may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "Flow")]
pub(crate) enum FlowWord {
    /// From the source of truth to the mirror.
    Out,
    /// From the mirror to the source of truth.
    In,
    /// Both ways.
    Both,
}
