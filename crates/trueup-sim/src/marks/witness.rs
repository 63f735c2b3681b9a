//! Who stands beside everything that is made durable, and says which situations occurred.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use trueup_core::{
    journal::Intent,
    memory::{Approval, LinkKey},
    name::{IntentId, RunId, SystemName},
};
use trueup_ports::{Fence, StoreError};

use super::{Mark, links::Known};

/// What occurred in one seed, and what is needed to tell.
#[derive(Clone, Debug, Default)]
pub struct Witness {
    pub(super) marks: BTreeSet<Mark>,
    pub(super) links: BTreeMap<LinkKey, Known>,
    pub(super) intents: BTreeMap<IntentId, Opened>,
    pub(super) events: BTreeSet<String>,
    pub(super) tried: BTreeMap<RunId, BTreeMap<(SystemName, &'static str), Tried>>,
    pub(super) touches: BTreeMap<trueup_core::hint::TouchKey, u64>,
    /// Which process is between marking an intent as sent and settling it.
    pub(super) sending: BTreeMap<IntentId, u32>,
    /// By what people let halts pass.
    pub(super) words: Vec<Approval>,
    holder: Option<(u64, String)>,
    kills: Vec<Timestamp>,
    takeovers: Vec<Timestamp>,
}

/// An intent, as it was opened.
#[derive(Clone, Debug)]
pub(super) struct Opened {
    pub(super) intent: Intent,
    pub(super) sent: bool,
    /// The epoch under which it was settled.
    pub(super) settled: Option<u64>,
}

/// What a run was about to do to a system with one verb, and how far it came.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tried {
    pub(super) planned: usize,
    pub(super) intended: usize,
    pub(super) landed: usize,
}

impl Witness {
    pub(super) fn mark(&mut self, mark: Mark) {
        self.marks.insert(mark);
    }

    /// What occurred so far.
    #[must_use]
    pub const fn marks(&self) -> &BTreeSet<Mark> {
        &self.marks
    }

    /// When engines were killed.
    pub(super) fn kills(&self) -> &[Timestamp] {
        &self.kills
    }

    /// When leases were taken over.
    pub(super) fn takeovers(&self) -> &[Timestamp] {
        &self.takeovers
    }

    /// A process of an engine was killed.
    pub fn killed(&mut self, at: Timestamp, pid: u32) {
        self.kills.push(at);
        if self.sending.values().any(|sender| *sender == pid) {
            self.mark(Mark::KilledMidWrite);
        }
    }

    /// Somebody took or renewed a lease of the pipeline.
    pub fn leased(&mut self, at: Timestamp, fence: &Fence) {
        let holder = (fence.epoch, fence.holder.to_string());
        if fence.taken_over && self.holder.as_ref() != Some(&holder) {
            self.mark(Mark::TakenOver);
            self.takeovers.push(at);
        }
        self.holder = Some(holder);
    }

    /// The lease of a dead holder was ended at once.
    pub fn buried(&mut self) {
        self.mark(Mark::Buried);
    }

    /// A commit was done, and its answer was lost.
    pub fn unanswered(&mut self) {
        self.mark(Mark::Unanswered);
    }

    /// A commit was not done.
    pub fn turned_away(&mut self, error: &StoreError) {
        if matches!(error, StoreError::Fenced) {
            self.mark(Mark::Fenced);
        }
    }

    /// Something was said to the log.
    pub fn heard(&mut self, words: &str) {
        if words.starts_with("what changed cannot be told alone") {
            self.mark(Mark::DeltaFellBack);
        }
    }
}
