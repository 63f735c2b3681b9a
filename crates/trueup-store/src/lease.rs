//! The lease: who may open intents, decided without I/O, so that both stores decide alike.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use trueup_core::planted::{self, Defect};
use trueup_ports::{Fence, Holder, Lane, StoreError};

/// The lease of one lane of a pipeline, as a store keeps it.
///
/// It stays after it was given back: an epoch that was given once is never given again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Lease {
    /// How often it changed hands.
    pub(crate) epoch: u64,
    /// Who holds it; `None` after it was given back.
    pub(crate) holder: Option<Holder>,
    /// Until when, by the store's clock.
    pub(crate) until: Timestamp,
    /// Whether its holder is known to be dead.
    pub(crate) buried: bool,
    /// Whether this epoch began with another holder's lease running out or ending by death.
    pub(crate) taken_over: bool,
}

impl Lease {
    /// Takes or renews a lease.
    ///
    /// A holder that comes back late keeps its epoch as long as nobody else came in between: nobody
    /// has acted since. After a burial somebody may be about to.
    pub(crate) fn take(
        old: Option<Self>,
        holder: &Holder,
        ttl: Duration,
        now: Timestamp,
    ) -> Result<Self, StoreError> {
        let until = later(now, ttl);
        let fresh = |epoch, taken_over| Self {
            epoch,
            holder: Some(holder.clone()),
            until,
            buried: false,
            taken_over,
        };
        let Some(old) = old.filter(|_| !is_nobodys()) else { return Ok(fresh(1, false)) };
        match &old.holder {
            None => Ok(fresh(old.epoch + 1, false)),
            Some(same) if same == holder && !old.buried => Ok(fresh(old.epoch, old.taken_over)),
            Some(other) if old.is_live(now) => Err(StoreError::Held { by: other.clone(), until: old.until }),
            Some(_) => Ok(fresh(old.epoch + 1, true)),
        }
    }

    /// Whether a fence still stands.
    pub(crate) fn stands(&self, fence: &Fence, now: Timestamp) -> bool {
        is_nobodys() || self.is_of(fence) && self.is_live(now)
    }

    /// The lease after its holder gave it back; unchanged when the fence is not of this epoch.
    pub(crate) fn released(self, fence: &Fence) -> Self {
        if self.is_of(fence) { Self { holder: None, ..self } } else { self }
    }

    /// The lease after its holder's death; unchanged when somebody else holds it.
    pub(crate) fn buried(self, dead: &Holder) -> Self {
        let buried = self.buried || self.holder.as_ref() == Some(dead);
        Self { buried, ..self }
    }

    /// Who holds it, or held it when it ran out.
    pub(crate) fn last_holder(self) -> Option<Holder> {
        self.holder
    }

    /// The proof of holding it.
    pub(crate) fn fence(&self, lane: Lane, holder: &Holder, at: Timestamp) -> Fence {
        Fence { lane, holder: holder.clone(), epoch: self.epoch, taken_over: self.taken_over, at }
    }

    fn is_live(&self, now: Timestamp) -> bool {
        !self.buried && now < self.until
    }

    fn is_of(&self, fence: &Fence) -> bool {
        self.holder.as_ref() == Some(&fence.holder) && self.epoch == fence.epoch
    }
}

/// Whether a defect gives the lease to everybody.
fn is_nobodys() -> bool {
    planted::is(Defect::NoLease) || planted::is(Defect::NoLeaseSearchThenCreate)
}

fn later(now: Timestamp, ttl: Duration) -> Timestamp {
    let ttl = SignedDuration::try_from(ttl).unwrap_or(SignedDuration::MAX);
    now.checked_add(ttl).unwrap_or(Timestamp::MAX)
}
