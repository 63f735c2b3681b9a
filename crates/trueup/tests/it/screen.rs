//! A real terminal: progress at every width, with and without colour, and the pager.

use std::{collections::BTreeSet, process::Command};

use serde_json::json;
use trueup_sandbox::faults::{FaultKind, HoldPoint, Occurrence, Release, When};

use unicode_width::UnicodeWidthStr;

use crate::{
    pty::{Screen, has_colour},
    support::{Bench, Lead, contact, lead, program},
    sweep::stage::{Scenery, Stage},
};

/// Forty leads; every phone differs.
fn stage() -> Stage {
    let leads: Vec<Lead> = (1..=40).map(lead).collect();
    let mut contacts: Vec<_> = leads.iter().zip(101..).map(|(lead, id)| contact(lead, id)).collect();
    for (at, one) in contacts.iter_mut().enumerate() {
        one["properties"]["phone"] = json!(format!("+1970555{:04}", 2_000 + at));
    }
    Stage::new(&leads, &Scenery { contacts, unique: true, lag_ms: 0 })
}

fn run(stage: &Stage) -> Command {
    let mut command = program(stage.folder.path());
    command.args(["run", "--first"]).env("TERM", "xterm-256color");
    command
}

/// Runs a cycle on a terminal and holds a read and a write until something was seen on it.
fn held(command: Command, stage: &Stage, columns: u16, seen: impl Fn(&str) -> bool) -> Screen {
    for path in ["/search", "batch/update"] {
        let when = When { path: Some(path.into()), occurrence: Occurrence::Nth(1), ..When::default() };
        stage.install(when, FaultKind::Hold(HoldPoint::BeforeCommit));
    }
    let mut screen = Screen::start(command, columns, 24);
    for _ in 0..2 {
        stage.wait_for_held();
        let before = screen.text.len();
        screen.until(|text| seen(&text[before..]));
        stage.release(Release::Answer);
    }
    assert_eq!(screen.finish(), Some(0), "{:?}", screen.text);
    screen
}

/// Whether a line was drawn over itself with something else in it.
fn moves(text: &str) -> bool {
    let frames: BTreeSet<&str> = text.split('\r').map(str::trim).filter(|frame| frame.len() > 8).collect();
    frames.len() > 2
}

#[test]
fn the_line_of_progress_moves_and_never_leaves_the_terminal() {
    for columns in [40, 80, 200] {
        let stage = stage();
        let screen = held(run(&stage), &stage, columns, moves);
        let drawn = screen.drawn();
        let progress = drawn.iter().filter(|line| !line.starts_with("leads: "));
        let widest = progress.map(|line| line.width()).max().unwrap();
        assert!(widest <= usize::from(columns), "{widest}: {drawn:?}");
        assert!(has_colour(&screen.text), "{:?}", screen.text);
    }
}

#[test]
fn without_colour_the_line_of_progress_still_moves() {
    let stage = stage();
    let mut command = run(&stage);
    command.env("NO_COLOR", "1");
    let screen = held(command, &stage, 80, moves);
    assert!(!has_colour(&screen.text), "{:?}", screen.text);
}

#[test]
fn a_dumb_terminal_gets_plain_lines() {
    let stage = stage();
    let mut command = run(&stage);
    command.env("TERM", "dumb");
    let screen = held(command, &stage, 80, |_| true);
    // The terminal itself makes two of every line break.
    let text = screen.text.replace("\r\n", "\n");
    assert!(!text.contains(['\r', '\u{1b}']), "{text:?}");
    assert!(text.starts_with("run leads …\n") && text.contains("\nrun leads took "), "{text:?}");
}

#[track_caller]
fn paged(bench: &Bench, args: &[&str], rows: u16, change: impl FnOnce(&mut Command)) -> bool {
    let mut command = program(bench.folder.path());
    command.args(args).env("TERM", "xterm").env("TRUEUP_PAGER", "sed 's/^/paged /'");
    change(&mut command);
    was_paged(Screen::start(command, 80, rows))
}

#[track_caller]
fn was_paged(mut screen: Screen) -> bool {
    assert_eq!(screen.finish(), Some(0), "{}", screen.text);
    screen.drawn().iter().any(|line| line.starts_with("paged "))
}

#[test]
fn a_pager_shows_what_is_longer_than_the_screen_and_nothing_else() {
    let bench = Bench::two_phones_apart(12);
    let as_is = |_: &mut Command| {};
    assert!(paged(&bench, &["plan"], 5, as_is));
    assert!(!paged(&bench, &["plan"], 60, as_is), "it fits");
    assert!(!paged(&bench, &["plan", "--no-pager"], 5, as_is));
    assert!(!paged(&bench, &["plan", "--json"], 5, as_is));
    assert!(!paged(&bench, &["plan", "--help"], 5, as_is));
    assert!(!paged(&bench, &["plan"], 5, |command| _ = command.env("TERM", "dumb")));
    assert!(!paged(&bench, &["plan"], 5, |command| _ = command.env("TRUEUP_PAGER", "")));
    let mut unheard = program(bench.folder.path());
    unheard.arg("plan").env("TERM", "xterm").env("TRUEUP_PAGER", "sed 's/^/paged /'");
    assert!(!was_paged(Screen::start_without_input(unheard, 80, 5)), "nobody could turn its pages");
    let other =
        |command: &mut Command| _ = command.env_remove("TRUEUP_PAGER").env("PAGER", "sed 's/^/paged /'");
    assert!(paged(&bench, &["plan"], 5, other));
    bench.run(&["run", "--first"]).expect(0);
    for args in [&["show", "R00001"][..], &["history", "R00001"], &["why", "R00001", "phone"]] {
        assert!(paged(&bench, args, 2, as_is), "{args:?}");
    }
    assert!(!paged(&bench, &["status"], 2, as_is));
}

#[test]
fn a_pager_that_is_not_there_is_not_missed() {
    let bench = Bench::two_phones_apart(12);
    let mut command = program(bench.folder.path());
    command.arg("plan").env("TERM", "xterm").env("TRUEUP_PAGER", "no-such-pager-7d1f 2>/dev/null");
    let mut screen = Screen::start(command, 80, 5);
    assert_eq!(screen.finish(), Some(0));
    assert!(screen.text.contains("next: trueup apply "), "{}", screen.text);
}

#[test]
fn ctrl_c_at_a_question_leaves_at_once_and_nothing_is_written() {
    let bench = Bench::two_phones_apart(12);
    let mut command = program(bench.folder.path());
    command.arg("apply").env("TERM", "xterm");
    let mut screen = Screen::start(command, 80, 24);
    screen.until(|text| text.contains("[y/N]"));
    crate::interrupt::signal(&screen.child, rustix::process::Signal::INT);
    assert_eq!(screen.finish(), Some(130), "{}", screen.text);
    assert_eq!(bench.portal.writes(), 0);
}

#[test]
fn sentences_break_between_words_on_a_narrow_terminal_and_commands_stay_whole() {
    let bench = Bench::two_phones_apart(12);
    let mut command = program(bench.folder.path());
    command.arg("run").env("TERM", "xterm");
    let mut screen = Screen::start(command, 40, 24);
    assert_eq!(screen.finish(), Some(3), "{}", screen.text);
    let told = screen.drawn();
    let halted = told.iter().position(|line| line.starts_with("halted by config_changed")).unwrap();
    assert!(told[halted..].iter().all(|line| line.width() <= 40 || line.starts_with("help: ")), "{told:?}");
    assert!(told[halted + 1].starts_with("  "), "{told:?}");
    assert!(told.last().unwrap().starts_with("help: trueup show "), "{told:?}");
}
