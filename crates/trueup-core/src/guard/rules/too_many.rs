//! The accident: a key column is sorted apart from its rows, a filter loses its condition, a sheet is
//! pasted one column off; every single change looks right and together they are a disaster (I-17).
//! Nobody meant to change a third of all records on a Tuesday; if somebody did, they can approve it.

use super::{
    changes,
    measure::{base, exceeds, share},
};
use crate::{
    guard::{Facts, Objection},
    name::SystemName,
    plan::{Change, Plan},
    planted::{self, Defect},
    setup::Caps,
};

pub(super) fn updates(plan: &Plan, facts: &Facts<'_>) -> Vec<Objection> {
    let caps = facts.setup.caps();
    stop(plan, facts, "update", |count, base| {
        let halts = count > caps.free && exceeds(count, base, caps.updates_percent);
        halts.then(|| format!("{} would be updated", share(count, base, caps.updates_percent)))
    })
}

pub(super) fn creates(plan: &Plan, facts: &Facts<'_>) -> Vec<Objection> {
    let caps = facts.setup.caps();
    stop(plan, facts, "create", |count, base| {
        let halts = count > caps.free && exceeds(count, base, caps.creates_percent);
        halts.then(|| format!("{} would be created", share(count, base, caps.creates_percent)))
    })
}

/// Archives have a limit of their own in numbers: a small share of much is still many people gone.
pub(super) fn archives(plan: &Plan, facts: &Facts<'_>) -> Vec<Objection> {
    let caps = facts.setup.caps();
    stop(plan, facts, "archive", |count, base| above_archive_caps(count, base, caps))
}

/// Why so many archives are too many, if they are.
pub(super) fn above_archive_caps(count: usize, base: usize, caps: &Caps) -> Option<String> {
    if exceeds(count, base, caps.archives_percent) {
        return Some(format!("{} would be archived", share(count, base, caps.archives_percent)));
    }
    (count > caps.archives).then(|| format!("{count} would be archived (limit {})", caps.archives))
}

fn stop(
    plan: &Plan,
    facts: &Facts<'_>,
    verb: &'static str,
    why: impl Fn(usize, usize) -> Option<String>,
) -> Vec<Objection> {
    // An open create takes back what it made itself: that is no clean-up that somebody got wrong.
    let takes_back = |change: &Change| verb == "archive" && facts.memory.is_own_step(change);
    let counted = facts.mirrors.keys().map(|system| {
        (system, changes(plan, system, Some(verb)).filter(|change| !takes_back(change)).count())
    });
    let short = usize::from(planted::is(Defect::CapOffByOne));
    let halt = |(system, count): (&SystemName, usize)| {
        let what = why(count.saturating_sub(short), base(system, facts))?;
        Some(Objection::Stop { system: system.clone(), verb: Some(verb), about: None, count, what })
    };
    counted.filter_map(halt).collect()
}
