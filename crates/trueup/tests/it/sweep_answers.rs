//! Answers that are not what they seem, at every call: a page of a gateway, half an answer, one that comes twice. None
//! of them may be taken for "there is nothing".

use trueup_core::link::LinkState;
use trueup_sandbox::faults::FaultName;

use crate::sweep::{
    audit::audit,
    blow::{RUN, RUNS},
    party,
    play::play_all,
    stage::{Kept, Stage},
};

/// What is neither a lost answer nor a kill: those are swept elsewhere.
const NAMES: [FaultName; 17] = [
    FaultName::HtmlBefore,
    FaultName::HtmlAfter,
    FaultName::EmptyBefore,
    FaultName::EmptyAfter,
    FaultName::RateLimitedBefore,
    FaultName::RateLimitedAfter,
    FaultName::RetryAtBefore,
    FaultName::RetryAtAfter,
    FaultName::Truncated,
    FaultName::HtmlType,
    FaultName::Padded,
    FaultName::Reordered,
    FaultName::Repeated,
    FaultName::Cursor,
    FaultName::Gzip,
    FaultName::RefusedBatch,
    FaultName::RefusedRows,
];

#[derive(Clone, Copy, Debug)]
struct Case {
    nth: u64,
    name: FaultName,
}

impl Case {
    /// One run under the fault: whatever it says, nothing is taken for gone.
    fn struck(self, stage: &Stage) {
        let before = stage.memory().links;
        stage.strike(self.nth, self.name.kind());
        let ran = stage.run(&RUN);
        assert!(matches!(ran.code, 0 | 1 | 4), "{} {}", ran.code, ran.out);
        let struck = stage.requests().iter().any(|entry| entry.fault.as_deref() == Some(self.name.name()));
        assert!(struck, "nothing was struck");
        let after = stage.memory().links;
        for (key, link) in before {
            assert_eq!(
                after.get(&key).map(|link| &link.state),
                Some(&link.state),
                "{key:?} was taken for gone"
            );
        }
        assert!(stage.requests().iter().all(|entry| !entry.path.ends_with("archive")));
        assert!(after.values().all(|link| link.state == LinkState::Active), "{after:?}");
    }
}

/// Runs until nothing is left to do; gives how many runs that took.
fn settle(stage: &Stage) -> usize {
    let mut told = Vec::new();
    for runs in 0..=RUNS {
        stage.age();
        let (code, run) = stage.cycle();
        let idle = ["open", "not_done", "superseded", "parked"].iter().all(|key| run[key] == 0);
        if code == 0 && idle && run["requests"]["write"] == 0 {
            return runs;
        }
        if run["parked"] != 0 {
            // A row that was refused waits for a person.
            stage.run(&["review", "decide", "parked/*", "--retry"]).expect(0);
        }
        told.push(format!("{code} {run}"));
    }
    panic!("still something to do after {RUNS} runs:\n{}", told.join("\n"));
}

fn calls(kept: &Kept) -> u64 {
    let stage = Stage::of(kept);
    let before = stage.requests().len();
    assert_eq!(stage.cycle().0, 0);
    (stage.requests().len() - before) as u64
}

#[test]
fn no_answer_at_any_call_is_taken_for_emptiness_and_the_next_runs_mend_what_it_did() {
    let kept = party::changed(true).keep();
    let foreign = party::foreign(&Stage::of(&kept));
    let calls = 1..=calls(&kept);
    let cases = calls.flat_map(|nth| NAMES.map(|name| Case { nth, name })).collect();
    play_all("answers that are not what they seem", cases, |case| {
        let stage = Stage::of(&kept);
        case.struck(&stage);
        let runs = settle(&stage);
        audit(&stage, &party::leads(), &[], &foreign);
        (case.name.name(), runs)
    });
}
