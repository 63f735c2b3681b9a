//! `show`: one record in all systems side by side, or a plan as it was made.

use serde_json::{Value, json};
use trueup_core::{
    link::{Link, LinkState},
    memory::{LinkKey, Memory},
    name::{EntityKey, RemoteId, SystemName},
    plan::Plan,
    record::Record,
    render::Detail,
    value::Cell,
};
use trueup_engine::Engine;
use trueup_ports::{Ask, Reach, Source, View};

use super::{
    context::{Context, Line},
    history::{cell_json, cell_text},
    kept, told,
    why::state,
};
use crate::{
    args::Show,
    output::{
        Answer, Failure, Report, count,
        table::{Column, Table},
    },
};

pub(super) async fn run(context: &Context<'_>, args: &Show) -> Result<Answer, Failure> {
    let wired = context.wired()?;
    let lines = context.lines(&wired)?;
    if let Some((line, plan)) = kept::find(&lines, &args.what).await? {
        return kept_plan(context, line, &plan, args.all).await;
    }
    let line = context.line(&wired)?;
    record(context, &line.engine, &EntityKey::new(&args.what)).await
}

async fn kept_plan(context: &Context<'_>, line: &Line, plan: &Plan, all: bool) -> Result<Answer, Failure> {
    let detail = if all { Detail::All } else { Detail::Folded };
    let setup = &line.engine.setup;
    let memory = line.engine.store.memory(setup.pipeline()).await?;
    let void = kept::void(plan, &memory, setup.config_hash());
    let shown = told::plan_text(plan, None, setup, context.terminal, detail);
    let last = match &void {
        Some(why) => format!("this plan is void: {why}; plan again with `trueup plan`"),
        None => format!("next: trueup apply {}", plan.short_id()),
    };
    let text = shown + &last;
    let json = json!({ "schema": "trueup.show/v1", "plan": told::plan_json(plan, None, setup), "void": void, "record": null });
    Ok(Report::done(text, json))
}

/// One field in all systems.
struct Row {
    field: String,
    canonical: Cell,
    mirrors: Vec<(SystemName, Cell)>,
}

impl Row {
    fn differs(&self) -> bool {
        // A field that the source of truth does not give, such as a constant, has nothing to differ from.
        self.canonical.is_known() && self.mirrors.iter().any(|(_, cell)| !cell.same(&self.canonical))
    }

    fn json(&self) -> Value {
        let mirrors = self.mirrors.iter().map(|(system, cell)| (system.to_string(), cell_json(cell)));
        json!({
            "field": self.field,
            "canonical": cell_json(&self.canonical),
            "mirrors": mirrors.collect::<serde_json::Map<String, Value>>(),
            "differs": self.differs(),
        })
    }
}

async fn record(context: &Context<'_>, engine: &Engine, key: &EntityKey) -> Result<Answer, Failure> {
    let setup = &engine.setup;
    let memory = engine.store.memory(setup.pipeline()).await?;
    let canonical = by_id(
        engine.systems.canonical.source(),
        &setup.canonical().system,
        &setup.canonical().columns,
        &RemoteId::new(key.as_str()),
    )
    .await?;
    let (mut copies, mut links) = (Vec::new(), Vec::new());
    for side in setup.mirrors() {
        let link = memory.links.get(&LinkKey { system: side.side.system.clone(), entity: key.clone() });
        let (Some(link), Some(target)) = (link, engine.systems.mirrors.get(&side.side.system)) else {
            continue;
        };
        links.push(link);
        copies.extend(
            by_id(target.as_ref(), &side.side.system, &side.side.columns, &link.remote)
                .await?
                .map(|copy| (side, copy)),
        );
    }
    if canonical.is_none() && copies.is_empty() {
        return Err(unknown(&memory, key));
    }
    let rows = setup.fields().iter().enumerate().map(|(at, field)| {
        let id = trueup_core::name::FieldId(u16::try_from(at).unwrap_or(u16::MAX));
        let own = setup.canonical().binding(id).zip(canonical.as_ref());
        let of = |(side, copy): &(&trueup_core::setup::MirrorSide, Record)| {
            let binding = side.side.binding(id)?;
            Some((side.side.system.clone(), side.side.lenient(binding, field, copy)))
        };
        Row {
            field: field.name.to_string(),
            canonical: own
                .map_or(Cell::Absent, |(binding, record)| setup.canonical().strict(binding, field, record)),
            mirrors: copies.iter().filter_map(of).collect(),
        }
    });
    let rows: Vec<Row> = rows.collect();
    let ids: Vec<(String, String)> =
        copies.iter().map(|(side, copy)| (side.side.system.to_string(), copy.id.to_string())).collect();
    let text = text(context, engine, key, &rows, &ids, &away(&links));
    Ok(Report::done(text, record_json(key, &rows, &ids, &links)))
}

/// Links of which nothing is written, one a line.
fn away(links: &[&Link]) -> String {
    let away = links.iter().filter(|link| link.state != LinkState::Active);
    let line = |link: &&Link| {
        format!("{} {}: {}; nothing is written to it\n", link.system, link.remote, state(link))
    };
    away.map(line).collect()
}

fn record_json(key: &EntityKey, rows: &[Row], ids: &[(String, String)], links: &[&Link]) -> Value {
    let ids: serde_json::Map<String, Value> =
        ids.iter().map(|(system, id)| (system.clone(), json!(id))).collect();
    let states: serde_json::Map<String, Value> =
        links.iter().map(|link| (link.system.to_string(), json!(state(link)))).collect();
    let fields: Vec<Value> = rows.iter().map(Row::json).collect();
    let record = json!({ "key": key, "remotes": ids, "states": states, "fields": fields });
    json!({ "schema": "trueup.show/v1", "plan": null, "void": null, "record": record })
}

fn text(
    context: &Context<'_>,
    engine: &Engine,
    key: &EntityKey,
    rows: &[Row],
    ids: &[(String, String)],
    away: &str,
) -> String {
    let names: Vec<String> = ids.iter().map(|(system, id)| format!("{system} {id}")).collect();
    let mut headings = vec![
        ("", Column::Keep),
        ("FIELD", Column::Keep),
        (engine.setup.canonical().system.as_str(), Column::Cut),
    ];
    headings.extend(names.iter().map(|name| (name.as_str(), Column::Cut)));
    let mut table = Table::new(&headings);
    for row in rows {
        let mark = if row.differs() { "~" } else { "" };
        let cells = ids.iter().map(|(system, _)| {
            row.mirrors
                .iter()
                .find(|(name, _)| name.as_str() == system)
                .map_or_else(|| "-".to_owned(), |(_, cell)| cell_text(cell))
        });
        table.row([mark.to_owned(), row.field.clone(), cell_text(&row.canonical)].into_iter().chain(cells));
    }
    let differing = rows.iter().filter(|row| row.differs()).count();
    let last = match (ids.is_empty(), differing) {
        (true, _) => format!("{key} has no record in any mirror"),
        (false, 0) => format!("{key} agrees everywhere"),
        (false, number) => format!("{key} differs in {}: trueup why {key} FIELD", count(number, "field")),
    };
    table.told(context.terminal, &[away, &last].concat())
}

async fn by_id(
    source: &dyn Source,
    system: &SystemName,
    columns: &[String],
    id: &RemoteId,
) -> Result<Option<Record>, Failure> {
    let ask = Ask {
        view: View::All,
        reach: Reach::Ids(vec![id.clone()]),
        columns: columns.to_vec(),
        history: false,
    };
    let page = source
        .read(ask)
        .await
        .map_err(|fault| trueup_engine::Stop::Fault { system: system.clone(), fault })?;
    Ok(page.records.into_iter().next())
}

/// A key that means nothing, with the nearest that does.
pub(super) fn unknown(memory: &Memory, key: &EntityKey) -> Failure {
    let known = memory.links.keys().map(|link| link.entity.as_str());
    let failure = Failure::usage("unknown_key", format!("there is no record '{key}'"));
    match nearest(key.as_str(), known) {
        Some(near) => failure.help(format!("did you mean '{near}'?")),
        None => failure.help("trueup review"),
    }
}

/// The nearest of the known names, if one is near.
pub(super) fn nearest<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let scored =
        known.map(|name| (strsim::damerau_levenshtein(&word.to_lowercase(), &name.to_lowercase()), name));
    let limit = (word.chars().count() / 3).max(1);
    scored.filter(|(far, _)| *far <= limit).min().map(|(_, name)| name)
}
