//! What the guard may know, out of what was gathered.

use std::collections::{BTreeMap, BTreeSet};

use trueup_core::{
    drift::reshaped,
    guard::{Column, Facts, MirrorFacts},
    memory::Memory,
    name::SystemName,
    record::Record,
    setup::{MirrorSide, Setup},
};

use crate::{cycle::Systems, gather::Gathered};

/// How a run was asked for, as far as the guard cares.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Warrant {
    /// The person said that this is the first run of this configuration.
    pub first: bool,
    /// A person named the plan by its id or file, or said yes after it was shown.
    pub reviewed: bool,
}

/// Gathers the facts for the guard.
pub(crate) fn facts<'a>(
    setup: &'a Setup,
    memory: &'a Memory,
    systems: &'a Systems,
    canonical: &Gathered,
    mirrors: &BTreeMap<SystemName, Gathered>,
    warrant: Warrant,
) -> Facts<'a> {
    let known = mirrors.iter().filter_map(|(system, gathered)| {
        let target = systems.mirrors.get(system)?;
        let side = setup.mirror(system)?;
        Some((system.clone(), mirror_facts(side, target.card(), gathered, setup)))
    });
    let truth = setup.written_canonical().zip(systems.canonical.target());
    let truth = truth.map(|(side, target)| {
        (side.side.system.clone(), mirror_facts(side, target.card(), canonical, setup))
    });
    Facts {
        setup,
        memory,
        first: warrant.first,
        reviewed: warrant.reviewed,
        canonical_count: canonical.count(memory),
        canonical_coverage: canonical.snapshot.coverage,
        reshaped: reshaped(setup, memory, &canonical.snapshot),
        mirrors: known.chain(truth).collect(),
    }
}

pub(crate) fn mirror_facts<'a>(
    side: &MirrorSide,
    card: &'a trueup_core::card::Card,
    gathered: &Gathered,
    setup: &Setup,
) -> MirrorFacts<'a> {
    let column = |info: &trueup_ports::FieldInfo| Column {
        kind: info.kind.clone(),
        writable: info.writable,
        options: info.options.clone(),
    };
    MirrorFacts {
        card,
        coverage: gathered.snapshot.coverage,
        foreign: gathered.foreign.clone(),
        in_scope: gathered.snapshot.records.iter().map(|record| record.id.clone()).collect(),
        tenant: gathered.inspection.tenant.clone(),
        columns: gathered.inspection.columns.iter().map(|info| (info.name.clone(), column(info))).collect(),
        diversity: diversity(side, &gathered.snapshot.records, setup),
    }
}

/// How many distinct values each field has, counted up to three: enough to tell diverse from uniform.
fn diversity(side: &MirrorSide, records: &[Record], setup: &Setup) -> BTreeMap<String, usize> {
    let count = |column: usize| {
        let mut seen: BTreeSet<String> = BTreeSet::new();
        for text in records.iter().filter_map(|record| record.cell(column).to_text()) {
            seen.insert(text);
            if seen.len() == 3 {
                break;
            }
        }
        seen.len()
    };
    side.side.bindings.iter().map(|b| (setup.field_name(b.field).to_string(), count(b.column))).collect()
}
