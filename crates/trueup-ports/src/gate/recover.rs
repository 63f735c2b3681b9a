//! Settles intents that an earlier run left open, before anything else happens.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use trueup_core::{
    journal::Intent,
    link::LinkState,
    memory::Note,
    name::{RemoteId, SystemName},
    plan::Act,
    planted::{self, Defect},
    setup::MirrorSide,
};

use super::{
    Doors, Fate, Outcome, Written,
    batch::Answered,
    creates, forgets_creates,
    lookup::{self, Seen, ext_id},
    notes::{self, Settlement},
    remember::remember,
};
use crate::{Fault, StoreError, Target};

/// Settles every open intent of the fence's lane; one that may still land ends as [`Fate::Open`].
///
/// What an open create sent is its own to settle: its request may be on its way at this very moment.
pub async fn recover(doors: &Doors<'_>) -> Written {
    let mut outcomes = Vec::new();
    let stopped = recover_all(doors, &mut outcomes).await.err();
    Written { outcomes, stopped }
}

async fn recover_all(doors: &Doors<'_>, outcomes: &mut Vec<Outcome>) -> Result<(), StoreError> {
    let (unsent, sent): (Vec<&Intent>, Vec<&Intent>) =
        doors.own_intents().chain(doors.woken()).partition(|intent| intent.sent.is_none());
    // What was not marked as sent was certainly not sent: the mark is durable before the request.
    doors.commit(unsent.iter().map(|intent| Note::Settle(intent.id.clone())).collect()).await?;
    let (sent, woken): (Vec<&Intent>, Vec<&Intent>) =
        sent.into_iter().partition(|intent| is_open(doors, intent));
    let mut sent = restamped(doors, sent).await?;
    sent.extend(woken.into_iter().cloned());
    for (at, (system, intents)) in by_system(&sent).into_iter().enumerate() {
        let Some(mirror) = doors.setup.written(&system) else {
            remember(doors, abandoned(doors, &intents), outcomes).await?;
            continue;
        };
        let Some(target) = doors.targets.get(&system) else { continue };
        // What landed in one system may have moved the very links that are settled with the next one.
        let moved = if at == 0 { None } else { Some(doors.store.memory(doors.pipeline).await?) };
        let doors = Doors { memory: moved.as_ref().unwrap_or(doors.memory), ..*doors };
        let settlements = settle(&doors, *target, mirror, intents).await;
        remember(&doors, settlements, outcomes).await?;
    }
    Ok(())
}

/// Writes to a system that was taken out of the configuration meanwhile: nobody can look there any more. Once they
/// cannot land any more they are told as in doubt, and keep no later run from its end.
fn abandoned(doors: &Doors<'_>, intents: &[&Intent]) -> Vec<Settlement> {
    let why = "its system is not configured any more, so nobody can tell whether it landed";
    let settle = |intent: &&Intent| {
        let one = unanswered(intent);
        match (is_quiet(doors, intent), intent.is_create()) {
            (false, _) => notes::left_open(&one),
            (true, true) => creates::in_doubt(doors, &one, why),
            (true, false) => notes::in_doubt(doors, &one, why),
        }
    };
    intents.iter().map(settle).collect()
}

/// Intents from the future: the store's clock was put back since. Nobody can tell how long ago they were sent, so
/// their time begins anew; else they would stay open for as long as the clock was put back.
async fn restamped(doors: &Doors<'_>, sent: Vec<&Intent>) -> Result<Vec<Intent>, StoreError> {
    let now = doors.fence.at;
    let (mut intents, mut commit) = (Vec::new(), Vec::new());
    for intent in sent {
        let mut intent = intent.clone();
        if intent.sent.is_some_and(|at| at > now) {
            intent.sent = Some(now);
            commit.push(Note::Sent(Box::new(intent.clone())));
        }
        intents.push(intent);
    }
    doors.commit(commit).await?;
    Ok(intents)
}

fn by_system(intents: &[Intent]) -> BTreeMap<SystemName, Vec<&Intent>> {
    let mut systems: BTreeMap<SystemName, Vec<&Intent>> = BTreeMap::new();
    for intent in intents {
        systems.entry(intent.system().clone()).or_default().push(intent);
    }
    systems
}

async fn settle(
    doors: &Doors<'_>,
    target: &dyn Target,
    mirror: &MirrorSide,
    intents: Vec<&Intent>,
) -> Vec<Settlement> {
    let (creates, updates): (Vec<&Intent>, Vec<&Intent>) =
        intents.into_iter().partition(|intent| intent.is_create());
    let mut settlements = updated(doors, target, mirror, updates).await;
    settlements.extend(created(doors, target, mirror, creates).await);
    settlements
}

async fn updated(
    doors: &Doors<'_>,
    target: &dyn Target,
    mirror: &MirrorSide,
    intents: Vec<&Intent>,
) -> Vec<Settlement> {
    if planted::is(Defect::AuditNotJournaled) {
        return intents.into_iter().map(forgotten).collect();
    }
    let ids: Vec<RemoteId> = intents.iter().filter_map(|intent| intent.change.remote().cloned()).collect();
    // Judged before the read: what lands between the answer's making and its arrival was not seen by it.
    let deadline = doors.setup.timing().deadline().as_millis();
    let deadline = if planted::is(Defect::ClosedTooEarly) { 0 } else { deadline };
    // What was given up was past it then, whatever the clock says since.
    let late = |intent: &&Intent| is_past(doors, intent, deadline) || !is_open(doors, intent);
    let late: Vec<bool> = intents.iter().map(late).collect();
    let found = lookup::by_id(target, mirror, &ids, true).await;
    let settle = |(intent, late): (&Intent, bool)| {
        let one = unanswered(intent);
        match (&found, intent.change.remote()) {
            (Ok(read), Some(id)) => settled(doors, mirror, &one, read.of(id), late),
            _ => notes::left_open(&one),
        }
    };
    intents.into_iter().zip(late).map(settle).collect()
}

/// A record that is not found once may be hidden, with what was written over in it, or was not put away at all: it
/// counts as gone once two looks, a quiet period apart, did not find it (I-15).
fn settled(doors: &Doors<'_>, mirror: &MirrorSide, one: &Answered, seen: Seen<'_>, late: bool) -> Settlement {
    let Some(remote) = one.intent.change.remote().filter(|_| late && matches!(seen, Seen::Nothing)) else {
        return notes::update(doors, mirror, one, seen, late);
    };
    let link = doors.memory.links.get(&one.intent.link_key());
    if link.is_some_and(|link| !link.is_to(remote)) {
        return elsewhere(doors, mirror, one);
    }
    let state = link.map_or(LinkState::Active, |link| link.state);
    let after = state.not_found(doors.fence.at, doors.setup.timing().quiet());
    if after == LinkState::Tombstone {
        return notes::gone(doors, mirror, one);
    }
    let suspect = notes::marked(doors, &one.intent, after).filter(|_| after != state);
    Settlement { notes: suspect.into_iter().collect(), ..notes::left_open(one) }
}

/// The entity has another record by now, and nothing more becomes known of this one.
fn elsewhere(doors: &Doors<'_>, mirror: &MirrorSide, one: &Answered) -> Settlement {
    if matches!(one.intent.change.act, Act::Archive { .. }) {
        let why = "it was not found, and its entity has another record by now";
        return notes::closed(one, Fate::NotDone(why.into()), Vec::new());
    }
    notes::update(doors, mirror, one, Seen::Nothing, true)
}

async fn created(
    doors: &Doors<'_>,
    target: &dyn Target,
    mirror: &MirrorSide,
    intents: Vec<&Intent>,
) -> Vec<Settlement> {
    if forgets_creates() {
        return intents.into_iter().map(forgotten).collect();
    }
    let mut settlements = Vec::new();
    for (column, intents) in by_column(mirror, intents) {
        settlements.extend(match column {
            Some(column) => by_unique_id(doors, target, mirror, column, intents).await,
            None => by_token(doors, target, mirror, intents).await,
        });
    }
    settlements
}

/// Creates by the unique column that they were sent with, which need not be the one that is configured by now: an id that
/// was never written, or is not read any more, is found nowhere, and proves nothing.
fn by_column<'i>(
    mirror: &MirrorSide,
    intents: Vec<&'i Intent>,
) -> BTreeMap<Option<&'i str>, Vec<&'i Intent>> {
    let mut columns: BTreeMap<Option<&str>, Vec<&Intent>> = BTreeMap::new();
    for intent in intents {
        let sent = match &intent.change.act {
            Act::Create { ext_id_column, .. } => ext_id_column.as_deref(),
            _ => None,
        };
        let read = sent.filter(|column| mirror.side.column_named(column).is_some());
        let read = read.filter(|_| !planted::is(Defect::RetryBySearch));
        columns.entry(read).or_default().push(intent);
    }
    columns
}

/// A create with a unique external id is found by it, or is sent again once it cannot land any more. That the system
/// refuses a late twin is no reason to send it earlier: people may have merged or put away what came of the second
/// one, and its id is free again.
async fn by_unique_id(
    doors: &Doors<'_>,
    target: &dyn Target,
    mirror: &MirrorSide,
    column: &str,
    intents: Vec<&Intent>,
) -> Vec<Settlement> {
    if planted::is(Defect::UpsertAsCreate) {
        return intents.into_iter().map(forgotten).collect();
    }
    let texts: Vec<String> = intents.iter().filter_map(|intent| ext_id(&intent.change.act)).collect();
    // Judged before the read, as for updates.
    let deadline = doors.setup.timing().deadline().as_millis();
    let open: Vec<bool> = intents.iter().map(|intent| !is_past(doors, intent, deadline)).collect();
    let found = lookup::by_ext_id(target, mirror, column, &texts).await;
    let settle = |(intent, open): (&Intent, bool)| {
        let one = unanswered(intent);
        let Ok(records) = &found else { return notes::left_open(&one) };
        match ext_id(&intent.change.act).and_then(|text| records.get(&text)) {
            Some(record) => creates::adopted(doors, mirror, &one, record),
            None if open => notes::left_open(&one),
            None => notes::closed(&one, Fate::NotDone("it was seen not to exist".into()), Vec::new()),
        }
    };
    intents.into_iter().zip(open).map(settle).collect()
}

/// Without a unique id a create waits out the quiet period. Then its token is looked for among
/// everybody's records: somebody may have reassigned it meanwhile (RELIABILITY.md 6.5).
async fn by_token(
    doors: &Doors<'_>,
    target: &dyn Target,
    mirror: &MirrorSide,
    intents: Vec<&Intent>,
) -> Vec<Settlement> {
    let mut settlements = Vec::new();
    let hasty = planted::is(Defect::RetryBySearch) || planted::is(Defect::QuietZero);
    for intent in intents {
        let one = unanswered(intent);
        let quiet = hasty || is_quiet(doors, intent);
        let found =
            if quiet { lookup::by_token(target, doors.setup, mirror, intent.entity()).await } else { None };
        settlements.push(match found.as_deref() {
            None if quiet && !lookup::has_tokens(mirror) => {
                creates::in_doubt(doors, &one, "it carried nothing by which its record could be found")
            }
            None => notes::left_open(&one),
            Some([]) => creates::unseen(doors, &one),
            Some([record]) => creates::carrying(doors, mirror, &one, record),
            Some([_, ..]) => creates::in_doubt(doors, &one, "several records carry its token"),
        });
    }
    settlements
}

/// Closed without a look, as defects do.
fn forgotten(intent: &Intent) -> Settlement {
    notes::closed(&unanswered(intent), Fate::NotDone("nobody looked".into()), Vec::new())
}

fn unanswered(intent: &Intent) -> Answered {
    Answered {
        intent: intent.clone(),
        answer: Err(Fault::Unknown("the run that sent it ended before the answer".into())),
        evidence: format!("recovered, trace {}", intent.id),
        shown: BTreeMap::new(),
    }
}

/// Whether nothing of it can land any more, and whatever did is shown by listings too.
fn is_quiet(doors: &Doors<'_>, intent: &Intent) -> bool {
    is_past(doors, intent, doors.setup.timing().quiet().as_millis())
}

/// Whether the intent is an open one, and not one that was given up and waits on its link.
fn is_open(doors: &Doors<'_>, intent: &Intent) -> bool {
    doors.memory.intents.contains_key(&intent.id)
}

fn is_past(doors: &Doors<'_>, intent: &Intent, after_ms: u128) -> bool {
    let limit = SignedDuration::from_millis(i64::try_from(after_ms).unwrap_or(i64::MAX));
    intent.sent.is_some_and(|sent: Timestamp| doors.fence.at.duration_since(sent) > limit)
}
