//! The rules. One file each; each opens with the accident it exists for.

mod archives;
mod authority;
mod blanking;
mod config_changed;
mod emptied_source;
mod foreign_record;
mod immutable;
mod incomplete_listing;
mod measure;
mod representable;
mod required;
mod same_value_everywhere;
mod schema_moved;
mod scope;
mod tenant_changed;
mod too_many;
mod too_many_conflicts;
mod verbs;

pub(super) use measure::base;

use super::{Facts, Objection, Rule};
use crate::{
    name::SystemName,
    plan::{Change, Plan},
};

/// Asks one rule about a whole plan. A rule sees every change, also those another rule holds, so the
/// order in which rules are asked tells nothing.
pub(crate) fn ask(rule: Rule, plan: &Plan, facts: &Facts<'_>) -> Vec<Objection> {
    match rule {
        Rule::ForeignRecord => foreign_record::ask(plan, facts),
        Rule::Scope => scope::ask(plan, facts),
        Rule::Immutable => immutable::ask(plan, facts),
        Rule::Authority => authority::ask(plan, facts),
        Rule::Verbs => verbs::ask(plan, facts),
        Rule::Required => required::ask(plan, facts),
        Rule::Representable => representable::ask(plan, facts),
        Rule::TooManyUpdates => too_many::updates(plan, facts),
        Rule::TooManyCreates => too_many::creates(plan, facts),
        Rule::TooManyArchives => too_many::archives(plan, facts),
        Rule::Archives => archives::ask(plan, facts),
        Rule::Blanking => blanking::ask(plan, facts),
        Rule::SameValueEverywhere => same_value_everywhere::ask(plan, facts),
        Rule::EmptiedSource => emptied_source::ask(facts),
        Rule::IncompleteListing => incomplete_listing::ask(plan, facts),
        Rule::SchemaMoved => schema_moved::ask(plan, facts),
        Rule::TenantChanged => tenant_changed::ask(plan, facts),
        Rule::ConfigChanged => config_changed::ask(plan, facts),
        Rule::TooManyConflicts => too_many_conflicts::ask(plan, facts),
    }
}

/// Holds every change for which the question has an answer.
fn hold(plan: &Plan, mut why: impl FnMut(&Change) -> Option<String>) -> Vec<Objection> {
    let held = plan.changes.iter().enumerate();
    held.filter_map(|(change, planned)| why(planned).map(|why| Objection::Hold { change, why })).collect()
}

/// The changes of one system, or of one verb of it.
fn changes<'a>(
    plan: &'a Plan,
    system: &'a SystemName,
    verb: Option<&'a str>,
) -> impl Iterator<Item = &'a Change> {
    let fits =
        move |change: &&Change| change.system == *system && verb.is_none_or(|verb| change.act.verb() == verb);
    plan.changes.iter().filter(fits)
}

/// Every verb of one system.
fn stop_all(system: &SystemName, count: usize, what: String) -> Objection {
    Objection::Stop { system: system.clone(), verb: None, about: None, count, what }
}
