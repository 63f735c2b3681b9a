//! `verify`: reads everything anew by a path that shares nothing with the engine, and proves agreement or lists what
//! differs and was not told.
//!
//! | exit | when |
//! |---|---|
//! | 0 | proven: whatever differs stands in `review`, or was left alone for a reason |
//! | 1 | there is no memory, a system could not be read, or a run never stood still: that is no agreement |
//! | 3 | memory cannot be believed: a broken journal, a rolled-back state, another account |
//! | 4 | something differs that nobody was told |

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Map, Value, json};
use trueup_core::{
    name::{EntityKey, FieldName},
    value::Cell,
};
use trueup_ports::Source;
use trueup_verify::{Class, Difference, Listing, Report as Verified, SystemReport, Verifier};

use super::{
    context::{Context, Line},
    history::{cell_json, cell_text, word},
};
use crate::{
    args::Verify,
    output::{
        Answer, Exit, Failure, Report, count,
        table::{Column, Table},
    },
};

pub(super) async fn run(context: &Context<'_>, args: &Verify) -> Result<Answer, Failure> {
    let wired = context.wired_to_what_is_there()?;
    let mut all = Vec::new();
    for line in context.lines(&wired)? {
        all.push((line.engine.setup.pipeline().to_string(), verified(&line).await?));
    }
    let regressed = wired.store.regressed();
    let exit = match regressed {
        Some(_) => Exit::Halted,
        None => all.iter().map(|(_, report)| exit(report)).max().unwrap_or(Exit::Done),
    };
    let rolled_back = regressed.map(|(serial, lost)| {
        format!("the state was rolled back from {lost} to {serial}: what was compared is an old memory\n")
    });
    let words = all.iter().map(|(name, report)| summary(name, report)).collect::<String>()
        + &rolled_back.unwrap_or_default()
        + &verdict(&all, exit);
    let text = table(&all, args.redacted).told(context.terminal, &words);
    let json = json!({
        "schema": "trueup.verify/v1",
        "exit": exit.code(),
        "proven": exit == Exit::Done,
        "redacted": args.redacted,
        "rolled_back": regressed.map(|(serial, lost)| json!({ "serial": serial, "lost": lost })),
        "pipelines": all.iter().map(|(name, report)| pipeline_json(name, report, args.redacted)).collect::<Value>(),
    });
    Ok(Report::ended(exit, text, json))
}

async fn verified(line: &Line) -> Result<Verified, Failure> {
    let engine = &line.engine;
    let mirrors = engine.systems.mirrors.iter();
    let verifier = Verifier {
        world: engine.world.as_ref(),
        store: engine.store.as_ref(),
        setup: &engine.setup,
        canonical: engine.systems.canonical.source(),
        mirrors: mirrors.map(|(system, target)| (system.clone(), target.as_ref() as &dyn Source)).collect(),
    };
    Ok(verifier.verify().await?)
}

fn exit(report: &Verified) -> Exit {
    match () {
        () if report.is_proven() => Exit::Done,
        () if report.journal.entries.is_none() => Exit::Halted,
        () => Exit::Person,
    }
}

/// One line a difference; nothing at all where there is none.
fn table(all: &[(String, Verified)], redacted: bool) -> Table {
    let differences = all.iter().flat_map(|(_, report)| &report.differences);
    let headings = ["CLASS", "ENTITY", "RECORD", "FIELD", "WHAT"];
    let headings = headings.map(|name| (name, if name == "WHAT" { Column::Cut } else { Column::Keep }));
    let mut table = Table::new(&headings);
    for one in differences {
        table.row([
            word(one.class),
            one.entity.as_ref().map_or("-", EntityKey::as_str).to_owned(),
            record(one),
            one.field.as_ref().map_or("-", FieldName::as_str).to_owned(),
            what(one, redacted),
        ]);
    }
    table
}

fn record(one: &Difference) -> String {
    let system = one.system.as_ref().map(ToString::to_string);
    let parts: Vec<String> = system.into_iter().chain(one.remote.as_ref().map(ToString::to_string)).collect();
    if parts.is_empty() { "-".to_owned() } else { parts.join(" ") }
}

fn what(one: &Difference, redacted: bool) -> String {
    let text = |cell: &Cell| match cell {
        Cell::Value(_) if redacted => "(a value)".to_owned(),
        cell => cell_text(cell),
    };
    let values = one.canonical.as_ref().zip(one.mirror.as_ref());
    let values =
        values.map(|(ours, theirs)| format!("source of truth {}, there {}", text(ours), text(theirs)));
    match values {
        Some(values) if one.class == Class::Value => values,
        Some(values) => format!("{}: {values}", one.what),
        None => one.what.clone(),
    }
}

fn summary(name: &str, report: &Verified) -> String {
    let system = |one: &SystemReport| {
        let (records, fields) = (count(one.records, "record"), count(one.fields, "field"));
        format!("{name}: {records} of {} and {fields} compared\n", one.system)
    };
    // One finding may be about several records and fields, so these are more than `review` lists.
    let differing = count(report.listed.values().sum(), "difference");
    let listed: Vec<String> = report.listed.iter().map(|(listing, number)| told(*listing, *number)).collect();
    let listed = (!listed.is_empty())
        .then(|| format!("{name}: {differing} told before and not listed here: {}\n", listed.join(", ")));
    let new = report.compared && !report.bases_compared;
    let new = new.then(|| format!("{name}: bases were not compared: this configuration was never applied\n"));
    report.systems.iter().map(system).chain(listed).chain(new).collect()
}

fn told(listing: Listing, number: usize) -> String {
    match listing {
        Listing::Conflict => format!("{number} in conflict"),
        Listing::Finding => format!("{number} under findings"),
        Listing::Hold => format!("{number} on hold"),
        Listing::Excluded => format!("{number} left alone"),
        Listing::Held | Listing::Parked | Listing::Pending | Listing::Decided => {
            format!("{number} {}", word(listing))
        }
    }
}

fn verdict(all: &[(String, Verified)], exit: Exit) -> String {
    let differences: usize = all.iter().map(|(_, report)| report.differences.len()).sum();
    let uncompared = all.iter().any(|(_, report)| !report.compared);
    match exit {
        Exit::Done => "agreement is proven: nothing differs that was not told".to_owned(),
        _ if uncompared => "not proven: the state store is damaged, so nothing was compared".to_owned(),
        Exit::Halted => {
            format!("not proven: memory cannot be believed; {}", count(differences, "difference"))
        }
        _ => format!(
            "not proven: {} that nobody was told; next: trueup plan",
            count(differences, "difference")
        ),
    }
}

fn pipeline_json(name: &str, report: &Verified, redacted: bool) -> Value {
    json!({
        "pipeline": name,
        "proven": report.is_proven(),
        "compared": report.compared,
        "bases_compared": report.bases_compared,
        "journal": { "intact": report.journal.entries.is_some(), "entries": report.journal.entries },
        "canonical_records": report.canonical_records,
        "systems": report.systems.iter().map(system_json).collect::<Value>(),
        "listed": counts(&report.listed),
        "requests": report.requests,
        "differences": report.differences.iter().map(|one| difference_json(one, redacted)).collect::<Value>(),
    })
}

fn system_json(system: &SystemReport) -> Value {
    json!({
        "system": system.system,
        "records": system.records,
        "fields": system.fields,
        "standings": counts(&system.standings),
    })
}

/// Counts by their names.
fn counts<K: Serialize>(counts: &BTreeMap<K, usize>) -> Value {
    Value::Object(counts.iter().map(|(key, number)| (word(key), json!(number))).collect::<Map<_, _>>())
}

fn difference_json(one: &Difference, redacted: bool) -> Value {
    let cell = |cell: &Cell| match cell {
        Cell::Value(_) if redacted => json!({ "is": "value", "value": null, "why": null }),
        cell => cell_json(cell),
    };
    json!({
        "class": one.class,
        "system": one.system,
        "entity": one.entity,
        "record": one.remote,
        "field": one.field,
        "what": one.what,
        "canonical": one.canonical.as_ref().map(cell),
        "mirror": one.mirror.as_ref().map(cell),
        "place": (!one.place.is_empty()).then_some(&one.place),
    })
}
