//! One batch through the door.

use std::collections::BTreeMap;

use trueup_core::{
    journal::{Event, Intent},
    memory::Note,
    name::{IntentId, RemoteId},
    plan::Change,
    record::Record,
    settle::{Checked, Dropped, precheck},
    setup::MirrorSide,
};

use super::{Doors, Fate, FieldFate, Outcome, is_create, lookup, not_done, notes};
use crate::{Fault, Permit, StoreError, Target};

/// An intent and what the system answered to it.
pub(super) struct Answered {
    pub(super) intent: Intent,
    pub(super) answer: Result<RemoteId, Fault>,
    pub(super) evidence: String,
}

/// One batch of one verb on one system.
pub(super) async fn write(
    doors: &Doors<'_>,
    target: &dyn Target,
    batch: Vec<Change>,
) -> Result<Vec<Outcome>, StoreError> {
    let Some(mirror) = batch.first().and_then(|change| doors.setup.mirror(&change.system)) else {
        return Ok(not_done(batch, "the system is not part of the pipeline"));
    };
    doors.renew().await?;
    let intents = intend(doors, &batch).await?;
    let looked_at = doors.world.now();
    let fresh = match look(target, mirror, &batch).await {
        Ok(fresh) => fresh,
        Err(fault) => return withdraw(doors, batch, intents, &fault.to_string()).await,
    };
    let (ready, lost, mut outcomes) = sift(doors, mirror, intents, &fresh).await?;
    // A look that is too old proves nothing: whoever was slow, the next cycle looks again.
    let age = doors.world.now().duration_since(looked_at);
    if age.as_millis() > i128::from(doors.setup.timing().guard_age_ms) {
        let changes = ready.iter().map(|intent| intent.change.clone()).collect();
        outcomes.extend(withdraw(doors, changes, ready, "the look before the write took too long").await?);
        return Ok(outcomes);
    }
    let answered = send(target, ready).await;
    outcomes.extend(conclude(doors, target, mirror, answered, lost).await?);
    Ok(outcomes)
}

/// Makes the intents durable, under the fence, before anything is read or sent for them.
async fn intend(doors: &Doors<'_>, batch: &[Change]) -> Result<Vec<Intent>, StoreError> {
    let intents: Vec<Intent> = batch
        .iter()
        .map(|change| Intent {
            id: new_id(doors),
            run: doors.run.clone(),
            epoch: doors.fence.epoch,
            change: change.clone(),
            watermark: None,
            sent: None,
        })
        .collect();
    doors.commit(intents.iter().map(|intent| Note::Intend(Box::new(intent.clone()))).collect()).await?;
    Ok(intents)
}

fn new_id(doors: &Doors<'_>) -> IntentId {
    IntentId::new(format!("{:016x}{:08x}", doors.world.random(), doors.world.random() >> 32))
}

/// Reads the records by id, never by search: what the plan saw may be old.
async fn look(
    target: &dyn Target,
    mirror: &MirrorSide,
    batch: &[Change],
) -> Result<BTreeMap<RemoteId, Record>, Fault> {
    let ids: Vec<RemoteId> = batch.iter().filter_map(|change| change.remote().cloned()).collect();
    lookup::by_id(target, mirror, &ids, false).await
}

/// Fields of changes that go on for which nothing is sent.
type Lost = BTreeMap<IntentId, Vec<FieldFate>>;

/// Keeps what is still as planned; journals the rest, and marks what is kept as sent.
async fn sift(
    doors: &Doors<'_>,
    mirror: &MirrorSide,
    intents: Vec<Intent>,
    fresh: &BTreeMap<RemoteId, Record>,
) -> Result<(Vec<Intent>, Lost, Vec<Outcome>), StoreError> {
    let (mut ready, mut lost, mut outcomes, mut commit) = (Vec::new(), Lost::new(), Vec::new(), Vec::new());
    for mut intent in intents {
        let seen = intent.change.remote().and_then(|id| fresh.get(id));
        let known = doors.memory.links.get(&intent.link_key()).and_then(|link| link.version);
        let checked = precheck(mirror, intent.change.clone(), seen, known);
        commit.extend(notes::dropped(doors, &intent, &checked));
        let planned = intent.change.clone();
        if let Some(change) = checked.change.clone() {
            intent.change = change;
            intent.watermark = checked.watermark;
            intent.sent = Some(doors.world.now());
            commit.push(Note::Sent(Box::new(intent.clone())));
            lost.insert(intent.id.clone(), dropped_fates(&checked));
            ready.push(intent);
        } else {
            commit.push(Note::Settle(intent.id.clone()));
            outcomes.push(dropped_outcome(planned, &checked));
        }
    }
    doors.commit(commit).await?;
    Ok((ready, lost, outcomes))
}

fn dropped_outcome(change: Change, checked: &Checked) -> Outcome {
    let lost = checked.dropped.iter().any(|drop| drop.event == Event::ScopeLost);
    let fate = if lost { Fate::ScopeLost } else { Fate::Superseded };
    Outcome { change, fate, fields: dropped_fates(checked) }
}

fn dropped_fates(checked: &Checked) -> Vec<FieldFate> {
    let fate = |drop: &Dropped| FieldFate {
        field: drop.edit.field.clone(),
        class: drop.edit.class.clone(),
        event: drop.event,
        reason: String::new(),
    };
    checked.dropped.iter().map(fate).collect()
}

/// Sends the batch; a batch refused as a whole is halved until the one to blame stands alone.
async fn send(target: &dyn Target, ready: Vec<Intent>) -> Vec<Answered> {
    let mut answered = Vec::new();
    let mut todo = vec![ready];
    while let Some(mut batch) = todo.pop() {
        if batch.is_empty() {
            continue;
        }
        let settled = target.write(batch.iter().cloned().map(Permit::issue).collect()).await;
        let refused = settled.iter().any(|one| matches!(one.outcome(), Err(Fault::BatchRefused(_))));
        if refused && batch.len() > 1 {
            let second = batch.split_off(batch.len().div_ceil(2));
            todo.push(second);
            todo.push(batch);
            continue;
        }
        answered.extend(match_up(batch, &settled));
    }
    answered
}

/// Matches answers by intent, never by position; one that is not mentioned is unknown.
fn match_up(batch: Vec<Intent>, settled: &[crate::Settled]) -> Vec<Answered> {
    let unmentioned = || Err(Fault::Unknown("the answer does not mention the record".into()));
    let answer = |intent: Intent| {
        let own = settled.iter().find(|one| *one.id() == intent.id);
        let answer = own.map_or_else(unmentioned, |one| one.outcome().cloned().map_err(Clone::clone));
        Answered { answer, evidence: own.map_or("", |one| one.evidence()).to_owned(), intent }
    };
    batch.into_iter().map(answer).collect()
}

/// Reads back, audits and commits.
async fn conclude(
    doors: &Doors<'_>,
    target: &dyn Target,
    mirror: &MirrorSide,
    answered: Vec<Answered>,
    mut lost: Lost,
) -> Result<Vec<Outcome>, StoreError> {
    if answered.is_empty() {
        return Ok(Vec::new());
    }
    let found = lookup::read_back(target, mirror, &answered).await;
    let mut commit = Vec::new();
    let mut outcomes = Vec::new();
    for one in &answered {
        let create = is_create(&one.intent.change.act);
        let seen = found.of(&one.intent.id);
        let mut settlement = if create {
            notes::create(doors, mirror, one, seen)
        } else {
            notes::update(doors, mirror, one, seen, false)
        };
        settlement.outcome.fields.extend(lost.remove(&one.intent.id).unwrap_or_default());
        commit.extend(settlement.notes);
        outcomes.push(settlement.outcome);
    }
    doors.commit(commit).await?;
    Ok(outcomes)
}

/// Nothing was sent for these intents: they are closed, and planned anew by the next cycle.
async fn withdraw(
    doors: &Doors<'_>,
    changes: Vec<Change>,
    intents: Vec<Intent>,
    why: &str,
) -> Result<Vec<Outcome>, StoreError> {
    doors.commit(intents.into_iter().map(|intent| Note::Settle(intent.id)).collect()).await?;
    Ok(not_done(changes, why))
}
