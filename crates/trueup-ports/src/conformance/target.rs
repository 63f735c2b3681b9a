//! The rules of writing.

use trueup_core::{
    journal::Intent,
    link::How,
    name::{ClassId, EntityKey, ExtId, FieldName, IntentId, RemoteId, RunId},
    plan::{Act, Change, Edit, Turn},
    value::Cell,
};

use super::{Bench, Break, Broken, Checked, Held, MakeBench, Verdict, by_id, cell, ensure, rows};
use crate::{Fault, Permit, Settled};

/// Checks every rule of writing; [`check_source`](super::check_source) checks the reads these rely on.
///
/// # Errors
/// The first rule that does not hold, with what was seen.
pub async fn check_target(make: MakeBench<'_>) -> Result<Checked, Broken> {
    super::rules!(make,
        "an update lands on its record and its column alone" => update,
        "a cleared value reads back as nothing" => clear,
        "a create gives the id of the record it made" => create,
        "two creates with one external id make one record" => twins,
        "one bad row does not stop the others, or nothing is written" => bad_row,
        "an update of a record that is not there is no success" => stranger,
        "a write that failed without a proof is unknown, and is sent once" => after,
        "half an answer to a write is unknown" => half,
        "a write that did not happen is no success" => before,
        "an archived record is missing" => archive,
        "the largest batch is one request" => largest,
        "every request is counted as the system counts it" => counted,
    )
}

/// What one permit came to.
type Outcome = Result<RemoteId, Fault>;

/// Sends changes of one verb as one batch to the target of a bench; the outcomes are in the order of the changes.
///
/// For rules that only one system has. The permits are made here, past the gate: see the
/// [module above](super).
///
/// # Errors
/// In words, when the bench has no target, or the target does not settle each permit exactly once with evidence.
pub async fn send(bench: &dyn Bench, changes: Vec<(Act, Vec<Edit>)>) -> Result<Vec<Settled>, String> {
    let target = bench.target().ok_or("the system of this bench is not written")?;
    let system = target.card().system.clone();
    let run = RunId::new("conformance");
    let intent = |(number, (act, edits))| {
        let entity = EntityKey::new(format!("E{number}"));
        let change = Change { system: system.clone(), entity, label: String::new(), act, edits };
        let id = IntentId::new(format!("trace-{number}"));
        Intent { id, run: run.clone(), epoch: 1, change, watermark: None, sent: None }
    };
    let intents: Vec<Intent> = changes.into_iter().enumerate().map(intent).collect();
    let ids: Vec<IntentId> = intents.iter().map(|intent| intent.id.clone()).collect();
    let mut settled = target.write(intents.into_iter().map(Permit::issue).collect()).await;
    ensure(settled.len() == ids.len(), || format!("{} outcomes for {} permits", settled.len(), ids.len()))?;
    settled.sort_by_key(|one| ids.iter().position(|id| id == one.id()));
    ensure(settled.iter().map(Settled::id).eq(&ids), || "a permit settled twice, another not at all".into())?;
    ensure(settled.iter().all(|one| !one.evidence().is_empty()), || "an outcome without evidence".into())?;
    Ok(settled)
}

/// The outcomes alone.
async fn outcomes(bench: &dyn Bench, changes: Vec<(Act, Vec<Edit>)>) -> Result<Vec<Outcome>, String> {
    let settled = send(bench, changes).await?;
    Ok(settled.iter().map(|one| one.outcome().cloned().map_err(Clone::clone)).collect())
}

/// One column set to one value, as an edit holds it.
#[must_use]
pub fn set(column: &str, after: Cell) -> Vec<Edit> {
    vec![Edit {
        field: FieldName::new(column),
        column: column.to_owned(),
        class: ClassId::new("other"),
        before: Cell::Null,
        wanted: after.clone(),
        canonical: after.clone(),
        after,
        turn: Turn::Alone,
    }]
}

/// An update of one record.
#[must_use]
pub fn updating(id: &RemoteId, edits: Vec<Edit>) -> (Act, Vec<Edit>) {
    (Act::Update { remote: id.clone(), how: How::Token }, edits)
}

/// A create in the scope, with an external id where the card says that those are unique.
#[must_use]
pub fn creating(bench: &dyn Bench, ext_id: &str, text: &str) -> (Act, Vec<Edit>) {
    let expected = bench.expected();
    let mut edits = set(&expected.text, Cell::text(text));
    edits.extend(set(&expected.scope.0, Cell::text(&expected.scope.1)));
    let ext_id_column = expected.unique.clone().filter(|_| bench.source().card().unique_ext_id);
    (
        Act::Create { ext_id: ExtId::new(ext_id), ext_id_column, class: ClassId::new("D7"), origin: None },
        edits,
    )
}

/// Some seeded records of the scope, and the column for text; `None` when the system is not written.
async fn prepared(bench: &dyn Bench, count: usize) -> Option<(Vec<RemoteId>, String)> {
    bench.target()?;
    let seeded = bench.seed(rows(bench, count, &bench.expected().scope.1.clone())).await;
    Some((seeded, bench.expected().text.clone()))
}

/// Takes the first few of a list, or says that it is too short.
fn first<const N: usize>(ids: &[RemoteId]) -> Result<&[RemoteId; N], String> {
    ids.first_chunk().ok_or_else(|| format!("{} records seeded, {N} needed", ids.len()))
}

async fn update(bench: &dyn Bench) -> Verdict {
    let Some((seeded, text)) = prepared(bench, 2).await else { return Ok(Held::Skipped) };
    let [one, other] = first(&seeded)?;
    let seen = outcomes(bench, vec![updating(one, set(&text, Cell::text("changed")))]).await?;
    ensure(seen == [Ok(one.clone())], || format!("{seen:?}"))?;
    ensure(cell(bench, one, &text).await? == Cell::text("changed"), || {
        "another value than was written".into()
    })?;
    let page = by_id(bench, std::slice::from_ref(one), &[&text], bench.source().card().history).await?;
    let newest = page.records.first().and_then(|record| record.past(0).first());
    ensure(newest.is_none_or(|past| !past.foreign), || "a write of ours is told as somebody else's".into())?;
    ensure(cell(bench, other, &text).await? == Cell::text("row 1"), || "another record changed".into())?;
    let scope = cell(bench, one, &bench.expected().scope.0).await?;
    ensure(scope == Cell::text(&bench.expected().scope.1), || "another column changed".into())?;
    Ok(Held::Yes)
}

async fn clear(bench: &dyn Bench) -> Verdict {
    let Some((seeded, text)) = prepared(bench, 2).await else { return Ok(Held::Skipped) };
    for (id, nothing) in seeded.iter().zip([Cell::Null, Cell::Empty]) {
        let seen = outcomes(bench, vec![updating(id, set(&text, nothing))]).await?;
        ensure(seen == [Ok(id.clone())], || format!("{seen:?}"))?;
        let seen = cell(bench, id, &text).await?;
        ensure(seen.is_blank(), || format!("{seen:?}"))?;
    }
    Ok(Held::Yes)
}

async fn create(bench: &dyn Bench) -> Verdict {
    let Some((_, text)) = prepared(bench, 0).await else { return Ok(Held::Skipped) };
    if !bench.source().card().verbs.create {
        return Ok(Held::Skipped);
    }
    let changes = vec![creating(bench, "ext-1", "first"), creating(bench, "ext-2", "second")];
    let seen = outcomes(bench, changes).await?;
    for (outcome, wanted) in seen.iter().zip(["first", "second"]) {
        let id = outcome.as_ref().map_err(ToString::to_string)?;
        ensure(cell(bench, id, &text).await? == Cell::text(wanted), || {
            format!("record {id} is not the one made")
        })?;
    }
    Ok(Held::Yes)
}

async fn twins(bench: &dyn Bench) -> Verdict {
    let Some((_, text)) = prepared(bench, 0).await else { return Ok(Held::Skipped) };
    if !(bench.source().card().verbs.create && bench.source().card().unique_ext_id) {
        return Ok(Held::Skipped);
    }
    let made = outcomes(bench, vec![creating(bench, "ext-1", "first")]).await?;
    let id = made.first().and_then(|outcome| outcome.as_ref().ok()).ok_or_else(|| format!("{made:?}"))?;
    let before = bench.state().await;
    let again = outcomes(bench, vec![creating(bench, "ext-1", "second")]).await?;
    ensure(matches!(again.as_slice(), [Err(Fault::Rejected(_))]), || format!("{again:?}"))?;
    ensure(bench.state().await == before, || "the second create changed something".into())?;
    ensure(cell(bench, id, &text).await? == Cell::text("first"), || "the first record changed".into())?;
    Ok(Held::Yes)
}

async fn bad_row(bench: &dyn Bench) -> Verdict {
    let Some((seeded, text)) = prepared(bench, 3).await else { return Ok(Held::Skipped) };
    let Some((column, bad)) = bench.expected().refused.clone() else { return Ok(Held::Skipped) };
    let [one, two, three] = first(&seeded)?;
    let before = bench.state().await;
    let seen = outcomes(
        bench,
        vec![
            updating(one, set(&text, Cell::text("new"))),
            updating(two, set(&column, Cell::text(&bad))),
            updating(three, set(&text, Cell::text("new"))),
        ],
    )
    .await?;
    let whole = seen.iter().all(|outcome| matches!(outcome, Err(Fault::BatchRefused(_))));
    if whole {
        ensure(bench.state().await == before, || "a batch refused as a whole changed something".into())?;
        return Ok(Held::Yes);
    }
    let single = matches!(seen.as_slice(), [Ok(_), Err(Fault::Rejected(_)), Ok(_)]);
    ensure(single, || format!("{seen:?}"))?;
    ensure(blames(&seen, &column), || "a refusal that does not name the column".into())?;
    for id in [one, three] {
        ensure(cell(bench, id, &text).await? == Cell::text("new"), || {
            format!("record {id} was not written")
        })?;
    }
    Ok(Held::Yes)
}

fn blames(outcomes: &[Outcome], column: &str) -> bool {
    outcomes.iter().any(|outcome| match outcome {
        Err(Fault::Rejected(list)) => list.iter().any(|refusal| refusal.column.as_deref() == Some(column)),
        _ => false,
    })
}

async fn stranger(bench: &dyn Bench) -> Verdict {
    let Some((seeded, text)) = prepared(bench, 1).await else { return Ok(Held::Skipped) };
    let [one] = first(&seeded)?;
    let edits = || set(&text, Cell::text("new"));
    let seen =
        outcomes(bench, vec![updating(&bench.expected().unknown, edits()), updating(one, edits())]).await?;
    ensure(matches!(seen.as_slice(), [Err(_), _]), || format!("{seen:?}"))?;
    let landed = cell(bench, one, &text).await? == Cell::text("new");
    let told = matches!(seen.as_slice(), [_, Ok(_)]);
    ensure(landed == told, || format!("told {told}, landed {landed}"))?;
    Ok(Held::Yes)
}

async fn after(bench: &dyn Bench) -> Verdict {
    broken(bench, Break::After, |outcome| matches!(outcome, Err(Fault::Unknown(_)))).await
}

async fn half(bench: &dyn Bench) -> Verdict {
    broken(bench, Break::Garbled, |outcome| matches!(outcome, Err(Fault::Unknown(_)))).await
}

async fn before(bench: &dyn Bench) -> Verdict {
    broken(bench, Break::Before, Result::is_err).await
}

async fn broken(bench: &dyn Bench, how: Break, fits: fn(&Outcome) -> bool) -> Verdict {
    let Some((seeded, text)) = prepared(bench, 1).await else { return Ok(Held::Skipped) };
    let [one] = first(&seeded)?;
    bench.break_next(how).await;
    let sent = bench.served().await.write;
    let seen = outcomes(bench, vec![updating(one, set(&text, Cell::text("new")))]).await?;
    ensure(seen.iter().all(fits), || format!("{seen:?}"))?;
    let sent = bench.served().await.write - sent;
    ensure(sent <= 1, || format!("{sent} requests"))?;
    let landed = cell(bench, one, &text).await? == Cell::text("new");
    ensure(landed == (how != Break::Before), || format!("landed {landed}"))?;
    Ok(Held::Yes)
}

async fn archive(bench: &dyn Bench) -> Verdict {
    let Some((seeded, text)) = prepared(bench, 2).await else { return Ok(Held::Skipped) };
    if !bench.source().card().verbs.archive {
        return Ok(Held::Skipped);
    }
    let [one, other] = first(&seeded)?;
    let seen =
        outcomes(bench, vec![(Act::Archive { remote: one.clone(), version: None }, Vec::new())]).await?;
    ensure(seen == [Ok(one.clone())], || format!("{seen:?}"))?;
    let page = by_id(bench, &seeded, &[&text], false).await?;
    ensure(page.missing == [one.clone()], || format!("missing {:?}", page.missing))?;
    let left: Vec<RemoteId> = page.records.into_iter().map(|record| record.id).collect();
    ensure(left == [other.clone()], || format!("left {left:?}"))?;
    Ok(Held::Yes)
}

async fn largest(bench: &dyn Bench) -> Verdict {
    let size = bench.source().card().batch.update;
    let Some((seeded, text)) = prepared(bench, size).await else { return Ok(Held::Skipped) };
    let before = bench.served().await.write;
    let changes = seeded.iter().map(|id| updating(id, set(&text, Cell::text("new")))).collect();
    let seen = outcomes(bench, changes).await?;
    let landed: Vec<RemoteId> = seen.into_iter().filter_map(Result::ok).collect();
    ensure(landed == seeded, || format!("{} of {size} landed", landed.len()))?;
    let sent = bench.served().await.write - before;
    ensure(sent == 1, || format!("{sent} requests for {size} records"))?;
    Ok(Held::Yes)
}

async fn counted(bench: &dyn Bench) -> Verdict {
    let Some((seeded, text)) = prepared(bench, 1).await else { return Ok(Held::Skipped) };
    let [one] = first(&seeded)?;
    outcomes(bench, vec![updating(one, set(&text, Cell::text("new")))]).await?;
    cell(bench, one, &text).await?;
    let (served, counted) = (bench.served().await, bench.source().requests());
    ensure(served == counted, || format!("{served:?} received, {counted:?} counted"))?;
    Ok(Held::Yes)
}
