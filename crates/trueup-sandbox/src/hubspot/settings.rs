//! Behaviours that can be selected: those the service's documents leave open, and its limits.
//!
//! Every open point of the fact sheet's *unverified* list that concerns contacts is a switch here, so that a client
//! can be tested under both answers. The default is the likelier one.

use serde::{Deserialize, Serialize};

/// All switches of one portal. `POST /_sandbox/settings` takes any subset of the fields.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[expect(clippy::struct_excessive_bools, reason = "independent switches, each named")]
pub struct Settings {
    /// What writing the list of additional e-mails does to those already there (facts section 8, unverified).
    pub additional_emails: AdditionalEmails,
    /// What becomes of the old primary e-mail when another is written (facts section 8, unverified).
    pub old_primary: OldPrimary,
    /// Whether `NEQ` and `NOT_IN` also return records where the property is empty (facts section 5, unverified).
    pub neq_matches_empty: bool,
    /// Whether `email EQ` also finds additional addresses (facts section 5, conflicting reports).
    pub search_email_matches_additional: bool,
    /// Where `CONTAINS_TOKEN` ends a word of a value (the facts are silent).
    pub search_words: SearchWords,
    /// Where `CONTAINS_TOKEN` takes a `*` (the facts are silent).
    pub search_wildcards: SearchWildcards,
    /// How many versions `propertiesWithHistory` returns (facts section 3, count unverified).
    pub history_depth: usize,
    /// Whether a 429 carries `Retry-After` (facts section 6, may or may not be there).
    pub retry_after_on_429: bool,
    /// The body of the 400 beyond 10,000 search results (facts section 5, unverified).
    pub search_cap_body: SearchCapBody,
    /// What archiving unknown ids in a batch answers (facts section 4, unverified).
    pub batch_archive_unknown: BatchArchiveUnknown,
    /// Whether an archived contact's addresses can be used by another one (facts section 8, unverified).
    pub archived_email_reusable: bool,
    /// Whether batches still answer 207 under the path version 2026-09 (facts section 1, unverified).
    pub multi_status_in_2026_09: bool,
    /// What a batch read does with the id of a merged record (the facts are silent).
    pub merged_in_batch_read: MergedInBatchRead,
    /// How a value that another record holds in a unique property is refused (the facts are silent).
    pub unique_conflict: UniqueConflict,
    /// What a step back of `lifecyclestage` does (facts section 8, silence unverified).
    pub lifecycle_backward: LifecycleBackward,
    /// Properties that an administrator requires on create; enforced from path version 2026-09 on (facts section 1).
    pub required_properties: Vec<String>,
    /// How far the search index is behind, in milliseconds of sandbox time.
    pub search_lag_ms: i64,
    /// Stops the search index where it is.
    pub search_index_paused: bool,
    /// The rate limits; none when missing.
    pub rate_limits: Option<RateLimits>,
    /// Real milliseconds the HTTP skin waits before each answer.
    pub pace_ms: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            additional_emails: AdditionalEmails::Overwritten,
            old_primary: OldPrimary::KeptAsAdditional,
            neq_matches_empty: false,
            search_email_matches_additional: true,
            search_words: SearchWords::Both,
            search_wildcards: SearchWildcards::Anywhere,
            history_depth: 20,
            retry_after_on_429: false,
            search_cap_body: SearchCapBody::ValidationError,
            batch_archive_unknown: BatchArchiveUnknown::NoContent,
            archived_email_reusable: true,
            multi_status_in_2026_09: false,
            merged_in_batch_read: MergedInBatchRead::NotFound,
            unique_conflict: UniqueConflict::Conflict,
            lifecycle_backward: LifecycleBackward::Ignored,
            required_properties: Vec::new(),
            search_lag_ms: 0,
            search_index_paused: false,
            rate_limits: None,
            pace_ms: 0,
        }
    }
}

/// What writing `hs_additional_emails` does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AdditionalEmails {
    /// The list becomes what was sent.
    Overwritten,
    /// What was sent is added to the list.
    Appended,
}

/// What becomes of the old primary e-mail when `email` is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OldPrimary {
    /// It joins the additional ones.
    KeptAsAdditional,
    /// It is gone.
    Lost,
}

/// Where `CONTAINS_TOKEN` ends a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SearchWords {
    /// Under either of the rules below, and the whole value is a word as well.
    Both,
    /// At spaces and semicolons; the whole value is a word as well.
    AtSpaces,
    /// At everything that is no letter and no digit.
    AtPunctuation,
}

/// Where `CONTAINS_TOKEN` takes a `*`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SearchWildcards {
    /// Anywhere.
    Anywhere,
    /// Not in front: such a word fits nothing.
    AtEnd,
}

/// The body of the 400 beyond the search cap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SearchCapBody {
    /// The usual JSON error with the category `VALIDATION_ERROR`.
    ValidationError,
    /// JSON with nothing but status and message (trap 32).
    Bare,
}

/// What a batch archive that names unknown ids answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BatchArchiveUnknown {
    /// 204, as if they had been there.
    NoContent,
    /// 207 with one error that lists them.
    MultiStatus,
}

/// What a batch read does with an id that was merged away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MergedInBatchRead {
    /// It counts as unknown.
    NotFound,
    /// The survivor is returned, under its own id.
    Resolved,
}

/// How a duplicate value of a unique property is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UniqueConflict {
    /// 409, as for an e-mail.
    Conflict,
    /// 400 with a validation error.
    Invalid,
}

/// What writing an earlier `lifecyclestage` does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LifecycleBackward {
    /// 200 with the old value.
    Ignored,
    /// 400 with a validation error.
    Refused,
}

/// How many requests are admitted (facts section 6).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RateLimits {
    /// Requests of one app in a window of ten seconds; search does not count.
    pub burst: usize,
    /// Searches of all apps together in one second.
    pub search_per_second: usize,
    /// Requests of the account in a day of its time zone.
    pub daily: u64,
}

impl Default for RateLimits {
    fn default() -> Self {
        Self { burst: 100, search_per_second: 5, daily: 250_000 }
    }
}
