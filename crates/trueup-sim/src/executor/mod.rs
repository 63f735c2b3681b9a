//! One thread, one virtual clock, and a seed that says who goes next.
//!
//! Dropping a task is `kill -9`. A task waits for nothing but the [`Clock`]: when nobody can go on, time
//! jumps to the next timer. Read next: [`Tasks`], then [`clock`].

pub mod clock;
mod probe;
mod tasks;

pub use clock::{Clock, HostClock};
pub use probe::Place;
pub use tasks::Tasks;

use std::{
    collections::BTreeSet,
    future::Future,
    pin::Pin,
    task::{Context, Poll, Waker},
};

/// A point at which others may act and a kill may strike: pending once, then ready.
pub async fn step() {
    let mut waited = false;
    std::future::poll_fn(|context| {
        if probe::is_asked() {
            return Poll::Pending;
        }
        if std::mem::replace(&mut waited, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// Polls one future to its end, alone in its world. Between two polls `between` runs: it may let time
/// pass and people act, and it ends the future there by answering false.
///
/// The clock of such a future must be [`Clock::new`], which lets time pass when somebody waits.
pub fn drive<T>(future: impl Future<Output = T>, between: impl FnMut() -> bool) -> Option<T> {
    go_on(Box::pin(future).as_mut(), between)
}

/// The same, and whoever is ended says at which awaits that was.
///
/// # Errors
/// The awaits, when `between` ended it.
pub fn drive_and_ask<T>(
    future: impl Future<Output = T>,
    between: impl FnMut() -> bool,
) -> Result<T, BTreeSet<Place>> {
    let mut future = Box::pin(future);
    go_on(future.as_mut(), between).ok_or_else(|| probe::waits_at(future.as_mut()))
}

fn go_on<T>(mut future: Pin<&mut dyn Future<Output = T>>, mut between: impl FnMut() -> bool) -> Option<T> {
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
