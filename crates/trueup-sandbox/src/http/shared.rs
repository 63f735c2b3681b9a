//! The portal behind the skin: one lock, and those who wait.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use jiff::Timestamp;
use tokio::sync::{Notify, oneshot};

use super::Sandbox;
use crate::clock::{Clock, ClockChange};
use crate::faults::{HoldPoint, Release};
use crate::hubspot::{Portal, Reply};

/// A served portal with its clock; clones mean the same portal.
#[derive(Debug, Clone)]
pub struct Shared(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    state: Mutex<State>,
    /// Rings when a call is held and when the server closes.
    bell: Notify,
}

#[derive(Debug)]
struct State {
    sandbox: Sandbox,
    /// Who waits for a held call to be released.
    waiting: BTreeMap<u64, oneshot::Sender<Reply>>,
    closing: bool,
}

impl Shared {
    pub(crate) fn new(sandbox: Sandbox) -> Self {
        let state = State { sandbox, waiting: BTreeMap::new(), closing: false };
        Self(Arc::new(Inner { state: Mutex::new(state), bell: Notify::new() }))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // The portal has no state between two statements that a panic could break.
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Works on the portal at its present time, after everything that is due by then.
    pub fn with<T>(&self, work: impl FnOnce(&mut Portal, i64) -> T) -> T {
        let mut state = self.lock();
        let now_ms = state.sandbox.clock.now(wall_ms());
        state.sandbox.portal.tick(now_ms);
        work(&mut state.sandbox.portal, now_ms)
    }

    /// The clock, and the time it shows.
    #[must_use]
    pub fn clock(&self) -> (Clock, i64) {
        let clock = self.lock().sandbox.clock;
        (clock, clock.now(wall_ms()))
    }

    /// Changes the clock; late requests that are due then are committed. Returns the time it shows.
    #[expect(clippy::must_use_candidate, reason = "the change matters more than the time")]
    pub fn change_clock(&self, change: ClockChange) -> i64 {
        let mut state = self.lock();
        let wall_ms = wall_ms();
        state.sandbox.clock = state.sandbox.clock.changed(change, wall_ms);
        let now_ms = state.sandbox.clock.now(wall_ms);
        state.sandbox.portal.tick(now_ms);
        now_ms
    }

    /// Answers a request; also says how long the skin shall take for it.
    pub(super) fn handle(&self, request: &http::Request<Bytes>) -> (Reply, u64) {
        self.with(|portal, now_ms| (portal.handle(now_ms, request), portal.settings().pace_ms))
    }

    /// Waits until somebody releases a held call.
    pub(super) async fn wait_for_release(&self, sequence: u64) -> Reply {
        let (send, released) = oneshot::channel();
        {
            let mut state = self.lock();
            if state.closing {
                return Reply::Lost;
            }
            state.waiting.insert(sequence, send);
        }
        self.0.bell.notify_waiters();
        released.await.unwrap_or(Reply::Lost)
    }

    /// Waits until a call is held whose client waits; empty when the server closes.
    pub async fn wait_for_held(&self) -> Vec<(u64, HoldPoint)> {
        loop {
            let rung = self.0.bell.notified();
            tokio::pin!(rung);
            rung.as_mut().enable();
            {
                let state = self.lock();
                let held = state.sandbox.portal.held();
                let held: Vec<_> =
                    held.into_iter().filter(|(held, _)| state.waiting.contains_key(held)).collect();
                if !held.is_empty() || state.closing {
                    return held;
                }
            }
            rung.await;
        }
    }

    /// Ends a held call, or all of them; returns how many there were.
    #[expect(clippy::must_use_candidate, reason = "the release matters more than the count")]
    pub fn release(&self, sequence: Option<u64>, how: Release) -> usize {
        let mut state = self.lock();
        let now_ms = state.sandbox.clock.now(wall_ms());
        let held = state.sandbox.portal.held().into_iter().map(|(held, _)| held);
        let chosen: Vec<u64> = held.filter(|held| sequence.is_none_or(|wanted| wanted == *held)).collect();
        for sequence in &chosen {
            let reply = state.sandbox.portal.release(now_ms, *sequence, how);
            if let (Some(reply), Some(waiter)) = (reply, state.waiting.remove(sequence)) {
                // A client that was killed does not wait any more.
                let _sent = waiter.send(reply);
            }
        }
        chosen.len()
    }

    /// Ends everything that waits.
    pub(super) fn close(&self) {
        let mut state = self.lock();
        state.closing = true;
        state.waiting.clear();
        drop(state);
        self.0.bell.notify_waiters();
    }
}

fn wall_ms() -> i64 {
    Timestamp::now().as_millisecond()
}
