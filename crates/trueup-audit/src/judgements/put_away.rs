//! A13: a record that we put away was asked to be: the one of its entity in the source of truth is gone, or we had made
//! it ourselves and it is taken back; and a person let as many archives of that plan and system pass as its run set out
//! to do.

use std::collections::BTreeSet;

use crate::{
    case::{Case, Window, place},
    line::{Change, Intent, Verb},
};

/// Halts that an archive waits behind.
const HALTS: [&str; 2] = ["archives", "too_many_archives"];

pub(super) fn judge(case: &Case<'_>) -> Vec<String> {
    let mut found = Vec::new();
    for change in case.ours().filter(|change| change.verb == Verb::Archive) {
        let Some((intent, _)) = case.asked(change) else { continue };
        if !is_let_pass(case, intent) {
            found.push(format!("{} was put away by us and nobody let it pass", place(change)));
        }
        if !is_asked_for(case, change, intent) {
            found.push(format!("{} was put away by us and nothing asked for it", place(change)));
        }
    }
    found
}

fn is_let_pass(case: &Case<'_>, intent: &Intent) -> bool {
    let count = set_out(case, intent);
    let plans = case.plans.iter().filter(|plan| plan.run == intent.run && plan.seq < intent.seq);
    plans.into_iter().any(|plan| {
        case.approvals.iter().any(|one| {
            one.plan == plan.plan
                && one.system == intent.system
                && one.seq < intent.seq
                && one.max >= count
                && HALTS.contains(&&*one.halt)
        })
    })
}

/// How many records of a system the run of an intent set out to put away.
fn set_out(case: &Case<'_>, intent: &Intent) -> u64 {
    let all = case.stories.values().filter_map(|story| story.intended);
    let own =
        all.filter(|one| one.verb == Verb::Archive && one.run == intent.run && one.system == intent.system);
    let records: BTreeSet<&str> = own.filter_map(|one| one.record.as_deref()).collect();
    u64::try_from(records.len()).unwrap_or(u64::MAX)
}

fn is_asked_for(case: &Case<'_>, change: &Change, intent: &Intent) -> bool {
    let made = case.life(&change.system, &change.record).is_some_and(|life| life.made.ours);
    made || is_gone(case, intent)
}

/// Whether the record of an entity was gone from the source of truth at some time before.
fn is_gone(case: &Case<'_>, intent: &Intent) -> bool {
    let Some(terms) = case.terms else { return false };
    let before = Window { from: 0, to: intent.seq };
    let key = case.systems.get(&*terms.truth).and_then(|system| system.key.as_deref());
    let mut own = case.records(&terms.truth).filter(|(record, life)| match key {
        None => *record == intent.entity,
        Some(key) => life.stood(key, Some(&intent.entity), before),
    });
    own.any(|(_, life)| life.comings(before).any(|(_, there)| !there))
}

#[cfg(test)]
mod tests {
    use super::super::support::Evidence;
    use crate::line::Line;

    #[test]
    fn what_was_taken_back_and_let_pass_is_fine_and_so_is_what_is_gone() {
        Evidence::of_one_archive().check("A13", &[]);
        let mut evidence = Evidence::new();
        evidence.makes("book", "R1", &[]);
        evidence.makes("crm", "1", &[]);
        evidence.puts_away("book", "R1");
        evidence.archives("i1", "crm", "1");
        evidence.check("A13", &[]);
    }

    #[test]
    fn archives_above_what_was_let_pass_are_caught() {
        let two = |max: u64| {
            let mut evidence = Evidence::new();
            evidence.plans("r1", "p1");
            evidence.approves("p1", "crm", "too_many_archives", max);
            for record in ["1", "2"] {
                evidence.creates(&format!("c{record}"), "crm", record, &[]);
                evidence.sends_archive(record, "crm", record);
                evidence.lands(record);
            }
            evidence
        };
        two(2).check("A13", &[]);
        two(1).check("A13", &["crm/1 at 12 was put away by us", "crm/2 at 22 was put away by us"]);
    }

    #[test]
    fn an_archive_that_nobody_let_pass_or_that_nothing_asked_for_is_caught() {
        let mut evidence = Evidence::of_one_archive();
        evidence.lines.retain(|line| !matches!(line, Line::Approval(_)));
        evidence.check("A13", &["crm/1 at 12 was put away by us and nobody let it pass"]);
        let mut evidence = Evidence::new();
        evidence.makes("book", "R1", &[]);
        evidence.makes("crm", "1", &[]);
        evidence.archives("i1", "crm", "1");
        evidence.check("A13", &["crm/1 at 8 was put away by us and nothing asked for it"]);
    }
}
