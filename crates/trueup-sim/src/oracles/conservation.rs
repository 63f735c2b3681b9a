//! O7 (I-18, I-19): a conflict that was ever opened stays on record, and every record of a scope is in exactly
//! one bucket.

use trueup_core::{
    memory::{Conflict, FieldKey, LinkKey},
    merge::{Claim, Party},
    name::SystemName,
    plan::Bucket,
    undo::restores,
};
use trueup_engine::Account;

use super::{Evidence, Seen, bare, entries, excuses};
use crate::table::Row;

/// Conflicts that memory has forgotten, and open ones that do not say what the sides hold.
#[must_use]
pub fn conflicts(evidence: &Evidence<'_>) -> Vec<String> {
    let memory = &evidence.memory.conflicts;
    let forgotten = evidence.opened.conflicts.iter().filter(|key| !memory.contains_key(key));
    let forgotten = forgotten.map(|key| (key, "is forgotten"));
    let poor = memory.iter().filter(|(_, row)| row.claims.len() < 2);
    let poor = poor.map(|(key, _)| (key, "names no two sides"));
    // What an undo moves is compared, and closed or told anew, by the run after the next.
    let undone = evidence.journal.iter().any(|entry| entry.draft.class.as_ref().is_some_and(restores));
    let open = memory.iter().filter(|(_, row)| row.closed.is_none() && !undone);
    let stale = open.filter(|(key, row)| is_stale(evidence, key, row));
    let stale = stale.map(|(key, _)| (key, "does not say what the sides hold"));
    let say = |(key, what): (&FieldKey, &str)| {
        format!("O7: the conflict of {} {}/{} {what}", key.field, key.link.system, key.link.entity)
    };
    forgotten.chain(poor).chain(stale).map(say).collect()
}

/// Whether a side of a conflict holds something else by now. One whose record is away, or may be another's as well, is
/// not compared and stands as it did; what an undo met is told once; and what a rule decides by now, and could not be
/// written, is told as parked.
fn is_stale(evidence: &Evidence<'_>, key: &FieldKey, conflict: &Conflict) -> bool {
    let undone = conflict.claims.iter().any(|claim| claim.party == Party::Journal);
    let system = evidence.mirrors.iter().find(|mirror| mirror.name == key.link.system.as_str());
    let entity = key.link.entity.as_str();
    let alone = system.is_some_and(|mirror| excuses::record(evidence, mirror, entity));
    let own = [key.link.system.as_str(), evidence.truth.name].map(SystemName::new);
    let parked = own.into_iter().any(|system| {
        let link = LinkKey { system, entity: key.link.entity.clone() };
        evidence.memory.parked.contains_key(&FieldKey { link, field: key.field.clone() })
    });
    !undone
        && !alone
        && !parked
        && lives(evidence, entity)
        && conflict.claims.iter().any(|claim| holds_another(evidence, key, claim))
}

/// Whether the source of truth has an entity.
fn lives(evidence: &Evidence<'_>, entity: &str) -> bool {
    if evidence.options.scene.is_mutual() {
        return standing(&evidence.truth, entity).is_some();
    }
    evidence.leads().any(|(key, _)| key == entity)
}

fn holds_another(evidence: &Evidence<'_>, key: &FieldKey, claim: &Claim) -> bool {
    let (entity, field) = (key.link.entity.as_str(), key.field.as_str());
    let held = match claim.party {
        Party::Canonical if evidence.options.scene.is_mutual() => standing(&evidence.truth, entity),
        Party::Mirror(at) => evidence.mirrors.get(at).and_then(|mirror| {
            let link = evidence.link(mirror.name, entity)?;
            standing(mirror, link.remote.as_str()).filter(|row| evidence.is_inside(row))
        }),
        Party::Canonical | Party::Journal => None,
    };
    let held = held.and_then(|row| row.values.get(field));
    held.is_some_and(|held| {
        let said = claim.cell.to_text().unwrap_or_default();
        bare(held) != bare(&said) && entries(held).any(|entry| !entries(&said).any(|own| own == entry))
    })
}

/// The row of this very id, if it is there.
fn standing<'a>(system: &Seen<'a>, remote: &str) -> Option<&'a Row> {
    system.table.rows.get(remote).filter(|row| row.archived.is_none())
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
    use crate::people::PERSON;

    #[test]
    fn a_conflict_that_is_not_remembered_is_found() {
        let mut case = Case::agreeing(1);
        case.conflict(0, "city");
        case.check(conflicts, &[]);
        case.memory.conflicts.clear();
        case.check(conflicts, &["O7: the conflict of city crm/R00001"]);
    }

    #[test]
    fn a_conflict_that_names_one_side_or_says_what_a_side_held_once_is_found() {
        let mut case = Case::agreeing(1);
        case.disputed(0, "city", &[(Party::Canonical, "Aspen")]);
        case.check(conflicts, &["O7: the conflict of city crm/R00001 names no two sides"]);
        case.disputed(0, "city", &[(Party::Canonical, "Aspen"), (Party::Mirror(0), "city-1")]);
        case.check(conflicts, &[]);
        case.crm_set(0, "city", "City 2");
        case.check(conflicts, &["O7: the conflict of city crm/R00001 does not say what the sides hold"]);
        case.disputed(0, "city", &[(Party::Journal, "Aspen"), (Party::Mirror(0), "City 1")]);
        case.check(conflicts, &[]);
        case.disputed(0, "city", &[(Party::Canonical, "Aspen"), (Party::Mirror(0), "City 1")]);
        case.crm.archive("000001", true, PERSON, case.now);
        case.check(conflicts, &[]);
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
