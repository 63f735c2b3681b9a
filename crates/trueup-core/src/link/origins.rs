//! Which records of the source of truth were made after one of a mirror, by the external id they carry.

use std::collections::{BTreeMap, BTreeSet};

use super::Canon;
use crate::{
    memory::Memory,
    name::{ExtId, RemoteId, SystemName},
    plan::{Act, Origin},
    setup::{MirrorSide, Setup},
    snapshot::Snapshot,
};

/// The records that mirrors have and had, by the external id that one made after them carries.
///
/// That id is derived from the record it was made after, so it tells whose copy that is also where no answer to the
/// create ever came, or the state was lost.
pub(super) fn origins(
    setup: &Setup,
    canon: &Canon<'_>,
    tenant: &str,
    mirrors: &[(&MirrorSide, &Snapshot)],
    memory: &Memory,
) -> BTreeMap<usize, Origin> {
    let carriers = carriers(setup, canon);
    if carriers.is_empty() {
        return BTreeMap::new();
    }
    let listed = mirrors.iter().filter(|(side, _)| side.feeds).flat_map(|(side, seen)| {
        seen.records.iter().map(|record| of(&side.side.system, &record.id)).collect::<Vec<_>>()
    });
    let feeds = |system: &SystemName| setup.mirror(system).is_some_and(|side| side.feeds);
    let linked = memory.links.values().filter(|link| feeds(&link.system));
    let linked =
        linked.flat_map(|link| link.aliases.iter().chain([&link.remote]).map(|id| of(&link.system, id)));
    let open = memory.intents.values().filter_map(|intent| match &intent.change.act {
        Act::Create { origin, .. } => origin.clone(),
        Act::Update { .. } | Act::Archive { .. } => None,
    });
    // Most stand in the listing and in a link: each is derived once.
    let all: BTreeSet<Origin> = listed.chain(linked).chain(open).collect();
    let mut found = BTreeMap::new();
    for origin in all {
        let text = ExtId::derive(tenant, setup.entity(), &origin.entity()).to_string();
        found.extend(carriers.get(&text).into_iter().flatten().map(|at| (*at, origin.clone())));
    }
    found
}

fn of(system: &SystemName, remote: &RemoteId) -> Origin {
    Origin { system: system.clone(), remote: remote.clone() }
}

/// Records of the source of truth by the external id they carry.
fn carriers(setup: &Setup, canon: &Canon<'_>) -> BTreeMap<String, Vec<usize>> {
    let mut carriers: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    let column = setup.written_canonical().and_then(|truth| {
        let name = truth.ext_id_column.as_deref()?;
        truth.side.column_named(name)
    });
    let Some(column) = column else { return carriers };
    for (at, record) in canon.records().iter().enumerate() {
        if let Some(text) = record.cell(column).to_text() {
            carriers.entry(text).or_default().push(at);
        }
    }
    carriers
}
