//! A rule left out on purpose, so that `prove` can show that it notices.

use std::sync::OnceLock;

use crate::guard::Rule;

static PLANTED: OnceLock<Rule> = OnceLock::new();

/// Leaves a rule out of every review of this process. The first call decides; there is no way back.
///
/// Only exists in builds with the feature `planted-defects`, which are never shipped.
pub fn plant(rule: Rule) {
    let _ = PLANTED.set(rule);
}

/// The rule that is left out.
pub(in crate::guard) fn planted_defect() -> Option<Rule> {
    PLANTED.get().copied()
}
