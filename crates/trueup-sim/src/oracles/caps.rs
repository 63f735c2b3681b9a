//! O11 (I-17): a run of whose plan too much would be written, and of which nobody let it pass, writes nothing
//! of that kind.

use std::collections::BTreeMap;

use trueup_core::{
    journal::Event,
    name::{EntityKey, RunId, SystemName},
    setup::Caps,
};

use super::Evidence;

/// What landed although the plan was above a limit.
#[must_use]
pub fn check(evidence: &Evidence<'_>) -> Vec<String> {
    let landed = landed(evidence);
    let caps = evidence.setup.caps();
    let mut broken = Vec::new();
    for (run, plan) in &evidence.opened.plans {
        if evidence.opened.approved.contains(&plan.id) {
            continue;
        }
        for ((system, verb), count) in &plan.changes {
            let base = plan.base.get(system).copied().unwrap_or_default();
            let wrote = landed.get(&(run, system, *verb)).copied().unwrap_or_default();
            if wrote > 0 && is_above(*count, base, verb, caps) {
                broken.push(format!("O11: run {run} wrote {wrote} of {count} {verb}s of {base} in {system}"));
            }
        }
    }
    broken
}

fn is_above(count: usize, base: usize, verb: &str, caps: &Caps) -> bool {
    let (percent, free) = match verb {
        "update" => (caps.updates_percent, caps.free),
        "create" => (caps.creates_percent, caps.free),
        _ => (caps.archives_percent, 0),
    };
    let whole = |count: usize| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
    count > free && whole(count) * 100.0 > percent * whole(base)
}

/// How many records of each verb landed, by the run that planned them.
fn landed<'a>(evidence: &'a Evidence<'_>) -> BTreeMap<(&'a RunId, &'a SystemName, &'static str), usize> {
    let mut records: BTreeMap<(&RunId, &SystemName, &EntityKey), &'static str> = BTreeMap::new();
    for draft in evidence.journal.iter().map(|entry| &entry.draft) {
        let verb = match draft.event {
            Event::Created => "create",
            Event::Archived => "archive",
            Event::Landed => "update",
            _ => continue,
        };
        let place = records.entry((&draft.run, &draft.system, &draft.entity)).or_insert(verb);
        // The fields of a new record land one by one as well.
        if verb != "update" {
            *place = verb;
        }
    }
    let mut counts = BTreeMap::new();
    for ((run, system, _), verb) in records {
        *counts.entry((run, system, verb)).or_default() += 1;
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::{super::support::Case, check};

    #[test]
    fn a_run_above_its_limit_that_wrote_is_found_unless_somebody_let_it_pass() {
        let mut case = Case::with_caps(20);
        case.planned("r1", "p1", "update", 11);
        case.check(check, &[]);
        case.journal_overwrote(0, "city", "Loveland");
        case.check(check, &["O11: run r1 wrote 1 of 11 updates of 20 in crm"]);
        case.opened.approved.insert("p1".into());
        case.check(check, &[]);
    }

    #[test]
    fn a_run_within_its_limit_may_write() {
        let mut case = Case::with_caps(20);
        case.planned("r1", "p1", "update", 10);
        case.journal_overwrote(0, "city", "Loveland");
        case.check(check, &[]);
    }
}
