//! The accident: a search filter is ignored (a renamed property, an API that drops what it does not
//! know), the listing of "our" records holds everybody's, and the run tidies up the whole portal.
//! A single record from outside proves that the filter failed, so nothing of that look is believed: whatever else it would
//! have changed may rest on it, in other systems as well.

use std::collections::BTreeSet;

use super::{changes, stop_all};
use crate::{
    guard::{Facts, Objection},
    name::{RemoteId, SystemName},
    plan::Plan,
};

pub(super) fn ask(plan: &Plan, facts: &Facts<'_>) -> Vec<Objection> {
    let failed: Vec<(&SystemName, &[RemoteId])> = facts
        .mirrors
        .iter()
        .filter(|(_, mirror)| !mirror.foreign.is_empty())
        .map(|(system, mirror)| (system, mirror.foreign.as_slice()))
        .collect();
    let Some((first, _)) = failed.first() else { return Vec::new() };
    let others: BTreeSet<&SystemName> = plan.changes.iter().map(|change| &change.system).collect();
    let others = others.into_iter().filter(|other| failed.iter().all(|(system, _)| system != other));
    let beside = others.map(|other| {
        let what = format!(
            "the scoped listing of {first} gave records from outside the scope, so nothing is believed"
        );
        stop_all(other, changes(plan, other, None).count(), what)
    });
    failed.iter().map(|(system, foreign)| stopped(system, foreign)).chain(beside).collect()
}

fn stopped(system: &SystemName, foreign: &[RemoteId]) -> Objection {
    let ids: Vec<&str> = foreign.iter().take(3).map(RemoteId::as_str).collect();
    let more = if foreign.len() > ids.len() { ", …" } else { "" };
    let what = format!(
        "the scoped listing gave {} from outside the scope: {}{more}; check the filter and the token's rights",
        records(foreign.len()),
        ids.join(", "),
    );
    stop_all(system, foreign.len(), what)
}

fn records(count: usize) -> String {
    format!("{count} record{}", if count == 1 { "" } else { "s" })
}
