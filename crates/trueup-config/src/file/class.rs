//! A class of drift or finding as the file describes it.

use schemars::JsonSchema;
use serde::Deserialize;
use trueup_core::setup::Trigger;

use crate::yaml::At;

/// A named kind of difference, and what is done about it. Either `field` or `on` says what sets it off.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Class")]
pub(crate) struct ClassFile {
    /// The field whose difference sets it off.
    pub(crate) field: Option<At<String>>,
    /// A further condition over `canonical` and `mirror`, such as `street_suffix(mirror)`.
    pub(crate) when: Option<At<String>>,
    /// What else sets it off.
    pub(crate) on: Option<At<On>>,
    /// What is done.
    #[serde(rename = "do")]
    pub(crate) action: At<ActionWord>,
    /// What a person reads; the id by default.
    pub(crate) title: Option<At<String>>,
}

/// What is done about a class.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "Action")]
pub(crate) enum ActionWord {
    /// The mirror is written.
    Fix,
    /// A person is told; nothing is written.
    Flag,
}

/// What sets a class off, other than a named field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum On {
    /// A canonical record has no record in the mirror.
    Missing,
    /// A linked record's canonical record is gone.
    Gone,
    /// A linked record is gone from its system.
    Deleted,
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
    /// A mapped field differs and no other class takes it.
    Other,
}

impl On {
    /// Every trigger, in the order in which defaults are added.
    pub(crate) const ALL: [Self; 10] = [
        Self::Missing,
        Self::Gone,
        Self::Deleted,
        Self::Stranger,
        Self::SharedToken,
        Self::Unclaimed,
        Self::Ambiguous,
        Self::KeyChanged,
        Self::Unreadable,
        Self::Other,
    ];

    /// The word of the file, which is also the id of the class added where the file has none.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Gone => "gone",
            Self::Deleted => "deleted",
            Self::Stranger => "stranger",
            Self::SharedToken => "shared_token",
            Self::Unclaimed => "unclaimed",
            Self::Ambiguous => "ambiguous",
            Self::KeyChanged => "key_changed",
            Self::Unreadable => "unreadable",
            Self::Other => "other",
        }
    }

    /// What a person reads where the file gives no title.
    pub(crate) const fn title(self) -> &'static str {
        match self {
            Self::Missing => "no record in the mirror",
            Self::Gone => "gone from the source of truth",
            Self::Deleted => "deleted in the mirror",
            Self::Stranger => "addresses belong to somebody else",
            Self::SharedToken => "several records share a token",
            Self::Unclaimed => "unowned record carries our token",
            Self::Ambiguous => "several candidates",
            Self::KeyChanged => "key seems to have changed",
            Self::Unreadable => "value cannot be read",
            Self::Other => "field differs and no class takes it",
        }
    }

    /// Whether the machine may act on it. The others need judgement: a write would destroy what only
    /// a person can tell apart.
    pub(crate) const fn fixable(self) -> bool {
        matches!(self, Self::Missing | Self::Other)
    }

    pub(crate) const fn trigger(self) -> Trigger {
        match self {
            Self::Missing => Trigger::Missing,
            Self::Gone => Trigger::Gone,
            Self::Deleted => Trigger::Deleted,
            Self::Stranger => Trigger::Stranger,
            Self::SharedToken => Trigger::SharedToken,
            Self::Unclaimed => Trigger::Unclaimed,
            Self::Ambiguous => Trigger::Ambiguous,
            Self::KeyChanged => Trigger::KeyChanged,
            Self::Unreadable => Trigger::Unreadable,
            Self::Other => Trigger::Other,
        }
    }
}
