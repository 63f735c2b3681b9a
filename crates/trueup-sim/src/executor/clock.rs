//! Virtual time: one true clock for the world, and clocks of hosts and systems that are wrong by some amount.

use std::{
    collections::BTreeMap,
    future::Future,
    pin::Pin,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicI64, Ordering},
    },
    task::{Context, Poll, Waker},
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};

/// When every simulation begins, in seconds since 1970.
const BEGINNING: i64 = 1_790_000_000;

/// Virtual time, shared by everything in a simulation.
#[derive(Clone, Debug)]
pub struct Clock(Arc<Mutex<Time>>);

#[derive(Debug)]
struct Time {
    now: Timestamp,
    timers: BTreeMap<(Timestamp, u64), Waker>,
    made: u64,
    alone: bool,
}

impl Clock {
    /// A clock for a world of one task: to wait is to let time pass.
    #[must_use]
    pub fn new() -> Self {
        Self::starting(true)
    }

    /// A clock for several tasks: who waits stays where they are until somebody moves time on.
    #[must_use]
    pub fn shared() -> Self {
        Self::starting(false)
    }

    fn starting(alone: bool) -> Self {
        let now = Timestamp::from_second(BEGINNING).unwrap_or(Timestamp::UNIX_EPOCH);
        Self(Arc::new(Mutex::new(Time { now, timers: BTreeMap::new(), made: 0, alone })))
    }

    fn time(&self) -> MutexGuard<'_, Time> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The virtual time.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.time().now
    }

    /// Lets time pass, and wakes those who waited for it.
    pub fn advance(&self, by: SignedDuration) {
        let to = later(self.now(), by);
        self.set(to);
    }

    /// Lets time pass until this instant; does nothing when it is over already.
    pub fn advance_to(&self, to: Timestamp) {
        if to > self.now() {
            self.set(to);
        }
    }

    fn set(&self, to: Timestamp) {
        let mut time = self.time();
        time.now = to;
        let later = time.timers.split_off(&(to, u64::MAX));
        let due = std::mem::replace(&mut time.timers, later);
        drop(time);
        due.into_values().for_each(Waker::wake);
    }

    /// The next instant somebody waits for.
    #[must_use]
    pub fn next_timer(&self) -> Option<Timestamp> {
        self.time().timers.first_key_value().map(|((at, _), _)| *at)
    }

    /// Waits.
    #[must_use]
    pub fn sleep(&self, time: Duration) -> Sleep {
        let until = later(self.now(), SignedDuration::try_from(time).unwrap_or(SignedDuration::MAX));
        Sleep { clock: self.clone(), until, timer: None, waited: false }
    }
}

impl Default for Clock {
    fn default() -> Self {
        Self::new()
    }
}

fn later(now: Timestamp, by: SignedDuration) -> Timestamp {
    now.checked_add(by).unwrap_or(Timestamp::MAX)
}

/// Somebody who waits.
#[derive(Debug)]
pub struct Sleep {
    clock: Clock,
    until: Timestamp,
    timer: Option<(Timestamp, u64)>,
    waited: bool,
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if super::probe::is_asked() {
            return Poll::Pending;
        }
        if !self.waited {
            self.waited = true;
            if self.clock.time().alone {
                self.clock.advance_to(self.until);
            }
        } else if self.clock.now() >= self.until {
            return Poll::Ready(());
        }
        if self.clock.now() >= self.until {
            // Also waiting for no time at all is a point at which others may act.
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        let clock = self.clock.clone();
        let mut time = clock.time();
        time.made += 1;
        let timer = (self.until, time.made);
        if let Some(old) = self.timer.replace(timer) {
            time.timers.remove(&old);
        }
        time.timers.insert(timer, context.waker().clone());
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        if let Some(timer) = self.timer {
            self.clock.time().timers.remove(&timer);
        }
    }
}

/// The clock of one host, store or system: true time, and wrong by an amount that can be changed.
#[derive(Clone, Debug)]
pub struct HostClock {
    clock: Clock,
    wrong_by_ms: Arc<AtomicI64>,
}

impl HostClock {
    /// A clock that is wrong by this much.
    #[must_use]
    pub fn new(clock: Clock, wrong_by: SignedDuration) -> Self {
        Self { clock, wrong_by_ms: Arc::new(AtomicI64::new(millis(wrong_by))) }
    }

    /// What it shows.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.shows(self.clock.now())
    }

    /// What it shows at a true instant.
    #[must_use]
    pub fn shows(&self, at: Timestamp) -> Timestamp {
        later(at, SignedDuration::from_millis(self.wrong_by_ms.load(Ordering::Relaxed)))
    }

    /// Somebody puts it forward, or back.
    pub fn jump(&self, by: SignedDuration) {
        self.wrong_by_ms.fetch_add(millis(by), Ordering::Relaxed);
    }

    /// The true clock behind it.
    #[must_use]
    pub const fn truth(&self) -> &Clock {
        &self.clock
    }
}

fn millis(by: SignedDuration) -> i64 {
    i64::try_from(by.as_millis()).unwrap_or_default()
}
