//! What the rules may know besides the plan.

use std::collections::BTreeMap;

use crate::{
    card::Card,
    drift::Reshaped,
    memory::Memory,
    name::{RemoteId, SystemName},
    setup::Setup,
    snapshot::Coverage,
};

/// What the rules may know besides the plan.
#[derive(Debug)]
pub struct Facts<'a> {
    /// The configuration.
    pub setup: &'a Setup,
    /// What is remembered.
    pub memory: &'a Memory,
    /// Whether this run was told to be the first of this configuration.
    pub first: bool,
    /// Whether a person named the plan by its id or file, or said yes after it was shown.
    pub reviewed: bool,
    /// How many canonical records were read.
    pub canonical_count: usize,
    /// How much of the canonical side was listed.
    pub canonical_coverage: Coverage,
    /// Fields that mostly read otherwise since the names of the canonical columns changed.
    pub reshaped: Vec<Reshaped>,
    /// Every system that is written, by name: the mirrors, and the source of truth where it is one.
    pub mirrors: BTreeMap<SystemName, MirrorFacts<'a>>,
}

/// What the rules may know of one system that is written.
#[derive(Debug)]
pub struct MirrorFacts<'a> {
    /// Its abilities.
    pub card: &'a Card,
    /// How much of its scope was listed.
    pub coverage: Coverage,
    /// Records that the scoped listing gave although they are outside the scope.
    pub foreign: Vec<RemoteId>,
    /// The ids seen inside the scope.
    pub in_scope: Vec<RemoteId>,
    /// The account we talk to now.
    pub tenant: String,
    /// Its columns by name: type, writable, accepted values (empty: any, or it does not tell).
    pub columns: BTreeMap<String, Column>,
    /// The distinct values each field had in the scope before the plan, counted up to 3.
    pub diversity: BTreeMap<String, usize>,
}

/// One column of a mirror, as the rules see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its type, in the system's words.
    pub kind: String,
    /// Whether it can be written.
    pub writable: bool,
    /// The values it accepts; empty when any, or when the system does not tell.
    pub options: Vec<String>,
}
