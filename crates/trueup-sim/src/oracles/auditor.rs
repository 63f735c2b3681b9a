//! O16: an auditor that shares no code with the engine is content with the systems' logs, their final states and the
//! published journal. What it demands stands in `crates/trueup-audit`.

use super::Evidence;
use crate::audit;

/// Everything the auditor says.
#[must_use]
pub fn check(evidence: &Evidence<'_>) -> Vec<String> {
    audit::violations(evidence).iter().map(|violation| format!("O16: {violation}")).collect()
}

#[cfg(test)]
mod tests {
    use super::super::support::Case;

    #[test]
    fn a_write_past_the_gate_a_forged_state_and_an_intent_out_of_nowhere_are_found() {
        let mut case = Case::agreeing(1);
        case.check(super::check, &[]);
        case.engine_sets(0, "city", "Granby");
        let id = case.crm.rows.keys().next().unwrap().clone();
        case.crm.rows.get_mut(&id).unwrap().values.insert("phone".into(), "1".into());
        case.intend(0, "lost");
        case.check(
            super::check,
            &[
                "O16: A2: crm/000001 at 2 was changed by us and no request asked for it",
                "O16: A5: phone of crm/000001 is not what its log says",
                "O16: A11: intent lost ended or is told as open, and was never opened",
            ],
        );
    }
}
