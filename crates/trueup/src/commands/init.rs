//! `init`: writes a configuration to start from.

use std::{
    fs::{self, OpenOptions},
    io::{ErrorKind, Write},
    path::Path,
};

use serde_json::json;
use trueup_config::{Template, shell};

use crate::{
    args::Init,
    output::{Answer, Failure, Report},
};

const NAME: &str = "trueup.yaml";

pub(super) fn run(init: &Init) -> Result<Answer, Failure> {
    let template = Template::by_name(&init.template).ok_or_else(|| unknown(&init.template))?;
    let path = init.dir.join(NAME);
    write(&path, template.text, init.force).map_err(|error| refused(init, &path, &error))?;
    let place = path.display().to_string();
    let text = format!(
        "{place}: {}\nnext: set HUBSPOT_TOKEN, name your workbook in the file, then `trueup -c {place} check`",
        template.title
    );
    let json = json!({ "schema": "trueup.init/v1", "path": place, "template": template.name });
    Ok(Report::done(text, json))
}

// Not by looking first: what appears in between would be lost.
fn write(path: &Path, text: &str, force: bool) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut file =
        OpenOptions::new().write(true).create(true).create_new(!force).truncate(force).open(path)?;
    file.write_all(text.as_bytes())
}

fn unknown(name: &str) -> Failure {
    let known: Vec<String> =
        Template::all().iter().map(|one| format!("{} ({})", one.name, one.title)).collect();
    Failure::usage("unknown_template", format!("there is no template '{name}'"))
        .help(format!("use {}", known.join(" or ")))
}

fn refused(init: &Init, path: &Path, error: &std::io::Error) -> Failure {
    let place = path.display().to_string();
    let (template, dir) = (shell::word(&init.template), shell::word(&init.dir.display().to_string()));
    match error.kind() {
        ErrorKind::AlreadyExists => Failure::usage(
            "exists",
            "a configuration is there already and is not replaced",
        )
        .at(place)
        .help(format!(
            "give another directory, or replace it with `trueup init --template {template} --force {dir}`"
        )),
        _ => Failure::failed("unwritable", format!("the file cannot be written: {error}"))
            .at(place)
            .help(format!("name a directory that you may write to: trueup init --template {template} DIR")),
    }
}
