//! Why the program did nothing: for people, and as one JSON object where that was asked for.

use std::{io::Write, process::ExitCode};

use serde_json::json;

/// The exit code of wrong use.
const WRONG_USE: u8 = 2;

/// Why the program did nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refused {
    /// For programs.
    pub(crate) code: &'static str,
    /// What is wrong: lower case, no full stop.
    pub(crate) message: String,
    /// The command that helps.
    pub(crate) help: String,
}

impl Refused {
    /// What is wrong, and the command that helps.
    pub(crate) fn new(code: &'static str, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { code, message: message.into(), help: help.into() }
    }

    /// What clap found wrong.
    pub(crate) fn usage(error: &clap::Error) -> Self {
        let text = error.render().to_string();
        let lines = text.lines().map(str::trim).take_while(|line| !line.is_empty());
        let message = lines.collect::<Vec<_>>().join(" ");
        Self::new("usage", message.trim_start_matches("error: "), "trueup-sim --help")
    }

    /// Says so.
    pub(crate) fn tell(&self, json: bool) -> ExitCode {
        // Who closed the other end of a pipe wants to hear no more.
        let _ = writeln!(std::io::stderr(), "error: {}\nhelp: {}", self.message, self.help);
        if json {
            let _ = writeln!(std::io::stdout(), "{}", self.json());
        }
        ExitCode::from(WRONG_USE)
    }

    fn json(&self) -> serde_json::Value {
        json!({
            "schema": "trueup-sim.error/v1",
            "exit": WRONG_USE,
            "code": self.code,
            "message": self.message,
            "hint": self.help,
            "place": null,
        })
    }
}
