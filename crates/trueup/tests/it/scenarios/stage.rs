//! Where a scenario plays: a folder, a portal on loopback, and the program between them.

use std::{
    collections::BTreeMap,
    fs,
    path::PathBuf,
    process::{Command, Output, Stdio},
    sync::mpsc,
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;
use tokio::{net::TcpListener, runtime::Runtime};
use trueup_sandbox::{
    clock::{Clock, ClockChange},
    http::{Sandbox, Server},
    hubspot::Portal,
};

use super::{
    book::Book,
    hand,
    mask::Mask,
    script::{Part, Script, Step, words},
};
use crate::support::{TOKEN, program};

/// The portal's time when a story begins: the fourth of May 2026, 16:00 in UTC.
const BEGINNING_MS: i64 = 1_777_910_400_000;
/// A command that takes longer hangs.
const PATIENCE: Duration = Duration::from_mins(2);

/// Where a scenario plays.
pub(super) struct Stage {
    folder: TempDir,
    beginnings: PathBuf,
    book: Book,
    mask: Mask,
    env: BTreeMap<String, Option<String>>,
    seen: u64,
    server: Server,
    // Ends last: the server lives in it.
    _runtime: Runtime,
}

impl Stage {
    /// An empty folder beside an empty portal.
    pub(super) fn set(beginnings: PathBuf) -> Self {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let folder = TempDir::new().unwrap();
        let portal = Portal::from_snapshot(hand::portal()).unwrap();
        let server = runtime.block_on(async {
            let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
            trueup_sandbox::http::serve(listener, Sandbox { portal, clock: Clock::default() }).unwrap()
        });
        server.shared().change_clock(ClockChange { set: Some(BEGINNING_MS), ..ClockChange::default() });
        let book = Book::at(folder.path().join("leads.xlsx"));
        let mask = Mask::of(folder.path(), &server.url());
        Self { folder, beginnings, book, mask, env: BTreeMap::new(), seen: 0, server, _runtime: runtime }
    }

    /// Does one step and gives the lines to be recorded.
    ///
    /// | verb | does |
    /// |---|---|
    /// | `begin NAME` | plays `scenarios/beginnings/NAME.txt`; nothing of it is recorded |
    /// | `workbook …` | alters or damages the workbook ([`Book::act`]) |
    /// | `portal`, with a table | loads contacts; `ours` and `other` are owners |
    /// | `person …` | somebody edits a contact by hand ([`hand::edit`]) |
    /// | `contacts …`, `requests` | shows what the portal holds, and what was asked of it since the last time |
    /// | `clock +15m` | the portal's clock moves |
    /// | `lag +30s` | the portal's search is behind by so much |
    /// | `config`, with `- old` and `+ new` lines | the configuration is edited |
    /// | `env NAME=value`, `env -NAME` | the program's environment is changed |
    ///
    /// # Errors
    /// What the step lacks, or what the program must never do.
    pub(super) fn step(&mut self, step: &Step) -> Result<Vec<String>, String> {
        let text = self.mask.reveal(&step.text);
        let words = words(&text[2..]);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let shared = self.server.shared();
        match words.as_slice() {
            ["trueup", args @ ..] if text.starts_with('$') => return self.run(args),
            ["begin", name] => return self.begin(name),
            ["contacts", what @ ..] => return Ok(hand::look(&shared, what)),
            ["requests"] => return Ok(hand::requests(&shared, &mut self.seen)),
            ["workbook", what @ ..] => self.book.act(what, &step.input)?,
            ["portal"] => hand::load(&shared, &step.input)?,
            ["person", what @ ..] => hand::edit(&shared, what)?,
            ["clock", by] => drop(
                shared.change_clock(ClockChange { advance_ms: Some(millis(by)?), ..ClockChange::default() }),
            ),
            ["lag", by] => hand::lag(&shared, millis(by)?),
            ["config"] => self.config(&step.input)?,
            ["env", change] => self.environment(change),
            other => return Err(format!("there is no '{}'", other.join(" "))),
        }
        Ok(Vec::new())
    }

    fn begin(&mut self, name: &str) -> Result<Vec<String>, String> {
        let text = fs::read_to_string(self.beginnings.join(name).with_extension("txt"));
        let script = Script::parse(&text.map_err(|error| format!("{name}: {error}"))?)?;
        for part in &script.parts {
            let Part::Step(step) = part else { continue };
            let output = self.step(step).map_err(|error| format!("{name}, line {}: {error}", step.line))?;
            if output.last().is_some_and(|last| last.starts_with("= exit") && last != "= exit 0") {
                return Err(format!("{name}, line {}: {}", step.line, output.join("\n")));
            }
        }
        // A story counts from its own beginning.
        hand::requests(&self.server.shared(), &mut self.seen);
        Ok(Vec::new())
    }

    fn run(&mut self, args: &[&str]) -> Result<Vec<String>, String> {
        let mut command = program(self.folder.path());
        for (name, value) in &self.env {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        let output = output(command.args(args))?;
        self.record(&output)
    }

    /// What the program said, and the promises that hold for every command.
    fn record(&mut self, output: &Output) -> Result<Vec<String>, String> {
        let [out, err] =
            [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes).into_owned());
        for (never, why) in [
            (TOKEN, "a secret was shown"),
            ("\u{1b}", "colour without a terminal"),
            ("\r", "a redrawn line without a terminal"),
        ] {
            if out.contains(never) || err.contains(never) {
                return Err(format!("{why}:\n{out}\n{err}"));
            }
        }
        let mut lines = marked('!', &self.mask.hide(&without_progress(&err)));
        lines.extend(marked('|', &self.mask.hide(&out)));
        lines.push(format!("= exit {}", output.status.code().unwrap_or(-1)));
        Ok(lines)
    }

    fn config(&mut self, input: &[String]) -> Result<(), String> {
        let path = self.folder.path().join("trueup.yaml");
        let mut text = fs::read_to_string(&path).map_err(|error| error.to_string())?;
        let of = |mark: &str| {
            let lines = input.iter().filter_map(|line| line.strip_prefix(mark));
            lines
                .map(|line| self.mask.reveal(line.strip_prefix(' ').unwrap_or(line)) + "\n")
                .collect::<String>()
        };
        let (old, new) = (of("-"), of("+"));
        if text.matches(&old).count() != 1 {
            return Err(format!("the configuration does not hold exactly once:\n{old}in\n{text}"));
        }
        text = text.replace(&old, &new);
        fs::write(&path, text).map_err(|error| error.to_string())
    }

    fn environment(&mut self, change: &str) {
        match change.split_once('=') {
            Some((name, value)) => self.env.insert(name.to_owned(), Some(value.to_owned())),
            None => self.env.insert(change.trim_start_matches('-').to_owned(), None),
        };
    }
}

/// Waits for a command, but not for ever.
fn output(command: &mut Command) -> Result<Output, String> {
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let pid = Pid::from_child(&child);
    let (send, ended) = mpsc::channel();
    std::thread::spawn(move || send.send(child.wait_with_output()));
    ended.recv_timeout(PATIENCE).map(Result::unwrap).map_err(|_| {
        let _gone = kill_process(pid, Signal::KILL);
        format!("it hangs: no end within {} s", PATIENCE.as_secs())
    })
}

/// Progress tells how long something took, and stands in the way of a story.
fn without_progress(err: &str) -> String {
    let is_progress = |line: &&str| line.ends_with(" …") || (line.contains(" took ") && line.ends_with(" s"));
    err.lines().filter(|line| !is_progress(line)).map(|line| line.to_owned() + "\n").collect()
}

fn marked(mark: char, text: &str) -> Vec<String> {
    text.lines().map(|line| format!("{mark} {line}").trim_end().to_owned()).collect()
}

fn millis(by: &str) -> Result<i64, String> {
    let wrong = || format!("'{by}' is no time such as +15m");
    let number = by.strip_prefix('+').ok_or_else(wrong)?;
    let (number, unit) = number.split_at(number.len() - 1);
    let unit = match unit {
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => return Err(wrong()),
    };
    number.parse::<i64>().map(|number| number * unit).map_err(|_| wrong())
}
