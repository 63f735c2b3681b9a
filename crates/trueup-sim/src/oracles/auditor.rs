//! O16: an auditor that shares no code with the engine is content with the systems' logs, their final states and the
//! published journal. What it demands stands in `crates/trueup-audit`.

use super::Evidence;
use crate::audit;

/// Everything the auditor finds.
#[must_use]
pub fn check(evidence: &Evidence<'_>) -> Vec<String> {
    audit::findings(evidence).iter().map(|finding| format!("O16: {finding}")).collect()
}
