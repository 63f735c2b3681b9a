//! Whether the last run's own account adds up (I-19).

use serde_json::Value;
use trueup_core::{name::PipelineName, plan::Plan};
use trueup_ports::{Store, StoreError};

use crate::{Class, Difference};

/// How far back a run that was counted is looked for.
pub(crate) const RUNS: usize = 100;

/// Compares what the last run counted with what it planned from: its writes move records from one bucket to
/// another, a create adds one, an archive takes one away.
pub(crate) async fn sums(
    store: &dyn Store,
    pipeline: &PipelineName,
    plan: Option<&Plan>,
) -> Result<Option<Difference>, StoreError> {
    let Some(plan) = plan else { return Ok(None) };
    let beats = store.beats(pipeline, RUNS).await?;
    let Some(beat) = beats.iter().find(|beat| beat.plan.as_ref() == Some(&plan.id)) else { return Ok(None) };
    let planned: usize = plan.report.buckets.values().sum();
    let counted = sum(beat.account.get("buckets"));
    let landed = |verb| beat.account.get("changes").and_then(|changes| changes.get(verb)).map_or(0, number);
    let (made, gone) = (landed("create"), landed("archive"));
    let fits = (planned.saturating_sub(gone)..=planned + made).contains(&counted);
    Ok((!fits).then(|| {
        let what = format!(
            "run {} planned over {planned} records, made {made}, archived {gone}, and counts {counted}",
            beat.run
        );
        Difference::of(Class::Buckets, what)
    }))
}

fn sum(buckets: Option<&Value>) -> usize {
    buckets.and_then(Value::as_object).map_or(0, |buckets| buckets.values().map(number).sum())
}

fn number(value: &Value) -> usize {
    value.as_u64().and_then(|number| usize::try_from(number).ok()).unwrap_or_default()
}
