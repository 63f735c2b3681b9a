//! Which requests are repeated, when, and how often: a policy as data.
//!
//! A read can be repeated whenever nothing definite came back. A write is repeated only when it certainly
//! did not happen: a repeated create is a duplicate (RELIABILITY.md 0 item 1).

use std::time::Duration;

/// Whether a request may change something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// It changes nothing.
    Read,
    /// It may change something.
    Write,
}

/// What became of one attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attempt {
    /// It never left.
    NotSent,
    /// It left and nothing came back.
    Unanswered,
    /// It was answered.
    Answered {
        /// The HTTP status.
        status: u16,
        /// How long the system wants to be left alone.
        retry_after: Option<Duration>,
    },
}

/// When to repeat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// The most attempts at one request.
    pub attempts_max: u32,
    /// The wait after the first attempt, before jitter; it doubles with each one.
    pub wait_first: Duration,
    /// The longest wait of our own choice.
    pub wait_max: Duration,
    /// How old a read may get before its last attempt is sent.
    pub read_patience: Duration,
    /// How old a write may get before its last attempt is sent. Its permits may leave it less: they are
    /// void once the guard read they rest on is too old (I-05).
    pub write_patience: Duration,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            attempts_max: 5,
            wait_first: Duration::from_secs(1),
            wait_max: Duration::from_secs(20),
            read_patience: Duration::from_secs(90),
            write_patience: Duration::from_secs(10),
        }
    }
}

/// Statuses that do not say whether the request ran: time-outs, locks, gateways, moves, faults.
const UNDECIDED: [u16; 13] = [408, 423, 477, 500, 502, 503, 504, 521, 522, 523, 524, 525, 526];

/// Whether a request of this class may be repeated after this: the whole table.
///
/// ```text
/// outcome                               read    write
/// not sent                              again   again
/// 429, refused before it ran            again   again
/// unanswered                            again   never
/// 408 423 477 500 502-504 521-526       again   never
/// any other answer                      never   never
/// ```
#[must_use]
pub fn may_repeat(class: Class, attempt: Attempt) -> bool {
    match (class, attempt) {
        (_, Attempt::NotSent | Attempt::Answered { status: 429, .. })
        | (Class::Read, Attempt::Unanswered) => true,
        (Class::Read, Attempt::Answered { status, .. }) => is_undecided(status),
        (Class::Write, Attempt::Unanswered | Attempt::Answered { .. }) => false,
    }
}

/// Whether an answer of this status leaves open what happened.
#[must_use]
pub fn is_undecided(status: u16) -> bool {
    UNDECIDED.contains(&status)
}

impl Policy {
    /// How long to wait before the next attempt; `None` when there is none.
    ///
    /// `made` counts the attempts so far, `age` is the time since the first began, `random` is 64 random
    /// bits. The wait is never shorter than the system asked for; when that would take the request beyond
    /// its patience, it is given up instead.
    #[must_use]
    pub fn next(
        &self,
        class: Class,
        attempt: Attempt,
        made: u32,
        age: Duration,
        random: u64,
    ) -> Option<Duration> {
        if made >= self.attempts_max || !may_repeat(class, attempt) {
            return None;
        }
        let own = jittered(self.backoff(made), random);
        let asked = match attempt {
            Attempt::Answered { retry_after, .. } => retry_after.unwrap_or_default(),
            Attempt::NotSent | Attempt::Unanswered => Duration::ZERO,
        };
        let wait = asked.saturating_add(own);
        (age.saturating_add(wait) <= self.patience(class)).then_some(wait)
    }

    /// The same, with no more patience for writes than this.
    #[must_use]
    pub fn within(&self, left: Duration) -> Self {
        Self { write_patience: self.write_patience.min(left), ..self.clone() }
    }

    /// How old a request of this class may get before it is sent.
    #[must_use]
    pub const fn patience(&self, class: Class) -> Duration {
        match class {
            Class::Read => self.read_patience,
            Class::Write => self.write_patience,
        }
    }

    fn backoff(&self, made: u32) -> Duration {
        let doubled = 2_u32.saturating_pow(made.saturating_sub(1));
        self.wait_first.saturating_mul(doubled).min(self.wait_max)
    }
}

/// Somewhere between half of the time and all of it, so that those who failed together do not return together.
fn jittered(time: Duration, random: u64) -> Duration {
    let half = time / 2;
    let span = u64::try_from(half.as_nanos()).unwrap_or(u64::MAX);
    half.saturating_add(Duration::from_nanos(random.checked_rem(span.saturating_add(1)).unwrap_or_default()))
}
