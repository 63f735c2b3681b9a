//! `rehearse`: plays this configuration under seeds of faults, kills and people who interfere, in virtual time.
//!
//! The engine, the connectors and what they say over HTTP are real; the portal is the sandbox's, in process, and a
//! workbook stands in as a table with its columns. No system of the configuration is asked anything, no secret is
//! read, and the state is left alone.

use std::{num::NonZeroUsize, ops::Range, sync::Arc, thread};

use futures::{StreamExt, stream};
use serde_json::{Value, json};
use tokio::task;
use trueup_config::{Config, Pipeline, SystemConfig};
use trueup_ports::LogEvent;
use trueup_sim::{rehearsal::Rehearsal, report::Sum, swarm::Kind};

use super::context::Context;
use crate::{
    args::Rehearse,
    output::{
        Answer, Exit, Failure, Report, count,
        table::{Column, Table},
    },
};

/// How a record of a source of truth is named that has no key column of its own.
const ID: &str = "id";

pub(super) async fn run(context: &Context<'_>, args: &Rehearse) -> Result<Answer, Failure> {
    let config = context.config_without_secrets()?;
    let seeds = args.from..args.from.saturating_add(args.seeds);
    // A panic is told as a violation of its seed; its own message would only be in the way.
    std::panic::set_hook(Box::new(|_| {}));
    let mut all = Vec::new();
    for pipeline in context.chosen(&config)? {
        let rehearsal = Arc::new(rehearsal(&config, pipeline));
        all.push((pipeline.setup.pipeline().to_string(), played(context, &rehearsal, seeds.clone()).await));
    }
    let _ours = std::panic::take_hook();
    Ok(report(context, &all))
}

fn rehearsal(config: &Config, pipeline: &Pipeline) -> Rehearsal {
    let setup = &pipeline.setup;
    let key = match config.systems.get(&setup.canonical().system) {
        Some(SystemConfig::Xlsx(xlsx)) => xlsx.key.as_str(),
        Some(SystemConfig::Hubspot(_)) | None => ID,
    };
    let bursts = setup.mirrors().iter().map(|side| match config.systems.get(&side.side.system) {
        Some(SystemConfig::Hubspot(hubspot)) => hubspot.rate.map(|rate| {
            let per_ms = u64::try_from(rate.per.as_millis()).unwrap_or(u64::MAX).max(1);
            let in_ten_seconds = u64::from(rate.requests) * 10_000 / per_ms;
            u32::try_from(in_ten_seconds.max(1)).unwrap_or(u32::MAX)
        }),
        Some(SystemConfig::Xlsx(_)) | None => None,
    });
    Rehearsal::new(setup, pipeline.every, key, bursts.collect())
}

/// Plays the seeds, as many at once as there are cores; after a wish to stop, none is begun.
async fn played(context: &Context<'_>, rehearsal: &Arc<Rehearsal>, seeds: Range<u64>) -> Sum {
    let progress = context.terminal.progress();
    progress.begin("rehearse");
    progress.event(LogEvent::Stage { name: "seeds".to_owned(), steps: Some(seeds.end - seeds.start) });
    let wanted = seeds.take_while(|_| !context.stopping.asked());
    let played = stream::iter(wanted).map(|seed| {
        let rehearsal = Arc::clone(rehearsal);
        async move { (seed, task::spawn_blocking(move || timed(&rehearsal, seed)).await) }
    });
    let mut played =
        std::pin::pin!(played.buffer_unordered(thread::available_parallelism().map_or(1, NonZeroUsize::get)));
    let mut sum = Sum::default();
    while let Some((seed, ended)) = played.next().await {
        // What panics is caught where it is played.
        if let Ok((told, seconds)) = ended {
            sum.add(seed, told);
            sum.took(Kind::Wire, seconds);
        }
        progress.event(LogEvent::Step(1));
    }
    progress.end();
    sum
}

fn timed(rehearsal: &Rehearsal, seed: u64) -> (trueup_sim::run::Told, f64) {
    let began = std::time::Instant::now();
    (rehearsal.play(seed), began.elapsed().as_secs_f64())
}

fn report(context: &Context<'_>, all: &[(String, Sum)]) -> Answer {
    let exit = if all.iter().all(|(_, sum)| sum.is_good()) { Exit::Done } else { Exit::Failed };
    let mut text = String::new();
    for (name, sum) in all {
        text += &faults(sum).render(context.terminal);
        text += &[name, ": ", &sum.text(sum.per_core())].concat();
    }
    text += &verdict(all, exit);
    let json = json!({
        "schema": "trueup.rehearse/v1",
        "exit": exit.code(),
        "held": exit == Exit::Done,
        "pipelines": all.iter().map(|(name, sum)| pipeline(name, sum)).collect::<Value>(),
    });
    Report::ended(exit, text, json)
}

/// How often what went wrong, by the names of the faults.
fn faults(sum: &Sum) -> Table {
    let mut table = Table::new(&[("FAULT", Column::Keep), ("TIMES", Column::Keep)]);
    for (name, times) in sum.faults().filter(|(_, times)| *times > 0) {
        table.row([name.to_owned(), times.to_string()]);
    }
    table
}

fn verdict(all: &[(String, Sum)], exit: Exit) -> String {
    let seeds: usize = all.iter().map(|(_, sum)| usize::try_from(sum.seeds()).unwrap_or(usize::MAX)).sum();
    let failing: Vec<u64> = all.iter().flat_map(|(_, sum)| sum.failing()).collect();
    match failing.first() {
        None if exit == Exit::Done => format!("every invariant held in {}", count(seeds, "seed")),
        None => "nothing was rehearsed: it was stopped before the first seed ended".to_owned(),
        Some(seed) => format!(
            "{} of {} broke an invariant; next: trueup rehearse --seeds 1 --from {seed}",
            failing.len(),
            count(seeds, "seed")
        ),
    }
}

fn pipeline(name: &str, sum: &Sum) -> Value {
    let mut json = sum.json(sum.per_core());
    if let Some(fields) = json.as_object_mut() {
        fields.remove("schema");
        fields.insert("pipeline".to_owned(), json!(name));
    }
    json
}
