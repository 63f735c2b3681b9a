//! Streams: who gets text, who gets JSON, and that nothing else gets in between.

use std::{fs, process::Stdio, sync::mpsc, time::Duration};

use rustix::process::{Pid, Signal, kill_process};

use crate::support::{Bench, TOKEN, program};

/// A question takes for ever and an answer two seconds; ten leave room for a busy machine.
const PATIENCE: Duration = Duration::from_secs(10);

#[test]
fn redirected_streams_hold_no_colour_and_no_carriage_return() {
    let bench = Bench::two_phones_apart(12);
    for args in [&["plan"][..], &["run", "--first"], &["status"], &["apply"], &["review"]] {
        let ran = bench.run(args);
        for stream in [&ran.out, &ran.err] {
            assert!(!stream.contains('\r') && !stream.contains('\u{1b}'), "{args:?}: {stream:?}");
        }
    }
}

#[test]
fn colour_can_be_forced_and_forbidden() {
    let bench = Bench::two_phones_apart(12);
    assert!(bench.run(&["plan", "--color", "always"]).out.contains('\u{1b}'));
    assert!(!bench.run(&["plan", "--color", "never"]).out.contains('\u{1b}'));
    for (name, value) in [("NO_COLOR", "1"), ("TERM", "dumb")] {
        let out = program(bench.folder.path()).arg("plan").env(name, value).output().unwrap();
        assert!(!out.stdout.contains(&0x1b) && !out.stderr.contains(&0x1b), "{name}");
    }
}

#[test]
fn long_work_off_a_terminal_is_one_line_at_its_start_and_one_at_its_end() {
    let bench = Bench::two_phones_apart(12);
    let ran = bench.run(&["run", "--first"]).expect(0);
    let lines: Vec<&str> = ran.err.lines().collect();
    assert!(
        lines.len() == 2 && lines[0] == "run leads …" && lines[1].starts_with("run leads took "),
        "{lines:?}"
    );
}

#[test]
fn quiet_says_nothing_on_success_and_changes_neither_json_nor_exit_code() {
    let bench = Bench::two_phones_apart(12);
    let ran = bench.run(&["plan", "--json", "--quiet", "--detect"]).expect(5);
    assert!(ran.err.is_empty(), "{}", ran.err);
    assert_eq!(ran.json()["schema"], "trueup.plans/v1");
    let failed = bench.run(&["show", "nobody", "--quiet"]).expect(2);
    assert!(failed.err.starts_with("error: "));
}

#[test]
fn a_question_without_anybody_to_answer_never_waits() {
    let bench = Bench::two_phones_apart(12);
    for args in [&["apply"][..], &["apply", "--json"]] {
        refused(&bench, args);
    }
    bench.run(&["run", "--first"]).expect(0);
    for args in [&["undo"][..], &["undo", "--json"]] {
        refused(&bench, args);
    }
}

/// Refused at once: with nobody at standard input, and with somebody who holds it open and never says a word.
#[track_caller]
fn refused(bench: &Bench, args: &[&str]) {
    for (stdin, said) in [(Stdio::null(), "closed"), (Stdio::piped(), "silent")] {
        let mut command = program(bench.folder.path());
        command.args(args).stdin(stdin).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let silent = child.stdin.take();
        let (pid, (send, ended)) = (Pid::from_child(&child), mpsc::channel());
        std::thread::spawn(move || send.send(child.wait_with_output()));
        let Ok(output) = ended.recv_timeout(PATIENCE) else {
            kill_process(pid, Signal::KILL).unwrap();
            panic!("{args:?} waits for an answer, {said}");
        };
        drop(silent);
        let output = output.unwrap();
        assert_eq!(output.status.code(), Some(2), "{args:?} {said}");
        assert!(String::from_utf8_lossy(&output.stderr).contains("--yes"), "{args:?} {said}");
    }
}

#[test]
fn no_command_ever_shows_the_token() {
    let bench = Bench::two_phones_apart(12);
    let commands = [
        &["check", "--connect"][..],
        &["plan"],
        &["plan", "--json", "-o", "plan.json"],
        &["plan", "--markdown"],
        &["run", "--first"],
        &["status"],
        &["review"],
        &["why", "R00001", "phone"],
        &["show", "R00001"],
        &["show", "plan.json"],
        &["history", "--ops"],
        &["history", "R00001", "--json"],
        &["undo", "--yes"],
        &["prove"],
        &["rehearse", "--seeds", "1"],
    ];
    for args in commands {
        let ran = bench.run(&[args, &["-vvv"]].concat());
        assert!(!ran.out.contains(TOKEN) && !ran.err.contains(TOKEN), "{args:?}: {ran:?}");
    }
    assert!(!fs::read_to_string(bench.path("plan.json")).unwrap().contains(TOKEN));
}

#[test]
fn plain_tables_have_a_tab_between_cells_and_no_headings() {
    let bench = Bench::two_phones_apart(12);
    bench.run(&["run", "--first"]).expect(0);
    let status = bench.run(&["status", "--plain"]).expect(0);
    let cells: Vec<&str> = status.out.lines().next().unwrap().split('\t').collect();
    assert_eq!((cells[0], cells[1], cells.len()), ("leads", "portal", 10));
    bench.run(&["undo", "--yes"]).expect(0);
    for (args, rows) in [
        (&["status"][..], 1),
        (&["review"], 2),
        (&["history"], 2),
        (&["history", "R00001"], 2),
        (&["history", "R00003"], 0),
        (&["show", "R00001"], 9),
    ] {
        let out = bench.run(&[args, &["--plain"]].concat()).expect(0).out;
        let told = out.lines().filter(|line| line.contains('\t')).count();
        assert_eq!((told, out.lines().count()), (rows, rows), "{args:?}: {out}");
    }
}

#[test]
fn a_plan_that_cannot_be_written_to_a_file_names_a_way_out() {
    let bench = Bench::two_phones_apart(12);
    let ran = bench.run(&["plan", "-o", "no/such/plan.json"]).expect(1);
    assert!(ran.err.contains("--> no/such/plan.json\nhelp: "), "{}", ran.err);
}
