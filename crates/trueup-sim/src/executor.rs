//! Runs one future step by step, with virtual time, and drops it where the seed says so.

use std::{
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll, Waker},
};

use jiff::{SignedDuration, Timestamp};

/// Virtual time, shared by everything in a simulation.
#[derive(Clone, Debug)]
pub struct Clock(Arc<Mutex<Timestamp>>);

impl Clock {
    /// Starts at a fixed instant.
    #[must_use]
    pub fn new() -> Self {
        Self(Arc::new(Mutex::new(Timestamp::from_second(1_790_000_000).unwrap_or(Timestamp::UNIX_EPOCH))))
    }

    /// The virtual time.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets time pass.
    pub fn advance(&self, by: SignedDuration) {
        let mut now = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *now = now.checked_add(by).unwrap_or(*now);
    }
}

impl Default for Clock {
    fn default() -> Self {
        Self::new()
    }
}

/// A point at which others may act and a kill may strike: pending once, then ready.
pub async fn step() {
    let mut waited = false;
    std::future::poll_fn(
        |_| {
            if std::mem::replace(&mut waited, true) { Poll::Ready(()) } else { Poll::Pending }
        },
    )
    .await;
}

/// Polls a future to its end. Between two polls `between` runs: it may let time pass and people act,
/// and it ends the future there by answering false.
pub fn drive<T>(future: impl Future<Output = T>, mut between: impl FnMut() -> bool) -> Option<T> {
    let mut future: Pin<Box<dyn Future<Output = T>>> = Box::pin(future);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(value) = future.as_mut().poll(&mut context) {
            return Some(value);
        }
        if !between() {
            return None;
        }
    }
}
