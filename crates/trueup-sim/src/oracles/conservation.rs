//! O7 (I-18, I-19): a conflict that was ever opened stays on record, and every record of a scope is in exactly
//! one bucket.

use trueup_core::plan::Bucket;
use trueup_engine::Account;

use super::Evidence;

/// Conflicts that memory has forgotten.
#[must_use]
pub fn conflicts(evidence: &Evidence<'_>) -> Vec<String> {
    let forgotten =
        evidence.opened.conflicts.iter().filter(|key| !evidence.memory.conflicts.contains_key(key));
    forgotten
        .map(|key| {
            format!("O7: the conflict of {} {}/{} is forgotten", key.field, key.link.system, key.link.entity)
        })
        .collect()
}

/// Records that the last run, in which nothing moved, did not count, or counted twice.
#[must_use]
pub fn records(evidence: &Evidence<'_>, last: Option<&Account>) -> Vec<String> {
    // A look at what changed says nothing of the whole.
    let whole = |account: &&Account| account.error.is_none() && account.command != "delta";
    let Some(account) = last.filter(whole) else { return Vec::new() };
    let inside = account.buckets.iter().filter(|(bucket, _)| **bucket != Bucket::OutOfScope);
    let counted: usize = inside.map(|(_, count)| count).sum();
    let rows = evidence.mirrors.iter().flat_map(|mirror| mirror.table.rows.values());
    let there = rows.filter(|row| row.archived.is_none() && evidence.is_inside(row)).count();
    if counted == there {
        return Vec::new();
    }
    vec![format!("O7: {there} records are in the scopes and {counted} in the buckets")]
}

#[cfg(test)]
mod tests {
    use super::{super::support::Case, *};

    #[test]
    fn a_conflict_that_is_not_remembered_is_found() {
        let mut case = Case::agreeing(1);
        case.conflict(0, "city");
        case.check(conflicts, &[]);
        case.memory.conflicts.clear();
        case.check(conflicts, &["O7: the conflict of city crm/R00001"]);
    }

    #[test]
    fn a_record_that_is_in_no_bucket_is_found() {
        let mut case = Case::agreeing(3);
        let mut account = Account::begin("r".into(), "run", jiff::Timestamp::UNIX_EPOCH);
        account.buckets.extend([(Bucket::InSync, 2), (Bucket::Excluded, 1), (Bucket::OutOfScope, 7)]);
        case.check(|evidence| records(evidence, Some(&account)), &[]);
        case.stranger();
        case.check(|evidence| records(evidence, Some(&account)), &[]);
        case.engine_makes("R00009");
        case.check(|evidence| records(evidence, Some(&account)), &["O7: 4 records"]);
    }
}
