//! O9 (I-33): every intent that was opened ends, once systems answer again.

use super::Evidence;

/// Intents that never ended, and intents that were forgotten without an end.
#[must_use]
pub fn check(evidence: &Evidence<'_>) -> Vec<String> {
    let open = evidence.memory.intents.values().map(|intent| {
        format!("O9: the {} of {}/{} never ended", intent.change.act.verb(), intent.system(), intent.entity())
    });
    let unsettled = evidence
        .opened
        .intents
        .iter()
        .filter(|(id, settled)| !**settled && !evidence.memory.intents.contains_key(*id));
    open.chain(unsettled.map(|(id, _)| format!("O9: the intent {id} is gone without an end"))).collect()
}

#[cfg(test)]
mod tests {
    use super::{super::support::Case, check};

    #[test]
    fn an_open_and_a_forgotten_intent_are_found() {
        let mut case = Case::agreeing(1);
        case.opened.intents.extend([("done".into(), true)]);
        case.check(check, &[]);
        case.opened.intents.extend([("lost".into(), false)]);
        case.check(check, &["O9: the intent lost is gone"]);
        case.intend(0, "lost");
        case.check(check, &["O9: the update of crm/R00001 never ended"]);
    }
}
