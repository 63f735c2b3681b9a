//! `completions`: what a shell needs to complete commands and flags.

use crate::{
    args::{self, Completions},
    output::{Answer, Report},
};

pub(super) fn run(completions: &Completions) -> Answer {
    let mut script = Vec::new();
    clap_complete::generate(completions.shell, &mut args::command(), "trueup", &mut script);
    let script = String::from_utf8_lossy(&script).into_owned();
    let shell = completions.shell.to_string();
    Report::done(
        script.clone(),
        serde_json::json!({ "schema": "trueup.completions/v1", "shell": shell, "script": script }),
    )
}
