//! The accident: the key of the test portal is swapped for the real one (or the other way round), every
//! id means another person, and a plan made for one account is carried out in the other (I-29).

use super::{changes, stop_all};
use crate::{
    guard::{Facts, MirrorFacts, Objection},
    name::SystemName,
    plan::Plan,
};

pub(super) fn ask(plan: &Plan, facts: &Facts<'_>) -> Vec<Objection> {
    let ask_one = |(system, mirror): (&SystemName, &MirrorFacts<'_>)| {
        let pinned = facts.memory.tenants.get(system).filter(|pinned| **pinned != mirror.tenant)?;
        let what = format!("the credential belongs to {}, but {system} is pinned to {pinned}", mirror.tenant);
        Some(stop_all(system, changes(plan, system, None).count(), what))
    };
    facts.mirrors.iter().filter_map(ask_one).collect()
}
