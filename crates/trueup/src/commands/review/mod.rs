//! `review`: what waits for a person, and what the person decides.

mod decide;
mod item;

use serde_json::json;
use trueup_core::{memory::Memory, setup::Setup};

use super::context::{Context, Line};
use crate::{
    args::ReviewAct,
    output::{
        Answer, Failure, Report, count,
        table::{Column, Table},
    },
};
use item::Item;

pub(super) async fn run(context: &Context<'_>, act: Option<ReviewAct>) -> Result<Answer, Failure> {
    let wired = context.wired_to_memory()?;
    let lines = context.lines(&wired)?;
    let mut found: Vec<(&Line, Item)> = Vec::new();
    for line in &lines {
        let memory = line.engine.store.memory(line.engine.setup.pipeline()).await?;
        found.extend(item::all(&line.engine.setup, &memory).into_iter().map(|item| (line, item)));
    }
    match act {
        None | Some(ReviewAct::List) => Ok(list(context, &found)),
        Some(ReviewAct::Show { handle }) => show(context, &found, &handle),
        Some(ReviewAct::Decide { handle, choose, accept, exclude, retry, release, .. }) => {
            let choice = match () {
                () if accept => decide::Choose::Accept,
                () if exclude => decide::Choose::Exclude,
                () if retry => decide::Choose::Retry,
                () if release => decide::Choose::Release,
                () => choose.map_or(decide::Choose::Close, decide::Choose::Record),
            };
            decide::run(&matching(&found, &handle)?, &choice, wired.world.as_ref()).await
        }
    }
}

/// How many items wait.
pub(super) fn waiting(setup: &Setup, memory: &Memory) -> usize {
    item::all(setup, memory).len()
}

fn list(context: &Context<'_>, found: &[(&Line, Item)]) -> Answer {
    let items: Vec<_> = found.iter().map(|(_, item)| item.json()).collect();
    let json = json!({ "schema": "trueup.review/v1", "items": items });
    let mut table = Table::new(&[("HANDLE", Column::Keep), ("SINCE", Column::Keep), ("WHAT", Column::Cut)]);
    for (_, item) in found {
        table.row([&item.handle, &item.since, &item.what]);
    }
    let last = match found.first() {
        None => "nothing waits for a person".to_owned(),
        Some((_, first)) => {
            let next = format!("trueup review show {}", item::word(&first.handle));
            format!("{}; next: {next}", count(found.len(), "item"))
        }
    };
    Report::done(table.told(context.terminal, &last), json)
}

fn show(context: &Context<'_>, found: &[(&Line, Item)], handle: &str) -> Result<Answer, Failure> {
    let shown_items = matching(found, handle)?;
    let text: Vec<String> = shown_items.iter().map(|(_, item)| item.text(context.terminal)).collect();
    let json = json!({ "schema": "trueup.review/v1", "items": shown_items.iter().map(|(_, item)| item.json()).collect::<Vec<_>>() });
    Ok(Report::done(text.join("\n\n"), json))
}

fn matching<'a>(found: &'a [(&'a Line, Item)], pattern: &str) -> Result<Vec<&'a (&'a Line, Item)>, Failure> {
    let fits: Vec<_> = found.iter().filter(|(_, item)| item::fits(pattern, &item.handle)).collect();
    if !fits.is_empty() {
        return Ok(fits);
    }
    let near = super::show::nearest(pattern, found.iter().map(|(_, item)| item.handle.as_str()));
    let failure =
        Failure::usage("unknown_handle", format!("nothing with the handle '{pattern}' waits for a person"));
    Err(failure
        .help(near.map_or_else(|| "trueup review".to_owned(), |near| format!("did you mean '{near}'?"))))
}
