//! `trueup-audit`: reads an evidence file and says what in it must not be.

use std::{
    fs,
    io::{self, Read, Write},
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::Parser;
use trueup_audit::{Finding, audit, read};

/// Judges what was done, from the systems' logs, their final states and the journal alone.
#[derive(Parser)]
#[command(name = "trueup-audit", version)]
struct Args {
    /// The evidence file, one JSON object a line; `-` reads it from the standard input.
    #[arg(default_value = "-")]
    file: PathBuf,
    /// Prints one JSON object instead of text.
    #[arg(long)]
    json: bool,
}

fn main() -> ExitCode {
    let args = Args::parse();
    let told = evidence(&args.file).and_then(|text| read(&text).map_err(|error| error.to_string()));
    let (text, good) = match told {
        Ok(lines) => {
            let findings = audit(&lines);
            (told_as(&findings, lines.len(), args.json), findings.is_empty())
        }
        Err(error) => {
            let _ = writeln!(io::stderr(), "{}: {error}", args.file.display());
            return ExitCode::FAILURE;
        }
    };
    // Who closed the other end of the pipe wants to hear no more.
    let _ = writeln!(io::stdout(), "{text}");
    if good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn evidence(path: &Path) -> Result<String, String> {
    if path != Path::new("-") {
        return fs::read_to_string(path).map_err(|error| error.to_string());
    }
    let mut text = String::new();
    io::stdin().read_to_string(&mut text).map(|_| text).map_err(|error| error.to_string())
}

fn told_as(findings: &[Finding], lines: usize, json: bool) -> String {
    if json {
        return serde_json::json!({ "lines": lines, "findings": findings }).to_string();
    }
    let told = findings.iter().map(|finding| format!("{finding}\n"));
    let sum = match findings.len() {
        0 => "nothing that must not be".to_owned(),
        1 => "1 finding".to_owned(),
        count => format!("{count} findings"),
    };
    format!("{}{lines} lines, {sum}", told.collect::<String>())
}
