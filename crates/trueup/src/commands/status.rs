//! `status`: how well the systems agree, what waits, and when it last went well.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use trueup_core::{
    memory::{Beat, Memory},
    name::SystemName,
    plan::{Bucket, FindingKind},
};
use trueup_engine::Account;

use super::{
    context::{Context, Line},
    review, told,
};
use crate::{
    args::Status,
    output::{
        Answer, Exit, Failure, Report, count,
        table::{Column, Table},
    },
};

/// How far back a good run is looked for.
const RUNS: usize = 1_000;

pub(super) async fn run(context: &Context<'_>, args: &Status) -> Result<Answer, Failure> {
    let wired = context.wired_to_memory()?;
    let lines = context.lines(&wired)?;
    let now = wired.world.now();
    let mut states = Vec::new();
    for line in &lines {
        states.push(State::of(line).await?);
    }
    let stale: Vec<&State> = states.iter().filter(|state| state.is_stale(now, args.max_age)).collect();
    let exit = if stale.is_empty() { Exit::Done } else { Exit::Failed };
    let regressed = wired.store.regressed();
    let rolled_back = regressed.map(|(serial, lost)| {
        format!("the state was rolled back from {lost} to {serial}: an old copy was put back, look before you run\n")
    });
    if let Some(warning) = rolled_back.as_ref().filter(|_| context.terminal.plain()) {
        context.terminal.say(warning.trim_end());
    }
    let words = rolled_back.unwrap_or_default()
        + &states.iter().filter_map(State::moved).collect::<String>()
        + &verdict(&states, &stale, now, args.max_age);
    let text = table(&states, now).told(context.terminal, &words);
    let json = json!({
        "schema": "trueup.status/v1",
        "exit": exit.code(),
        "rolled_back": regressed.map(|(serial, lost)| json!({ "serial": serial, "lost": lost })),
        "pipelines": states.iter().map(State::json).collect::<Vec<_>>(),
    });
    Ok(Report::ended(exit, text, json))
}

/// One pipeline as memory has it.
struct State {
    pipeline: String,
    last: Option<Beat>,
    /// The last whole cycle, by which a scheduler is known to live and the systems to agree.
    good: Option<Beat>,
    account: Option<Account>,
    /// The last run that changed something after that cycle.
    changed: Option<Beat>,
    /// How many items `review` lists.
    waiting: usize,
    systems: Vec<System>,
}

/// One mirror as memory has it.
struct System {
    name: SystemName,
    findings: usize,
    conflicts: usize,
    parked: usize,
    held: usize,
    holds: usize,
    linked: usize,
}

impl State {
    async fn of(line: &Line) -> Result<Self, Failure> {
        let (store, pipeline) = (&line.engine.store, line.engine.setup.pipeline());
        let memory = store.memory(pipeline).await?;
        let beats = store.beats(pipeline, RUNS).await?;
        let told = |beat: &Beat| told::account_of(beat);
        let at = beats.iter().position(|beat| told(beat).is_some_and(|account| account.is_whole_cycle()));
        let good = at.and_then(|at| beats.get(at)).cloned();
        let after = beats.get(..at.unwrap_or(beats.len())).unwrap_or_default();
        let changed = after.iter().find(|beat| told(beat).is_some_and(|account| account.changed_anything()));
        let account = good.as_ref().and_then(told);
        let mirrors = line.engine.setup.mirrors().iter();
        Ok(Self {
            pipeline: pipeline.to_string(),
            last: beats.first().cloned(),
            good,
            account,
            changed: changed.cloned(),
            waiting: review::waiting(&line.engine.setup, &memory),
            systems: mirrors.map(|side| System::of(&side.side.system, &memory)).collect(),
        })
    }

    fn age(&self, now: Timestamp) -> Option<SignedDuration> {
        Some(now.duration_since(self.good.as_ref()?.ended?))
    }

    fn is_stale(&self, now: Timestamp, limit: Option<Duration>) -> bool {
        let Some(limit) = limit.and_then(|limit| SignedDuration::try_from(limit).ok()) else { return false };
        self.age(now).is_none_or(|age| age > limit)
    }

    /// That what the table says of agreement is older than the last change.
    fn moved(&self) -> Option<String> {
        let (good, changed) = (self.good.as_ref()?, self.changed.as_ref()?);
        Some(format!(
            "{}: AGREES and PENDING are as of {}; the {} of {} changed records since: trueup run\n",
            self.pipeline, good.run, changed.command, changed.run
        ))
    }

    /// The share of the scope's records that agreed after the last whole cycle, in percent.
    #[expect(clippy::cast_precision_loss, reason = "a count of records is far below 2^52")]
    fn agreement(&self) -> Option<f64> {
        let buckets = &self.account.as_ref()?.buckets;
        let of = |bucket: Bucket| buckets.get(&bucket).copied().unwrap_or_default();
        let compared = of(Bucket::InSync) + of(Bucket::Pending) + of(Bucket::Conflict) + of(Bucket::Failed);
        (compared > 0).then(|| of(Bucket::InSync) as f64 * 100.0 / compared as f64)
    }

    fn pending(&self) -> Option<usize> {
        self.account.as_ref()?.buckets.get(&Bucket::Pending).copied()
    }

    fn json(&self) -> Value {
        json!({
            "pipeline": self.pipeline,
            "last_run": self.last.as_ref().map(beat_json),
            "last_good": self.good.as_ref().map(beat_json),
            "agreement_percent": self.agreement(),
            "agreement_at": self.good.as_ref().map(|beat| beat.ended),
            "changed_since": self.changed.as_ref().map(beat_json),
            "pending": self.pending(),
            "waiting": self.waiting,
            "systems": self.systems.iter().map(System::json).collect::<Vec<_>>(),
        })
    }
}

impl System {
    fn of(name: &SystemName, memory: &Memory) -> Self {
        let open = memory.findings.values().filter(|opened| opened.item.key.system == *name);
        let (found, held): (Vec<_>, Vec<_>) =
            open.partition(|opened| opened.item.kind == FindingKind::Finding);
        Self {
            name: name.clone(),
            findings: found.len(),
            held: held.len(),
            conflicts: memory.open_conflicts().filter(|(key, _)| key.link.system == *name).count(),
            parked: memory.parked.keys().filter(|key| key.link.system == *name).count(),
            holds: memory.holds.keys().filter(|key| key.link.system == *name).count(),
            linked: memory.links.keys().filter(|key| key.system == *name).count(),
        }
    }

    fn json(&self) -> Value {
        json!({
            "system": self.name,
            "linked": self.linked,
            "findings": self.findings,
            "conflicts": self.conflicts,
            "parked": self.parked,
            "held": self.held,
            "holds": self.holds,
        })
    }
}

fn beat_json(beat: &Beat) -> Value {
    json!({
        "run": beat.run,
        "command": beat.command,
        "started": beat.started,
        "ended": beat.ended,
        "outcome": beat.outcome,
        "plan": beat.plan,
    })
}

fn table(states: &[State], now: Timestamp) -> Table {
    let headings = [
        "PIPELINE",
        "SYSTEM",
        "LAST GOOD",
        "AGREES",
        "PENDING",
        "FINDINGS",
        "CONFLICTS",
        "PARKED",
        "HELD",
        "HOLDS",
    ];
    let mut table = Table::new(
        &headings.map(|name| (name, if name == "LAST GOOD" { Column::Cut } else { Column::Keep })),
    );
    for state in states {
        let age = state.age(now).map_or_else(|| "never".to_owned(), |age| format!("{} ago", ago(age)));
        let agrees = state.agreement().map_or_else(|| "?".to_owned(), |share| format!("{share:.1} %"));
        let pending = state.pending().map_or_else(|| "?".to_owned(), |pending| pending.to_string());
        for system in &state.systems {
            let numbers = [system.findings, system.conflicts, system.parked, system.held, system.holds];
            let numbers = numbers.map(|number| number.to_string());
            let head = [
                state.pipeline.clone(),
                system.name.to_string(),
                age.clone(),
                agrees.clone(),
                pending.clone(),
            ];
            table.row(head.into_iter().chain(numbers));
        }
    }
    table
}

fn verdict(states: &[State], stale: &[&State], now: Timestamp, limit: Option<Duration>) -> String {
    if let (Some(state), Some(limit)) = (stale.first(), limit) {
        let limit = SignedDuration::try_from(limit).unwrap_or_default();
        let age = state.age(now).map_or_else(|| "ever".to_owned(), |age| format!("for {}", ago(age)));
        return format!("{}: no cycle went well {age} (limit {})", state.pipeline, ago(limit));
    }
    let waiting: usize = states.iter().map(|state| state.waiting).sum();
    match waiting {
        _ if states.iter().all(|state| state.last.is_none()) => "nothing ran yet: trueup plan".to_owned(),
        0 => "nothing waits for a person".to_owned(),
        waiting => format!("{} for a person: trueup review", count(waiting, "item")),
    }
}

/// A time in its largest unit, such as `12 m`.
fn ago(time: SignedDuration) -> String {
    match time.as_secs() {
        seconds @ ..120 => format!("{} s", seconds.max(0)),
        seconds @ 120..7_200 => format!("{} m", seconds / 60),
        seconds @ 7_200..172_800 => format!("{} h", seconds / 3_600),
        seconds => format!("{} d", seconds / 86_400),
    }
}
