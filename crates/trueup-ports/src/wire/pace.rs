//! How fast requests may go: the budgets of one account, shared by everything in this process that uses it.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use futures::lock::Mutex as Queue;
use jiff::{SignedDuration, Timestamp};
use trueup_core::card::Rate;

use crate::World;

/// The paces of all accounts in use. Two connectors to one account share one pace (I-32).
#[derive(Debug, Default)]
pub struct Paces {
    accounts: Mutex<BTreeMap<String, Arc<Pace>>>,
}

impl Paces {
    /// The pace of an account; the first user's rates count.
    ///
    /// The account is named by what the vendor counts by, such as the credential's fingerprint.
    #[must_use]
    pub fn of(&self, account: &str, rates: &[Rate]) -> Arc<Pace> {
        let mut accounts = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(accounts.entry(account.to_owned()).or_insert_with(|| Arc::new(Pace::new(rates))))
    }
}

/// The budgets of one account.
#[derive(Debug)]
pub struct Pace {
    buckets: Vec<Bucket>,
}

/// One budget: at most so many requests in any window, not merely on average.
///
/// A bucket of N tokens that refills evenly lets almost 2 N requests into one window, which a rolling
/// limit of N answers with 429. So the times of the last N requests are kept instead.
#[derive(Debug)]
struct Bucket {
    rate: Rate,
    /// When the latest requests went. Held while waiting, so that those who wait go in turn.
    sent: Queue<VecDeque<Timestamp>>,
    /// When the system said "not before", and until when.
    closed: Mutex<Option<(Timestamp, Timestamp)>>,
}

impl Pace {
    /// Budgets as a card lists them; the first one is for every request that names no other.
    #[must_use]
    pub fn new(rates: &[Rate]) -> Self {
        Self { buckets: rates.iter().cloned().map(Bucket::new).collect() }
    }

    /// Waits for a place in a budget and takes it; false when there is none within this time, and then
    /// none is taken.
    pub async fn admit(&self, bucket: &str, world: &dyn World, patience: Duration) -> bool {
        match self.bucket(bucket) {
            Some(bucket) => bucket.admit(world, patience).await,
            None => true,
        }
    }

    /// Keeps everybody away from a budget for a while, as the system asked.
    pub fn close(&self, bucket: &str, time: Duration, world: &dyn World) {
        if let Some(bucket) = self.bucket(bucket) {
            bucket.close(world.now(), time);
        }
    }

    fn bucket(&self, name: &str) -> Option<&Bucket> {
        self.buckets.iter().find(|bucket| bucket.rate.bucket == name).or_else(|| self.buckets.first())
    }
}

impl Bucket {
    fn new(rate: Rate) -> Self {
        Self { rate, sent: Queue::default(), closed: Mutex::default() }
    }

    async fn admit(&self, world: &dyn World, patience: Duration) -> bool {
        let begun = world.now();
        let mut sent = self.sent.lock().await;
        loop {
            let now = world.now();
            let wait = self.closed_for(now).max(self.full_for(&mut sent, now));
            if wait.is_zero() {
                sent.push_back(now);
                return true;
            }
            if elapsed(begun, now).saturating_add(wait) > patience {
                return false;
            }
            world.sleep(wait).await;
        }
    }

    /// How long until one more request fits into the window. Forgets what is over, and what a clock
    /// that jumped back makes look like the future.
    fn full_for(&self, sent: &mut VecDeque<Timestamp>, now: Timestamp) -> Duration {
        sent.retain(|at| *at <= now && elapsed(*at, now) < self.rate.window);
        let room = usize::try_from(self.rate.requests.max(1)).unwrap_or(usize::MAX);
        match sent.len().checked_sub(room).and_then(|surplus| sent.get(surplus)) {
            Some(at) => self.rate.window.saturating_sub(elapsed(*at, now)),
            None => Duration::ZERO,
        }
    }

    fn closed_for(&self, now: Timestamp) -> Duration {
        let closed = self.closed.lock().unwrap_or_else(PoisonError::into_inner);
        match *closed {
            Some((since, until)) if since <= now => elapsed(now, until),
            _ => Duration::ZERO,
        }
    }

    fn close(&self, now: Timestamp, time: Duration) {
        let mut closed = self.closed.lock().unwrap_or_else(PoisonError::into_inner);
        let asked = SignedDuration::try_from(time).ok().and_then(|time| now.checked_add(time).ok());
        let until = asked.unwrap_or(now);
        if closed.is_none_or(|(since, old)| since > now || old < until) {
            *closed = Some((now, until));
        }
    }
}

/// The time from one instant to a later one; nothing when it is not later.
fn elapsed(from: Timestamp, to: Timestamp) -> Duration {
    Duration::try_from(to.duration_since(from)).unwrap_or_default()
}
