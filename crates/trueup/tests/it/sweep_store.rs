//! The state file under trouble: no room for the n-th write, somebody else's locks, and an older copy put back. Whoever
//! cannot write down what they do must not do it.

use std::{
    collections::BTreeSet,
    fs,
    process::Command,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::Duration,
};

use rusqlite::{Connection, TransactionBehavior};
use serde_json::{Value, json};
use trueup_core::journal::{Event, Intent};
use trueup_sandbox::{
    faults::{FaultKind, HoldPoint, Release},
    log::{Class, LogEntry},
};

use crate::{
    support::{Ran, program},
    sweep::{
        audit::audit,
        blow::{RUN, RUNS},
        party,
        play::play_all,
        stage::{Kept, Stage, copy},
        state_fault::StateFault,
    },
};

/// The unit of a limit on the size of files, in bytes.
const UNIT: u64 = 512;
/// How much the state's log grows with every page that is written: the page and its header.
const FRAME: u64 = 4_096 + 24;

/// A cycle of a program that may make no file longer than so many units, and is told so instead of being killed.
fn limited(stage: &Stage, units: u64) -> Ran {
    let plain = program(stage.folder.path());
    let mut shell = Command::new("sh");
    shell
        .current_dir(stage.folder.path())
        .envs(plain.get_envs().filter_map(|(key, value)| Some((key, value?))));
    let words = format!("trap '' XFSZ; ulimit -f {units}; exec \"$0\" \"$@\"");
    shell.arg("-c").arg(words).arg(plain.get_program()).args(RUN);
    shell.output().unwrap().into()
}

/// The calls of a stage since it began, without what came with it.
fn calls(stage: &Stage, before: usize) -> Vec<LogEntry> {
    stage.requests().split_off(before)
}

fn asked(calls: &[LogEntry]) -> Vec<(&str, &str)> {
    calls.iter().map(|entry| (entry.method.as_str(), entry.path.as_str())).collect()
}

/// Every record that a write names was written down before: as an intent that is open, or as what came of it.
#[track_caller]
fn intended(stage: &Stage, calls: &[LogEntry]) {
    let writes = calls.iter().filter(|entry| entry.class == Class::Write);
    let named: BTreeSet<String> = writes.flat_map(|entry| entry.named.clone()).collect();
    let open = stage.memory().intents;
    let remote = |intent: &Intent| intent.change.remote().map(ToString::to_string);
    let mut known: BTreeSet<String> =
        open.values().filter(|one| one.sent.is_some()).filter_map(remote).collect();
    let journal = stage.journal();
    let settled = journal.iter().filter(|entry| entry.draft.event != Event::Decided);
    known.extend(settled.filter_map(|entry| Some(entry.draft.remote.as_ref()?.to_string())));
    let unknown: Vec<&String> = named.difference(&known).collect();
    assert!(unknown.is_empty(), "sent without being written down: {unknown:?}");
}

/// Runs until nothing is left to do; gives how many runs that took.
fn settle(stage: &Stage, next: &dyn Fn(&Stage) -> (i32, Value)) -> usize {
    let mut told = Vec::new();
    for runs in 0..=RUNS {
        stage.age();
        let (code, run) = next(stage);
        if code == 0 && run["open"] == 0 && run["requests"]["write"] == 0 {
            return runs;
        }
        told.push(format!("{code} {run}"));
    }
    panic!("still something to do after {RUNS} runs:\n{}", told.join("\n"));
}

/// The largest file that an undisturbed cycle needs, and what it asks for.
fn undisturbed(kept: &Kept) -> (u64, Vec<LogEntry>) {
    let stage = Stage::of(kept);
    let before = stage.requests().len();
    let reader = Connection::open(stage.path(".trueup/trueup.db")).unwrap();
    // Whoever is the last to close cuts the log away; this one stays.
    let _rows: i64 = reader.query_row("SELECT count(*) FROM meta", [], |row| row.get(0)).unwrap();
    let (code, run) = stage.cycle();
    assert_eq!((code, &run["changes"]["update"]), (0, &json!(8)), "{run}");
    let log = fs::metadata(stage.path(".trueup/trueup.db-wal")).unwrap().len();
    (log, calls(&stage, before))
}

#[test]
fn without_room_for_the_nth_write_nothing_is_sent_that_was_not_written_down() {
    for unique in [true, false] {
        let kept = party::changed(unique).keep();
        let foreign = party::foreign(&Stage::of(&kept));
        let (log, whole) = undisturbed(&kept);
        let frames = log / FRAME;
        assert!(frames > 40, "the log holds {frames} pages");
        let name = if unique { "no room" } else { "no room without a unique id" };
        let cases: Vec<u64> = (0..=frames).collect();
        play_all(name, cases, |frame| {
            let stage = Stage::of(&kept);
            let before = stage.requests().len();
            let ran = limited(&stage, (32 + frame * FRAME).div_ceil(UNIT));
            let made = calls(&stage, before);
            // In the end of its work it may close without a word: then everything was done.
            if ran.code != 0 {
                assert_eq!(ran.code, 1, "{} {}", ran.out, ran.err);
                assert!(asked(&whole).starts_with(&asked(&made)), "it went another way: {:?}", asked(&made));
            }
            intended(&stage, &made);
            let runs = settle(&stage, &Stage::cycle);
            audit(&stage, &party::leads(), &[], &foreign);
            (StateFault::Full, runs)
        });
    }
}

/// Holds the write lock again and again, each time for as long as the pseudo-random numbers say.
fn storm(stage: &Stage, seed: u64, over: &AtomicBool) -> usize {
    let mut other = Connection::open(stage.path(".trueup/trueup.db")).unwrap();
    other.busy_timeout(Duration::from_secs(5)).unwrap();
    let (mut number, mut locks) = (seed, 0);
    while !over.load(Ordering::SeqCst) {
        let lock = other.transaction_with_behavior(TransactionBehavior::Immediate).unwrap();
        number = number.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        yield_times(number >> 52);
        lock.rollback().unwrap();
        locks += 1;
        yield_times(number << 12 >> 52);
    }
    locks
}

fn yield_times(times: u64) {
    for _ in 0..times {
        thread::yield_now();
    }
}

#[test]
fn a_storm_of_locks_delays_a_cycle_and_changes_nothing_about_it() {
    let kept = party::changed(true).keep();
    let foreign = party::foreign(&Stage::of(&kept));
    play_all("locks of another", (1..=12_u64).collect(), |seed| {
        let (stage, over) = (Stage::of(&kept), AtomicBool::new(false));
        let ran = thread::scope(|scope| {
            let storm = scope.spawn(|| storm(&stage, seed, &over));
            let ran = stage.run(&RUN);
            over.store(true, Ordering::SeqCst);
            assert!(storm.join().unwrap() > 0);
            ran
        });
        assert!(matches!(ran.code, 0 | 1 | 4), "{} {}", ran.out, ran.err);
        let runs = settle(&stage, &Stage::cycle);
        audit(&stage, &party::leads(), &[], &foreign);
        (StateFault::Busy, runs)
    });
}

#[test]
fn a_lock_that_comes_with_the_nth_call_and_stays_ends_the_run_before_the_next_write() {
    let kept = party::changed(false).keep();
    let foreign = party::foreign(&Stage::of(&kept));
    let (_, whole) = undisturbed(&kept);
    play_all("a lock that stays", (1..=whole.len() as u64).collect(), |nth| {
        let stage = Stage::of(&kept);
        let before = stage.requests().len();
        stage.strike(nth, FaultKind::Hold(HoldPoint::AfterCommit));
        let running = stage.spawn(&RUN);
        stage.wait_for_held();
        let mut other = Connection::open(stage.path(".trueup/trueup.db")).unwrap();
        let lock = other.transaction_with_behavior(TransactionBehavior::Immediate).unwrap();
        stage.release(Release::Answer);
        let ran = Ran::from(running.wait_with_output().unwrap());
        lock.rollback().unwrap();
        drop(other);
        let made = calls(&stage, before);
        assert_eq!(ran.code, 1, "{} {}", ran.out, ran.err);
        let writes = |calls: &[LogEntry]| calls.iter().filter(|entry| entry.class == Class::Write).count();
        assert_eq!(writes(&made), writes(&whole[..usize::try_from(nth).unwrap()]), "it wrote under the lock");
        intended(&stage, &made);
        let runs = settle(&stage, &Stage::cycle);
        audit(&stage, &party::leads(), &[], &foreign);
        (StateFault::Locked, runs)
    });
}

/// A cycle that takes an older state over when it must.
fn accepting(stage: &Stage) -> (i32, Value) {
    let ran = stage.run(&RUN);
    let accept = ["run", "--first", "--json", "--accept-rollback", "the copy of last night"];
    let ran = if ran.code == 3 { stage.run(&accept) } else { ran };
    (ran.code, ran.json()["runs"][0].clone())
}

#[test]
fn a_copy_of_the_state_from_any_call_that_is_put_back_is_refused_until_a_person_accepts_it() {
    for unique in [true, false] {
        let kept = party::changed(unique).keep();
        let foreign = party::foreign(&Stage::of(&kept));
        let (_, whole) = undisturbed(&kept);
        let name = if unique { "an older copy" } else { "an older copy without a unique id" };
        play_all(name, (1..=whole.len() as u64).collect(), |nth| {
            let stage = Stage::of(&kept);
            let older = copied_at(&stage, nth);
            put_back(&stage, older.path());
            let (writes, memory) = (stage.writes(), stage.memory());
            let refused = stage.run(&RUN).expect(3);
            assert!(refused.out.contains("rolled back"), "{}", refused.out);
            assert_eq!((stage.writes(), stage.memory()), (writes, memory));
            let runs = settle(&stage, &accepting);
            audit(&stage, &party::leads(), &[], &foreign);
            (StateFault::Restored, runs)
        });
    }
}

/// The state as somebody copies it while the program waits for its n-th answer; the cycle then goes on to its end.
fn copied_at(stage: &Stage, nth: u64) -> tempfile::TempDir {
    stage.strike(nth, FaultKind::Hold(HoldPoint::BeforeCommit));
    let running = stage.spawn(&RUN);
    stage.wait_for_held();
    let folder = tempfile::TempDir::new().unwrap();
    copy(&stage.path(".trueup"), folder.path());
    stage.release(Release::Answer);
    Ran::from(running.wait_with_output().unwrap()).expect(0);
    folder
}

/// Puts the state file and its log back, and nothing else.
fn put_back(stage: &Stage, older: &std::path::Path) {
    for name in ["trueup.db", "trueup.db-wal"] {
        fs::copy(older.join(name), stage.path(".trueup").join(name)).unwrap();
    }
}
