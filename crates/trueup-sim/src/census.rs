//! What must hold after every seed, whatever happened (RELIABILITY.md 2).

use std::collections::{BTreeMap, BTreeSet};

use trueup_core::{journal::Entry, memory::Memory, value::Cell};

use crate::{
    people::PERSON,
    scene::OWNER,
    table::{Row, Table, Version},
};

/// Everything a census looks at: the systems, the journal, and memory.
#[derive(Debug)]
pub struct Evidence<'a> {
    /// The source of truth.
    pub book: &'a Table,
    /// The mirror.
    pub crm: &'a Table,
    /// The whole journal.
    pub journal: &'a [Entry],
    /// What is remembered.
    pub memory: &'a Memory,
    /// How many writes were sent by a run after everything had agreed.
    pub echo: usize,
}

/// Counts everything that must not be; empty when all invariants hold.
#[must_use]
pub fn census(evidence: &Evidence<'_>) -> Vec<String> {
    let mut broken = lost_values(evidence);
    broken.extend(duplicates(evidence.crm));
    broken.extend(disagreements(evidence));
    broken.extend(foreign_writes(evidence));
    if !evidence.memory.intents.is_empty() {
        broken.push(format!("I-33: {} intents never ended", evidence.memory.intents.len()));
    }
    if evidence.echo > 0 {
        broken.push(format!("I-11: a run with nothing to do sent {} writes", evidence.echo));
    }
    broken
}

/// I-02: a value a person wrote into the CRM stands there, in the journal, in a conflict, or was
/// overwritten by a person.
fn lost_values(evidence: &Evidence<'_>) -> Vec<String> {
    let kept = kept_values(evidence);
    let mut broken = Vec::new();
    for (id, row) in &evidence.crm.rows {
        for (at, version) in row.history.iter().enumerate().filter(|(_, v)| v.by == PERSON) {
            let Some(value) = &version.value else { continue };
            let next = next_of(row, at, version);
            let by_engine = next.is_some_and(|next| next.by != PERSON);
            if by_engine && !kept.contains(value) {
                broken.push(format!("I-02: {} of {id} was overwritten and stands nowhere", version.column));
            }
        }
    }
    broken
}

fn next_of<'a>(row: &'a Row, at: usize, version: &Version) -> Option<&'a Version> {
    row.history.iter().skip(at + 1).find(|later| later.column == version.column)
}

fn kept_values(evidence: &Evidence<'_>) -> BTreeSet<String> {
    let journaled = evidence.journal.iter().flat_map(|entry| [&entry.draft.before, &entry.draft.after]);
    let claims =
        evidence.memory.conflicts.values().flat_map(|conflict| &conflict.claims).map(|claim| &claim.cell);
    journaled.chain(claims).filter_map(Cell::to_text).collect()
}

/// I-08: at most one record of one external id, and one created record of one token.
fn duplicates(crm: &Table) -> Vec<String> {
    let mut tokens: BTreeMap<&str, usize> = BTreeMap::new();
    let made_by_us = |row: &&Row| row.history.first().is_some_and(|version| version.by != PERSON);
    for row in crm.rows.values().filter(made_by_us) {
        if let Some(note) = row.history.iter().find(|v| v.column == "note").and_then(|v| v.value.as_deref()) {
            *tokens.entry(note).or_default() += 1;
        }
    }
    let twice = tokens.into_iter().filter(|(_, count)| *count > 1);
    twice.map(|(token, count)| format!("I-08: {count} records were created for {token}")).collect()
}

/// I-01: every linked record in scope agrees, or the reason why not is on record.
fn disagreements(evidence: &Evidence<'_>) -> Vec<String> {
    let mut broken = Vec::new();
    let links = evidence.memory.links.values();
    for link in links {
        let lead = evidence
            .book
            .rows
            .values()
            .find(|row| row.values.get("KEY").is_some_and(|k| k == link.entity.as_str()));
        let record = evidence.crm.rows.get(link.remote.as_str());
        let (Some(lead), Some(record)) = (lead, record) else { continue };
        let ours = record.values.get("owner").is_some_and(|owner| owner == OWNER);
        if !ours || excused(evidence, link.entity.as_str(), link.remote.as_str()) {
            continue;
        }
        for (column, mirrored) in [("PHONE", "phone"), ("CITY", "city")] {
            if digits(lead.values.get(column)) != digits(record.values.get(mirrored)) {
                broken.push(format!("I-01: {mirrored} of {} differs and nobody knows", link.entity));
            }
        }
    }
    broken
}

fn excused(evidence: &Evidence<'_>, entity: &str, remote: &str) -> bool {
    let memory = evidence.memory;
    memory.findings.values().any(|opened| {
        opened.item.entity.as_ref().is_some_and(|e| e.as_str() == entity)
            || opened.item.remotes.iter().any(|r| r.as_str() == remote)
    }) || memory.parked.keys().any(|key| key.link.entity.as_str() == entity)
        || memory.conflicts.keys().any(|key| key.link.entity.as_str() == entity)
}

// Phones are the same in every spelling: compare what is not decoration.
fn digits(text: Option<&String>) -> String {
    let text = text.map_or("", String::as_str);
    let bare: String = text.chars().filter(char::is_ascii_alphanumeric).collect();
    bare.strip_prefix('1').map_or(bare.clone(), str::to_owned)
}

/// I-05: a write that touched a record outside the scope raced with a person, and is on record.
fn foreign_writes(evidence: &Evidence<'_>) -> Vec<String> {
    let mut broken = Vec::new();
    for (id, before) in &evidence.crm.touched {
        let ours = before.get("owner").is_some_and(|owner| owner == OWNER);
        let was_ours = evidence.crm.rows.get(id).is_some_and(|row| {
            row.history.iter().any(|v| v.column == "owner" && v.value.as_deref() == Some(OWNER))
        });
        if !ours && !was_ours {
            broken.push(format!("I-05: {id} was never ours and was written"));
        }
    }
    broken
}
