//! Records that left the scope between plan and write: a person is told, and told until they say that it is fine. The
//! gate makes that durable with the write it is about; here they are counted.

use std::collections::BTreeSet;

use trueup_core::{
    memory::{Choice, Memory},
    name::ClassId,
    plan::{Finding, FindingKey, decided},
    settle::{SCOPE_LOST, lost_key},
    setup::Setup,
};
use trueup_ports::gate::{Fate, Outcome};

use crate::Account;

/// What was told before and nobody has decided about yet.
pub(crate) fn still_told<'a>(setup: &'a Setup, memory: &'a Memory) -> impl Iterator<Item = &'a Finding> {
    let found = memory.findings.values().map(|opened| &opened.item);
    found
        .filter(|item| item.key.class.as_str() == SCOPE_LOST)
        .filter(|item| decided(setup, memory, item) != Some(&Choice::Accept))
}

/// Counts the records that left the scope under this run's hands, with those of earlier runs.
pub(crate) fn count_lost(setup: &Setup, memory: &Memory, account: &mut Account, outcomes: &[Outcome]) {
    let left = |outcome: &&Outcome| matches!(outcome.fate, Fate::ScopeLost | Fate::ScopeRaced);
    let lost: BTreeSet<FindingKey> =
        outcomes.iter().filter(left).map(|outcome| lost_key(&outcome.change)).collect();
    let earlier = still_told(setup, memory).filter(|item| !lost.contains(&item.key)).count();
    if earlier + lost.len() > 0 {
        account.findings.insert(ClassId::new(SCOPE_LOST), earlier + lost.len());
    }
}
