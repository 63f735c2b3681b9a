//! A14: a run changes no more records of a system than its limits say, unless a person let it pass. Shares are of the
//! larger of the linked records and the records of the source of truth, both as the logs tell them.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    case::{Case, Window},
    line::{Caps, Plan, Verb},
};

/// How long before it was carried out the records of a plan were read, at the earliest: counts move meanwhile, and the
/// largest of them is taken.
const READ_MS: i64 = 3_600_000;

pub(super) fn judge(case: &Case<'_>) -> Vec<String> {
    let Some(terms) = case.terms else { return vec!["there are no terms to judge by".to_owned()] };
    let plans: BTreeMap<&str, &Plan> = case.plans.iter().map(|plan| (&*plan.run, *plan)).collect();
    let mut found = Vec::new();
    for ((run, system, verb), records) in changed(case) {
        let Some((percent, halt)) = limit(&terms.caps, verb) else { continue };
        let count = u64::try_from(records.len()).unwrap_or(u64::MAX);
        let Some(plan) = plans.get(run).filter(|_| count > terms.caps.free) else { continue };
        let base = linked(case, system, plan).max(living(case, &terms.truth, plan));
        if is_above(count, percent, base) && !is_let_pass(case, (&plan.plan, system, halt), count) {
            found.push(format!(
                "run {run} did {count} {verb:?}s of {base} in {system} and nobody let it pass"
            ));
        }
    }
    found
}

/// How many records each run changed, and how.
fn changed<'a>(case: &Case<'a>) -> BTreeMap<(&'a str, &'a str, Verb), BTreeSet<&'a str>> {
    let mut changed: BTreeMap<(&str, &str, Verb), BTreeSet<&str>> = BTreeMap::new();
    for change in case.ours() {
        if let Some((intent, _)) = case.asked(change) {
            changed.entry((&intent.run, &change.system, change.verb)).or_default().insert(&change.record);
        }
    }
    changed
}

// Archives wait for a person however few they are.
fn limit(caps: &Caps, verb: Verb) -> Option<(f64, &'static str)> {
    match verb {
        Verb::Create => Some((caps.creates_percent, "too_many_creates")),
        Verb::Update => Some((caps.updates_percent, "too_many_updates")),
        Verb::Archive | Verb::Restore | Verb::Merge => None,
    }
}

#[expect(clippy::cast_precision_loss, reason = "a count of records is far below 2^52")]
fn is_above(count: u64, percent: f64, base: usize) -> bool {
    count as f64 * 100.0 > percent * base as f64
}

fn is_let_pass(case: &Case<'_>, (plan, system, halt): (&str, &str, &str), count: u64) -> bool {
    case.approvals
        .iter()
        .any(|one| one.plan == plan && one.system == system && one.halt == halt && one.max >= count)
}

/// How many entities were linked in a system when a plan was about to be carried out.
fn linked(case: &Case<'_>, system: &str, plan: &Plan) -> usize {
    let mut over: BTreeMap<&str, bool> = BTreeMap::new();
    for link in case.links.iter().filter(|link| link.system == system && link.seq < plan.seq) {
        over.insert(&link.entity, link.over);
    }
    over.values().filter(|over| !**over).count()
}

/// How many records of the source of truth were there, at most, while a plan was made.
fn living(case: &Case<'_>, truth: &str, plan: &Plan) -> usize {
    let before = Window { from: 0, to: plan.seq };
    let there = case.records(truth).filter(|(_, life)| {
        let last = life.comings(before).last();
        last.is_some_and(|(coming, there)| there || coming.at_ms > plan.at_ms - READ_MS)
    });
    there.count()
}

#[cfg(test)]
mod tests {
    use super::super::support::Evidence;

    fn many() -> Evidence {
        let mut evidence = Evidence::new();
        evidence.plans("r1", "p1");
        for at in 1..=12 {
            let (intent, record) = (format!("i{at}"), at.to_string());
            evidence.makes("book", &format!("R{at}"), &[]);
            evidence.makes("crm", &record, &[("city", "Granby")]);
            evidence.updates(&intent, "crm", &record, &[("city", "Granby", "Loveland")]);
        }
        evidence
    }

    #[test]
    fn a_run_within_its_limits_or_that_was_let_pass_is_fine() {
        Evidence::of_one_update().check("A14", &[]);
        let mut evidence = many();
        evidence.approves("p1", "crm", "too_many_updates", 12);
        evidence.check("A14", &[]);
    }

    #[test]
    fn a_run_above_its_limits_is_caught_and_so_is_one_above_what_was_let_pass() {
        many().check("A14", &["run r1 did 12 Updates of 0 in crm"]);
        let mut evidence = many();
        evidence.approves("p1", "crm", "too_many_updates", 11);
        evidence.check("A14", &["run r1 did 12 Updates"]);
    }
}
