//! `check`: is the configuration right, and with `--connect`, are the systems behind it.

use serde_json::json;
use trueup_config::Config;
use trueup_core::name::SystemName;

use super::{connect, context::Context};
use crate::{
    args::Check,
    output::{Answer, Exit, Failure, Report, count, shown},
};

pub(super) async fn run(context: &Context<'_>, check: &Check) -> Result<Answer, Failure> {
    let config = context.config()?;
    if check.connect { connected(context).await } else { Ok(right(&config)) }
}

fn right(config: &Config) -> Answer {
    let pipelines: Vec<&str> = config.pipelines.iter().map(|one| one.setup.pipeline().as_str()).collect();
    let systems: Vec<&str> = config.systems.keys().map(SystemName::as_str).collect();
    let text = format!(
        "the configuration is right: {} ({}), {} ({})",
        count(pipelines.len(), "pipeline"),
        shown(&pipelines.join(", ")),
        count(systems.len(), "system"),
        shown(&systems.join(", ")),
    );
    Report::done(
        text,
        json!({ "schema": "trueup.check/v1", "ok": true, "pipelines": pipelines, "systems": systems, "links": [] }),
    )
}

async fn connected(context: &Context<'_>) -> Result<Answer, Failure> {
    let wired = context.wired()?;
    let mut links = Vec::new();
    for line in context.lines(&wired)? {
        links.extend(connect::check(&wired.config, &line.engine).await);
    }
    let bad = links.iter().filter(|link| link.verdict.is_bad()).count();
    let mut told: Vec<String> = links.iter().map(ToString::to_string).collect();
    told.push(match bad {
        0 => format!("all {} are OK", count(links.len(), "link")),
        bad => format!("{bad} of {} failed", count(links.len(), "link")),
    });
    let text = told.join("\n");
    let pipelines: Vec<&str> =
        wired.config.pipelines.iter().map(|one| one.setup.pipeline().as_str()).collect();
    let systems: Vec<&str> = wired.config.systems.keys().map(SystemName::as_str).collect();
    let json = json!({
        "schema": "trueup.check/v1",
        "ok": bad == 0,
        "pipelines": pipelines,
        "systems": systems,
        "links": links.iter().map(connect::Link::json).collect::<Vec<_>>(),
    });
    Ok(Report::ended(if bad == 0 { Exit::Done } else { Exit::Failed }, text, json))
}
