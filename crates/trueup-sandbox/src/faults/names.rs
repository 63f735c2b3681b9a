//! The one list of faults: what each is called, what it means, and what it does when it is asked for by name.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{Alteration, Failure, FaultKind, HoldPoint, Policy};

/// Longer than any answer of the service; a careful client stops reading before.
const PADDED_BYTES: usize = 52 << 20;
/// When a late request lands, unless a test says otherwise.
const LATE_MS: i64 = 3_600_000;
/// How far ahead a `Retry-After` is.
const RETRY_S: u32 = 1;

/// A fault's name, without its parameters. As JSON and in the request log: `fault.hubspot.dropped_after`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "&'static str")]
pub enum FaultName {
    /// A JSON error of a server, and the request was never committed.
    StatusBefore,
    /// The error of a server, although the request was committed.
    StatusAfter,
    /// A gateway's HTML page instead of an answer; never committed.
    HtmlBefore,
    /// The page of a gateway, although the request was committed.
    HtmlAfter,
    /// A status of success and no body; never committed.
    EmptyBefore,
    /// A status of success and no body, although the request was committed.
    EmptyAfter,
    /// 429 with `Retry-After` in seconds; never committed.
    RateLimitedBefore,
    /// 429 with `Retry-After` in seconds, although the request was committed.
    RateLimitedAfter,
    /// 503 with `Retry-After` as a date; never committed.
    RetryAtBefore,
    /// 503 with `Retry-After` as a date, although the request was committed.
    RetryAtAfter,
    /// The connection ends without an answer; never committed.
    DroppedBefore,
    /// The connection ends without an answer, although the request was committed.
    DroppedAfter,
    /// The first half of the JSON answer.
    Truncated,
    /// The right answer, which calls itself HTML.
    HtmlType,
    /// The right answer, followed by more blanks than anybody takes.
    Padded,
    /// The results in the opposite order.
    Reordered,
    /// The first result once more at the end.
    Repeated,
    /// A next page that is the present one again.
    Cursor,
    /// The right answer, compressed although nobody asked for that.
    Gzip,
    /// The answer is lost and the request is committed an hour later.
    Late,
    /// The call waits before it is committed, until a test releases it.
    HeldBefore,
    /// The call waits with its answer, until a test releases it.
    HeldAfter,
    /// A batch is refused as a whole, without a word which row is to blame.
    RefusedBatch,
    /// A batch answers 207 with an error for some rows; by name for its first one.
    RefusedRows,
}

impl FaultName {
    /// Every fault.
    pub const ALL: [Self; 24] = [
        Self::StatusBefore,
        Self::StatusAfter,
        Self::HtmlBefore,
        Self::HtmlAfter,
        Self::EmptyBefore,
        Self::EmptyAfter,
        Self::RateLimitedBefore,
        Self::RateLimitedAfter,
        Self::RetryAtBefore,
        Self::RetryAtAfter,
        Self::DroppedBefore,
        Self::DroppedAfter,
        Self::Truncated,
        Self::HtmlType,
        Self::Padded,
        Self::Reordered,
        Self::Repeated,
        Self::Cursor,
        Self::Gzip,
        Self::Late,
        Self::HeldBefore,
        Self::HeldAfter,
        Self::RefusedBatch,
        Self::RefusedRows,
    ];

    /// Its full name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::StatusBefore => "fault.hubspot.status_before",
            Self::StatusAfter => "fault.hubspot.status_after",
            Self::HtmlBefore => "fault.hubspot.html_before",
            Self::HtmlAfter => "fault.hubspot.html_after",
            Self::EmptyBefore => "fault.hubspot.empty_before",
            Self::EmptyAfter => "fault.hubspot.empty_after",
            Self::RateLimitedBefore => "fault.hubspot.rate_limited_before",
            Self::RateLimitedAfter => "fault.hubspot.rate_limited_after",
            Self::RetryAtBefore => "fault.hubspot.retry_at_before",
            Self::RetryAtAfter => "fault.hubspot.retry_at_after",
            Self::DroppedBefore => "fault.hubspot.dropped_before",
            Self::DroppedAfter => "fault.hubspot.dropped_after",
            Self::Truncated => "fault.hubspot.truncated",
            Self::HtmlType => "fault.hubspot.html_type",
            Self::Padded => "fault.hubspot.padded",
            Self::Reordered => "fault.hubspot.reordered",
            Self::Repeated => "fault.hubspot.repeated",
            Self::Cursor => "fault.hubspot.cursor",
            Self::Gzip => "fault.hubspot.gzip",
            Self::Late => "fault.hubspot.late",
            Self::HeldBefore => "fault.hubspot.held_before",
            Self::HeldAfter => "fault.hubspot.held_after",
            Self::RefusedBatch => "fault.hubspot.refused_batch",
            Self::RefusedRows => "fault.hubspot.refused_rows",
        }
    }

    /// What it does when it is asked for by name.
    #[must_use]
    pub fn kind(self) -> FaultKind {
        match self {
            Self::StatusBefore => FaultKind::FailBefore(status()),
            Self::StatusAfter => FaultKind::FailAfter(status()),
            Self::HtmlBefore => FaultKind::FailBefore(Failure::Html { status: 200 }),
            Self::HtmlAfter => FaultKind::FailAfter(Failure::Html { status: 200 }),
            Self::EmptyBefore => FaultKind::FailBefore(Failure::Empty { status: 200 }),
            Self::EmptyAfter => FaultKind::FailAfter(Failure::Empty { status: 200 }),
            Self::RateLimitedBefore => FaultKind::FailBefore(rate_limited()),
            Self::RateLimitedAfter => FaultKind::FailAfter(rate_limited()),
            Self::RetryAtBefore => FaultKind::FailBefore(retry_at()),
            Self::RetryAtAfter => FaultKind::FailAfter(retry_at()),
            Self::DroppedBefore => FaultKind::FailBefore(Failure::Dropped),
            Self::DroppedAfter => FaultKind::FailAfter(Failure::Dropped),
            Self::Truncated => FaultKind::TruncatedBody,
            Self::HtmlType => FaultKind::Altered(Alteration::HtmlType),
            Self::Padded => FaultKind::Altered(Alteration::Padded { bytes: PADDED_BYTES }),
            Self::Reordered => FaultKind::Altered(Alteration::Reordered),
            Self::Repeated => FaultKind::Altered(Alteration::Repeated),
            Self::Cursor => FaultKind::Altered(Alteration::Cursor { after: "0".into() }),
            Self::Gzip => FaultKind::Altered(Alteration::Gzip),
            Self::Late => FaultKind::Late { delay_ms: LATE_MS },
            Self::HeldBefore => FaultKind::Hold(HoldPoint::BeforeCommit),
            Self::HeldAfter => FaultKind::Hold(HoldPoint::AfterCommit),
            Self::RefusedBatch => FaultKind::RefuseBatch,
            Self::RefusedRows => FaultKind::PartialFailure { ids: Vec::new() },
        }
    }
}

impl FaultKind {
    /// What it is called, whatever its parameters are.
    #[must_use]
    pub const fn name(&self) -> FaultName {
        match self {
            Self::FailBefore(failure) => failure.names().0,
            Self::FailAfter(failure) => failure.names().1,
            Self::TruncatedBody => FaultName::Truncated,
            Self::Altered(Alteration::HtmlType) => FaultName::HtmlType,
            Self::Altered(Alteration::Padded { .. }) => FaultName::Padded,
            Self::Altered(Alteration::Reordered) => FaultName::Reordered,
            Self::Altered(Alteration::Repeated) => FaultName::Repeated,
            Self::Altered(Alteration::Cursor { .. }) => FaultName::Cursor,
            Self::Altered(Alteration::Gzip) => FaultName::Gzip,
            Self::Late { .. } => FaultName::Late,
            Self::Hold(HoldPoint::BeforeCommit) => FaultName::HeldBefore,
            Self::Hold(HoldPoint::AfterCommit) => FaultName::HeldAfter,
            Self::RefuseBatch => FaultName::RefusedBatch,
            Self::PartialFailure { .. } => FaultName::RefusedRows,
        }
    }
}

impl Failure {
    /// What it is called before and after the commit.
    const fn names(&self) -> (FaultName, FaultName) {
        match self {
            Self::Status { .. } => (FaultName::StatusBefore, FaultName::StatusAfter),
            Self::Html { .. } => (FaultName::HtmlBefore, FaultName::HtmlAfter),
            Self::Empty { .. } => (FaultName::EmptyBefore, FaultName::EmptyAfter),
            Self::RateLimited { .. } => (FaultName::RateLimitedBefore, FaultName::RateLimitedAfter),
            Self::RetryAt { .. } => (FaultName::RetryAtBefore, FaultName::RetryAtAfter),
            Self::Dropped => (FaultName::DroppedBefore, FaultName::DroppedAfter),
        }
    }
}

const fn status() -> Failure {
    Failure::Status { status: 503, retry_after_s: None }
}

const fn rate_limited() -> Failure {
    Failure::RateLimited { policy: Policy::TenSecondlyRolling, retry_after_s: Some(RETRY_S) }
}

const fn retry_at() -> Failure {
    Failure::RetryAt { status: 503, delay_s: RETRY_S as i64 }
}

impl From<FaultName> for &'static str {
    fn from(name: FaultName) -> Self {
        name.name()
    }
}

/// A name that no fault has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no fault is called '{0}'; docs/reference/faults.md lists them")]
pub struct UnknownFault(String);

impl FromStr for FaultName {
    type Err = UnknownFault;

    fn from_str(text: &str) -> Result<Self, UnknownFault> {
        let found = Self::ALL.into_iter().find(|one| one.name() == text);
        found.ok_or_else(|| UnknownFault(text.to_owned()))
    }
}

impl TryFrom<String> for FaultName {
    type Error = UnknownFault;

    fn try_from(text: String) -> Result<Self, UnknownFault> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_by_name_has_that_name() {
        for name in FaultName::ALL {
            assert_eq!((name.kind().name(), name.name().parse()), (name, Ok(name)));
        }
        assert!("fault.hubspot.nothing".parse::<FaultName>().is_err());
    }
}
