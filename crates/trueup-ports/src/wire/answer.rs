//! One answer, and what may be said about it.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Response, StatusCode, header::RETRY_AFTER};
use serde::de::DeserializeOwned;

use super::retry::{Attempt, Class, is_undecided};
use crate::Fault;

/// An answer that says something about this request: any status but those that concern every request.
#[derive(Debug)]
pub struct Answer {
    name: String,
    class: Class,
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

/// How one system words what concerns every request.
#[derive(Clone, Copy, Debug)]
pub struct Dialect {
    /// What the system says, in its own words, for errors; no record's values.
    pub words: fn(&[u8]) -> Option<String>,
    /// Whether the body of a 429 says that waiting does not help, such as a daily limit.
    pub is_final: fn(&[u8]) -> bool,
}

impl Answer {
    pub(super) fn new(name: String, class: Class, response: Response<Bytes>) -> Self {
        let (parts, body) = response.into_parts();
        Self { name, class, status: parts.status, headers: parts.headers, body }
    }

    /// The status.
    #[must_use]
    pub const fn status(&self) -> u16 {
        self.status.as_u16()
    }

    /// Whether the status is one of success. A 207 is: its failures stand in the body.
    #[must_use]
    pub fn is_success(&self) -> bool {
        self.status.is_success()
    }

    /// The body.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// Method and path of the request.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The body as JSON of this shape.
    ///
    /// # Errors
    /// What an answer that cannot be understood means: a read is [`Fault::Unreadable`], a write
    /// [`Fault::Unknown`]. Never the same as an empty answer.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Fault> {
        serde_json::from_slice(&self.body).map_err(|error| {
            let place = format!("line {} column {}", error.line(), error.column());
            self.garbled(&format!(
                "its body is not the json that was expected, at {place} of {} bytes",
                self.body.len()
            ))
        })
    }

    /// The fault of an answer that cannot be understood.
    #[must_use]
    pub fn garbled(&self, why: &str) -> Fault {
        let what = format!("{} answered {}, but {why}", self.name, self.status());
        match self.class {
            Class::Read => Fault::Unreadable(what),
            Class::Write => Fault::Unknown(what),
        }
    }

    /// How long the system wants to be left alone, when it says so in seconds.
    ///
    /// A date is ignored: it would compare two machines' clocks (I-26).
    pub(super) fn retry_after(&self) -> Option<Duration> {
        let text = self.headers.get(RETRY_AFTER)?.to_str().ok()?;
        text.trim().parse().ok().map(Duration::from_secs)
    }

    pub(super) fn attempt(&self) -> Attempt {
        Attempt::Answered { status: self.status(), retry_after: self.retry_after() }
    }

    /// Whether waiting does not help.
    pub(super) fn is_final(&self, dialect: Dialect) -> bool {
        self.status() == 429 && (dialect.is_final)(&self.body)
    }

    /// The answer itself, or the fault that its status is for every request of its class.
    pub(super) fn judged(self, dialect: Dialect) -> Result<Self, Fault> {
        let status = self.status();
        // Only a fault is worded: to look for words is to read the whole body.
        let what = || {
            let words = (dialect.words)(&self.body).map(|words| format!(": {words}")).unwrap_or_default();
            format!("{} answered {status}{words}", self.name)
        };
        match (self.class, status) {
            (_, 401 | 403) => Err(Fault::Denied(what())),
            (_, 429) if (dialect.is_final)(&self.body) => Err(Fault::Denied(what())),
            (_, 429) => Err(Fault::Busy { retry_after: self.retry_after(), what: what() }),
            (Class::Read, _) if is_undecided(status) || status >= 500 => {
                Err(Fault::Busy { retry_after: self.retry_after(), what: what() })
            }
            (Class::Write, _) if is_undecided(status) || status >= 500 => Err(Fault::Unknown(what())),
            (Class::Read, ..=199 | 300..=399) => Err(Fault::Unreadable(what())),
            (Class::Write, ..=199 | 300..=399) => Err(Fault::Unknown(what())),
            _ => Ok(self),
        }
    }
}
