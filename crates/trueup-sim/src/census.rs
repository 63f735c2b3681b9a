//! What must hold after every seed, whatever happened (RELIABILITY.md 2).

use std::collections::{BTreeMap, BTreeSet};

use trueup_core::{
    journal::{Entry, Event},
    link::{Link, LinkState},
    memory::Memory,
    value::Cell,
};

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

/// I-01: every lead of the book has its record, and both agree, or the reason why not is on record.
fn disagreements(evidence: &Evidence<'_>) -> Vec<String> {
    let mut broken = Vec::new();
    for lead in evidence.book.rows.values() {
        let Some(key) = lead.values.get("KEY") else { continue };
        let link = evidence.memory.links.values().find(|link| link.entity.as_str() == key);
        if excused(evidence, key, link) {
            continue;
        }
        let Some(link) = link else {
            broken.push(format!("I-01: {key} has no record and nobody knows"));
            continue;
        };
        let record = evidence.crm.rows.get(evidence.crm.now_called(link.remote.as_str()));
        match record {
            Some(record) if is_ours(&record.values) => broken.extend(differences(key, lead, record)),
            Some(_) if link.state == LinkState::OutOfScope => {}
            None if matches!(link.state, LinkState::Suspect { .. } | LinkState::Tombstone) => {}
            _ => broken.push(format!("I-19: the record of {key} is not ours any more and nobody knows")),
        }
    }
    broken
}

fn differences(key: &str, lead: &Row, record: &Row) -> Vec<String> {
    let differs = |(column, mirrored): &(&str, &str)| {
        digits(lead.values.get(*column)) != digits(record.values.get(*mirrored))
    };
    let columns = [("PHONE", "phone"), ("CITY", "city")].into_iter().filter(differs);
    columns.map(|(_, mirrored)| format!("I-01: {mirrored} of {key} differs and nobody knows")).collect()
}

fn is_ours(values: &BTreeMap<String, String>) -> bool {
    values.get("owner").is_some_and(|owner| owner == OWNER)
}

/// Whether a person is told about a lead: by name, by its record, or among several.
fn excused(evidence: &Evidence<'_>, entity: &str, link: Option<&Link>) -> bool {
    let memory = evidence.memory;
    let now = |id: &str| evidence.crm.now_called(id).to_owned();
    let remote = link.map(|link| now(link.remote.as_str()));
    let told = memory.findings.values().any(|opened| {
        let item = &opened.item;
        item.entity.as_ref().is_some_and(|e| e.as_str() == entity)
            || item.what.split([' ', ',']).any(|word| word == entity)
            || item.remotes.iter().any(|r| Some(now(r.as_str())) == remote)
    });
    told || memory.parked.keys().any(|key| key.link.entity.as_str() == entity)
        || memory.open_conflicts().any(|(key, _)| key.link.entity.as_str() == entity)
}

// Phones are the same in every spelling: compare what is not decoration.
fn digits(text: Option<&String>) -> String {
    let text = text.map_or("", String::as_str);
    let bare: String = text.chars().filter(char::is_ascii_alphanumeric).collect();
    bare.strip_prefix('1').map_or(bare.clone(), str::to_owned)
}

/// I-05: a write that touched a record outside the scope raced with a person, who had just taken it, and
/// that is on record; unless they gave it back before anybody looked.
fn foreign_writes(evidence: &Evidence<'_>) -> Vec<String> {
    let mut broken = Vec::new();
    for (id, before) in evidence.crm.touched.iter().filter(|(_, before)| !is_ours(before)) {
        let Some(row) = evidence.crm.rows.get(evidence.crm.now_called(id)) else { continue };
        let before_merged = evidence.crm.gone.get(id).into_iter().flat_map(|row| &row.history);
        let history: Vec<&Version> = before_merged.chain(&row.history).collect();
        let owners = || history.iter().filter(|version| version.column == "owner");
        if !owners().any(|version| version.value.as_deref() == Some(OWNER)) {
            broken.push(format!("I-05: {id} was never ours and was written"));
        }
        let raced = evidence.journal.iter().map(|entry| &entry.draft).any(|draft| {
            draft.event == Event::ScopeRaced && draft.remote.as_ref().is_some_and(|r| r.as_str() == id)
        });
        let taken = before.get("owner").map(String::as_str);
        let given_back = owners()
            .skip_while(|version| version.value.as_deref() != taken)
            .any(|version| version.value.as_deref() == Some(OWNER));
        if !raced && !given_back {
            broken.push(format!("I-05: {id} was written outside the scope and nobody was told"));
        }
    }
    broken
}
