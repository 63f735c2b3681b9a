//! What creates left behind that only a person can put right: told by each cycle, until it is over.

use trueup_core::{
    create::{Create, Stage},
    memory::{Choice, Memory},
    name::ClassId,
    plan::{Finding, FindingKey, FindingKind, decided},
    setup::Setup,
};

use crate::Account;

/// The class under which they are told.
const CLASS: &str = "orphan";

/// What a person is asked about and has not accepted.
pub(crate) fn orphans(setup: &Setup, memory: &Memory) -> Vec<Finding> {
    let found = memory.open_creates().filter_map(finding);
    found.filter(|item| decided(setup, memory, item) != Some(&Choice::Accept)).collect()
}

/// Counts them in the account of a run.
pub(crate) fn tell_orphans(setup: &Setup, memory: &Memory, account: &mut Account) {
    let told = orphans(setup, memory).len();
    if told > 0 {
        account.findings.insert(ClassId::new(CLASS), told);
    }
}

fn finding(create: &Create) -> Option<Finding> {
    let Stage::Flagged { why, remote, .. } = &create.stage else { return None };
    let subject = create.entity.to_string();
    Some(Finding {
        key: FindingKey { class: ClassId::new(CLASS), system: create.system.clone(), subject },
        kind: FindingKind::Finding,
        entity: Some(create.entity.clone()),
        remotes: remote.clone().into_iter().collect(),
        what: format!("create {}: {why}", create.key),
        values: Vec::new(),
        place: String::new(),
    })
}
