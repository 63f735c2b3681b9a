//! The request log: what arrived, how the sandbox itself classified it, and which records it touched.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

/// Whether a request can change records, as the sandbox sees it (a search is a read although it is a `POST`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// Changes nothing.
    Read,
    /// May change something.
    Write,
}

/// One request as it was received and answered. Headers are left out: they carry the token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogEntry {
    /// Counts from 1 over the life of the portal.
    pub sequence: u64,
    /// Sandbox time of arrival, in milliseconds.
    pub at_ms: i64,
    /// The HTTP method.
    pub method: String,
    /// The path, without the query.
    pub path: String,
    /// The query as sent, without the question mark.
    pub query: String,
    /// The body as text.
    pub body: String,
    /// The status the client got; none when the answer was lost or is still held.
    pub status: Option<u16>,
    /// Read or write.
    pub class: Class,
    /// Record ids (or e-mails and other keys) that the request names, in order.
    pub named: Vec<String>,
    /// Ids of the records that it changed, created, archived or merged, in order of number.
    pub changed: Vec<String>,
    /// Sandbox time at which it took effect; none when it never did.
    pub committed_at_ms: Option<i64>,
    /// The fault that struck it.
    pub fault: Option<String>,
}

/// How many requests the log keeps; a long-lived sandbox forgets the oldest.
const KEPT_MAX: usize = 200_000;

/// The log itself.
#[derive(Debug, Clone, Default)]
pub(crate) struct RequestLog {
    entries: VecDeque<LogEntry>,
    last: u64,
}

impl RequestLog {
    /// Opens an entry and returns its sequence number.
    pub(crate) fn open(&mut self, mut entry: LogEntry) -> u64 {
        self.last += 1;
        entry.sequence = self.last;
        if self.entries.len() == KEPT_MAX {
            self.entries.pop_front();
        }
        self.entries.push_back(entry);
        self.last
    }

    pub(crate) fn entry_mut(&mut self, sequence: u64) -> Option<&mut LogEntry> {
        let first = self.entries.front()?.sequence;
        self.entries.get_mut(usize::try_from(sequence.checked_sub(first)?).ok()?)
    }

    pub(crate) fn entries(&self) -> impl DoubleEndedIterator<Item = &LogEntry> {
        self.entries.iter()
    }
}
