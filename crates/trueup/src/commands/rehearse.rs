//! `rehearse`: plays this configuration under seeds of faults, kills and people who interfere, in virtual time.
//!
//! The engine, the connectors and what they say over HTTP are real; the portal is the sandbox's, in process, and a
//! workbook stands in as a table with its columns. No system of the configuration is asked anything, no secret is
//! read, and the state is left alone.

use std::{num::NonZeroUsize, ops::Range, sync::Arc, thread};

use futures::{StreamExt, stream};
use serde_json::{Value, json};
use tokio::task::{self, JoinError};
use trueup_config::{Config, Pipeline, SystemConfig, shell};
use trueup_ports::LogEvent;
use trueup_sim::{
    rehearsal::Rehearsal,
    report::{Sum, timed},
    run::Told,
    swarm::Kind,
};

use super::context::Context;
use crate::{
    args::Rehearse,
    output::{
        Answer, Exit, Failure, Report, Terminal, count,
        table::{Column, Table},
    },
};

/// How a record of a source of truth is named that has no key column of its own.
const ID: &str = "id";

/// The days of a year.
const YEAR_DAYS: f64 = 365.25;

/// What the simulation tells of itself, and of no configuration: situations of its own scenes, and what no rehearsal asks.
const INTERNAL: [&str; 7] =
    ["schema", "twice", "marks", "marks_missed", "awaits", "edits_timed", "oldest_drift_s"];

/// A pipeline under its seeds.
struct Played<'c> {
    pipeline: &'c Pipeline,
    asked: Range<u64>,
    sum: Sum,
    /// How much time passed in all of its seeds together.
    virtual_s: u64,
}

pub(super) async fn run(context: &Context<'_>, args: &Rehearse) -> Result<Answer, Failure> {
    let config = context.config_without_secrets()?;
    let asked = asked(args)?;
    // A panic is told as a violation of its seed; its own message would only be in the way.
    std::panic::set_hook(Box::new(|_| {}));
    let mut all = Vec::new();
    for pipeline in context.chosen(&config)? {
        let rehearsal = Arc::new(rehearsal(&config, pipeline));
        let (sum, virtual_s) = played(context, &rehearsal, asked.clone()).await;
        all.push(Played { pipeline, asked: asked.clone(), sum, virtual_s });
    }
    let _ours = std::panic::take_hook();
    let again = |one: &Played<'_>| command(&config, one.pipeline);
    Ok(report(context.terminal, &all, &again))
}

/// The command to type for one pipeline of the configuration.
fn command(config: &Config, pipeline: &Pipeline) -> String {
    if config.pipelines.len() < 2 {
        return "trueup rehearse".to_owned();
    }
    format!("trueup rehearse --pipeline {}", shell::word(pipeline.setup.pipeline().as_str()))
}

fn asked(args: &Rehearse) -> Result<Range<u64>, Failure> {
    let end = args.from.checked_add(args.seeds).ok_or_else(|| {
        let (seeds, last) = (args.seeds, u64::MAX - args.seeds);
        Failure::usage("bad_argument", format!("there are no {seeds} seeds from {} on", args.from))
            .help(format!("trueup rehearse --seeds {seeds} --from {last}"))
    })?;
    Ok(args.from..end)
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

/// Plays the seeds, as many at once as there are cores; after a wish to stop, none is begun. So those that were played
/// are the first ones.
async fn played(context: &Context<'_>, rehearsal: &Arc<Rehearsal>, seeds: Range<u64>) -> (Sum, u64) {
    let progress = context.terminal.progress();
    progress.begin("rehearse");
    progress.event(LogEvent::Stage { name: "seeds".to_owned(), steps: Some(seeds.end - seeds.start) });
    let wanted = seeds.take_while(|_| !context.stopping.asked());
    let played = stream::iter(wanted).map(|seed| {
        let rehearsal = Arc::clone(rehearsal);
        async move { (seed, task::spawn_blocking(move || timed(|| rehearsal.play(seed))).await) }
    });
    let mut played =
        std::pin::pin!(played.buffer_unordered(thread::available_parallelism().map_or(1, NonZeroUsize::get)));
    let (mut sum, mut virtual_s) = (Sum::default(), 0);
    while let Some((seed, ended)) = played.next().await {
        let (told, seconds) = ended.unwrap_or_else(|error| (unplayed(&error), 0.0));
        virtual_s += told.virtual_s.unsigned_abs();
        sum.add(seed, told);
        sum.took(Kind::Wire, seconds);
        progress.event(LogEvent::Step(1));
    }
    progress.end();
    (sum, virtual_s)
}

/// A seed whose panic was not caught where it was played; it counts as one that failed.
fn unplayed(error: &JoinError) -> Told {
    Told { broken: vec![format!("O14: it ended outside of its seed: {error}")], ..Told::default() }
}

fn report(terminal: &Terminal, all: &[Played<'_>], again: &dyn Fn(&Played<'_>) -> String) -> Answer {
    let held = all.iter().all(|one| one.sum.is_good() && one.rest().is_none());
    let exit = if held { Exit::Done } else { Exit::Failed };
    let mut text: String =
        all.iter().map(|one| faults(&one.sum).told(terminal, &one.words(&one.sum.json()))).collect();
    if !terminal.plain() {
        text += &verdict(all, again);
    }
    let json = json!({
        "schema": "trueup.rehearse/v1",
        "exit": exit.code(),
        "held": held,
        "pipelines": all.iter().map(Played::json).collect::<Value>(),
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

/// What was not played and what did not hold, each with the command that goes on from there.
fn verdict(all: &[Played<'_>], again: &dyn Fn(&Played<'_>) -> String) -> String {
    let mut lines: Vec<String> = all.iter().filter_map(|one| stopped(one, again)).collect();
    let seeds = count(all.iter().map(|one| seeds(one.sum.seeds())).sum(), "seed");
    let failing: Vec<(&Played<'_>, u64)> =
        all.iter().flat_map(|one| one.sum.failing().map(move |seed| (one, seed))).collect();
    match failing.first() {
        None if lines.is_empty() => lines.push(format!("every invariant held in {seeds}")),
        None => {}
        Some((one, seed)) => lines.push(format!(
            "{} of {seeds} broke an invariant; next: {} --seeds 1 --from {seed}",
            failing.len(),
            again(one)
        )),
    }
    lines.join("\n")
}

/// How far a pipeline came that somebody stopped.
fn stopped(one: &Played<'_>, again: &dyn Fn(&Played<'_>) -> String) -> Option<String> {
    let rest = one.rest()?;
    let asked = count(seeds(one.asked()), "seed");
    let next = format!("{} --seeds {} --from {}", again(one), rest.end - rest.start, rest.start);
    Some(format!("{}: stopped after {} of {asked}; next: {next}", one.name(), one.sum.seeds()))
}

/// Virtual time in words: a single seed is far from a year.
#[expect(clippy::cast_precision_loss, reason = "seconds of any number of seeds are far below 2^52")]
fn passed(seconds: u64) -> String {
    let days = seconds as f64 / 86_400.0;
    if days < YEAR_DAYS {
        format!("{days:.1} virtual days")
    } else {
        format!("{:.1} virtual years", days / YEAR_DAYS)
    }
}

/// A number of seeds, to be counted in words.
fn seeds(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

impl Played<'_> {
    fn name(&self) -> &str {
        self.pipeline.setup.pipeline().as_str()
    }

    const fn asked(&self) -> u64 {
        self.asked.end - self.asked.start
    }

    /// The seeds that were asked for and not begun.
    fn rest(&self) -> Option<Range<u64>> {
        let from = self.asked.start + self.sum.seeds();
        (from < self.asked.end).then_some(from..self.asked.end)
    }

    /// What did not hold, and what was played, as far as it says something of the configuration.
    fn words(&self, sum: &Value) -> String {
        let of = |name: &str| sum.get(name).and_then(Value::as_u64).unwrap_or_default();
        let whys = |seed: u64| sum.get("failing")?.get(seed.to_string())?.as_array().cloned();
        let mut words = String::new();
        for seed in self.sum.failing() {
            let whys = whys(seed).unwrap_or_default();
            words.extend(whys.iter().filter_map(Value::as_str).map(|why| format!("seed {seed}: {why}\n")));
        }
        words
            + &format!(
                "{}: {}, {} failing, {}, {} runs ({} whole), {} kills, {} requests, {} events\n",
                self.name(),
                count(seeds(self.sum.seeds()), "seed"),
                self.sum.failing().count(),
                passed(self.virtual_s),
                of("runs"),
                of("whole_cycles"),
                of("kills"),
                of("requests"),
                of("events"),
            )
    }

    fn json(&self) -> Value {
        let mut json = self.sum.json();
        if let Some(fields) = json.as_object_mut() {
            fields.retain(|name, _| !INTERNAL.contains(&name.as_str()));
            fields.insert("pipeline".to_owned(), json!(self.name()));
            fields.insert("asked".to_owned(), json!(self.asked()));
        }
        json
    }
}

#[cfg(test)]
mod tests {
    use trueup_config::Template;

    use super::*;

    /// So many seeds that were played, from 10 on, and these failed.
    fn sum(played: u64, failing: &[u64]) -> Sum {
        let mut sum = Sum::default();
        for seed in 10..10 + played {
            let broken = failing.iter().filter(|one| **one == seed).map(|_| "O2: lost".to_owned()).collect();
            sum.add(seed, Told { broken, ..Told::default() });
        }
        sum
    }

    /// Two pipelines that were asked to play six seeds each.
    #[track_caller]
    fn check(sums: [(u64, &[u64]); 2], want: &[&str]) {
        let text = Template::by_name("a").unwrap().text;
        let (head, rest) = text.split_once("  leads:\n").unwrap();
        let (leads, foot) = rest.split_once("# Who hears").unwrap();
        let guests = leads.replace("88361194", "88361195");
        let text = format!("{head}  leads:\n{leads}  guests:\n{guests}# Who hears{foot}");
        let config = trueup_config::parse(&text, "trueup.yaml", &|_| Ok(())).unwrap();
        let all: Vec<Played<'_>> = config
            .pipelines
            .iter()
            .zip(sums)
            .map(|(pipeline, (played, failing))| Played {
                pipeline,
                asked: 10..16,
                sum: sum(played, failing),
                virtual_s: 0,
            })
            .collect();
        let again = |one: &Played<'_>| format!("trueup rehearse --pipeline {}", one.name());
        assert_eq!(verdict(&all, &again).lines().collect::<Vec<_>>(), want);
    }

    #[test]
    fn time_is_told_in_days_until_it_is_a_year() {
        assert_eq!(passed(129_600), "1.5 virtual days");
        assert_eq!(passed(365 * 86_400), "365.0 virtual days");
        assert_eq!(passed(2 * 365 * 86_400), "2.0 virtual years");
    }

    #[test]
    fn the_verdict_says_what_held_or_how_to_see_it_again_and_how_to_go_on() {
        check([(6, &[]), (6, &[])], &["every invariant held in 12 seeds"]);
        check(
            [(6, &[]), (6, &[12, 14])],
            &[
                "2 of 12 seeds broke an invariant; next: trueup rehearse --pipeline guests --seeds 1 --from 12",
            ],
        );
        check(
            [(4, &[13]), (0, &[])],
            &[
                "leads: stopped after 4 of 6 seeds; next: trueup rehearse --pipeline leads --seeds 2 --from 14",
                "guests: stopped after 0 of 6 seeds; next: trueup rehearse --pipeline guests --seeds 6 --from 10",
                "1 of 4 seeds broke an invariant; next: trueup rehearse --pipeline leads --seeds 1 --from 13",
            ],
        );
    }
}
