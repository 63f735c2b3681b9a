//! What happens to one call of the program, and how time passes afterwards.

use std::process::Stdio;

use tokio::process::Command;
use trueup_sandbox::faults::{Failure, FaultKind, HoldPoint, Release};

use super::stage::{RUNTIME, Stage, Timing};
use crate::support::program;

/// One cycle.
pub(crate) const RUN: [&str; 3] = ["run", "--first", "--json"];
/// How many runs may be needed after the one that was struck; the next one must find nothing to do.
pub(crate) const RUNS: usize = 3;
/// How far search lags behind.
pub(crate) const LAG_S: i64 = 30;
/// When a late request lands, by the sandbox's clock.
const LATE_S: i64 = 3_600;

/// What happens at the n-th call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Blow {
    /// The program is killed; the call never takes effect.
    KilledBefore,
    /// The program is killed; the call took effect.
    KilledAfter,
    /// The program is killed; the call takes effect after the next run.
    KilledLate,
    /// The call is refused with this before it takes effect.
    Refused(Lost),
    /// The call takes effect and the answer is this.
    Unanswered(Lost),
    /// The answer is lost, and the call takes effect before the next run.
    LateOnce,
    /// The answer is lost, and the call takes effect after the next run.
    LateTwice,
    /// The call waits while a person edits, and then goes on.
    Overtaken(HoldPoint),
    /// The program is killed when the call has taken effect, and the next run at this call of its own, before
    /// or after that took effect.
    KilledTwice(u64, HoldPoint),
}

/// How an answer is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lost {
    /// The service says that it is not available.
    Unavailable,
    /// The connection ends.
    Dropped,
}

/// What every call is struck with.
pub(crate) const BLOWS: [Blow; 9] = [
    Blow::KilledBefore,
    Blow::KilledAfter,
    Blow::KilledLate,
    Blow::Refused(Lost::Unavailable),
    Blow::Refused(Lost::Dropped),
    Blow::Unanswered(Lost::Unavailable),
    Blow::Unanswered(Lost::Dropped),
    Blow::LateOnce,
    Blow::LateTwice,
];

impl Lost {
    const fn failure(self) -> Failure {
        match self {
            Self::Unavailable => Failure::Status { status: 503, retry_after_s: None },
            Self::Dropped => Failure::Dropped,
        }
    }
}

impl Blow {
    /// How it is counted.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::KilledBefore => "killed_before",
            Self::KilledAfter => "killed_after",
            Self::KilledLate => "killed_late",
            Self::Refused(_) => "failed_before",
            Self::Unanswered(_) => "failed_after",
            Self::LateOnce | Self::LateTwice => "late",
            Self::Overtaken(_) => "overtaken",
            Self::KilledTwice(..) => "killed_twice",
        }
    }

    /// How often a program was killed for sure.
    pub(crate) const fn kills(self) -> usize {
        match self {
            Self::KilledBefore | Self::KilledAfter | Self::KilledLate | Self::KilledTwice(..) => 1,
            _ => 0,
        }
    }

    /// Plays the program until the blow has fallen on its n-th call, and something beside it happens.
    pub(crate) fn fall(self, stage: &Stage, nth: u64, args: &[&str], meanwhile: &dyn Fn(&Stage)) {
        let fall = Fall { stage, nth, args, meanwhile };
        match self {
            Self::KilledBefore => fall.killed(HoldPoint::BeforeCommit, Some(Release::Discard)),
            Self::KilledAfter => fall.killed(HoldPoint::AfterCommit, Some(Release::Lose)),
            Self::KilledTwice(again, point) => {
                fall.killed(HoldPoint::AfterCommit, Some(Release::Lose));
                stage.advance(2 * LAG_S);
                stage.age();
                killed_if_it_comes_to(stage, again, point);
            }
            Self::KilledLate => fall.killed(HoldPoint::BeforeCommit, None),
            Self::Overtaken(point) => fall.overtaken(point),
            Self::Refused(lost) => fall.failed(FaultKind::FailBefore(lost.failure())),
            Self::Unanswered(lost) => fall.failed(FaultKind::FailAfter(lost.failure())),
            Self::LateOnce | Self::LateTwice => fall.failed(FaultKind::Late { delay_ms: LATE_S * 1_000 }),
        }
    }

    /// What lands before the run after this many others.
    pub(crate) fn land(self, stage: &Stage, runs: usize) {
        match (self, runs) {
            (Self::LateOnce, 0) | (Self::LateTwice, 1) => stage.advance(LATE_S),
            (Self::KilledLate, 1) => stage.release(Release::Lose),
            _ => {}
        }
    }

    /// What may still land is waited for: the next run is after that only when it says so.
    pub(crate) const fn timing(self, run: usize) -> Timing {
        match (self, run) {
            (Self::KilledLate | Self::LateTwice, 0 | 1) | (Self::LateOnce, 0) => Timing::Long,
            _ => Timing::Short,
        }
    }

    /// Lets pass what this run comes after.
    pub(crate) fn wait(self, stage: &Stage, run: usize) {
        if self.timing(run) == Timing::Short {
            stage.age();
        }
    }
}

/// One program, and where it is struck.
struct Fall<'a> {
    stage: &'a Stage,
    nth: u64,
    args: &'a [&'a str],
    meanwhile: &'a dyn Fn(&Stage),
}

impl Fall<'_> {
    fn killed(&self, point: HoldPoint, then: Option<Release>) {
        self.stage.strike(self.nth, FaultKind::Hold(point));
        let mut program = self.stage.spawn(self.args);
        self.stage.wait_for_held();
        (self.meanwhile)(self.stage);
        program.kill().unwrap();
        program.wait().unwrap();
        if let Some(how) = then {
            self.stage.release(how);
        }
    }

    fn overtaken(&self, point: HoldPoint) {
        self.stage.strike(self.nth, FaultKind::Hold(point));
        let program = self.stage.spawn(self.args);
        self.stage.wait_for_held();
        (self.meanwhile)(self.stage);
        self.stage.release(Release::Answer);
        let ended = program.wait_with_output().unwrap();
        assert!(matches!(ended.status.code(), Some(0 | 4)), "{}", String::from_utf8_lossy(&ended.stdout));
    }

    fn failed(&self, kind: FaultKind) {
        self.stage.strike(self.nth, kind);
        self.stage.run(self.args);
        (self.meanwhile)(self.stage);
    }
}

/// A run that is killed at its n-th call, or ends before.
fn killed_if_it_comes_to(stage: &Stage, nth: u64, point: HoldPoint) {
    stage.calm();
    stage.strike(nth, FaultKind::Hold(point));
    let mut program = Command::from(program(stage.folder.path()));
    RUNTIME.block_on(async {
        let mut program = program.args(["run", "--first", "--quiet"]).stdout(Stdio::null()).spawn().unwrap();
        tokio::select! {
            _ = stage.portal.wait_for_held() => program.kill().await.unwrap(),
            ended = program.wait() => assert!(ended.unwrap().code().is_some()),
        }
    });
    stage.release(Release::Discard);
    stage.calm();
}
