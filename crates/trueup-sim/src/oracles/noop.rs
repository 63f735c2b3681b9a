//! O5 (I-11): a run after everything had agreed plans nothing, and sends no write. A halt that stops no change tells how
//! things stand, such as a source that is still empty, and may last.

use trueup_core::{name::SystemName, plan::FindingKind};
use trueup_engine::Account;

use super::Evidence;

/// What a run did that had nothing to do, by what it tells of itself and by how many write requests arrived at the
/// systems meanwhile.
#[must_use]
pub fn check(evidence: &Evidence<'_>, account: Option<&Account>, arrived: usize) -> Vec<String> {
    let sent = (arrived > 0).then(|| format!("O5: {arrived} writes arrived from a run with nothing to do"));
    let told = match account {
        None => vec!["O5: a run in peace did not end".to_owned()],
        Some(account) => told(evidence, account),
    };
    sent.into_iter().chain(told).collect()
}

fn told(evidence: &Evidence<'_>, account: &Account) -> Vec<String> {
    let counted = [
        ("sent", account.requests.write),
        ("was overtaken in", account.superseded),
        ("did not do", account.not_done),
        ("left open", account.open),
    ];
    let counted = counted.into_iter().filter(|(_, count)| *count > 0);
    let counted = counted.map(|(what, count)| format!("O5: a run with nothing to do {what} {count} writes"));
    let planned = planned(evidence, account);
    let failed = account.error.iter().map(|error| format!("O5: a run in peace failed: {error}"));
    counted.chain(planned).chain(failed).collect()
}

/// What a run would have written that no finding tells as held.
fn planned(evidence: &Evidence<'_>, account: &Account) -> Vec<String> {
    let held = |system: &SystemName, verb: &str| {
        let told = evidence.memory.findings.values().map(|opened| &opened.item);
        let own = told.filter(|told| told.kind == FindingKind::Held && told.key.system == *system);
        own.filter(|told| told.what.starts_with(&format!("{verb} of "))).count()
    };
    let changes = evidence.opened.plans.get(&account.run).into_iter().flat_map(|plan| &plan.changes);
    let free = changes.filter(|((system, verb), count)| **count > held(system, verb));
    free.map(|((system, verb), count)| {
        format!("O5: a run with nothing to do planned {count} {verb}s in {system}")
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::{super::support::Case, *};

    /// What is said of a run, by its account and by how many writes arrived.
    fn check(account: Option<&Account>, arrived: usize) -> Vec<String> {
        Case::agreeing(1).evidence(|evidence| super::check(evidence, account, arrived))
    }

    fn account(change: impl FnOnce(&mut Account)) -> Account {
        let mut account = Account::begin("r".into(), "run", jiff::Timestamp::UNIX_EPOCH);
        change(&mut account);
        account
    }

    #[test]
    fn a_run_that_wrote_failed_or_never_ended_is_found() {
        assert!(check(Some(&account(|_| {})), 0).is_empty());
        assert_eq!(check(None, 0).len(), 1);
        assert_eq!(check(Some(&account(|_| {})), 2), ["O5: 2 writes arrived from a run with nothing to do"]);
        assert_eq!(check(Some(&account(|one| one.requests.write = 1)), 0).len(), 1);
        assert_eq!(check(Some(&account(|one| one.error = Some("no".into()))), 0).len(), 1);
    }

    #[test]
    fn a_plan_that_is_never_empty_and_never_carried_out_is_found() {
        assert_eq!(check(Some(&account(|one| one.superseded = 1)), 0).len(), 1);
        assert_eq!(check(Some(&account(|one| one.not_done = 1)), 0).len(), 1);
    }

    #[test]
    fn a_change_that_is_planned_is_found_unless_it_is_told_as_held() {
        let mut case = Case::agreeing(1);
        case.planned("r", "p1", "update", 1);
        let run = account(|_| {});
        let check = |case: &Case, expected: &[&str]| {
            case.check(|evidence| super::check(evidence, Some(&run), 0), expected);
        };
        let found = ["O5: a run with nothing to do planned 1 updates in crm"];
        check(&case, &found);
        case.tell("R00001", Some("R00001"), FindingKind::Held, "archive of city held by verbs: it cannot");
        check(&case, &found);
        case.tell("R00001", Some("R00001"), FindingKind::Held, "update of city held by scope: it is outside");
        check(&case, &[]);
    }
}
