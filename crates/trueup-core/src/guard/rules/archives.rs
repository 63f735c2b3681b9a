//! The accident: a clean-up is agreed to with one `--yes` among fifty updates, and with the updates go three
//! people who were still customers. An update can be written back; what is archived is gone from every list
//! and report, and no interface of ours brings it back. So a person says so, in numbers and with a reason,
//! however few they are. Above its caps `too_many_archives` halts instead: one approval is enough.
//!
//! Not asked for: the record that an open create made itself before it was given up. Nobody was ever told that
//! it exists, the store's own row says whose it is, and the gate sends nothing once anybody touched it.

use super::{changes, measure::base, too_many};
use crate::{
    guard::{Facts, Objection},
    name::SystemName,
    plan::Plan,
};

pub(super) fn ask(plan: &Plan, facts: &Facts<'_>) -> Vec<Objection> {
    facts.mirrors.keys().filter_map(|system| of_system(plan, facts, system)).collect()
}

fn of_system(plan: &Plan, facts: &Facts<'_>, system: &SystemName) -> Option<Objection> {
    let asked = changes(plan, system, Some("archive")).filter(|change| !facts.memory.is_own_step(change));
    let count = asked.count();
    let capped = too_many::above_archive_caps(count, base(system, facts), facts.setup.caps()).is_some();
    (count > 0 && !capped).then(|| Objection::Stop {
        system: system.clone(),
        verb: Some("archive"),
        about: None,
        count,
        what: format!("{count} would be archived, and an archive needs a person's word"),
    })
}
