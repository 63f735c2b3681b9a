//! O7 (I-18, I-19): a conflict that was ever opened stays on record, and every record of a scope is in exactly
//! one bucket.

use std::collections::{BTreeMap, BTreeSet};

use trueup_core::{
    link::{Link, LinkState},
    memory::{Conflict, FieldKey, LinkKey},
    merge::{Claim, Party},
    name::SystemName,
    plan::{Bucket, together},
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
    let open = memory.iter().filter(|(_, row)| row.closed.is_none());
    let stale = open.filter(|(key, row)| !is_undone(evidence, key) && is_stale(evidence, key, row));
    let stale = stale.map(|(key, _)| (key, "does not say what the sides hold"));
    let say = |(key, what): (&FieldKey, &str)| {
        format!("O7: the conflict of {} {}/{} {what}", key.field, key.link.system, key.link.entity)
    };
    forgotten.chain(poor).chain(stale).map(say).collect()
}

/// Whether an undo moved the field in any copy: that is compared, and closed or told anew, by the run after the next.
fn is_undone(evidence: &Evidence<'_>, key: &FieldKey) -> bool {
    let drafts = evidence.journal.iter().map(|entry| &entry.draft);
    let mut undone = drafts.filter(|draft| draft.class.as_ref().is_some_and(restores));
    undone.any(|draft| draft.entity == key.link.entity && draft.field.as_ref() == Some(&key.field))
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

/// Records that a run in peace did not count, or counted twice.
#[must_use]
pub fn records(evidence: &Evidence<'_>, account: Option<&Account>) -> Vec<String> {
    let Some(account) = account.filter(|account| is_whole(account)) else { return Vec::new() };
    let mut broken: Vec<String> =
        evidence.mirrors.iter().filter_map(|mirror| lost(evidence, mirror, account)).collect();
    if account.buckets != together(&account.buckets_by_system) {
        broken.push("O7: the buckets of the mirrors do not add up to those of all".to_owned());
    }
    broken
}

/// Whether a run says something of the whole, as a look at what changed does not.
fn is_whole(account: &Account) -> bool {
    account.error.is_none() && account.command != "delta"
}

/// How many records of a mirror are in a bucket.
fn counted(account: &Account, mirror: &Seen<'_>, bucket: Bucket) -> usize {
    let own = account.buckets_by_system.get(&SystemName::new(mirror.name));
    own.and_then(|own| own.get(&bucket)).copied().unwrap_or_default()
}

fn lost(evidence: &Evidence<'_>, mirror: &Seen<'_>, account: &Account) -> Option<String> {
    let inside = Bucket::ALL.into_iter().filter(|bucket| *bucket != Bucket::OutOfScope);
    let counted: usize = inside.map(|bucket| counted(account, mirror, bucket)).sum();
    let there = mirror.living().filter(|(_, row)| evidence.is_inside(row)).count();
    let name = mirror.name;
    (counted != there)
        .then(|| format!("O7: {there} records are in the scope of {name} and {counted} in its buckets"))
}

/// What the last run, in which nothing moved, counted otherwise than memory has it.
#[must_use]
pub fn classes(evidence: &Evidence<'_>, last: Option<&Account>) -> Vec<String> {
    let Some(account) = last.filter(|account| is_whole(account)) else { return Vec::new() };
    evidence.mirrors.iter().flat_map(|mirror| of_mirror(evidence, mirror, account)).collect()
}

/// What memory says of the records of a scope: how many there are of each sort.
#[derive(Default)]
struct Known {
    /// Of somebody who is there, with an open conflict.
    disputed: usize,
    /// Of somebody who is there, with something that was refused.
    parked: usize,
    /// Linked as being there, with neither of its own; what an undo met is no conflict of what the sides say.
    quiet: usize,
    /// Linked as being there, with nothing told of them or of whom they are of.
    clean: usize,
}

fn of_mirror(evidence: &Evidence<'_>, mirror: &Seen<'_>, account: &Account) -> Vec<String> {
    let known = known(evidence, mirror);
    let counted = |bucket| counted(account, mirror, bucket);
    let name = mirror.name;
    let mut broken = Vec::new();
    for (bucket, most, what) in [
        (Bucket::Conflict, known.disputed, "in conflict"),
        (Bucket::Failed, known.parked, "refused"),
        (Bucket::InSync, known.quiet, "in agreement"),
    ] {
        let counted = counted(bucket);
        if counted > most {
            broken.push(format!("O7: {counted} records of {name} are counted as {what} and {most} can be"));
        }
    }
    let agree = counted(Bucket::InSync);
    if agree < known.clean {
        let clean = known.clean;
        broken.push(format!("O7: {agree} records of {name} are counted as in agreement and {clean} must be"));
    }
    broken
}

fn known(evidence: &Evidence<'_>, mirror: &Seen<'_>) -> Known {
    let (links, memory) = (links(evidence, mirror), evidence.memory);
    let open = || memory.conflicts.iter().filter(|(_, row)| row.closed.is_none());
    let disputed: BTreeSet<&LinkKey> = open().map(|(key, _)| &key.link).collect();
    // What an undo met is told until the sides agree, and is no difference that a run would have to count.
    let apart = open().filter(|(_, row)| !row.claims.iter().any(|claim| claim.party == Party::Journal));
    let apart: BTreeSet<&LinkKey> = apart.map(|(key, _)| &key.link).collect();
    let parked: BTreeSet<&LinkKey> = memory.parked.keys().map(|key| &key.link).collect();
    let mut known = Known::default();
    for (id, _) in mirror.living().filter(|(_, row)| evidence.is_inside(row)) {
        let own = links.get(id.as_str()).map_or(&[][..], Vec::as_slice);
        let any = |keys: &BTreeSet<&LinkKey>| own.iter().any(|(key, _)| keys.contains(key));
        let active = own.iter().any(|(_, link)| link.state == LinkState::Active);
        let clean = matches!(own, [(key, _)] if is_clean(evidence, mirror, key.entity.as_str()));
        known.disputed += usize::from(any(&disputed));
        known.parked += usize::from(any(&parked));
        // What people made of two records agrees with one of them, whatever is open of the other, who has it no more.
        let is_quiet = |key: &LinkKey| !apart.contains(key) && !parked.contains(key);
        let quiet = own.iter().any(|(key, link)| link.state == LinkState::Active && is_quiet(key));
        known.quiet += usize::from(quiet);
        known.clean += usize::from(active && clean);
    }
    known
}

/// The links of the entities that are there, by what their records are called by now.
fn links<'a>(
    evidence: &'a Evidence<'_>,
    mirror: &Seen<'a>,
) -> BTreeMap<&'a str, Vec<(&'a LinkKey, &'a Link)>> {
    let lives: BTreeSet<&str> = if evidence.options.scene.is_mutual() {
        evidence.truth.living().map(|(id, _)| id.as_str()).collect()
    } else {
        evidence.leads().map(|(key, _)| key).collect()
    };
    let mut links: BTreeMap<&str, Vec<_>> = BTreeMap::new();
    let own = evidence.memory.links.iter().filter(|(key, _)| key.system.as_str() == mirror.name);
    for (key, link) in own.filter(|(key, _)| lives.contains(key.entity.as_str())) {
        links.entry(mirror.table.now_called(link.remote.as_str())).or_default().push((key, link));
    }
    links
}

/// Whether nothing at all is told of an entity and its record.
fn is_clean(evidence: &Evidence<'_>, mirror: &Seen<'_>, entity: &str) -> bool {
    !excuses::record(evidence, mirror, entity)
        && evidence.fields(mirror.name).all(|field| !excuses::field(evidence, mirror, entity, field))
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

    /// A run that counted so many records of the mirror in each bucket.
    fn account(counts: &[(Bucket, usize)]) -> Account {
        let mut account = Account::begin("r".into(), "run", jiff::Timestamp::UNIX_EPOCH);
        account.buckets_by_system.insert("crm".into(), counts.iter().copied().collect());
        account.buckets = together(&account.buckets_by_system);
        account
    }

    #[test]
    fn a_record_that_is_in_no_bucket_is_found() {
        let mut case = Case::agreeing(3);
        let mut account = account(&[(Bucket::InSync, 2), (Bucket::Excluded, 1), (Bucket::OutOfScope, 7)]);
        case.check(|evidence| records(evidence, Some(&account)), &[]);
        case.stranger();
        case.check(|evidence| records(evidence, Some(&account)), &[]);
        case.engine_makes("R00009");
        let lost = "O7: 4 records are in the scope of crm and 3 in its buckets";
        case.check(|evidence| records(evidence, Some(&account)), &[lost]);
        // What another mirror has too many is no excuse.
        account.buckets_by_system.insert("desk".into(), [(Bucket::InSync, 1)].into());
        case.check(|evidence| records(evidence, Some(&account)), &[lost, "O7: the buckets of the mirrors"]);
        account.command = "delta".into();
        case.check(|evidence| records(evidence, Some(&account)), &[]);
    }

    /// What is said of a run that counted these buckets.
    #[track_caller]
    fn check_classes(case: &Case, counts: &[(Bucket, usize)], expected: &[&str]) {
        let account = account(counts);
        case.check(|evidence| classes(evidence, Some(&account)), expected);
    }

    #[test]
    fn a_bucket_that_memory_does_not_bear_out_is_found() {
        let mut case = Case::agreeing(3);
        check_classes(&case, &[(Bucket::InSync, 3)], &[]);
        let fewer = "O7: 2 records of crm are counted as in agreement and 3 must be";
        check_classes(&case, &[(Bucket::InSync, 2), (Bucket::Excluded, 1)], &[fewer]);
        let unknown = "O7: 1 records of crm are counted as in conflict and 0 can be";
        check_classes(&case, &[(Bucket::InSync, 2), (Bucket::Conflict, 1)], &[unknown, fewer]);
        let refused = "O7: 1 records of crm are counted as refused and 0 can be";
        check_classes(&case, &[(Bucket::InSync, 2), (Bucket::Failed, 1)], &[refused, fewer]);
        case.conflict(0, "city");
        check_classes(&case, &[(Bucket::InSync, 2), (Bucket::Conflict, 1)], &[]);
        let more = "O7: 3 records of crm are counted as in agreement and 2 can be";
        check_classes(&case, &[(Bucket::InSync, 3)], &[more]);
    }

    #[test]
    fn what_an_undo_met_and_what_is_of_nobody_who_is_there_is_no_conflict_of_a_record() {
        let mut case = Case::agreeing(2);
        case.disputed(0, "city", &[(Party::Journal, "Aspen"), (Party::Mirror(0), "City 1")]);
        check_classes(&case, &[(Bucket::InSync, 2)], &[]);
        check_classes(&case, &[(Bucket::InSync, 1), (Bucket::Conflict, 1)], &[]);
        case.conflict(0, "city");
        case.book.archive("000001", true, PERSON, case.now);
        let none = "O7: 1 records of crm are counted as in conflict and 0 can be";
        check_classes(&case, &[(Bucket::InSync, 1), (Bucket::Conflict, 1)], &[none]);
        check_classes(&case, &[(Bucket::InSync, 1), (Bucket::Excluded, 1)], &[]);
    }

    #[test]
    fn what_people_made_of_two_records_agrees_whatever_is_open_of_who_has_it_no_more() {
        let mut case = Case::agreeing(2);
        case.crm_merges(0, 1);
        case.conflict(1, "city");
        let more = "O7: 1 records of crm are counted as in agreement and 0 can be";
        case.link_is("R00002", LinkState::Tombstone);
        check_classes(&case, &[(Bucket::InSync, 1)], &[]);
        case.link_is("R00001", LinkState::Tombstone);
        check_classes(&case, &[(Bucket::InSync, 1)], &[more]);
    }
}
