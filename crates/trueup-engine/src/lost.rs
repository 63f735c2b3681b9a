//! Records that left the scope between plan and write: nothing was sent, and a person is told.

use trueup_core::{
    memory::Note,
    name::ClassId,
    plan::{Change, Finding, FindingKey, FindingKind},
};
use trueup_ports::{
    Fence, StoreError,
    gate::{Fate, Outcome},
};

use crate::{Account, Engine};

/// The class under which they are told.
const CLASS: &str = "scope_lost";

impl Engine {
    /// Adds a finding for each record that left the scope under this run's hands.
    pub(crate) async fn tell_lost(
        &self,
        account: &mut Account,
        fence: &Fence,
        outcomes: &[Outcome],
    ) -> Result<(), StoreError> {
        let lost: Vec<Finding> = outcomes.iter().filter_map(finding).collect();
        if lost.is_empty() {
            return Ok(());
        }
        *account.findings.entry(ClassId::new(CLASS)).or_default() += lost.len();
        let memory = self.store.memory(self.setup.pipeline()).await?;
        let mut open: Vec<Finding> = memory.findings.into_values().map(|opened| opened.item).collect();
        open.extend(lost);
        let notes = vec![Note::Findings(account.run.clone(), open)];
        self.store.commit(self.setup.pipeline(), Some(fence), notes).await.map(|_| ())
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
