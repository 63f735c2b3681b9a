//! The accident: a listing stops at page three, or at the 10,000th result, and everything after it
//! "does not exist": it is created a second time here and archived over there. Only a whole listing
//! proves that something is absent; a record that was read can be updated all the same.
//!
//! An open create needs no listing: its key was given out by the app in the same breath, its row in the store
//! forbids a second one, and what it takes back was read by id.

use super::changes;
use crate::{
    guard::{Facts, Objection},
    name::SystemName,
    plan::Plan,
    snapshot::Coverage,
};

pub(super) fn ask(plan: &Plan, facts: &Facts<'_>) -> Vec<Objection> {
    // What was read record by record proves absence as well as a whole listing does.
    let source = facts.canonical_coverage == Coverage::Some;
    let partial = facts.mirrors.iter().filter(|(_, mirror)| source || mirror.coverage == Coverage::Some);
    partial.flat_map(|(system, _)| stops(plan, facts, system, source)).collect()
}

fn stops(plan: &Plan, facts: &Facts<'_>, system: &SystemName, source: bool) -> Vec<Objection> {
    let side = if source { "the source" } else { system.as_str() };
    let unproven = |verb| changes(plan, system, Some(verb)).filter(|one| !facts.memory.is_own_step(one));
    let counted = ["create", "archive"].map(|verb| (verb, unproven(verb).count()));
    let needed = counted.into_iter().filter(|(_, count)| *count > 0);
    needed
        .map(|(verb, count)| Objection::Stop {
            system: system.clone(),
            verb: Some(verb),
            about: None,
            count,
            what: format!("{side} was not listed whole, so nothing in it proves absence"),
        })
        .collect()
}
