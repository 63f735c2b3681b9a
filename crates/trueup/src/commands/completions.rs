//! `completions`: what a shell needs to complete commands, flags, record keys, runs and plans.

use crate::{
    args::Completions,
    complete,
    output::{Answer, Failure, Report},
};

pub(super) fn run(completions: &Completions) -> Result<Answer, Failure> {
    let shell = completions.shell.to_string();
    let unknown = || Failure::usage("unknown_shell", format!("nothing is known of the shell {shell}"));
    let script = complete::script(&shell).ok_or_else(unknown)?;
    Ok(Report::done(
        script.clone(),
        serde_json::json!({ "schema": "trueup.completions/v1", "shell": shell, "script": script }),
    ))
}
