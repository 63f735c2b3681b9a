//! One step: a program, its arguments, and how long it took.

use std::{
    ffi::{OsStr, OsString},
    path::Path,
    process::Command,
    time::Instant,
};

use anyhow::{Context, Result, bail};

use super::say;

/// One call of a program.
pub(crate) struct Step {
    pub(crate) name: &'static str,
    program: OsString,
    arguments: Vec<OsString>,
    variables: Vec<(&'static str, OsString)>,
}

impl Step {
    /// A call of cargo.
    pub(crate) fn cargo(name: &'static str, arguments: &[&str]) -> Self {
        Self::of(name, super::cargo(), arguments)
    }

    /// A call of any program.
    pub(crate) fn of(name: &'static str, program: impl Into<OsString>, arguments: &[&str]) -> Self {
        let arguments = arguments.iter().map(OsString::from).collect();
        Self { name, program: program.into(), arguments, variables: Vec::new() }
    }

    /// The same, with a variable in its environment.
    pub(crate) fn with(mut self, name: &'static str, value: impl AsRef<OsStr>) -> Self {
        self.variables.push((name, value.as_ref().to_owned()));
        self
    }
}

/// Runs a step; what it prints is seen as it comes.
pub(crate) fn run(root: &Path, step: &Step) -> Result<()> {
    let shown: Vec<_> = step.arguments.iter().map(|argument| argument.to_string_lossy()).collect();
    let program = Path::new(&step.program).file_stem().unwrap_or_default().to_string_lossy();
    say(&format!("\n=== {}: {program} {}", step.name, shown.join(" ")));
    let start = Instant::now();
    let mut command = Command::new(&step.program);
    command.args(&step.arguments).current_dir(root).envs(step.variables.iter().cloned());
    let status = command.status().with_context(|| format!("cannot start {program}"))?;
    if !status.success() {
        bail!("{program} ended with {status}");
    }
    say(&format!("=== {}: {} s", step.name, start.elapsed().as_secs()));
    Ok(())
}
