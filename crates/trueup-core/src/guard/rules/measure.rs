//! What shares are measured against.

use super::super::Facts;
use crate::{link::LinkState, name::SystemName};

/// The larger of the linked records of a system and the canonical records.
///
/// Of the two the larger is right: a state store that was lost has no links, and a source that was
/// emptied has no records; neither may turn a handful of changes into "all of them", or all of them
/// into a handful (RELIABILITY.md 6.8).
pub(in crate::guard) fn base(system: &SystemName, facts: &Facts<'_>) -> usize {
    linked(system, facts).max(facts.canonical_count)
}

/// How many records of a system are linked; what is gone for good does not count.
pub(super) fn linked(system: &SystemName, facts: &Facts<'_>) -> usize {
    let links = facts.memory.links.values();
    links.filter(|link| link.system == *system && link.state != LinkState::Tombstone).count()
}

/// Whether a count is more than a share; exactly the share is not more.
pub(super) fn exceeds(count: usize, base: usize, percent: f64) -> bool {
    float(count) * 100.0 > percent * float(base)
}

/// A count as messages show it: `31 of 100 (31.0 %, limit 30 %)`.
pub(super) fn share(count: usize, base: usize, percent: f64) -> String {
    let part = if base == 0 { 100.0 } else { float(count) * 100.0 / float(base) };
    format!("{count} of {base} ({part:.1} %, limit {percent} %)")
}

#[expect(clippy::cast_precision_loss, reason = "a count of records is far below 2^52")]
const fn float(count: usize) -> f64 {
    count as f64
}
