//! What stays open after a run: findings, held changes, conflicts, records that were tried in vain.

use std::collections::{BTreeMap, BTreeSet};

use trueup_core::{
    hint::TouchKey,
    journal::Event,
    memory::{Conflict, FieldKey, LinkKey, Memory, Note},
    merge::Party,
    name::{ClassId, EntityKey, FieldName, RemoteId, RunId, SystemName},
    plan::{Change, FieldConflict, Finding, FindingKey, FindingKind, Held, Plan},
    setup::Setup,
    undo::{is_undo, restores},
};
use trueup_ports::gate::Outcome as ChangeOutcome;

use crate::{create::orphans, lost};

/// The class under which records are told that were tried in vain too often.
const QUEUE: &str = "queue";

/// Findings, held changes and conflicts of a plan, as memory keeps them. A conflict that is still open
/// keeps the run that opened it.
pub(crate) fn open_items(
    setup: &Setup,
    run: &RunId,
    plan: &Plan,
    held: &[Held],
    (memory, elsewhere): (&Memory, Vec<Finding>),
) -> Vec<Note> {
    // An undo looks at no record but its own: what was open elsewhere stays open.
    let undone = memory.findings.values().filter(|_| is_undo(plan)).map(|opened| opened.item.clone());
    let mut items: Vec<Finding> = undone.chain(elsewhere).chain(plan.findings.iter().cloned()).collect();
    items.extend(lost::still_told(setup, memory).cloned());
    items.extend(orphans(setup, memory));
    items.extend(plan.held.iter().chain(held).map(held_item));
    let items: BTreeMap<FindingKey, Finding> =
        items.into_iter().map(|item| (item.key.clone(), item)).collect();
    let items: Vec<Finding> = items.into_values().collect();
    let conflicts = plan.conflicts.iter().map(|conflict| {
        let link = LinkKey { system: conflict.system.clone(), entity: conflict.entity.clone() };
        let key = FieldKey { link, field: conflict.field.clone() };
        let open = memory.conflicts.get(&key).filter(|row| row.closed.is_none());
        let row = Conflict {
            claims: conflict.claims.clone(),
            why: why(conflict).into(),
            opened: open.map_or(run, |row| &row.opened).clone(),
            closed: None,
        };
        Note::Conflict(key, row)
    });
    let mut notes = vec![Note::Findings(run.clone(), items)];
    notes.extend(conflicts);
    notes
}

/// What is open about entities that a look at some records says nothing of, and what was looked for in vain and still
/// stands.
pub(crate) fn kept(
    memory: &Memory,
    focus: Option<&BTreeSet<EntityKey>>,
    stands: impl Fn(&TouchKey) -> bool,
) -> Vec<Finding> {
    let vain = tried_in_vain(memory, stands);
    let Some(focus) = focus else { return vain.collect() };
    let elsewhere = |item: &&Finding| item.entity.as_ref().is_none_or(|entity| !focus.contains(entity));
    let open = memory.findings.values().map(|opened| &opened.item);
    let kept = open.filter(elsewhere).filter(|item| item.key.class.as_str() != QUEUE).cloned();
    kept.chain(vain).collect()
}

/// Records that were looked at in vain too often: seen until somebody says that they changed, never dropped.
fn tried_in_vain(memory: &Memory, stands: impl Fn(&TouchKey) -> bool) -> impl Iterator<Item = Finding> {
    let parked = memory.touches.iter().filter(move |(key, touch)| touch.is_parked() && stands(key));
    parked.map(|(key, touch)| {
        let subject = key.remote.as_ref().map_or("everything", RemoteId::as_str).to_owned();
        Finding {
            key: FindingKey { class: ClassId::new(QUEUE), system: key.system.clone(), subject },
            kind: FindingKind::Finding,
            entity: None,
            remotes: key.remote.clone().into_iter().collect(),
            what: format!(
                "a change of it was tried {} times in vain; whole runs go on looking",
                touch.attempts
            ),
            values: Vec::new(),
            place: String::new(),
        }
    })
}

/// Closes conflicts whose sides were compared and contend no more: the rows stay, with how they ended (I-18). One
/// whose record was not compared, because it is gone or suspended, stands as it did.
pub(crate) fn settled_conflicts(run: &RunId, rested: &BTreeSet<FieldKey>, memory: &Memory) -> Vec<Note> {
    closed_conflicts(rested, &format!("run {run} found it settled"), memory)
}

/// Closes conflicts that a rule decides by now, once what it says has landed: those of the system that was written, and
/// of the mirrors whose word it was.
pub(crate) fn decided_conflicts(run: &RunId, outcomes: &[ChangeOutcome], memory: &Memory) -> Vec<Note> {
    let landed = outcomes.iter().flat_map(|outcome| {
        let own = outcome.fields.iter().filter(|one| one.event == Event::Landed && !restores(&one.class));
        own.flat_map(|one| parties(&outcome.change, &one.field))
    });
    closed_conflicts(&landed.collect(), &format!("run {run} wrote what the policy says"), memory)
}

/// The fields that an edit settles.
fn parties(change: &Change, field: &FieldName) -> Vec<FieldKey> {
    let agreeing =
        change.edits.iter().filter(|edit| edit.field == *field).flat_map(|edit| edit.turn.agreeing());
    let systems = agreeing.map(|one| &one.system).chain([&change.system]);
    let link = |system: &SystemName| LinkKey { system: system.clone(), entity: change.entity.clone() };
    systems.map(|system| FieldKey { link: link(system), field: field.clone() }).collect()
}

fn closed_conflicts(keys: &BTreeSet<FieldKey>, how: &str, memory: &Memory) -> Vec<Note> {
    let over = memory.open_conflicts().filter(|(key, _)| keys.contains(key));
    let closed = over.map(|(key, row)| {
        Note::Conflict(key.clone(), Conflict { closed: Some(how.to_owned()), ..row.clone() })
    });
    closed.collect()
}

fn why(conflict: &FieldConflict) -> &'static str {
    let undone = conflict.claims.iter().any(|claim| claim.party == Party::Journal);
    if undone { "an undo met a newer edit" } else { "both sides moved" }
}

fn held_item(held: &Held) -> Finding {
    let remotes: Vec<RemoteId> = held.change.remote().cloned().into_iter().collect();
    let fields: Vec<&str> = held.change.edits.iter().map(|edit| edit.field.as_str()).collect();
    Finding {
        key: FindingKey {
            class: trueup_core::name::ClassId::new("held"),
            system: held.change.system.clone(),
            subject: held.change.entity.to_string(),
        },
        kind: FindingKind::Held,
        entity: Some(held.change.entity.clone()),
        remotes,
        what: format!(
            "{} of {} held by {}: {}",
            held.change.act.verb(),
            fields.join(", "),
            held.rule,
            held.why
        ),
        values: Vec::new(),
        place: String::new(),
    }
}
