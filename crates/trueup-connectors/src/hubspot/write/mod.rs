//! One batch of writes.
//!
//! Every row carries a trace id, which makes HubSpot report row by row instead of refusing the batch
//! (traps 3 and 4). What comes back is matched by trace id or record id, never by position, and a row the
//! answer does not mention is unknown (traps 1 and 5).

mod body;
mod refusal;
mod settle;

use trueup_core::{
    name::{IntentId, RemoteId},
    plan::{Act, Edit},
};
use trueup_ports::{
    Fault, Permit, Settled,
    wire::{Answer, Call},
};

use super::{Hubspot, config::ObjectType};

/// What is done to all rows of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verb {
    Create,
    Update,
    Archive,
}

/// One row: what a permit allows, without the permit.
#[derive(Clone, Debug)]
struct Row {
    id: IntentId,
    act: Act,
    edits: Vec<Edit>,
}

/// What became of a row, and what else identifies it in the answer, for the journal.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Ending {
    outcome: Result<RemoteId, Fault>,
    detail: String,
}

/// Writes one batch. All permits have the same verb.
pub(super) async fn write(hub: &Hubspot, permits: Vec<Permit>) -> Vec<Settled> {
    let Some(verb) = permits.first().map(|permit| Verb::of(permit.act())) else { return Vec::new() };
    let (sent, mut settled) = sendable(verb, permits);
    if sent.is_empty() {
        return settled;
    }
    let rows: Vec<Row> = sent.iter().map(Row::of).collect();
    let path = hub.paths.objects(&["batch", verb.path()]);
    let endings = match Call::post(path, &body::body(verb, &rows)) {
        Ok(call) => {
            let name = call.name();
            let answer = hub.wire.send(&sent, call).await;
            endings(hub.settings.object, verb, &rows, answer)
                .into_iter()
                .map(|ending| (name.clone(), ending))
                .collect()
        }
        Err(fault) => vec![(String::new(), Ending::failed(fault)); rows.len()],
    };
    // Rows and permits were made from each other in this order; the answer's order plays no part.
    settled
        .extend(sent.into_iter().zip(endings).map(|(permit, (name, ending))| close(permit, &name, ending)));
    settled
}

/// Sorts out what cannot be sent: another verb, or a value that is not known.
fn sendable(verb: Verb, permits: Vec<Permit>) -> (Vec<Permit>, Vec<Settled>) {
    let (mut sent, mut settled) = (Vec::new(), Vec::new());
    for permit in permits {
        let unknown = body::unsendable(permit.edits());
        if Verb::of(permit.act()) != verb {
            let fault = Fault::Denied("not sent: a batch has one verb only".into());
            settled.push(permit.failed(fault, "not sent"));
        } else if unknown.is_empty() {
            sent.push(permit);
        } else {
            settled.push(permit.failed(Fault::Rejected(unknown), "not sent"));
        }
    }
    (sent, settled)
}

/// What an answer, or the lack of one, means for each row; in the order of the rows.
fn endings(kind: &ObjectType, verb: Verb, rows: &[Row], answer: Result<Answer, Fault>) -> Vec<Ending> {
    let all = |fault: &Fault| rows.iter().map(|_| Ending::failed(fault.clone())).collect();
    let answer = match answer {
        Ok(answer) => answer,
        Err(fault) => return all(&fault),
    };
    if verb == Verb::Archive && answer.status() == 204 {
        return rows.iter().map(Row::archived).collect();
    }
    if !answer.is_success() {
        return refusal::whole(kind, rows, &answer);
    }
    match answer.json() {
        Ok(batch) => settle::settle(kind, rows, batch, answer.name()),
        Err(fault) => all(&fault),
    }
}

fn close(permit: Permit, name: &str, ending: Ending) -> Settled {
    let evidence = format!("{name} trace {}{}", permit.id(), ending.detail);
    match ending.outcome {
        Ok(remote) => permit.written(remote, evidence),
        Err(fault) => permit.failed(fault, evidence),
    }
}

impl Verb {
    const fn of(act: &Act) -> Self {
        match act {
            Act::Create { .. } => Self::Create,
            Act::Update { .. } => Self::Update,
            Act::Archive { .. } => Self::Archive,
        }
    }

    const fn path(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Archive => "archive",
        }
    }
}

impl Row {
    fn of(permit: &Permit) -> Self {
        Self { id: permit.id().clone(), act: permit.act().clone(), edits: permit.edits().to_vec() }
    }

    /// The record it is about, if that exists already.
    const fn remote(&self) -> Option<&RemoteId> {
        match &self.act {
            Act::Update { remote, .. } | Act::Archive { remote, .. } => Some(remote),
            Act::Create { .. } => None,
        }
    }

    /// The column and value that a created record is recognised by.
    fn ext_id(&self) -> Option<(&str, &str)> {
        match &self.act {
            Act::Create { ext_id, ext_id_column: Some(column), .. } => Some((column, ext_id.as_str())),
            Act::Create { .. } | Act::Update { .. } | Act::Archive { .. } => None,
        }
    }

    fn archived(&self) -> Ending {
        let unknown = || Fault::Unknown("the answer is one to archives, and this row is none".into());
        Ending { outcome: self.remote().cloned().ok_or_else(unknown), detail: String::new() }
    }
}

impl Ending {
    const fn failed(fault: Fault) -> Self {
        Self { outcome: Err(fault), detail: String::new() }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use trueup_core::{
        link::How,
        name::{ClassId, ExtId, FieldName},
        plan::Turn,
        value::Cell,
    };

    use super::*;

    /// An edit of one column.
    pub(super) fn edit(column: &str, after: Cell) -> Edit {
        Edit {
            field: FieldName::new(column),
            column: column.to_owned(),
            class: ClassId::new("D4"),
            before: Cell::Null,
            wanted: after.clone(),
            canonical: after.clone(),
            after,
            turn: Turn::Alone,
        }
    }

    /// A row that updates a record.
    pub(super) fn update(id: &str, remote: &str, edits: Vec<Edit>) -> Row {
        let act = Act::Update { remote: RemoteId::new(remote), how: How::Token };
        Row { id: IntentId::new(id), act, edits }
    }

    /// A row that creates a record with an external id in `trueup_id`.
    pub(super) fn create(id: &str, ext_id: &str, edits: Vec<Edit>) -> Row {
        let ext_id_column = Some("trueup_id".to_owned());
        let act = Act::Create {
            ext_id: ExtId::new(ext_id),
            ext_id_column,
            class: ClassId::new("D7"),
            origin: None,
        };
        Row { id: IntentId::new(id), act, edits }
    }

    /// A row that archives a record.
    pub(super) fn archive(id: &str, remote: &str) -> Row {
        let act = Act::Archive { remote: RemoteId::new(remote), version: None };
        Row { id: IntentId::new(id), act, edits: Vec::new() }
    }
}
