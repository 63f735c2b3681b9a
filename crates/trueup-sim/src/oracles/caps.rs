//! O11 (I-17): a run of whose plan too much would be written, and of which nobody let as much pass, writes nothing
//! of that kind.

use std::collections::BTreeMap;

use trueup_core::{
    guard::Rule,
    journal::Event,
    name::{EntityKey, RunId, SystemName},
    setup::Caps,
};

use super::Evidence;
use crate::{
    mishap::Mishap,
    store::{Passed, PlanSeen},
};

/// What landed although the plan was above a limit.
#[must_use]
pub fn check(evidence: &Evidence<'_>) -> Vec<String> {
    let landed = landed(evidence);
    let caps = evidence.setup.caps();
    let mut broken = Vec::new();
    for (run, plan) in &evidence.opened.plans {
        for ((system, verb), count) in &plan.changes {
            let base = plan.base.get(system).copied().unwrap_or_default();
            let wrote = landed.get(&(run, system, *verb)).copied().unwrap_or_default();
            if wrote > 0
                && is_above(*count, base, verb, caps)
                && !rules(verb).iter().any(|rule| is_passed(evidence, plan, system, (*rule, None), *count))
            {
                broken.push(format!("O11: run {run} wrote {wrote} of {count} {verb}s of {base} in {system}"));
            }
        }
        let wrote = |system: &SystemName| landed.contains_key(&(run, system, "update"));
        for system in plan.base.keys().filter(|system| wrote(system)) {
            let what = evidence.options.mishap.and_then(|mishap| at_once(evidence, mishap, plan, system));
            broken.extend(what.map(|what| format!("O11: run {run} {what}")));
        }
    }
    broken
}

/// The rules that halt too many changes of a verb.
const fn rules(verb: &str) -> &'static [Rule] {
    match verb.as_bytes() {
        b"update" => &[Rule::TooManyUpdates],
        b"create" => &[Rule::TooManyCreates],
        // Above its caps the one halts in the place of the other.
        _ => &[Rule::Archives, Rule::TooManyArchives],
    }
}

/// Whether somebody let this very halt of a plan pass for so many records: of this system, by this rule, and about this
/// field.
fn is_passed(
    evidence: &Evidence<'_>,
    plan: &PlanSeen,
    system: &SystemName,
    (rule, field): (Rule, Option<&str>),
    count: usize,
) -> bool {
    let is_it = |passed: &&Passed| {
        let about = passed.about.as_deref().map(|about| about.split('#').next().unwrap_or(about));
        let of_plan = passed.plan == plan.id && passed.system == *system;
        of_plan && passed.halt == rule.name() && about == field && passed.max >= count
    };
    evidence.opened.approved.iter().any(|passed| is_it(&passed))
}

/// What a plan would do to many records at once after a mishap, above a limit of its own.
fn at_once(evidence: &Evidence<'_>, mishap: Mishap, plan: &PlanSeen, system: &SystemName) -> Option<String> {
    let (caps, base) = (evidence.setup.caps(), plan.base.get(system).copied().unwrap_or_default());
    // The most records of a field that nobody let pass.
    let most = |counts: &BTreeMap<(SystemName, String), usize>, rule| {
        let own = counts.iter().filter(|((own, _), _)| own == system);
        let own = own.filter(|((_, field), n)| !is_passed(evidence, plan, system, (rule, Some(field)), **n));
        own.map(|(_, count)| *count).max().unwrap_or_default()
    };
    let emptied = most(&plan.emptied, Rule::Blanking);
    let alike = most(&plan.alike, Rule::SameValueEverywhere);
    let disputed = plan.disputed.get(system).copied().unwrap_or_default();
    match mishap {
        Mishap::Cleared if is_share(emptied, base, caps.blanking_percent) => {
            Some(format!("emptied a field in {emptied} of {base} in {system}"))
        }
        Mishap::DraggedDown if alike > caps.same_value => {
            Some(format!("wrote one value into {alike} records of {system}"))
        }
        Mishap::BothEdited
            if disputed > caps.free
                && is_share(disputed, base, caps.conflicts_percent)
                && !is_passed(evidence, plan, system, (Rule::TooManyConflicts, None), disputed) =>
        {
            Some(format!("wrote to {system} although {disputed} of {base} are in conflict"))
        }
        _ => None,
    }
}

fn is_share(count: usize, base: usize, percent: f64) -> bool {
    let whole = |count: usize| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
    whole(count) * 100.0 > percent * whole(base)
}

fn is_above(count: usize, base: usize, verb: &str, caps: &Caps) -> bool {
    let (percent, free) = match verb {
        "update" => (caps.updates_percent, caps.free),
        "create" => (caps.creates_percent, caps.free),
        // However few: an archive needs a person's word.
        _ => return count > 0,
    };
    count > free && is_share(count, base, percent)
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
    use super::{super::support::Case, Mishap, check};

    #[test]
    fn a_run_above_its_limit_that_wrote_is_found_unless_somebody_let_it_pass() {
        let mut case = Case::with_caps(20);
        case.planned("r1", "p1", "update", 11);
        case.check(check, &[]);
        case.journal_overwrote(0, "city", "Loveland");
        case.check(check, &["O11: run r1 wrote 1 of 11 updates of 20 in crm"]);
        let found = &["O11: run r1 wrote 1 of 11 updates of 20 in crm"];
        for (plan, system, halt) in [
            ("p2", "crm", "too_many_updates"),
            ("p1", "desk", "too_many_updates"),
            ("p1", "crm", "too_many_creates"),
        ] {
            case.passed(plan, system, halt, None);
            case.check(check, found);
        }
        case.passed("p1", "crm", "too_many_updates", None);
        case.check(check, &[]);
    }

    #[test]
    fn a_run_that_did_more_than_somebody_let_pass_is_found() {
        for (verb, halt) in [("update", "too_many_updates"), ("archive", "archives")] {
            let mut case = Case::with_caps(20);
            case.planned("r1", "p1", verb, 11);
            match verb {
                "update" => case.journal_overwrote(0, "city", "Loveland"),
                _ => case.journal_archived("r1", 0),
            }
            case.passed_up_to(10, "p1", halt);
            case.check(check, &[&format!("O11: run r1 wrote 1 of 11 {verb}s of 20 in crm")]);
            case.passed_up_to(11, "p1", halt);
            case.check(check, &[]);
        }
    }

    #[test]
    fn a_run_within_its_limit_may_write() {
        let mut case = Case::with_caps(20);
        case.planned("r1", "p1", "update", 10);
        case.journal_overwrote(0, "city", "Loveland");
        case.check(check, &[]);
    }

    #[test]
    fn a_run_that_did_the_same_to_many_records_at_once_is_found() {
        let mut case = Case::with_caps(20);
        case.options.mishap = Some(Mishap::Cleared);
        case.planned("r1", "p1", "update", 10);
        case.journal_overwrote(0, "city", "Loveland");
        let place = || ("crm".into(), "city".to_owned());
        let plan = case.opened.plans.get_mut(&"r1".into()).unwrap();
        plan.emptied.insert(place(), 2);
        case.check(check, &["O11: run r1 emptied a field in 2 of 20"]);
        case.passed("p1", "crm", "blanking", Some("phone"));
        case.check(check, &["O11: run r1 emptied a field in 2 of 20"]);
        case.passed("p1", "crm", "blanking", Some("city"));
        case.check(check, &[]);
        case.options.mishap = Some(Mishap::DraggedDown);
        let plan = case.opened.plans.get_mut(&"r1".into()).unwrap();
        plan.alike.insert(place(), 21);
        case.check(check, &["O11: run r1 wrote one value into 21"]);
        case.options.mishap = Some(Mishap::BothEdited);
        let plan = case.opened.plans.get_mut(&"r1".into()).unwrap();
        plan.disputed.insert("crm".into(), 11);
        case.check(check, &["O11: run r1 wrote to crm although 11 of 20"]);
        case.passed("p1", "crm", "too_many_conflicts", None);
        case.check(check, &[]);
    }
}
