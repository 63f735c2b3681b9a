//! `trueup-audit`: reads an evidence file and says what in it must not be.

use std::{
    fs,
    io::{self, Read, Write},
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::Parser;
use trueup_audit::{Violation, audit, read};

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
            let violations = audit(&lines);
            (told_as(&violations, lines.len(), args.json), violations.is_empty())
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

fn told_as(violations: &[Violation], lines: usize, json: bool) -> String {
    if json {
        return serde_json::json!({ "lines": lines, "violations": violations }).to_string();
    }
    let told = violations.iter().map(|violation| format!("{violation}\n"));
    let sum = match violations.len() {
        0 => "nothing that must not be".to_owned(),
        1 => "1 violation".to_owned(),
        count => format!("{count} violations"),
    };
    format!("{}{lines} lines, {sum}", told.collect::<String>())
}
