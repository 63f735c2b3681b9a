//! What a cycle came to, in the order in which the figures are read.

use std::collections::BTreeMap;

use serde::Serialize;
use trueup_core::{
    name::ClassId,
    plan::{Bucket, Requests},
};
use trueup_engine::Account;

/// The whole demonstration as one JSON object.
#[derive(Debug, Serialize)]
pub(crate) struct Outcome {
    schema: &'static str,
    /// Each cycle.
    pub(crate) cycles: Vec<Figures>,
    /// Whether records of others are the same to the byte, and no write named one.
    pub(crate) foreign_records_unchanged: bool,
}

/// One cycle.
#[derive(Debug, Serialize)]
pub(crate) struct Figures {
    changes: Changes,
    classes: BTreeMap<ClassId, usize>,
    findings: BTreeMap<ClassId, usize>,
    conflicts: usize,
    parked: usize,
    held: usize,
    buckets: BTreeMap<Bucket, usize>,
    requests: Requests,
    planned_requests: Requests,
}

#[derive(Debug, Serialize)]
struct Changes {
    update: usize,
    create: usize,
    archive: usize,
}

impl Outcome {
    /// The outcome of these cycles.
    pub(crate) const fn new(cycles: Vec<Figures>, foreign_records_unchanged: bool) -> Self {
        Self { schema: "trueup.demo/v1", cycles, foreign_records_unchanged }
    }

    /// One JSON object, its fields in the order in which they are read.
    pub(crate) fn json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// The figures side by side, one line a cycle.
    pub(crate) fn table(&self) -> String {
        let head = "cycle  updated  created  findings  parked  held  reads  writes".to_owned();
        let line = |(at, one): (usize, &Figures)| {
            let findings: usize = one.findings.values().sum();
            let (changes, sent) = (&one.changes, one.requests);
            format!(
                "{at:>5}  {:>7}  {:>7}  {findings:>8}  {:>6}  {:>4}  {:>5}  {:>6}",
                changes.update, changes.create, one.parked, one.held, sent.read, sent.write
            )
        };
        let lines = (1..).zip(&self.cycles).map(line);
        [head].into_iter().chain(lines).collect::<Vec<_>>().join("\n")
    }
}

impl Figures {
    /// The figures of a run.
    pub(crate) fn of(account: &Account) -> Self {
        let verb = |verb: &str| account.changes.get(verb).copied().unwrap_or_default();
        Self {
            changes: Changes { update: verb("update"), create: verb("create"), archive: verb("archive") },
            classes: account.classes.clone(),
            findings: account.findings.clone(),
            conflicts: account.conflicts,
            parked: account.parked,
            held: account.held,
            buckets: account.buckets.clone(),
            requests: account.requests,
            planned_requests: account.planned_requests,
        }
    }
}
