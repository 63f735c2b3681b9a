//! The journal as it is published: what each commit made durable, in order.

use std::collections::BTreeMap;

use jiff::Timestamp;
use trueup_audit::line::{self, Carried, Line, Origin, Verb};
use trueup_core::{
    journal::{Entry, Event, Intent},
    link::{Link, LinkState},
    memory::{Approval, Conflict, FieldKey, LinkKey, Note},
    name::{RemoteId, RunId},
    plan::{Act, Edit},
};

use super::{Sequence, cell::cell};

/// What was made durable, in order.
#[derive(Clone, Debug, Default)]
pub struct Published {
    sequence: Sequence,
    lines: Vec<Line>,
    /// When each entry of the chain was made durable.
    entries: Vec<u64>,
    links: BTreeMap<LinkKey, (RemoteId, bool)>,
}

impl Published {
    /// An empty journal.
    #[must_use]
    pub fn new(sequence: Sequence) -> Self {
        Self { sequence, ..Self::default() }
    }

    /// Everything but the entries of the chain, oldest first.
    pub fn lines(&self) -> impl Iterator<Item = &Line> {
        self.lines.iter()
    }

    /// The entries of the chain, as the store tells them.
    pub fn entries(&self, journal: &[Entry]) -> impl Iterator<Item = Line> {
        // What is told beyond what was committed stands at the end of time: nothing can bear it out.
        let durable = self.entries.iter().copied().chain(std::iter::repeat(u64::MAX));
        journal.iter().zip(durable).map(|(entry, seq)| Line::Entry(published(entry, seq)))
    }

    /// The intent that was said last to put a record away.
    pub(crate) fn last_archive(&self, system: &str, record: &str) -> Option<&str> {
        self.lines.iter().rev().find_map(|line| match line {
            Line::Sending(one)
                if one.verb == Verb::Archive
                    && one.system == system
                    && one.record.as_deref() == Some(record) =>
            {
                Some(one.intent.as_str())
            }
            _ => None,
        })
    }

    /// Enters a commit that was done.
    pub(crate) fn enter(&mut self, at: Timestamp, run: Option<&RunId>, notes: &[Note]) {
        let seq = self.sequence.next();
        for note in notes {
            match note {
                Note::Journal(_) => self.entries.push(seq),
                Note::Link(link) | Note::Observed(link) => self.link(seq, link),
                note => self.lines.extend(told(seq, at, run, note)),
            }
        }
    }

    // A link is committed whenever a base moves; it is published when it means something else.
    fn link(&mut self, seq: u64, link: &Link) {
        let now = (link.remote.clone(), link.state == LinkState::Tombstone);
        let over = now.1;
        if self.links.insert(link.key(), now.clone()) != Some(now) {
            let (system, entity) = (link.system.to_string(), link.entity.to_string());
            let record = link.remote.to_string();
            self.lines.push(Line::Link(line::Link { seq, system, entity, record, over }));
        }
    }
}

fn told(seq: u64, at: Timestamp, run: Option<&RunId>, note: &Note) -> Option<Line> {
    Some(match note {
        Note::Intend(one) => Line::Intent(intent(one, seq)),
        Note::Sent(one) => Line::Sending(intent(one, seq)),
        Note::Settle(id) => Line::Settled(line::Settled { seq, intent: id.to_string() }),
        Note::Plan(plan) => {
            let (run, plan) = (run?.to_string(), plan.id.clone());
            Line::Plan(line::Plan { seq, at_ms: at.as_millisecond(), run, plan })
        }
        Note::Approve(one) => Line::Approval(approval(one, seq)),
        Note::Conflict(key, row) => Line::Conflict(conflict(key, row, seq)),
        _ => return None,
    })
}

fn intent(intent: &Intent, seq: u64) -> line::Intent {
    let act = &intent.change.act;
    line::Intent {
        seq,
        intent: intent.id.to_string(),
        run: intent.run.to_string(),
        system: intent.system().to_string(),
        entity: intent.entity().to_string(),
        verb: verb(act),
        record: intent.change.remote().map(ToString::to_string),
        carried: carried(act),
        edits: intent.change.edits.iter().map(edit).collect(),
    }
}

const fn verb(act: &Act) -> Verb {
    match act {
        Act::Archive { .. } => Verb::Archive,
        Act::Create { .. } => Verb::Create,
        Act::Update { .. } => Verb::Update,
    }
}

fn carried(act: &Act) -> Option<Carried> {
    let Act::Create { ext_id, ext_id_column, origin, .. } = act else { return None };
    let origin = origin
        .as_ref()
        .map(|origin| Origin { system: origin.system.to_string(), record: origin.remote.to_string() });
    Some(Carried { ext_id: ext_id.to_string(), column: ext_id_column.clone(), origin })
}

fn edit(edit: &Edit) -> line::Edit {
    line::Edit {
        field: edit.field.to_string(),
        column: edit.column.clone(),
        before: cell(&edit.before),
        after: cell(&edit.after),
    }
}

fn approval(approval: &Approval, seq: u64) -> line::Approval {
    line::Approval {
        seq,
        plan: approval.plan.clone(),
        halt: approval.halt.clone(),
        system: approval.system.to_string(),
        max: u64::try_from(approval.max).unwrap_or(u64::MAX),
    }
}

fn conflict(key: &FieldKey, row: &Conflict, seq: u64) -> line::Conflict {
    line::Conflict {
        seq,
        system: key.link.system.to_string(),
        entity: key.link.entity.to_string(),
        field: key.field.to_string(),
        claims: row.claims.iter().map(|claim| cell(&claim.cell)).collect(),
    }
}

fn published(entry: &Entry, seq: u64) -> line::Entry {
    let draft = &entry.draft;
    line::Entry {
        seq,
        place: entry.seq,
        prev: entry.prev.clone(),
        hash: entry.hash.clone(),
        commitments: entry.commitments.clone(),
        run: draft.run.to_string(),
        at: draft.at.to_string(),
        intent: draft.intent.as_ref().map(ToString::to_string),
        system: draft.system.to_string(),
        entity: draft.entity.to_string(),
        record: draft.remote.as_ref().map(ToString::to_string),
        field: draft.field.as_ref().map(ToString::to_string),
        column: draft.column.clone(),
        class: draft.class.as_ref().map(ToString::to_string),
        event: event(draft.event),
        before: cell(&draft.before),
        after: cell(&draft.after),
        evidence: draft.evidence.clone(),
    }
}

const fn event(event: Event) -> line::Event {
    match event {
        Event::Created => line::Event::Created,
        Event::Adopted => line::Event::Adopted,
        Event::Landed => line::Event::Landed,
        Event::Archived => line::Event::Archived,
        Event::Superseded => line::Event::Superseded,
        Event::ScopeLost => line::Event::ScopeLost,
        Event::ScopeRaced => line::Event::ScopeRaced,
        Event::Refused => line::Event::Refused,
        Event::NotApplied => line::Event::NotApplied,
        Event::InDoubt => line::Event::InDoubt,
        Event::Overwrote => line::Event::Overwrote,
        Event::Decided => line::Event::Decided,
    }
}
