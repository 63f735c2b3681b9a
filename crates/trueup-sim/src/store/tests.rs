use std::collections::BTreeSet;

use trueup_ports::Lane;
use trueup_store::{Host, MemoryStore};

use super::*;
use crate::{executor::drive, marks::Mark};

fn line(unanswered: u64) -> Line {
    Line {
        store: Arc::new(MemoryStore::new(Host::new(|| 1))),
        cut: Arc::default(),
        unanswered,
        chance: Chance::new(1),
        ledger: Ledger::default(),
        clock: Clock::new(),
        who: "engine-0".to_owned(),
        trace: Trace::default(),
    }
}

fn holder() -> Holder {
    Holder { host: "host-0".to_owned(), pid: 1, born: String::new() }
}

#[track_caller]
fn check(line: &Line, want: &[Mark]) {
    assert_eq!(*line.ledger.opened().witness.marks(), want.iter().copied().collect::<BTreeSet<Mark>>());
}

#[test]
fn only_a_commit_that_was_done_can_lack_its_answer() {
    let stale =
        Fence { lane: Lane::Cycle, holder: holder(), epoch: 7, taken_over: false, at: Timestamp::UNIX_EPOCH };
    let commit = |line: &Line, fence| drive(line.commit(&"sim".into(), fence, Vec::new()), || true).unwrap();
    let refused = line(1000);
    assert!(commit(&refused, Some(&stale)).is_err());
    check(&refused, &[Mark::Fenced]);
    let done = line(1000);
    assert!(commit(&done, None).is_err());
    check(&done, &[Mark::Unanswered]);
}

#[test]
fn nobody_is_buried_by_who_does_not_reach_the_store() {
    let line = line(0);
    let bury = || drive(line.bury(&"sim".into(), &holder()), || true).unwrap();
    line.cut.store(true, Ordering::Relaxed);
    assert!(bury().is_err());
    check(&line, &[]);
    line.cut.store(false, Ordering::Relaxed);
    assert!(bury().is_ok());
    check(&line, &[Mark::Buried]);
}
