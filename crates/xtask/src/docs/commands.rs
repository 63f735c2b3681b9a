//! The command line, as the program itself explains it.

use std::{fmt::Write, path::Path, process::Command};

use anyhow::{Context, Result, bail};

const HEAD: &str =
    "<!-- written by `cargo xtask docs` -->\n# Commands\n\nWhat `trueup COMMAND --help` prints.\n";

pub(super) fn text(program: &Path) -> Result<String> {
    let mut out = HEAD.to_owned();
    let mut todo = vec![String::new()];
    while let Some(command) = todo.pop() {
        let page = help(program, &command)?;
        let title = format!("trueup {command}");
        write!(out, "\n## {}\n\n```text\n{}\n```\n", title.trim_end(), page.trim_end())?;
        let below = commands(&page).into_iter().rev();
        todo.extend(below.map(|name| format!("{command} {name}").trim_start().to_owned()));
    }
    Ok(out)
}

/// The names in the section `Commands:` of a help page.
fn commands(page: &str) -> Vec<String> {
    let section = page.lines().skip_while(|line| line.trim() != "Commands:").skip(1);
    let rows = section.take_while(|line| line.starts_with("  "));
    let named = rows.filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    named
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| *name != "help")
        .map(str::to_owned)
        .collect()
}

fn help(program: &Path, command: &str) -> Result<String> {
    let mut asked = Command::new(program);
    asked.args(command.split_whitespace()).arg("--help").env("NO_COLOR", "1").env_remove("TRUEUP_CONFIG");
    let output = asked.output().with_context(|| format!("cannot start {}", program.display()))?;
    if !output.status.success() {
        bail!("`trueup {command} --help` failed");
    }
    Ok(String::from_utf8_lossy(&output.stdout).lines().map(str::trim_end).collect::<Vec<_>>().join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_commands_are_read_off_the_help_page() {
        let page = "About\n\nCommands:\n  plan   Show\n         more\n  apply  Do\n  help   Print\n\nOptions:\n  -h\n";
        assert_eq!(commands(page), ["plan", "apply"]);
    }
}
