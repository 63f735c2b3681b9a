//! Caps and durations as the file describes them; whatever is left out keeps its default.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Percent, Period};
use crate::yaml::At;

/// How much one run may change before a class of action halts.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Caps")]
pub(crate) struct CapsFile {
    /// Updates above this share halt; 30 by default.
    pub(crate) updates_percent: Option<At<Percent>>,
    /// Creates above this share halt; 20 by default.
    pub(crate) creates_percent: Option<At<Percent>>,
    /// Archives above this share halt; 5 by default.
    pub(crate) archives_percent: Option<At<Percent>>,
    /// Archives above this number halt; 25 by default.
    pub(crate) archives: Option<At<u32>>,
    /// A field going empty in more than this share halts; 5 by default.
    pub(crate) blanking_percent: Option<At<Percent>>,
    /// One identical value written into more records than this halts; 20 by default.
    pub(crate) same_value: Option<At<u32>>,
    /// Conflicts opened above this share halt; 5 by default.
    pub(crate) conflicts_percent: Option<At<Percent>>,
    /// Up to this many updates or creates never halt; 10 by default.
    pub(crate) free: Option<At<u32>>,
    /// A source that lost more than this share of its records halts; 20 by default.
    pub(crate) source_loss_percent: Option<At<Percent>>,
    /// How many records are written and read back before the rest; 5 by default.
    pub(crate) canary: Option<At<u32>>,
}

/// The durations of the protocols.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Timing")]
pub(crate) struct TimingFile {
    /// How long a lease lasts without renewal; `60s` by default.
    pub(crate) lease: Option<At<Period>>,
    /// How long one request may take; `30s` by default.
    pub(crate) call_timeout: Option<At<Period>>,
    /// The longest time after which a sent request can still take effect; `120s` by default.
    pub(crate) max_in_flight: Option<At<Period>>,
    /// The longest time by which listings may lag behind; `60s` by default.
    pub(crate) max_index_lag: Option<At<Period>>,
    /// Added to every quiet period; `20s` by default.
    pub(crate) margin: Option<At<Period>>,
    /// How old a guard read may be when the write leaves; `10s` by default.
    pub(crate) guard_age: Option<At<Period>>,
}
