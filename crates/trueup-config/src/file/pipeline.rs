//! A pipeline and its fields as the file describes them.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{CapsFile, ClassFile, MirrorFile, Period, TimingFile};
use crate::yaml::{At, Entries};

/// One source of truth, its mirrors, and the rules between them.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Pipeline")]
pub(crate) struct PipelineFile {
    /// What one record stands for, such as `lead`.
    pub(crate) entity: At<String>,
    /// The system that is the source of truth.
    pub(crate) canonical: At<String>,
    /// How often a cycle runs; `15m` by default.
    pub(crate) every: Option<At<Period>>,
    /// The fields, in our words; their order is the order of display.
    pub(crate) fields: At<Entries<FieldFile>>,
    /// The systems kept in agreement, by name.
    pub(crate) mirrors: At<Entries<MirrorFile>>,
    /// The kinds of difference; the first that fits wins.
    pub(crate) classes: Option<At<Entries<ClassFile>>>,
    /// How much one run may change.
    pub(crate) caps: Option<At<CapsFile>>,
    /// The durations of the protocols.
    pub(crate) timing: Option<At<TimingFile>>,
}

/// A field of the entity, and where the source of truth holds it.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Field")]
pub(crate) struct FieldFile {
    /// The column of the source of truth.
    pub(crate) from: Option<At<String>>,
    /// Which part of a delimited list in that column.
    pub(crate) take: Option<At<Take>>,
    /// An expression over the row, such as `row.NIGHTS >= 100.0`, instead of a column.
    pub(crate) expr: Option<At<String>>,
    /// What sort of value the field holds.
    pub(crate) kind: At<KindWord>,
    /// The country national phone numbers are read in, such as `US`.
    pub(crate) region: Option<At<String>>,
    /// Who survives when sides differ: `canonical`, or `union` for a set, which takes nothing away.
    pub(crate) survivor: Option<At<String>>,
    /// Whether it may never change after it was first seen.
    pub(crate) immutable: Option<At<bool>>,
    /// Whether a link may be found by it; for e-mail addresses.
    pub(crate) identity: Option<At<bool>>,
    /// Whether it names the record in plans.
    pub(crate) label: Option<At<bool>>,
}

/// Which part of a delimited list.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Take {
    /// The first entry.
    First,
    /// Every entry but the first.
    Rest,
}

/// What sort of value a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "Kind")]
pub(crate) enum KindWord {
    /// Any text.
    Text,
    /// A person's or a place's name.
    Name,
    /// One e-mail address.
    Email,
    /// One phone number.
    Phone,
    /// A set of e-mail addresses.
    Emails,
    /// A set of phone numbers.
    Phones,
    /// A set of texts.
    Tags,
    /// An exact decimal number.
    Decimal,
    /// True or false.
    Bool,
    /// A calendar day.
    Date,
}
