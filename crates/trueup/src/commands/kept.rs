//! Plans as files and as kept by the store.

use std::{
    fs::{self, OpenOptions},
    io::Write,
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

use trueup_core::{memory::Memory, plan::Plan};

use super::context::Line;
use crate::output::Failure;

/// The shortest beginning of an id that means a plan.
const SHORTEST: usize = 4;

/// Writes a plan to a file that only its owner can read: it holds people's values.
///
/// # Errors
/// When it cannot be written.
pub(super) fn write(path: &Path, plan: &Plan) -> Result<(), Failure> {
    let failed = |error: std::io::Error| {
        Failure::failed("unwritable", format!("the plan cannot be written: {error}"))
            .at(path.display().to_string())
            .help("name a file in a directory that is there and that you may write to: trueup plan -o plan.json")
    };
    let text = serde_json::to_vec_pretty(plan).map_err(|error| failed(error.into()))?;
    let mut file =
        OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path).map_err(failed)?;
    file.write_all(&text).map_err(failed)
}

/// Finds the plan that a person names: a file, or the beginning of an id.
///
/// # Errors
/// When the file is no plan. A name that means none gives `None`.
pub(super) async fn find<'a>(lines: &'a [Line], name: &str) -> Result<Option<(&'a Line, Plan)>, Failure> {
    let path = Path::new(name);
    if path.is_file() {
        let plan = read(path)?;
        let line = lines.iter().find(|line| *line.engine.setup.pipeline() == plan.pipeline);
        let line = line.ok_or_else(|| {
            Failure::halted(
                "plan_void",
                format!("the plan is of pipeline '{}', which is not configured", plan.pipeline),
            )
            .at(name)
            .help("trueup plan")
        })?;
        return Ok(Some((line, plan)));
    }
    let is_id = name.len() >= SHORTEST && name.chars().all(|c| c.is_ascii_hexdigit());
    for line in lines.iter().filter(|_| is_id) {
        if let Some(plan) = line.engine.store.plan(line.engine.setup.pipeline(), name).await? {
            return Ok(Some((line, plan)));
        }
    }
    Ok(None)
}

/// As [`find`], where nothing but a plan will do.
///
/// # Errors
/// When there is no such plan.
pub(super) async fn need<'a>(lines: &'a [Line], name: &str) -> Result<(&'a Line, Plan), Failure> {
    find(lines, name).await?.ok_or_else(|| {
        Failure::usage("unknown_plan", format!("there is no plan '{name}', neither kept nor as a file"))
            .help("trueup plan")
    })
}

/// Why a plan can no longer be applied, if so.
pub(super) fn void(plan: &Plan, memory: &Memory, config_hash: &str) -> Option<&'static str> {
    match () {
        () if !plan.is_whole() => Some("its content does not match its id"),
        () if plan.made_from.lineage != memory.lineage => Some("it was made from another state store"),
        () if plan.made_from.serial != memory.serial => Some("what it was made from has changed since"),
        () if plan.made_from.config_hash != config_hash => Some("the configuration has changed since"),
        () => None,
    }
}

fn read(path: &Path) -> Result<Plan, Failure> {
    let place = path.display().to_string();
    let text = fs::read_to_string(path).map_err(|error| {
        Failure::failed("unreadable", format!("the plan cannot be read: {error}")).at(&*place)
    })?;
    serde_json::from_str(&text).map_err(|error| {
        let place = format!("{place}:{}:{}", error.line(), error.column());
        Failure::usage("not_a_plan", "the file is no plan").at(place).help("trueup plan -o plan.json")
    })
}
