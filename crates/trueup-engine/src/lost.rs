//! Records that left the scope between plan and write: a person is told, and told until they say that it
//! is fine. The record itself is out of sight from then on, so no later look would find it again.

use std::collections::BTreeMap;

use trueup_core::{
    memory::{Choice, Memory, Note},
    name::ClassId,
    plan::{Change, Finding, FindingKey, FindingKind, decided},
    setup::Setup,
};
use trueup_ports::{
    Fence, StoreError,
    gate::{Fate, Outcome},
};

use crate::{Account, Engine};

/// The class under which they are told.
const CLASS: &str = "scope_lost";

/// What was told before and nobody has decided about yet.
pub(crate) fn still_told<'a>(setup: &'a Setup, memory: &'a Memory) -> impl Iterator<Item = &'a Finding> {
    let found = memory.findings.values().map(|opened| &opened.item);
    found
        .filter(|item| item.key.class.as_str() == CLASS)
        .filter(|item| decided(setup, memory, item) != Some(&Choice::Accept))
}

impl Engine {
    /// Adds a finding for each record that left the scope under this run's hands, and counts them with
    /// those of earlier runs. `memory` holds the findings as they are; says whether they changed.
    pub(crate) async fn tell_lost(
        &self,
        memory: &Memory,
        account: &mut Account,
        fence: &Fence,
        outcomes: &[Outcome],
    ) -> Result<bool, StoreError> {
        let lost: BTreeMap<FindingKey, Finding> =
            outcomes.iter().filter_map(finding).map(|item| (item.key.clone(), item)).collect();
        let earlier = still_told(&self.setup, memory).filter(|item| !lost.contains_key(&item.key)).count();
        if earlier + lost.len() > 0 {
            account.findings.insert(ClassId::new(CLASS), earlier + lost.len());
        }
        if lost.is_empty() {
            return Ok(false);
        }
        let open = memory.findings.values().map(|opened| opened.item.clone());
        let kept = open.filter(|item| !lost.contains_key(&item.key));
        let all = kept.chain(lost.values().cloned()).collect();
        self.commit(fence, vec![Note::Findings(account.run.clone(), all)]).await?;
        Ok(true)
    }
}

fn finding(outcome: &Outcome) -> Option<Finding> {
    let what = match outcome.fate {
        Fate::ScopeLost => "left the scope between plan and write; nothing was sent",
        Fate::ScopeRaced => "left the scope while a write was under way; the write landed",
        _ => return None,
    };
    let Change { system, entity, .. } = &outcome.change;
    Some(Finding {
        key: FindingKey { class: ClassId::new(CLASS), system: system.clone(), subject: entity.to_string() },
        kind: FindingKind::Finding,
        entity: Some(entity.clone()),
        remotes: outcome.change.remote().cloned().into_iter().collect(),
        what: what.to_owned(),
        values: Vec::new(),
        place: String::new(),
    })
}
