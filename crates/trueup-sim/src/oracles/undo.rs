//! O10 (I-20, I-30): the journal's chain holds; what was taken back is as it was, unless somebody changed it since.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use trueup_core::{
    journal::{Draft, Event},
    memory::{FieldKey, LinkKey},
    name::{EntityKey, FieldName, RemoteId, RunId},
    plan::{Act, Change, Edit, Plan},
    undo::restores,
};
use trueup_ports::StoreError;

use super::{Evidence, Seen, entries, mutual};
use crate::{
    scene::{
        How,
        peers::{NOTES, TAGS},
    },
    table::{
        Row, Version,
        rows::{ENGINE, WHOLE},
    },
};

/// Whether the chain of the journal holds, as the store says. To be asked in the end: nothing mends a chain
/// that broke before.
#[must_use]
pub fn chain(verified: &Result<u64, StoreError>) -> Vec<String> {
    verified.as_ref().err().into_iter().map(|why| format!("O10: the journal does not hold: {why}")).collect()
}

/// What an undo of one run must bring about. It is told by the tables and the journal alone, and never by what the
/// undo's own plan says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Drill {
    /// Fields that must hold this again, by system, record and column.
    restored: BTreeMap<Spot, (FieldKey, Option<String>)>,
    /// Fields that must hold what they hold: somebody changed them since the run.
    kept: BTreeMap<Spot, Standing>,
    /// Those of them that hold another value than before the run as well, which the plan has to say.
    contended: BTreeMap<Spot, FieldKey>,
    /// Records that must be put away.
    archived: BTreeMap<(String, String), EntityKey>,
    /// Fields of which the source of truth says another thing by now than it did to the run, whoever brought it there.
    moved: BTreeSet<FieldKey>,
    /// Fields about which some copies of an entity are in conflict.
    disputed: BTreeSet<(EntityKey, FieldName)>,
    /// When the run that is taken back had read its leads, at the earliest.
    since: Timestamp,
}

/// A field of a record: system, record and column.
type Spot = (String, String, String);

/// How long before it kept its plan a run may have read what it plans by.
const RUN: SignedDuration = SignedDuration::from_mins(10);

impl Drill {
    /// What taking a run back must bring about, as things are now.
    #[must_use]
    pub fn of(evidence: &Evidence<'_>, run: &RunId) -> Self {
        let planned = evidence.opened.plans.get(run).map(|plan| plan.at).unwrap_or_default();
        // Once the value that it contends with is taken back, what another mirror said in a conflict stands.
        let open = evidence.memory.conflicts.iter().filter(|(_, row)| row.closed.is_none());
        let disputed = open.map(|(key, _)| (key.link.entity.clone(), key.field.clone())).collect();
        let since = planned.saturating_sub(RUN).unwrap_or_default();
        let mut drill = Self { disputed, since, ..Self::default() };
        let mut links: BTreeMap<LinkKey, Vec<&Draft>> = BTreeMap::new();
        for draft in evidence.journal.iter().map(|entry| &entry.draft).filter(|draft| draft.run == *run) {
            let key = LinkKey { system: draft.system.clone(), entity: draft.entity.clone() };
            links.entry(key).or_default().push(draft);
        }
        for (key, drafts) in links {
            if let Some(copy) = copy(evidence, &key, &drafts) {
                drill.link(evidence, &key, copy, &drafts);
            }
        }
        drill
    }

    fn link(&mut self, evidence: &Evidence<'_>, key: &LinkKey, copy: Copied<'_>, drafts: &[&Draft]) {
        let Copied { system, row, id } = copy;
        let mut created = drafts.iter().filter(|draft| draft.event == Event::Created).peekable();
        if created.peek().is_some() {
            let is_it = |draft: &&Draft| draft.remote.as_ref().is_some_and(|remote| remote.as_str() == id);
            // Of what was never seen as it was made, nobody can tell whether somebody touched it since.
            let was_seen = drafts.iter().any(|draft| draft.field.is_some());
            if was_seen && created.any(is_it) && is_as_made(row) && system.options.archives {
                self.archived.insert((system.name.to_owned(), id), key.entity.clone());
            }
            return;
        }
        let spans = spans(drafts, &id);
        let held = spans.iter().any(|(column, span)| {
            let now = row.values.get(evidence.column(system.name, column)).filter(|now| !now.is_empty());
            now.is_some()
                && now.cloned() == span.last.after.to_text()
                && is_fixed(evidence, span.last.field.as_ref())
        });
        for (column, span) in spans {
            let column = evidence.column(system.name, column).to_owned();
            let spot = (system.name.to_owned(), id.clone(), column.clone());
            let field = span.last.field.clone().unwrap_or_else(|| FieldName::new(""));
            let field = FieldKey { link: key.clone(), field };
            let (now, before) = (row.values.get(&column).cloned(), span.first.before.to_text());
            if now == span.last.after.to_text() && !held {
                if says_otherwise(evidence, span.last, &column) {
                    self.moved.insert(field.clone());
                }
                self.restored.insert(spot, (field, before));
                continue;
            }
            if !held && now.unwrap_or_default() != before.unwrap_or_default() {
                self.contended.insert(spot.clone(), field);
            }
            self.kept.insert(spot, Standing::of(evidence, system.name, row, &column));
        }
    }

    /// Fields that somebody changed since, and of which the undo's plan does not say that they stay (I-20).
    #[must_use]
    pub fn untold(&self, plan: &Plan) -> Vec<String> {
        let told = |field: &FieldKey| {
            plan.conflicts.iter().any(|one| {
                one.system == field.link.system && one.entity == field.link.entity && one.field == field.field
            })
        };
        let untold = self.contended.iter().filter(|(_, field)| !told(field));
        untold
            .map(|((system, id, column), _)| {
                format!("O10: {column} of {system}/{id} was changed after the run, and the undo says nothing of it")
            })
            .collect()
    }
}

impl Drill {
    /// What a portal would not take back is on record, and with it what the same write would have taken back besides: it
    /// may keep what a list held, whatever is written. Every other system takes everything once nothing goes wrong.
    pub fn refused(&mut self, evidence: &Evidence<'_>) {
        self.restored.retain(|_, (field, _)| !is_refused(evidence, &field.link));
    }

    /// What need not stay as it was: its lead says something else than it did to the run.
    pub fn outlived(&mut self, evidence: &Evidence<'_>) {
        let since = self.since;
        let moved = |entity: &EntityKey, field: Option<&FieldName>| {
            if evidence.options.scene.is_mutual() {
                let copies = mutual::cluster(evidence, entity.as_str());
                let counts = |own: &str| own == WHOLE || field.is_none_or(|field| field.as_str() == own);
                let foreign =
                    |version: &Version| version.by != ENGINE && version.at > since && counts(&version.column);
                // What people made of two has a past of its own: by that they changed all of it.
                let merged =
                    |row: &Row| row.made > since && row.history.iter().any(|version| version.at < row.made);
                return copies.iter().any(|row| merged(row) || row.history.iter().any(foreign));
            }
            let own = evidence.leads().filter(|(key, _)| *key == entity.as_str());
            own.flat_map(|(_, lead)| &lead.history).any(|version| version.at > since)
        };
        self.kept.clear();
        let rests = |field: &FieldKey| {
            !self.moved.contains(field)
                && !self.disputed.contains(&(field.link.entity.clone(), field.field.clone()))
                && !moved(&field.link.entity, Some(&field.field))
        };
        self.restored.retain(|_, (field, _)| rests(field));
        self.archived.retain(|_, entity| !moved(entity, None));
    }
}

/// An entity's record in one system.
struct Copied<'a> {
    system: &'a Seen<'a>,
    row: &'a Row,
    id: String,
}

/// The record that a run wrote and that can be taken back: there, in scope, linked, and nobody else's as well; and
/// neither is a write to it under way, nor did the run put it away.
fn copy<'a>(evidence: &'a Evidence<'_>, key: &LinkKey, drafts: &[&Draft]) -> Option<Copied<'a>> {
    let system = evidence.written().find(|system| system.name == key.system.as_str())?;
    let id = evidence.memory.links.get(key)?.remote.as_str();
    let row = system.table.rows.get(id).filter(|row| row.archived.is_none() && evidence.is_inside(row))?;
    let mut others = evidence.memory.links.values().filter(|link| link.system == key.system);
    let is_it = |remote: &RemoteId| system.table.now_called(remote.as_str()) == id;
    let shared =
        others.any(|link| link.entity != key.entity && link.aliases.iter().chain([&link.remote]).any(is_it));
    let open = evidence.memory.intents.values().any(|intent| intent.link_key() == *key);
    let away = drafts.iter().any(|draft| draft.event == Event::Archived);
    (!shared && !open && !away).then(|| Copied { system, row, id: id.to_owned() })
}

/// The first and the last write of a run to one column.
struct Span<'a> {
    first: &'a Draft,
    last: &'a Draft,
}

/// What a run wrote to a record, by column.
fn spans<'a>(drafts: &[&'a Draft], id: &str) -> BTreeMap<&'a str, Span<'a>> {
    let mut spans: BTreeMap<&str, Span<'_>> = BTreeMap::new();
    let own = |draft: &&&Draft| draft.remote.as_ref().is_some_and(|remote| remote.as_str() == id);
    for &draft in drafts.iter().filter(|draft| draft.event == Event::Landed).filter(own) {
        let Some(column) = draft.column.as_deref() else { continue };
        spans.entry(column).or_insert(Span { first: draft, last: draft }).last = draft;
    }
    spans
}

/// Whether the source of truth, where it is written, holds another single value than the run knew of.
fn says_otherwise(evidence: &Evidence<'_>, draft: &Draft, column: &str) -> bool {
    let listed = [TAGS, NOTES].contains(&column);
    let lead = evidence.truth.table.rows.get(draft.entity.as_str());
    let told = evidence.options.scene.is_mutual() && draft.system.as_str() != evidence.truth.name;
    let lead = lead.filter(|_| told && !listed);
    lead.is_some_and(|lead| lead.values.get(column).cloned() != draft.canonical.to_text())
}

/// Whether nobody, and no later write of ours, touched a record since we made it.
fn is_as_made(row: &Row) -> bool {
    let own = |version: &Version| version.by == ENGINE && version.at == row.made;
    row.history.iter().all(own) && row.changed == row.made
}

/// What a column holds, as far as an undo must leave it alone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Standing {
    text: Option<String>,
    /// The main address beside a portal's list of further ones: when another one becomes the main one, the portal moves
    /// both by itself.
    main: Option<String>,
}

impl Standing {
    fn of(evidence: &Evidence<'_>, system: &str, row: &Row, column: &str) -> Self {
        let terms = evidence.mirror_terms(system).filter(|terms| terms.words.is_some());
        let agreed = |how| terms.and_then(|terms| terms.agreements.iter().find(|one| one.how == how));
        let lists = agreed(How::Rest).is_some_and(|rest| rest.mirror == column);
        let main = agreed(How::First).filter(|_| lists).map(|first| &first.mirror);
        let value = |column: &str| row.values.get(column).cloned();
        Self { text: value(column), main: main.and_then(|main| value(main)) }
    }

    /// Whether nobody changed it since, but for what the portal moved.
    fn stands(&self, now: &Self) -> bool {
        let keeps = |one: &Self, other: &Self| one.listed().is_subset(&other.addresses());
        self.text == now.text || self.main != now.main && keeps(self, now) && keeps(now, self)
    }

    fn listed(&self) -> BTreeSet<String> {
        self.text.iter().flat_map(|text| entries(text)).collect()
    }

    fn addresses(&self) -> BTreeSet<String> {
        self.listed().into_iter().chain(self.main.iter().flat_map(|text| entries(text))).collect()
    }
}

/// What an undo would do that has been done just now (I-20): nothing, but what its system would not let it do.
#[must_use]
pub fn again(evidence: &Evidence<'_>, plan: &Plan) -> Vec<String> {
    let anew = plan.changes.iter().filter(|change| can_be_done(evidence, change));
    let say = |change: &Change| {
        let Change { act, system, entity, edits, .. } = change;
        let fields: Vec<&str> = edits.iter().map(|edit| edit.field.as_str()).collect();
        let (verb, fields) = (act.verb(), fields.join(", "));
        format!("O10: taking the run back once more would {verb} {system}/{entity}: {fields}")
    };
    anew.map(say).collect()
}

/// Whether a field may never change once it has a value: what a run filled stays, and with it what the same change would
/// take back besides, which is held and told (I-07).
fn is_fixed(evidence: &Evidence<'_>, field: Option<&FieldName>) -> bool {
    let field = field.and_then(|field| evidence.setup.field_named(field.as_str()));
    field.is_some_and(|id| evidence.setup.field(id).immutable)
}

/// Whether nothing keeps a change from being done: its record is in the scope, its system does such things, it changes
/// nothing that may never change, and no portal refused it.
fn can_be_done(evidence: &Evidence<'_>, change: &Change) -> bool {
    let Change { system, entity, act, edits, .. } = change;
    let Some(seen) = evidence.written().find(|one| one.name == system.as_str()) else { return true };
    let record = change.remote().and_then(|remote| seen.row(remote.as_str()));
    let outside = record.is_some_and(|row| !evidence.is_inside(row));
    let unable = matches!(act, Act::Archive { .. }) && !seen.options.archives;
    let refused = is_refused(evidence, &LinkKey { system: system.clone(), entity: entity.clone() });
    let fixed = |edit: &Edit| !edit.before.is_blank() && is_fixed(evidence, Some(&edit.field));
    !outside && !unable && !edits.iter().any(fixed) && !refused
}

/// Whether a portal refused to take something of a record back: the rest goes back with the next undo.
fn is_refused(evidence: &Evidence<'_>, link: &LinkKey) -> bool {
    let parked = evidence.memory.parked.iter().filter(|(key, _)| key.link == *link);
    evidence.options.wire && parked.into_iter().any(|(_, parked)| restores(&parked.class))
}

/// What an undo did not bring about.
#[must_use]
pub fn check(evidence: &Evidence<'_>, drill: &Drill) -> Vec<String> {
    let table = |system: &str| evidence.written().find(|one| one.name == system).map(|one| one.table);
    let mut broken = Vec::new();
    for ((system, id, column), (_, value)) in &drill.restored {
        let now = table(system).and_then(|table| table.rows.get(id)).and_then(|row| row.values.get(column));
        let stands = now.map_or("", String::as_str) == value.as_deref().unwrap_or_default();
        if !stands {
            broken
                .push(format!("O10: {column} of {system}/{id} is {now:?} after the undo, and was {value:?}"));
        }
    }
    for ((system, id, column), value) in &drill.kept {
        let row = table(system).and_then(|table| table.rows.get(id));
        let now = row.map(|row| Standing::of(evidence, system, row, column)).unwrap_or_default();
        if !value.stands(&now) {
            let (now, value) = (now.text, &value.text);
            broken.push(format!(
                "O10: {column} of {system}/{id} was changed after the run, and the undo made {now:?} of {value:?}"
            ));
        }
    }
    for (system, id) in drill.archived.keys() {
        if table(system).and_then(|table| table.rows.get(id)).is_some_and(|row| row.archived.is_none()) {
            broken.push(format!(
                "O10: {system}/{id} was made by the run that was taken back, and is still there"
            ));
        }
    }
    broken
}

#[cfg(test)]
mod tests;
