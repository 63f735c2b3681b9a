//! An intent with everything that any log says of it.

use super::Window;
use crate::line::{Change, Entry, Event, Failure, Intent, Request};

/// An intent with everything that any log says of it.
#[derive(Debug, Default)]
pub(crate) struct Story<'a> {
    /// What was about to be done, as the journal said first.
    pub(crate) intended: Option<&'a Intent>,
    /// What was said to be sent, each time.
    pub(crate) sendings: Vec<&'a Intent>,
    /// When it ended.
    pub(crate) settled: Option<u64>,
    /// Whether it is told as open at the end.
    pub(crate) open: bool,
    /// What arrived.
    pub(crate) requests: Vec<&'a Request>,
    /// What changed.
    pub(crate) changes: Vec<&'a Change>,
    /// What had no effect.
    pub(crate) failures: Vec<&'a Failure>,
    /// What was told of it.
    pub(crate) entries: Vec<&'a Entry>,
}

impl<'a> Story<'a> {
    /// What was said last to be sent, before a place in the order of things.
    pub(crate) fn sending(&self, before: u64) -> Option<&'a Intent> {
        self.sendings.iter().rev().find(|sending| sending.seq < before).copied()
    }

    /// When whoever sent a request looked at the record: after what was turned away before, and before it was said to
    /// be sent. What is sent again without a word, since the system was busy, goes by the same look.
    pub(crate) fn look(&self, request: &Request) -> Option<Window> {
        let sending = self.sending(request.seq)?;
        let refused = self.requests.iter().rev().find(|other| other.seq < sending.seq);
        let from = refused.map(|other| other.seq).or(self.intended.map(|intent| intent.seq))?;
        Some(Window { from, to: sending.seq })
    }

    /// From when it was said until it ended.
    pub(crate) fn life(&self) -> Window {
        let from = self.intended.map_or(0, |intent| intent.seq);
        Window { from, to: self.settled.unwrap_or(u64::MAX) }
    }

    /// Whether something was told of it.
    pub(crate) fn tells(&self, event: Event) -> bool {
        self.entries.iter().any(|entry| entry.event == event)
    }
}
