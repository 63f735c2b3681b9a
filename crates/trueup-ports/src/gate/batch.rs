//! One batch through the door.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use trueup_core::{
    journal::{Event, Intent},
    memory::Note,
    name::{IntentId, RemoteId},
    plan::Change,
    planted::{self, Defect},
    settle::{Checked, Dropped, precheck},
    setup::MirrorSide,
    value::Cell,
};

use super::{
    Doors, Fate, FieldFate, Outcome, creates, is_create,
    lookup::{self, ById, Seen},
    not_done, notes,
    remember::remember,
};
use crate::{Fault, Permit, Settled, StoreError, Target};

/// An intent and what the system answered to it.
pub(super) struct Answered {
    pub(super) intent: Intent,
    pub(super) answer: Result<RemoteId, Fault>,
    pub(super) evidence: String,
    /// What the answer showed of the columns that were written.
    pub(super) shown: BTreeMap<String, Cell>,
}

/// What became of a part of a batch.
enum Part {
    /// It ended; false when the system gave no answer that is of use for any of it.
    Ended(bool),
    /// It was refused as a whole, and nothing of it was done.
    Refused(Vec<Intent>),
}

/// One batch of one verb on one system; false when it is no use to go on with the next one.
///
/// A batch refused as a whole is halved until the one to blame stands alone. Each half is a batch of its
/// own: the refusals before it took time, in which people went on working.
pub(super) async fn write(
    doors: &Doors<'_>,
    target: &dyn Target,
    batch: Vec<Change>,
    outcomes: &mut Vec<Outcome>,
) -> Result<bool, StoreError> {
    let Some(mirror) = batch.first().and_then(|change| doors.setup.written(&change.system)) else {
        outcomes.extend(not_done(batch, "the system is not part of the pipeline"));
        return Ok(true);
    };
    let mut lost = Lost::new();
    let mut todo = vec![intend(doors, &batch).await?];
    let mut answered = false;
    let mut halved = false;
    while let Some(part) = todo.pop() {
        if halved && doors.world.stopping() {
            outcomes.extend(withdraw(doors, part, "the run was asked to stop").await?);
            continue;
        }
        match write_part(doors, target, mirror, part, (&mut lost, outcomes)).await? {
            Part::Ended(of_use) => answered |= of_use,
            Part::Refused(mut first) => {
                let second = first.split_off(first.len().div_ceil(2));
                todo.extend([second, first]);
                halved = true;
            }
        }
    }
    Ok(answered)
}

/// Look, mark as sent, send, look again, remember.
async fn write_part(
    doors: &Doors<'_>,
    target: &dyn Target,
    mirror: &MirrorSide,
    part: Vec<Intent>,
    (lost, outcomes): (&mut Lost, &mut Vec<Outcome>),
) -> Result<Part, StoreError> {
    let looked_at = doors.world.now();
    let seen = match look(target, mirror, &part).await {
        Ok(seen) => seen,
        Err(fault) => {
            outcomes.extend(withdraw(doors, part, &fault.to_string()).await?);
            return Ok(Part::Ended(!matches!(fault, Fault::Denied(_))));
        }
    };
    let ready = sift(doors, mirror, part, &seen, (lost, outcomes)).await?;
    if ready.is_empty() {
        return Ok(Part::Ended(true));
    }
    // A look that is too old proves nothing: whoever was slow, the next cycle looks again.
    let until = void_from(doors, looked_at);
    if !(looked_at..=until).contains(&doors.world.now()) {
        outcomes.extend(withdraw(doors, ready, "the look before the write took too long").await?);
        return Ok(Part::Ended(true));
    }
    let permits = ready.iter().cloned().map(|intent| Permit::issue(intent).until(until)).collect();
    let settled = target.write(permits).await;
    if ready.len() > 1 && is_refused_whole(&settled) {
        return Ok(Part::Refused(ready));
    }
    conclude(doors, target, mirror, match_up(ready, &settled), (lost, outcomes)).await.map(Part::Ended)
}

/// When a look is too old to write by it.
fn void_from(doors: &Doors<'_>, looked_at: Timestamp) -> Timestamp {
    let age = i64::try_from(doors.setup.timing().guard_age_ms).unwrap_or(i64::MAX);
    looked_at.checked_add(SignedDuration::from_millis(age)).unwrap_or(Timestamp::MAX)
}

// Only when it is certain of every record that nothing was done may they be sent again.
fn is_refused_whole(settled: &[Settled]) -> bool {
    let refused = |one: &Settled| matches!(one.outcome(), Err(Fault::BatchRefused(_)));
    let nothing_done = |one: &Settled| one.outcome().err().is_some_and(Fault::proves_nothing_done);
    settled.iter().any(refused) && settled.iter().all(nothing_done)
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
    let kept = intents.iter().filter(|one| !(one.is_create() && planted::is(Defect::CreateThenCommit)));
    doors.commit(kept.map(|intent| Note::Intend(Box::new(intent.clone()))).collect()).await?;
    Ok(intents)
}

fn new_id(doors: &Doors<'_>) -> IntentId {
    IntentId::new(format!("{:016x}{:08x}", doors.world.random(), doors.world.random() >> 32))
}

/// Reads the records by id, never by search: what the plan saw may be old.
async fn look(target: &dyn Target, mirror: &MirrorSide, part: &[Intent]) -> Result<ById, Fault> {
    let ids: Vec<RemoteId> = part.iter().filter_map(|intent| intent.change.remote().cloned()).collect();
    lookup::by_id(target, mirror, &ids, false).await
}

/// Fields of changes that go on for which nothing is sent.
type Lost = BTreeMap<IntentId, Vec<FieldFate>>;

/// Keeps what is still as planned; journals the rest, and marks what is kept as sent.
async fn sift(
    doors: &Doors<'_>,
    mirror: &MirrorSide,
    part: Vec<Intent>,
    looked: &ById,
    (lost, outcomes): (&mut Lost, &mut Vec<Outcome>),
) -> Result<Vec<Intent>, StoreError> {
    let (mut ready, mut dropped, mut commit) = (Vec::new(), Vec::new(), Vec::new());
    // Whoever recovers it may run on another host: only the store's clock is both's (I-26).
    let sent = doors.renew().await?;
    for mut intent in part {
        let seen = intent.change.remote().map_or(Seen::Nothing, |id| looked.of(id));
        if matches!(seen, Seen::Unread) {
            commit.push(Note::Settle(intent.id.clone()));
            dropped
                .extend(not_done(vec![intent.change], "the system did not say whether the record is there"));
            continue;
        }
        let checked = precheck(mirror, intent.change.clone(), seen.record());
        commit.extend(notes::dropped(doors, &intent, &checked));
        let planned = intent.change.clone();
        if let Some(change) = checked.change.clone() {
            intent.change = change;
            intent.watermark = checked.watermark;
            intent.sent = Some(sent);
            commit.push(Note::Sent(Box::new(intent.clone())));
            lost.entry(intent.id.clone()).or_default().extend(dropped_fates(&checked));
            ready.push(intent);
        } else {
            commit.push(Note::Settle(intent.id.clone()));
            dropped.push(dropped_outcome(planned, &checked));
        }
    }
    if !commit.is_empty() {
        doors.keep(commit).await?;
    }
    outcomes.extend(dropped);
    Ok(ready)
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
        exact: false,
        reason: String::new(),
    };
    checked.dropped.iter().map(fate).collect()
}

/// Matches answers by intent, never by position; one that is not mentioned is unknown.
fn match_up(batch: Vec<Intent>, settled: &[Settled]) -> Vec<Answered> {
    let unmentioned = || Err(Fault::Unknown("the answer does not mention the record".into()));
    let answer = |intent: Intent| {
        let own = settled.iter().find(|one| *one.id() == intent.id);
        let answer = own.map_or_else(unmentioned, |one| one.outcome().cloned().map_err(Clone::clone));
        let shown = own.map(|one| one.shown().clone()).unwrap_or_default();
        Answered { answer, evidence: own.map_or("", |one| one.evidence()).to_owned(), shown, intent }
    };
    batch.into_iter().map(answer).collect()
}

/// Reads back, audits and commits; false when not one answer was of use.
async fn conclude(
    doors: &Doors<'_>,
    target: &dyn Target,
    mirror: &MirrorSide,
    answered: Vec<Answered>,
    (lost, outcomes): (&mut Lost, &mut Vec<Outcome>),
) -> Result<bool, StoreError> {
    let found = lookup::read_back(target, mirror, &answered).await;
    let mut settlements = Vec::new();
    let mut of_use = false;
    for one in &answered {
        let create = is_create(&one.intent.change.act);
        let seen = found.of(&one.intent.id);
        let mut settlement = if create {
            creates::settled(doors, mirror, one, seen)
        } else {
            notes::update(doors, mirror, one, seen, false)
        };
        settlement.outcome.fields.extend(lost.remove(&one.intent.id).unwrap_or_default());
        of_use |= !is_useless(&one.answer, &settlement.outcome.fate);
        settlements.push(settlement);
    }
    remember(doors, settlements, outcomes).await?;
    Ok(of_use)
}

// The key does not open the system any more, or nothing comes back: more of it would end alike.
const fn is_useless(answer: &Result<RemoteId, Fault>, fate: &Fate) -> bool {
    matches!((answer, fate), (Err(Fault::Denied(_)), _) | (Err(Fault::Unknown(_)), Fate::Open))
}

/// Nothing was sent for these intents, or nothing was done: they are closed, and planned anew by the
/// next cycle.
async fn withdraw(doors: &Doors<'_>, intents: Vec<Intent>, why: &str) -> Result<Vec<Outcome>, StoreError> {
    doors.commit(intents.iter().map(|intent| Note::Settle(intent.id.clone())).collect()).await?;
    Ok(not_done(intents.into_iter().map(|intent| intent.change).collect(), why))
}
