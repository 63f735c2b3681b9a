//! What the parent makes of a child that dies, hangs or lies. Never a shorter sheet.

use std::{fs, net::UdpSocket, path::PathBuf, process::Command};

use trueup_connectors::xlsx::{Limits, Parser, ReadError};

use crate::xlsx_book::*;

const HEAD: &str = r#"{"head":{"fingerprint":"f","headers":[{"name":"ID","column":0}],"positions":[0]}}"#;
const ROW: &str = r#"{"row":{"r":1,"c":[{"t":"R1"}]}}"#;
const END: &str = r#"{"end":{"rows":1,"passed_over":0}}"#;
const REFUSED: &str = r#"{"refused":"not_a_workbook"}"#;

// A child that is a shell script; what it gets as arguments it ignores.
fn played(script: &str, limits: Limits) -> Result<Seen, ReadError> {
    let parser = Parser { program: PathBuf::from("/bin/sh"), args: vec!["-c".into(), script.into()], limits };
    read_with(&parser, &table(&[&["ID"], &["R1"]]), request(&["ID"]))
}

fn say(lines: &[&str]) -> String {
    let quoted: Vec<_> = lines.iter().map(|line| format!("'{line}'")).collect();
    if quoted.is_empty() { String::new() } else { format!("printf '%s\\n' {}; ", quoted.join(" ")) }
}

#[track_caller]
fn check(script: &str, expected: &str) {
    let error = played(script, Limits::default()).unwrap_err();
    assert_eq!(error.to_string(), expected);
}

#[test]
fn a_child_that_says_everything_is_believed() {
    let seen = played(&say(&[HEAD, ROW, END]), Limits::default()).unwrap();
    assert_eq!(seen.texts(), [["R1"]]);
}

#[test]
fn a_child_that_dies_in_the_middle_is_no_end_of_the_sheet() {
    for said in [&[][..], &[HEAD], &[HEAD, ROW], &[HEAD, ROW, END]] {
        let died = |how: &str| format!("the workbook parser died ({how}): the workbook is unreadable");
        check(&(say(said) + "kill -KILL $$"), &died("signal 9"));
        check(&(say(said) + "exit 3"), &died("exit code 3"));
    }
    check(
        &(say(&[HEAD]) + "kill -ABRT $$"),
        "the workbook parser died (signal 6: most likely it asked for more than 1024 MiB of memory): the workbook is unreadable",
    );
    check(
        &(say(&[HEAD]) + r#"printf '{"row":{"r":1'; kill -KILL $$"#),
        "the workbook parser died (signal 9): the workbook is unreadable",
    );
}

#[test]
fn a_child_that_stops_without_an_end_is_incomplete() {
    for said in [&[][..], &[HEAD], &[HEAD, ROW]] {
        check(&say(said), "the workbook parser stopped in the middle: the workbook is unreadable");
    }
}

#[test]
fn a_child_that_talks_nonsense_is_not_believed() {
    let garbled =
        |what: &str| format!("the workbook parser gave no sound answer ({what}): the workbook is unreadable");
    check(&say(&["hello"]), &garbled("Syntax error in a line"));
    check(&say(&[HEAD, "{\"tail\":1}"]), &garbled("Data error in a line"));
    check(&say(&[HEAD, HEAD]), &garbled("a second header"));
    check(&say(&[ROW, END]), &garbled("rows before their header"));
    check(&say(&[HEAD, END, ROW]), &garbled("more after the end"));
    check(&say(&[REFUSED, END]), &garbled("more after the end"));
    check(&say(&[REFUSED]), "the file is not an .xlsx workbook: save it as .xlsx");
}

#[test]
fn a_child_that_hangs_is_ended() {
    let limits = Limits { wall_ms: 50, ..Limits::default() };
    for said in [&[][..], &[HEAD, ROW], &[HEAD, ROW, END]] {
        let error = played(&(say(said) + "exec sleep 1000"), limits).unwrap_err();
        assert!(matches!(error, ReadError::TimedOut(50)), "{error}");
    }
}

#[test]
fn a_sheet_that_nobody_reads_on_ends_its_child() {
    let parser = parser(Limits::default());
    let mut sheet = parser.open(copy_of(&long_table("ID")), request(&["ID"])).unwrap();
    assert!(sheet.next().unwrap().is_ok());
    assert_eq!(sheet.end(), None);
    // Dropping waits for the child; a child left running would hang the test here.
    drop(sheet);
}

#[test]
fn a_program_that_is_not_there_is_named_as_such() {
    let parser = Parser { program: "/nowhere/trueup".into(), args: Vec::new(), limits: Limits::default() };
    let error = read_with(&parser, &table(&[&["ID"]]), request(&["ID"])).unwrap_err();
    assert!(matches!(error, ReadError::NotStarted(_)), "{error}");
}

#[test]
fn a_child_without_memory_dies_and_is_said_to() {
    let limits = Limits { memory_bytes: 1 << 20, ..Limits::default() };
    let error = read_with(&parser(limits), &table(&[&["ID"], &["R1"]]), request(&["ID"])).unwrap_err();
    assert!(matches!(error, ReadError::Died(_)), "{error}");
    check(
        &(say(&[HEAD]) + "kill -XCPU $$"),
        "the workbook parser died (signal 24: it used more than 30 s of processor time): the workbook is unreadable",
    );
}

#[test]
#[cfg(target_os = "linux")]
fn the_child_is_bound_before_it_says_a_word() {
    // A header that no other test has, by which the child is found among the processes.
    let header = "ID of the bound child";
    let limits = Limits { memory_bytes: 700 << 20, cpu_seconds: 17, ..Limits::default() };
    let sheet = parser(limits).open(copy_of(&long_table(header)), request(&[header])).unwrap();
    let bounds = fs::read_to_string(child_with(header).join("limits")).unwrap();
    let bound = |name: &str| {
        let line = bounds.lines().find_map(|line| line.strip_prefix(name)).unwrap();
        line.split_whitespace().take(2).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(bound("Max address space"), ["734003200"; 2]);
    assert_eq!(bound("Max cpu time"), ["17", "18"]);
    assert_eq!(bound("Max file size"), ["0"; 2]);
    assert_eq!(bound("Max core file size"), ["0"; 2]);
    assert_eq!(bound("Max open files"), ["0"; 2]);
    drop(sheet);
}

/// Says that this process is the one that the test below binds.
const BOUND: &str = "TRUEUP_TEST_BOUND";

#[test]
fn a_bound_process_opens_no_socket_and_no_file() {
    if std::env::var_os(BOUND).is_some() {
        Limits::default().take_on().unwrap();
        assert!(UdpSocket::bind(("127.0.0.1", 0)).is_err(), "a socket was opened");
        assert!(fs::File::open("/dev/null").is_err(), "a file was opened");
        return;
    }
    let name = "xlsx_child::a_bound_process_opens_no_socket_and_no_file";
    let mut bound = Command::new(std::env::current_exe().unwrap());
    let ended = bound.args(["--exact", name, "--nocapture"]).env(BOUND, "1").output().unwrap();
    let said = String::from_utf8_lossy(&ended.stdout);
    assert!(ended.status.success() && said.contains("1 passed"), "{said}");
}

#[cfg(target_os = "linux")]
fn child_with(word: &str) -> PathBuf {
    let folders = fs::read_dir("/proc").unwrap().map(|entry| entry.unwrap().path());
    let is_child = |folder: &PathBuf| {
        let line = fs::read(folder.join("cmdline")).unwrap_or_default();
        let line = String::from_utf8_lossy(&line);
        line.contains(word) && line.contains("__parse-xlsx")
    };
    folders.into_iter().find(is_child).unwrap()
}

// Longer than what fits between the two processes, so that the child waits to be heard.
fn long_table(header: &str) -> Vec<u8> {
    let rows: Vec<String> = (0..20_000).map(|n| format!("R{n}")).collect();
    let cells: Vec<[&str; 1]> = rows.iter().map(|row| [row.as_str()]).collect();
    let first = [header];
    let mut all: Vec<&[&str]> = vec![&first];
    all.extend(cells.iter().map(<[&str; 1]>::as_slice));
    table(&all)
}

#[test]
fn the_child_gets_no_environment() {
    let said = say(&[HEAD]) + r#"[ -z "$HOME$CARGO$USER" ] && printf '%s\n' '"# + END + "'";
    assert!(played(&said, Limits::default()).is_ok());
}

#[test]
fn a_program_that_is_no_child_goes_on_as_itself() {
    assert!(trueup_connectors::xlsx::run_if_child().is_none());
}
