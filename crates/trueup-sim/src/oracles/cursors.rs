//! O8 (I-13): a cursor never goes back, and an event that was acknowledged is durable.

use super::Evidence;

/// Cursors that went back, and events that were lost.
#[must_use]
pub fn check(evidence: &Evidence<'_>) -> Vec<String> {
    let back = evidence.opened.backward.iter();
    let back =
        back.map(|(system, from, to)| format!("O8: the cursor of {system} went back from {from} to {to}"));
    let lost = evidence.opened.acknowledged.difference(&evidence.opened.events);
    back.chain(lost.map(|event| format!("O8: the event {event} was acknowledged and never stored"))).collect()
}

#[cfg(test)]
mod tests {
    use trueup_core::memory::Note;

    use super::super::support::Case;
    use crate::store::Ledger;

    #[test]
    fn an_event_that_was_acknowledged_and_not_stored_is_found() {
        let mut case = Case::agreeing(1);
        case.opened.events.extend(["crm-1".to_owned()]);
        case.opened.acknowledged.extend(["crm-1".to_owned()]);
        case.check(super::check, &[]);
        case.opened.acknowledged.extend(["crm-2".to_owned()]);
        case.check(super::check, &["O8: the event crm-2"]);
    }

    #[test]
    fn a_cursor_that_goes_back_is_found() {
        let (mut case, ledger) = (Case::agreeing(1), Ledger::default());
        let cursor = |at: &str| [Note::Cursor("crm".into(), at.to_owned())];
        // With and without a fraction: as texts these two stand the wrong way round.
        for at in ["2026-03-01T10:00:00Z", "2026-03-01T10:00:00.5Z"] {
            ledger.enter(case.now, None, &cursor(at));
        }
        case.opened = ledger.opened().clone();
        case.check(super::check, &[]);
        ledger.enter(case.now, None, &cursor("2026-03-01T09:00:00Z"));
        case.opened = ledger.opened().clone();
        case.check(super::check, &["O8: the cursor of crm went back"]);
    }
}
